-- The rules of availability: what is offered by whom, working windows, what is taken, rooms, certificates, the grid.
-- Written once, for two readers: many starts (search, 05_search.sql) and one start with its reasons (booking, 30_booking_2_place.sql).
--
-- A start s of a treatment of length d with buffers b (before) and a (after) is free when
--   [s, s+d) lies within the union of the practitioner's working windows at the location,
--   [s-b, s+d+a) meets no blocked range of the practitioner, nor of at least one room of the wanted kind,
--   s lies in a range of starts: asked for, after the notice, before the horizon, under a valid certificate,
--   [s, s+d) meets no window that is kept for the clinic's desk until n hours before, when s is more than n hours away (not
--   asked of the desk itself),
--   and the local minute of the day is a multiple of the step.
-- All but the last are multiranges of starts, and sets of starts are intersected before any start is enumerated.
--
-- An offering with seats is given to groups. Who comes first opens a session: the block is the session's, of practitioner and
-- room, and taken for whatever else there is. For the same offering, place, practitioner and start it is no block but a number
-- of seats that are left. All rules but "taken" hold for each further seat as for the first.

-- Whatever is in force: for each pair of offering and practitioner, a row per location where they go together. A practitioner
-- gives an offering at a location when the offering names both and the practitioner works there, and none of them, the
-- clinic or the treatment is archived.
create or replace function app.offered(offerings uuid[], practitioners uuid[])
returns table (clinic_id uuid, practitioner_id uuid, location_id uuid, offering_id uuid, zone text, "position" public.cube,
               duration interval, buffer_before interval, buffer_after interval, step interval,
               room_kind text, treatment text, certificate text, self_bookable boolean, languages text[],
               price_amount bigint, price_currency text, policy jsonb, seats int)
language sql stable parallel safe as $$
    select o.clinic_id, p.id, l.id, o.id, l.timezone, l.position,
           make_interval(mins => o.duration_minutes), make_interval(mins => o.buffer_before_minutes),
           make_interval(mins => o.buffer_after_minutes), make_interval(mins => o.step_minutes),
           o.room_kind, o.treatment, t.requires_qualification, o.self_bookable, p.languages,
           o.price_amount, o.price_currency, app.policy(c.policy), o.seats
    from unnest(offerings, practitioners) as pair (offering_id, practitioner_id)
    join app.offering o on o.id = pair.offering_id and o.status = 'active'
    join app.clinic c on c.id = o.clinic_id and c.status = 'active'
    join app.treatment t on t.code = o.treatment and t.status = 'active'
    join app.offering_practitioner op on op.clinic_id = o.clinic_id and op.offering_id = o.id
                                     and op.practitioner_id = pair.practitioner_id
    join app.practitioner p on p.clinic_id = op.clinic_id and p.id = op.practitioner_id and p.status = 'active'
    join app.practitioner_location pl on pl.clinic_id = p.clinic_id and pl.practitioner_id = p.id
    join app.offering_location ol on ol.clinic_id = pl.clinic_id and ol.offering_id = o.id and ol.location_id = pl.location_id
    join app.location l on l.clinic_id = ol.clinic_id and l.id = ol.location_id and l.status = 'active'
$$;

-- The working time of each practitioner at each location that the candidates name, as far as it meets [since, until):
-- hours = rules, with the windows of a 'replace' instead where one covers the date, and those of each 'add';
-- closed = what is then taken away. A window belongs to the date it starts on and may run into the next day.
-- kept, kept_hours = those of the windows that only the desk may book until so many hours before; null when there are none.
create or replace function app.working_time(candidates app.candidate[], since timestamptz, until timestamptz)
returns table (clinic_id uuid, practitioner_id uuid, location_id uuid, hours tstzmultirange, closed tstzmultirange,
               kept tstzrange[], kept_hours int[])
language sql stable parallel safe as $$
    with pair as materialized (
        select distinct c.clinic_id, c.practitioner_id, c.location_id, c.zone from unnest(candidates) as c
    ), day as materialized (
        select z.zone, d.day::date as day, extract(isodow from d.day)::int as weekday,
               app.day_offset(d.day::date, z.zone) as day_offset
        from (select distinct pair.zone from pair) as z,
             generate_series(date_trunc('day', since at time zone z.zone) - interval '1 day',
                             date_trunc('day', until at time zone z.zone), interval '1 day') as d (day)
    ), span as materialized (
        select day.zone, min(day.day) as first, max(day.day) as last from day group by day.zone
    ), exceptional as materialized (
        select pair.*, e.kind, e.date_from, e.date_to, e.windows
        from pair
        join span on span.zone = pair.zone
        cross join lateral (
            select x.kind, x.date_from, x.date_to, x.windows from app.exception x
            where x.clinic_id = pair.clinic_id and x.practitioner_id = pair.practitioner_id and x.status = 'active'
              and (x.location_id is null or x.location_id = pair.location_id)
              and x.date_to >= span.first and x.date_from <= span.last
            union all
            select x.kind, x.date_from, x.date_to, x.windows from app.exception x
            where x.clinic_id = pair.clinic_id and x.practitioner_id is null and x.location_id = pair.location_id
              and x.status = 'active' and x.date_to >= span.first and x.date_from <= span.last
        ) as e
    ), exceptional_window as materialized (
        select x.clinic_id, x.practitioner_id, x.location_id, x.kind, day.*, w."from", w."to", w.desk_only_until_hours_before as kept_hours
        from exceptional x
        join day on day.zone = x.zone and day.day between x.date_from and x.date_to
        cross join lateral jsonb_to_recordset(x.windows) as w ("from" time, "to" time, desk_only_until_hours_before int)
    ), opening as (
        select pair.clinic_id, pair.practitioner_id, pair.location_id, day.*, s."from", s."to", s.desk_only_until_hours_before as kept_hours
        from pair
        join app.schedule s on s.clinic_id = pair.clinic_id and s.practitioner_id = pair.practitioner_id
                           and (s.location_id = pair.location_id) is true  -- not by the index of the location, where all others are too
                           and s.status = 'active'
        join day on day.zone = pair.zone and day.weekday = s.weekday
                and (s.valid_from is null or day.day >= s.valid_from)
                and (s.valid_until is null or day.day <= s.valid_until)
                and (s.every_weeks = 1
                     or (day.day - (s.valid_from - (extract(isodow from s.valid_from)::int - 1))) / 7 % s.every_weeks = 0)
        where not exists (select from exceptional x
                          where x.practitioner_id = pair.practitioner_id and x.location_id = pair.location_id
                            and x.clinic_id = pair.clinic_id
                            and x.kind = 'replace' and day.day between x.date_from and x.date_to)
        union all
        select w.clinic_id, w.practitioner_id, w.location_id, w.zone, w.day, w.weekday, w.day_offset, w."from", w."to", w.kept_hours
        from exceptional_window w where w.kind in ('replace', 'add')
    ), open_time as (
        select o.clinic_id, o.practitioner_id, o.location_id, range_agg(o.during) as hours,
               array_agg(o.during) filter (where o.kept_hours is not null) as kept,
               array_agg(o.kept_hours) filter (where o.kept_hours is not null) as kept_hours
        from (select k.clinic_id, k.practitioner_id, k.location_id, k.kept_hours,
                     tstzrange(app.edge_near(k.day + k."from", k.zone, false, k.day_offset),
                               app.edge_near(k.day + k."to" + case when k."to" > k."from" then interval '0' else interval '1 day' end,
                                             k.zone, true, k.day_offset)) as during
              from opening k) as o
        group by o.clinic_id, o.practitioner_id, o.location_id
    ), closed_time as (
        select c.clinic_id, c.practitioner_id, c.location_id, range_agg(c.during) as closed
        from (select w.clinic_id, w.practitioner_id, w.location_id,
                     tstzrange(app.edge_near(w.day + w."from", w.zone, false, w.day_offset),
                               app.edge_near(w.day + w."to" + case when w."to" > w."from" then interval '0' else interval '1 day' end,
                                             w.zone, true, w.day_offset)) as during
              from exceptional_window w where w.kind = 'close'
              union all
              -- Without windows: the local days as a stretch of time, from where the first begins to where the next would.
              select x.clinic_id, x.practitioner_id, x.location_id,
                     tstzrange(app.edge(x.date_from::timestamp, x.zone, false), app.edge((x.date_to + 1)::timestamp, x.zone, false))
              from exceptional x where x.kind = 'close' and x.windows = '[]') as c
        group by c.clinic_id, c.practitioner_id, c.location_id
    )
    select o.clinic_id, o.practitioner_id, o.location_id, o.hours, coalesce(c.closed, '{}'), o.kept, o.kept_hours
    from open_time o
    left join closed_time c on c.clinic_id = o.clinic_id and c.practitioner_id = o.practitioner_id and c.location_id = o.location_id
$$;

-- The starts at which a treatment of that length fits into working time.
create or replace function app.fitting_starts(working tstzmultirange, duration interval)
returns table (starts tstzmultirange) language sql immutable parallel safe as $$
    select range_agg(tstzrange(lower(w), upper(w) - duration, '[]'))
    from unnest(working) as w
    where upper(w) - lower(w) >= duration
$$;

-- The starts at which a treatment of that length would meet a window that is the desk's alone at that moment. Hours are elapsed time.
create or replace function app.kept_starts(kept tstzrange[], kept_hours int[], duration interval, moment timestamptz)
returns tstzmultirange language sql immutable parallel safe as $$
    select coalesce((select range_agg(tstzrange(greatest(lower(k.during) - duration, moment + make_interval(hours => k.hours)), upper(k.during), '()'))
                     from unnest(kept, kept_hours) as k (during, hours)
                     where moment + make_interval(hours => k.hours) < upper(k.during)), '{}')
$$;

-- The starts in [since, until) at which the resource would be taken: those whose treatment and buffers meet a block of it.
-- `ahead` is duration plus buffer after, `behind` the buffer before. No block is longer than a day.
-- `any (array[...])`: GiST has no use for it, so the index of the exclusion constraint, which the planner takes for as cheap
-- (it cannot know that a resource has one clinic), leaves the work to the covering primary key: 9 us instead of 39.
create or replace function app.taken_starts(clinic uuid, resource uuid, ahead interval, behind interval,
                                            since timestamptz, until timestamptz, moment timestamptz)
returns table (starts tstzmultirange) language sql stable parallel safe as $$
    select coalesce(range_agg(tstzrange(o.blocked_from - ahead, o.blocked_to + behind, '()')), '{}')
    from app.occupancy o
    where o.clinic_id = any (array[clinic]) and o.resource_id = resource
      and o.blocked_from > since - behind - interval '24 hours' and o.blocked_from < until + ahead
      and o.blocked_to > since - behind
      and (o.expires_at is null or o.expires_at > moment)
$$;

-- The starts at which some room of the kind is free at the location; all of them when no room is wanted.
create or replace function app.roomy_starts(clinic uuid, location uuid, kind text, ahead interval, behind interval,
                                            since timestamptz, until timestamptz, moment timestamptz)
returns table (starts tstzmultirange) language sql stable parallel safe as $$
    select case when kind is null then '{(,)}'::tstzmultirange
           else (select coalesce(range_agg('{(,)}'::tstzmultirange - taken.starts), '{}')
                 from app.room r
                 cross join lateral app.taken_starts(r.clinic_id, r.id, ahead, behind, since, until, moment) as taken
                 where r.clinic_id = clinic and r.location_id = location and r.kind = roomy_starts.kind and r.status = 'active') end
$$;

-- The starts in [since, until) on whose local date the practitioner holds all the certificates.
create or replace function app.certified_starts(clinic uuid, practitioner uuid, certificates text[], zone text,
                                                since timestamptz, until timestamptz)
returns table (starts tstzmultirange) language sql stable parallel safe as $$
    select case when cardinality(certificates) = 0 then '{(,)}'::tstzmultirange
           else (select range_intersect_agg(held.starts)
                 from unnest(certificates) as wanted (code)
                 cross join lateral (
                     select coalesce(range_agg(tstzrange(
                         case when q.issued_on > since::date - 2 then app.edge(q.issued_on::timestamp, zone, false) end,
                         case when q.expires_on < until::date + 2 then app.edge((q.expires_on + 1)::timestamp, zone, false) end)),
                         '{}') as starts
                     from app.qualification q
                     where q.clinic_id = clinic and q.practitioner_id = practitioner and q.code = wanted.code
                 ) as held) end
$$;

-- How many seats of a session are held or booked, those of the booking `but` not counted (null: all). A hold that has run out
-- keeps none. With the owner's rights, since the bookings are others'; it answers no more than a number.
create or replace function app.seats_taken(clinic uuid, session uuid, but uuid, moment timestamptz)
returns int language plpgsql stable parallel safe security definer set search_path = app, public, pg_temp as $$
begin
    return (select coalesce(sum(b.seats), 0)
            from app.booking b
            where b.clinic_id = clinic and b.session_id = session and b.id is distinct from but
              and (b.status = 'confirmed' or b.status = 'held' and b.hold_expires_at > moment));
end
$$;

-- The sessions of a candidate that begin between two instants, both included, and how many seats are left in each. Only those
-- that a further booking fits into: as long as the offering is now, and with a room as it is wanted now. (That one is among the
-- rooms that bookings of the offering lock; any other could change hands unseen.)
create or replace function app.sessions_of(c app.candidate, first timestamptz, last timestamptz, moment timestamptz)
returns table (id uuid, room_id uuid, start timestamptz, seats_left int) language sql stable parallel safe as $$
    select s.id, s.room_id, s.starts_at, greatest(c.seats - taken.seats, 0)
    from app.session s
    cross join lateral (select app.seats_taken(s.clinic_id, s.id, null, moment) as seats offset 0) as taken  -- counted once
    where s.clinic_id = c.clinic_id and s.practitioner_id = c.practitioner_id and s.starts_at between first and last
      and s.offering_id = c.offering_id and s.location_id = c.location_id and s.ends_at = s.starts_at + c.duration
      and case when c.room_kind is null then s.room_id is null
               else exists (select from app.room r where r.clinic_id = s.clinic_id and r.id = s.room_id
                                                     and r.kind = c.room_kind and r.status = 'active') end
      and taken.seats > 0
$$;

-- How many seats are left in the candidate's session at a start; null when there is none, and always for an offering with one seat.
create or replace function app.seats_left(c app.candidate, start timestamptz, moment timestamptz)
returns int language plpgsql stable parallel safe as $$
begin
    return case when c.seats > 1 then (select max(s.seats_left) from app.sessions_of(c, start, start, moment) as s) end;
end
$$;

-- The starts in [since, until) of sessions that have as many seats left as are wanted.
create or replace function app.joinable_starts(c app.candidate, since timestamptz, until timestamptz, moment timestamptz)
returns tstzmultirange language sql stable parallel safe as $$
    select coalesce((select range_agg(tstzrange(s.start, s.start, '[]'))
                     from app.sessions_of(c, since, until, moment) as s where s.seats_left >= c.party), '{}')
$$;

-- Whether an instant is on the grid: the local minute of the day is a multiple of the step.
create or replace function app.on_grid(instant timestamptz, zone text, step interval)
returns boolean language sql stable parallel safe as $$
    select extract(epoch from instant at time zone zone) % extract(epoch from step) = 0
$$;

-- The free starts of each candidate within [since, until), grid not yet applied.
create or replace function app.free_starts(candidates app.candidate[], since timestamptz, until timestamptz, moment timestamptz)
returns table (n int, starts tstzmultirange) language sql stable parallel safe as $$
    select c.n, case when w.kept is null or c.for_desk then free.starts
                     else free.starts - app.kept_starts(w.kept, w.kept_hours, c.duration, moment) end
    from unnest(candidates) as c
    join app.working_time(candidates, since, until + interval '12 hours') as w
        on w.clinic_id = c.clinic_id and w.practitioner_id = c.practitioner_id and w.location_id = c.location_id
    cross join lateral app.fitting_starts(w.hours - w.closed, c.duration) as fitting
    cross join lateral app.taken_starts(c.clinic_id, c.practitioner_id, c.duration + c.buffer_after, c.buffer_before,
                                        since, until, moment) as taken
    cross join lateral app.roomy_starts(c.clinic_id, c.location_id, c.room_kind, c.duration + c.buffer_after, c.buffer_before,
                                        since, until, moment) as rooms
    cross join lateral app.certified_starts(c.clinic_id, c.practitioner_id, c.certificates, c.zone, since, until) as certified
    cross join lateral (
        select case when c.seats = 1
               then (fitting.starts * tstzmultirange(tstzrange(greatest(c.starts_from, since), least(c.starts_until, until)))
                     * rooms.starts * certified.starts) - taken.starts
               else fitting.starts * tstzmultirange(tstzrange(greatest(c.starts_from, since), least(c.starts_until, until)))
                    * certified.starts * (rooms.starts - taken.starts + app.joinable_starts(c, since, until, moment)) end as starts
        offset 0) as free  -- worked out once
    where c.starts_from < c.starts_until and c.starts_from < until and c.starts_until > since
$$;

-- The same on the grid: every free start in [since, until), in order for each candidate, at most `per_candidate` of each.
-- weekdays (1 = Monday), time_from and time_to are wishes about the local start; a time_to not after time_from means
-- past midnight. Where the offset is steady the grid is arithmetic; near a change of clocks every fifth minute is tried
-- against the clock on the wall, since a series of local times would lose the hour that comes twice.
create or replace function app.grid_starts(candidates app.candidate[], since timestamptz, until timestamptz, moment timestamptz,
                                           weekdays int[], time_from time, time_to time, per_candidate int)
returns table (start timestamptz, n int) language sql stable parallel safe as $$
    with zone as materialized (
        select z.zone, app.steady_offset(since, until, z.zone) as steady
        from (select distinct c.zone from unnest(candidates) as c) as z
    )
    select s.start, f.n
    from app.free_starts(candidates, since, until, moment) as f
    join unnest(candidates) as c on c.n = f.n
    join zone z on z.zone = c.zone
    cross join lateral (
        select g.start
        -- From the first to the last point of the grid in each range, whose ends may belong to it or not.
        from (select generate_series(
                         date_bin(case when z.steady is null then interval '5 minutes' else c.step end,
                                  lower(r.free) + case when z.steady is null then interval '5 minutes' else c.step end
                                  - case when lower_inc(r.free) then interval '1 microsecond' else interval '0' end,
                                  timestamptz '2000-01-01 00:00:00+00' - coalesce(z.steady, interval '0')),
                         upper(r.free) - case when upper_inc(r.free) then interval '0' else interval '1 microsecond' end,
                         case when z.steady is null then interval '5 minutes' else c.step end) as start
              from unnest(f.starts) as r (free)) as g
        where (z.steady is not null or app.on_grid(g.start, c.zone, c.step))
          and (weekdays is null or extract(isodow from g.start at time zone c.zone)::int = any (weekdays))
          and (time_from is null or time_to is null or case when time_to > time_from
                    then (g.start at time zone c.zone)::time >= time_from and (g.start at time zone c.zone)::time < time_to
                    else (g.start at time zone c.zone)::time >= time_from or (g.start at time zone c.zone)::time < time_to end)
        limit per_candidate
    ) as s
$$;

-- The other reader: why one start cannot be had with each candidate. `rules` says what is not offered (off_grid, notice,
-- horizon, certificate, closed, outside_hours, not_open_yet, too_many_seats), `taken` what others have (practitioner_busy, room_busy; full: of
-- the session that begins then fewer seats are left than wanted); free = both empty.
create or replace function app.start_reasons(candidates app.candidate[], start timestamptz, moment timestamptz)
returns table (n int, rules text[], taken text[]) language sql stable parallel safe as $$
    select c.n,
           array_remove(array[
               case when not app.on_grid(start, c.zone, c.step) then 'off_grid' end,
               case when start < c.starts_from then 'notice' end,
               case when start >= c.starts_until then 'horizon' end,
               case when not certified.starts @> start then 'certificate' end,
               case when coalesce(w.hours, '{}') - coalesce(w.closed, '{}') @> tstzrange(start, start + c.duration) then null
                    when w.hours @> tstzrange(start, start + c.duration) then 'closed'
                    else 'outside_hours' end,
               case when w.kept is null or c.for_desk then null
                    when app.kept_starts(w.kept, w.kept_hours, c.duration, moment) @> start then 'not_open_yet' end,
               case when c.party > c.seats then 'too_many_seats' end], null),
           case when session.seats_left is null
                then array_remove(array[
                    case when busy.starts @> start then 'practitioner_busy' end,
                    case when not rooms.starts @> start then 'room_busy' end], null)
                when session.seats_left < c.party then '{full}' else '{}' end
    from unnest(candidates) as c
    left join app.working_time(candidates, start, start + interval '12 hours') as w
        on w.clinic_id = c.clinic_id and w.practitioner_id = c.practitioner_id and w.location_id = c.location_id
    cross join lateral app.taken_starts(c.clinic_id, c.practitioner_id, c.duration + c.buffer_after, c.buffer_before,
                                        start, start, moment) as busy
    cross join lateral app.roomy_starts(c.clinic_id, c.location_id, c.room_kind, c.duration + c.buffer_after, c.buffer_before,
                                        start, start, moment) as rooms
    cross join lateral app.certified_starts(c.clinic_id, c.practitioner_id, c.certificates, c.zone, start, start) as certified
    cross join lateral (select app.seats_left(c, start, moment) as seats_left offset 0) as session
$$;
