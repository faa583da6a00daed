{% test no_nulls(model, columns) %}

    select {{ columns | join(', ') }}

    from {{ model }}

    where
        {{ columns | join(' is null\n        or ') }} is null

{% endtest %}
