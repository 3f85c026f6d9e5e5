-- listPractitioners: as listLocations (21_search_3_locations.sql), for people. With `near` a practitioner comes once, at the
-- nearest of the locations that fit.

create or replace function app.is_wanted_person(p app.practitioner, w app.wish)
returns boolean language plpgsql immutable parallel safe as $$
begin
    return (w.tenants is null or p.clinic_id = any (w.tenants)) and (w.clinic is null or p.clinic_id = w.clinic)
       and (w.tongues is null or p.tongues && w.tongues)
       and (w.new_clients is null or p.accepts_new_clients = w.new_clients);
end
$$;

-- Whether the practitioner works at this place (null: at some place, if the wish is about places at all) and gives there what
-- is wished.
create or replace function app.works_at(p app.practitioner, place uuid, w app.wish)
returns boolean language plpgsql stable parallel safe as $$
declare
    gives boolean := w.treatments is not null or w.offering is not null;
begin
    if gives and app.offers_of_clinic(p.clinic_id, w.treatments, w.offering) = '{}' then
        return false;
    elsif place is null and not w.in_place then
        return not gives or app.practitioner_gives(p.clinic_id, p.id, null, w.treatments, w.offering, w.day);
    end if;
    return exists (select from app.practitioner_location pl
                   join app.location l on l.clinic_id = pl.clinic_id and l.id = pl.location_id and l.status = 'active'
                   where pl.clinic_id = p.clinic_id and pl.practitioner_id = p.id and (place is null or l.id = place)
                     and app.is_wanted_place(l, w)
                     and (not gives or app.practitioner_gives(p.clinic_id, p.id, l.id, w.treatments, w.offering, w.day)));
end
$$;

-- Whether the clinic is there, the certificate valid, and the practitioner is called so or gives what is meant, at that place.
create or replace function app.fits_practitioner(p app.practitioner, place uuid, w app.wish)
returns boolean language plpgsql stable parallel safe as $$
declare
    is_called boolean := w.words <> '' and app.is_called(p.words, w);
    zone text;
begin
    if not (w.words is null or (w.by_words and is_called) or (w.by_meaning and (w.by_words or not is_called))) then
        return false;
    end if;
    select c.timezone into zone from app.clinic c where c.id = p.clinic_id and c.status = 'active';
    return zone is not null
       and (w.qualification is null or app.holds_on(p.clinic_id, p.id, w.qualification, w.day, zone))
       and app.works_at(p, place, w)
       and (w.words is null or (w.by_words and is_called)
            or app.practitioner_gives(p.clinic_id, p.id, place, w.meant, null, w.day));
end
$$;

-- The practitioners that are called so, one more than `most` at most.
create or replace function app.called_practitioners(w app.wish, most int)
returns uuid[] language plpgsql stable parallel safe
-- However few are asked for: nobody knows how many are called so, and the index of trigrams is right for none and for many.
set enable_seqscan = off
as $$
begin
    return array(select p.id from app.practitioner p
                 where (p.words operator(public.%>) w.words or p.words like w.pattern) and p.status = 'active' limit most + 1);
end
$$;

-- The practitioners that one wish names, when they are few: all that fit are among them. Null when no wish names few.
create or replace function app.narrow_practitioners(w app.wish, most int default 2000)
returns uuid[] language plpgsql stable parallel safe as $$
declare
    ids uuid[];
    places uuid[];
    wanted text[] := coalesce(w.treatments, case when not w.by_words then w.meant end);
begin
    if w.clinic is not null or cardinality(w.tenants) < 20 then
        ids := array(select p.id from app.practitioner p
                     where p.clinic_id = any (case when w.clinic is not null then array[w.clinic] else w.tenants end) and p.status = 'active' limit most + 1);
        if cardinality(ids) <= most then return ids; end if;
    end if;
    if w.location is not null then
        places := array[w.location];
    elsif w.postal_code is not null or w.south is not null or w.city is not null then
        places := app.narrow_locations(w, most);
    end if;
    if places is not null then
        ids := array(select pl.practitioner_id from app.location l
                     join app.practitioner_location pl on pl.clinic_id = l.clinic_id and pl.location_id = l.id
                     where l.id = any (places) limit most + 1);
        if cardinality(ids) <= most then return ids; end if;
    end if;
    if w.offering is not null then
        ids := array(select op.practitioner_id from app.offering o
                     join app.offering_practitioner op on op.clinic_id = o.clinic_id and op.offering_id = o.id
                     where o.id = w.offering limit most + 1);
        if cardinality(ids) <= most then return ids; end if;
    end if;
    if w.tongues is not null then
        ids := app.speakers(w.tongues, most);
        if ids is not null then return ids; end if;
    end if;
    if w.by_words and not w.by_meaning then
        ids := app.called_practitioners(w, most);
        if cardinality(ids) <= most then return ids; end if;
    end if;
    if w.qualification is not null then
        ids := array(select q.practitioner_id from app.qualification q where q.code = w.qualification limit most + 1);
        if cardinality(ids) <= most then return ids; end if;
    end if;
    if wanted is not null then
        ids := array(select op.practitioner_id from app.offering o
                     join app.offering_practitioner op on op.clinic_id = o.clinic_id and op.offering_id = o.id
                     where o.treatment = any (wanted) and o.status = 'active' limit most + 1);
        if cardinality(ids) <= most then return ids; end if;
    end if;
    return null;
end
$$;

-- Of these people, those that fit, sorted.
create or replace function app.sorted_practitioners(w app.wish, candidates uuid[], by_likeness boolean, page_size int, after jsonb,
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
                    select p.id, case when not is_numbered then app.fold(p.name) end as name,
                           case when by_likeness then 1 - public.word_similarity(w.words, p.words)::float8
                                else (select min(l.position operator(public.<->) w.here)
                                      from app.practitioner_location pl
                                      join app.location l on l.clinic_id = pl.clinic_id and l.id = pl.location_id and l.status = 'active'
                                      where w.here is not null and pl.clinic_id = p.clinic_id and pl.practitioner_id = p.id
                                        and app.is_wanted_person(p, w) and app.is_wanted_place(l, w)
                                        and app.fits_practitioner(p, l.id, w)) end as number, p as whole
                    from app.practitioner p
                    where p.id = any (candidates) and p.status = 'active') as k
                where (after is null or case when is_numbered then (k.number, k.id) > (after_number, after_id)
                                             else (k.name, k.id) > (after_name, after_id) end)
                  and (by_likeness or w.here is null or k.number <= w.reach)
                order by k.number, k.name, k.id offset 0) as s
          where (not by_likeness and w.here is not null)
             or (app.is_wanted_person(s.whole, w) and app.fits_practitioner(s.whole, null, w))
          limit page_size + 1) as h;
    next_key := case when cardinality(ids) > page_size then keys[page_size] end;
    ids := coalesce(ids[:page_size], '{}');
    keys := keys[:page_size];
end
$$;

-- Nearest first: place by place along the index of positions, and at each whoever fits there and nowhere nearer.
create or replace function app.nearest_practitioners(w app.wish, page_size int, after jsonb,
                                                     out ids uuid[], out keys jsonb[], out next_key jsonb)
language plpgsql stable
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
    gives boolean := w.treatments is not null or w.offering is not null;
    person record;
    nearby cursor for
        select l as whole, l.clinic_id, l.id, l.position operator(public.<->) w.here as far
        from app.location l where l.status = 'active' and l.position is not null order by l.position operator(public.<->) w.here;
begin
    ids := '{}';
    for place in nearby loop
        exit when place.far > w.reach or (cardinality(ids) > page_size and place.far > numbers[cardinality(ids)]);
        continue when place.far < after_number;
        if place.far > latest then
            done := latest;
            if effort > most_effort / 20 and not is_tried then
                is_tried := true;
                narrowed := app.narrow_practitioners(w);
                if narrowed is not null then
                    select s.ids, s.keys, s.next_key into ids, keys, next_key
                    from app.sorted_practitioners(w, narrowed, false, page_size, after) as s;
                    return;
                end if;
            end if;
            is_cut := effort > most_effort;
            exit when is_cut;
        end if;
        latest := place.far;
        effort := effort + case when w.open_at is null then 1 else 5 end;
        continue when not app.is_wanted_place(place.whole, w)
            or (gives and app.offers_of_clinic(place.clinic_id, w.treatments, w.offering) = '{}');
        for person in select p as whole, p.id
                      from app.practitioner_location pl
                      join app.practitioner p on p.clinic_id = pl.clinic_id and p.id = pl.practitioner_id
                      where pl.clinic_id = place.clinic_id and pl.location_id = place.id and p.status = 'active'
                        and (after is null or (place.far, p.id) > (after_number, after_id)) loop
            effort := effort + 1;
            continue when not app.is_wanted_person(person.whole, w);
            effort := effort + 20;
            if app.fits_practitioner(person.whole, place.id, w) and not exists (
                    select from app.practitioner_location pl
                    join app.location l on l.clinic_id = pl.clinic_id and l.id = pl.location_id and l.status = 'active'
                    where pl.clinic_id = place.clinic_id and pl.practitioner_id = person.id
                      and (l.position operator(public.<->) w.here, l.id) < (place.far, place.id)
                      and app.is_wanted_place(l, w) and app.fits_practitioner(person.whole, l.id, w)) then
                ids := ids || person.id;
                numbers := numbers || place.far;
            end if;
        end loop;
    end loop;
    select p.ids, p.keys, p.next_key into ids, keys, next_key
    from app.nearest_page(ids, numbers, page_size, case when is_cut then done end) as p;
end
$$;

-- By name, along the index of names.
create or replace function app.named_practitioners(w app.wish, page_size int, after jsonb,
                                                   out ids uuid[], out keys jsonb[], out next_key jsonb)
language plpgsql stable
set cursor_tuple_fraction = 0.001
as $$
declare
    effort int := 0;
    most_effort int := app.search_effort();
    is_tried boolean := w.in_place or w.clinic is not null or w.tenants is not null;
    narrowed uuid[] := case when is_tried then app.narrow_practitioners(w) end;
    key jsonb;
    named cursor (from_name text, from_id uuid) for
        select p as whole, p.id, app.fold(p.name) as folded
        from app.practitioner p where p.status = 'active' and (app.fold(p.name), p.id) > (from_name, from_id) order by app.fold(p.name), p.id;
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
                narrowed := app.narrow_practitioners(w);
                exit when narrowed is not null;
            end if;
            key := jsonb_build_array(hit.folded, hit.id);
            effort := effort + 1;
            if app.is_wanted_person(hit.whole, w) then
                effort := effort + 20;
                if app.fits_practitioner(hit.whole, null, w) then
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
    from app.sorted_practitioners(w, narrowed, false, page_size, after) as s;
end
$$;
