-- Practitioners and rooms: their shapes, creating and changing them.

-- What active offerings name a practitioner for.
create or replace function app.practitioner_treatments(tenant uuid, practitioner uuid)
returns text[] language plpgsql stable parallel safe as $$
begin
    return array(select distinct o.treatment
                 from app.offering_practitioner op join app.offering o on o.clinic_id = op.clinic_id and o.id = op.offering_id
                 where op.clinic_id = tenant and op.practitioner_id = practitioner and o.status = 'active' order by 1);
end
$$;

create or replace function app.practitioner_json(p app.practitioner, wanted text[], fallback text[])
returns json language plpgsql stable parallel safe as $$
begin
    return json_build_object(
        'id', p.id, 'clinic_id', p.clinic_id, 'name', p.name, 'title', p.title, 'languages', p.languages,
        'biography', app.texts(p.biography, wanted, fallback), 'accepts_new_clients', p.accepts_new_clients,
        'qualifications', (select coalesce(json_agg(json_build_object('code', q.code, 'name', q.name, 'issuer', q.issuer,
                                                                      'number', q.number, 'issued_on', q.issued_on,
                                                                      'expires_on', q.expires_on) order by q.position), '[]')
                           from app.qualification q where q.clinic_id = p.clinic_id and q.practitioner_id = p.id),
        'location_ids', array(select pl.location_id from app.practitioner_location pl
                              where pl.clinic_id = p.clinic_id and pl.practitioner_id = p.id order by pl.location_id),
        'treatments', app.practitioner_treatments(p.clinic_id, p.id),
        'status', p.status, 'version', p.version);
end
$$;

create or replace function app.practitioner_record(p app.practitioner)
returns json language sql stable parallel safe as $$
    select app.json_record(app.practitioner_json(p, null, null), p.created_at, p.updated_at)
$$;

-- Creates (target is null) or patches a practitioner. Lists in the body replace the lists that were.
create or replace function app.write_practitioner(tenant uuid, target uuid, body jsonb, caller app.caller)
returns app.answer language plpgsql as $$
declare
    old app.practitioner;
    new app.practitioner;
    locations uuid[];
    before jsonb;
    doc jsonb;
    answer app.answer;
begin
    if target is null then
        answer := app.create_begin(tenant, caller);
    else
        perform app.lock_resources(tenant);
        select * into old from app.practitioner where clinic_id = tenant and id = target for no key update;
        if not found then
            return null;
        end if;
        answer := app.write_refusal(old.version, old.status, caller.if_match);
        before := app.practitioner_record(old);
    end if;
    if answer.status is not null then
        return answer;
    end if;
    doc := app.merge_patch(before, body);
    if app.settled(doc) = app.settled(before) then
        return row(200, app.json_with(before::json, app.affected('[]')), old.version, null, null)::app.answer;
    end if;

    new.clinic_id := tenant;
    new.id := coalesce(target, (doc ->> 'id')::uuid, app.new_id());
    new.name := doc ->> 'name';
    new.title := doc ->> 'title';
    new.languages := app.text_list(doc -> 'languages');
    new.biography := coalesce(doc -> 'biography', '{}');
    new.accepts_new_clients := coalesce((doc ->> 'accepts_new_clients')::boolean, true);
    new.status := 'active';
    new.version := coalesce(old.version, 0) + 1;
    new.created_at := coalesce(old.created_at, app.now());
    new.updated_at := app.now();
    locations := app.uuid_list(doc -> 'location_ids');
    answer := app.faults_refusal(app.location_faults(tenant, '/location_ids', locations),
                                 app.required_faults(doc, '{name}') || app.qualification_faults(doc -> 'qualifications'));
    if answer.status is not null then
        return answer;
    end if;

    insert into app.practitioner (clinic_id, id, name, title, languages, biography, accepts_new_clients, status, version,
                                  created_at, updated_at)
    values (tenant, new.id, new.name, new.title, new.languages, new.biography, new.accepts_new_clients, new.status, new.version,
            new.created_at, new.updated_at)
    on conflict (clinic_id, id) do update
    set (name, title, languages, biography, accepts_new_clients, version, updated_at)
        = (excluded.name, excluded.title, excluded.languages, excluded.biography, excluded.accepts_new_clients,
           excluded.version, excluded.updated_at);
    perform app.save_practitioner_lists(tenant, new.id, locations, doc -> 'qualifications');
    return app.written(tenant, 'practitioner', new.id::text, 'Practitioner',
                       format('/v1/clinics/%s/practitioners/%s', tenant, new.id), caller, before, app.practitioner_record(new),
                       app.write_affects('practitioner', tenant, new.id, before, app.practitioner_record(new)));
end
$$;

create or replace function app.location_known(tenant uuid, location uuid)
returns boolean language sql stable parallel safe as $$
    select exists (select from app.location l where l.clinic_id = tenant and l.id = location)
$$;

create or replace function app.practitioner_known(tenant uuid, practitioner uuid)
returns boolean language sql stable parallel safe as $$
    select exists (select from app.practitioner p where p.clinic_id = tenant and p.id = practitioner)
$$;

create or replace function app.location_faults(tenant uuid, pointer text, ids uuid[])
returns jsonb language sql stable parallel safe as $$
    select app.missing_faults(pointer, ids::text[],
                              array(select l.id::text from app.location l where l.clinic_id = tenant and l.id = any (ids)))
$$;

create or replace function app.practitioner_faults(tenant uuid, pointer text, ids uuid[])
returns jsonb language sql stable parallel safe as $$
    select app.missing_faults(pointer, ids::text[],
                              array(select p.id::text from app.practitioner p where p.clinic_id = tenant and p.id = any (ids)))
$$;

create or replace function app.qualification_faults(qualifications jsonb)
returns jsonb language sql immutable parallel safe as $$
    select coalesce(jsonb_agg(jsonb_build_object('pointer', '/qualifications/' || place - 1 || '/expires_on',
                                                 'detail', 'must not be before issued_on') order by place), '[]')
    from jsonb_array_elements(coalesce(qualifications, '[]')) with ordinality as entry (held, place)
    where (held ->> 'expires_on')::date < (held ->> 'issued_on')::date
$$;

create or replace function app.save_practitioner_lists(tenant uuid, practitioner uuid, locations uuid[], qualifications jsonb)
returns void language sql volatile as $$
    delete from app.practitioner_location
    where clinic_id = tenant and practitioner_id = practitioner and location_id <> all (locations);
    insert into app.practitioner_location (clinic_id, practitioner_id, location_id)
    select tenant, practitioner, unnest(locations) on conflict do nothing;

    delete from app.qualification where clinic_id = tenant and practitioner_id = practitioner;
    insert into app.qualification (clinic_id, practitioner_id, position, code, name, issuer, number, issued_on, expires_on)
    select tenant, practitioner, place, held ->> 'code', held ->> 'name', held ->> 'issuer', held ->> 'number',
           (held ->> 'issued_on')::date, (held ->> 'expires_on')::date
    from jsonb_array_elements(coalesce(qualifications, '[]')) with ordinality as entry (held, place);
$$;

-- ---------------------------------------------------------------- rooms

create or replace function app.room_record(r app.room)
returns json language sql stable parallel safe as $$
    select json_build_object(
        'id', r.id, 'clinic_id', r.clinic_id, 'location_id', r.location_id, 'name', r.name, 'kind', r.kind, 'status', r.status,
        'version', r.version, 'created_at', app.utc_instant(r.created_at), 'updated_at', app.utc_instant(r.updated_at))
$$;

-- Creates (target is null) or patches a room. A room stays where it is: the contract's patch has no location_id.
create or replace function app.write_room(tenant uuid, target uuid, body jsonb, caller app.caller)
returns app.answer language plpgsql as $$
declare
    old app.room;
    new app.room;
    before jsonb;
    doc jsonb;
    answer app.answer;
begin
    if target is null then
        answer := app.create_begin(tenant, caller);
    else
        perform app.lock_resources(tenant);
        select * into old from app.room where clinic_id = tenant and id = target for no key update;
        if not found then
            return null;
        end if;
        answer := app.write_refusal(old.version, old.status, caller.if_match);
        before := app.room_record(old);
    end if;
    if answer.status is not null then
        return answer;
    end if;
    doc := app.merge_patch(before, body);
    if app.settled(doc) = app.settled(before) then
        return row(200, app.json_with(before::json, app.affected('[]')), old.version, null, null)::app.answer;
    end if;

    new.clinic_id := tenant;
    new.id := coalesce(target, (doc ->> 'id')::uuid, app.new_id());
    new.location_id := doc ->> 'location_id';
    new.name := doc ->> 'name';
    new.kind := doc ->> 'kind';
    new.status := 'active';
    new.version := coalesce(old.version, 0) + 1;
    new.created_at := coalesce(old.created_at, app.now());
    new.updated_at := app.now();
    answer := app.faults_refusal(app.reference_fault('/location_id', app.location_known(tenant, new.location_id)),
                                 app.required_faults(doc, '{location_id,name,kind}'));
    if answer.status is not null then
        return answer;
    end if;

    insert into app.room (clinic_id, id, location_id, name, kind, status, version, created_at, updated_at)
    values (tenant, new.id, new.location_id, new.name, new.kind, new.status, new.version, new.created_at, new.updated_at)
    on conflict (clinic_id, id) do update
    set (name, kind, version, updated_at) = (excluded.name, excluded.kind, excluded.version, excluded.updated_at);
    return app.written(tenant, 'room', new.id::text, 'Room', format('/v1/clinics/%s/rooms/%s', tenant, new.id), caller, before,
                       app.room_record(new), app.write_affects('room', tenant, new.id, before, app.room_record(new)));
end
$$;
