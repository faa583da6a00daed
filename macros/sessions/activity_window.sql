{% macro activity_window(occurred_at) -%}
    cast(floor({{ epoch_microseconds(occurred_at) }} / {{ var('session_timeout_minutes') * 60 }}e6) as bigint)
{%- endmacro %}
