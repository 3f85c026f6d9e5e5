-- Search for free starts: findAvailability, countAvailableDays and the alternatives of a booking that was refused.
-- Reads the rules of 04_rules.sql and says nothing of its own about what is free.

-- An argument that may come repeated: '["a","b"]' or a single 'a'; null stays null.
create or replace function app.argument_list(argument text)
returns text[] language plpgsql immutable parallel safe as $$
begin
    if argument is null then
        return null;
    elsif left(argument, 1) = '[' then
        return array(select jsonb_array_elements_text(argument::jsonb));
    end if;
    return array[argument];
end
$$;

-- What app.tongues must overlap with for people who speak one of these languages. Who asks for fr finds whoever speaks any
-- French (fr, fr-BE, fr-CA: RFC 4647 3.3.1); who asks for fr-BE finds also who said no more than fr (3.4), but not fr-CA.
create or replace function app.tongues_wanted(languages text[])
returns text[] language plpgsql immutable parallel safe as $$
begin
    if languages is null then
        return null;
    end if;
    return array(select distinct case when parts = cardinality(string_to_array(tag, '-')) then lower(tag)
                                      else '=' || array_to_string((string_to_array(lower(tag), '-'))[:parts], '-') end
                 from unnest(languages) as tag, generate_series(1, cardinality(string_to_array(tag, '-'))) as parts);
end
$$;

-- The pairs of offering and practitioner that a search is about, by whatever narrows it most; `pairs_limit` at most.
create or replace function app.search_pairs(args jsonb, clinics uuid[], treatments text[], pairs_limit int,
                                            out offerings uuid[], out practitioners uuid[])
language plpgsql stable parallel safe as $$
declare
    wanted_offerings uuid[] := app.argument_list(args ->> 'offering_id')::uuid[];
    wanted_practitioners uuid[] := app.argument_list(args ->> 'practitioner_id')::uuid[];
    wanted_locations uuid[] := app.argument_list(args ->> 'location_id')::uuid[];
    wanted_clinics uuid[] := app.argument_list(args ->> 'clinic_id')::uuid[];
    here public.cube := app.near_point(args ->> 'near');
    radius_m float8 := coalesce((args ->> 'radius_km')::float8, 25) * 1000;
begin
    if clinics is not null then
        wanted_clinics := case when wanted_clinics is null then clinics
                          else array(select unnest(wanted_clinics) intersect select unnest(clinics)) end;
    end if;
    if wanted_offerings is not null then
        select array_agg(f.id), array_agg(f.practitioner_id) into offerings, practitioners
        from (select o.id, op.practitioner_id
              from app.offering o
              join app.offering_practitioner op on op.clinic_id = o.clinic_id and op.offering_id = o.id
              where o.id = any (wanted_offerings)
                and (wanted_practitioners is null or op.practitioner_id = any (wanted_practitioners))
                and (wanted_clinics is null or o.clinic_id = any (wanted_clinics))
                and (treatments is null or o.treatment = any (treatments))
              limit pairs_limit) as f;
    elsif wanted_practitioners is not null then
        select array_agg(f.id), array_agg(f.practitioner_id) into offerings, practitioners
        from (select o.id, op.practitioner_id
              from app.practitioner p
              join app.offering_practitioner op on op.clinic_id = p.clinic_id and op.practitioner_id = p.id
              join app.offering o on o.clinic_id = op.clinic_id and o.id = op.offering_id
              where p.id = any (wanted_practitioners) and o.status = 'active'
                and (wanted_clinics is null or o.clinic_id = any (wanted_clinics))
                and (treatments is null or o.treatment = any (treatments))
              limit pairs_limit) as f;
    elsif wanted_locations is not null then
        select array_agg(f.id), array_agg(f.practitioner_id) into offerings, practitioners
        from (select distinct o.id, op.practitioner_id
              from app.location l
              join app.practitioner_location pl on pl.clinic_id = l.clinic_id and pl.location_id = l.id
              join app.offering_practitioner op on op.clinic_id = pl.clinic_id and op.practitioner_id = pl.practitioner_id
              join app.offering o on o.clinic_id = op.clinic_id and o.id = op.offering_id
              where l.id = any (wanted_locations) and o.status = 'active'
                and (wanted_clinics is null or o.clinic_id = any (wanted_clinics))
                and (treatments is null or o.treatment = any (treatments))
              limit pairs_limit) as f;
    elsif here is not null then
        select array_agg(f.id), array_agg(f.practitioner_id) into offerings, practitioners
        from (select distinct o.id, op.practitioner_id
              from app.location l
              join app.offering_location ol on ol.clinic_id = l.clinic_id and ol.location_id = l.id
              join app.offering o on o.clinic_id = ol.clinic_id and o.id = ol.offering_id
              join app.offering_practitioner op on op.clinic_id = o.clinic_id and op.offering_id = o.id
              join app.practitioner_location pl on pl.clinic_id = l.clinic_id and pl.practitioner_id = op.practitioner_id
                                               and pl.location_id = l.id
              where l.position operator(public.<@) app.near_box(here, radius_m)
                and app.distance_m(l.position, here) <= radius_m
                and l.status = 'active' and o.status = 'active'
                and (wanted_clinics is null or o.clinic_id = any (wanted_clinics))
                and (treatments is null or o.treatment = any (treatments))
              limit pairs_limit) as f;
    elsif wanted_clinics is not null then
        select array_agg(f.id), array_agg(f.practitioner_id) into offerings, practitioners
        from (select o.id, op.practitioner_id
              from app.offering o
              join app.offering_practitioner op on op.clinic_id = o.clinic_id and op.offering_id = o.id
              where o.clinic_id = any (wanted_clinics) and o.status = 'active'
                and (treatments is null or o.treatment = any (treatments))
              limit pairs_limit) as f;
    elsif treatments is not null then
        select array_agg(f.id), array_agg(f.practitioner_id) into offerings, practitioners
        from (select o.id, op.practitioner_id
              from app.offering o
              join app.offering_practitioner op on op.clinic_id = o.clinic_id and op.offering_id = o.id
              where o.treatment = any (treatments) and o.status = 'active'
              limit pairs_limit) as f;
    else
        select array_agg(f.id), array_agg(f.practitioner_id) into offerings, practitioners
        from (select o.id, op.practitioner_id
              from app.offering o
              join app.offering_practitioner op on op.clinic_id = o.clinic_id and op.offering_id = o.id
              where o.status = 'active'
              limit pairs_limit) as f;
    end if;
end
$$;

-- Reads the arguments of a search: the candidates in the order of answers with the same start, and the instants
-- [since, until) between which any of them may start. `problem` with its status instead, when the search cannot be done.
create or replace function app.search_read(args jsonb, moment timestamptz, out candidates app.candidate[],
                                           out since timestamptz, out until timestamptz, out status int, out problem jsonb)
language plpgsql stable parallel safe as $$
declare
    -- A day, or an instant: '2027-03-22' or '2027-03-22T08:00:00Z'.
    day_from date := case when length(args ->> 'from') = 10 then args ->> 'from' end;
    day_to date := case when length(args ->> 'to') = 10 then args ->> 'to' end;
    instant_from timestamptz := case when length(args ->> 'from') > 10 then args ->> 'from' end;
    instant_to timestamptz := case when length(args ->> 'to') > 10 then args ->> 'to' end;
    days_asked numeric := extract(epoch from coalesce(instant_to, (day_to + 1)::timestamp at time zone 'UTC')
                                             - coalesce(instant_from, day_from::timestamp at time zone 'UTC')) / 86400;
    clinics uuid[] := app.clinics_filter(args ->> 'clinics');
    for_desk boolean := 'bookings:desk' = any (string_to_array(args ->> 'scopes', ' '));
    treatments text[] := app.argument_list(args ->> 'treatment');
    complaints text[] := app.argument_list(args ->> 'complaint');
    spoken text[] := app.tongues_wanted(app.argument_list(args ->> 'language'));
    qualifications text[] := coalesce(app.argument_list(args ->> 'qualification'), '{}');
    wanted_locations uuid[] := app.argument_list(args ->> 'location_id')::uuid[];
    party int := coalesce((args ->> 'seats')::int, 1);
    here public.cube := app.near_point(args ->> 'near');
    radius_m float8 := coalesce((args ->> 'radius_km')::float8, 25) * 1000;
    -- A search that names no clinic, location, practitioner, offering or place reaches everywhere: it may find fewer. A setting.
    narrowed boolean := args ?| '{clinic_id,location_id,practitioner_id,offering_id,near}';
    practitioners_limit int := coalesce(nullif(current_setting('app.search_practitioners', true), ''), '200')::int
                               * case when narrowed then 10 else 1 end;
    pairs_limit int := practitioners_limit * case when narrowed then 5 else 10 end;
    practitioners_found int;
    pairs record;
begin
    if (day_from is null) <> (day_to is null) then
        status := 422;
        problem := app.problem('unprocessable', 'A date and an instant make no range.',
                               '{"errors": [{"parameter": "to", "detail": "must be a date when `from` is one, else an instant"}]}');
        return;
    elsif days_asked <= 0 then
        status := 422;
        problem := app.problem('unprocessable', 'The range ends before it begins.',
                               '{"errors": [{"parameter": "to", "detail": "must not be before `from`"}]}');
        return;
    elsif days_asked > 31 + 1.0 / 12 then  -- 31 local days may have an hour more, or two
        status := 422;
        problem := app.problem('range-too-long', 'Ask for at most 31 days at once.',
                               '{"errors": [{"parameter": "to", "detail": "is more than 31 days after `from`"}]}');
        return;
    end if;

    if complaints is not null then
        treatments := array(select ct.treatment from app.complaint_treatment ct
                            join app.complaint c on c.code = ct.complaint and c.status = 'active'
                            where ct.complaint = any (complaints)
                              and (treatments is null or ct.treatment = any (treatments)));
    end if;
    if args ? 'q' then
        treatments := array(select unnest((app.meant(args ->> 'q')).treatments)
                            intersect select unnest(coalesce(treatments, (app.meant(args ->> 'q')).treatments)));
    end if;
    pairs := app.search_pairs(args, clinics, treatments, pairs_limit + 1);

    with found as materialized (
        select f.*, app.distance_m(f.position, here) as distance_m,
               (f.policy ->> 'min_notice_minutes')::int as notice, (f.policy ->> 'booking_horizon_days')::int as horizon
        from app.offered(pairs.offerings, pairs.practitioners) as f
        where (wanted_locations is null or f.location_id = any (wanted_locations))
          and (here is null or app.distance_m(f.position, here) <= radius_m)
          and (spoken is null or app.tongues(f.languages) && spoken)
          and (for_desk or f.self_bookable)
          and f.seats >= party
    ), span as materialized (
        select z.zone, z.notice, z.horizon,
               greatest(case when instant_from is null then app.edge(day_from::timestamp, z.zone, false) else instant_from end,
                        moment + make_interval(mins => z.notice)) as starts_from,
               least(case when instant_to is null then app.edge((day_to + 1)::timestamp, z.zone, false) else instant_to end,
                     app.edge(((moment at time zone z.zone)::date + z.horizon + 1)::timestamp, z.zone, false)) as starts_until
        from (select distinct found.zone, found.notice, found.horizon from found) as z
    )
    select array_agg(row(c.n, c.clinic_id, c.practitioner_id, c.location_id, c.offering_id, c.zone, c.duration,
                         c.buffer_before, c.buffer_after, c.step, c.room_kind,
                         case when c.certificate is null then qualifications else qualifications || c.certificate end,
                         c.starts_from, c.starts_until, c.distance_m, c.seats, party, for_desk)::app.candidate order by c.n),
           count(distinct c.practitioner_id), min(c.starts_from), max(c.starts_until)
    into candidates, practitioners_found, since, until
    from (select f.*, s.starts_from, s.starts_until,
                 row_number() over (order by f.distance_m, f.practitioner_id, f.location_id, f.offering_id)::int as n
          from found f
          join span s on s.zone = f.zone and s.notice = f.notice and s.horizon = f.horizon
          where s.starts_from < s.starts_until) as c;

    if cardinality(pairs.offerings) > pairs_limit or practitioners_found > practitioners_limit then
        status := 422;
        problem := app.problem('search-too-wide',
                               format('More than %s practitioners, or %s of their offerings, match. Narrow the search by clinic, location, practitioner, place or treatment.',
                                      practitioners_limit, pairs_limit));
    end if;
end
$$;

-- The slots as the API writes them. `starts` and `numbers` go together; a number is a candidate's n. What all slots of a
-- candidate share is written once and the three instants are set before it: a third of the time of an object per slot.
create or replace function app.slots(candidates app.candidate[], starts timestamptz[], numbers int[],
                                     include text[], lang text, out items json, out language text)
language plpgsql stable parallel safe as $$
declare
    wanted text[] := app.wanted_languages(lang);
    with_practitioner boolean := coalesce('practitioner' = any (include), false);
    with_location boolean := coalesce('location' = any (include), false);
    with_offering boolean := coalesce('offering' = any (include), false);
    moment timestamptz := app.now();
begin
    with offered as materialized (
        select c as candidate, c.n, c.zone, c.duration, c.seats, t.language,
               make_interval(hours => (k.policy ->> 'cancellation_notice_hours')::int) as notice,
               substr(json_strip_nulls(json_build_object(
                   'timezone', c.zone,
                   'clinic_id', c.clinic_id,
                   'location_id', c.location_id,
                   'practitioner_id', c.practitioner_id,
                   'offering_id', c.offering_id,
                   'treatment', o.treatment,
                   'price', json_build_object('amount', o.price_amount, 'currency', o.price_currency),
                   'late_fee', json_build_object('amount', app.share(o.price_amount, (k.policy ->> 'late_cancellation_fee_percent')::int),
                                                 'currency', o.price_currency),
                   'distance_m', round(c.distance_m),
                   'practitioner', case when with_practitioner then
                       (select json_build_object('id', p.id, 'name', p.name, 'title', p.title, 'languages', p.languages)
                        from app.practitioner p where p.clinic_id = c.clinic_id and p.id = c.practitioner_id) end,
                   'location', case when with_location then
                       (select json_build_object('id', l.id, 'slug', l.slug, 'name', l.name, 'address', l.address,
                                                 'geo', case when l.latitude is not null then
                                                     json_build_object('latitude', l.latitude, 'longitude', l.longitude) end,
                                                 'phone', l.phone)
                        from app.location l where l.clinic_id = c.clinic_id and l.id = c.location_id) end,
                   'offering', case when with_offering then
                       json_build_object('id', c.offering_id, 'treatment', o.treatment, 'duration_minutes', o.duration_minutes,
                                         'name', case when lang = '*' then t.names else t.names -> t.language end) end))::text, 2) as rest
        from unnest(candidates) as c
        join app.offering o on o.clinic_id = c.clinic_id and o.id = c.offering_id
        join lateral (select app.policy(k.policy) as policy, k.languages from app.clinic k where k.id = c.clinic_id
                      offset 0) as k on true  -- worked out once, not wherever it is read
        left join lateral (
            select n.names, app.text_language(n.names, wanted, k.languages) as language
            from (select case when o.name = '{}' then x.name else o.name end as names
                  from app.treatment x where with_offering and x.code = o.treatment) as n
        ) as t on true
        where c.n = any (numbers)
    )
    select coalesce(json_agg(('{"start":"' || app.local_instant(s.start, o.zone)
                              || '","end":"' || app.local_instant(s.start + o.duration, o.zone)
                              || '","free_cancel_until":"' || app.local_instant(s.start - o.notice, o.zone)
                              || '",' || case when o.seats > 1
                                              then '"seats_left":' || coalesce(app.seats_left(o.candidate, s.start, moment), o.seats) || ','
                                              else '' end
                              || o.rest)::json order by s.place), '[]'),
           case when min(o.language) = max(o.language) and lang is distinct from '*' then min(o.language) end
    into items, language
    from unnest(starts, numbers) with ordinality as s (start, n, place)
    join offered o on o.n = s.n;
end
$$;

-- findAvailability. args: the parameters of the operation by name, and lang, clinics, scopes; repeatable ones as JSON arrays.
-- Time is looked through in growing pieces, from the earliest on, until the page is full: the whole range of all candidates
-- is never worked out for a page of twenty.
create or replace function app.find_availability(args jsonb)
returns table (status int, body json, language text) language plpgsql stable parallel safe as $$
declare
    moment timestamptz := app.now();
    mode text := coalesce(args ->> 'mode', 'all');
    page int := case when mode = 'first' then 1 else coalesce((args ->> 'limit')::int, 20) end;
    weekdays int[] := app.argument_list(args ->> 'weekday')::int[];
    time_from time := coalesce(args ->> 'time_from', case when args ? 'time_to' then '00:00' end);
    time_to time := coalesce(args ->> 'time_to', case when args ? 'time_from' then '24:00' end);
    after jsonb;
    after_start timestamptz;
    after_distance float8;
    after_practitioner uuid;
    after_location uuid;
    after_offering uuid;
    after_n int := 0;
    search record;
    remaining app.candidate[];
    starts timestamptz[] := '{}';
    numbers int[] := '{}';
    more_starts timestamptz[];
    more_numbers int[];
    satisfied uuid[];
    since timestamptz;
    until timestamptz;
    piece interval;
    last_one app.candidate;
    next_cursor text;
    slots record;
begin
    if args ? 'cursor' then
        begin
            after := app.cursor_decode(args ->> 'cursor', 5);
            after_start := after ->> 0;
            after_distance := after ->> 1;
            after_practitioner := after ->> 2;
            after_location := after ->> 3;
            after_offering := after ->> 4;
        exception when data_exception then
            after_start := null;
        end;
        if after_start is null or after_offering is null then
            return query select 400, app.cursor_problem()::json, null;
            return;
        end if;
    end if;
    search := app.search_read(args, moment);
    if search.status is not null then
        return query select search.status, search.problem::json, null;
        return;
    end if;

    remaining := search.candidates;
    since := search.since;
    if after_start is not null then
        select coalesce(max(c.n), 0) into after_n from unnest(search.candidates) as c
        where (coalesce(c.distance_m, 0), c.practitioner_id, c.location_id, c.offering_id)
              <= (coalesce(after_distance, 0), after_practitioner, after_location, after_offering);
        if mode = 'all' then
            since := greatest(since, after_start);
        end if;
    end if;

    -- About ten free starts per candidate and day are a fair guess for the first piece.
    piece := make_interval(days => greatest(1, least(31, ceil((page + 1) / (10.0 * greatest(1, cardinality(remaining))))::int)));
    while since < search.until and cardinality(starts) <= page and cardinality(remaining) > 0 loop
        until := least(since + piece, search.until);
        if mode in ('all', 'first') then
            select array_agg(f.start order by f.start, f.n), array_agg(f.n order by f.start, f.n)
            into more_starts, more_numbers
            from (select g.start, g.n
                  from app.grid_starts(remaining, since, until, moment, weekdays, time_from, time_to,
                                       page + 2 - cardinality(starts)) as g
                  where after_start is null or (g.start, g.n) > (after_start, after_n)
                  order by g.start, g.n
                  limit page + 1 - cardinality(starts)) as f;
        else
            -- The first of each place or person; who has one needs no further looking.
            select array_agg(f.start order by f.start, f.n) filter (where after_start is null or (f.start, f.n) > (after_start, after_n)),
                   array_agg(f.n order by f.start, f.n) filter (where after_start is null or (f.start, f.n) > (after_start, after_n)),
                   array_agg(f.whose)
            into more_starts, more_numbers, satisfied
            from (select distinct on (whose) g.start, g.n,
                         case mode when 'first_per_location' then c.location_id else c.practitioner_id end as whose
                  from app.grid_starts(remaining, since, until, moment, weekdays, time_from, time_to, 1) as g
                  join unnest(remaining) as c on c.n = g.n
                  order by whose, g.start, g.n) as f;
            if satisfied is not null then
                remaining := array(select c from unnest(remaining) as c
                                   where case mode when 'first_per_location' then c.location_id else c.practitioner_id end
                                         <> all (satisfied));
            end if;
        end if;
        starts := starts || coalesce(more_starts, '{}');
        numbers := numbers || coalesce(more_numbers, '{}');
        since := until;
        piece := piece * 4;
    end loop;

    if cardinality(starts) > page and mode <> 'first' then
        last_one := search.candidates[numbers[page]];  -- candidates stand in the order of n
        next_cursor := app.cursor_encode(jsonb_build_array(app.cursor_instant(starts[page]), last_one.distance_m,
            last_one.practitioner_id, last_one.location_id, last_one.offering_id));
    end if;
    slots := app.slots(search.candidates, starts[1:page], numbers[1:page], app.argument_list(args ->> 'include'), args ->> 'lang');
    return query select 200, json_build_object('items', slots.items, 'next', next_cursor), slots.language;
end
$$;

-- countAvailableDays. The same arguments; how many slots findAvailability would list on each local day, days without any left out.
create or replace function app.count_available_days(args jsonb)
returns table (status int, body json) language plpgsql stable parallel safe as $$
declare
    moment timestamptz := app.now();
    search record;
    time_from time := coalesce(args ->> 'time_from', case when args ? 'time_to' then '00:00' end);
    time_to time := coalesce(args ->> 'time_to', case when args ? 'time_from' then '24:00' end);
begin
    search := app.search_read(args, moment);
    if search.status is not null then
        return query select search.status, search.problem::json;
        return;
    end if;
    return query
        select 200, json_build_object('items', coalesce(json_agg(json_build_object('date', d.day, 'slots', d.slots) order by d.day), '[]'), 'next', null)
        from (select (g.start at time zone c.zone)::date as day, count(*) as slots
              from app.grid_starts(search.candidates, search.since, search.until, moment,
                                   app.argument_list(args ->> 'weekday')::int[], time_from, time_to, null) as g
              join unnest(search.candidates) as c on c.n = g.n
              group by 1) as d;
end
$$;
