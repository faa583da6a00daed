{% macro experiment_outcome_names(with_before=false) -%}
    {%- set names = [] -%}
    {%- for outcome in [
        'sessions', 'viewed_sessions', 'bounced_sessions', 'converted_sessions', 'orders', 'rated_orders',
        'units', 'searches', 'abandoned_searches', 'revenue'
    ] -%}
        {%- do names.extend([outcome, outcome ~ '_before'] if with_before else [outcome]) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
