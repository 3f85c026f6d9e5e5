-- Bookings that belong together, of an order (40_orders_2_acts.sql) or a series (41_series.sql): locked, confirmed, extended and given up as
-- one, and found for the lists of either.

-- ---------------------------------------------------------------- what belongs together

-- The bookings of an order or series as they are now, as far as this principal may see them, in the order they were asked for.
create or replace function app.bookings_together(whole uuid, clinics text)
returns app.booking[] language plpgsql stable as $$
declare
    moment timestamptz := app.now();
begin
    return array(select app.booking_now(b, moment) from app.booking b
                 where (b.order_id = whole or b.series_id = whole) and app.clinic_allowed(b.clinic_id, clinics)
                 order by b.item);
end
$$;

-- The same for an act on all of them: locked with their practitioners and rooms, in the order of 02_locks.sql.
create or replace function app.lock_together(whole uuid, clinics text)
returns app.booking[] language plpgsql volatile as $$
declare
    ids uuid[] := array(select b.id from app.booking b
                        where (b.order_id = whole or b.series_id = whole) and app.clinic_allowed(b.clinic_id, clinics)
                        order by b.id);
    booking_id uuid;
    taken record;
begin
    foreach booking_id in array ids loop
        perform app.lock_acts_on(booking_id);
    end loop;
    for taken in
        select b.clinic_id, array_agg(distinct b.practitioner_id) as practitioners,
               array_remove(array_agg(distinct b.room_id), null) as rooms
        from app.booking b where b.id = any (ids) group by b.clinic_id order by b.clinic_id
    loop
        perform app.lock_bookable(taken.clinic_id, taken.practitioners, taken.rooms);
    end loop;
    perform from app.booking b where b.id = any (ids) order by b.clinic_id, b.id for no key update;
    return app.bookings_together(whole, clinics);
end
$$;

-- What an order or series is, by what its bookings are:
--   held              some wait for their confirmation (all that were not cancelled)
--   confirmed         some are to come or running, and none was cancelled; partly_cancelled: some were
--   completed         none is to come, and some took place or were missed
--   expired           the hold ran out; cancelled: all were cancelled
create or replace function app.together_status(bookings app.booking[])
returns text language plpgsql immutable as $$
begin
    return (select case when bool_or(b.status = 'held') then 'held'
                        when bool_or(b.status = 'confirmed') then
                            case when bool_or(b.status = 'cancelled') then 'partly_cancelled' else 'confirmed' end
                        when bool_or(b.status in ('completed', 'no_show')) then 'completed'
                        when bool_or(b.status = 'expired') then 'expired'
                        else 'cancelled' end
            from unnest(bookings) as b);
end
$$;

create or replace function app.together_refusal(bookings app.booking[], detail text)
returns app.answer language plpgsql stable as $$
declare
    present text := app.together_status(bookings);
begin
    if present = 'expired' then
        return app.refused(409, 'hold-expired', 'The hold has run out, its times are free again.', '{"current_status": "expired"}');
    end if;
    return app.refused(409, 'state-conflict', detail, jsonb_build_object('current_status', present));
end
$$;

-- The faults that two problems find in a body, in one problem; the first may be null.
create or replace function app.faults_joined(found app.answer, further app.answer)
returns app.answer language sql immutable as $$
    select case when (found).status is null then further
                else app.refused((found).status, (found).body ->> 'type', (found).body ->> 'detail',
                                 jsonb_build_object('errors', ((found).body::jsonb -> 'errors') || ((further).body::jsonb -> 'errors'))) end
$$;

-- Makes all holds of them firm, or none; null when done. body: client?, intake? (the answers for all), items? [{booking_id, intake}].
create or replace function app.confirm_together(bookings app.booking[], body jsonb, operation text, caller app.caller, scopes text)
returns app.answer language plpgsql volatile as $$
declare
    for_desk boolean := coalesce('bookings:desk' = any (string_to_array(scopes, ' ')), false);
    items jsonb := coalesce(nullif(body -> 'items', 'null'), '[]');
    item record;
    faults jsonb := '[]';
    b app.booking;
    made record;
    refusal app.answer;
    answer app.answer;
begin
    if app.together_status(bookings) <> 'held' then
        return app.together_refusal(bookings, 'Only what is held can be confirmed.');
    end if;
    for item in select n - 1 as n, value ->> 'booking_id' as booking_id from jsonb_array_elements(items) with ordinality as i (value, n) loop
        if item.booking_id::uuid <> all (array(select k.id from unnest(bookings) as k)) then
            faults := faults || jsonb_build_object('pointer', format('/items/%s/booking_id', item.n), 'detail', 'is none of these bookings');
        end if;
    end loop;
    if faults <> '[]' then
        return app.refused(422, 'unknown-reference', 'An item names a booking of something else.', jsonb_build_object('errors', faults));
    end if;
    begin
        foreach b in array array(select k from unnest(bookings) as k where k.status = 'held' order by k.clinic_id, k.item) loop
            select n - 1 as n, value -> 'intake' as intake into item
            from jsonb_array_elements(items) with ordinality as i (value, n) where (value ->> 'booking_id')::uuid = b.id
            order by n limit 1;
            made := app.make_firm(b, body -> 'client', coalesce(item.intake, body -> 'intake'), operation, caller, for_desk,
                                  case when b.order_id is null then '/intake'
                                       when item.n is null then '/items/-/intake'  -- a new item would answer it (RFC 6901, the end of a list)
                                       else format('/items/%s/intake', item.n) end);
            refusal := made.answer;
            if refusal.body ->> 'type' = 'intake-invalid' and b.order_id is not null then
                answer := app.faults_joined(answer, refusal);
            elsif refusal.status is not null then
                answer := refusal;
                raise exception using errcode = 'CD409';
            end if;
        end loop;
        if answer.status is not null then
            raise exception using errcode = 'CD409';
        end if;
    exception when sqlstate 'CD409' then
        null;  -- what was made firm before it is taken back
    end;
    return answer;
end
$$;

-- All holds of them last longer, once, by as long as the shortest of them lasts by the policies that they were made under; null when done.
create or replace function app.extend_together(bookings app.booking[], operation text, caller app.caller)
returns app.answer language plpgsql volatile as $$
declare
    b app.booking;
    minutes int := (select min((k.policy ->> 'hold_minutes')::int) from unnest(bookings) as k);
begin
    if app.together_status(bookings) <> 'held' then
        return app.together_refusal(bookings, 'Only what is held can be extended.');
    elsif exists (select from unnest(bookings) as k where k.hold_extended_at is not null) then
        return app.together_refusal(bookings, 'The hold has been extended already.');
    end if;
    foreach b in array bookings loop
        if b.status = 'held' then
            perform app.prolong(b, minutes, operation, caller);
        end if;
    end loop;
    return null;
end
$$;

-- Gives up all that is to come, each under its own policy. `given_up` counts them; `left_alone` tells of the others.
create or replace function app.cancel_together(bookings app.booking[], reason text, scopes text, operation text, caller app.caller,
                                               out given_up int, out left_alone json)
language plpgsql volatile as $$
declare
    moment timestamptz := app.now();
    by_clinic boolean := coalesce('bookings:desk' = any (string_to_array(scopes, ' ')), false);
    b app.booking;
begin
    given_up := 0;
    foreach b in array bookings loop
        if b.status in ('held', 'confirmed') and b.starts_at > moment then
            perform app.give_up(b, reason, by_clinic, operation, caller);
            given_up := given_up + 1;
        end if;
    end loop;
    select coalesce(json_agg(json_build_object('booking_id', k.id, 'status', k.status) order by k.item), '[]') into left_alone
    from unnest(bookings) as k where k.status not in ('held', 'confirmed') or k.starts_at <= moment;
end
$$;

-- ---------------------------------------------------------------- lists

-- Those of the table (booking_order or series) that this principal may see, newest first, of each id once. args: clinic_id?,
-- external_ref?, limit, cursor and sub, scopes, clinics. A partner's own along (source, created_at), a desk's clinic by clinic, as
-- in app.list_bookings. `problem` for a cursor that is none.
create or replace function app.find_together(relation regclass, args jsonb, out ids uuid[], out next text, out problem app.answer)
language plpgsql stable as $$
declare
    page int := coalesce((args ->> 'limit')::int, 10);
    for_desk boolean := coalesce('bookings:desk' = any (string_to_array(args ->> 'scopes', ' ')), false);
    clinics uuid[] := app.listed_clinics(args, for_desk);
    after_at timestamptz;
    after_id uuid;
    filters text := '';
    moments timestamptz[];
begin
    if args ? 'cursor' then
        select k.at, k.id into after_at, after_id from app.cursor_place(args ->> 'cursor') as k;
        if after_id is null then
            problem := row(400, app.cursor_problem()::json, null, null, null)::app.answer;
            return;
        end if;
        filters := ' and (t.created_at, t.id) < ($1, $2)';
    end if;
    filters := filters
        || case when args ? 'external_ref' then ' and t.external_ref = $3' else '' end
        || case when clinics is not null and not for_desk then ' and t.clinic_id = any ($4)' else '' end;
    execute 'select array_agg(f.id order by f.created_at desc, f.id desc), array_agg(f.created_at order by f.created_at desc, f.id desc) '
        || 'from (select distinct k.created_at, k.id from '
        || case when for_desk then format('unnest($4) as c (id) cross join lateral (select t.created_at, t.id from %s t where t.clinic_id = c.id',
                                          relation)
                else format('(select distinct t.created_at, t.id from %s t where t.source = $5', relation) end
        || filters || ' order by t.created_at desc, t.id desc limit $6) as k order by k.created_at desc, k.id desc limit $6) as f'
    into ids, moments
    using after_at, after_id, args ->> 'external_ref', clinics, args ->> 'sub', page + 1;
    if cardinality(ids) > page then
        next := app.cursor_encode(jsonb_build_array(app.cursor_instant(moments[page]), ids[page]));
        ids := ids[1:page];
    end if;
end
$$;
