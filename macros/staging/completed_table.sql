{% macro completed_table(relation) -%}
    {#- The only question that a model asks while it is compiled: what of the contract does the shop's table have? -#}
    {%- set columns = contract_columns()[relation.identifier] -%}
    {%- set found = load_relation(relation) if flags.INTROSPECT else none -%}
    {%- set names = (adapter.get_columns_in_relation(found) if found else []) | map(attribute='name') | map('lower') | list -%}
    {%- set missing = columns.all | reject('in', names) | list -%}
    {%- set required = columns.required | select('in', missing) | list -%}
    {%- if not flags.INTROSPECT -%}
        {{ relation }}
    {%- elif not found and relation.identifier == 'raw_events' -%}
        {{ exceptions.raise_compiler_error(
            'there is no table ' ~ relation.schema ~ '.' ~ relation.identifier ~ ': the var raw_schema names the schema that'
            ~ ' holds the tables of the event contract'
        ) }}
    {%- elif found and required -%}
        {{ exceptions.raise_compiler_error(
            'the table ' ~ relation.schema ~ '.' ~ relation.identifier ~ ' has no column ' ~ required | join(', ')
            ~ ': add it, or give the table that name as a view that has it'
        ) }}
    {%- else -%}
        (
            select
                {{ '*' if found }}
                {%- for column in missing %}
                {{ ',' if found or not loop.first }}cast(null as {{ dbt.type_string() }}) as {{ column }}
                {%- endfor %}
            {{ ('from ' ~ relation) if found else 'where false' }}
        ) as {{ relation.identifier }}
    {%- endif -%}
{%- endmacro %}
