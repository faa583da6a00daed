with

raw_placements as (

    select * from {{ base_model('placements') }}

),

parsed as (

    select
        {{ clean_text('placement_id') }} as parsed_placement_id,
        {{ clean_text('placement_name') }} as parsed_placement_name,
        {{ within_vocabulary('page_type', var('page_types')) }} as parsed_page_type,
        *

    from raw_placements

),

checked as (

    select
        *,
        case
            when parsed_placement_id is null then 'missing_key'
        end as row_rejection_reason

    from parsed

),

numbered as (

    select
        *,
        row_number() over (
            partition by row_rejection_reason, parsed_placement_id
            order by
                parsed_placement_name asc nulls last,
                parsed_page_type asc nulls last
        ) as key_number

    from checked

),

stg_placements_validated as (

    select
        parsed_placement_id as placement_id,
        parsed_placement_name as placement_name,
        parsed_page_type as page_type,

        case
            when row_rejection_reason is not null then row_rejection_reason
            when key_number > 1 then 'duplicate_key'
        end as rejection_reason,
        {{ row_as_json(['placement_id', 'placement_name', 'page_type']) }} as raw_values

    from numbered

)

select * from stg_placements_validated
