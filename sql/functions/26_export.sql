-- The whole directory of a clinic as lines, and back. A line is {"type", "id", "status", "data"}, where data is the body that
-- would create it (LocationCreate and so on), so whatever a record shows and a create takes is carried, also what is added
-- later. Left out is what belongs to the database that keeps it: versions, moments, the trail; and the shared catalogue.
--
-- Lines come in the order in which they may name each other, then by id: the same directory is always the same bytes.

create or replace function app.directory_kinds()
returns text[] language sql immutable parallel safe as $$
    select '{clinic,location,room,practitioner,offering,schedule,exception}'::text[]
$$;

-- ---------------------------------------------------------------- out

-- What a record says beyond its place, age and status: the body that would create it, without what is empty.
create or replace function app.export_data(record jsonb)
returns jsonb language sql immutable parallel safe as $$
    select app.settled(record - '{id,clinic_id,status,version,intake_version,created_at,updated_at,treatments}'::text[])
$$;

-- Everything that belongs to a directory, as its line says it. The clinic with the policy that was chosen: its record shows
-- the defaults, too.
create or replace view app.directory_row as
select 'clinic' as kind, c.id as clinic_id, c.id, c.status, c.external_id,
       app.export_data(app.clinic_json(c)::jsonb || jsonb_build_object('policy', c.policy)) as data from app.clinic c
union all select 'location', l.clinic_id, l.id, l.status, null, app.export_data(app.location_record(l)::jsonb) from app.location l
union all select 'room', r.clinic_id, r.id, r.status, null, app.export_data(app.room_record(r)::jsonb) from app.room r
union all select 'practitioner', p.clinic_id, p.id, p.status, null, app.export_data(app.practitioner_record(p)::jsonb) from app.practitioner p
union all select 'offering', o.clinic_id, o.id, o.status, null, app.export_data(app.offering_record(o)::jsonb) from app.offering o
union all select 'schedule', s.clinic_id, s.id, s.status, null, app.export_data(app.schedule_record(s)::jsonb) from app.schedule s
union all select 'exception', e.clinic_id, e.id, e.status, null, app.export_data(app.exception_record(e)::jsonb) from app.exception e;
grant select on app.directory_row to clinicd_service;

-- The lines of one kind behind this id, in order.
create or replace function app.export_lines(tenant uuid, kind text, after uuid, most int)
returns table (id uuid, line text) language plpgsql stable as $$
begin
    -- the kind as a constant: the plan then walks the key of its table, and stops
    return query execute format(
        'select r.id, format(''{"type": "%%s", "id": "%%s", "status": "%%s",%%s "data": %%s}'', r.kind, r.id, r.status,
                             '' "external_id": '' || to_json(r.external_id) || '','', r.data)
         from app.directory_row r where r.kind = %L and r.clinic_id = $1 and r.id > $2 order by r.id limit $3', kind)
        using tenant, after, most;
end
$$;

-- A page of lines: at most so many, and at most a megabyte, which one request of an import takes. The body is {"text", "next"}.
--
-- All pages are of one moment, or a later one is refused: the cursor knows the last change before the first page, and who
-- writes the directory holds the lock that each page waits for.
create or replace function app.export_directory(tenant uuid, cursor text, page_size int)
returns table (status int, body json) language plpgsql as $$
declare
    kinds text[] := app.directory_kinds();
    keys jsonb := app.cursor_decode(cursor, 3);
    place int := coalesce(array_position(kinds, keys ->> 1), 1);
    after uuid;
    since bigint;
    lines text[] := '{}';
    last_id uuid;
    bytes int := 0;
    found record;
    is_full boolean := false;
begin
    perform app.lock_rules_shared(tenant);
    if not exists (select from app.clinic c where c.id = tenant) then
        return;
    end if;
    if cursor is null then
        select coalesce(max(c.id), 0) into since from app.change c where c.clinic_id = tenant;
        lines := array['{"type": "directory", "format": 1}'];
        after := app.no_clinic();
    elsif keys ->> 0 ~ '^[0-9]{1,18}$' and keys ->> 1 = any (kinds) and keys ->> 2 ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
        since := keys ->> 0;
        after := keys ->> 2;
    else
        return query select 400, app.cursor_problem()::json;
        return;
    end if;
    if exists (select from app.change c where c.clinic_id = tenant and c.id > since and c.entity = any (kinds)) then
        return query select 409, app.problem('directory-changed', 'The directory was changed since the first page. Begin again.')::json;
        return;
    end if;

    while place <= cardinality(kinds) and not is_full loop
        for found in select e.id, e.line from app.export_lines(tenant, kinds[place], after, page_size - cardinality(lines) + 1) as e loop
            bytes := bytes + octet_length(found.line) + 1;
            is_full := cardinality(lines) >= page_size or bytes > 1000000 and cardinality(lines) > 0;
            exit when is_full;
            lines := lines || found.line;
            after := found.id;
        end loop;
        if not is_full then
            place := place + 1;
            after := app.no_clinic();
        end if;
    end loop;
    return query select 200, json_build_object(
        'text', array_to_string(lines, E'\n') || E'\n' || case when is_full then '' else E'{"type": "end"}\n' end,
        'next', case when is_full then app.cursor_encode(jsonb_build_array(since::text, kinds[place], after)) end);
end
$$;

-- ---------------------------------------------------------------- in

-- One import at a time that makes something: no two clinics find the same id free.
create or replace function app.lock_new_ids()
returns void language sql volatile as $$
    select pg_advisory_xact_lock(hashtextextended('import of directories', 0))
$$;

-- The id that a thing gets where its own is another clinic's: the same in every import into this clinic.
create or replace function app.import_id(tenant uuid, named uuid)
returns uuid language sql immutable strict parallel safe as $$
    select encode(set_byte(set_byte(decode(md5(tenant::text || named), 'hex'),
                                    6, get_byte(decode(md5(tenant::text || named), 'hex'), 6) & 15 | 128),
                           8, get_byte(decode(md5(tenant::text || named), 'hex'), 8) & 63 | 128), 'hex')::uuid
$$;

-- What a line or a reference names at this clinic; null when it is not there.
create or replace function app.import_known(tenant uuid, kind text, named uuid)
returns uuid language plpgsql stable as $$
declare
    known uuid;
begin
    select r.id into known from app.directory_row r
    where r.kind = import_known.kind and r.clinic_id = tenant and r.id = case when r.kind = 'clinic' then tenant else named end;
    if known is null then
        select r.id into known from app.directory_row r
        where r.kind = import_known.kind and r.clinic_id = tenant and r.id = app.import_id(tenant, named);
    end if;
    return known;
end
$$;

-- The data of a line as it would be kept here. Ids that references name become those of this clinic; one that is not there
-- stays, to be refused where it stands.
create or replace function app.import_data(tenant uuid, data jsonb)
returns jsonb language plpgsql stable as $$
declare
    member text;
    kind text;
begin
    foreach kind in array '{location,practitioner}'::text[] loop
        member := kind || '_id';
        if jsonb_typeof(data -> member) = 'string' then
            data := jsonb_set(data, array[member], to_jsonb(coalesce(
                app.import_known(tenant, kind, (data ->> member)::uuid), (data ->> member)::uuid)));
        end if;
        member := kind || '_ids';
        if data ? member then
            data := jsonb_set(data, array[member], to_jsonb(array(
                select coalesce(app.import_known(tenant, kind, named), named)
                from unnest(app.uuid_list(data -> member)) as named order by 1)));
        end if;
    end loop;
    if jsonb_typeof(data -> 'geo') = 'object' then  -- as a location keeps them, however many digits were sent
        data := jsonb_set(data, '{geo}', jsonb_build_object('latitude', (data #>> '{geo,latitude}')::float8,
                                                            'longitude', (data #>> '{geo,longitude}')::float8));
    end if;
    return data;
end
$$;

-- The merge patch (RFC 7396) that makes the one document into the other, which holds no nulls.
create or replace function app.merge_patch_to(before jsonb, after jsonb)
returns jsonb language plpgsql immutable parallel safe as $$
begin
    if jsonb_typeof(before) is distinct from 'object' or jsonb_typeof(after) is distinct from 'object' then
        return after;
    end if;
    return (select coalesce(jsonb_object_agg(key, coalesce(app.merge_patch_to(before -> key, after -> key), 'null')), '{}')
            from jsonb_object_keys(before || after) as key
            where before -> key is distinct from after -> key);
end
$$;

-- The clinic's own line: a slug and a name for imports that another clinic has stay with that one.
create or replace function app.import_clinic_data(tenant uuid, data jsonb)
returns jsonb language plpgsql stable as $$
begin
    if exists (select from app.clinic c where c.slug = data ->> 'slug' and c.id <> tenant) then
        data := data || jsonb_build_object('slug', coalesce((select c.slug from app.clinic c where c.id = tenant),
                                                            left(data ->> 'slug', 71) || app.slug_suffix(tenant::text)));
    end if;
    return data;
end
$$;

-- Writes one line: what is not there is made, what differs is changed until it is as the line says. The answer is that of the
-- last act; status 0 when nothing is other than before. Then, and when an act was refused, it is the caller's to take all back.
create or replace function app.import_line_written(tenant uuid, kind text, target uuid, named uuid, wanted text, data jsonb,
                                                   caller app.caller, out answer app.answer, out affected jsonb)
language plpgsql as $$
declare
    before jsonb;
    was text;
    now_status text := 'active';
begin
    affected := '[]';
    if target is null then
        perform app.lock_new_ids();
        target := case when kind = 'clinic' then tenant
                       when exists (select from app.directory_row r where r.kind = import_line_written.kind and r.id = named)
                       then app.import_id(tenant, named) else named end;
        answer := app.act_write(kind, case when kind <> 'clinic' then tenant end, null, data || jsonb_build_object('id', target), false, caller);
    else
        select r.status, r.data into was, before
        from app.directory_row r where r.kind = import_line_written.kind and r.clinic_id = tenant and r.id = target;
        now_status := was;
        answer.status := 0;
        if before <> app.settled(data) then
            if was = 'archived' then
                perform app.act_status(kind, tenant, target, 'active', false, caller);
                now_status := 'active';
            end if;
            answer := app.act_write(kind, tenant, target, app.merge_patch_to(before, app.settled(data)), false, caller);
            affected := affected || coalesce(answer.body::jsonb -> 'affected_bookings', '[]');
            if answer.status < 300 and was = wanted and before = (
                select r.data from app.directory_row r where r.kind = import_line_written.kind and r.clinic_id = tenant and r.id = target) then
                answer.status := 0;  -- it only left to the defaults what is the default
                return;
            end if;
        end if;
    end if;
    if answer.status < 300 and now_status <> wanted then
        answer := app.act_status(kind, tenant, target, wanted, false, caller);
        affected := affected || coalesce(answer.body::jsonb -> 'affected_bookings', '[]');
    end if;
end
$$;

-- What becomes of one line: a row of the answer, with the bookings that it leaves uncovered. A line that is refused leaves
-- nothing behind.
create or replace function app.import_line(tenant uuid, item jsonb, first_line int, caller app.caller)
returns jsonb language plpgsql as $$
declare
    kind text := item #>> '{row,type}';
    named uuid := item #>> '{row,id}';
    data jsonb := item #> '{row,data}';
    faults jsonb := item -> 'errors';
    target uuid;
    written record;
begin
    if faults is null and first_line < (item ->> 'line')::int then
        faults := app.fault('/id', format('is the same as in line %s of this import', first_line));
    end if;
    if faults is not null then
        return jsonb_build_object('line', item -> 'line', 'type', kind, 'outcome', 'refused', 'errors', faults);
    end if;
    target := app.import_known(tenant, kind, named);
    begin
        data := case kind when 'clinic' then app.import_clinic_data(tenant, data) else app.import_data(tenant, data) end;
        written := app.import_line_written(tenant, kind, target, named, item #>> '{row,status}', data, caller);
        if (written.answer).status >= 400 then
            raise exception using errcode = 'CD002';
        elsif (written.answer).status = 0 then
            raise exception using errcode = 'CD003';
        end if;
        if kind = 'clinic' then
            update app.clinic c set external_id = item #>> '{row,external_id}'
            where c.id = tenant and c.external_id is distinct from item #>> '{row,external_id}' and item #>> '{row,external_id}' is not null
              and not exists (select from app.clinic other where other.external_id = item #>> '{row,external_id}' and other.id <> tenant);
        end if;
    exception
        when sqlstate 'CD003' then
            return jsonb_build_object('line', item -> 'line', 'type', kind, 'id', target, 'outcome', 'unchanged');
        when sqlstate 'CD002' then
            select jsonb_agg(fault || jsonb_build_object('pointer', '/data' || (fault ->> 'pointer')) order by n) into faults
            from jsonb_array_elements(((written.answer).body -> 'errors')::jsonb) with ordinality as f (fault, n);
            faults := coalesce(faults, app.fault('', (written.answer).body ->> 'detail'));
        when integrity_constraint_violation or data_exception then
            faults := app.fault('/data', 'breaks a rule of the directory');
    end;
    if faults is not null then
        return jsonb_build_object('line', item -> 'line', 'type', kind, 'outcome', 'refused',
                                  'errors', jsonb_path_query_array(faults, '$[0 to 49]'));  -- as many as a problem lists
    end if;
    return jsonb_build_object(
        'line', item -> 'line', 'type', kind, 'id', app.import_known(tenant, kind, named), 'affected', written.affected,
        'outcome', case when target is null then 'created' else 'updated' end);
end
$$;

-- Gives the clinic the status that its line wants, when all else is written; the line's row as it then is.
create or replace function app.import_clinic_status(tenant uuid, outcome jsonb, was text, wanted text, caller app.caller)
returns jsonb language plpgsql as $$
declare
    answer app.answer;
begin
    if was = 'archived' then
        update app.clinic c set status = was where c.id = tenant;
    end if;
    if outcome ->> 'outcome' = 'refused' or wanted = coalesce(was, 'active') then
        return outcome;
    end if;
    answer := app.act_status('clinic', tenant, tenant, wanted, false, caller);
    return outcome || jsonb_build_object('affected', coalesce(answer.body::jsonb -> 'affected_bookings', '[]'))
           || case when outcome ->> 'outcome' = 'unchanged' then '{"outcome": "updated"}'::jsonb else '{}' end;
end
$$;

-- The answer of an import of these rows.
create or replace function app.import_answer(outcomes jsonb[], everything boolean, dry_run boolean)
returns app.answer language plpgsql as $$
declare
    answer app.answer;
    refused int;
    changed int;
    written boolean;
begin
    select count(*) filter (where o ->> 'outcome' = 'refused'), count(*) filter (where o ->> 'outcome' in ('created', 'updated'))
    into refused, changed from unnest(outcomes) as o;
    written := not dry_run and changed > 0 and not (everything and refused > 0);
    select json_build_object(
               'dry_run', dry_run, 'mode', case when everything then 'all' else 'row' end, 'written', written,
               'created', count(*) filter (where o ->> 'outcome' = 'created'),
               'updated', count(*) filter (where o ->> 'outcome' = 'updated'),
               'unchanged', count(*) filter (where o ->> 'outcome' = 'unchanged'), 'refused', refused,
               'clinics_created', count(*) filter (where o ->> 'outcome' = 'created' and o ->> 'type' = 'clinic'),
               'rows', coalesce(json_agg(json_strip_nulls(json_build_object(
                           'line', o -> 'line', 'type', o -> 'type', 'outcome', o -> 'outcome',
                           'id', case when written or o ->> 'outcome' <> 'created' then o -> 'id' end,
                           'errors', o -> 'errors')) order by n) filter (where o is not null), '[]'),
               'affected_bookings', (
                   select coalesce(json_agg(late.booking order by late.booking ->> 'start', late.booking ->> 'id'), '[]')
                   from (select distinct on (b ->> 'id') b as booking
                         from unnest(outcomes) as row_of, jsonb_array_elements(row_of -> 'affected') as b limit 1000) as late))
    into answer.body
    from unnest(outcomes) with ordinality as u (o, n);
    answer.status := 200;
    if everything and not dry_run and refused > 0 then
        answer.status := 422;
        answer.body := app.problem('import-refused', 'Nothing was written: ' || refused || ' rows are refused; see rows.',
                                   answer.body::jsonb);
    end if;
    return answer;
end
$$;

-- The lines of a directory into this clinic. One that is not there yet is made, under this id, where the caller may make
-- clinics. An archived clinic is open for the length of the transaction, which nobody sees.
create or replace function app.import_directory(tenant uuid, entries jsonb, everything boolean, dry_run boolean, scopes text,
                                                clinics text, caller app.caller)
returns app.answer language plpgsql as $$
declare
    kinds text[] := app.directory_kinds();
    was text;
    wanted text;
    clinic_place int;
    found record;
    outcomes jsonb[] := '{}';
begin
    perform app.lock_resources(tenant);
    select c.status into was from app.clinic c where c.id = tenant for no key update;
    if was is null and (clinics is distinct from '*' or 'platform:write' <> all (string_to_array(scopes, ' '))) then
        return app.refused(404, 'not-found', 'There is no such clinic, and the token may not make one.');
    end if;
    if was is null then
        perform app.lock_new_ids();  -- and no two find the same slug free
    end if;
    caller.if_match := '*';
    begin
        update app.clinic c set status = 'active' where c.id = tenant and c.status = 'archived';
        for found in
            select e.item, e.place::int, e.item #>> '{row,type}' as kind, first_value((e.item ->> 'line')::int) over (
                       partition by coalesce(e.item #>> '{row,type}', e.place::text),
                                    case when e.item #>> '{row,type}' <> 'clinic' then e.item #>> '{row,id}' end order by e.place) as first_line
            from jsonb_array_elements(entries) with ordinality as e (item, place)
            where coalesce(e.item #>> '{row,type}', '') not in ('directory', 'end')
            -- each kind in no order, as 25_import.sql says of positions
            order by array_position(kinds, e.item #>> '{row,type}'), md5(e.item #>> '{row,id}'), e.place
        loop
            if found.kind = 'clinic' and clinic_place is null then
                clinic_place := found.place;
                wanted := found.item #>> '{row,status}';
                found.item := jsonb_set(found.item, '{row,status}', '"active"');
            end if;
            outcomes[found.place] := app.import_line(tenant, found.item, found.first_line, caller);
        end loop;
        if clinic_place is not null then
            outcomes[clinic_place] := app.import_clinic_status(tenant, outcomes[clinic_place], was, wanted, caller);
        elsif was = 'archived' then
            update app.clinic c set status = was where c.id = tenant;
        end if;
        if dry_run or everything and exists (select from unnest(outcomes) as o where o ->> 'outcome' = 'refused') then
            raise exception using errcode = 'CD001';
        end if;
    exception when sqlstate 'CD001' then
        null;  -- taken back; the outcomes tell what would have been
    end;
    return app.import_answer(outcomes, everything, dry_run);
end
$$;
