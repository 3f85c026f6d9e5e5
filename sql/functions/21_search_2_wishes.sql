-- What a search of the directory asks for, read once (app.wish), and whether a place or a person is it. Null is whatever.
--
-- Two steps, cheap before dear: is_wanted_place and is_wanted_person look at the row alone; fits_location and
-- fits_practitioner look around: who gives what where, with which certificate.

do $$
begin
    if to_regtype('app.wish') is null then
        create type app.wish as (
            tenants uuid[],           -- the clinics that the token sees; null = all
            clinic uuid,
            location uuid,
            city text,                -- folded
            postal_code text,
            west float8, south float8, east float8, north float8,
            accessibility text[],     -- all of them
            open_at timestamptz,
            in_place boolean,         -- some wish about the place
            here public.cube,         -- of `near`, and how far from it (chord, metres)
            reach float8,
            treatments text[],        -- one of them
            offering uuid,
            language text,            -- as it was asked for
            qualification text,       -- held on that day (today)
            day date,
            new_clients boolean,
            words text,               -- of q, folded; '' = nothing is called so
            pattern text,
            likeness float8,          -- from which likeness on a name counts
            further boolean,          -- nothing is called so: look at further_words
            meant text[],             -- the treatments that q means
            by_words boolean,         -- whoever is called so counts
            by_meaning boolean        -- whoever gives what is meant counts
        );
    end if;
    if not exists (select from pg_attribute where attrelid = 'app.wish'::regclass and attname = 'tongues') then
        alter type app.wish add attribute tongues text[];  -- of the language: what app.tongues must overlap with
    end if;
end
$$;

-- Who gives which treatment where, as the rules of availability see it (app.offered), but for the day of the certificate.
create or replace view app.given as
select o.clinic_id, ol.location_id, p.id as practitioner_id, p.languages, o.treatment, t.requires_qualification, l.timezone,
       o.id as offering_id, p.tongues
from app.offering o
join app.treatment t on t.code = o.treatment and t.status = 'active'
join app.offering_location ol on ol.clinic_id = o.clinic_id and ol.offering_id = o.id
join app.location l on l.clinic_id = ol.clinic_id and l.id = ol.location_id and l.status = 'active'
join app.offering_practitioner op on op.clinic_id = o.clinic_id and op.offering_id = o.id
join app.practitioner p on p.clinic_id = op.clinic_id and p.id = op.practitioner_id and p.status = 'active'
join app.practitioner_location pl on pl.clinic_id = p.clinic_id and pl.practitioner_id = p.id and pl.location_id = ol.location_id
where o.status = 'active';
grant select on app.given to clinicd_service;

-- The treatments that a search asks for: this one, those for the complaint, or this one if it is for the complaint; null for
-- whatever.
create or replace function app.wanted_treatments(treatment text, complaint text)
returns text[] language plpgsql stable parallel safe as $$
begin
    if complaint is null then
        return case when treatment is not null then array[treatment] end;
    end if;
    return array(select ct.treatment from app.complaint_treatment ct join app.complaint c on c.code = ct.complaint
                 where c.code = wanted_treatments.complaint and c.status = 'active'
                   and (wanted_treatments.treatment is null or ct.treatment = wanted_treatments.treatment));
end
$$;

-- How much one request looks at before its page ends early: a row is 1, a closer look at it 20 more (0.1 ms). A setting.
create or replace function app.search_effort()
returns int language sql stable parallel safe as $$
    select coalesce(nullif(current_setting('app.search_effort', true), ''), '40000')::int
$$;

-- The straight line through the globe, in metres, that spans such a way over it: what the index of positions measures.
create or replace function app.chord(metres float8)
returns float8 language sql immutable strict parallel safe as $$
    select 12742017.6 * sin(least(metres / 12742017.6, 1.5707963267948966))
$$;

-- Reads the arguments of listLocations or listPractitioners. q counts for names and for what it means. Where the one is
-- literal and the other but alike, the literal one counts alone.
create or replace function app.wish_read(args jsonb, kind text, out w app.wish, out status int, out problem jsonb)
language plpgsql stable
as $$
declare
    edges float8[] := string_to_array(args ->> 'bbox', ',')::float8[];
    meant record;
    is_named boolean;
begin
    w.tenants := app.clinics_filter(args ->> 'clinics');
    w.clinic := args ->> 'clinic_id';
    w.location := args ->> 'location_id';
    w.city := app.fold(args ->> 'city');
    w.postal_code := args ->> 'postal_code';
    w.west := edges[1];
    w.south := edges[2];
    w.east := edges[3];
    w.north := edges[4];
    w.accessibility := app.argument_list(args ->> 'accessibility');
    w.open_at := args ->> 'open_at';
    w.in_place := args ?| '{location_id,city,postal_code,bbox,accessibility,open_at}';
    w.here := app.near_point(args ->> 'near');
    w.reach := app.chord(coalesce((args ->> 'radius_km')::float8, 20016) * 1000);
    w.treatments := app.wanted_treatments(args ->> 'treatment', args ->> 'complaint');
    w.offering := args ->> 'offering_id';
    w.language := args ->> 'language';
    w.tongues := case when w.language is not null then app.tongues_wanted(array[w.language]) end;
    w.qualification := args ->> 'qualification';
    w.day := args ->> 'on';
    w.new_clients := args ->> 'accepts_new_clients';
    if w.south > w.north then
        status := 422;
        problem := app.problem('unprocessable', 'The box ends south of where it begins.',
                               '{"errors": [{"parameter": "bbox", "detail": "must be west,south,east,north"}]}');
    elsif args ->> 'include' like '%next_available%' then
        if not (args ?| '{treatment,offering_id}') then
            status := 422;
            problem := app.problem('unprocessable', 'The next free start of what? Name a treatment or an offering.',
                                   '{"errors": [{"parameter": "include", "detail": "next_available needs `treatment` or `offering_id`"}]}');
        elsif coalesce((args ->> 'limit')::int, 20) > 20 then
            status := 422;
            problem := app.problem('unprocessable', 'Next free starts are looked up for at most 20 items at once.',
                                   '{"errors": [{"parameter": "limit", "detail": "must be at most 20 with include=next_available"}]}');
        elsif 'availability:read' <> all (string_to_array(coalesce(args ->> 'scopes', ''), ' ')) then
            status := 403;
            problem := app.problem('forbidden', 'Free starts need the scope availability:read.');
        end if;
    end if;
    if status is not null or not args ? 'q' then
        return;
    end if;

    w.words := app.folded_words(args ->> 'q');
    w.pattern := app.words_pattern(w.words);
    meant := app.meant(args ->> 'q');
    w.meant := meant.treatments;
    if kind = 'location' then
        is_named := w.words <> '' and app.called_locations(w, 0) <> '{}';
    else
        is_named := w.words <> '' and app.called_practitioners(w, 0) <> '{}';
    end if;
    if is_named and meant.likeness < 0.9 then
        w.meant := null;
    end if;
    w.further := not is_named and w.meant is null and kind = 'location';
    w.likeness := case when w.meant is null then 0 else 0.9 * meant.likeness end;
    w.by_words := w.words <> '';
    w.by_meaning := w.meant is not null;
end
$$;

-- ---------------------------------------------------------------- places

-- Whether the door is open at that instant: by the place's opening hours, whose edges follow the rule of app.edge on days
-- when the clocks change, and no closure of the whole place. A place that gave no hours is not known to be open.
create or replace function app.is_open(tenant uuid, location uuid, opening_hours jsonb, zone text, moment timestamptz)
returns boolean language plpgsql stable parallel safe as $$
declare
    today date := (moment at time zone zone)::date;
begin
    if not exists (
        select from jsonb_to_recordset(opening_hours) as h (weekday int, "from" time, "to" time), (values (today), (today - 1)) as d (day)
        where extract(isodow from d.day) = h.weekday and moment >= app.edge(d.day + h."from", zone, false)
          and moment < app.edge(d.day + h."to" + case when h."to" > h."from" then interval '0' else interval '1 day' end, zone, true)) then
        return false;
    end if;
    return not exists (
        select from app.exception x
        where x.clinic_id = tenant and x.location_id = location and x.practitioner_id is null and x.status = 'active'
          and x.kind = 'close' and x.date_to >= today - 1 and x.date_from <= today
          and case when x.windows = '[]'
                   then moment >= app.edge(x.date_from::timestamp, zone, false)
                        and moment < app.edge((x.date_to + 1)::timestamp, zone, false)
                   else exists (
                       select from jsonb_to_recordset(x.windows) as h ("from" time, "to" time), (values (today), (today - 1)) as d (day)
                       where d.day between x.date_from and x.date_to and moment >= app.edge(d.day + h."from", zone, false)
                         and moment < app.edge(d.day + h."to" + case when h."to" > h."from" then interval '0' else interval '1 day' end,
                                               zone, true)) end);
end
$$;

create or replace function app.is_wanted_place(l app.location, w app.wish)
returns boolean language plpgsql stable parallel safe as $$
begin
    return coalesce((w.tenants is null or l.clinic_id = any (w.tenants))
        and (w.clinic is null or l.clinic_id = w.clinic)
        and (w.location is null or l.id = w.location)
        and (w.postal_code is null or l.address ->> 'postal_code' = w.postal_code)
        and (w.city is null or app.fold(l.address ->> 'city') = w.city)
        and (w.south is null or l.latitude between w.south and w.north
             and case when w.west <= w.east then l.longitude between w.west and w.east
                      else l.longitude >= w.west or l.longitude <= w.east end)
        and (w.accessibility is null or l.accessibility @> w.accessibility)
        and (w.open_at is null or app.is_open(l.clinic_id, l.id, l.opening_hours, l.timezone, w.open_at)), false);
end
$$;

-- Whether somebody is called so, by the index's own rule, and not clearly worse than what q also means.
create or replace function app.is_called(called text, w app.wish)
returns boolean language plpgsql immutable parallel safe as $$
begin
    return public.word_similarity(w.words, called) >= greatest(w.likeness, 0.6) or coalesce(called like w.pattern, false);
end
$$;

-- ---------------------------------------------------------------- what is given by whom

-- The practitioners who speak so; null when they are more than `most`.
create or replace function app.speakers(spoken text[], most int)
returns uuid[] language plpgsql stable parallel safe
-- Nobody knows how many speak so; the index is right for none and for many.
set enable_seqscan = off
as $$
declare
    ids uuid[] := array(select p.id from app.practitioner p where p.tongues && spoken and p.status = 'active' limit most + 1);
begin
    return case when cardinality(ids) <= most then ids end;
end
$$;

-- Whether a certificate is held on that day (null: today, in the calendar of that zone).
create or replace function app.holds_on(tenant uuid, practitioner uuid, certificate text, on_day date, zone text)
returns boolean language plpgsql stable parallel safe as $$
declare
    day date := coalesce(on_day, (app.now() at time zone zone)::date);
begin
    return exists (select from app.qualification q
                   where q.clinic_id = tenant and q.practitioner_id = practitioner and q.code = certificate
                     and (q.issued_on is null or q.issued_on <= day) and (q.expires_on is null or q.expires_on >= day));
end
$$;

-- The clinic's offerings of these treatments, or this one: one look into an index that spares most clinics the closer one.
create or replace function app.offers_of_clinic(tenant uuid, treatments text[], offering uuid)
returns uuid[] language plpgsql stable parallel safe as $$
begin
    if offering is not null then
        return array(select o.id from app.offering o where o.clinic_id = tenant and o.id = offering and o.status = 'active'
                     and (treatments is null or o.treatment = any (treatments)));
    end if;
    return array(select o.id from app.offering o
                 where o.clinic_id = tenant and o.treatment = any (treatments) and o.status = 'active');
end
$$;

-- Whether somebody at this location gives one of the treatments, or the offering, in one of these languages (app.tongues_wanted).
create or replace function app.location_serves(tenant uuid, location uuid, treatments text[], offering uuid, spoken text[])
returns boolean language plpgsql stable parallel safe as $$
declare
    offers uuid[];
begin
    if treatments is null and offering is null then
        return exists (select from app.practitioner_location pl
                       join app.practitioner p on p.clinic_id = pl.clinic_id and p.id = pl.practitioner_id
                       where pl.clinic_id = tenant and pl.location_id = location and p.status = 'active'
                         and (spoken is null or p.tongues && spoken));
    end if;
    offers := app.offers_of_clinic(tenant, treatments, offering);
    if offers = '{}' then
        return false;
    end if;
    return exists (select
                   from app.practitioner_location pl
                   join app.practitioner p on p.clinic_id = pl.clinic_id and p.id = pl.practitioner_id and p.status = 'active'
                   where pl.clinic_id = tenant and pl.location_id = location and (spoken is null or p.tongues && spoken)
                     and app.one_given(tenant, pl.practitioner_id, location, offers, null));
end
$$;

-- Whether the practitioner gives one of these offerings at that location, holding the certificate that its treatment asks for.
create or replace function app.one_given(tenant uuid, practitioner uuid, location uuid, offers uuid[], on_day date)
returns boolean language plpgsql stable parallel safe as $$
begin
    return exists (select
                   from app.offering_practitioner op
                   join app.offering_location ol on ol.clinic_id = op.clinic_id and ol.offering_id = op.offering_id and ol.location_id = location
                   join app.offering o on o.clinic_id = op.clinic_id and o.id = op.offering_id
                   join app.treatment t on t.code = o.treatment and t.status = 'active'
                   where op.clinic_id = tenant and op.practitioner_id = practitioner and op.offering_id = any (offers)
                     and (t.requires_qualification is null
                          or app.holds_on(tenant, practitioner, t.requires_qualification, on_day,
                                          (select l.timezone from app.location l where l.clinic_id = tenant and l.id = location))));
end
$$;

-- Whether the practitioner gives one of the treatments, or the offering, at that location (null: anywhere in the clinic).
create or replace function app.practitioner_gives(tenant uuid, practitioner uuid, location uuid, treatments text[], offering uuid, on_day date)
returns boolean language plpgsql stable parallel safe as $$
declare
    offers uuid[] := app.offers_of_clinic(tenant, treatments, offering);
begin
    if offers = '{}' then
        return false;
    elsif location is not null then
        return exists (select from app.practitioner_location pl
                       where pl.clinic_id = tenant and pl.practitioner_id = practitioner and pl.location_id = location)
               and app.one_given(tenant, practitioner, location, offers, on_day);
    end if;
    return exists (select
                   from app.practitioner_location pl
                   join app.location l on l.clinic_id = pl.clinic_id and l.id = pl.location_id and l.status = 'active'
                   where pl.clinic_id = tenant and pl.practitioner_id = practitioner
                     and app.one_given(tenant, practitioner, l.id, offers, on_day));
end
$$;
