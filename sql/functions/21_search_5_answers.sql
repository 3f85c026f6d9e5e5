-- The answers of listLocations and listPractitioners: the page, and on request what stands beside it: next free starts, facets.

-- A page in whatever order the search has, from the cursor's keys on: [order, key, id]. The order is near:<point>, name, or of
-- free text q:<text> (most alike first), then meant:<text> (those who give what the text means, by name). Of what is called so
-- 5,000 are looked at: where there are more, likeness tells nothing. `next` are the keys of the next page, or null.
create or replace function app.search_page(kind text, args jsonb, w app.wish, page_size int, after jsonb,
                                           out ids uuid[], out numbers float8[], out next jsonb)
language plpgsql stable as $$
declare
    ordering text := coalesce(after ->> 0, case when args ? 'near' then 'near:' || (args ->> 'near')
                                                when args ? 'q' then 'q:' || (args ->> 'q') else 'name' end);
    rest jsonb := after - 0;
    others app.wish;
    called uuid[];
    page record;
    more record;
begin
    if w.treatments = '{}' or (w.words is not null and not (w.by_words or w.by_meaning)) then
        ids := '{}';
        return;
    end if;
    if ordering = 'q:' || (args ->> 'q') then
        -- A place or person that is called so and also gives what is meant comes once, here. Where another wish names few,
        -- those are looked at, for many may be called so.
        w.by_meaning := false;
        others := w;
        others.by_words := false;
        others.meant := null;
        called := case when not w.by_words then '{}'
                       when kind = 'location' then coalesce(app.narrow_locations(others), app.called_locations(w, 5000))
                       else coalesce(app.narrow_practitioners(others), app.called_practitioners(w, 5000)) end;
        if kind = 'location' then
            page := app.sorted_locations(w, called, true, page_size, rest);
        else
            page := app.sorted_practitioners(w, called, true, page_size, rest);
        end if;
        ids := page.ids;
        if page.next_key is not null then
            next := jsonb_build_array(ordering) || page.next_key;
            return;
        elsif w.meant is null then
            return;
        end if;
        w.by_meaning := true;
        w.by_words := false;
        ordering := 'meant:' || (args ->> 'q');
        if cardinality(ids) = page_size then
            next := jsonb_build_array(ordering, '', app.no_clinic());
            return;
        end if;
        if kind = 'location' then
            more := app.named_locations(w, page_size - cardinality(ids), null);
        else
            more := app.named_practitioners(w, page_size - cardinality(ids), null);
        end if;
        ids := ids || more.ids;
        next := jsonb_build_array(ordering) || more.next_key;
        return;
    end if;
    if left(ordering, 6) = 'meant:' then
        w.by_words := false;
    end if;
    if w.here is not null and kind = 'location' then
        page := app.nearest_locations(w, page_size, rest);
    elsif w.here is not null then
        page := app.nearest_practitioners(w, page_size, rest);
    elsif kind = 'location' then
        page := app.named_locations(w, page_size, rest);
    else
        page := app.named_practitioners(w, page_size, rest);
    end if;
    ids := page.ids;
    numbers := case when w.here is not null then array(select (k ->> 0)::float8 from unnest(page.keys) with ordinality as u (k, n) order by n) end;
    next := jsonb_build_array(ordering) || page.next_key;
end
$$;

-- The keys of a cursor that one of the orders of this search gave; null for any other.
create or replace function app.search_after(args jsonb)
returns jsonb language plpgsql immutable parallel safe as $$
declare
    keys jsonb := app.cursor_decode(args ->> 'cursor', 3);
    q text := args ->> 'q';
begin
    return case when keys ->> 2 ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
                 and case when args ? 'near' then keys ->> 0 = 'near:' || (args ->> 'near') and jsonb_typeof(keys -> 1) = 'number'
                          when q is null then keys ->> 0 = 'name' and jsonb_typeof(keys -> 1) = 'string'
                          else keys ->> 0 = 'q:' || q and jsonb_typeof(keys -> 1) = 'number'
                               or keys ->> 0 = 'meant:' || q and jsonb_typeof(keys -> 1) = 'string' end
                then keys end;
end
$$;

-- ---------------------------------------------------------------- next free starts

-- The first free start of each location or practitioner (`whose`): looked for in growing steps, up to 28 days ahead, and no
-- longer for whoever has one. slots[n] belongs to ids[n], null for none; searched_until says how far was looked for it.
-- `places` are the locations where practitioners count (null: all).
create or replace function app.next_available(args jsonb, w app.wish, whose text, ids uuid[], places uuid[],
                                              out slots json[], out searched_until timestamptz[], out status int, out problem jsonb)
language plpgsql stable as $$
declare
    moment timestamptz := app.now();
    horizon timestamptz := moment + interval '28 days';
    search record;
    remaining app.candidate[];
    since timestamptz := moment;
    until timestamptz;
    step interval := '1 day';
    found_ids uuid[];
    found_starts timestamptz[];
    found_numbers int[];
    all_ids uuid[] := '{}';
    all_starts timestamptz[] := '{}';
    all_numbers int[] := '{}';
    all_until timestamptz[] := '{}';
    shown json;
begin
    search := app.search_read(jsonb_strip_nulls(jsonb_build_object(
        'from', app.cursor_instant(moment), 'to', app.cursor_instant(horizon), 'clinics', args -> 'clinics', 'scopes', args -> 'scopes',
        'treatment', case when w.treatments is not null then to_jsonb(w.treatments)::text end, 'offering_id', w.offering,
        'language', w.language, 'qualification', w.qualification,
        'practitioner_id', case when whose = 'practitioner' then to_jsonb(ids)::text end,
        'location_id', case when whose = 'location' then to_jsonb(ids)::text when places is not null then to_jsonb(places)::text end)),
        moment);
    if search.status is not null then
        status := search.status;
        problem := search.problem;
        return;
    end if;
    remaining := coalesce(search.candidates, '{}');
    while since < horizon and cardinality(remaining) > 0 loop
        until := least(since + step, horizon);
        select array_agg(f.whose), array_agg(f.start), array_agg(f.n) into found_ids, found_starts, found_numbers
        from (select distinct on (c.whose) c.whose, g.start, g.n
              from app.grid_starts(remaining, since, until, moment, null, null, null, 1) as g
              join (select u.n, case whose when 'location' then u.location_id else u.practitioner_id end as whose
                    from unnest(remaining) as u) as c on c.n = g.n
              order by c.whose, g.start, g.n) as f;
        if found_ids is not null then
            all_ids := all_ids || found_ids;
            all_starts := all_starts || found_starts;
            all_numbers := all_numbers || found_numbers;
            all_until := all_until || array_fill(until, array[cardinality(found_ids)]);
            remaining := array(select c from unnest(remaining) as c
                               where case whose when 'location' then c.location_id else c.practitioner_id end <> all (found_ids));
        end if;
        since := until;
        step := step * 3;
    end loop;
    select s.items into shown from app.slots(search.candidates, all_starts, all_numbers, null, args ->> 'lang') as s;
    select array_agg(shown -> (f.place - 1)::int order by i.place), array_agg(coalesce(all_until[f.place], horizon) order by i.place)
    into slots, searched_until
    from unnest(ids) with ordinality as i (id, place)
    left join unnest(all_ids) with ordinality as f (id, place) on f.id = i.id;
end
$$;

-- The locations of these practitioners that a wish about places means; null when it is none about places.
create or replace function app.wanted_places(w app.wish, people uuid[])
returns uuid[] language plpgsql stable parallel safe as $$
begin
    if not w.in_place and w.here is null then
        return null;
    end if;
    return array(select distinct l.id
                 from app.practitioner p
                 join app.practitioner_location pl on pl.clinic_id = p.clinic_id and pl.practitioner_id = p.id
                 join app.location l on l.clinic_id = pl.clinic_id and l.id = pl.location_id and l.status = 'active'
                 where p.id = any (people) and app.is_wanted_place(l, w)
                   and (w.here is null or l.position operator(public.<->) w.here <= w.reach));
end
$$;

-- ---------------------------------------------------------------- facets

-- The values of a facet that each of these locations or practitioners has: one statement for each, so that a connection plans
-- only those that somebody asks for.
create or replace function app.facet_values(kind text, facet text, w app.wish, ids uuid[])
returns table (id uuid, value text) language plpgsql stable as $$
begin
    if facet = 'treatment' and kind = 'location' then
        return query
            select distinct l.id, g.treatment
            from app.location l join app.given g on g.clinic_id = l.clinic_id and g.location_id = l.id
            where l.id = any (ids) and (w.tongues is null or g.tongues && w.tongues)
              and (g.requires_qualification is null
                   or app.holds_on(l.clinic_id, g.practitioner_id, g.requires_qualification, null, g.timezone));
    elsif facet = 'treatment' then
        return query
            select distinct p.id, g.treatment
            from app.practitioner p join app.given g on g.clinic_id = p.clinic_id and g.practitioner_id = p.id
            where p.id = any (ids)
              and (g.requires_qualification is null
                   or app.holds_on(p.clinic_id, p.id, g.requires_qualification, w.day, g.timezone));
    elsif facet = 'city' and kind = 'location' then
        return query
            select l.id, l.address ->> 'city' from app.location l where l.id = any (ids) and l.address ->> 'city' is not null;
    elsif facet = 'city' then
        return query
            select distinct p.id, l.address ->> 'city'
            from app.practitioner p
            join app.practitioner_location pl on pl.clinic_id = p.clinic_id and pl.practitioner_id = p.id
            join app.location l on l.clinic_id = pl.clinic_id and l.id = pl.location_id and l.status = 'active'
            where p.id = any (ids) and l.address ->> 'city' is not null and app.is_wanted_place(l, w);
    else
        return query
            with spoken as materialized (
                select l.id, p.languages, p.tongues
                from app.location l
                join app.practitioner_location pl on pl.clinic_id = l.clinic_id and pl.location_id = l.id
                join app.practitioner p on p.clinic_id = pl.clinic_id and p.id = pl.practitioner_id and p.status = 'active'
                where kind = 'location' and l.id = any (ids)
                union all
                select p.id, p.languages, p.tongues from app.practitioner p where kind = 'practitioner' and p.id = any (ids)
            ), tags as materialized (  -- each with the people whom a search for it would find
                select u.tag, app.tongues_wanted(array[u.tag]) as wanted from (select distinct unnest(s.languages) as tag from spoken s) as u
            )
            select distinct s.id, t.tag from spoken s join tags t on s.tongues && t.wanted;
    end if;
end
$$;

-- How many of these locations or practitioners have each value, the most frequent first, at most 50 of each facet.
create or replace function app.facet_counts(kind text, facet text, w app.wish, ids uuid[])
returns json language plpgsql stable as $$
begin
    return (select coalesce(json_agg(json_build_object('value', c.value, 'count', c.count) order by c.count desc, c.value), '[]')
            from (select v.value, count(*) as count from app.facet_values(kind, facet, w, ids) as v
                  group by v.value order by count(*) desc, v.value limit 50) as c);
end
$$;

-- The facets that are asked for, over the first 500 that the search finds; `complete` says whether those are all.
create or replace function app.facets(kind text, args jsonb, w app.wish)
returns json language plpgsql stable as $$
declare
    wanted text[] := app.argument_list(args ->> 'facets');
    page record;
    ids uuid[] := '{}';
begin
    page := app.search_page(kind, args, w, 500, null);
    return (select json_object_agg(m.name, m.value order by m.place)
            from (select 0, 'counted', to_json(cardinality(page.ids))
                  union all select 1, 'complete', to_json(page.next is null)
                  union all select 2, f, app.facet_counts(kind, f, w, page.ids) from unnest(wanted) as f) as m (place, name, value));
end
$$;

-- ---------------------------------------------------------------- the answers

create or replace function app.list_directory(kind text, args jsonb)
returns table (status int, body json, language text) language plpgsql stable as $$
declare
    after jsonb := app.search_after(args);
    wish record;
    w app.wish;
    wanted text[] := app.wanted_languages(args ->> 'lang');
    page record;
    next_start record;
    facets json;
    shown json[];
    distances int[];
begin
    if args ? 'cursor' and after is null then
        return query select 400, app.cursor_problem()::json, null;
        return;
    end if;
    wish := app.wish_read(args, kind);
    if wish.status is not null then
        return query select wish.status, wish.problem::json, null;
        return;
    end if;
    w := wish.w;
    page := app.search_page(kind, args, w, coalesce((args ->> 'limit')::int, 20), after);
    distances := array(select round(12742017.6 * asin(least(1, n / 12742017.600001)))::int from unnest(page.numbers) with ordinality as u (n, place) order by place);
    if kind = 'location' then
        select array_agg(app.location_json(l, wanted, c.languages) order by i.place),
               string_agg(distinct app.texts_language(l.directions, wanted, c.languages), ', ')
        into shown, language
        from unnest(page.ids) with ordinality as i (id, place)
        join app.location l on l.id = i.id
        join app.clinic c on c.id = l.clinic_id;
    else
        select array_agg(app.practitioner_json(p, wanted, c.languages) order by i.place),
               string_agg(distinct app.texts_language(p.biography, wanted, c.languages), ', ')
        into shown, language
        from unnest(page.ids) with ordinality as i (id, place)
        join app.practitioner p on p.id = i.id
        join app.clinic c on c.id = p.clinic_id;
    end if;
    if args ->> 'include' like '%next_available%' and page.ids <> '{}' then
        next_start := app.next_available(args, w, kind, page.ids,
                                         case when kind = 'practitioner' then app.wanted_places(w, page.ids) end);
        if next_start.status is not null then
            return query select next_start.status, next_start.problem::json, null;
            return;
        end if;
        shown := array(select app.json_with(s, json_build_object('next_available', next_start.slots[place],
                                                                 'searched_until', app.utc_instant(next_start.searched_until[place])))
                       from unnest(shown) with ordinality as u (s, place) order by place);
    end if;
    if args ? 'near' then
        shown := array(select app.json_with(s, json_build_object('distance_m', distances[place]))
                       from unnest(shown) with ordinality as u (s, place) order by place);
    end if;
    body := json_build_object('items', coalesce(array_to_json(shown), '[]'), 'next', app.cursor_encode(page.next));
    if args ? 'facets' then
        body := app.json_with(body, json_build_object('facets', app.facets(kind, args, w)));
    end if;
    status := 200;
    return next;
end
$$;
