{% macro parsed_with() -%}
    {{ return(local_md5(tojson([
        var('clock_skew_minutes'), var('max_lateness_hours'), var('page_types'), var('device_types'), var('event_passthroughs')
    ]))) }}
{%- endmacro %}
