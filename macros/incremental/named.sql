{% macro named(folder, model_name) -%}
    {{ return(api.Relation.create(
        database=target.database,
        schema=generate_schema_name(folder, none),
        identifier=model_name
    )) }}
{%- endmacro %}
