-- What may become of a booking on its way: a hold is extended, a booking moves, the visit takes
-- place or is missed. The acts go as those of 30_booking_*.sql, in the same order of locks.

-- ---------------------------------------------------------------- extend

-- A hold lasts so many minutes longer.
create or replace function app.prolong(b app.booking, minutes int, operation text, caller app.caller)
returns app.booking language plpgsql volatile as $$
declare
    before jsonb := app.booking_facts(b) || jsonb_build_object('hold_expires_at', app.local_instant(b.hold_expires_at, b.timezone));
begin
    update app.booking k
    set hold_expires_at = k.hold_expires_at + make_interval(mins => minutes),
        hold_extended_at = app.now(), version = k.version + 1, updated_at = app.now()
    where k.clinic_id = b.clinic_id and k.id = b.id
    returning * into b;
    perform app.settle_place(b);
    perform app.record_booking(b, before, 'extended',
                               jsonb_build_object('hold_expires_at', app.local_instant(b.hold_expires_at, b.timezone)),
                               operation, caller, null);
    return b;
end
$$;

-- Once, and by as long as a hold lasts by the policy that it was made under.
create or replace function app.extend_booking(booking_id uuid, caller app.caller, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    b app.booking;
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is not null then
        return answer;
    end if;
    b := app.lock_booking(booking_id, clinics);
    if b.id is null then
        return null;
    elsif b.status = 'expired' then
        return app.refused(409, 'hold-expired', 'The hold has run out, its time is free again.',
                           jsonb_build_object('current_status', b.status, 'version', b.version));
    elsif b.status <> 'held' then
        return app.booking_refusal(b, 'Only a hold can be extended.');
    elsif b.order_id is not null then
        return app.booking_refusal(b, 'It is held together with others: extend its order.');
    elsif b.series_id is not null then
        return app.booking_refusal(b, 'It is held together with others: extend its series.');
    elsif b.hold_extended_at is not null then
        return app.booking_refusal(b, 'The hold has been extended already.');
    end if;
    b := app.prolong(b, (b.policy ->> 'hold_minutes')::int, 'extendBooking', caller);
    return app.booking_done(b, 200, caller);
end
$$;

-- ---------------------------------------------------------------- reschedule

-- Gives up what a booking has, so that it is in its own way no longer; what it was, for app.return_to_place.
create or replace function app.give_place_up(b app.booking)
returns app.occupancy[] language plpgsql volatile as $$
declare
    given_up app.occupancy[];
begin
    if b.session_id is not null then
        update app.booking k set session_id = null where k.clinic_id = b.clinic_id and k.id = b.id;
        perform app.settle_session(b.clinic_id, b.session_id);
    else
        with gone as (
            delete from app.occupancy o where o.clinic_id = b.clinic_id and o.booking_id = b.id returning o
        )
        select array_agg(gone.o) into given_up from gone;
    end if;
    return given_up;
end
$$;

-- Takes it back, when the act found nothing better.
create or replace function app.return_to_place(b app.booking, given_up app.occupancy[])
returns void language plpgsql volatile as $$
begin
    if b.session_id is not null then
        update app.booking k set session_id = b.session_id where k.clinic_id = b.clinic_id and k.id = b.id;
        perform app.settle_session(b.clinic_id, b.session_id);
    else
        insert into app.occupancy (clinic_id, resource_id, booking_id, blocked_from, blocked_to, expires_at)
        select p.clinic_id, p.resource_id, p.booking_id, p.blocked_from, p.blocked_to, p.expires_at from unnest(given_up) as p;
    end if;
end
$$;

-- body: start, practitioner_id? (absent: the same; null: any who is free), location_id? (absent or null: the same), override?.
-- One act: the old place is given up, the new one found by the rules of createBooking as they are now and taken, or all stays.
-- Price, policy and what is left of a hold move along; the moments of the policy are worked out anew by its old figures. The
-- length is the offering's of today.
create or replace function app.reschedule_booking(booking_id uuid, body jsonb, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    moment timestamptz := app.now();
    start timestamptz := body ->> 'start';
    for_desk boolean := coalesce('bookings:desk' = any (string_to_array(scopes, ' ')), false);
    overriding boolean := coalesce(jsonb_typeof(body -> 'override') = 'object', false);
    b app.booking;
    before jsonb;
    offering app.offering;
    location uuid;
    practitioners uuid[];
    hopeful uuid[];
    rooms uuid[];
    block tstzrange;
    given_up app.occupancy[];
    place app.place;
    chosen app.candidate;
    percent int;
    is_late boolean;
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is null then
        answer := app.override_refusal(body, for_desk);
    end if;
    if answer.status is not null then
        return answer;
    end if;
    perform app.lock_acts_on(booking_id);
    select * into b from app.booking k where k.id = booking_id and app.clinic_allowed(k.clinic_id, clinics);
    if not found then
        return null;
    end if;
    location := coalesce((body ->> 'location_id')::uuid, b.location_id);
    if not exists (select from app.location l where l.clinic_id = b.clinic_id and l.id = location) then
        return app.refused(404, 'not-found', 'There is no such location at the clinic of this booking.');
    end if;
    if not body ? 'practitioner_id' then
        practitioners := array[b.practitioner_id];
    elsif body ->> 'practitioner_id' is null then
        practitioners := array(select op.practitioner_id from app.offering_practitioner op
                               where op.clinic_id = b.clinic_id and op.offering_id = b.offering_id);
    elsif exists (select from app.practitioner p where p.clinic_id = b.clinic_id and p.id = (body ->> 'practitioner_id')::uuid) then
        practitioners := array[(body ->> 'practitioner_id')::uuid];
    else
        return app.refused(404, 'not-found', 'There is no such practitioner at the clinic of this booking.');
    end if;
    select * into offering from app.offering o where o.clinic_id = b.clinic_id and o.id = b.offering_id;
    block := tstzrange(start - make_interval(mins => offering.buffer_before_minutes),
                       start + make_interval(mins => offering.duration_minutes + offering.buffer_after_minutes));
    hopeful := app.hopeful_practitioners(b.clinic_id, practitioners, block, b.id);

    -- The resources of both places together, in the order of all acts; then the booking.
    perform app.lock_rules_shared(b.clinic_id);
    rooms := app.rooms_for(offering, location);
    perform app.lock_bookable(b.clinic_id, hopeful || b.practitioner_id, array_remove(rooms || b.room_id, null));
    select * into b from app.booking k where k.clinic_id = b.clinic_id and k.id = b.id for no key update;
    b := app.booking_now(b, moment);
    if b.status = 'expired' then
        return app.refused(409, 'hold-expired', 'The hold has run out, its time is free again.',
                           jsonb_build_object('current_status', b.status, 'version', b.version));
    elsif b.status not in ('held', 'confirmed') then
        return app.booking_refusal(b, 'It has ended already.');
    elsif b.starts_at <= moment then
        return app.booking_refusal(b, 'It has begun.');
    elsif start = b.starts_at and location = b.location_id and b.practitioner_id = any (practitioners) then
        return app.booking_done(b, 200, caller);  -- it is there already
    end if;
    hopeful := app.hopeful_practitioners(b.clinic_id, hopeful, block, b.id);
    if cardinality(hopeful) = 0 and cardinality(practitioners) > 0 then
        return app.firmly_taken(b.clinic_id, b.offering_id, practitioners, start);
    end if;

    given_up := app.give_place_up(b);
    place := app.find_place(b.clinic_id, b.offering_id, location, practitioners, hopeful, rooms, start, for_desk, overriding,
                            b.practitioner_id, b.seats);
    answer := place.refusal;
    if answer.status is not null then
        perform app.return_to_place(b, given_up);
        return answer;
    end if;

    before := app.booking_facts(b);
    chosen := place.chosen;
    percent := coalesce((b.policy ->> 'late_reschedule_fee_percent')::int, 0);
    is_late := b.status = 'confirmed' and moment > b.free_cancel_until and not for_desk;
    update app.booking k
    set location_id = chosen.location_id, practitioner_id = chosen.practitioner_id, room_id = place.room_id,
        session_id = app.session_for(chosen, start, place.room_id), starts_at = start, ends_at = start + chosen.duration, timezone = chosen.zone,
        free_cancel_until = start - make_interval(hours => (k.policy ->> 'cancellation_notice_hours')::int),
        remind_at = start - make_interval(hours => (k.policy ->> 'reminder_hours_before')::int),
        rescheduled_at = moment, version = k.version + 1, updated_at = moment
    where k.clinic_id = b.clinic_id and k.id = b.id
    returning * into b;
    perform app.occupy(b, chosen);
    if is_late and app.share(b.price_amount, percent) > 0 then
        insert into app.charge (clinic_id, booking_id, source, kind, percent, amount, currency, created_at, updated_at)
        values (b.clinic_id, b.id, b.source, 'late_reschedule', percent, app.share(b.price_amount, percent), b.price_currency,
                moment, moment);
    end if;
    perform app.record_booking(b, before, 'rescheduled',
                               jsonb_build_object('previous', before - '{status,version,reference,offering_id,treatment}'::text[])
                               || case when overriding then jsonb_build_object('overridden', place.overridden) else '{}' end,
                               'rescheduleBooking', caller, body -> 'override' ->> 'reason');
    return app.booking_done(b, 200, caller);
end
$$;

-- Free starts near the one that a reschedule asked for and did not get.
create or replace function app.reschedule_alternatives(booking_id uuid, body jsonb, clinics text, scopes text, lang text)
returns json language plpgsql stable as $$
declare
    b app.booking;
begin
    select * into b from app.booking k where k.id = booking_id and app.clinic_allowed(k.clinic_id, clinics);
    return app.booking_alternatives(
        jsonb_build_object('offering_id', b.offering_id, 'seats', b.seats, 'start', body ->> 'start',
                           'location_id', coalesce((body ->> 'location_id')::uuid, b.location_id),
                           'practitioner_id', case when body ? 'practitioner_id' then body ->> 'practitioner_id'
                                                   else b.practitioner_id::text end),
        clinics, scopes, lang);
end
$$;

-- ---------------------------------------------------------------- complete, no-show

-- How the visit went, said by the desk once its time has come: `completed` or `no_show`. Whatever is left of its time is free
-- then. A missed visit costs the policy's share of the price, by the figures that were booked.
create or replace function app.end_visit(booking_id uuid, outcome text, operation text, caller app.caller, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    moment timestamptz := app.now();
    b app.booking;
    percent int;
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is not null then
        return answer;
    end if;
    b := app.lock_booking(booking_id, clinics);
    if b.id is null then
        return null;
    elsif b.status <> 'confirmed' then
        return app.booking_refusal(b, 'Only a confirmed booking takes place or is missed.');
    elsif b.starts_at > moment then
        return app.booking_refusal(b, 'It has not begun.');
    end if;
    update app.booking k set status = outcome, ended_by = caller.sub, version = k.version + 1, updated_at = moment
    where k.clinic_id = b.clinic_id and k.id = b.id
    returning * into b;
    perform app.settle_place(b);
    percent := (b.policy ->> 'no_show_fee_percent')::int;
    if outcome = 'no_show' and app.share(b.price_amount, percent) > 0 then
        insert into app.charge (clinic_id, booking_id, source, kind, percent, amount, currency, created_at, updated_at)
        values (b.clinic_id, b.id, b.source, 'no_show', percent, app.share(b.price_amount, percent), b.price_currency, moment, moment);
    end if;
    perform app.booking_record(b, 'confirmed', operation, caller);
    return app.booking_done(b, 200, caller);
end
$$;
