-- The acts of booking: create, confirm, cancel, and the expiry of holds (moving and ending: 32_booking_lifecycle.sql). Each is one plpgsql function that its named query
-- calls, and each goes the same way (02_locks.sql has the order of locks):
--   the idempotency key and what was answered to it; one look without locks, so that most losers wait for nobody;
--   the clinic's rules and the resources, locked; then rule, then free; then the writes, their change and audit rows.
-- Every statement in here sees what is committed at its beginning, so what it decides under the lock is the present.
-- The constraint occupancy_free judges last. Change and audit rows never hold members of the client, nor the reason of a cancellation: that stays with the
-- booking (end_reason), where erasure finds it.

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

create or replace function app.booking_json(b app.booking)
returns json language plpgsql stable as $$
begin
    return json_build_object(
        'id', b.id, 'external_ref', b.external_ref, 'reference', b.reference, 'status', b.status,
        'clinic_id', b.clinic_id, 'location_id', b.location_id, 'practitioner_id', b.practitioner_id,
        'offering_id', b.offering_id, 'treatment', b.treatment,
        'start', app.local_instant(b.starts_at, b.timezone), 'end', app.local_instant(b.ends_at, b.timezone),
        'timezone', b.timezone,
        'price', json_build_object('amount', b.price_amount, 'currency', b.price_currency),
        'free_cancel_until', app.local_instant(b.free_cancel_until, b.timezone),
        'remind_at', app.local_instant(b.remind_at, b.timezone),
        'hold_expires_at', case when b.status in ('held', 'expired') then app.local_instant(b.hold_expires_at, b.timezone) end,
        'hold_extended_at', app.local_instant(b.hold_extended_at, b.timezone),
        'client', b.client, 'intake', b.intake, 'note', b.note, 'order_id', b.order_id, 'series_id', b.series_id,
        'source', b.source,
        -- Only what has ended or was moved can have cost something.
        'charge', case when b.status in ('cancelled', 'no_show') or b.rescheduled_at is not null then
            (select json_build_object('id', c.id, 'kind', c.kind, 'percent', c.percent, 'amount', c.amount,
                                      'currency', c.currency, 'status', c.status)
             from app.charge c where c.clinic_id = b.clinic_id and c.booking_id = b.id order by c.id desc limit 1) end,
        'version', b.version,
        'created_at', app.local_instant(b.created_at, b.timezone), 'updated_at', app.local_instant(b.updated_at, b.timezone));
end
$$;

-- What the change log and the audit keep of a booking.
create or replace function app.booking_facts(b app.booking)
returns jsonb language sql stable as $$
    select jsonb_build_object('status', b.status, 'version', b.version, 'reference', b.reference, 'location_id', b.location_id,
                              'practitioner_id', b.practitioner_id, 'room_id', b.room_id, 'offering_id', b.offering_id,
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
    if caller.key is not null then
        insert into app.idempotency_record (sub, key, hash, status, body, location, etag)
        values (caller.sub, caller.key, caller.hash, answer.status, answer.body, answer.location, answer.etag);
    end if;
    return answer;
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

-- Ends the holds that have run out and still keep one of the resources from `block`. Runs with the owner's rights,
-- because a hold may be another partner's; it can do nothing but what time has done already. Call it under app.lock_bookable.
create or replace function app.expire_holds(clinic uuid, resources uuid[], block tstzrange)
returns void language plpgsql volatile security definer set search_path = app, public, pg_temp as $$
declare
    moment timestamptz := app.now();
    lapsed uuid[];
    hold app.booking;
    nobody app.caller;
begin
    select array_agg(distinct o.booking_id) into lapsed
    from app.occupancy o
    where o.clinic_id = clinic and o.resource_id = any (resources) and o.expires_at <= moment
      and o.blocked && block;
    nobody.sub := 'clinicd';
    for hold in
        select b.* from app.booking b
        where b.clinic_id = clinic and b.id = any (lapsed) and b.status = 'held' and b.hold_expires_at <= moment
        order by b.id for no key update
    loop
        update app.booking b set status = 'expired', version = b.version + 1, updated_at = b.hold_expires_at
        where b.clinic_id = clinic and b.id = hold.id
        returning b.* into hold;
        delete from app.occupancy o where o.clinic_id = clinic and o.booking_id = hold.id;
        perform app.booking_record(hold, 'held', 'expireHold', nobody);
    end loop;
end
$$;

-- ---------------------------------------------------------------- a place

do $$
begin
    -- What a booking would take; or, in `refusal`, why there is nothing to take.
    if to_regtype('app.place') is null then
        create type app.place as (chosen app.candidate, room_id uuid, policy jsonb, overridden text[], refusal app.answer);
    end if;
end
$$;

-- Those of the practitioners whom no firm booking but `own` keeps from this block of time.
create or replace function app.hopeful_practitioners(clinic uuid, practitioners uuid[], block tstzrange, own uuid)
returns uuid[] language plpgsql stable as $$
begin
    return array(select p from unnest(practitioners) as p
                 where not exists (select from app.occupancy o
                                   where o.clinic_id = clinic and o.resource_id = p and o.expires_at is null
                                     and o.blocked && block and o.booking_id is distinct from own));
end
$$;

create or replace function app.firmly_taken()
returns app.answer language sql immutable parallel safe as $$
    select app.refused(409, 'slot-taken', 'Somebody else has this time.', '{"reasons": ["practitioner_busy"]}')
$$;

-- The active rooms that the offering may take at the location; none when it wants none.
create or replace function app.rooms_for(offering app.offering, location uuid)
returns uuid[] language plpgsql stable as $$
begin
    return case when offering.room_kind is null then '{}'::uuid[]
           else array(select r.id from app.room r where r.clinic_id = offering.clinic_id and r.location_id = location
                      and r.kind = offering.room_kind and r.status = 'active') end;
end
$$;

-- The practitioners as candidates for one start of the offering at the location, by the notice and horizon of now, and the
-- clinic's policy. Null when none of them gives it there, or not to who asks.
create or replace function app.place_candidates(offering uuid, location uuid, practitioners uuid[], for_desk boolean,
                                                out candidates app.candidate[], out policy jsonb)
language plpgsql stable as $$
declare
    moment timestamptz := app.now();
begin
    select array_agg(row(f.n, f.clinic_id, f.practitioner_id, f.location_id, f.offering_id, f.zone, f.duration, f.buffer_before,
                         f.buffer_after, f.step, f.room_kind, case when f.certificate is null then '{}' else array[f.certificate] end,
                         moment + make_interval(mins => (f.policy ->> 'min_notice_minutes')::int),
                         app.edge(((moment at time zone f.zone)::date + (f.policy ->> 'booking_horizon_days')::int + 1)::timestamp,
                                  f.zone, false),
                         null)::app.candidate),
           (array_agg(f.policy))[1]
    into candidates, policy
    from (select o.*, row_number() over ()::int as n
          from app.offered(array_fill(offering, array[cardinality(practitioners)]), practitioners) as o
          where o.location_id = location and (o.self_bookable or for_desk)) as f;
end
$$;

-- Rule, then free: the practitioner and the room for this start, of the `hopeful` and `rooms` that the caller has locked.
-- `preferred` goes first of several who are free, then whoever has least to do. `overriding` sets aside what the rules say of
-- hours, closures, notice, horizon and grid, but nobody's certificate, no start that has passed or lies between five
-- minutes, and never what others have. Ends lapsed holds that are in the way. Reads all rules anew: what they were before the
-- locks may have changed.
create or replace function app.find_place(clinic uuid, offering uuid, location uuid, practitioners uuid[], hopeful uuid[], rooms uuid[],
                                          start timestamptz, for_desk boolean, overriding boolean, preferred uuid)
returns app.place language plpgsql volatile as $$
declare
    moment timestamptz := app.now();
    offers record;
    candidates app.candidate[];
    reasons record;
    chosen app.candidate;
    block tstzrange;  -- treatment and buffers
    place app.place;
begin
    offers := app.place_candidates(offering, location, practitioners, for_desk);
    candidates := offers.candidates;
    place.policy := offers.policy;
    if candidates is null then
        place.refusal := app.refused(409, 'slot-not-offered', 'This is not offered there, or not with this practitioner.',
                                     '{"reasons": ["not_offered"]}');
        return place;
    end if;
    with judged as materialized (
        select r.n, r.rules as broken, r.taken,
               case when overriding then array(select rule from unnest(r.rules) as rule
                                               where rule = 'certificate' or rule = 'notice' and start < moment
                                                  or rule = 'off_grid' and extract(epoch from start) % 300 <> 0)
                    else r.rules end as rules
        from app.start_reasons(candidates, start, moment) as r
    ), free as materialized (
        -- Of several who are free, whoever has least to do around that time.
        select judged.n, judged.broken
        from judged join unnest(candidates) as c on c.n = judged.n
        where judged.rules = '{}' and judged.taken = '{}' and c.practitioner_id = any (hopeful)
        order by c.practitioner_id is distinct from preferred,
                 (select count(*) from app.occupancy o
                  where o.clinic_id = any (array[c.clinic_id]) and o.resource_id = c.practitioner_id  -- as in app.taken_starts
                    and o.blocked_from > start - interval '12 hours' and o.blocked_from < start + interval '12 hours'),
                 c.practitioner_id
        limit 1
    )
    select (select array_agg(distinct reason) from judged, unnest(judged.rules) as reason) as rules,
           (select array_agg(distinct reason) from judged, unnest(judged.taken) as reason where judged.rules = '{}') as taken,
           exists (select from judged where judged.rules = '{}') as offered,
           (select free.n from free) as n, (select free.broken from free) as broken
    into reasons;
    if not reasons.offered then
        place.refusal := app.refused(409, 'slot-not-offered', 'This start is not offered.', jsonb_build_object('reasons', reasons.rules));
        return place;
    elsif reasons.n is null then
        place.refusal := app.refused(409, 'slot-taken', 'Somebody else has this time.',
                                     jsonb_build_object('reasons', coalesce(reasons.taken, '{practitioner_busy}')));
        return place;
    end if;
    select c.* into chosen from unnest(candidates) as c where c.n = reasons.n;
    place.chosen := chosen;
    place.overridden := case when overriding then reasons.broken end;
    block := tstzrange(start - chosen.buffer_before, start + chosen.duration + chosen.buffer_after);
    if chosen.room_kind is not null then
        select r.id into place.room_id
        from app.room r
        where r.clinic_id = clinic and r.id = any (rooms)
          and not exists (select from app.occupancy o
                          where o.clinic_id = r.clinic_id and o.resource_id = r.id
                            and (o.expires_at is null or o.expires_at > moment) and o.blocked && block)
        order by r.id limit 1;
        if not found then  -- a room that came between the list of rooms and the lock is not ours to take
            place.refusal := app.refused(409, 'slot-taken', 'Somebody else has this time.', '{"reasons": ["room_busy"]}');
            return place;
        end if;
    end if;
    if exists (select from app.occupancy o
               where o.clinic_id = clinic and o.resource_id = any (array[chosen.practitioner_id, place.room_id])
                 and o.expires_at <= moment and o.blocked && block) then
        perform app.expire_holds(clinic, array[chosen.practitioner_id, place.room_id], block);
    end if;
    return place;
end
$$;

-- Takes the place of a booking that `find_place` found: treatment and buffers, of the practitioner and of the room.
create or replace function app.occupy(b app.booking, chosen app.candidate)
returns void language plpgsql volatile as $$
begin
    insert into app.occupancy (clinic_id, resource_id, booking_id, blocked_from, blocked_to, expires_at)
    select b.clinic_id, r.id, b.id, b.starts_at - chosen.buffer_before, b.ends_at + chosen.buffer_after,
           case when b.status = 'held' then b.hold_expires_at end
    from unnest(array[b.practitioner_id, b.room_id]) as r (id) where r.id is not null;
end
$$;

-- An override is the desk's; null when there is none, or when it may be.
create or replace function app.override_refusal(body jsonb, for_desk boolean)
returns app.answer language plpgsql immutable parallel safe as $$
begin
    if jsonb_typeof(body -> 'override') = 'object' and not for_desk then
        return app.refused(403, 'forbidden', 'Only the desk of the clinic may override its rules.');
    end if;
    return null;
end
$$;

-- ---------------------------------------------------------------- create

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

-- body: offering_id, location_id, practitioner_id?, start, client?, hold?, intake?, note?, external_ref?, override? (the contract
-- has checked them).
create or replace function app.create_booking(body jsonb, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    moment timestamptz := app.now();
    start timestamptz := body ->> 'start';
    wanted_practitioner uuid := body ->> 'practitioner_id';
    for_desk boolean := coalesce('bookings:desk' = any (string_to_array(scopes, ' ')), false);
    overriding boolean := coalesce(jsonb_typeof(body -> 'override') = 'object', false);
    client jsonb := nullif(body -> 'client', 'null');
    offering app.offering;
    site app.location;
    practitioners uuid[];
    hopeful uuid[];
    rooms uuid[];
    place app.place;
    chosen app.candidate;
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

    chosen := place.chosen;
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
    b.client := client;
    b.intake := nullif(body -> 'intake', 'null');
    b.note := body ->> 'note';
    b.external_ref := body ->> 'external_ref';
    b.source := caller.sub;
    b.version := 1;
    b.created_at := moment;
    b.updated_at := moment;
    if client is null or coalesce((body ->> 'hold')::boolean, false) then
        b.status := 'held';
        b.hold_expires_at := moment + make_interval(mins => (b.policy ->> 'hold_minutes')::int);
        answer := case when not for_desk then app.holds_refusal(b) end;
        if answer.status is not null then
            return answer;
        end if;
    else
        b.status := 'confirmed';
    end if;
    loop
        b.reference := app.new_reference();
        insert into app.booking values (b.*) on conflict on constraint booking_reference do nothing;
        exit when found;
    end loop;
    perform app.occupy(b, chosen);
    perform app.record_booking(b, null, b.status,
                               case when overriding then jsonb_build_object('overridden', place.overridden) end,
                               'createBooking', caller, body -> 'override' ->> 'reason');
    return app.booking_done(b, 201, caller);
end
$$;

-- ---------------------------------------------------------------- confirm, cancel

-- The booking that an act is about, locked with its resources; null when this principal knows of none.
create or replace function app.lock_booking(booking_id uuid, clinics text)
returns app.booking language plpgsql volatile as $$
declare
    b app.booking;
begin
    perform app.lock_acts_on(booking_id);
    select * into b from app.booking k where k.id = booking_id and app.clinic_allowed(k.clinic_id, clinics);
    if not found then
        return null;
    end if;
    perform app.lock_bookable(b.clinic_id, array[b.practitioner_id], array_remove(array[b.room_id], null));
    select * into b from app.booking k where k.clinic_id = b.clinic_id and k.id = b.id for no key update;
    return app.booking_now(b, app.now());
end
$$;

-- body: client?, intake?; what is absent or null stays as it was.
create or replace function app.confirm_booking(booking_id uuid, body jsonb, caller app.caller, clinics text)
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
        return app.booking_refusal(b, 'Only a hold can be confirmed.');
    end if;
    b.client := coalesce(nullif(body -> 'client', 'null'), b.client);
    if b.client is null then
        return app.refused(422, 'client-required', 'A confirmed booking needs to know who comes.',
                           '{"errors": [{"pointer": "/client", "detail": "is required, since the hold has none"}]}');
    end if;
    update app.booking k
    set status = 'confirmed', client = b.client, intake = coalesce(nullif(body -> 'intake', 'null'), k.intake),
        version = k.version + 1, updated_at = app.now()
    where k.clinic_id = b.clinic_id and k.id = b.id
    returning * into b;
    update app.occupancy o set expires_at = null where o.clinic_id = b.clinic_id and o.booking_id = b.id;
    perform app.booking_record(b, 'held', 'confirmBooking', caller);
    return app.booking_done(b, 200, caller);
end
$$;

-- body: reason?. A hold costs nothing, and so does what the clinic itself cancels; else the policy that the booking was made
-- under decides, by its own figures.
create or replace function app.cancel_booking(booking_id uuid, body jsonb, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    moment timestamptz := app.now();
    by_clinic boolean := coalesce('bookings:desk' = any (string_to_array(scopes, ' ')), false);
    reason text := body ->> 'reason';
    was text;
    percent int;
    b app.booking;
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is not null then
        return answer;
    end if;
    b := app.lock_booking(booking_id, clinics);
    if b.id is null then
        return null;
    elsif b.status not in ('held', 'confirmed') then
        return app.booking_refusal(b, 'It has ended already.');
    elsif b.starts_at <= moment then
        return app.booking_refusal(b, 'It has begun.');
    end if;
    was := b.status;
    update app.booking k
    set status = 'cancelled', ended_by = caller.sub, end_reason = reason, version = k.version + 1, updated_at = moment
    where k.clinic_id = b.clinic_id and k.id = b.id
    returning * into b;
    delete from app.occupancy o where o.clinic_id = b.clinic_id and o.booking_id = b.id;
    percent := (b.policy ->> 'late_cancellation_fee_percent')::int;
    if was = 'confirmed' and moment > b.free_cancel_until and not by_clinic and app.share(b.price_amount, percent) > 0 then
        insert into app.charge (clinic_id, booking_id, source, kind, percent, amount, currency, created_at, updated_at)
        values (b.clinic_id, b.id, b.source, 'late_cancellation', percent, app.share(b.price_amount, percent),
                b.price_currency, moment, moment);
    end if;
    perform app.booking_record(b, was, 'cancelBooking', caller);
    return app.booking_done(b, 200, caller);
end
$$;

-- ---------------------------------------------------------------- read

create or replace function app.read_booking(booking_id uuid, clinics text)
returns app.answer language plpgsql stable as $$
declare
    b app.booking;
begin
    select * into b from app.booking k where k.id = booking_id and app.clinic_allowed(k.clinic_id, clinics);
    if not found then
        return null;
    end if;
    b := app.booking_now(b, app.now());
    return row(200, app.booking_json(b), b.version, null, null)::app.answer;
end
$$;

-- args: the operation's parameters and sub, scopes, clinics. By start, then id. A partner gets its own bookings, a desk those
-- of its clinics; each along its index, clinic by clinic for a desk: one condition for both would sort everything for a page.
-- Only the filters that are there become part of the statement (never their values), so that each is planned for itself: a
-- generic plan of "no filter or equal" sorted 100,000 rows for a page, 300 ms against 1.
create or replace function app.list_bookings(args jsonb)
returns app.answer language plpgsql stable as $$
declare
    moment timestamptz := app.now();
    page int := coalesce((args ->> 'limit')::int, 20);
    for_desk boolean := coalesce('bookings:desk' = any (string_to_array(args ->> 'scopes', ' ')), false);
    clinics uuid[] := app.argument_list(args ->> 'clinic_id')::uuid[];
    allowed uuid[] := app.clinics_filter(args ->> 'clinics');
    after jsonb;
    after_start timestamptz;
    after_id uuid;
    filters text := '';
    found_bookings app.booking[];
    last_one app.booking;
    next_cursor text;
begin
    if args ? 'cursor' then
        begin
            after := app.cursor_decode(args ->> 'cursor', 2);
            after_start := after ->> 0;
            after_id := after ->> 1;
        exception when data_exception then
            after_id := null;
        end;
        if after_start is null or after_id is null then
            return row(400, app.cursor_problem()::json, null, null, null)::app.answer;
        end if;
        filters := ' and (b.starts_at, b.id) > ($1, $2)';
    end if;
    if allowed is not null then
        clinics := case when clinics is null then allowed
                   else array(select unnest(clinics) intersect select unnest(allowed)) end;
    elsif clinics is null and for_desk then
        clinics := array(select c.id from app.clinic c);
    end if;

    filters := filters
        || case when args ? 'location_id' then ' and b.location_id = any ($3)' else '' end
        || case when args ? 'practitioner_id' then ' and b.practitioner_id = any ($4)' else '' end
        || case when args ? 'status' then
               ' and case when b.status = ''held'' and b.hold_expires_at <= $5 then ''expired'' else b.status end = any ($6)' else '' end
        || case when args ? 'from' then ' and b.starts_at >= $7' else '' end
        || case when args ? 'to' then ' and b.starts_at < $8' else '' end
        || case when args ? 'reference' then ' and b.reference = $9' else '' end
        || case when args ? 'external_ref' then ' and b.external_ref = $10' else '' end
        || case when clinics is not null and not for_desk then ' and b.clinic_id = any ($11)' else '' end;
    execute 'select array_agg(f.b order by (f.b).starts_at, (f.b).id) from (select k.b from '
        || case when for_desk then 'unnest($11) as c (id) cross join lateral (select b from app.booking b where b.clinic_id = c.id'
                else '(select b from app.booking b where b.source = $12' end
        || filters || ' order by b.starts_at, b.id limit $13) as k order by (k.b).starts_at, (k.b).id limit $13) as f'
    into found_bookings
    using after_start, after_id, app.argument_list(args ->> 'location_id')::uuid[], app.argument_list(args ->> 'practitioner_id')::uuid[],
          moment, app.argument_list(args ->> 'status'), (args ->> 'from')::timestamptz, (args ->> 'to')::timestamptz,
          translate(args ->> 'reference', 'OIL', '011'),  -- as people read it out: O is zero, I and L are one
          args ->> 'external_ref', clinics, args ->> 'sub', page + 1;

    if cardinality(found_bookings) > page then
        last_one := found_bookings[page];
        next_cursor := app.cursor_encode(jsonb_build_array(app.cursor_instant(last_one.starts_at), last_one.id));
    end if;
    return row(200,
               json_build_object(
                   'items', (select coalesce(json_agg(app.booking_json(app.booking_now(b, moment)) order by b.starts_at, b.id), '[]')
                             from unnest(found_bookings[1:page]) as b),
                   'next', next_cursor),
               null, null, null)::app.answer;
end
$$;

-- ---------------------------------------------------------------- alternatives of who lost

-- body: as of createBooking. Up to three free starts of the same offering near the one that was asked for: first with the same
-- practitioner (if one was named) at the same location within three days, then with anybody there or elsewhere within ten,
-- where another person counts as a day away and another location as two. Runs after the refused act, under no lock.
create or replace function app.booking_alternatives(body jsonb, clinics text, scopes text, lang text)
returns json language plpgsql stable as $$
declare
    moment timestamptz := app.now();
    wanted timestamptz := body ->> 'start';
    wanted_practitioner uuid := body ->> 'practitioner_id';
    wanted_location uuid := body ->> 'location_id';
    days int;
    search record;
    starts timestamptz[];
    numbers int[];
    slots record;
begin
    foreach days in array '{3,10}'::int[] loop
        search := app.search_read(jsonb_strip_nulls(jsonb_build_object(
            'from', app.cursor_instant(wanted - make_interval(days => days)),
            'to', app.cursor_instant(wanted + make_interval(days => days)),
            'offering_id', body ->> 'offering_id',
            'practitioner_id', case when days = 3 then wanted_practitioner end,
            'location_id', case when days = 3 then wanted_location end,
            'clinics', clinics, 'scopes', scopes)), moment);
        if search.status is null and search.candidates is not null then
            select array_agg(f.start order by f.away, f.start, f.n), array_agg(f.n order by f.away, f.start, f.n) into starts, numbers
            from (select distinct on (g.away, g.start) g.start, g.n, g.away
                  from (select s.start, s.n,
                               greatest(s.start - wanted, wanted - s.start)
                               + case when c.practitioner_id <> wanted_practitioner then interval '24 hours' else interval '0' end
                               + case when c.location_id <> wanted_location then interval '48 hours' else interval '0' end as away
                        from app.grid_starts(search.candidates, search.since, search.until, moment, null, null, null, null) as s
                        join unnest(search.candidates) as c on c.n = s.n) as g
                  order by g.away, g.start, g.n limit 3) as f;
        end if;
        exit when cardinality(starts) = 3;
    end loop;
    if starts is null then
        return '[]';
    end if;
    slots := app.slots(search.candidates, starts, numbers, null, lang);
    return slots.items;
end
$$;
