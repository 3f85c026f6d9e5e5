-- Bookings as they are read: one, a page of them with what they come to, and the free starts that a loser is told.

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

do $$
begin
    -- What a list of bookings is asked for, typed; what is null was not asked.
    if to_regtype('app.booking_filter') is null then
        create type app.booking_filter as (
            moment timestamptz, for_desk boolean, sub text, clinics uuid[], location_ids uuid[], practitioner_ids uuid[],
            statuses text[], since timestamptz, until timestamptz, reference text, external_ref text, order_id uuid, series_id uuid, session_id uuid,
            email_key text, client_clinics uuid[], client_ids uuid[],  -- the clients meant, by pairs
            after_start timestamptz, after_id uuid);                   -- where the page before ended
    elsif not exists (select from pg_attribute
                      where attrelid = 'app.booking_filter'::regclass and attname = 'session_id' and not attisdropped) then
        alter type app.booking_filter add attribute session_id uuid;  -- members of a type are found by name only
    end if;
end
$$;

-- args: the operation's parameters and sub, scopes, clinics. A cursor that is none leaves after_id null.
create or replace function app.read_booking_filter(args jsonb)
returns app.booking_filter language plpgsql stable as $$
declare
    f app.booking_filter;
begin
    f.moment := app.now();
    f.for_desk := coalesce('bookings:desk' = any (string_to_array(args ->> 'scopes', ' ')), false);
    f.sub := args ->> 'sub';
    f.clinics := app.listed_clinics(args, f.for_desk);
    f.location_ids := app.argument_list(args ->> 'location_id')::uuid[];
    f.practitioner_ids := app.argument_list(args ->> 'practitioner_id')::uuid[];
    f.statuses := app.argument_list(args ->> 'status');
    f.since := args ->> 'from';
    f.until := args ->> 'to';
    f.reference := translate(args ->> 'reference', 'OIL', '011');  -- as people read it out: O is zero, I and L are one
    f.external_ref := args ->> 'external_ref';
    f.order_id := args ->> 'order_id';
    f.series_id := args ->> 'series_id';
    f.session_id := args ->> 'session_id';
    f.email_key := app.contact_key(args ->> 'client_email');
    if f.email_key is not null then
        select array_agg(k.clinic_id), array_agg(k.id) into f.client_clinics, f.client_ids
        from app.clients_of_email(f.clinics, f.email_key) as k;
    elsif args ? 'client_id' then
        select array_agg(c.clinic_id), array_agg(c.id) into f.client_clinics, f.client_ids
        from app.client c where c.id = (args ->> 'client_id')::uuid;
    end if;
    if args ?| '{client_email,client_id}' then
        f.client_clinics := coalesce(f.client_clinics, '{}');
        f.client_ids := coalesce(f.client_ids, '{}');
    end if;
    if args ? 'cursor' then
        select k.at, k.id into f.after_start, f.after_id from app.cursor_place(args ->> 'cursor') as k;
    end if;
    return f;
end
$$;

-- The state of a booking b at ($1).moment, as in app.booking_now.
create or replace function app.status_now()
returns text language sql immutable parallel safe as $$
    select 'case when b.status = ''held'' and b.hold_expires_at <= ($1).moment then ''expired'' else b.status end'::text
$$;

-- The filter as conditions on a booking b, for statements that get it as $1. Only what was asked for becomes part of the
-- statement (never its value), so that each is planned for itself: a generic plan of "no filter or equal" sorted 100,000 rows
-- for a page, 300 ms against 1. Without whose they are: that is the beginning of each statement.
create or replace function app.booking_conditions(f app.booking_filter)
returns text language sql immutable parallel safe as $$
    select case when f.location_ids is not null then ' and b.location_id = any (($1).location_ids)' else '' end
        || case when f.practitioner_ids is not null then ' and b.practitioner_id = any (($1).practitioner_ids)' else '' end
        || case when f.statuses = '{held}' then ' and b.status = ''held'' and b.hold_expires_at > ($1).moment'  -- they have an index
                when f.statuses is not null then ' and (' || app.status_now() || ') = any (($1).statuses)' else '' end
        || case when f.since is not null then ' and b.starts_at >= ($1).since' else '' end
        || case when f.until is not null then ' and b.starts_at < ($1).until' else '' end
        || case when f.reference is not null then ' and b.reference = ($1).reference' else '' end
        || case when f.external_ref is not null then ' and b.external_ref = ($1).external_ref' else '' end
        || case when f.order_id is not null then ' and b.order_id = ($1).order_id' else '' end
        || case when f.series_id is not null then ' and b.series_id = ($1).series_id' else '' end
        || case when f.session_id is not null then ' and b.session_id = ($1).session_id' else '' end
        || case when f.client_ids is not null then
               ' and (b.clinic_id, b.client_id) in (select * from unnest(($1).client_clinics, ($1).client_ids))' else '' end
        -- Whom the clinic knows by this address may have booked without it, or with another partner: what was said here counts.
        || case when f.email_key is not null then ' and app.contact_key(b.client ->> ''email'') = ($1).email_key' else '' end
        || case when f.clinics is not null and not f.for_desk then ' and b.clinic_id = any (($1).clinics)' else '' end
$$;

-- By start, then id. A partner gets its own bookings, a desk those of its clinics; each along its index, clinic by clinic for a
-- desk: one condition for both would sort everything for a page.
create or replace function app.find_bookings(f app.booking_filter, most int)
returns app.booking[] language plpgsql stable as $$
declare
    found_bookings app.booking[];
begin
    execute 'select array_agg(f.b order by (f.b).starts_at, (f.b).id) from (select k.b from '
        || case when f.for_desk then 'unnest(($1).clinics) as c (id) cross join lateral (select b from app.booking b where b.clinic_id = c.id'
                else '(select b from app.booking b where b.source = ($1).sub' end
        || app.booking_conditions(f)
        || case when f.after_id is not null then ' and (b.starts_at, b.id) > (($1).after_start, ($1).after_id)' else '' end
        || ' order by b.starts_at, b.id limit $2) as k order by (k.b).starts_at, (k.b).id limit $2) as f'
    into found_bookings using f, most;
    return coalesce(found_bookings, '{}');
end
$$;

-- What all of them come to, not only a page: how many, and the sums of their prices, in all and for each state. Null when there are
-- more than `most`, so that an answer takes a tenth of a second at most.
create or replace function app.booking_totals(f app.booking_filter, most int)
returns json language plpgsql stable as $$
declare
    totals json;
begin
    execute 'with b as materialized (
                 select ' || app.status_now() || ' as status, b.price_amount as amount, b.price_currency as currency
                 from app.booking b where '
        || case when f.for_desk then 'b.clinic_id = any (($1).clinics)' else 'b.source = ($1).sub' end || app.booking_conditions(f)
        || ' limit $2 + 1
             ), money as (
                 select b.status, b.currency, count(*) as bookings, sum(b.amount) as amount
                 from b group by grouping sets ((b.status, b.currency), (b.currency))
             )
             select json_build_object(
                 ''bookings'', (select count(*) from b),
                 ''prices'', (select coalesce(json_agg(json_build_object(''amount'', m.amount, ''currency'', m.currency) order by m.currency), ''[]'')
                              from money m where m.status is null),
                 ''by_status'', (select coalesce(json_object_agg(s.status, s.totals order by s.status), ''{}'')
                                 from (select m.status, json_build_object(
                                                  ''bookings'', sum(m.bookings),
                                                  ''prices'', json_agg(json_build_object(''amount'', m.amount, ''currency'', m.currency)
                                                                       order by m.currency)) as totals
                                       from money m where m.status is not null group by m.status) as s))
             where (select count(*) from b) <= $2'
    into totals using f, most;
    return totals;
end
$$;

create or replace function app.list_bookings(args jsonb)
returns app.answer language plpgsql stable as $$
declare
    most_counted constant int := 50000;
    page int := coalesce((args ->> 'limit')::int, 20);
    f app.booking_filter := app.read_booking_filter(args);
    found_bookings app.booking[];
    body json;
    totals json;
begin
    if args ? 'cursor' and f.after_id is null then
        return row(400, app.cursor_problem()::json, null, null, null)::app.answer;
    end if;
    if (args ->> 'totals')::boolean then
        totals := app.booking_totals(f, most_counted);
        if totals is null then
            return app.refused(422, 'unprocessable', format('More than %s bookings match; they are not added up.', most_counted),
                               '{"errors": [{"parameter": "totals", "detail": "needs filters, such as from and to, that let fewer bookings through"}]}');
        end if;
    end if;
    found_bookings := app.find_bookings(f, page + 1);
    body := json_build_object(
        'items', (select coalesce(json_agg(app.booking_item_json(app.booking_now(b, f.moment)) order by b.starts_at, b.id), '[]')
                  from unnest(found_bookings[1:page]) as b));
    if totals is not null then
        body := app.json_with(body, json_build_object('totals', totals));
    end if;
    return row(200,
               app.json_with(body, json_build_object('next', case when cardinality(found_bookings) > page then
                   app.cursor_encode(jsonb_build_array(app.cursor_instant((found_bookings[page]).starts_at), (found_bookings[page]).id)) end)),
               null, null, null)::app.answer;
end
$$;

-- ---------------------------------------------------------------- alternatives of who lost

-- wish: offering_id, location_id, practitioner_id?, start, as of createBooking. Up to three free starts of the same offering near the
-- one that was asked for, whose treatment and buffers stay clear of `beside`: first with the same practitioner (if one was named)
-- at the same location within three days, then with anybody there or elsewhere within ten, where another person counts as a day
-- away and another location as two; `practitioner: required` takes nobody else. Runs under no lock.
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
            'practitioner_id', case when days = 3 or wish ->> 'practitioner' = 'required' then wanted_practitioner end,
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
