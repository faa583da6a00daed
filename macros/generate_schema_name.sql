{% macro generate_schema_name(custom_schema_name, node) -%}
    {#- A shop's own database may have a schema `staging` or `marts` already. -#}
    {%- set prefix = target.schema ~ '_' if target.type == 'postgres' else '' -%}
    {{ prefix ~ custom_schema_name if custom_schema_name else target.schema }}
{%- endmacro %}
