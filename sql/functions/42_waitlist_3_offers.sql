-- What the worker does for the waiting list, in three works (45_work.sql says what a work is):
--   work_hear_freed    reads the change log: what became of offers is written down, what may have become free is noted
--   work_offer_freed   asks the line about what was noted and makes one offer at a time
--   work_end_waiting   writes down entries whose dates are over
-- The line of a clinic is asked by one worker at a time (app.try_lock_line) and in the order of the entries, so a place goes to the
-- earliest that it fits. Others may take the place meanwhile: what is offered is found and taken as in any booking.

-- ---------------------------------------------------------------- what became of offers

-- Follows the booking of an offer that has been confirmed or has ended.
create or replace function app.follow_offer(clinic uuid, booking uuid)
returns void language plpgsql volatile as $$
declare
    target uuid := (select e.id from app.waitlist_entry e where e.clinic_id = clinic and e.booking_id = booking and e.status = 'offered');
    e app.waitlist_entry;
    lapsed int;
    nobody app.caller;
begin
    if target is null then
        return;
    end if;
    perform app.lock_acts_on(target);
    select * into e from app.waitlist_entry k
    where k.clinic_id = clinic and k.id = target and k.booking_id = booking and k.status = 'offered';
    if not found then
        return;
    end if;
    lapsed := e.offers_unanswered;
    e := app.entry_now(e, app.now(), written := true);
    if e.status <> 'offered' then
        perform app.write_entry(e, 'offered', case when e.status <> 'waiting' then e.status
                                                   when e.offers_unanswered > lapsed then 'lapsed' else 'declined' end, null, nobody);
    end if;
end
$$;

-- ---------------------------------------------------------------- what may have become free

-- Whether anybody waits at the clinic.
create or replace function app.line_exists(clinic uuid)
returns boolean language plpgsql stable as $$
begin
    return exists (select from app.waitlist_entry e where e.clinic_id = clinic and e.status in ('waiting', 'offered'));
end
$$;

create or replace function app.note_freed(clinic uuid, practitioner uuid, location uuid, offering uuid, since timestamptz, until timestamptz)
returns void language plpgsql volatile as $$
declare
    begins timestamptz := greatest(since, app.now());
begin
    if begins >= until or not app.line_exists(clinic) then
        return;
    end if;
    -- What is noted already, and not begun, will be asked about as it is then.
    insert into app.waitlist_freed (clinic_id, practitioner_id, location_id, offering_id, since, until, day_from)
    select clinic, practitioner, location, offering, begins, note_freed.until, begins
    where not exists (select from app.waitlist_freed f
                      where f.clinic_id = clinic and f.practitioner_id is not distinct from practitioner
                        and f.location_id is not distinct from location and f.offering_id is not distinct from offering
                        and f.since <= begins and f.until >= note_freed.until and f.day_from = f.since and f.after_id is null and f.tries = 0);
end
$$;

-- The place of a booking, as its facts in the change log tell it, with the buffers of its offering. With a room also others may
-- have waited for that.
create or replace function app.note_freed_place(clinic uuid, facts jsonb, offering uuid)
returns void language plpgsql volatile as $$
declare
    before interval;
    after interval;
begin
    select make_interval(mins => o.buffer_before_minutes), make_interval(mins => o.buffer_after_minutes) into before, after
    from app.offering o where o.clinic_id = clinic and o.id = offering;
    perform app.note_freed(clinic, case when facts ->> 'room_id' is null then (facts ->> 'practitioner_id')::uuid end,
                           case when facts ->> 'room_id' is not null then (facts ->> 'location_id')::uuid end, null,
                           (facts ->> 'start')::timestamptz - before, (facts ->> 'end')::timestamptz + after);
end
$$;

-- Whether a change of the directory may give somebody more time: hours, people, places, rooms, offerings, the policy. Of a patch
-- the names of the members tell.
create or replace function app.may_open(c app.change)
returns boolean language sql immutable parallel safe as $$
    select case when c.kind = 'archived' then c.entity = 'exception'
                when c.kind <> 'updated' or c.entity in ('schedule', 'exception') then true
                when c.entity = 'practitioner' then c.data -> 'changed' ?| '{location_ids,qualifications}'
                when c.entity = 'location' then c.data -> 'changed' ? 'timezone'
                when c.entity = 'room' then c.data -> 'changed' ?| '{location_id,kind}'
                when c.entity = 'offering' then c.data -> 'changed' ?| '{practitioner_ids,location_ids,treatment,duration_minutes,buffer_before_minutes,buffer_after_minutes,step_minutes,room_kind,seats,self_bookable}'
                when c.entity = 'clinic' then c.data -> 'changed' ? 'policy'
                when c.entity = 'treatment' then c.data -> 'changed' ? 'requires_qualification' end
$$;

-- Such a change is noted for as long as anybody waits. What it really opens is seen when the line is asked.
create or replace function app.note_opened(c app.change)
returns void language plpgsql volatile as $$
declare
    practitioner uuid := case when c.entity = 'practitioner' then c.entity_id when c.entity in ('schedule', 'exception') then c.data ->> 'practitioner_id' end;
    location uuid := case when c.entity = 'location' then c.entity_id when c.entity in ('schedule', 'exception', 'room') then c.data ->> 'location_id' end;
    offering uuid := case when c.entity = 'offering' then c.entity_id end;
    first_day date;
    last_day date;
    horizon_days int;
    until timestamptz;
begin
    if c.data ? 'date_from' then
        first_day := least((c.data ->> 'date_from')::date, (c.data -> 'was' ->> 'date_from')::date);
        last_day := greatest((c.data ->> 'date_to')::date, (c.data -> 'was' ->> 'date_to')::date);
    end if;
    select (app.policy(k.policy) ->> 'booking_horizon_days')::int into horizon_days from app.clinic k where k.id = c.clinic_id;
    -- As far as anybody waits, and may book; some hours more, for the zones.
    select least(max(e.ends_at), (last_day + 2)::timestamp at time zone 'UTC', app.now() + make_interval(days => horizon_days + 2)) into until
    from app.waitlist_entry e
    where e.clinic_id = c.clinic_id and e.status in ('waiting', 'offered')
    having count(*) > 0;
    if found then
        perform app.note_freed(c.clinic_id, practitioner, location, offering, coalesce((first_day - 1)::timestamp at time zone 'UTC', app.now()),
                               until);
    end if;
end
$$;

-- What a change means for the waiting list.
create or replace function app.hear_change(c app.change)
returns void language plpgsql volatile as $$
declare
    opened app.change;
begin
    if c.entity = 'booking' then
        if c.kind in ('confirmed', 'cancelled', 'expired') then
            perform app.follow_offer(c.clinic_id, c.entity_id::uuid);
        end if;
        if c.kind in ('cancelled', 'expired', 'completed', 'no_show') then
            perform app.note_freed_place(c.clinic_id, c.data, (c.data ->> 'offering_id')::uuid);
        elsif c.kind = 'rescheduled' then
            perform app.note_freed_place(c.clinic_id, c.data -> 'previous', (c.data ->> 'offering_id')::uuid);
        end if;
    elsif c.entity in ('schedule', 'exception', 'practitioner', 'location', 'room', 'offering', 'clinic') and app.may_open(c) then
        perform app.note_opened(c);
    elsif c.entity = 'treatment' and app.may_open(c) then
        -- It may be given again, or without a certificate, wherever it is offered.
        for opened.clinic_id in
            select distinct o.clinic_id from app.offering o where o.treatment = c.entity_id and o.status = 'active' and app.line_exists(o.clinic_id)
        loop
            opened.entity := 'clinic';
            opened.data := '{}';
            perform app.note_opened(opened);
        end loop;
    end if;
end
$$;

create or replace function app.work_hear_freed(most int)
returns int language plpgsql volatile as $$
declare
    c app.change;
    heard int := 0;
begin
    for c in select * from app.changes_for('waitlist', most) loop
        heard := heard + 1;
        begin
            perform app.hear_change(c);
        exception when data_exception or integrity_constraint_violation then
            raise warning 'the waiting list does not understand change %', c.id;
        end;
    end loop;
    return heard;
end
$$;

-- ---------------------------------------------------------------- who gets it

-- Free starts whose treatment and buffers take some of [since, until), by the rules of search.
create or replace function app.places_free(clinic uuid, offerings uuid[], practitioner uuid, location uuid, for_desk boolean,
                                           since timestamptz, until timestamptz)
returns table (start timestamptz, ends timestamptz, is_first boolean, n int, offering_id uuid, treatment text, practitioner_id uuid,
               location_id uuid, zone text, desk boolean)
language plpgsql stable as $$
declare
    moment timestamptz := app.now();
    search record;
    candidates app.candidate[];
begin
    -- No block is longer than a day.
    search := app.search_read(jsonb_strip_nulls(jsonb_build_object(
        'from', app.cursor_instant(since - interval '1 day'), 'to', app.cursor_instant(until + interval '4 hours'), 'clinic_id', clinic,
        'offering_id', offerings, 'practitioner_id', practitioner, 'location_id', location,
        'clinics', '*', 'scopes', case when for_desk then 'bookings:desk' else '' end)), moment);
    -- Starts are multiples of five minutes.
    select array_agg(jsonb_populate_record(c, jsonb_build_object(
        'starts_from', greatest(c.starts_from, since - c.duration - c.buffer_after + interval '5 minutes'),
        'starts_until', least(c.starts_until, until + c.buffer_before)))) into candidates
    from unnest(search.candidates) as c;
    if candidates is null then
        return;
    end if;
    return query
        select g.start, g.start + c.duration, g.start = since + c.buffer_before, g.n, c.offering_id, o.treatment, c.practitioner_id,
               c.location_id, c.zone, places_free.for_desk
        from app.grid_starts(candidates, search.since, search.until, moment, null, null, null, null) as g
        join unnest(candidates) as c on c.n = g.n
        join app.offering o on o.clinic_id = clinic and o.id = c.offering_id;
end
$$;

-- The first of these entries, in the order of the line, that one of the free places fits, and which: the time that was given
-- up itself, if it fits, else the earliest.
create or replace function app.first_in_line(clinic uuid, entries uuid[], f app.waitlist_freed, until timestamptz,
                                             out entry uuid, out start timestamptz, out offering uuid, out location uuid, out practitioner uuid)
language plpgsql stable as $$
declare
    moment timestamptz := app.now();
    policy jsonb := (select app.policy(c.policy) from app.clinic c where c.id = clinic);
    offerings uuid[];
    has_desk boolean;
    has_others boolean;
begin
    select array_agg(distinct wanted.id), bool_or(e.by_desk), bool_or(not e.by_desk) into offerings, has_desk, has_others
    from app.waitlist_entry e cross join unnest(app.entry_offerings(e)) as wanted (id)
    where e.clinic_id = clinic and e.id = any (entries) and wanted.id = coalesce(f.offering_id, wanted.id);
    if offerings is null then
        return;
    end if;
    with free as materialized (
        select p.* from app.places_free(clinic, offerings, f.practitioner_id, f.location_id, false, f.day_from, until) as p where has_others
        union all
        select p.* from app.places_free(clinic, offerings, f.practitioner_id, f.location_id, true, f.day_from, until) as p where has_desk
    )
    select e.id, place.start, place.offering_id, place.location_id, place.practitioner_id
    into entry, start, offering, location, practitioner
    from app.waitlist_entry e
    cross join lateral (
        select free.* from free
        where free.desk = e.by_desk and (free.offering_id = any (e.offering_ids) or free.treatment = any (e.treatments))
          and (e.practitioner_ids = '{}' or free.practitioner_id = any (e.practitioner_ids))
          and (e.location_ids = '{}' or free.location_id = any (e.location_ids))
          and free.start >= moment + make_interval(mins => app.entry_notice(e, policy)) + app.time_to_answer(policy)
          and app.entry_fits(e, free.start, free.ends, free.zone)
        order by not free.is_first, free.start, free.n limit 1) as place
    where e.clinic_id = clinic and e.id = any (entries)
    order by e.created_at, e.id limit 1;
end
$$;

-- The offer: a hold for the entry's client, entered as its partner's, that ends when the time to answer is over. False when the
-- place is not to be had any more, or the entry has gone on.
create or replace function app.offer_place(clinic uuid, entry uuid, start timestamptz, offering_id uuid, location uuid, practitioner uuid)
returns boolean language plpgsql volatile as $$
declare
    moment timestamptz := app.now();
    e app.waitlist_entry;
    offering app.offering;
    rooms uuid[];
    place app.place;
    partner app.caller;
    nobody app.caller;
    b app.booking;
begin
    perform app.lock_acts_on(entry);
    perform app.lock_rules_shared(clinic);
    select * into offering from app.offering o where o.clinic_id = clinic and o.id = offer_place.offering_id;
    rooms := app.rooms_for(offering, location);
    perform app.lock_bookable(clinic, array[practitioner], rooms);
    select * into e from app.waitlist_entry k where k.clinic_id = clinic and k.id = entry;
    if e.status <> 'waiting' or e.ends_at <= moment then
        return false;
    end if;
    place := app.find_place(clinic, offering.id, location, array[practitioner], array[practitioner], rooms, start, e.by_desk, false, practitioner);
    if (place.refusal).status is not null then
        return false;
    end if;
    partner.sub := e.source;
    b := app.new_booking(place, start, jsonb_build_object('client', e.client, 'note', e.note, 'external_ref', e.external_ref), partner);
    b.status := 'held';
    b.waitlist_entry_id := e.id;
    b.hold_expires_at := least(moment + make_interval(mins => (place.policy ->> 'waitlist_offer_minutes')::int),
                               start - make_interval(mins => app.entry_notice(e, place.policy)));
    if b.hold_expires_at < moment + app.time_to_answer(place.policy) then
        return false;
    end if;
    b.hold_extended_at := moment;  -- others wait: it is not extended
    b := app.enter_booking(b, place.chosen);
    nobody.sub := 'clinicd';
    perform app.record_booking(b, null, 'held', jsonb_build_object('waitlist_entry_id', e.id), 'offerFreedTime', nobody, null);
    e.status := 'offered';
    e.booking_id := b.id;
    e.offered := e.offered * tstzmultirange(tstzrange(moment, null)) + tstzmultirange(tstzrange(b.starts_at, b.ends_at));
    e.updated_at := moment;
    perform app.write_entry(e, 'waiting', 'offered', null, nobody);
    return true;
end
$$;

-- ---------------------------------------------------------------- asking the line

-- Asks up to `most` entries of the line about a day of what was freed, or about as many days as nobody waits for, and makes at
-- most one offer. How many it asked, at least 1. Call it under the lock of the line.
create or replace function app.ask_line(f app.waitlist_freed, most int)
returns int language plpgsql volatile as $$
declare
    until timestamptz;
    entries uuid[];
    choice record;
    reached uuid;
begin
    loop
        until := least(f.day_from + interval '1 day', f.until);
        entries := array(select e.id from app.waitlist_entry e
                         where e.clinic_id = f.clinic_id and e.status = 'waiting' and e.ends_at > app.now()
                           and (f.after_id is null or (e.created_at, e.id) > (f.after_at, f.after_id))
                           -- Whatever the zone; app.entry_fits decides.
                           and e.date_from <= (until + interval '1 day')::date and e.date_to >= (f.day_from - interval '2 days')::date
                         order by e.created_at, e.id limit most);
        exit when entries <> '{}' or until >= f.until;
        f.day_from := until;
        f.after_id := null;
    end loop;
    choice := app.first_in_line(f.clinic_id, entries, f, until);
    if choice.entry is not null then
        if app.offer_place(f.clinic_id, choice.entry, choice.start, choice.offering, choice.location, choice.practitioner) then
            reached := choice.entry;
        else
            -- Somebody was quicker; what is left is asked again, but not for ever.
            f.tries := f.tries + 1;
            reached := case when f.tries >= 5 then choice.entry end;
        end if;
    elsif cardinality(entries) = most then
        reached := entries[most];
    elsif until >= f.until then
        delete from app.waitlist_freed k where k.clinic_id = f.clinic_id and k.id = f.id;
        return greatest(1, cardinality(entries));
    else
        f.day_from := until;
        f.after_id := null;
    end if;
    if reached is not null then
        f.tries := 0;
        select e.created_at, e.id into f.after_at, f.after_id from app.waitlist_entry e where e.clinic_id = f.clinic_id and e.id = reached;
    end if;
    update app.waitlist_freed k
    set day_from = f.day_from, after_at = f.after_at, after_id = f.after_id, tries = f.tries
    where k.clinic_id = f.clinic_id and k.id = f.id;
    return greatest(1, cardinality(entries));
end
$$;

create or replace function app.work_offer_freed(most int)
returns int language plpgsql volatile as $$
declare
    clinic uuid;
    f app.waitlist_freed;
begin
    for clinic in select k.clinic_id from app.waitlist_freed k group by k.clinic_id order by min(k.id) limit 50 loop
        continue when not app.try_lock_line(clinic);
        -- Anew, under the lock: another worker may just have been at it.
        select * into f from app.waitlist_freed k where k.clinic_id = clinic order by k.id limit 1;
        if found then
            return app.ask_line(f, most);
        end if;
    end loop;
    return 0;
end
$$;

-- ---------------------------------------------------------------- the end of waiting

-- Who waited in vain: such an entry has been expired since then for everybody who asks.
create or replace function app.work_end_waiting(most int)
returns int language plpgsql volatile as $$
declare
    e app.waitlist_entry;
    nobody app.caller;
    done int := 0;
begin
    for e in
        select k.* from app.waitlist_entry k where k.status = 'waiting' and k.ends_at <= app.now() order by k.ends_at limit most
    loop
        continue when not app.try_lock_acts_on(e.id);
        select * into e from app.waitlist_entry k where k.clinic_id = e.clinic_id and k.id = e.id and k.status = 'waiting';
        continue when not found;
        perform app.write_entry(app.entry_now(e, app.now()), 'waiting', 'expired', null, nobody);
        done := done + 1;
    end loop;
    return done;
end
$$;
