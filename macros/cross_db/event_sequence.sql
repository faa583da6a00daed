{% macro event_sequence(occurred_at, tie_number) -%}
    {{ return(adapter.dispatch('event_sequence', 'liftmart')(occurred_at, tie_number)) }}
{%- endmacro %}

{% macro default__event_sequence(occurred_at, tie_number) -%}
    {{ engine_not_supported('event_sequence') }}
{%- endmacro %}

{% macro duckdb__event_sequence(occurred_at, tie_number) -%}
    cast(epoch_us({{ occurred_at }}) as decimal(38, 0)) * 1000000000 + {{ tie_number }}
{%- endmacro %}

{% macro postgres__event_sequence(occurred_at, tie_number) -%}
    cast(
        extract(epoch from {{ occurred_at }}) * 1000000000000000 + {{ tie_number }} as numeric(38, 0)
    )
{%- endmacro %}

{% macro spark__event_sequence(occurred_at, tie_number) -%}
    cast(
        cast(unix_micros({{ occurred_at }}) as decimal(19, 0)) * 1000000000 + {{ tie_number }} as decimal(38, 0)
    )
{%- endmacro %}

{% macro bigquery__event_sequence(occurred_at, tie_number) -%}
    cast(unix_micros({{ occurred_at }}) as bignumeric) * 1000000000 + {{ tie_number }}
{%- endmacro %}

{% macro snowflake__event_sequence(occurred_at, tie_number) -%}
    cast(
        cast(date_part(epoch_microsecond, {{ occurred_at }}) as number(28, 0)) * 1000000000 + {{ tie_number }}
        as number(38, 0)
    )
{%- endmacro %}
