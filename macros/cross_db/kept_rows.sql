{% macro kept_rows(model_name) -%}
    {{ return(adapter.dispatch('kept_rows')(model_name)) }}
{%- endmacro %}

{% macro default__kept_rows(model_name) -%}
    {{ return(named('touched', model_name)) }}
{%- endmacro %}

{% macro duckdb__kept_rows(model_name) -%}
    {{ return(api.Relation.create(database='touched', schema='main', identifier=model_name)) }}
{%- endmacro %}
