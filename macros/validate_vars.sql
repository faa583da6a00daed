{% macro validate_vars() -%}
    {%- set texts = {
        'source': ['demo', 'canonical', 'tables', 'ga4'],
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
        'investigation_min_personalization_index', 'investigation_min_coverage',
        'investigation_low_click_through', 'investigation_assumed_gain', 'max_crossover_share'
    ] -%}
    {%- set chances = ['investigation_alpha', 'experiment_alpha', 'experiment_check_alpha'] -%}
    {%- set patterns = {
        'reporting_currency': ['[A-Z]{3}', 'an ISO 4217 code in upper case, such as USD'],
        'raw_schema': ['[A-Za-z_][A-Za-z0-9_]*', 'the name of a schema']
    } -%}
    {%- set date = '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])' -%}
    {%- set lists = ['page_types', 'device_types'] -%}
    {%- set model_columns = [
        'session_id', 'session_number', 'activity_window', 'event_sequence', 'duplicate_number',
        'rejection_reason', 'raw_values'
    ] -%}

    {%- for name, values in texts.items() if var(name) not in values -%}
        {{ invalid_var(name, 'one of ' ~ values | join(', ')) }}
    {%- endfor -%}
    {%- for name, least in whole_numbers.items()
        if var(name) is not integer or var(name) is boolean or var(name) < least -%}
        {{ invalid_var(name, 'a whole number from ' ~ least) }}
    {%- endfor -%}
    {%- for name in shares if var(name) is not number or var(name) is boolean or not 0 <= var(name) <= 1 -%}
        {{ invalid_var(name, 'a number from 0 to 1') }}
    {%- endfor -%}
    {%- for name in chances if var(name) is not number or not 0 < var(name) < 1 -%}
        {{ invalid_var(name, 'a number between 0 and 1') }}
    {%- endfor -%}
    {%- if var('reporting_timezone') is not string or var('reporting_timezone') not in modules.pytz.all_timezones -%}
        {{ invalid_var('reporting_timezone', 'a time zone of the IANA database, such as Europe/Berlin') }}
    {%- endif -%}
    {%- for name, (pattern, description) in patterns.items()
        if var(name) is not string or not modules.re.fullmatch(pattern, var(name)) -%}
        {{ invalid_var(name, description) }}
    {%- endfor -%}
    {%- for name in lists -%}
        {%- if var(name) is string or var(name) is mapping or var(name) is not iterable or 'other' not in var(name) -%}
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
    {%- set end_dates = var('experiment_end_dates') -%}
    {%- for value in (end_dates.values() if end_dates is mapping else [''])
        if not modules.re.fullmatch(date, value | string) -%}
        {{ invalid_var('experiment_end_dates', 'a mapping of experiment to date, such as {spring: 2026-02-28}') }}
    {%- endfor -%}
    {%- set days = var('parsed_days') -%}
    {%- set takes_days = 'all, or on Spark, from tables, a list of days such as [2026-02-28]' -%}
    {%- if days != 'all' and (
        target.type != 'spark' or var('source') != 'tables' or days is string or days is mapping or days is not iterable
    ) -%}
        {{ invalid_var('parsed_days', takes_days) }}
    {%- endif -%}
    {%- for day in (days if days != 'all' else []) if not modules.re.fullmatch(date, day | string) -%}
        {{ invalid_var('parsed_days', takes_days) }}
    {%- endfor -%}
    {%- set columns = var('event_passthroughs') -%}
    {%- if columns is string or columns is mapping or columns is not iterable -%}
        {{ invalid_var('event_passthroughs', 'a list of column names') }}
    {%- endif -%}
    {%- for column in columns
        if column is not string or not modules.re.fullmatch('[a-z_][a-z0-9_]*', column)
        or column in event_columns() + model_columns or column.startswith('parsed_') or columns.count(column) > 1 -%}
        {{ invalid_var(
            'event_passthroughs', 'column names in lower case that neither the event contract nor a model has, each once'
        ) }}
    {%- endfor -%}
{%- endmacro %}
