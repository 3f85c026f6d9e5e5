-- Offerings, a treatment as one clinic gives it: their shape, creating and changing them.

create or replace function app.offering_record(o app.offering)
returns json language plpgsql stable parallel safe as $$
begin
    return json_build_object(
        'id', o.id, 'clinic_id', o.clinic_id, 'treatment', o.treatment, 'name', o.name, 'duration_minutes', o.duration_minutes,
        'buffer_before_minutes', o.buffer_before_minutes, 'buffer_after_minutes', o.buffer_after_minutes,
        'step_minutes', o.step_minutes, 'price', json_build_object('amount', o.price_amount, 'currency', o.price_currency),
        'practitioner_ids', array(select op.practitioner_id from app.offering_practitioner op
                                  where op.clinic_id = o.clinic_id and op.offering_id = o.id order by op.practitioner_id),
        'location_ids', array(select ol.location_id from app.offering_location ol
                              where ol.clinic_id = o.clinic_id and ol.offering_id = o.id order by ol.location_id),
        'room_kind', o.room_kind, 'seats', o.seats, 'self_bookable', o.self_bookable,
        'intake', app.intake_form_questions(o.clinic_id, o.id, o.intake_version), 'intake_version', o.intake_version,
        'status', o.status, 'version', o.version,
        'created_at', app.utc_instant(o.created_at), 'updated_at', app.utc_instant(o.updated_at));
end
$$;

create or replace function app.save_offering_lists(tenant uuid, offering uuid, practitioners uuid[], locations uuid[])
returns void language sql volatile as $$
    delete from app.offering_practitioner
    where clinic_id = tenant and offering_id = offering and practitioner_id <> all (practitioners);
    insert into app.offering_practitioner (clinic_id, offering_id, practitioner_id)
    select tenant, offering, unnest(practitioners) on conflict do nothing;

    delete from app.offering_location where clinic_id = tenant and offering_id = offering and location_id <> all (locations);
    insert into app.offering_location (clinic_id, offering_id, location_id)
    select tenant, offering, unnest(locations) on conflict do nothing;
$$;

-- What each of these practitioners is named for, to be compared after a write.
create or replace function app.treatments_by_practitioner(tenant uuid, practitioners uuid[])
returns jsonb language sql stable parallel safe as $$
    select coalesce(jsonb_object_agg(id, to_jsonb(app.practitioner_treatments(tenant, id))), '{}')
    from (select distinct unnest(practitioners) as id) as named
$$;

-- A practitioner's record shows its treatments, so it has a new version when an offering has changed them.
create or replace function app.practitioners_changed(tenant uuid, treatments_before jsonb)
returns void language sql volatile as $$
    update app.practitioner
    set version = version + 1, updated_at = app.now()
    where clinic_id = tenant
      and id in (select key::uuid from jsonb_each(treatments_before)
                 where value <> to_jsonb(app.practitioner_treatments(tenant, key::uuid)))
$$;

-- Creates (target is null) or patches an offering. What is named may be archived: it counts again when it is restored.
create or replace function app.write_offering(tenant uuid, target uuid, body jsonb, caller app.caller)
returns app.answer language plpgsql as $$
declare
    old app.offering;
    new app.offering;
    practitioners uuid[];
    locations uuid[];
    questions jsonb;
    treatments_before jsonb;
    before jsonb;
    doc jsonb;
    answer app.answer;
begin
    if target is null then
        answer := app.create_begin(tenant, caller);
    else
        perform app.lock_resources(tenant);
        select * into old from app.offering where clinic_id = tenant and id = target for no key update;
        if not found then
            return null;
        end if;
        answer := app.write_refusal(old.version, old.status, caller.if_match);
        before := app.offering_record(old);
    end if;
    if answer.status is not null then
        return answer;
    end if;
    doc := app.merge_patch(before, body);
    questions := doc -> 'intake';
    doc := doc || jsonb_build_object('intake', app.intake_questions(questions));
    if app.settled(doc) = app.settled(before) then
        return row(200, app.json_with(before::json, app.affected('[]')), old.version, null, null)::app.answer;
    end if;

    new.clinic_id := tenant;
    new.id := coalesce(target, (doc ->> 'id')::uuid, app.new_id());
    new.treatment := doc ->> 'treatment';
    new.name := coalesce(doc -> 'name', '{}');
    new.duration_minutes := doc ->> 'duration_minutes';
    new.buffer_before_minutes := coalesce((doc ->> 'buffer_before_minutes')::int, 0);
    new.buffer_after_minutes := coalesce((doc ->> 'buffer_after_minutes')::int, 0);
    new.step_minutes := coalesce((doc ->> 'step_minutes')::int, 15);
    new.price_amount := doc #>> '{price,amount}';
    new.price_currency := doc #>> '{price,currency}';
    new.room_kind := doc ->> 'room_kind';
    new.seats := coalesce((doc ->> 'seats')::int, 1);
    new.self_bookable := coalesce((doc ->> 'self_bookable')::boolean, true);
    new.status := 'active';
    new.version := coalesce(old.version, 0) + 1;
    new.created_at := coalesce(old.created_at, app.now());
    new.updated_at := app.now();
    practitioners := app.uuid_list(doc -> 'practitioner_ids');
    locations := app.uuid_list(doc -> 'location_ids');
    answer := app.faults_refusal(
        app.reference_fault('/treatment', exists (select from app.treatment t where t.code = new.treatment))
        || app.practitioner_faults(tenant, '/practitioner_ids', practitioners)
        || app.location_faults(tenant, '/location_ids', locations),
        app.required_faults(doc, '{treatment,duration_minutes,price}') || app.intake_rules(tenant, new.id, questions));
    if answer.status is not null then
        return answer;
    end if;

    new.intake_version := app.save_intake(tenant, new.id, old.intake_version, doc -> 'intake');
    treatments_before := app.treatments_by_practitioner(tenant, practitioners || app.uuid_list(before -> 'practitioner_ids'));
    insert into app.offering (clinic_id, id, treatment, name, duration_minutes, buffer_before_minutes, buffer_after_minutes,
                              step_minutes, price_amount, price_currency, room_kind, seats, self_bookable, intake_version, status,
                              version, created_at, updated_at)
    values (tenant, new.id, new.treatment, new.name, new.duration_minutes, new.buffer_before_minutes, new.buffer_after_minutes,
            new.step_minutes, new.price_amount, new.price_currency, new.room_kind, new.seats, new.self_bookable, new.intake_version,
            new.status, new.version, new.created_at, new.updated_at)
    on conflict (clinic_id, id) do update
    set (treatment, name, duration_minutes, buffer_before_minutes, buffer_after_minutes, step_minutes, price_amount,
         price_currency, room_kind, seats, self_bookable, intake_version, version, updated_at)
        = (excluded.treatment, excluded.name, excluded.duration_minutes, excluded.buffer_before_minutes,
           excluded.buffer_after_minutes, excluded.step_minutes, excluded.price_amount, excluded.price_currency,
           excluded.room_kind, excluded.seats, excluded.self_bookable, excluded.intake_version, excluded.version,
           excluded.updated_at);
    perform app.save_offering_lists(tenant, new.id, practitioners, locations);
    perform app.practitioners_changed(tenant, treatments_before);
    return app.written(tenant, 'offering', new.id::text, 'Offering', format('/v1/clinics/%s/offerings/%s', tenant, new.id), caller,
                       before, app.offering_record(new),
                       app.write_affects('offering', tenant, new.id, before, app.offering_record(new)));
end
$$;
