-- listLocations: nearest first (near), else best match (q), else by name, each along an index.
--
-- Where a wish is rare, walking along the order would look at everything: then, after a twentieth of the effort, the places that
-- the wish names are taken (2,000 at most) and sorted. Where neither helps, a page ends early, with a cursor: no request looks at more than `effort` allows.

-- Whether the clinic is there, somebody at the place gives what is wished, and it is called so or gives what is meant.
create or replace function app.fits_location(l app.location, w app.wish)
returns boolean language plpgsql stable parallel safe as $$
declare
    is_called boolean := w.words <> '' and app.is_called(case when w.further then l.further_words else l.words end, w);
begin
    -- What rules most out comes first.
    return (w.words is null or (w.by_words and is_called) or (w.by_meaning and (w.by_words or not is_called)))
       and ((w.treatments is null and w.offering is null and w.tongues is null)
            or app.location_serves(l.clinic_id, l.id, w.treatments, w.offering, w.tongues))
       and (w.words is null or (w.by_words and is_called) or app.location_serves(l.clinic_id, l.id, w.meant, null, w.tongues))
       and exists (select from app.clinic c where c.id = l.clinic_id and c.status = 'active');
end
$$;

-- The places that one wish names, when they are few: all that fit are among them. Null when no wish names few.
create or replace function app.narrow_locations(w app.wish, most int default 2000)
returns uuid[] language plpgsql stable parallel safe as $$
declare
    ids uuid[];
    people uuid[];
    wanted text[] := coalesce(w.treatments, case when not w.by_words then w.meant end);
begin
    if w.clinic is not null or cardinality(w.tenants) < 20 then
        ids := array(select l.id from app.location l
                     where l.clinic_id = any (case when w.clinic is not null then array[w.clinic] else w.tenants end) and l.status = 'active' limit most + 1);
        if cardinality(ids) <= most then return ids; end if;
    end if;
    if w.offering is not null then
        ids := array(select ol.location_id from app.offering o
                     join app.offering_location ol on ol.clinic_id = o.clinic_id and ol.offering_id = o.id
                     where o.id = w.offering limit most + 1);
        if cardinality(ids) <= most then return ids; end if;
    end if;
    if w.postal_code is not null then
        ids := array(select l.id from app.location l where l.address ->> 'postal_code' = w.postal_code limit most + 1);
        if cardinality(ids) <= most then return ids; end if;
    end if;
    if w.south is not null then
        ids := array(select l.id
                     from unnest(case when w.west <= w.east then array[box(point(w.west, w.south), point(w.east, w.north))]
                                      else array[box(point(w.west, w.south), point(180, w.north)),
                                                 box(point(-180, w.south), point(w.east, w.north))] end) as area
                     join app.location l on point(l.longitude, l.latitude) <@ area limit most + 1);
        if cardinality(ids) <= most then return ids; end if;
    end if;
    if w.city is not null then
        ids := array(select l.id from app.location l where app.fold(l.address ->> 'city') = w.city limit most + 1);
        if cardinality(ids) <= most then return ids; end if;
    end if;
    if w.tongues is not null then
        people := app.speakers(w.tongues, most);
        ids := array(select pl.location_id from app.practitioner p
                     join app.practitioner_location pl on pl.clinic_id = p.clinic_id and pl.practitioner_id = p.id
                     where p.id = any (people) limit most + 1);
        if people is not null and cardinality(ids) <= most then return ids; end if;
    end if;
    if w.by_words and not w.by_meaning then
        ids := app.called_locations(w, most);
        if cardinality(ids) <= most then return ids; end if;
    end if;
    if wanted is not null then
        ids := array(select ol.location_id from app.offering o
                     join app.offering_location ol on ol.clinic_id = o.clinic_id and ol.offering_id = o.id
                     where o.treatment = any (wanted) and o.status = 'active' limit most + 1);
        if cardinality(ids) <= most then return ids; end if;
    end if;
    return null;
end
$$;

-- The places that are called so, one more than `most` at most.
create or replace function app.called_locations(w app.wish, most int)
returns uuid[] language plpgsql stable parallel safe
-- However few are asked for: nobody knows how many are called so, and the index of trigrams is right for none and for many.
set enable_seqscan = off
as $$
begin
    if w.further then
        return array(select l.id from app.location l
                     where (l.further_words operator(public.%>) w.words or l.further_words like w.pattern) and l.status = 'active'
                     limit most + 1);
    end if;
    return array(select l.id from app.location l
                 where (l.words operator(public.%>) w.words or l.words like w.pattern) and l.status = 'active' limit most + 1);
end
$$;

-- A page of what a search finds, in two ways with the same order: the ids, the key that each is sorted by ([distance, unlikeness
-- or folded name, id]), and the key after which the next page begins (null on the last).

-- Of these places, those that fit, sorted.
create or replace function app.sorted_locations(w app.wish, candidates uuid[], by_likeness boolean, page_size int, after jsonb,
                                                out ids uuid[], out keys jsonb[], out next_key jsonb)
language plpgsql stable parallel safe as $$
declare
    is_numbered boolean := by_likeness or w.here is not null;
    after_number float8 := case when is_numbered then after ->> 0 end;
    after_name text := case when not is_numbered then after ->> 0 end;
    after_id uuid := after ->> 1;
begin
    select array_agg(h.id order by h.number, h.name, h.id),
           array_agg(jsonb_build_array(case when is_numbered then to_jsonb(h.number) else to_jsonb(h.name) end, h.id)
                     order by h.number, h.name, h.id)
    into ids, keys
    from (select s.id, s.number, s.name
          from (select k.* from (
                    select l.id, case when not is_numbered then app.fold(l.name) end as name,
                           case when by_likeness
                                then 1 - public.word_similarity(w.words, case when w.further then l.further_words else l.words end)::float8
                                else l.position operator(public.<->) w.here end as number, l as whole
                    from app.location l
                    where l.id = any (candidates) and l.status = 'active') as k
                where (after is null or case when is_numbered then (k.number, k.id) > (after_number, after_id)
                                             else (k.name, k.id) > (after_name, after_id) end)
                  and (by_likeness or w.here is null or k.number <= w.reach)
                order by k.number, k.name, k.id offset 0) as s  -- in order, so that no more than a page is looked at closely
          where app.is_wanted_place(s.whole, w) and app.fits_location(s.whole, w)
          limit page_size + 1) as h;
    next_key := case when cardinality(ids) > page_size then keys[page_size] end;
    ids := coalesce(ids[:page_size], '{}');
    keys := keys[:page_size];
end
$$;

-- The page of what was found nearby, in any order. cut_at is null, or the distance up to which all were looked at when the
-- effort was spent.
create or replace function app.nearest_page(hits uuid[], distances float8[], page_size int, cut_at float8,
                                            out ids uuid[], out keys jsonb[], out next_key jsonb)
language plpgsql immutable parallel safe as $$
begin
    select array_agg(f.id order by f.far, f.id), array_agg(jsonb_build_array(f.far, f.id) order by f.far, f.id)
    into ids, keys from unnest(hits, distances) as f (id, far);
    next_key := case when cardinality(ids) > page_size then keys[page_size]
                     when cut_at is not null then jsonb_build_array(cut_at, 'ffffffff-ffff-ffff-ffff-ffffffffffff') end;
    ids := coalesce(ids[:page_size], '{}');
    keys := keys[:page_size];
end
$$;

-- Nearest first, along the index of positions. Places at one distance come in any order, so all of them are looked at.
create or replace function app.nearest_locations(w app.wish, page_size int, after jsonb,
                                                 out ids uuid[], out keys jsonb[], out next_key jsonb)
language plpgsql stable
-- A cursor is planned for its first rows; so it follows the index, however many rows there may be.
set cursor_tuple_fraction = 0.001
as $$
declare
    effort int := 0;
    most_effort int := app.search_effort();
    is_cut boolean := false;
    is_tried boolean := false;
    narrowed uuid[];
    after_number float8 := after ->> 0;
    after_id uuid := after ->> 1;
    numbers float8[] := '{}';
    done float8;    -- all up to this distance were looked at
    latest float8;
    nearby cursor for
        select l as whole, l.id, l.position operator(public.<->) w.here as far
        from app.location l where l.status = 'active' and l.position is not null order by l.position operator(public.<->) w.here;
begin
    ids := '{}';
    for hit in nearby loop
        exit when hit.far > w.reach or (cardinality(ids) > page_size and hit.far > numbers[cardinality(ids)]);
        continue when (hit.far, hit.id) <= (after_number, after_id);
        if hit.far > latest then
            done := latest;
            if effort > most_effort / 20 and not is_tried then
                is_tried := true;
                narrowed := app.narrow_locations(w);
                if narrowed is not null then
                    select s.ids, s.keys, s.next_key into ids, keys, next_key
                    from app.sorted_locations(w, narrowed, false, page_size, after) as s;
                    return;
                end if;
            end if;
            is_cut := effort > most_effort;
            exit when is_cut;
        end if;
        latest := hit.far;
        effort := effort + case when w.open_at is null then 1 else 5 end;
        if app.is_wanted_place(hit.whole, w) then
            effort := effort + 20;
            if app.fits_location(hit.whole, w) then
                ids := ids || hit.id;
                numbers := numbers || hit.far;
            end if;
        end if;
    end loop;
    select p.ids, p.keys, p.next_key into ids, keys, next_key
    from app.nearest_page(ids, numbers, page_size, case when is_cut then done end) as p;
end
$$;

-- By name, along the index of names.
create or replace function app.named_locations(w app.wish, page_size int, after jsonb,
                                               out ids uuid[], out keys jsonb[], out next_key jsonb)
language plpgsql stable
set cursor_tuple_fraction = 0.001
as $$
declare
    effort int := 0;
    most_effort int := app.search_effort();
    is_tried boolean := w.in_place or w.clinic is not null or w.tenants is not null;
    narrowed uuid[] := case when is_tried then app.narrow_locations(w) end;
    key jsonb;
    named cursor (from_name text, from_id uuid) for
        select l as whole, l.id, app.fold(l.name) as folded
        from app.location l where l.status = 'active' and (app.fold(l.name), l.id) > (from_name, from_id) order by app.fold(l.name), l.id;
begin
    ids := '{}';
    keys := '{}';
    if narrowed is null then
        for hit in named (coalesce(after ->> 0, ''), coalesce((after ->> 1)::uuid, app.no_clinic())) loop
            if effort > most_effort then
                next_key := key;
                exit;
            elsif effort > most_effort / 20 and not is_tried then
                is_tried := true;
                narrowed := app.narrow_locations(w);
                exit when narrowed is not null;
            end if;
            key := jsonb_build_array(hit.folded, hit.id);
            effort := effort + case when w.open_at is null then 1 else 5 end;
            if app.is_wanted_place(hit.whole, w) then
                effort := effort + 20;
                if app.fits_location(hit.whole, w) then
                    if cardinality(ids) = page_size then
                        next_key := keys[page_size];
                        exit;
                    end if;
                    ids := ids || hit.id;
                    keys := keys || key;
                end if;
            end if;
        end loop;
        if narrowed is null then
            return;
        end if;
    end if;
    select s.ids, s.keys, s.next_key into ids, keys, next_key
    from app.sorted_locations(w, narrowed, false, page_size, after) as s;
end
$$;
