-- Where a booking may be: one practitioner and, if the offering wants one, a room, found by the rules of 04_rules.sql under the
-- locks of the caller, and taken. Every act that takes time goes through find_place and occupy; after every act that changes what
-- a booking is, settle_place makes what is taken agree.
--
-- A booking of a group offering has a seat in a session, and the session has the time. Seats are counted under the lock of the
-- practitioner, whom all bookings of the session share. A session is there while one of its seats is held or booked; its block is
-- as firm as the firmest of them, and so gone for everybody when the last hold in it runs out.

do $$
begin
    -- What a booking would take; or, in `refusal`, why there is nothing to take.
    if to_regtype('app.place') is null then
        create type app.place as (chosen app.candidate, room_id uuid, policy jsonb, overridden text[], refusal app.answer);
    end if;
end
$$;

-- Whether a firm session in a block of time leaves hope to a booking that wants it: it may begin there and have a seat left, or
-- it lives by `own` alone, which would leave it.
create or replace function app.may_be_joined(clinic uuid, session uuid, block tstzrange, own uuid)
returns boolean language plpgsql stable as $$
declare
    taken int := app.seats_taken(clinic, session, own, app.now());
begin
    return taken = 0 or exists (select from app.session s
                                join app.offering o on o.clinic_id = s.clinic_id and o.id = s.offering_id and o.seats > taken
                                where s.clinic_id = clinic and s.id = session and s.starts_at <@ block);
end
$$;

-- Those of the practitioners whom no firm booking but `own`, and no full session, keeps from this block of time.
create or replace function app.hopeful_practitioners(clinic uuid, practitioners uuid[], block tstzrange, own uuid)
returns uuid[] language plpgsql stable as $$
begin
    return array(select p from unnest(practitioners) as p
                 where not exists (select from app.occupancy o
                                   where o.clinic_id = clinic and o.resource_id = p and o.expires_at is null
                                     and o.blocked && block and o.booking_id is distinct from own
                                     and (o.session_id is null or not app.may_be_joined(clinic, o.session_id, block, own))));
end
$$;

-- What is told of a time that is taken, in words.
create or replace function app.taken_detail(reasons text[])
returns text language sql immutable parallel safe as $$
    select case when 'full' = any (reasons) then 'Not as many seats are left then.'
                when reasons = '{room_busy}' then 'No room for it is free then.'
                else 'Somebody else has this time.' end
$$;

-- The answer when none of the practitioners is left to hope for: `full` where the offering itself is given then.
create or replace function app.firmly_taken(clinic uuid, offering uuid, practitioners uuid[], start timestamptz)
returns app.answer language plpgsql stable as $$
declare
    reasons text[] := array(
        select distinct case when exists (select from app.session s
                                          where s.clinic_id = clinic and s.practitioner_id = p and s.starts_at = start
                                            and s.offering_id = offering
                                            and app.seats_taken(s.clinic_id, s.id, null, app.now()) > 0)
                             then 'full' else 'practitioner_busy' end as reason
        from unnest(practitioners) as p order by reason);
begin
    return app.refused(409, 'slot-taken', app.taken_detail(reasons), jsonb_build_object('reasons', reasons));
end
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

-- The practitioners as candidates for one start of the offering at the location, for so many seats, by the notice and horizon of
-- now, and the clinic's policy. Null when none of them gives it there, or not to who asks.
create or replace function app.place_candidates(offering uuid, location uuid, practitioners uuid[], for_desk boolean, party int,
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
                         null, f.seats, party, for_desk)::app.candidate),
           (array_agg(f.policy))[1]
    into candidates, policy
    from (select o.*, row_number() over ()::int as n
          from app.offered(array_fill(offering, array[cardinality(practitioners)]), practitioners) as o
          where o.location_id = location and (o.self_bookable or for_desk)) as f;
end
$$;

-- Rule, then free: the practitioner and the room for this start, of the `hopeful` and `rooms` that the caller has locked.
-- `preferred` goes first of several who are free, then whoever's session has seats left, then whoever has least to do; `party` is
-- how many seats are wanted. `overriding` sets aside what the rules say of
-- hours, closures, notice, horizon and grid, but nobody's certificate, no start that has passed or lies between five
-- minutes, and never what others have. Ends lapsed holds that are in the way. Reads all rules anew: what they were before the
-- locks may have changed.
create or replace function app.find_place(clinic uuid, offering uuid, location uuid, practitioners uuid[], hopeful uuid[], rooms uuid[],
                                          start timestamptz, for_desk boolean, overriding boolean, preferred uuid, party int default 1)
returns app.place language plpgsql volatile as $$
declare
    moment timestamptz := app.now();
    offers record;
    candidates app.candidate[];
    reasons record;
    chosen app.candidate;
    block tstzrange;  -- treatment and buffers
    session record;
    place app.place;
begin
    offers := app.place_candidates(offering, location, practitioners, for_desk, party);
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
                                               where rule in ('certificate', 'too_many_seats') or rule = 'notice' and start < moment
                                                  or rule = 'off_grid' and extract(epoch from start) % 300 <> 0)
                    else r.rules end as rules
        from app.start_reasons(candidates, start, moment) as r
    ), free as materialized (
        -- Of several who are free, whoever has least to do around that time.
        select judged.n, judged.broken
        from judged join unnest(candidates) as c on c.n = judged.n
        where judged.rules = '{}' and judged.taken = '{}' and c.practitioner_id = any (hopeful)
        order by c.practitioner_id is distinct from preferred, app.seats_left(c, start, moment) is null,
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
        place.refusal := app.refused(409, 'slot-taken', app.taken_detail(reasons.taken),
                                     jsonb_build_object('reasons', coalesce(reasons.taken, '{practitioner_busy}')));
        return place;
    end if;
    select c.* into chosen from unnest(candidates) as c where c.n = reasons.n;
    place.chosen := chosen;
    place.overridden := case when overriding then reasons.broken end;
    if chosen.seats > 1 then
        select s.room_id into session from app.sessions_of(chosen, start, start, moment) as s;
        if found then
            perform app.expire_holds(clinic, array[chosen.practitioner_id], tstzrange(start, start + chosen.duration));
            place.room_id := session.room_id;
            return place;
        end if;
    end if;
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
            place.refusal := app.refused(409, 'slot-taken', app.taken_detail('{room_busy}'), '{"reasons": ["room_busy"]}');
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

-- The session that a booking of this place joins: the one that is there, else a new one. Null for an offering with one seat. Comes
-- before the booking is written, `occupy` after it.
create or replace function app.session_for(chosen app.candidate, start timestamptz, room uuid)
returns uuid language plpgsql volatile as $$
declare
    session uuid;
begin
    if chosen.seats > 1 then
        select s.id into session from app.sessions_of(chosen, start, start, app.now()) as s;
        if not found then
            insert into app.session (clinic_id, offering_id, location_id, practitioner_id, room_id, starts_at, ends_at,
                                     blocked_from, blocked_to)
            values (chosen.clinic_id, chosen.offering_id, chosen.location_id, chosen.practitioner_id, room, start,
                    start + chosen.duration, start - chosen.buffer_before, start + chosen.duration + chosen.buffer_after)
            returning id into session;
        end if;
    end if;
    return session;
end
$$;

-- Makes the block of a session agree with its seats: firm when one of them is, else until the last hold runs out, gone with the
-- last. With the owner's rights, since the seats are others'. Call it under app.lock_bookable.
create or replace function app.settle_session(clinic uuid, session uuid)
returns void language plpgsql volatile security definer set search_path = app, public, pg_temp as $$
declare
    live record;
begin
    select count(*) as seats, bool_or(b.status = 'confirmed') as firm, max(b.hold_expires_at) as until into live
    from app.booking b
    where b.clinic_id = clinic and b.session_id = session and b.status in ('held', 'confirmed');
    if live.seats = 0 then
        delete from app.occupancy o where o.clinic_id = clinic and o.session_id = session;
        return;
    end if;
    update app.occupancy o set expires_at = case when not live.firm then live.until end
    where o.clinic_id = clinic and o.session_id = session;
    if not found then
        insert into app.occupancy (clinic_id, resource_id, session_id, blocked_from, blocked_to, expires_at)
        select s.clinic_id, r.id, s.id, s.blocked_from, s.blocked_to, case when not live.firm then live.until end
        from app.session s
        cross join unnest(array[s.practitioner_id, s.room_id]) as r (id)
        where s.clinic_id = clinic and s.id = session and r.id is not null;
    end if;
end
$$;

-- Takes the place of a booking that `find_place` found, once the booking is written: treatment and buffers, of the practitioner
-- and of the room; or a seat in its session.
create or replace function app.occupy(b app.booking, chosen app.candidate)
returns void language plpgsql volatile as $$
begin
    if b.session_id is not null then
        perform app.settle_session(b.clinic_id, b.session_id);
        return;
    end if;
    insert into app.occupancy (clinic_id, resource_id, booking_id, blocked_from, blocked_to, expires_at)
    select b.clinic_id, r.id, b.id, b.starts_at - chosen.buffer_before, b.ends_at + chosen.buffer_after,
           case when b.status = 'held' then b.hold_expires_at end
    from unnest(array[b.practitioner_id, b.room_id]) as r (id) where r.id is not null;
end
$$;

-- Makes what a booking takes agree with what it has become: firm, held until another instant, or ended and gone. Comes after the
-- booking is written, under app.lock_bookable.
create or replace function app.settle_place(b app.booking)
returns void language plpgsql volatile as $$
begin
    if b.session_id is not null then
        perform app.settle_session(b.clinic_id, b.session_id);
    elsif b.status in ('held', 'confirmed') then
        update app.occupancy o set expires_at = case when b.status = 'held' then b.hold_expires_at end
        where o.clinic_id = b.clinic_id and o.booking_id = b.id;
    else
        delete from app.occupancy o where o.clinic_id = b.clinic_id and o.booking_id = b.id;
    end if;
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
