{% macro touched_since(rows, event_time) -%}
    {#- A join and not a condition: one that lets DuckDB skip what is older than all that is touched. -#}
    (
        select rows_of_all.*
        from {{ rows }} as rows_of_all
        inner join {{ named('staging', 'stg_visitors_touched') }} as touched
            on {{ is_touched_since(event_time) }}
    ) as rows_of_touched
{%- endmacro %}
