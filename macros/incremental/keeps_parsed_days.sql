{% macro keeps_parsed_days() -%}
    {%- set is_asked = execute and parses_by_day() and config.get('incremental_strategy') == 'insert_overwrite'
        and flags.INTROSPECT and not flags.FULL_REFRESH -%}
    {%- set parsed = load_relation(this) if is_asked else none -%}
    {{ return(parsed is not none and parsed_with() in (parsed.information or '')) }}
{%- endmacro %}
