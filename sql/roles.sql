-- The three roles of clinicd, the schema and the extensions. Run once per database by an administrator
-- (psql -f sql/roles.sql) and before migrating to a version that wants another role; again at any time: it changes nothing
-- that is already so.
--   clinicd_owner    owns everything and migrates; no superuser
--   clinicd_service  what the service answers requests as; owns nothing, cannot bypass row security
--   clinicd_worker   what it works on the change log as; owns nothing, row policies of its own let it see everybody's rows
-- Passwords are the administrator's business: ALTER ROLE clinicd_service PASSWORD '...'.

set client_min_messages = warning;

do $$
begin
    if not exists (select from pg_roles where rolname = 'clinicd_owner') then
        create role clinicd_owner;
    end if;
    if not exists (select from pg_roles where rolname = 'clinicd_service') then
        create role clinicd_service;
    end if;
    if not exists (select from pg_roles where rolname = 'clinicd_worker') then
        create role clinicd_worker;
    end if;
exception
    -- Roles belong to the whole server: another database may be doing the same at this moment.
    when duplicate_object or unique_violation then null;
end
$$;

do $$
begin
    -- Altering a role to what it already is would still collide with a neighbour ("tuple concurrently updated").
    if exists (select from pg_roles where rolname = 'clinicd_owner'
               and (not rolcanlogin or rolsuper or rolcreaterole or rolcreatedb or rolbypassrls)) then
        alter role clinicd_owner login nosuperuser nocreaterole nocreatedb nobypassrls;
    end if;
    if exists (select from pg_roles where rolname = 'clinicd_service'
               and (not rolcanlogin or rolsuper or rolcreaterole or rolcreatedb or rolbypassrls)) then
        alter role clinicd_service login nosuperuser nocreaterole nocreatedb nobypassrls;
    end if;
    if exists (select from pg_roles where rolname = 'clinicd_worker'
               and (not rolcanlogin or rolsuper or rolcreaterole or rolcreatedb or rolbypassrls)) then
        alter role clinicd_worker login nosuperuser nocreaterole nocreatedb nobypassrls;
    end if;
end
$$;

create extension if not exists btree_gist schema public;
create extension if not exists pg_trgm schema public;
create extension if not exists unaccent schema public;
create extension if not exists cube schema public;

create schema if not exists app authorization clinicd_owner;
grant usage on schema app to clinicd_service, clinicd_worker;
revoke create on schema public from public;

do $$
begin
    execute format('grant connect, create, temporary on database %I to clinicd_owner', current_database());
    execute format('grant connect on database %I to clinicd_service, clinicd_worker', current_database());
    execute format('alter role clinicd_owner in database %I set search_path = app, public', current_database());
    execute format('alter role clinicd_service in database %I set search_path = app, public', current_database());
    execute format('alter role clinicd_service in database %I set plan_cache_mode = force_generic_plan', current_database());
    execute format('alter role clinicd_service in database %I set jit = off', current_database());
    execute format('alter role clinicd_worker in database %I set search_path = app, public', current_database());
    execute format('alter role clinicd_worker in database %I set plan_cache_mode = force_generic_plan', current_database());
    execute format('alter role clinicd_worker in database %I set jit = off', current_database());
    -- A server that logs statements logs their arguments, and with an error the row that failed: names, addresses. Not of these
    -- two. (Only a superuser may say so.)
    begin
        execute format('alter role clinicd_service in database %I set log_parameter_max_length = 0', current_database());
        execute format('alter role clinicd_worker in database %I set log_parameter_max_length = 0', current_database());
        execute format('alter role clinicd_service in database %I set log_error_verbosity = terse', current_database());
        execute format('alter role clinicd_worker in database %I set log_error_verbosity = terse', current_database());
    exception when insufficient_privilege then
        raise warning 'clinicd: keep log_statement and log_min_duration_statement off, or arguments out of the log';
    end;
    execute format('alter database %I set timezone = %L', current_database(), 'UTC');
    -- The first booking on a page after a checkpoint logs the whole page, seven pages each at the worst: compressed 20 kB
    -- instead of 59. Not where the server was built without lz4.
    begin
        execute format('alter database %I set wal_compression = lz4', current_database());
    exception when insufficient_privilege or invalid_parameter_value then
        null;
    end;
end
$$;
