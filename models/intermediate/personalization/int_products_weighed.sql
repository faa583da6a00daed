-- depends_on: {{ ref('stg_days_touched') }}
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='date_day'
) }}

{%- set grain = ['date_day', 'placement_id', 'strategy_id'] -%}
with

products_shown as (

    select * from {{ ref('int_products_shown') }}

    where {{ touched('date_day') }}

),

visitor_weights as (

    select
        {{ grain | join(',\n        ') }},
        visitor_id,
        cast(1e0 / sqrt(cast(count(*) as {{ type_double() }})) as numeric(18, 12)) as weight,
        cast(1e0 / cast(count(*) as {{ type_double() }}) as numeric(18, 12)) as square

    from products_shown

    group by {{ grain | join(', ') }}, visitor_id

),

int_products_weighed as (

    select
        {{ prefixed('products_shown', grain) | join(',\n        ') }},
        products_shown.product_id,

        -- Decimals, which add up to the same sum in whatever order.
        cast(sum(visitor_weights.weight) as numeric(38, 12)) as total_weight,
        cast(sum(visitor_weights.square) as numeric(38, 12)) as total_square

    from products_shown

    inner join visitor_weights
        on
            {{ equal_on(grain + ['visitor_id'], 'products_shown', 'visitor_weights') }}

    group by {{ prefixed('products_shown', grain) | join(', ') }}, products_shown.product_id

)

select * from int_products_weighed
