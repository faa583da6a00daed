{% macro date_in_timezone(timestamp, zone) -%}
    {{ return(adapter.dispatch('date_in_timezone', 'liftmart')(timestamp, zone)) }}
{%- endmacro %}

{% macro default__date_in_timezone(timestamp, zone) -%}
    {{ engine_not_supported('date_in_timezone') }}
{%- endmacro %}

{% macro duckdb__date_in_timezone(timestamp, zone) -%}
    {%- if zone == 'UTC' -%}
        cast({{ timestamp }} as date)
    {%- else -%}
        cast(timezone('{{ zone }}', timezone('UTC', {{ timestamp }})) as date)
    {%- endif -%}
{%- endmacro %}

{% macro postgres__date_in_timezone(timestamp, zone) -%}
    {%- if zone == 'UTC' -%}
        cast({{ timestamp }} as date)
    {%- else -%}
        cast(timezone('{{ zone }}', timezone('UTC', {{ timestamp }})) as date)
    {%- endif -%}
{%- endmacro %}
