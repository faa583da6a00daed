{% macro validate_vars() -%}
    {%- set texts = {
        'source': ['demo', 'canonical', 'ga4'],
        'bounce_rule': ['single_page', 'not_engaged'],
        'exposure_rule': ['viewable', 'loaded']
    } -%}
    {%- set whole_numbers = {
        'clock_skew_minutes': 0,
        'max_lateness_hours': 0,
        'late_event_hours': 0,
        'session_timeout_minutes': 1,
        'credit_click_hours': 0,
        'credit_view_hours': 0,
        'investigation_min_units': 1,
        'investigation_min_orders': 2,
        'investigation_min_visitors': 2,
        'investigation_min_searches': 1,
        'sequential_tuning': 1,
        'min_units_per_arm': 2,
        'pre_experiment_days': 0
    } -%}
    {%- set shares = [
        'investigation_alpha', 'investigation_min_personalization_index', 'investigation_min_coverage',
        'investigation_low_click_through', 'investigation_assumed_gain', 'experiment_alpha',
        'experiment_check_alpha', 'max_crossover_share'
    ] -%}
    {%- set patterns = {
        'reporting_timezone': ['[A-Za-z][A-Za-z0-9_+/-]*', 'a time zone of the IANA database, such as Europe/Berlin'],
        'reporting_currency': ['[A-Z]{3}', 'an ISO 4217 code in upper case, such as USD'],
        'raw_schema': ['[A-Za-z_][A-Za-z0-9_]*', 'the name of a schema']
    } -%}
    {%- set lists = ['page_types', 'device_types'] -%}

    {%- for name, values in texts.items() if var(name) not in values -%}
        {{ invalid_var(name, 'one of ' ~ values | join(', ')) }}
    {%- endfor -%}
    {%- for name, least in whole_numbers.items()
        if var(name) is not integer or var(name) is boolean or var(name) < least -%}
        {{ invalid_var(name, 'a whole number from ' ~ least) }}
    {%- endfor -%}
    {%- for name in shares if var(name) is not number or var(name) is boolean or var(name) < 0 or var(name) > 1 -%}
        {{ invalid_var(name, 'a number from 0 to 1') }}
    {%- endfor -%}
    {%- for name, (pattern, description) in patterns.items()
        if var(name) is not string or not modules.re.fullmatch(pattern, var(name)) -%}
        {{ invalid_var(name, description) }}
    {%- endfor -%}
    {%- for name in lists -%}
        {%- if var(name) is string or var(name) is not iterable or 'other' not in var(name) -%}
            {{ invalid_var(name, 'a list of names, with other among them') }}
        {%- endif -%}
        {%- for value in var(name)
            if value is not string or not modules.re.fullmatch('[a-z0-9_]+', value) -%}
            {{ invalid_var(name, 'a list of names in lower case letters, digits and underscores') }}
        {%- endfor -%}
    {%- endfor -%}
    {%- if var('late_event_hours') > var('max_lateness_hours') -%}
        {{ invalid_var('late_event_hours', 'at most max_lateness_hours') }}
    {%- endif -%}
    {%- if var('experiment_end_dates') is not mapping -%}
        {{ invalid_var('experiment_end_dates', 'a mapping of experiment to date, such as {spring: 2026-02-28}') }}
    {%- endif -%}
    {%- for name in var('event_passthroughs')
        if name is not string or not modules.re.fullmatch('[a-z_][a-z0-9_]*', name) -%}
        {{ invalid_var('event_passthroughs', 'a list of column names in lower case') }}
    {%- endfor -%}
{%- endmacro %}

{% macro invalid_var(name, takes) -%}
    {{ exceptions.raise_compiler_error(
        'the var ' ~ name ~ ' takes ' ~ takes ~ ', not ' ~ var(name)
    ) }}
{%- endmacro %}
