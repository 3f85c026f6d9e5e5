-- What all acts of booking share. The acts themselves: 30_booking_3 and 4 (create, confirm, cancel) and 32_booking_lifecycle.sql
-- (extend, move, end). Each is one plpgsql function that its named query calls, and each goes the same way (02_locks.sql has the
-- order of locks):
--   the idempotency key and what was answered to it; one look without locks, so that most losers wait for nobody;
--   the clinic's rules and the resources, locked; then rule, then free; then the writes, their change and audit rows.
-- Every statement in here sees what is committed at its beginning, so what it decides under the lock is the present.
-- The constraint occupancy_free judges last. Change and audit rows never hold members of the client, nor the reason of a
-- cancellation: that stays with the booking (end_reason), where erasure finds it.

-- ---------------------------------------------------------------- a booking as the API writes it

-- A hold that ran out is expired from that instant on, also before anybody writes it down: the same row as after expire_holds.
create or replace function app.booking_now(b app.booking, moment timestamptz)
returns app.booking language plpgsql stable as $$
begin
    if b.status = 'held' and b.hold_expires_at <= moment then
        b.status := 'expired';
        b.version := b.version + 1;
        b.updated_at := b.hold_expires_at;
    end if;
    return b;
end
$$;

-- As a list has it: everything but what was answered before the visit.
create or replace function app.booking_item_json(b app.booking)
returns json language plpgsql stable as $$
begin
    return json_build_object(
        'id', b.id, 'external_ref', b.external_ref, 'reference', b.reference, 'status', b.status,
        'clinic_id', b.clinic_id, 'location_id', b.location_id, 'practitioner_id', b.practitioner_id,
        'offering_id', b.offering_id, 'treatment', b.treatment,
        'start', app.local_instant(b.starts_at, b.timezone), 'end', app.local_instant(b.ends_at, b.timezone),
        'timezone', b.timezone, 'room_id', b.room_id, 'session_id', b.session_id, 'seats', b.seats,
        'price', json_build_object('amount', b.price_amount, 'currency', b.price_currency),
        'free_cancel_until', app.local_instant(b.free_cancel_until, b.timezone),
        'remind_at', app.local_instant(b.remind_at, b.timezone),
        'hold_expires_at', case when b.status in ('held', 'expired') then app.local_instant(b.hold_expires_at, b.timezone) end,
        'hold_extended_at', app.local_instant(b.hold_extended_at, b.timezone),
        'client', b.client, 'note', b.note, 'order_id', b.order_id, 'series_id', b.series_id,
        'waitlist_entry_id', b.waitlist_entry_id, 'source', b.source,
        -- Only what has ended or was moved can have cost something.
        'charge', case when b.status in ('cancelled', 'no_show') or b.rescheduled_at is not null then
            (select json_build_object('id', c.id, 'kind', c.kind, 'percent', c.percent, 'amount', c.amount,
                                      'currency', c.currency, 'status', c.status)
             from app.charge c where c.clinic_id = b.clinic_id and c.booking_id = b.id order by c.id desc limit 1) end,
        'version', b.version,
        'created_at', app.local_instant(b.created_at, b.timezone), 'updated_at', app.local_instant(b.updated_at, b.timezone));
end
$$;

-- A single booking, to its partner and the desk.
create or replace function app.booking_json(b app.booking)
returns json language plpgsql stable as $$
begin
    return app.json_with(app.booking_item_json(b), app.intake_json(b));
end
$$;

-- What the change log and the audit keep of a booking.
create or replace function app.booking_facts(b app.booking)
returns jsonb language sql stable as $$
    select jsonb_build_object('status', b.status, 'version', b.version, 'reference', b.reference, 'location_id', b.location_id,
                              'practitioner_id', b.practitioner_id, 'room_id', b.room_id, 'session_id', b.session_id,
                              'seats', b.seats, 'offering_id', b.offering_id,
                              'treatment', b.treatment, 'start', app.local_instant(b.starts_at, b.timezone),
                              'end', app.local_instant(b.ends_at, b.timezone))
$$;

-- One row for the change log and one for the audit. `more` joins the facts in both; a reason is the staff's own (an override,
-- a waiver), never what a client said.
create or replace function app.record_booking(b app.booking, before jsonb, kind text, more jsonb, operation text,
                                              caller app.caller, reason text)
returns void language plpgsql volatile as $$
declare
    facts jsonb := app.booking_facts(b) || coalesce(more, '{}');
begin
    insert into app.change (clinic_id, owner, entity, entity_id, kind, data, at)
    values (b.clinic_id, b.source, 'booking', b.id, kind, facts, b.updated_at);
    insert into app.audit (clinic_id, at, who, what, entity, entity_id, before, after, reason, request_id)
    values (b.clinic_id, app.now(), coalesce(caller.sub, ''), operation, 'booking', b.id, before, facts, reason, caller.request_id);
end
$$;

-- The same for an act that leads from the status `was` (null: from nothing) to the present one.
create or replace function app.booking_record(b app.booking, was text, operation text, caller app.caller)
returns void language plpgsql volatile as $$
begin
    perform app.record_booking(b, case when was is not null then jsonb_build_object('status', was, 'version', b.version - 1) end,
                               b.status, null, operation, caller, null);
end
$$;

-- The answer of an act that was done, kept for the caller's key.
create or replace function app.booking_done(b app.booking, status int, caller app.caller)
returns app.answer language plpgsql volatile as $$
declare
    answer app.answer := row(status, app.booking_json(b), b.version,
                             case when status = 201 then '/v1/bookings/' || b.id end, null);
begin
    return app.keep_answer(answer, caller);
end
$$;

create or replace function app.booking_refusal(b app.booking, detail text)
returns app.answer language sql stable as $$
    select app.refused(409, 'state-conflict', detail, jsonb_build_object('current_status', b.status, 'version', b.version))
$$;

-- Eight characters of Crockford's base 32 (no I, L, O, U), 40 random bits: nobody walks through them or hits one by chance.
create or replace function app.new_reference()
returns text language plpgsql volatile as $$
declare
    random bytea := uuid_send(gen_random_uuid());
    reference text := '';
    place int;
begin
    -- Bytes 6 and 8 of a uuid carry its version and variant.
    foreach place in array '{0,1,2,3,4,5,9,10}'::int[] loop
        reference := reference || substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', get_byte(random, place) % 32 + 1, 1);
    end loop;
    return reference;
end
$$;

-- ---------------------------------------------------------------- expiry

-- Writes down those of the bookings that are holds which have run out; how many. Runs with the owner's rights, because a hold
-- may be another partner's; it can do nothing but what time has done already. Call it under app.lock_bookable.
create or replace function app.expire_bookings(clinic uuid, bookings uuid[])
returns int language plpgsql volatile security definer set search_path = app, public, pg_temp as $$
declare
    moment timestamptz := app.now();
    hold app.booking;
    nobody app.caller;
    done int := 0;
begin
    nobody.sub := 'clinicd';
    for hold in
        select b.* from app.booking b
        where b.clinic_id = clinic and b.id = any (bookings) and b.status = 'held' and b.hold_expires_at <= moment
        order by b.id for no key update
    loop
        update app.booking b set status = 'expired', version = b.version + 1, updated_at = b.hold_expires_at
        where b.clinic_id = clinic and b.id = hold.id
        returning b.* into hold;
        perform app.settle_place(hold);
        perform app.booking_record(hold, 'held', 'expireHold', nobody);
        done := done + 1;
    end loop;
    return done;
end
$$;

-- Those that still keep one of the resources from `block`; and of a session in it all seats that are held no longer, also while others
-- keep it: a seat that is sold again must be lost for whoever began to confirm it before it ran out. Call it under app.lock_bookable.
create or replace function app.expire_holds(clinic uuid, resources uuid[], block tstzrange)
returns void language plpgsql volatile security definer set search_path = app, public, pg_temp as $$
declare
    bookings uuid[];
    sessions uuid[];
begin
    select array_agg(distinct o.booking_id), array_agg(distinct o.session_id) into bookings, sessions
    from app.occupancy o
    where o.clinic_id = clinic and o.resource_id = any (resources) and o.blocked && block
      and (o.expires_at <= app.now() or o.session_id is not null);
    perform app.expire_bookings(clinic, bookings || array(
        select b.id from app.booking b where b.clinic_id = clinic and b.session_id = any (sessions) and b.status = 'held'));
end
$$;
