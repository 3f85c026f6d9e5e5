-- Who gets what has become free, in two works (45_work.sql says what a work is):
--   work_offer_freed   asks the line about what was noted and makes one offer at a time
--   work_end_waiting   writes down entries whose dates are over
-- The line of a clinic is asked by one worker at a time (app.try_lock_line) and in the order of the entries, so a place goes to the
-- earliest that it fits. Others may take the place meanwhile: what is offered is found and taken as in any booking.

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
        select k.*, dense_rank() over (order by k.start, k.ends, k.zone) as visit
        from (select p.* from app.places_free(clinic, offerings, f.practitioner_id, f.location_id, false, f.day_from, until) as p where has_others
              union all
              select p.* from app.places_free(clinic, offerings, f.practitioner_id, f.location_id, true, f.day_from, until) as p where has_desk) as k
    ), visits as materialized (  -- judged once for all who are free then
        select distinct free.visit, free.start, free.ends, free.zone from free
    )
    select e.id, place.start, place.offering_id, place.location_id, place.practitioner_id
    into entry, start, offering, location, practitioner
    from app.waitlist_entry e
    cross join lateral (
        select free.* from free
        where free.visit = any ((select array_agg(v.visit) from visits v
                                 where v.start >= moment + make_interval(mins => app.entry_notice(e, policy)) + app.time_to_answer(policy)
                                   and app.entry_fits(e, v.start, v.ends, v.zone))::bigint[])
          and free.desk = e.by_desk and (free.offering_id = any (e.offering_ids) or free.treatment = any (e.treatments))
          and (e.practitioner_ids = '{}' or free.practitioner_id = any (e.practitioner_ids))
          and (e.location_ids = '{}' or free.location_id = any (e.location_ids))
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

-- The next of the line who may want that day of what was freed, at most so many.
create or replace function app.line_of_day(f app.waitlist_freed, most int)
returns setof app.waitlist_entry language plpgsql stable as $$
declare
    until timestamptz := least(f.day_from + interval '1 day', f.until);
begin
    return query
        select e.* from app.waitlist_entry e
        where e.clinic_id = f.clinic_id and e.status = 'waiting' and e.ends_at > app.now()
          and (f.after_id is null or (e.created_at, e.id) > (f.after_at, f.after_id))
          -- Whatever the zone; app.entry_fits decides.
          and e.date_from <= (until + interval '1 day')::date and e.date_to >= (f.day_from - interval '2 days')::date
        order by e.created_at, e.id limit most;
end
$$;

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
        entries := array(select e.id from app.line_of_day(f, most) as e order by e.created_at, e.id);
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

-- After a failure that is not of the moment fewer are asked at once, until it is known for whom it fails; that one is passed over,
-- and the rest of the line is asked. (What is cut by the clock is taken back whole, but the next turn is another clinic's.)
create or replace function app.ask_line_safely(f app.waitlist_freed, most int)
returns int language plpgsql volatile as $$
declare
    asked int := greatest(1, most >> (2 * f.tries));
    stuck app.waitlist_entry;
begin
    return app.ask_line(f, asked);
exception when data_exception or integrity_constraint_violation or cardinality_violation or raise_exception then
    raise warning 'the line cannot be asked about what was freed as % (%)', f.id, sqlstate;
    if asked > 1 then
        update app.waitlist_freed k set tries = f.tries + 1 where k.clinic_id = f.clinic_id and k.id = f.id;
        return asked;
    end if;
    select * into stuck from app.line_of_day(f, 1);
    update app.waitlist_freed k
    set after_at = stuck.created_at, after_id = stuck.id, tries = 0,
        day_from = case when stuck.id is null then f.day_from + interval '1 day' else f.day_from end
    where k.clinic_id = f.clinic_id and k.id = f.id and (stuck.id is not null or f.day_from + interval '1 day' < f.until);
    if not found then
        delete from app.waitlist_freed k where k.clinic_id = f.clinic_id and k.id = f.id;
    end if;
    return asked;
end
$$;

-- Clinics in no order, so that neither a season of new hours at one nor what fails there keeps another waiting.
create or replace function app.work_offer_freed(most int)
returns int language plpgsql volatile as $$
declare
    clinic uuid;
    f app.waitlist_freed;
begin
    for clinic in select k.clinic_id from app.waitlist_freed k group by k.clinic_id order by random() limit 50 loop
        continue when not app.try_lock_line(clinic);
        -- Anew, under the lock: another worker may just have been at it. A single place does not wait for a season of new hours.
        select * into f from app.waitlist_freed k where k.clinic_id = clinic
        order by k.until - k.since > interval '1 day', k.id limit 1;
        if found then
            return app.ask_line_safely(f, most);
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
