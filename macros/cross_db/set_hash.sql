{% macro set_hash(value) -%}
    {{ return(adapter.dispatch('set_hash', 'liftmart')(value)) }}
{%- endmacro %}

{% macro default__set_hash(value) -%}
    {{ engine_not_supported('set_hash') }}
{%- endmacro %}

{% macro duckdb__set_hash(value) -%}
    md5(string_agg({{ value }}, chr(31) order by {{ value }}))
{%- endmacro %}

{% macro postgres__set_hash(value) -%}
    md5(string_agg({{ value }}, chr(31) order by {{ value }} collate "C"))
{%- endmacro %}
