{% macro percentile(value, share) -%}
    {{ return(adapter.dispatch('percentile', 'liftmart')(value, share)) }}
{%- endmacro %}

{% macro default__percentile(value, share) -%}
    percentile_cont({{ share }}) within group (
        order by {{ value }}
    )
{%- endmacro %}

{% macro bigquery__percentile(value, share) -%}
    {#- percentile_cont is no aggregate there: the two values about the share, by their distance to it. -#}
    {%- set place = share | string ~ ' * (count(' ~ value ~ ') - 1)' -%}
    {%- set ordered = 'array_agg(' ~ value ~ ' ignore nulls order by ' ~ value ~ ')' -%}
    {{ ordered }}[safe_offset(cast(floor({{ place }}) as int64))] * (1 - ({{ place }} - floor({{ place }})))
    + {{ ordered }}[safe_offset(cast(ceil({{ place }}) as int64))] * ({{ place }} - floor({{ place }}))
{%- endmacro %}
