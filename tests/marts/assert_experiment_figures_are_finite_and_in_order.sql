{%- set figures = [
    'variant_value', 'control_value', 'absolute_difference', 'standard_error', 'degrees_of_freedom', 'lift',
    'lift_se', 'minimum_detectable_effect', 'cuped_difference', 'cuped_standard_error', 'expected_loss'
] -%}
{%- set probabilities = [
    'p_value', 'lift_p_value', 'sequential_p_value', 'p_value_holm', 'p_value_bh', 'cuped_p_value',
    'chance_to_win'
] -%}
{%- set intervals = [
    ('ci_low', 'absolute_difference', 'ci_high'),
    ('sequential_ci_low', 'ci_low', 'ci_high'),
    ('ci_low', 'ci_high', 'sequential_ci_high'),
    ('lift_ci_low', 'lift', 'lift_ci_high'),
    ('fieller_low', 'lift', 'fieller_high'),
    ('cuped_ci_low', 'cuped_difference', 'cuped_ci_high')
] -%}
with

results as (

    select * from {{ ref('kpi_experiment_results') }}

),

-- Not a number and infinity are greater than any number: they are not between two.
discrepancies as (

    select
        experiment_id,
        variant_id,
        metric,
        segment_name,
        segment_value

    from results

    where
        false
        {%- for figure in figures %}
        or not {{ figure }} between -1e300 and 1e300
        {%- endfor %}
        {%- for probability in probabilities %}
        or not {{ probability }} between 0 and 1
        {%- endfor %}
        {%- for low, middle, high in intervals %}
        or not {{ middle }} between {{ low }} and {{ high }}
        {%- endfor %}
        -- A p-value and its corrections that agree may differ in the last digit of a double.
        or not p_value_bh between p_value * (1 - 1e-12) and p_value_holm * (1 + 1e-12)
        or (p_value is null and reason in ('always_valid_test', 'fixed_test', 'too_few_units'))

)

select * from discrepancies
