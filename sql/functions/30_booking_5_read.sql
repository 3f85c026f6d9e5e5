-- Bookings as they are read: one, a page of them, and the free starts that a loser is told.

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
                   'items', (select coalesce(json_agg(app.booking_item_json(app.booking_now(b, moment)) order by b.starts_at, b.id), '[]')
                             from unnest(found_bookings[1:page]) as b),
                   'next', next_cursor),
               null, null, null)::app.answer;
end
$$;

-- ---------------------------------------------------------------- alternatives of who lost

-- wish: offering_id, location_id, practitioner_id?, start, as of createBooking. Up to three free starts of the same offering near the
-- one that was asked for, whose treatment and buffers stay clear of `beside`: first with the same practitioner (if one was named)
-- at the same location within three days, then with anybody there or elsewhere within ten, where another person counts as a day
-- away and another location as two. Runs under no lock.
create or replace function app.near_starts(wish jsonb, beside tstzmultirange, clinics text, scopes text, lang text)
returns json language plpgsql stable as $$
declare
    moment timestamptz := app.now();
    wanted timestamptz := wish ->> 'start';
    wanted_practitioner uuid := wish ->> 'practitioner_id';
    wanted_location uuid := wish ->> 'location_id';
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
            'offering_id', wish ->> 'offering_id', 'seats', wish ->> 'seats',
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
                        join unnest(search.candidates) as c on c.n = s.n
                        where not beside && tstzrange(s.start - c.buffer_before, s.start + c.duration + c.buffer_after)) as g
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

-- Those of a createBooking that was refused; they are looked for after its act.
create or replace function app.booking_alternatives(body jsonb, clinics text, scopes text, lang text)
returns json language plpgsql stable as $$
begin
    return app.near_starts(body, '{}', clinics, scopes, lang);
end
$$;
