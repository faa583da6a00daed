{#- dbt calls these to load a seed, whose types are written as DuckDB names them. -#}

{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {% call statement('_') -%}
        create table {{ this }} (
            {%- for column in agate_table.column_names %}
            {{ adapter.quote(column) }}
            {{ types.get(column, adapter.convert_type(agate_table, loop.index0)) | replace('varchar', 'string') }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        )
        {{ file_format_clause() }}
        {{ location_clause() }}
    {%- endcall %}
    {{ return('') }}
{%- endmacro %}

{% macro spark__load_csv_rows(model, agate_table) -%}
    {#- A statement takes a second whatever its length: one for a thousand rows, of texts that it casts. -#}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- for batch in agate_table.rows | batch(1000) -%}
        {% call statement('_') -%}
            insert into {{ this }}
            select
                {%- for column in agate_table.column_names %}
                cast(col{{ loop.index }} as {{ types.get(column, adapter.convert_type(agate_table, loop.index0)) | replace('varchar', 'string') }})
                {{- ',' if not loop.last }}
                {%- endfor %}
            from values
            {%- for row in batch %}
            (
                {%- for value in row.values() -%}
                    {%- if value is none -%} cast(null as string)
                    {%- else -%} '{{ value | string | replace('\\', '\\\\') | replace("'", "\\'") }}'
                    {%- endif -%}
                    {{ ', ' if not loop.last }}
                {%- endfor -%}
            ){{ ',' if not loop.last }}
            {%- endfor %}
        {%- endcall %}
    {%- endfor -%}
    {{ return('') }}
{%- endmacro %}
