{% macro experiment_outcome_names() -%}
    {%- set outcomes = [
        'sessions', 'viewed_sessions', 'bounced_sessions', 'converted_sessions', 'orders', 'rated_orders',
        'units', 'searches', 'abandoned_searches', 'revenue'
    ] -%}
    {%- set names = [] -%}
    {%- for outcome in outcomes -%}
        {%- do names.extend([outcome, outcome ~ '_before']) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
