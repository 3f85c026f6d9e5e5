-- How a booking is made: what is wanted, the row, the act. (The caps on holds and bookings are in 37_partners.sql.)

do $$
begin
    -- What somebody wants, looked up by app.read_wish.
    if to_regtype('app.booking_wish') is null then
        create type app.booking_wish as (clinic_id uuid, offering_id uuid, location_id uuid, practitioners uuid[], starts_at timestamptz,
                                 block tstzrange, seats int, refusal app.answer, refused_member text);
    end if;
end
$$;

-- An e-mail address or telephone number as it is compared. Of an address, case and blanks around it mean nothing. Of a number only
-- the digits count, and whether it is international: +32, 0032 and +32 (0) are the same, but 02 and +32 2 are not, since a number
-- without its country may be anywhere. (Nothing is guessed from the clinic's country: clients come from all over.)
create or replace function app.contact_key(contact text)
returns text language sql immutable parallel safe as $$
    select case
        when contact like '%@%' then lower(btrim(contact))
        when contact ~ '^ *(\+|00)' then '+' || regexp_replace(regexp_replace(replace(contact, '(0)', ''), '[^0-9]', '', 'g'), '^00', '')
        else regexp_replace(contact, '[^0-9]', '', 'g') end
$$;

-- What keeps a booking from being entered, whatever its time: null, or the refusal. All that enter bookings of somebody's wish ask it.
-- `b` has its answers as they came; the faults of answers are at `pointer`/<code>.
create or replace function app.entry_refusal(b app.booking, for_desk boolean, pointer text default '/intake')
returns app.answer language plpgsql volatile as $$
declare
    answer app.answer := app.intake_refusal(b, b.intake, b.status = 'confirmed', for_desk, pointer);
begin
    if answer.status is null and b.status = 'held' and not for_desk then
        answer := app.holds_refusal(b);
    end if;
    if answer.status is null and not for_desk then
        answer := app.bookings_refusal(b);
    end if;
    return answer;
end
$$;

-- A booking of the place that find_place found, as yet only in memory: all but its status, the end of a hold, and the order or
-- series it may belong to. details: client?, intake? (as it came: app.entry_refusal judges it, app.enter_booking keeps what was
-- answered), note?, external_ref?.
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
    b.seats := chosen.party;
    select o.treatment, o.price_amount * b.seats, o.price_currency, o.intake_version
    into b.treatment, b.price_amount, b.price_currency, b.intake_version
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
    b := app.with_intake(b, b.intake_version, b.intake);
    b.confirmed_at := case when b.status = 'confirmed' then b.created_at end;
    b.session_id := app.session_for(chosen, b.starts_at, b.room_id);
    b.client_id := app.keep_client(b.clinic_id, b.client, b.source);
    loop
        b.reference := app.new_reference();
        insert into app.booking values (b.*) on conflict on constraint booking_reference do nothing;
        exit when found;
    end loop;
    perform app.occupy(b, chosen);
    return b;
end
$$;

-- What somebody wants, looked up: who may give it, where, and the time it takes. body: offering_id, location_id, practitioner_id?,
-- start?, seats?. `refusal` and the member it is about, when something named there is not there for who asks.
create or replace function app.read_wish(body jsonb, clinics text)
returns app.booking_wish language plpgsql stable as $$
declare
    wanted_practitioner uuid := body ->> 'practitioner_id';
    offering app.offering;
    wish app.booking_wish;
begin
    select * into offering from app.offering o
    where o.id = (body ->> 'offering_id')::uuid and app.clinic_allowed(o.clinic_id, clinics);
    if not found then
        wish.refusal := app.refused(404, 'not-found', 'There is no such offering.');
        wish.refused_member := 'offering_id';
        return wish;
    end if;
    wish.clinic_id := offering.clinic_id;
    wish.offering_id := offering.id;
    select l.id into wish.location_id from app.location l
    where l.clinic_id = offering.clinic_id and l.id = (body ->> 'location_id')::uuid;
    if not found then
        wish.refusal := app.refused(404, 'not-found', 'There is no such location at the clinic of this offering.');
        wish.refused_member := 'location_id';
        return wish;
    end if;
    if wanted_practitioner is null then
        wish.practitioners := array(select op.practitioner_id from app.offering_practitioner op
                                    where op.clinic_id = offering.clinic_id and op.offering_id = offering.id);
    elsif exists (select from app.practitioner p where p.clinic_id = offering.clinic_id and p.id = wanted_practitioner) then
        wish.practitioners := array[wanted_practitioner];
    else
        wish.refusal := app.refused(404, 'not-found', 'There is no such practitioner at the clinic of this offering.');
        wish.refused_member := 'practitioner_id';
        return wish;
    end if;
    wish.starts_at := body ->> 'start';
    wish.seats := coalesce((body ->> 'seats')::int, 1);
    wish.block := tstzrange(wish.starts_at - make_interval(mins => offering.buffer_before_minutes),
                            wish.starts_at + make_interval(mins => offering.duration_minutes + offering.buffer_after_minutes));
    return wish;
end
$$;

-- The rooms that a wish may take, as app.rooms_for; read it under the lock of the rules.
create or replace function app.rooms_of(wish app.booking_wish)
returns uuid[] language plpgsql stable as $$
declare
    offering app.offering;
begin
    select * into offering from app.offering o where o.clinic_id = wish.clinic_id and o.id = wish.offering_id;
    return app.rooms_for(offering, wish.location_id);
end
$$;

-- body: offering_id, location_id, practitioner_id?, start, seats?, client?, hold?, intake?, note?, external_ref?, override? (the
-- contract has checked them).
create or replace function app.create_booking(body jsonb, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    for_desk boolean := coalesce('bookings:desk' = any (string_to_array(scopes, ' ')), false);
    overriding boolean := coalesce(jsonb_typeof(body -> 'override') = 'object', false);
    wish app.booking_wish;
    hopeful uuid[];
    rooms uuid[];
    place app.place;
    b app.booking;
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is null then
        answer := app.override_refusal(body, for_desk);
    end if;
    if answer.status is not null then
        return answer;
    end if;
    wish := app.read_wish(body, clinics);
    answer := wish.refusal;
    if answer.status is not null then
        return answer;
    end if;

    -- One look without locks: who is firmly booked stays so, and need not be waited for.
    hopeful := app.hopeful_practitioners(wish.clinic_id, wish.practitioners, wish.block, null);
    if cardinality(hopeful) = 0 and cardinality(wish.practitioners) > 0 then
        return app.firmly_taken(wish.clinic_id, wish.offering_id, wish.practitioners, wish.starts_at);
    end if;

    perform app.lock_rules_shared(wish.clinic_id);
    rooms := app.rooms_of(wish);
    perform app.lock_bookable(wish.clinic_id, hopeful, rooms);
    -- And one with them: of many who waited for one time, all but the first end here, before the long way.
    hopeful := app.hopeful_practitioners(wish.clinic_id, hopeful, wish.block, null);
    if cardinality(hopeful) = 0 and cardinality(wish.practitioners) > 0 then
        return app.firmly_taken(wish.clinic_id, wish.offering_id, wish.practitioners, wish.starts_at);
    end if;
    place := app.find_place(wish.clinic_id, wish.offering_id, wish.location_id, wish.practitioners, hopeful, rooms, wish.starts_at,
                            for_desk, overriding, null, wish.seats);
    answer := place.refusal;
    if answer.status is not null then
        return answer;
    end if;

    b := app.new_booking(place, wish.starts_at, body, caller);
    if b.client is null or coalesce((body ->> 'hold')::boolean, false) then
        b.status := 'held';
        b.hold_expires_at := b.created_at + make_interval(mins => (b.policy ->> 'hold_minutes')::int);
    else
        b.status := 'confirmed';
    end if;
    answer := app.entry_refusal(b, for_desk);
    if answer.status is not null then
        return answer;
    end if;
    b := app.enter_booking(b, place.chosen);
    perform app.record_booking(b, null, b.status,
                               case when overriding then jsonb_build_object('overridden', place.overridden) end,
                               'createBooking', caller, body -> 'override' ->> 'reason');
    return app.booking_done(b, 201, caller);
end
$$;
