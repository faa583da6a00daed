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

{% macro spark__date_in_timezone(timestamp, zone) -%}
    {#- The session's zone is UTC: prepare_engine sees to that. -#}
    {%- if zone == 'UTC' -%}
        cast({{ timestamp }} as date)
    {%- else -%}
        cast(from_utc_timestamp({{ timestamp }}, '{{ zone }}') as date)
    {%- endif -%}
{%- endmacro %}

{% macro bigquery__date_in_timezone(timestamp, zone) -%}
    date({{ timestamp }}, '{{ zone }}')
{%- endmacro %}

{% macro snowflake__date_in_timezone(timestamp, zone) -%}
    cast(convert_timezone('UTC', '{{ zone }}', {{ timestamp }}) as date)
{%- endmacro %}
