{% macro dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format) -%}
    {#- On Spark every run is a full refresh, so that no strategy is ever carried out. -#}
    {{ return(raw_strategy) }}
{%- endmacro %}
