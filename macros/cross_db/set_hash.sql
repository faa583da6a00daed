{% macro set_hash(value) -%}
    {{ return(adapter.dispatch('set_hash', 'liftmart')(value)) }}
{%- endmacro %}

{% macro default__set_hash(value) -%}
    {{ engine_not_supported('set_hash') }}
{%- endmacro %}

{% macro duckdb__set_hash(value) -%}
    bit_xor(md5_number({{ value }}))
{%- endmacro %}

{% macro postgres__set_hash(value) -%}
    md5(string_agg({{ value }}, chr(31) order by {{ value }} collate "C"))
{%- endmacro %}

{% macro spark__set_hash(value) -%}
    md5(array_join(sort_array(collect_list({{ value }})), char(31)))
{%- endmacro %}

{% macro bigquery__set_hash(value) -%}
    to_hex(md5(string_agg({{ value }}, '\x1f' order by {{ value }})))
{%- endmacro %}

{% macro snowflake__set_hash(value) -%}
    md5(listagg({{ value }}, '\x1f') within group (order by {{ value }}))
{%- endmacro %}
