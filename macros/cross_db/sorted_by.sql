{% macro sorted_by(column) -%}
    {{ adapter.dispatch('sorted_by')(column) }}
{%- endmacro %}

{% macro default__sorted_by(column) -%}
    {#- Partitions, clusters and indexes do this elsewhere (dbt_project.yml). -#}
{%- endmacro %}

{% macro duckdb__sorted_by(column) -%}
    order by {{ column }}
{%- endmacro %}
