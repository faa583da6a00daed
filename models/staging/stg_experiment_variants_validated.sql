with

raw_experiment_variants as (

    select * from {{ base_model('experiment_variants') }}

),

parsed as (

    select
        {{ clean_text('experiment_id') }} as parsed_experiment_id,
        {{ clean_text('variant_id') }} as parsed_variant_id,
        {{ parse_boolean('is_control') }} as parsed_is_control,
        {{ parse_decimal('expected_share', 18, 8) }} as parsed_expected_share,
        *

    from raw_experiment_variants

),

checked as (

    select
        *,
        case
            when parsed_experiment_id is null or parsed_variant_id is null then 'missing_key'
            when
                {{ is_unparsed('is_control') }}
                or {{ is_unparsed('expected_share') }}
                then 'invalid_value'
        end as row_rejection_reason

    from parsed

),

numbered as (

    select
        *,
        row_number() over (
            partition by row_rejection_reason, parsed_experiment_id, parsed_variant_id
            order by
                parsed_is_control asc nulls last,
                parsed_expected_share asc nulls last
        ) as key_number

    from checked

),

stg_experiment_variants_validated as (

    select
        parsed_experiment_id as experiment_id,
        parsed_variant_id as variant_id,
        parsed_is_control as is_control,
        parsed_expected_share as expected_share,

        case
            when row_rejection_reason is not null then row_rejection_reason
            when key_number > 1 then 'duplicate_key'
        end as rejection_reason,
        {{ row_as_json(['experiment_id', 'variant_id', 'is_control', 'expected_share']) }}
            as raw_values

    from numbered

)

select * from stg_experiment_variants_validated
