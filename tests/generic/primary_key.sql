{% test primary_key(model, columns, nullable=[], never_null=[]) %}
    {%- set key = columns | join(', ') %}

    select
        {{ key }},
        count(*) as row_count

    from {{ model }}

    group by {{ key }}

    having
        count(*) > 1
        {%- for column in columns | reject('in', nullable) %}
        or {{ column }} is null
        {%- endfor %}
        {%- for column in never_null %}
        or count(*) <> count({{ column }})
        {%- endfor %}

{% endtest %}
