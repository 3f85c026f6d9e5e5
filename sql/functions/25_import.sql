-- Imports: rows become locations, known again by their external id or slug. One statement judges all rows and writes those
-- that it takes, with their audit and change rows; a row that changes nothing writes nothing.
--
-- An entry is {"line": 2, "row": {...}}, or {"line": 3, "errors": [...]} for what the contract has refused already.

-- What the addresses of web pages can be made of: "Praxis für Körper & Geist" becomes praxis-fur-korper-geist.
create or replace function app.slug_of(name text, otherwise text)
returns text language sql immutable parallel safe as $$
    select coalesce(nullif(trim(both '-' from left(trim(both '-' from regexp_replace(app.fold(name), '[^a-z0-9]+', '-', 'g')), 60)), ''),
                    otherwise)
$$;

-- A slug that is not free gets this behind it: the same whenever the same thing is imported.
create or replace function app.slug_suffix(key text)
returns text language sql immutable parallel safe as $$
    select '-' || left(md5(key), 8)
$$;

-- The faults of one row, beside those that the contract has found; [] when it can be written.
create or replace function app.import_faults(doc jsonb, old_status text, clinic_status text, zone text, first_line int, line int)
returns jsonb language sql stable parallel safe as $$
    select case when doc ->> 'external_id' is null and doc ->> 'slug' is null
                then app.fault('/external_id', 'is needed, or a slug: by one of them the next import knows the location again') else '[]' end
        || case when first_line < line
                then app.fault(case when doc ? 'external_id' then '/external_id' else '/slug' end,
                               format('is the same as in line %s of this import', first_line)) else '[]' end
        || case when old_status = 'archived' then app.fault('', 'names a location that is archived; restore it first') else '[]' end
        || case when clinic_status = 'archived' then app.fault('/clinic', 'names a clinic that is archived; restore it first') else '[]' end
        || case when zone is null then app.fault('/timezone', 'is needed, for the clinic is new')
                else app.timezone_faults('/timezone', zone) end
$$;

-- The rows after the locks are held. `tenant` is null where each row names its clinic. It looks into the tables by joins:
-- a plan made while they were empty (hashes) does no harm when they are full, and the planner expects few rows of the
-- plain equality with practice, so that it then takes the indexes.
create or replace function app.import_rows(tenant uuid, entries jsonb, everything boolean, dry_run boolean, caller app.caller)
returns app.answer language plpgsql as $$
declare
    answer app.answer;
begin
    with entry as materialized (
        select e.place, (e.item ->> 'line')::int as line, e.item -> 'row' as doc, e.item -> 'errors' as errors,
               case when tenant is null then e.item #>> '{row,clinic,name}' else '' end as clinic_name, e.item #>> '{row,external_id}' as external_id
        from jsonb_array_elements(entries) with ordinality as e (item, place)
    ),
    -- the clinics that rows go to; one that is not there yet gets its id and slug here
    practice as materialized (
        select '' as name, c.id, c.timezone, c.status, false as is_new, null::text as slug, null::jsonb as languages
        from app.clinic c where c.id = tenant
        union all
        select n.name, coalesce(c.id, app.new_id()), coalesce(c.timezone, n.timezone), coalesce(c.status, 'active'), c.id is null,
               case when n.nth = 1 and not exists (select from app.clinic other where other.slug = n.base) then n.base
                    else n.base || app.slug_suffix(n.name) end, n.languages
        from (select f.*, row_number() over (partition by f.base order by f.name) as nth
              from (select distinct on (clinic_name) clinic_name as name, app.slug_of(clinic_name, 'clinic') as base,
                           doc ->> 'timezone' as timezone, doc #> '{clinic,languages}' as languages
                    from entry where tenant is null and doc is not null order by clinic_name, place) as f) as n
        left join app.clinic c on c.external_id = n.name
    ),
    matched as materialized (
        select e.*, p.id as clinic_id, p.timezone as clinic_timezone, p.status as clinic_status,
               case when known.id is not null then known else named end as old
        from entry e
        left join practice p on p.name = e.clinic_name
        left join app.location known on known.clinic_id = p.id and known.external_id = e.external_id
        left join app.location named on named.clinic_id = p.id and named.slug = e.doc ->> 'slug' and known.id is null
                                        and (e.external_id is null or named.external_id is null)
    ),
    slugged as materialized (
        select m.*, coalesce(m.doc ->> 'slug', (m.old).slug, app.slug_of(m.doc ->> 'name', 'location')) as base,
               m.doc ->> 'slug' is null and (m.old).id is null as derived,
               case when m.doc is not null
                    then first_value(m.line) over (partition by m.clinic_id, m.doc is null, coalesce((m.old).id::text, m.external_id, m.doc ->> 'slug')
                                                   order by m.place) end as first_line
        from matched m
    ),
    -- a derived slug is taken as it is by the first row that would have it, when nobody has it yet
    addressed as materialized (
        select s.*, case when not s.derived then s.base
                         when row_number() over (partition by s.clinic_id, s.base, s.doc is null order by s.derived, s.place) = 1
                              and taken.id is null then s.base
                         else s.base || app.slug_suffix(s.external_id) end as slug
        from slugged s
        left join app.location taken on taken.clinic_id = s.clinic_id and taken.slug = s.base and s.derived
    ),
    wanted as materialized (
        select a.place, a.line, a.doc, a.errors, a.clinic_id, a.clinic_name, a.old, a.first_line, a.clinic_status,
               coalesce((a.old).id, case when a.doc is not null then app.new_id() end) as id,
               coalesce(a.external_id, (a.old).external_id) as external_id,
               a.slug, row_number() over (partition by a.clinic_id, a.slug, a.doc is null order by (a.old).id is null, a.place) as slug_nth,
               a.doc ->> 'name' as name,
               jsonb_strip_nulls(coalesce((a.old).address, '{}') || coalesce(nullif(a.doc -> 'address', 'null'), '{}')) as address,
               case when a.doc ? 'geo' then (a.doc #>> '{geo,latitude}')::float8 else (a.old).latitude end as latitude,
               case when a.doc ? 'geo' then (a.doc #>> '{geo,longitude}')::float8 else (a.old).longitude end as longitude,
               coalesce(a.doc ->> 'timezone', (a.old).timezone, a.clinic_timezone) as timezone,
               case when a.doc ? 'phone' then a.doc ->> 'phone' else (a.old).phone end as phone,
               jsonb_strip_nulls(coalesce((a.old).directions, '{}') || coalesce(nullif(a.doc -> 'directions', 'null'), '{}')) as directions,
               case when a.doc ? 'accessibility' then app.text_list(a.doc -> 'accessibility')
                    else coalesce((a.old).accessibility, '{}') end as accessibility,
               coalesce(a.doc -> 'opening_hours', (a.old).opening_hours, '[]') as opening_hours
        from addressed a
    ),
    faulty as materialized (
        select w.*,
               case when w.doc is null then w.errors
                    else app.import_faults(w.doc, (w.old).status, w.clinic_status, w.timezone, w.first_line, w.line)
                         || case when w.first_line < w.line then '[]' when w.slug_nth > 1 or holder.id <> w.id
                                 then app.fault('/slug', 'is the slug of another location of this clinic') else '[]' end
                         -- hours are local: another zone would move them away from under bookings, and no row here could say which
                         || case when w.timezone is not distinct from coalesce((w.old).timezone, w.timezone) then '[]'
                                 when app.upcoming_bookings(w.clinic_id, 'location', w.id)::text <> '[]'
                                 then app.fault('/timezone', 'differs, and there are bookings to come: patch the location, which lists those it strands')
                                 else '[]' end end as faults
        from wanted w
        left join app.location holder on holder.clinic_id = w.clinic_id and holder.slug = w.slug
    ),
    judged as materialized (
        select f.*,
               case when f.faults <> '[]' then 'refused'
                    when (f.old).id is null then 'created'
                    when row(f.external_id, f.slug, f.name, f.address, f.latitude, f.longitude, f.timezone, f.phone, f.directions,
                             f.accessibility, f.opening_hours)
                         is not distinct from
                         row((f.old).external_id, (f.old).slug, (f.old).name, (f.old).address, (f.old).latitude, (f.old).longitude,
                             (f.old).timezone, (f.old).phone, (f.old).directions, (f.old).accessibility, (f.old).opening_hours)
                    then 'unchanged'
                    else 'updated' end as outcome
        from faulty f
    ),
    decision as materialized (
        select count(*) filter (where outcome = 'created') as created, count(*) filter (where outcome = 'updated') as updated,
               count(*) filter (where outcome = 'unchanged') as unchanged, count(*) filter (where outcome = 'refused') as refused,
               not dry_run and count(*) filter (where outcome in ('created', 'updated')) > 0
                   and not (everything and count(*) filter (where outcome = 'refused') > 0) as writes
        from judged
    ),
    founded as (
        insert into app.clinic as c (id, external_id, slug, name, timezone, languages)
        select p.id, p.name, p.slug, p.name, p.timezone,
               case when jsonb_array_length(p.languages) > 0 then app.text_list(p.languages) else '{en}' end
        from practice p
        where p.is_new and (select writes from decision) and p.id in (select clinic_id from judged where outcome = 'created')
        returning c.id as clinic_id, c.id, 'clinic' as entity, 'Clinics' as noun, null::jsonb as before, app.clinic_json(c)::jsonb as after
    ),
    written as (
        insert into app.location as l (clinic_id, id, external_id, slug, name, address, latitude, longitude, timezone, phone, directions,
                                       accessibility, opening_hours)
        select clinic_id, id, external_id, slug, name, address, latitude, longitude, timezone, phone, directions, accessibility, opening_hours
        from judged
        where outcome in ('created', 'updated') and (select writes from decision)
        -- In no order: points that come one after another along a line make the index of positions split its pages so badly
        -- that 2,000 of them take twenty seconds (tests/sql/test_import.py); shuffled, 0.05.
        order by md5(id::text)
        on conflict (clinic_id, id) do update
        set (external_id, slug, name, address, latitude, longitude, timezone, phone, directions, accessibility, opening_hours, version, updated_at)
            = (excluded.external_id, excluded.slug, excluded.name, excluded.address, excluded.latitude, excluded.longitude, excluded.timezone,
               excluded.phone, excluded.directions, excluded.accessibility, excluded.opening_hours, l.version + 1, app.now())
        returning l.clinic_id, l.id, app.location_record(l)::jsonb as after
    ),
    told as materialized (
        select * from founded
        union all
        select w.clinic_id, w.id, 'location', 'Locations', case when (j.old).id is not null then app.location_record(j.old)::jsonb end, w.after
        from written w join judged j on j.id = w.id
    ),
    audited as (
        insert into app.audit (clinic_id, who, what, entity, entity_id, before, after, request_id)
        select clinic_id, coalesce(caller.sub, ''), 'import' || noun, entity, id::text, before, after, caller.request_id from told
    ),
    logged as (
        insert into app.change (clinic_id, entity, entity_id, kind, data)
        select clinic_id, entity, id::text, case when before is null then 'created' else 'updated' end,
               case when before is null then jsonb_build_object('slug', after -> 'slug', 'version', after -> 'version')  -- as change_data says it
                    else app.change_data(before, after) end
        from told
    )
    select case when everything and not dry_run and d.refused > 0 then 422 else 200 end,
           json_build_object('dry_run', dry_run, 'mode', case when everything then 'all' else 'row' end, 'written', d.writes,
                             'created', d.created, 'updated', d.updated, 'unchanged', d.unchanged, 'refused', d.refused,
                             'clinics_created', (select count(*) from practice p
                                                 where p.is_new and p.id in (select clinic_id from judged where outcome = 'created')),
                             'rows', coalesce((
               select json_agg(json_strip_nulls(json_build_object(
                          'line', j.line, 'outcome', j.outcome,
                          'id', case when j.outcome in ('updated', 'unchanged') or (j.outcome = 'created' and d.writes) then j.id end,
                          'clinic_id', case when tenant is null and (j.outcome in ('updated', 'unchanged') or (j.outcome = 'created' and d.writes))
                                            then j.clinic_id end,
                          'errors', case when j.outcome = 'refused' then j.faults end)) order by j.place)
               from judged j), '[]'))
    into answer.status, answer.body
    from decision d;

    if answer.status = 422 then
        answer.body := (app.problem('import-refused', 'Nothing was written: ' || (answer.body ->> 'refused') || ' rows are refused; see rows.')
                        || answer.body::jsonb)::json;
    end if;
    return answer;
end
$$;

-- The rows of one clinic.
create or replace function app.import_locations(tenant uuid, entries jsonb, everything boolean, dry_run boolean, caller app.caller)
returns app.answer language plpgsql as $$
declare
    answer app.answer;
begin
    perform app.lock_resources(tenant);
    if not exists (select from app.clinic where id = tenant) then
        return null;
    end if;
    select * into answer from app.clinic_refusal(tenant);
    if answer.status is not null then
        return answer;
    end if;
    return app.import_rows(tenant, entries, everything, dry_run, caller);
end
$$;

-- Rows that name their clinics; those that are not there are made, known by the name in the rows from then on.
create or replace function app.import_clinics(entries jsonb, everything boolean, dry_run boolean, clinics text, caller app.caller)
returns app.answer language plpgsql as $$
begin
    if clinics is distinct from '*' then
        return app.refused(403, 'forbidden', 'An import that may make clinics needs a token for all clinics.');
    end if;
    perform pg_advisory_xact_lock(hashtextextended('import of clinics', 0));
    perform app.lock_resources(known.id)
    from (select c.id from app.clinic c
          where c.external_id in (select item #>> '{row,clinic,name}' from jsonb_array_elements(entries) as item) order by c.id) as known;
    return app.import_rows(null, entries, everything, dry_run, caller);
end
$$;
