-- What the worker hears for the waiting list (work_hear_freed): the change log tells what became of offers, which is written down,
-- and what may have become free, which is noted in app.waitlist_freed. 45_work.sql says what a work is; who gets what is free is
-- in 42_waitlist_4_offers.sql.

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

-- What a change of a booking or of the directory may have freed.
create or replace function app.note_change(c app.change)
returns void language plpgsql volatile as $$
declare
    opened app.change;
begin
    if c.entity = 'booking' then
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

-- An entry waits again: what became free while it had its offer passed it by, and is asked about once more.
create or replace function app.note_missed(clinic uuid, entry text)
returns void language plpgsql volatile as $$
declare
    c app.change;
    offered bigint := (select k.id from app.change k
                       where k.clinic_id = clinic and k.entity = 'waitlist_entry' and k.entity_id = entry and k.kind = 'offered'
                       order by k.id desc limit 1);
begin
    for c in
        select k.* from app.change k where k.clinic_id = clinic and k.id > offered and k.entity <> 'waitlist_entry' order by k.id limit 1000
    loop
        perform app.note_change(c);
    end loop;
end
$$;

-- What a change means for the waiting list.
create or replace function app.hear_change(c app.change)
returns void language plpgsql volatile as $$
begin
    if c.entity = 'booking' and c.kind in ('confirmed', 'cancelled', 'expired') then
        perform app.follow_offer(c.clinic_id, c.entity_id::uuid);
    end if;
    if c.entity = 'waitlist_entry' and c.kind in ('declined', 'lapsed') and c.data ->> 'status' = 'waiting' then
        perform app.note_missed(c.clinic_id, c.entity_id);
    else
        perform app.note_change(c);
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
