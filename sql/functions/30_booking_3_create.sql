-- How a booking is made: the caps of holds, the row, the act.

-- An e-mail address or telephone number as it is compared: however somebody spells it.
create or replace function app.contact_key(contact text)
returns text language sql immutable strict parallel safe as $$
    select case when contact like '%@%' then lower(btrim(contact)) else regexp_replace(contact, '[^0-9]', '', 'g') end
$$;

-- Why this new hold would be one too many; null when it is not. Counts the live holds of its partner at the clinic, all of them
-- and those for the same client (by e-mail or telephone); what is held together, an order or a series, counts as one. It sees
-- what is committed: requests that run at the same moment for other practitioners may pass the limit together.
create or replace function app.holds_refusal(b app.booking)
returns app.answer language plpgsql volatile as $$
declare
    per_partner int := (b.policy ->> 'max_holds_per_partner')::int;
    per_client int := (b.policy ->> 'max_holds_per_client')::int;
    email text := app.contact_key(b.client ->> 'email');
    phone text := app.contact_key(b.client ->> 'phone');
    live record;
begin
    select count(distinct coalesce(k.order_id, k.series_id, k.id)) as all_of_them,
           count(distinct coalesce(k.order_id, k.series_id, k.id))
               filter (where app.contact_key(k.client ->> 'email') = email or app.contact_key(k.client ->> 'phone') = phone) as of_client
    into live
    from app.booking k
    where k.clinic_id = b.clinic_id and k.source = b.source and k.status = 'held' and k.hold_expires_at > b.created_at;
    if live.of_client >= per_client then
        return app.refused(409, 'too-many-holds', 'This client holds as many times as the clinic allows.',
                           jsonb_build_object('counted', 'client', 'limit', per_client));
    elsif live.all_of_them >= per_partner then
        return app.refused(409, 'too-many-holds', 'You hold as many times as the clinic allows.',
                           jsonb_build_object('counted', 'partner', 'limit', per_partner));
    end if;
    return null;
end
$$;

-- A booking of the place that find_place found, as yet only in memory: all but its status, the end of a hold, and the order or
-- series it may belong to. details: client?, intake?, note?, external_ref?.
create or replace function app.new_booking(place app.place, start timestamptz, details jsonb, caller app.caller)
returns app.booking language plpgsql volatile as $$
declare
    chosen app.candidate := place.chosen;
    b app.booking;
begin
    b.clinic_id := chosen.clinic_id;
    b.id := app.new_id();
    b.location_id := chosen.location_id;
    b.practitioner_id := chosen.practitioner_id;
    b.room_id := place.room_id;
    b.offering_id := chosen.offering_id;
    b.starts_at := start;
    b.ends_at := start + chosen.duration;
    b.timezone := chosen.zone;
    select o.treatment, o.price_amount, o.price_currency into b.treatment, b.price_amount, b.price_currency
    from app.offering o where o.clinic_id = b.clinic_id and o.id = b.offering_id;
    b.policy := place.policy;
    b.free_cancel_until := start - make_interval(hours => (b.policy ->> 'cancellation_notice_hours')::int);
    b.remind_at := start - make_interval(hours => (b.policy ->> 'reminder_hours_before')::int);
    b.client := nullif(details -> 'client', 'null');
    b.intake := nullif(details -> 'intake', 'null');
    b.note := details ->> 'note';
    b.external_ref := details ->> 'external_ref';
    b.source := caller.sub;
    b.version := 1;
    b.created_at := app.now();
    b.updated_at := b.created_at;
    return b;
end
$$;

-- Writes a booking down under a reference that nobody has, and takes its place.
create or replace function app.enter_booking(b app.booking, chosen app.candidate)
returns app.booking language plpgsql volatile as $$
begin
    loop
        b.reference := app.new_reference();
        insert into app.booking values (b.*) on conflict on constraint booking_reference do nothing;
        exit when found;
    end loop;
    perform app.occupy(b, chosen);
    return b;
end
$$;

-- body: offering_id, location_id, practitioner_id?, start, client?, hold?, intake?, note?, external_ref?, override? (the contract
-- has checked them).
create or replace function app.create_booking(body jsonb, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    start timestamptz := body ->> 'start';
    wanted_practitioner uuid := body ->> 'practitioner_id';
    for_desk boolean := coalesce('bookings:desk' = any (string_to_array(scopes, ' ')), false);
    overriding boolean := coalesce(jsonb_typeof(body -> 'override') = 'object', false);
    offering app.offering;
    site app.location;
    practitioners uuid[];
    hopeful uuid[];
    rooms uuid[];
    place app.place;
    b app.booking;
    block tstzrange;  -- treatment and buffers
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is null then
        answer := app.override_refusal(body, for_desk);
    end if;
    if answer.status is not null then
        return answer;
    end if;

    select * into offering from app.offering o
    where o.id = (body ->> 'offering_id')::uuid and app.clinic_allowed(o.clinic_id, clinics);
    if not found then
        return app.refused(404, 'not-found', 'There is no such offering.');
    end if;
    select * into site from app.location l where l.clinic_id = offering.clinic_id and l.id = (body ->> 'location_id')::uuid;
    if not found then
        return app.refused(404, 'not-found', 'There is no such location at the clinic of this offering.');
    end if;
    if wanted_practitioner is null then
        practitioners := array(select op.practitioner_id from app.offering_practitioner op
                               where op.clinic_id = offering.clinic_id and op.offering_id = offering.id);
    elsif exists (select from app.practitioner p where p.clinic_id = offering.clinic_id and p.id = wanted_practitioner) then
        practitioners := array[wanted_practitioner];
    else
        return app.refused(404, 'not-found', 'There is no such practitioner at the clinic of this offering.');
    end if;
    block := tstzrange(start - make_interval(mins => offering.buffer_before_minutes),
                       start + make_interval(mins => offering.duration_minutes + offering.buffer_after_minutes));

    -- One look without locks: who is firmly booked stays so, and need not be waited for.
    hopeful := app.hopeful_practitioners(offering.clinic_id, practitioners, block, null);
    if cardinality(hopeful) = 0 and cardinality(practitioners) > 0 then
        return app.firmly_taken();
    end if;

    perform app.lock_rules_shared(offering.clinic_id);
    rooms := app.rooms_for(offering, site.id);
    perform app.lock_bookable(offering.clinic_id, hopeful, rooms);
    -- And one with them: of many who waited for one time, all but the first end here, before the long way.
    hopeful := app.hopeful_practitioners(offering.clinic_id, hopeful, block, null);
    if cardinality(hopeful) = 0 and cardinality(practitioners) > 0 then
        return app.firmly_taken();
    end if;
    place := app.find_place(offering.clinic_id, offering.id, site.id, practitioners, hopeful, rooms, start, for_desk, overriding, null);
    answer := place.refusal;
    if answer.status is not null then
        return answer;
    end if;

    b := app.new_booking(place, start, body, caller);
    if b.client is null or coalesce((body ->> 'hold')::boolean, false) then
        b.status := 'held';
        b.hold_expires_at := b.created_at + make_interval(mins => (b.policy ->> 'hold_minutes')::int);
        answer := case when not for_desk then app.holds_refusal(b) end;
        if answer.status is not null then
            return answer;
        end if;
    else
        b.status := 'confirmed';
    end if;
    b := app.enter_booking(b, place.chosen);
    perform app.record_booking(b, null, b.status,
                               case when overriding then jsonb_build_object('overridden', place.overridden) end,
                               'createBooking', caller, body -> 'override' ->> 'reason');
    return app.booking_done(b, 201, caller);
end
$$;
