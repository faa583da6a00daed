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

{% macro postgres__parse_timestamp(expression) -%}
    {#- to_json writes a typed timestamp the same whatever the session's DateStyle, and a text as it is. -#}
    {%- set text = trim_spaces("(to_json(" ~ expression ~ ") #>> '{}')") -%}
    {#- Only days of the calendar: no cast of what these patterns take can raise. -#}
    {%- set day -%}
        (?!0000)\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))
    {%- endset -%}
    {%- set leap_day -%}
        (?!0000)(\d\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29
    {%- endset -%}
    {%- set offset = 'substring(' ~ text ~ " from ':.*([+-][0-9][0-9](?::?[0-9][0-9])?)$')" -%}
    {#- Digits beyond microseconds are cut; a cast would round them. -#}
    {%- set local = 'cast(substring(' ~ text ~ " from '^[-0-9]+(?:[T ][0-9]+:[0-9]+(?::[0-9]+(?:[.][0-9]{1,6})?)?)?') as timestamp)" -%}
    {%- set utc -%}
        {{ local }} - make_interval(
            hours => cast(left({{ offset }}, 3) as integer),
            mins => cast(left({{ offset }}, 1) || coalesce(substring({{ offset }} from '\d\d:?(\d\d)'), '0') as integer)
        )
    {%- endset -%}
    case
        when {{ text }} !~ '^({{ day }}|{{ leap_day }})([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.]\d+)?)?(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)?)?$'
            then null
        when {{ offset }} is null then {{ local }}
        when {{ utc }} between timestamp '0001-01-01' and timestamp '9999-12-31 23:59:59.999999' then {{ utc }}
    end
{%- endmacro %}
