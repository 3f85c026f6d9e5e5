-- Orders: several bookings made, confirmed and given up in one act, over any number of practitioners and clinics, all or none. What
-- they share with series is in 40_orders_1_together.sql.

-- ---------------------------------------------------------------- an order as the API writes it

-- more: what an act adds to it.
create or replace function app.order_json(head app.booking_order, bookings app.booking[], left_alone json default null)
returns json language plpgsql stable as $$
declare
    answer json;
begin
    select json_build_object(
        'id', head.id, 'external_ref', head.external_ref, 'status', app.together_status(bookings),
        'hold_expires_at', app.utc_instant(min(b.hold_expires_at) filter (where b.status in ('held', 'expired'))),
        'hold_extended_at', app.utc_instant(max(b.hold_extended_at)),
        'totals', (select coalesce(json_agg(json_build_object('amount', t.amount, 'currency', t.currency) order by t.currency), '[]')
                   from (select sum(k.price_amount) as amount, k.price_currency as currency from unnest(bookings) as k
                         where k.status not in ('cancelled', 'expired') group by k.price_currency) as t),
        'bookings', json_agg(app.booking_item_json(b) order by b.item),
        'source', head.source, 'created_at', app.utc_instant(head.created_at), 'updated_at', app.utc_instant(max(b.updated_at)))
    into answer
    from unnest(bookings) as b;
    if left_alone is not null then
        answer := (left(answer::text, -1) || ', "left_alone" : ' || left_alone::text || '}')::json;
    end if;
    return answer;
end
$$;

create or replace function app.order_answer(whole uuid, clinics text, status int, caller app.caller, left_alone json default null)
returns app.answer language plpgsql volatile as $$
declare
    head app.booking_order;
begin
    select * into head from app.booking_order o where o.id = whole and app.clinic_allowed(o.clinic_id, clinics) limit 1;
    return app.keep_answer(row(status, app.order_json(head, app.bookings_together(whole, clinics), left_alone), null,
                               case when status = 201 then '/v1/orders/' || whole end, null)::app.answer, caller);
end
$$;

-- ---------------------------------------------------------------- create

-- One that cannot be had, for the refusal; it points to what the caller sent.
create or replace function app.refused_item(number int, problem jsonb, clashes int[])
returns jsonb language sql immutable as $$
    select jsonb_build_object(
        'pointer', '/items/' || number, 'type', '/problems/' || (problem ->> 'type'),
        'detail', case when cardinality(clashes) > 0
                       then 'It clashes with ' || array_to_string(array(select '/items/' || n from unnest(clashes) as n order by n), ', ')
                            || ' of this order.'
                       else problem ->> 'detail' end,
        'reasons', coalesce(problem -> 'reasons', '[]')
                   || case when cardinality(clashes) > 0 then '["order_clash"]'::jsonb else '[]' end)
$$;

create or replace function app.order_refused(items jsonb, of_all int)
returns app.answer language sql immutable as $$
    select app.refused(409, 'order-refused',
                       format('%s of %s items cannot be had; nothing was booked.', jsonb_array_length(items), of_all),
                       jsonb_build_object('items', (select jsonb_agg(i order by i ->> 'pointer') from jsonb_array_elements(items) as i)))
$$;

-- Which items before this one want the only practitioner that it can have, at the same time. (Of the same start of the same offering
-- there may be several seats: that is judged under the locks.)
create or replace function app.clashing_wishes(wishes app.booking_wish[], number int)
returns int[] language plpgsql immutable as $$
declare
    wish app.booking_wish := wishes[number + 1];
begin
    return array(select n - 1 from generate_subscripts(wishes, 1) as n
                 where n <= number and cardinality(wish.practitioners) = 1 and (wishes[n]).practitioners = wish.practitioners
                   and (wishes[n]).block && wish.block
                   and ((wishes[n]).offering_id, (wishes[n]).starts_at) <> (wish.offering_id, wish.starts_at));
end
$$;

-- A look without locks at all that is wanted: the items that cannot be had, with all their reasons.
create or replace function app.hopeless_items(wishes app.booking_wish[], for_desk boolean)
returns jsonb language plpgsql stable as $$
declare
    moment timestamptz := app.now();
    wish app.booking_wish;
    clashes int[];
    offers record;
    verdict record;
    items jsonb := '[]';
begin
    for number in 0 .. cardinality(wishes) - 1 loop
        wish := wishes[number + 1];
        clashes := app.clashing_wishes(wishes, number);
        offers := app.place_candidates(wish.offering_id, wish.location_id, wish.practitioners, for_desk, wish.seats);
        select coalesce(bool_or(r.rules = '{}'), false) as offered, coalesce(bool_or(r.rules = '{}' and r.taken = '{}'), false) as free,
               array(select distinct reason from app.start_reasons(offers.candidates, wish.starts_at, moment) as s,
                     unnest(s.rules) as reason order by reason) as rules,
               array(select distinct reason from app.start_reasons(offers.candidates, wish.starts_at, moment) as s,
                     unnest(s.taken) as reason where s.rules = '{}' order by reason) as taken
        into verdict
        from app.start_reasons(offers.candidates, wish.starts_at, moment) as r;
        if offers.candidates is null then
            items := items || app.refused_item(number, app.problem('slot-not-offered',
                'This is not offered there, or not with this practitioner.', '{"reasons": ["not_offered"]}'), clashes);
        elsif not verdict.offered then
            items := items || app.refused_item(number, app.problem('slot-not-offered', 'This start is not offered.',
                jsonb_build_object('reasons', verdict.rules)), clashes);
        elsif not verdict.free or cardinality(clashes) > 0 then
            items := items || app.refused_item(number, app.problem('slot-taken', app.taken_detail(verdict.taken),
                jsonb_build_object('reasons', case when cardinality(clashes) = 0 or 'practitioner_busy' = any (verdict.taken) then verdict.taken
                                                   else array_prepend('practitioner_busy', verdict.taken) end)), clashes);
        end if;
    end loop;
    return items;
end
$$;

-- The rules of all clinics, then all practitioners and rooms that the wishes may take, clinic by clinic, before anything of them is
-- read. The practitioners that are locked then: of nobody else may seats be counted.
create or replace function app.practitioners_locked(wishes app.booking_wish[])
returns uuid[] language plpgsql volatile as $$
declare
    clinic uuid;
    locked uuid[] := '{}';
    people uuid[];
    clinics uuid[] := array(select distinct w.clinic_id from unnest(wishes) as w order by 1);
begin
    foreach clinic in array clinics loop
        perform app.lock_rules_shared(clinic);
    end loop;
    foreach clinic in array clinics loop
        people := array(select distinct p from unnest(wishes) as w,
                        unnest(app.hopeful_practitioners(w.clinic_id, w.practitioners, w.block, null)) as p where w.clinic_id = clinic);
        perform app.lock_bookable(
            clinic, people, array(select distinct r from unnest(wishes) as w, unnest(app.rooms_of(w)) as r where w.clinic_id = clinic));
        locked := locked || people;
    end loop;
    return locked;
end
$$;

-- Ends the lapsed holds that are in the way of a block of these resources. An act that enters several bookings calls it for all of them
-- first: what find_place would end later would come after the lock of a client (02_locks.sql, 5 and 6).
create or replace function app.expire_lapsed(clinic uuid, resources uuid[], block tstzrange)
returns void language plpgsql volatile as $$
begin
    if exists (select from app.occupancy o
               where o.clinic_id = clinic and o.resource_id = any (resources) and o.blocked && block
                 and (o.expires_at <= app.now() or o.session_id is not null)) then
        perform app.expire_holds(clinic, resources, block);
    end if;
end
$$;

-- body: client?, hold?, note?, external_ref?, items [{offering_id, location_id, practitioner_id?, start, intake?}]. Without a client
-- all of it is only held. All items are tried, so that the refusal names each that cannot be had: clinic by clinic, and there in
-- the order of how few people could take them, so that whoever takes any does not take the one that another names. What was taken
-- until then is given back, and its locks with it, when the inner block ends by its exception.
create or replace function app.create_order(body jsonb, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    moment timestamptz := app.now();
    for_desk boolean := coalesce('bookings:desk' = any (string_to_array(scopes, ' ')), false);
    details jsonb := jsonb_build_object('client', body -> 'client', 'note', body -> 'note', 'external_ref', body -> 'external_ref');
    is_held boolean := coalesce(body -> 'client', 'null') = 'null' or coalesce((body ->> 'hold')::boolean, false);
    items jsonb := body -> 'items';
    whole uuid := app.new_id();
    wishes app.booking_wish[] := '{}';
    wish app.booking_wish;
    faults jsonb := '[]';
    refused jsonb := '[]';
    is_hopeless boolean := false;
    expires timestamptz;
    number int;
    locked uuid[];
    hopeful uuid[];
    rooms uuid[];
    place app.place;
    clashes int[];
    b app.booking;
    refusal app.answer;
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is not null then
        return answer;
    end if;
    for n in 0 .. jsonb_array_length(items) - 1 loop
        wish := app.read_wish(items -> n, clinics);
        if wish.refused_member is not null then
            faults := faults || jsonb_build_object('pointer', format('/items/%s/%s', n, wish.refused_member),
                                                   'detail', (wish.refusal).body ->> 'detail');
        end if;
        wishes := array_append(wishes, wish);
    end loop;
    if faults <> '[]' then
        return app.refused(404, 'not-found', 'Something that the items name is not there.', jsonb_build_object('errors', faults));
    end if;

    -- One look without locks, as for a single booking.
    for n in 0 .. cardinality(wishes) - 1 loop
        wish := wishes[n + 1];
        is_hopeless := is_hopeless or cardinality(app.clashing_wishes(wishes, n)) > 0
            or cardinality(wish.practitioners) > 0
               and cardinality(app.hopeful_practitioners(wish.clinic_id, wish.practitioners, wish.block, null)) = 0;
    end loop;
    if is_hopeless then
        refused := app.hopeless_items(wishes, for_desk);
        if refused <> '[]' then
            return app.order_refused(refused, cardinality(wishes));
        end if;
    end if;

    begin
        locked := app.practitioners_locked(wishes);
        foreach wish in array wishes loop
            perform app.expire_lapsed(wish.clinic_id, app.rooms_of(wish) || array(select unnest(wish.practitioners) intersect select unnest(locked)),
                                      wish.block);
        end loop;
        if is_held then
            select moment + make_interval(mins => min((app.policy(c.policy) ->> 'hold_minutes')::int)) into expires
            from app.clinic c where c.id = any (array(select w.clinic_id from unnest(wishes) as w));
        end if;
        insert into app.booking_order (clinic_id, id, source, external_ref, created_at)
        select distinct w.clinic_id, whole, caller.sub, body ->> 'external_ref', moment from unnest(wishes) as w;
        for number in
            select n - 1 from generate_series(1, cardinality(wishes)) as n
            order by (wishes[n]).clinic_id, cardinality((wishes[n]).practitioners), n
        loop
            wish := wishes[number + 1];
            hopeful := app.hopeful_practitioners(wish.clinic_id, array(select unnest(wish.practitioners) intersect select unnest(locked)),
                                                 wish.block, null);
            rooms := app.rooms_of(wish);
            place := app.find_place(wish.clinic_id, wish.offering_id, wish.location_id, wish.practitioners, hopeful, rooms,
                                    wish.starts_at, for_desk, false, null, wish.seats);
            if (place.refusal).status is not null then
                clashes := array(select distinct k.item from app.occupancy o
                                 join app.booking k on k.clinic_id = o.clinic_id and (k.id = o.booking_id or k.session_id = o.session_id)
                                 where k.order_id = whole and o.clinic_id = wish.clinic_id
                                   and o.resource_id = any (wish.practitioners || rooms) and o.blocked && wish.block);
                refused := refused || app.refused_item(number, (place.refusal).body::jsonb, clashes);
                continue;
            end if;
            b := app.new_booking(place, wish.starts_at, details || (items -> number), caller);
            b.order_id := whole;
            b.item := number;
            b.status := case when is_held then 'held' else 'confirmed' end;
            b.hold_expires_at := expires;
            refusal := app.entry_refusal(b, for_desk, format('/items/%s/intake', number));
            if refusal.body ->> 'type' = 'intake-invalid' then
                answer := app.faults_joined(answer, refusal);
                continue;
            elsif refusal.status is not null then
                answer := refusal;
                raise exception using errcode = 'CD409';
            end if;
            b := app.enter_booking(b, place.chosen);
            perform app.record_booking(b, null, b.status, jsonb_build_object('order_id', whole), 'createOrder', caller, null);
        end loop;
        if refused <> '[]' or answer.status is not null then
            raise exception using errcode = 'CD409';
        end if;
    exception when sqlstate 'CD409' then
        return case when answer.status is not null then answer else app.order_refused(refused, cardinality(wishes)) end;
    end;
    return app.order_answer(whole, clinics, 201, caller);
end
$$;

-- body: as of createOrder; items: those of its refusal. The same with free starts near each that was refused, beside all other
-- items of the order. Runs after the refused act, under no lock.
create or replace function app.order_alternatives(body jsonb, items jsonb, clinics text, scopes text, lang text)
returns json language plpgsql stable as $$
declare
    item jsonb;
    number int;
    beside tstzmultirange;
    told json[] := '{}';
begin
    for item in select * from jsonb_array_elements(items) loop
        number := substr(item ->> 'pointer', length('/items/') + 1);
        select range_agg((app.read_wish(value, clinics)).block) into beside
        from jsonb_array_elements(body -> 'items') with ordinality as i (value, n) where n - 1 <> number;
        told := array_append(told, (item || jsonb_build_object('alternatives',
            app.near_starts(body -> 'items' -> number, coalesce(beside, '{}'), clinics, scopes, lang)))::json);
    end loop;
    return array_to_json(told);
end
$$;

-- ---------------------------------------------------------------- confirm, extend, cancel, read

-- Whether a part of the order is at clinics that this token is not for: what is done to all of it or nothing is not done then. With
-- the owner's rights, since the policies hide that part; it tells no more than that.
create or replace function app.order_elsewhere(whole uuid, clinics text)
returns boolean language sql stable security definer set search_path = app, public, pg_temp as $$
    select exists (select from app.booking_order o where o.id = whole and not app.clinic_allowed(o.clinic_id, clinics))
$$;

create or replace function app.order_refusal(bookings app.booking[], clinics text)
returns app.answer language plpgsql stable as $$
begin
    if app.order_elsewhere(bookings[1].order_id, clinics) then
        return app.refused(403, 'forbidden', 'A part of this order is at another clinic; only who may act at all of them can confirm or extend it.');
    end if;
    return null;
end
$$;

-- body: client?, items? [{booking_id, intake}].
create or replace function app.confirm_order(order_id uuid, body jsonb, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    bookings app.booking[];
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is not null then
        return answer;
    end if;
    bookings := app.lock_together(order_id, clinics);
    if cardinality(bookings) = 0 then
        return null;
    end if;
    answer := app.order_refusal(bookings, clinics);
    if answer.status is null then
        answer := app.confirm_together(bookings, body, 'confirmOrder', caller, scopes);
    end if;
    return case when answer.status is not null then answer else app.order_answer(order_id, clinics, 200, caller) end;
end
$$;

create or replace function app.extend_order(order_id uuid, caller app.caller, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    bookings app.booking[];
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is not null then
        return answer;
    end if;
    bookings := app.lock_together(order_id, clinics);
    if cardinality(bookings) = 0 then
        return null;
    end if;
    answer := app.order_refusal(bookings, clinics);
    if answer.status is null then
        answer := app.extend_together(bookings, 'extendOrder', caller);
    end if;
    return case when answer.status is not null then answer else app.order_answer(order_id, clinics, 200, caller) end;
end
$$;

-- body: reason?.
create or replace function app.cancel_order(order_id uuid, body jsonb, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    bookings app.booking[];
    done record;
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is not null then
        return answer;
    end if;
    bookings := app.lock_together(order_id, clinics);
    if cardinality(bookings) = 0 then
        return null;
    end if;
    done := app.cancel_together(bookings, body ->> 'reason', scopes, 'cancelOrder', caller);
    if done.given_up = 0 then
        return app.together_refusal(bookings, 'Nothing of it is still to come.');
    end if;
    return app.order_answer(order_id, clinics, 200, caller, done.left_alone);
end
$$;

create or replace function app.read_order(order_id uuid, clinics text)
returns app.answer language plpgsql stable as $$
declare
    head app.booking_order;
begin
    select * into head from app.booking_order o where o.id = order_id and app.clinic_allowed(o.clinic_id, clinics) limit 1;
    if not found then
        return null;
    end if;
    return row(200, app.order_json(head, app.bookings_together(order_id, clinics)), null, null, null)::app.answer;
end
$$;

create or replace function app.list_orders(args jsonb)
returns app.answer language plpgsql stable as $$
declare
    found record := app.find_together('app.booking_order', args);
begin
    if (found.problem).status is not null then
        return found.problem;
    end if;
    return row(200,
               json_build_object(
                   'items', (select coalesce(json_agg((app.read_order(f.id, args ->> 'clinics')).body order by f.n), '[]')
                             from unnest(found.ids) with ordinality as f (id, n)),
                   'next', found.next),
               null, null, null)::app.answer;
end
$$;
