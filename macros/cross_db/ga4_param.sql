{% macro ga4_param(key) -%}
    {{ return(adapter.dispatch('ga4_param', 'liftmart')(key)) }}
{%- endmacro %}

{% macro default__ga4_param(key) -%}
    {{ engine_not_supported('ga4_param') }}
{%- endmacro %}

{% macro duckdb__ga4_param(key) -%}
    {#-
        Picked by its place in the array: nothing is unnested, joined or grouped again, and the two lists
        are made once for all parameters. GA4 types a value by its looks: a numeric search term is an int.
    -#}
    {%- set value -%}
        list_extract(
            list_transform(event_params, lambda param: coalesce(
                param.value.string_value,
                cast(param.value.int_value as varchar),
                cast(param.value.double_value as varchar),
                cast(param.value.float_value as varchar)
            )),
            list_position(list_transform(event_params, lambda param: param.key), '{{ key }}')
        )
    {%- endset -%}
    {{ ga4_text(value) }}
{%- endmacro %}
