{% macro prepare_engine() -%}
    {{ return(adapter.dispatch('prepare_engine', 'liftmart')()) }}
{%- endmacro %}

{% macro default__prepare_engine() -%}
{%- endmacro %}

{% macro postgres__prepare_engine() -%}
    {#- Postgres before 16 can't tell whether a text is JSON but by trying, which only a function can. -#}
    do $prepare$
    begin
        if current_setting('server_version_num')::integer < 150000 then
            raise exception 'liftmart needs Postgres 15 or newer, this is %', current_setting('server_version');
        end if;
        if current_setting('server_encoding') <> 'UTF8' then
            raise exception 'liftmart needs a database in UTF8, % is in %', current_database(), current_setting('server_encoding');
        end if;
        if to_regnamespace('{{ generate_schema_name('staging', none) }}') is null then
            create schema {{ generate_schema_name('staging', none) }};
        end if;
        -- What is built from now on has not passed its tests: `liftmart publish` shall not take it.
        if to_regclass('{{ target.schema }}.build_state') is not null then
            update {{ target.schema }}.build_state set passed = false;
        end if;
        {%- if var('source') != 'canonical' %}
        -- Nor shall `liftmart build` go on from models that were not built from what it has noted.
        if to_regclass('{{ generate_schema_name('raw', none) }}.finished_build') is not null then
            delete from {{ generate_schema_name('raw', none) }}.finished_build;
        end if;
        {%- endif %}
    end
    $prepare$;

    create or replace function {{ postgres__items_function() }}(raw_items text) returns jsonb
    language plpgsql immutable strict as $items$
    declare
        items jsonb;
    begin
        items := raw_items;
        if jsonb_typeof(items) = 'array' and not items @? 'strict $[*] ? (@.type() <> "object")' then
            return items;
        end if;
        return null;
    exception when data_exception or program_limit_exceeded then
        return null;
    end
    $items$
{%- endmacro %}

{% macro postgres__items_function() -%}
    {{ generate_schema_name('staging', none) }}.liftmart_items
{%- endmacro %}

{% macro spark__prepare_engine() -%}
    {#- A timestamp is shown, read and cut into days in the session's zone. -#}
    select case when current_timezone() not in ('UTC', 'Etc/UTC', 'Z', '+00:00')
        then raise_error('liftmart needs spark.sql.session.timeZone UTC') end as checked
{%- endmacro %}
