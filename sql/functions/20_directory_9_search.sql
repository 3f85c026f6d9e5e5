-- The public searches of the directory, and the pages of all its lists.
--
-- A search has one of three orders, each served by an index: nearest first (near), best match (q), else by name. Filters that
-- look further than the row itself are asked per candidate, in that order, until the page is full.

-- ---------------------------------------------------------------- pages

-- The keys after which a page begins: [order, key, id]; null for none, or for a cursor that is none of this order's.
-- kind is the JSON type of the key.
create or replace function app.page_after(cursor text, ordering text, kind text)
returns jsonb language plpgsql immutable parallel safe as $$
declare
    keys jsonb := app.cursor_decode(cursor, 3);
begin
    if keys ->> 0 = ordering and jsonb_typeof(keys -> 1) = kind
       and keys ->> 2 ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then
        return keys;
    end if;
    return null;
end
$$;

-- The answer to a list. `bodies` and `keys` are the page's items and one more where there is one, in order (null for none).
create or replace function app.page_answer(cursor text, after jsonb, page_size int, bodies json[], keys jsonb[],
                                           out status int, out body json)
language plpgsql immutable parallel safe as $$
begin
    if cursor is not null and after is null then
        status := 400;
        body := app.cursor_problem();
    else
        status := 200;
        body := json_build_object('items', coalesce(array_to_json(bodies[:page_size]), '[]'),
                                  'next', case when cardinality(bodies) > page_size then app.cursor_encode(keys[page_size]) end);
    end if;
end
$$;

-- ---------------------------------------------------------------- filters

-- Who gives which treatment where, as the rules of availability see it (app.offered), but for the day of the certificate.
create or replace view app.given as
select o.clinic_id, ol.location_id, p.id as practitioner_id, p.languages, o.treatment, t.requires_qualification, l.timezone
from app.offering o
join app.treatment t on t.code = o.treatment and t.status = 'active'
join app.offering_location ol on ol.clinic_id = o.clinic_id and ol.offering_id = o.id
join app.location l on l.clinic_id = ol.clinic_id and l.id = ol.location_id and l.status = 'active'
join app.offering_practitioner op on op.clinic_id = o.clinic_id and op.offering_id = o.id
join app.practitioner p on p.clinic_id = op.clinic_id and p.id = op.practitioner_id and p.status = 'active'
join app.practitioner_location pl on pl.clinic_id = p.clinic_id and pl.practitioner_id = p.id and pl.location_id = ol.location_id
where o.status = 'active';
grant select on app.given to clinicd_service;

-- Whether a certificate is held at the moment, in the calendar of that zone.
create or replace function app.holds_today(tenant uuid, practitioner uuid, certificate text, zone text)
returns boolean language plpgsql stable parallel safe as $$
declare
    today date := (app.now() at time zone zone)::date;
begin
    return exists (select from app.qualification q
                   where q.clinic_id = tenant and q.practitioner_id = practitioner and q.code = certificate
                     and (q.issued_on is null or q.issued_on <= today) and (q.expires_on is null or q.expires_on >= today));
end
$$;

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

-- Whether the clinic offers one of the treatments at all: one look into an index that spares most clinics the closer one.
create or replace function app.is_offered(tenant uuid, treatments text[])
returns boolean language plpgsql stable parallel safe as $$
begin
    return exists (select from app.offering o
                   where o.clinic_id = tenant and o.treatment = any (treatments) and o.status = 'active');
end
$$;

-- Whether somebody at this location gives one of the treatments (null: whatever) and speaks the language (null: whatever).
create or replace function app.given_at(tenant uuid, location uuid, treatments text[], language text)
returns boolean language plpgsql stable parallel safe as $$
begin
    if treatments is null then
        return exists (select from app.practitioner_location pl
                       join app.practitioner p on p.clinic_id = pl.clinic_id and p.id = pl.practitioner_id
                       where pl.clinic_id = tenant and pl.location_id = location and p.status = 'active'
                         and (language is null or language = any (p.languages)));
    elsif not app.is_offered(tenant, treatments) then
        return false;
    end if;
    return exists (select from app.given g
                   where g.clinic_id = tenant and g.location_id = location and g.treatment = any (treatments)
                     and (language is null or language = any (g.languages))
                     and (g.requires_qualification is null
                          or app.holds_today(tenant, g.practitioner_id, g.requires_qualification, g.timezone)));
end
$$;

-- Whether the practitioner gives one of the treatments at that location (null: anywhere in the clinic).
create or replace function app.given_by(tenant uuid, practitioner uuid, location uuid, treatments text[])
returns boolean language plpgsql stable parallel safe as $$
begin
    if not app.is_offered(tenant, treatments) then
        return false;
    end if;
    return exists (select from app.given g
                   where g.clinic_id = tenant and g.practitioner_id = practitioner and g.treatment = any (treatments)
                     and (location is null or g.location_id = location)
                     and (g.requires_qualification is null
                          or app.holds_today(tenant, practitioner, g.requires_qualification, g.timezone)));
end
$$;

-- Words as a pattern of LIKE: a text that has them literally, as a part of a word.
create or replace function app.words_pattern(words text)
returns text language sql immutable parallel safe as $$
    select '%' || replace(replace(replace(words, '\', '\\'), '%', '\%'), '_', '\_') || '%'
$$;

-- ---------------------------------------------------------------- locations

-- Whether the clinic is there, and somebody at this location gives one of the treatments and speaks the language.
create or replace function app.location_fits(tenant uuid, location uuid, treatments text[], language text)
returns boolean language plpgsql stable parallel safe as $$
begin
    if not exists (select from app.clinic c where c.id = tenant and c.status = 'active') then
        return false;
    end if;
    return (treatments is null and language is null) or app.given_at(tenant, location, treatments, language);
end
$$;

-- The straight line through the globe, in metres, that spans such a way over it: what the index of positions measures.
create or replace function app.chord(metres float8)
returns float8 language sql immutable strict parallel safe as $$
    select 12742017.6 * sin(metres / 12742017.6)
$$;

create or replace function app.search_locations(near text, radius_km float8, treatment text, complaint text, language text, q text,
                                                city text, postal_code text, clinic uuid, page_size int, cursor text, lang text,
                                                clinics text, out status int, out body json, out content_language text)
language plpgsql stable
-- A cursor is planned for its first rows; so it follows the index, however many rows there may be.
set cursor_tuple_fraction = 0.001
as $$
#variable_conflict use_column
declare
    ordering text := case when near is not null then 'near:' || near when q is not null then 'q:' || q else 'name' end;
    after jsonb := app.page_after(cursor, ordering, case when near is null and q is null then 'string' else 'number' end);
    after_number float8 := case when near is not null or q is not null then (after ->> 1)::float8 end;
    after_id uuid := after ->> 2;
    point public.cube := app.near_point(near);
    reach float8 := app.chord(coalesce(radius_km, 20000) * 1000);
    words text := app.fold(q);
    in_city text := app.fold(city);
    in_postal_code text := postal_code;
    pattern text := app.words_pattern(words);
    treatments text[] := app.wanted_treatments(treatment, complaint);
    tenants uuid[] := app.clinics_filter(clinics);
    wanted text[] := app.wanted_languages(lang);
    homes uuid[] := '{}';
    ids uuid[] := '{}';
    numbers float8[];
    names text[];
    bodies json[];
    keys jsonb[];
    nearby cursor for
        select l.clinic_id, l.id, l.name, l.address, l.position operator(public.<->) point as far
        from app.location l where l.status = 'active' and l.position is not null order by l.position operator(public.<->) point;
    named cursor (from_name text, from_id uuid) for
        select l.clinic_id, l.id, app.fold(l.name) as folded
        from app.location l where l.status = 'active' and (app.fold(l.name), l.id) > (from_name, from_id) order by app.fold(l.name), l.id;
begin
    if near is not null then
        for hit in nearby loop
            exit when hit.far > reach or (cardinality(ids) > page_size and hit.far > numbers[cardinality(ids)]);
            continue when (hit.far, hit.id) <= (after_number, after_id)
                or not coalesce((hit.clinic_id = any (tenants) or tenants is null) and (clinic is null or hit.clinic_id = clinic)
                    and (in_city is null or app.fold(hit.address ->> 'city') = in_city)
                    and (in_postal_code is null or hit.address ->> 'postal_code' = in_postal_code), false);
            continue when words is not null
                and not (app.fold(hit.name || ' ' || coalesce(hit.address ->> 'city', '')) operator(public.%>) words
                         or app.fold(hit.name || ' ' || coalesce(hit.address ->> 'city', '')) like pattern);
            continue when not app.location_fits(hit.clinic_id, hit.id, treatments, language);
            homes := homes || hit.clinic_id;
            ids := ids || hit.id;
            numbers := numbers || hit.far;
        end loop;
        select array_agg(h.home order by h.far, h.id), array_agg(h.id order by h.far, h.id), array_agg(h.far order by h.far, h.id)
        into homes, ids, numbers from unnest(homes, ids, numbers) as h (home, id, far);
    elsif q is not null then
        select array_agg(h.clinic_id order by h.unlike, h.id), array_agg(h.id order by h.unlike, h.id),
               array_agg(h.unlike order by h.unlike, h.id)
        into homes, ids, numbers
        from (select s.* from (
                  select l.clinic_id, l.id,
                         1 - public.word_similarity(words, app.fold(l.name || ' ' || coalesce(l.address ->> 'city', '')))::float8 as unlike
                  from app.location l
                  where (app.fold(l.name || ' ' || coalesce(l.address ->> 'city', '')) operator(public.%>) words
                         or app.fold(l.name || ' ' || coalesce(l.address ->> 'city', '')) like pattern)
                    and l.status = 'active'
                    and (tenants is null or l.clinic_id = any (tenants)) and (clinic is null or l.clinic_id = clinic)
                    and (in_city is null or app.fold(l.address ->> 'city') = in_city)
                    and (in_postal_code is null or l.address ->> 'postal_code' = in_postal_code)
                                        and app.location_fits(l.clinic_id, l.id, treatments, language)) as s
              where after is null or (s.unlike, s.id) > (after_number, after_id)
              order by s.unlike, s.id limit page_size + 1) as h;
    elsif clinic is not null or in_city is not null or in_postal_code is not null then
        select array_agg(h.clinic_id order by h.name, h.id), array_agg(h.id order by h.name, h.id), array_agg(h.name order by h.name, h.id)
        into homes, ids, names
        from (select l.clinic_id, l.id, app.fold(l.name) as name
              from (select * from app.location where clinic is not null and clinic_id = clinic
                    union all
                    select * from app.location where clinic is null and in_postal_code is not null and address ->> 'postal_code' = in_postal_code
                    union all
                    select * from app.location where clinic is null and in_postal_code is null and app.fold(address ->> 'city') = in_city) as l
              where l.status = 'active'
                and (after is null or (app.fold(l.name), l.id) > (after ->> 1, after_id))
                and (tenants is null or l.clinic_id = any (tenants))
                and (in_city is null or app.fold(l.address ->> 'city') = in_city)
                and (in_postal_code is null or l.address ->> 'postal_code' = in_postal_code)
                                and app.location_fits(l.clinic_id, l.id, treatments, language)
              order by app.fold(l.name), l.id limit page_size + 1) as h;
    else
        for hit in named (coalesce(after ->> 1, ''), coalesce(after_id, app.no_clinic())) loop
            continue when not coalesce(hit.clinic_id = any (tenants), true)
                or not app.location_fits(hit.clinic_id, hit.id, treatments, language);
            homes := homes || hit.clinic_id;
            ids := ids || hit.id;
            names := names || hit.folded;
            exit when cardinality(ids) > page_size;
        end loop;
    end if;

    select array_agg(case when near is null then s.shown
                          else app.json_with(s.shown, json_build_object('distance_m', s.distance_m)) end order by s.place),
           array_agg(jsonb_build_array(ordering, coalesce(to_jsonb(names[s.place]), to_jsonb(numbers[s.place])), s.id) order by s.place),
           string_agg(distinct s.language, ', ') filter (where s.place <= page_size)
    into bodies, keys, content_language
    from (select hit.place, l.id, app.location_json(l, wanted, c.languages) as shown,
                 round(app.distance_m(l.position, point))::int as distance_m,
                 app.texts_language(l.directions, wanted, c.languages) as language
          from unnest(homes[:page_size + 1], ids[:page_size + 1]) with ordinality as hit (clinic_id, id, place)
          join app.location l on l.clinic_id = hit.clinic_id and l.id = hit.id
          join app.clinic c on c.id = l.clinic_id) as s;
    select p.status, p.body into status, body from app.page_answer(cursor, after, page_size, bodies, keys) as p;
end
$$;

-- ---------------------------------------------------------------- practitioners

-- Whether the practitioner fits all that a search asks (null: whatever): language, certificate today, and one location where
-- they work, at that place, and give one of the treatments. Without a wish for a place or a treatment none is needed.
create or replace function app.practitioner_fits(tenant uuid, practitioner uuid, languages text[], language text, qualification text,
                                                 location uuid, in_city text, postal_code text, treatments text[])
returns boolean language plpgsql stable parallel safe as $$
declare
    zone text;
begin
    if language is not null and language <> all (languages) then
        return false;
    elsif treatments is not null and not app.is_offered(tenant, treatments) then
        return false;
    end if;
    select c.timezone into zone from app.clinic c where c.id = tenant and c.status = 'active';
    if zone is null or (qualification is not null and not app.holds_today(tenant, practitioner, qualification, zone)) then
        return false;
    elsif location is null and in_city is null and postal_code is null then
        return treatments is null or app.given_by(tenant, practitioner, null, treatments);
    end if;
    return exists (select from app.practitioner_location pl
                   join app.location l on l.clinic_id = pl.clinic_id and l.id = pl.location_id and l.status = 'active'
                   where pl.clinic_id = tenant and pl.practitioner_id = practitioner
                     and (location is null or l.id = location)
                     and (in_city is null or app.fold(l.address ->> 'city') = in_city)
                     and (practitioner_fits.postal_code is null or l.address ->> 'postal_code' = practitioner_fits.postal_code)
                     and (treatments is null or app.given_by(tenant, practitioner, l.id, treatments)));
end
$$;

-- With `near` a practitioner comes once, at the nearest of the locations that fit.
create or replace function app.search_practitioners(near text, radius_km float8, treatment text, complaint text, language text,
                                                    qualification text, q text, city text, postal_code text, clinic uuid,
                                                    location uuid, page_size int, cursor text, lang text, clinics text,
                                                    out status int, out body json, out content_language text)
language plpgsql stable
set cursor_tuple_fraction = 0.001
as $$
#variable_conflict use_column
declare
    ordering text := case when near is not null then 'near:' || near when q is not null then 'q:' || q else 'name' end;
    after jsonb := app.page_after(cursor, ordering, case when near is null and q is null then 'string' else 'number' end);
    after_number float8 := case when near is not null or q is not null then (after ->> 1)::float8 end;
    after_id uuid := after ->> 2;
    point public.cube := app.near_point(near);
    reach float8 := app.chord(coalesce(radius_km, 20000) * 1000);
    words text := app.fold(q);
    pattern text := app.words_pattern(words);
    in_city text := app.fold(city);
    in_postal_code text := postal_code;
    treatments text[] := app.wanted_treatments(treatment, complaint);
    tenants uuid[] := app.clinics_filter(clinics);
    wanted text[] := app.wanted_languages(lang);
    homes uuid[] := '{}';
    ids uuid[] := '{}';
    numbers float8[];
    names text[];
    bodies json[];
    keys jsonb[];
    hit record;
    nearby cursor for
        select l.clinic_id, l.id, l.position operator(public.<->) point as far
        from app.location l where l.status = 'active' and l.position is not null order by l.position operator(public.<->) point;
    named cursor (from_name text, from_id uuid) for
        select p.clinic_id, p.id, p.languages, app.fold(p.name) as folded
        from app.practitioner p where p.status = 'active' and (app.fold(p.name), p.id) > (from_name, from_id) order by app.fold(p.name), p.id;
begin
    if near is not null then
        for place in nearby loop
            exit when place.far > reach or (cardinality(ids) > page_size and place.far > numbers[cardinality(ids)]);
            continue when place.far < after_number or not coalesce(place.clinic_id = any (tenants), true)
                or (clinic is not null and place.clinic_id <> clinic) or (location is not null and place.id <> location);
            for hit in select p.clinic_id, p.id
                       from app.practitioner_location pl
                       join app.practitioner p on p.clinic_id = pl.clinic_id and p.id = pl.practitioner_id
                       where pl.clinic_id = place.clinic_id and pl.location_id = place.id and p.status = 'active'
                         and (after is null or (place.far, p.id) > (after_number, after_id))
                         and (words is null or app.fold(p.name) operator(public.%>) words or app.fold(p.name) like pattern)
                         and app.practitioner_fits(p.clinic_id, p.id, p.languages, language, qualification, place.id, in_city,
                                                   in_postal_code, treatments)
                         and not exists (
                             select from app.practitioner_location other
                             join app.location ol on ol.clinic_id = other.clinic_id and ol.id = other.location_id and ol.status = 'active'
                             where other.clinic_id = p.clinic_id and other.practitioner_id = p.id
                               and (location is null or ol.id = location)
                               and (ol.position operator(public.<->) point, ol.id) < (place.far, place.id)
                               and app.practitioner_fits(p.clinic_id, p.id, p.languages, language, qualification, ol.id, in_city,
                                                         in_postal_code, treatments)) loop
                homes := homes || hit.clinic_id;
                ids := ids || hit.id;
                numbers := numbers || place.far;
            end loop;
        end loop;
        select array_agg(h.home order by h.far, h.id), array_agg(h.id order by h.far, h.id), array_agg(h.far order by h.far, h.id)
        into homes, ids, numbers from unnest(homes, ids, numbers) as h (home, id, far);
    elsif q is not null then
        select array_agg(h.clinic_id order by h.unlike, h.id), array_agg(h.id order by h.unlike, h.id),
               array_agg(h.unlike order by h.unlike, h.id)
        into homes, ids, numbers
        from (select s.* from (
                  select p.clinic_id, p.id, 1 - public.word_similarity(words, app.fold(p.name))::float8 as unlike
                  from app.practitioner p
                  where (app.fold(p.name) operator(public.%>) words or app.fold(p.name) like pattern) and p.status = 'active'
                    and (tenants is null or p.clinic_id = any (tenants)) and (clinic is null or p.clinic_id = clinic)
                    and app.practitioner_fits(p.clinic_id, p.id, p.languages, language, qualification, location, in_city,
                                              in_postal_code, treatments)) as s
              where after is null or (s.unlike, s.id) > (after_number, after_id)
              order by s.unlike, s.id limit page_size + 1) as h;
    elsif clinic is not null or location is not null or in_city is not null or in_postal_code is not null then
        select array_agg(h.clinic_id order by h.name, h.id), array_agg(h.id order by h.name, h.id), array_agg(h.name order by h.name, h.id)
        into homes, ids, names
        from (select p.clinic_id, p.id, app.fold(p.name) as name
              from (select c.clinic_id, c.id from app.practitioner c where clinic is not null and c.clinic_id = clinic
                    union
                    select pl.clinic_id, pl.practitioner_id
                    from (select l.clinic_id, l.id from app.location l where clinic is null and l.id = location
                          union all
                          select l.clinic_id, l.id from app.location l
                          where clinic is null and location is null and in_postal_code is not null
                            and l.address ->> 'postal_code' = in_postal_code
                          union all
                          select l.clinic_id, l.id from app.location l
                          where clinic is null and location is null and in_postal_code is null
                            and app.fold(l.address ->> 'city') = in_city) as place
                    join app.practitioner_location pl on pl.clinic_id = place.clinic_id and pl.location_id = place.id) as who
              join app.practitioner p on p.clinic_id = who.clinic_id and p.id = who.id
              where p.status = 'active' and (after is null or (app.fold(p.name), p.id) > (after ->> 1, after_id))
                and (tenants is null or p.clinic_id = any (tenants))
                and app.practitioner_fits(p.clinic_id, p.id, p.languages, language, qualification, location, in_city,
                                          in_postal_code, treatments)
              order by app.fold(p.name), p.id limit page_size + 1) as h;
    else
        for hit in named (coalesce(after ->> 1, ''), coalesce(after_id, app.no_clinic())) loop
            continue when not coalesce(hit.clinic_id = any (tenants), true)
                or not app.practitioner_fits(hit.clinic_id, hit.id, hit.languages, language, qualification, null, null, null, treatments);
            homes := homes || hit.clinic_id;
            ids := ids || hit.id;
            names := names || hit.folded;
            exit when cardinality(ids) > page_size;
        end loop;
    end if;

    select array_agg(case when near is null then s.shown
                          else app.json_with(s.shown, json_build_object('distance_m', s.distance_m)) end order by s.place),
           array_agg(jsonb_build_array(ordering, coalesce(to_jsonb(names[s.place]), to_jsonb(numbers[s.place])), s.id) order by s.place),
           string_agg(distinct s.language, ', ') filter (where s.place <= page_size)
    into bodies, keys, content_language
    from (select hit.place, p.id, app.practitioner_json(p, wanted, c.languages) as shown,
                 round(12742017.6 * asin(least(1, numbers[hit.place] / 12742017.600001)))::int as distance_m,
                 app.texts_language(p.biography, wanted, c.languages) as language
          from unnest(homes[:page_size + 1], ids[:page_size + 1]) with ordinality as hit (clinic_id, id, place)
          join app.practitioner p on p.clinic_id = hit.clinic_id and p.id = hit.id
          join app.clinic c on c.id = p.clinic_id) as s;
    select p.status, p.body into status, body from app.page_answer(cursor, after, page_size, bodies, keys) as p;
end
$$;

-- ---------------------------------------------------------------- catalogue

-- The code after which a page of the catalogue begins; null for none, or for a cursor that is none of ours.
create or replace function app.page_after_code(cursor text)
returns text language plpgsql immutable parallel safe as $$
declare
    keys jsonb := app.cursor_decode(cursor, 2);
begin
    return case when keys ->> 0 = 'code' then keys ->> 1 end;
end
$$;

-- Whether folded words are found in one of these texts, in any language; a text may be a list of texts (synonyms).
create or replace function app.texts_have(texts jsonb[], words text)
returns boolean language plpgsql immutable parallel safe as $$
begin
    return exists (select
                   from unnest(texts) as t (by_language)
                   cross join lateral jsonb_path_query(t.by_language, 'strict $.* ? (@.type() == "string")') as plain (value)
                   where app.fold(plain.value #>> '{}') operator(public.%>) words
                      or app.fold(plain.value #>> '{}') like app.words_pattern(words)
                   union all
                   select
                   from unnest(texts) as t (by_language)
                   cross join lateral jsonb_path_query(t.by_language, 'strict $.* ? (@.type() == "array")[*]') as listed (value)
                   where app.fold(listed.value #>> '{}') operator(public.%>) words
                      or app.fold(listed.value #>> '{}') like app.words_pattern(words));
end
$$;
