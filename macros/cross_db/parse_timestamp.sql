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

{% macro spark__parse_timestamp(expression) -%}
    {%- set text = trim_spaces('cast(' ~ expression ~ ' as string)') -%}
    {#- Digits beyond microseconds are cut. -#}
    {%- set local = 'try_cast(regexp_extract(' ~ text ~ ", r'\A([-0-9]+(?:[T ][0-9]+:[0-9]+(?::[0-9]+(?:[.][0-9]{1,6})?)?)?)', 1) as timestamp)" -%}
    {%- set offset = 'regexp_extract(' ~ text ~ ", r':.*([+-][0-9][0-9](?::?[0-9][0-9])?)\z', 1)" -%}
    {%- set minutes -%}
        cast(concat(left({{ offset }}, 1), right({{ offset }}, 2)) as integer)
        * case when length({{ offset }}) > 3 then 1 else 60 end
        + case when length({{ offset }}) > 3 then 60 * cast(left({{ offset }}, 3) as integer) else 0 end
    {%- endset -%}
    {%- set utc = 'timestamp_micros(unix_micros(' ~ local ~ ') - 60000000 * cast(' ~ minutes ~ ' as bigint))' -%}
    case
        when
            not {{ text }} rlike r'\A(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?)?\z'
            then null
        when {{ offset }} = '' then {{ local }}
        when {{ utc }} between timestamp '0001-01-01 00:00:00' and timestamp '9999-12-31 23:59:59.999999' then {{ utc }}
    end
{%- endmacro %}

{% macro bigquery__parse_timestamp(expression) -%}
    {%- set text = trim_spaces('cast(' ~ expression ~ ' as string)') -%}
    {%- set day = 'substr(' ~ text ~ ', 1, 10)' -%}
    {%- set time = "coalesce(regexp_extract(" ~ text ~ ", r'[T ]([0-9]{2}:[0-9]{2})'), '00:00')" -%}
    {#- Digits beyond microseconds are cut. -#}
    {%- set seconds = "coalesce(regexp_extract(" ~ text ~ ", r'[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(?:[.][0-9]{1,6})?)'), ':00')" -%}
    {%- set hours = "coalesce(regexp_extract(" ~ text ~ ", r':.*([+-][0-9]{2})(?::?[0-9]{2})?$'), '+00')" -%}
    {%- set minutes = "coalesce(regexp_extract(" ~ text ~ ", r':.*[+-][0-9]{2}:?([0-9]{2})$'), '00')" -%}
    case
        when regexp_contains({{ text }}, r'^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?)?$')
            then safe_cast(concat({{ day }}, ' ', {{ time }}, {{ seconds }}, {{ hours }}, ':', {{ minutes }}) as timestamp)
    end
{%- endmacro %}

{% macro snowflake__parse_timestamp(expression) -%}
    {%- set text = trim_spaces('cast(' ~ expression ~ ' as varchar)') -%}
    {#- Digits beyond microseconds are cut. -#}
    {%- set local -%}
        try_to_timestamp_ntz(replace(
            regexp_substr({{ text }}, '^[-0-9]+([T ][0-9]+:[0-9]+(:[0-9]+([.][0-9]{1,6})?)?)?'), 'T', ' '
        ))
    {%- endset -%}
    {%- set offset = 'regexp_substr(' ~ text ~ ", ':.*([+-][0-9][0-9](:?[0-9][0-9])?)$', 1, 1, 'e', 1)" -%}
    {%- set minutes -%}
        case
            when length({{ offset }}) = 3 then 60 * cast({{ offset }} as integer)
            else 60 * cast(left({{ offset }}, 3) as integer) + cast(left({{ offset }}, 1) || right({{ offset }}, 2) as integer)
        end
    {%- endset -%}
    {%- set utc = 'dateadd(minute, -(' ~ minutes ~ '), ' ~ local ~ ')' -%}
    case
        when not regexp_like({{ text }}, '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?)?')
            then null
        when {{ offset }} is null then {{ local }}
        when year({{ utc }}) between 1 and 9999 then {{ utc }}
    end
{%- endmacro %}
