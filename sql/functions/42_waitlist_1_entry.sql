-- The waiting list: an entry, what it wishes, what has become of it, its place in the line, how it is written. The acts of
-- people on it are in 42_waitlist_2_acts.sql, what the worker does in 42_waitlist_3_freed.sql and 42_waitlist_4_offers.sql.
--
-- waiting -> offered -> accepted; offered -> waiting again when the offer is declined or runs out; or the end: declined,
-- expired (three offers in a row unanswered, or its dates over), withdrawn.
-- An offer is a hold like any other, made by the service for the partner of the entry, and what becomes of the booking is what
-- becomes of the entry: confirmed, by whatever way, it is accepted; cancelled while it was a hold, declined; run out, unanswered.
-- So an entry that is stored as `offered` is read through its booking, from that instant on; the worker writes it down later.

-- ---------------------------------------------------------------- rules of the line

-- How many offers in a row may run out before an entry ends.
create or replace function app.offers_unanswered_limit()
returns int language sql immutable parallel safe as $$
    select 3
$$;

-- Nobody is offered what they could not answer in this time: a quarter of an hour, or what an offer lasts if that is less.
create or replace function app.time_to_answer(policy jsonb)
returns interval language sql immutable parallel safe as $$
    select make_interval(mins => least(15, (policy ->> 'waitlist_offer_minutes')::int))
$$;

-- The notice that an entry needs: its own, but never less than the clinic's.
create or replace function app.entry_notice(e app.waitlist_entry, policy jsonb)
returns int language sql immutable parallel safe as $$
    select greatest(e.notice_minutes, (policy ->> 'min_notice_minutes')::int)
$$;

-- The entry as it is now. A hold counts as run out from its end on, or, with `written`, once that has been written down: whoever
-- acts on what is free again must not overtake an act that began before that end.
create or replace function app.entry_now(e app.waitlist_entry, moment timestamptz, written boolean default false)
returns app.waitlist_entry language plpgsql stable as $$
declare
    b app.booking;
begin
    if e.status = 'offered' then
        select * into b from app.booking k where k.clinic_id = e.clinic_id and k.id = e.booking_id;
        b := app.booking_now(b, case when written then '-infinity' else moment end);
        if b.confirmed_at is not null then
            e.status := 'accepted';
            e.updated_at := b.confirmed_at;
        elsif b.status <> 'held' then
            e.offers_unanswered := case b.status when 'expired' then e.offers_unanswered + 1 else 0 end;
            e.status := case when e.offers_unanswered >= app.offers_unanswered_limit() then 'expired' else 'waiting' end;
            e.booking_id := null;
            e.updated_at := b.updated_at;
        end if;
    end if;
    if e.status = 'waiting' and e.ends_at <= moment then
        e.status := 'expired';
        e.updated_at := e.ends_at;
    end if;
    return e;
end
$$;

-- Whether that visit lies on the entry's dates, wholly within one of its windows, and apart from all that it was offered before.
create or replace function app.entry_fits(e app.waitlist_entry, starts_at timestamptz, ends_at timestamptz, zone text)
returns boolean language plpgsql stable as $$
declare
    begins timestamp := starts_at at time zone zone;
    ends timestamp := ends_at at time zone zone;
begin
    return begins::date between e.date_from and e.date_to
           and not e.offered && tstzrange(starts_at, ends_at)
           and (e.windows = '[]'
                or exists (select from jsonb_to_recordset(e.windows) as w (weekday int, "from" time, "to" time)
                           -- A window that runs past midnight belongs to the day that it begins on.
                           cross join (values (begins::date), (begins::date - 1)) as d (day)
                           where (w.weekday is null or w.weekday = extract(isodow from d.day))
                             and begins >= d.day + coalesce(w."from", '00:00')
                             and ends <= d.day + coalesce(w."to", '00:00')
                                         + case when coalesce(w."to", '00:00') > coalesce(w."from", '00:00')
                                                then interval '0' else interval '1 day' end));
end
$$;

-- The offerings of the clinic that an entry wishes.
create or replace function app.entry_offerings(e app.waitlist_entry)
returns uuid[] language plpgsql stable as $$
begin
    return array(select o.id from app.offering o
                 where o.clinic_id = e.clinic_id and o.status = 'active'
                   and (o.id = any (e.offering_ids) or o.treatment = any (e.treatments)));
end
$$;

-- ---------------------------------------------------------------- place in the line

-- The minutes of a week, from Monday's first on, that windows let through; a window past midnight runs into the next day, and what
-- runs past Sunday begins the week.
drop function if exists app.windows_meet(jsonb, jsonb);
create or replace function app.week_of(windows jsonb)
returns int4multirange language plpgsql immutable parallel safe as $$
begin
    return (select range_agg(int4range(k.since - shift, k.until - shift))
            from (select (d.day - 1) * 1440 + w.since as since,
                         (d.day - 1) * 1440 + w.until + case when w.until > w.since then 0 else 1440 end as until
                  from (select r.weekday, floor(extract(epoch from coalesce(r."from", '00:00')) / 60)::int as since,
                               ceil(extract(epoch from coalesce(r."to", '00:00')) / 60)::int as until
                        from jsonb_to_recordset(windows) as r (weekday int, "from" time, "to" time)) as w
                  cross join generate_series(coalesce(w.weekday, 1), coalesce(w.weekday, 7)) as d (day)) as k
            cross join unnest('{0,10080}'::int[]) as shift
            where k.until > shift);
end
$$;

-- One more than those of the same clinic who came before, are waiting, and might want the same place: an offering, somebody,
-- somewhere, a date and a time of day in common. With the owner's rights, since most of them are others'; it answers a number.
create or replace function app.entry_position(e app.waitlist_entry)
returns int language plpgsql stable security definer set search_path = app, public, pg_temp as $$
declare
    offerings uuid[] := app.entry_offerings(e);
    wanted_week int4multirange := app.week_of(e.windows);
    wanted_treatments text[] := array(select o.treatment from app.offering o where o.clinic_id = e.clinic_id and o.id = any (offerings));
begin
    return 1 + (select count(*) from app.waitlist_entry o
                where o.clinic_id = e.clinic_id and (o.created_at, o.id) < (e.created_at, e.id) and o.status in ('waiting', 'offered')
                  and (o.offering_ids && offerings or o.treatments && wanted_treatments)
                  and (o.practitioner_ids = '{}' or e.practitioner_ids = '{}' or o.practitioner_ids && e.practitioner_ids)
                  and (o.location_ids = '{}' or e.location_ids = '{}' or o.location_ids && e.location_ids)
                  and o.date_from <= e.date_to and o.date_to >= e.date_from
                  and (o.windows = '[]' or e.windows = '[]' or app.week_of(o.windows) && wanted_week)
                  and (app.entry_now(o, app.now())).status = 'waiting');
end
$$;

-- ---------------------------------------------------------------- what is free for it

-- The first free start that is all that the entry wishes, as a slot; null when there is none. Also one that it was offered: who
-- let it run out may still book it. Time is looked through in growing pieces, as in a search.
create or replace function app.entry_free_now(e app.waitlist_entry, policy jsonb)
returns json language plpgsql stable as $$
declare
    moment timestamptz := app.now();
    offerings uuid[] := app.entry_offerings(e);
    since timestamptz := greatest(moment, e.date_from::timestamp at time zone 'UTC' - interval '1 day');
    ends timestamptz := least(e.ends_at, moment + make_interval(days => (policy ->> 'booking_horizon_days')::int + 2));
    until timestamptz;
    piece interval := interval '1 day';
    search record;
    starts timestamptz[];
    numbers int[];
    slots record;
begin
    e.offered := '{}';
    while since < ends and cardinality(offerings) > 0 loop
        until := least(since + piece, ends);
        search := app.search_read(jsonb_strip_nulls(jsonb_build_object(
            'from', app.cursor_instant(since), 'to', app.cursor_instant(until), 'clinic_id', e.clinic_id, 'offering_id', offerings,
            'practitioner_id', nullif(to_jsonb(e.practitioner_ids), '[]'), 'location_id', nullif(to_jsonb(e.location_ids), '[]'),
            'clinics', '*', 'scopes', case when e.by_desk then 'bookings:desk' else '' end)), moment);
        if search.candidates is not null then
            select array[f.start], array[f.n] into starts, numbers
            from (select visit.start, visit.n
                  from (select g.start, c.duration, c.zone, min(g.n) as n  -- judged once for all who are free then
                        from app.grid_starts(search.candidates, search.since, search.until, moment, null, null, null, null) as g
                        join unnest(search.candidates) as c on c.n = g.n
                        where g.start >= moment + make_interval(mins => app.entry_notice(e, policy))
                        group by g.start, c.duration, c.zone offset 0) as visit
                  where app.entry_fits(e, visit.start, visit.start + visit.duration, visit.zone)
                  order by visit.start, visit.n limit 1) as f;
            if found then
                slots := app.slots(search.candidates, starts, numbers, null, null);
                return slots.items -> 0;
            end if;
        end if;
        since := until;
        piece := least(piece * 3, interval '27 days');
    end loop;
    return null;
end
$$;

-- ---------------------------------------------------------------- an entry as the API writes it

create or replace function app.offer_json(e app.waitlist_entry)
returns json language plpgsql stable as $$
begin
    return (select json_build_object(
                       'booking_id', b.id, 'reference', b.reference, 'start', app.local_instant(b.starts_at, b.timezone),
                       'end', app.local_instant(b.ends_at, b.timezone), 'timezone', b.timezone, 'location_id', b.location_id,
                       'practitioner_id', b.practitioner_id, 'offering_id', b.offering_id, 'treatment', b.treatment,
                       'price', json_build_object('amount', b.price_amount, 'currency', b.price_currency),
                       'free_cancel_until', app.local_instant(b.free_cancel_until, b.timezone),
                       'expires_at', app.local_instant(b.hold_expires_at, b.timezone))
            from app.booking b where b.clinic_id = e.clinic_id and b.id = e.booking_id);
end
$$;

-- e as of app.entry_now.
create or replace function app.entry_json(e app.waitlist_entry)
returns json language plpgsql stable as $$
declare
    policy jsonb := (select app.policy(c.policy) from app.clinic c where c.id = e.clinic_id);
begin
    return json_build_object(
        'id', e.id, 'external_ref', e.external_ref, 'status', e.status,
        'position', case when e.status = 'waiting' then app.entry_position(e) end,
        'offer', case when e.status = 'offered' then app.offer_json(e) end,
        'booking_id', case when e.status = 'accepted' then e.booking_id end,
        'clinic_id', e.clinic_id, 'treatments', e.treatments, 'offering_ids', e.offering_ids,
        'practitioner_ids', e.practitioner_ids, 'location_ids', e.location_ids, 'windows', e.windows,
        'date_from', e.date_from, 'date_to', e.date_to, 'notice_minutes', app.entry_notice(e, policy),
        'offers_unanswered', e.offers_unanswered, 'client', e.client, 'note', e.note, 'source', e.source,
        'created_at', app.utc_instant(e.created_at), 'updated_at', app.utc_instant(e.updated_at));
end
$$;

-- The same for who asks for one: with the first free start that would do, while it waits.
create or replace function app.entry_json_with_free(e app.waitlist_entry)
returns json language plpgsql stable as $$
declare
    policy jsonb := (select app.policy(c.policy) from app.clinic c where c.id = e.clinic_id);
begin
    return app.json_with(app.entry_json(e), json_build_object(
        'free_now', case when e.status = 'waiting' then app.entry_free_now(e, policy) end));
end
$$;

-- One row for the change log and, of an act of people (`operation`), one for the audit. Nothing of the client, and no note.
create or replace function app.record_entry(e app.waitlist_entry, was text, kind text, operation text, caller app.caller)
returns void language plpgsql volatile as $$
declare
    facts jsonb := jsonb_build_object(
        'status', e.status, 'treatments', e.treatments, 'offering_ids', e.offering_ids, 'date_from', e.date_from, 'date_to', e.date_to,
        'booking_id', e.booking_id, 'offers_unanswered', e.offers_unanswered,
        'offer', case when e.status = 'offered' then app.offer_json(e) end);
begin
    insert into app.change (clinic_id, owner, entity, entity_id, kind, data, at)
    values (e.clinic_id, e.source, 'waitlist_entry', e.id, kind, jsonb_strip_nulls(facts), e.updated_at);
    if operation is not null then
        insert into app.audit (clinic_id, at, who, what, entity, entity_id, before, after, request_id)
        values (e.clinic_id, app.now(), coalesce(caller.sub, ''), operation, 'waitlist_entry', e.id,
                case when was is not null then jsonb_build_object('status', was) end, jsonb_strip_nulls(facts), caller.request_id);
    end if;
end
$$;

-- Writes down what has become of an entry since it was `was`. Call it under app.lock_acts_on(e.id).
create or replace function app.write_entry(e app.waitlist_entry, was text, kind text, operation text, caller app.caller)
returns void language plpgsql volatile as $$
begin
    update app.waitlist_entry k
    set status = e.status, booking_id = e.booking_id, offered = e.offered, offers_unanswered = e.offers_unanswered, updated_at = e.updated_at
    where k.clinic_id = e.clinic_id and k.id = e.id;
    perform app.record_entry(e, was, kind, operation, caller);
end
$$;
