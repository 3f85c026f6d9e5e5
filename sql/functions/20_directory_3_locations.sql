-- Locations: their shape, creating and changing them.

create or replace function app.location_json(l app.location, wanted text[], fallback text[])
returns json language sql stable parallel safe as $$
    select json_build_object(
        'id', l.id, 'clinic_id', l.clinic_id, 'slug', l.slug, 'name', l.name, 'address', l.address,
        'geo', case when l.latitude is not null then json_build_object('latitude', l.latitude, 'longitude', l.longitude) end,
        'timezone', l.timezone, 'phone', l.phone, 'directions', app.texts(l.directions, wanted, fallback),
        'accessibility', l.accessibility, 'opening_hours', l.opening_hours, 'status', l.status, 'version', l.version)
$$;

create or replace function app.location_record(l app.location)
returns json language sql stable parallel safe as $$
    select app.json_with(app.json_record(app.location_json(l, null, null), l.created_at, l.updated_at),
                         json_build_object('external_id', l.external_id))
$$;

-- Creates (target is null) or patches a location. Without a timezone it keeps the clinic's.
create or replace function app.write_location(tenant uuid, target uuid, body jsonb, caller app.caller)
returns app.answer language plpgsql as $$
declare
    old app.location;
    new app.location;
    before jsonb;
    doc jsonb;
    answer app.answer;
begin
    if target is null then
        answer := app.create_begin(tenant, caller);
    else
        perform app.lock_resources(tenant);
        select * into old from app.location where clinic_id = tenant and id = target for no key update;
        if not found then
            return null;
        end if;
        answer := app.write_refusal(old.version, old.status, caller.if_match);
        before := app.location_record(old);
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
    new.external_id := doc ->> 'external_id';
    new.slug := doc ->> 'slug';
    new.name := doc ->> 'name';
    new.address := jsonb_strip_nulls(coalesce(doc -> 'address', '{}'));
    new.latitude := doc #>> '{geo,latitude}';
    new.longitude := doc #>> '{geo,longitude}';
    new.timezone := coalesce(doc ->> 'timezone', (select c.timezone from app.clinic c where c.id = tenant));
    new.phone := doc ->> 'phone';
    new.directions := coalesce(doc -> 'directions', '{}');
    new.accessibility := app.text_list(doc -> 'accessibility');
    new.opening_hours := coalesce(doc -> 'opening_hours', '[]');
    new.status := 'active';
    new.version := coalesce(old.version, 0) + 1;
    new.created_at := coalesce(old.created_at, app.now());
    new.updated_at := app.now();
    answer := app.faults_refusal('[]', app.required_faults(doc, '{slug,name}') || app.timezone_faults('/timezone', new.timezone)
        || case when (new.latitude is null) <> (new.longitude is null)
                then app.fault('/geo', 'needs both latitude and longitude') else '[]' end);
    if answer.status is not null then
        return answer;
    end if;

    insert into app.location (clinic_id, id, external_id, slug, name, address, latitude, longitude, timezone, phone, directions, accessibility,
                              opening_hours, status, version, created_at, updated_at)
    values (tenant, new.id, new.external_id, new.slug, new.name, new.address, new.latitude, new.longitude, new.timezone, new.phone, new.directions,
            new.accessibility, new.opening_hours, new.status, new.version,
            new.created_at, new.updated_at)
    on conflict (clinic_id, id) do update
    set (external_id, slug, name, address, latitude, longitude, timezone, phone, directions, accessibility, opening_hours, version, updated_at)
        = (excluded.external_id, excluded.slug, excluded.name, excluded.address, excluded.latitude, excluded.longitude, excluded.timezone,
           excluded.phone, excluded.directions, excluded.accessibility, excluded.opening_hours, excluded.version, excluded.updated_at);
    return app.written(tenant, 'location', new.id::text, 'Location', format('/v1/clinics/%s/locations/%s', tenant, new.id),
                       caller, before, app.location_record(new),
                       app.write_affects('location', tenant, new.id, before, app.location_record(new)));
exception when unique_violation then
    if exists (select from app.location l where l.clinic_id = tenant and l.external_id = new.external_id and l.id <> new.id) then
        return app.already_exists('/external_id', 'Another location of this clinic has this external_id.');
    end if;
    return app.already_exists('/slug', 'Another location of this clinic has this slug.');
end
$$;
