{#- dbt dispatches its own dateadd and date_trunc to these. -#}

{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    {#- That of dbt-spark counts in whole seconds. -#}
    {%- set places = {'day': '{}', 'hour': '0, {}', 'minute': '0, 0, {}'} -%}
    cast({{ from_date_or_timestamp }} as timestamp) + make_dt_interval({{ places[datepart].format(interval) }})
{%- endmacro %}

{% macro bigquery__dateadd(datepart, interval, from_date_or_timestamp) -%}
    {#- That of dbt-bigquery gives a datetime, which can't be compared with a timestamp. -#}
    timestamp_add(cast({{ from_date_or_timestamp }} as timestamp), interval {{ interval }} {{ datepart }})
{%- endmacro %}

{% macro bigquery__date_trunc(datepart, date) -%}
    {#- The week of BigQuery begins on a Sunday. -#}
    date_trunc(cast({{ date }} as date), {{ 'isoweek' if datepart == 'week' else datepart }})
{%- endmacro %}
