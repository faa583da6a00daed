{% macro parse_timestamp(expression) -%}
    {{ return(adapter.dispatch('parse_timestamp', 'liftmart')(expression)) }}
{%- endmacro %}

{% macro default__parse_timestamp(expression) -%}
    {{ engine_not_supported('parse_timestamp') }}
{%- endmacro %}

{% macro duckdb__parse_timestamp(expression) -%}
    {#- typeof() of a column is a constant to DuckDB: only the branch that fits the column is run. -#}
    {%- set text = trim_spaces('cast(' ~ expression ~ ' as varchar)') -%}
    case
        when typeof({{ expression }}) = 'TIMESTAMP WITH TIME ZONE'
            then {{ duckdb__plausible_timestamp("timezone('UTC', try_cast(" ~ expression ~ " as timestamptz))") }}
        when typeof({{ expression }}) in ('TIMESTAMP', 'TIMESTAMP_MS', 'TIMESTAMP_S', 'DATE')
            then {{ duckdb__plausible_timestamp('try_cast(' ~ expression ~ ' as timestamp)') }}
        {#- Nanoseconds too go by their text: a cast would round them, or refuse those with a zone. #}
        when regexp_full_match(
            {{ text }},
            '\d{4}-\d{2}-\d{2}([ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.]\d+)?)?(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)?)?'
        )
            {#- A cast to timestamp would drop the offset; timestamptz applies it. -#}
            then {{ duckdb__plausible_timestamp("timezone('UTC', try_cast(" ~ text ~ ' as timestamptz))') }}
    end
{%- endmacro %}

{% macro duckdb__plausible_timestamp(timestamp) -%}
    case when isfinite({{ timestamp }}) and year({{ timestamp }}) between 1 and 9999 then {{ timestamp }} end
{%- endmacro %}
