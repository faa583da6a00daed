-- The rules of the event contract, asked of the items that were accepted.
with

event_items as (

    select * from {{ rows_to_test(ref('stg_event_items'), ['visitor_id']) }}

),

judged as (

    select
        event_id,
        item_index,
        case
            when
                product_id is null
                or position is null
                or quantity is null
                or unit_price is null
                then 'what is required is missing'
            when quantity < 0 or unit_price < 0 then 'an amount is negative'
            when {{ money_product('unit_price', 'quantity') }} >= 1e10
                then 'it is worth ten billion or more'
        end as broken_rule

    from event_items

),

broken as (

    select * from judged

    where broken_rule is not null

)

select * from broken
