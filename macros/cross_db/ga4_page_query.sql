{% macro ga4_page_query(url) -%}
    {{ return(adapter.dispatch('ga4_page_query', 'liftmart')(url)) }}
{%- endmacro %}

{% macro default__ga4_page_query(url) -%}
    {{ engine_not_supported('ga4_page_query') }}
{%- endmacro %}

{% macro duckdb__ga4_page_query(url) -%}
    lower(regexp_extract({{ url }}, '^[^?#]*[?]([^#]*)', 1))
{%- endmacro %}
