{% macro ga4_page_path(url) -%}
    {{ return(adapter.dispatch('ga4_page_path', 'liftmart')(url)) }}
{%- endmacro %}

{% macro default__ga4_page_path(url) -%}
    {{ engine_not_supported('ga4_page_path') }}
{%- endmacro %}

{% macro duckdb__ga4_page_path(url) -%}
    {#- Without scheme, host, query and fragment; one slash where there are several, none at the end. -#}
    lower('/' || trim(
        regexp_replace(regexp_extract({{ url }}, '^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://[^/?#]*)?([^?#]*)', 1), '/+', '/', 'g'),
        '/'
    ))
{%- endmacro %}
