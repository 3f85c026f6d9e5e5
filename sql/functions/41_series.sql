-- Series: one treatment again and again, every so many days at the same local time as nearly as can be. What was asked for is kept in
-- app.series; its bookings have a life of their own, and acts on the whole go through the functions of 40_orders_1_together.sql.
--
-- Where the sessions may be is planned without locks, so that whoever finds no place holds nobody up; then the practitioners of the
-- plan are locked and each session is judged anew by app.find_place. What somebody took in between is planned again under the locks.

-- ---------------------------------------------------------------- the plan

do $$
begin
    -- Session `number` (from 0): its ideal date and start (null: no time of day is known), and what was found; else why nothing was.
    if to_regtype('app.session_plan') is null then
        create type app.session_plan as (number int, ideal_day date, ideal timestamptz, start timestamptz, practitioner_id uuid, reasons text[]);
    end if;
end
$$;

-- The local date that session `number` should have: so many days on from the first, and on the weekday that was asked for, the nearest.
create or replace function app.session_day(ask app.series, number int)
returns date language sql stable as $$
    select case when ask.weekday is null then plain.day
                when number = 0 then plain.day + (ask.weekday - extract(isodow from plain.day)::int + 7) % 7
                else plain.first_one + number * ask.every_days
                     + ((ask.weekday - extract(isodow from plain.first_one + number * ask.every_days)::int + 10) % 7) - 3 end
    from (select ask.first_date + number * ask.every_days as day,
                 ask.first_date + coalesce((ask.weekday - extract(isodow from ask.first_date)::int + 7) % 7, 0) as first_one) as plain
$$;

-- The place of one session: of all free starts within the tolerance, on the weekday and in the window that were asked for, after the day
-- of the session before (`after_day`) and before that of the one behind (`before_day`), the nearest with the preferred practitioner, else
-- with anybody: of the nearest day, and there of the nearest time of day. `at_time` is that of the series, null while none is known.
create or replace function app.plan_session(candidates app.candidate[], ask app.series, number int, at_time time, after_day date,
                                            before_day date, preferred uuid)
returns app.session_plan language plpgsql stable as $$
declare
    moment timestamptz := app.now();
    plan app.session_plan;
    first_day date;
    last_day date;
    since timestamptz;
    until timestamptz;
    ideal timestamptz;
begin
    plan.number := number;
    plan.ideal_day := app.session_day(ask, number);
    ideal := app.edge(plan.ideal_day + coalesce(at_time, ask.time_from, '00:00'), ask.timezone, false);
    plan.ideal := case when at_time is not null then ideal end;
    first_day := greatest(plan.ideal_day - case when number = 0 then 0 else ask.tolerance_days end, after_day + 1);
    last_day := least(plan.ideal_day + ask.tolerance_days, before_day - 1);
    since := app.edge(first_day::timestamp, ask.timezone, false);
    until := app.edge((last_day + 1)::timestamp, ask.timezone, false);
    if first_day <= last_day then
        select g.start, c.practitioner_id into plan.start, plan.practitioner_id
        from app.grid_starts(candidates, since, until, moment, case when ask.weekday is not null then array[ask.weekday] end,
                             coalesce(ask.time_from, case when ask.time_to is not null then time '00:00' end),
                             coalesce(ask.time_to, case when ask.time_from is not null then time '24:00' end), null) as g
        join unnest(candidates) as c on c.n = g.n
        order by c.practitioner_id is distinct from preferred, abs((g.start at time zone ask.timezone)::date - plan.ideal_day),
                 abs(extract(epoch from (g.start at time zone ask.timezone)::time - (ideal at time zone ask.timezone)::time)), g.start, c.practitioner_id
        limit 1;
    end if;
    if plan.start is null then
        plan.reasons := case
            when since >= (select max(c.starts_until) from unnest(candidates) as c) then '{horizon}'
            when until <= (select min(c.starts_from) from unnest(candidates) as c) then '{notice}'
            else coalesce((select array_agg(distinct reason order by reason)
                           from app.start_reasons(candidates, plan.ideal, moment) as r, unnest(r.rules || r.taken) as reason
                           where plan.ideal is not null), '{no_free_start}') end;
    end if;
    return plan;
end
$$;

-- All sessions, one after another; where no time of day was asked for, that of the first is kept.
create or replace function app.plan_sessions(candidates app.candidate[], ask app.series, preferred uuid)
returns app.session_plan[] language plpgsql stable as $$
declare
    at_time time := ask."time";
    after_day date;
    plan app.session_plan;
    plans app.session_plan[] := '{}';
begin
    for number in 0 .. ask.sessions - 1 loop
        plan := app.plan_session(candidates, ask, number, at_time, after_day, null, preferred);
        if plan.start is not null then
            at_time := coalesce(at_time, (plan.start at time zone ask.timezone)::time);
            after_day := (plan.start at time zone ask.timezone)::date;
            preferred := coalesce(preferred, plan.practitioner_id);
        end if;
        plans := array_append(plans, plan);
    end loop;
    return plans;
end
$$;

create or replace function app.sessions_found(plans app.session_plan[])
returns int language sql immutable as $$
    select count(p.start)::int from unnest(plans) as p
$$;

-- The plan by the wish for a practitioner: the one that was named; or, where one but nobody in particular is required, whoever can
-- give most of the sessions, those with less to do first.
create or replace function app.plan_series(candidates app.candidate[], ask app.series)
returns app.session_plan[] language plpgsql stable as $$
declare
    person uuid;
    plans app.session_plan[];
    best app.session_plan[];
begin
    if ask.practitioner = 'preferred' or ask.practitioner_id is not null then
        return app.plan_sessions(candidates, ask, ask.practitioner_id);
    end if;
    for person in
        select c.practitioner_id from unnest(candidates) as c
        order by (select count(*) from app.occupancy o
                  where o.clinic_id = any (array[c.clinic_id]) and o.resource_id = c.practitioner_id and o.blocked_from > app.now()),
                 c.practitioner_id
    loop
        plans := app.plan_sessions(array(select c from unnest(candidates) as c where c.practitioner_id = person), ask, person);
        if best is null or app.sessions_found(plans) > app.sessions_found(best) then
            best := plans;
        end if;
        exit when app.sessions_found(best) = ask.sessions;
    end loop;
    return best;
end
$$;

-- ---------------------------------------------------------------- a series as the API writes it

-- The sessions without a place as they are kept and told: of each its number, the date and start it should have had, and why not.
create or replace function app.missing_sessions(plans app.session_plan[], zone text)
returns jsonb language sql stable as $$
    select coalesce(jsonb_agg(jsonb_build_object('index', p.number, 'date', p.ideal_day, 'start', app.local_instant(p.ideal, zone),
                                                 'reasons', p.reasons) order by p.number), '[]')
    from unnest(plans) as p where p.start is null
$$;

-- The same with up to three free starts near each, clear of the sessions that have their place.
create or replace function app.missing_with_alternatives(plans app.session_plan[], ask app.series, candidates app.candidate[], seats int,
                                                         clinics text, scopes text)
returns jsonb language plpgsql stable as $$
declare
    one app.candidate := candidates[1];
    beside tstzmultirange := (select range_agg(tstzrange(p.start - one.buffer_before, p.start + one.duration + one.buffer_after))
                              from unnest(plans) as p where p.start is not null);
    told jsonb := '[]';
    missing jsonb;
begin
    for missing in select * from jsonb_array_elements(app.missing_sessions(plans, ask.timezone)) loop
        told := told || (missing || jsonb_build_object('alternatives',
            case when missing -> 'reasons' = '["horizon"]' then '[]'::jsonb
                 else app.near_starts(jsonb_build_object(
                          'offering_id', ask.offering_id, 'location_id', ask.location_id, 'seats', seats,
                          'practitioner_id', coalesce(ask.practitioner_id, case when ask.practitioner = 'required' then
                              (select p.practitioner_id from unnest(plans) as p where p.start is not null limit 1) end),
                          'practitioner', ask.practitioner,
                          'start', coalesce(missing ->> 'start',
                                            app.local_instant(app.edge((missing ->> 'date')::date + coalesce(ask.time_from, '12:00'), ask.timezone,
                                                                       false), ask.timezone))),
                          coalesce(beside, '{}'), clinics, scopes, '{}')::jsonb end));
    end loop;
    return told;
end
$$;

-- What the treatment suggests to go on with, from one interval after the last session that is booked or was.
create or replace function app.follow_ups(head app.series, bookings app.booking[])
returns json language sql stable as $$
    select coalesce(json_agg(json_build_object('treatment', r.other, 'earliest_date', last.day + head.every_days) order by r.position, r.other), '[]')
    from (select max((b.starts_at at time zone b.timezone)::date) as day
          from unnest(bookings) as b where b.status not in ('cancelled', 'expired')) as last
    join app.treatment_relation r on r.treatment = head.treatment and r.kind = 'follow_up'
    join app.treatment t on t.code = r.other and t.status = 'active'
    where last.day is not null
$$;

create or replace function app.series_json(head app.series, bookings app.booking[], missing jsonb, left_alone json default null)
returns json language plpgsql stable as $$
declare
    moment timestamptz := app.now();
    answer json;
begin
    select json_build_object(
        'id', head.id, 'external_ref', head.external_ref, 'status', app.together_status(bookings),
        'clinic_id', head.clinic_id, 'location_id', head.location_id, 'offering_id', head.offering_id, 'treatment', head.treatment,
        'timezone', head.timezone, 'practitioner_id', head.practitioner_id, 'practitioner', head.practitioner, 'mode', head.mode,
        'every_days', head.every_days, 'tolerance_days', head.tolerance_days, 'first_date', head.first_date, 'weekday', head.weekday,
        'time', app.clock_text(head."time"), 'time_from', app.clock_text(head.time_from), 'time_to', app.clock_text(head.time_to),
        'hold_expires_at', app.local_instant(min(b.hold_expires_at) filter (where b.status in ('held', 'expired')), head.timezone),
        'hold_extended_at', app.local_instant(max(b.hold_extended_at), head.timezone),
        'sessions_total', head.sessions,
        'sessions_used', count(*) filter (where b.status in ('completed', 'no_show')),
        'sessions_left', count(*) filter (where b.status in ('held', 'confirmed') and b.starts_at > moment),
        'sessions', json_agg(json_build_object('index', b.item, 'booking', app.booking_item_json(b)) order by b.item),
        'missing', missing, 'follow_up', app.follow_ups(head, bookings), 'source', head.source,
        'created_at', app.local_instant(head.created_at, head.timezone),
        'updated_at', app.local_instant(max(b.updated_at), head.timezone))
    into answer
    from unnest(bookings) as b;
    if left_alone is not null then
        answer := (left(answer::text, -1) || ', "left_alone" : ' || left_alone::text || '}')::json;
    end if;
    return answer;
end
$$;

create or replace function app.read_series(series_id uuid, clinics text)
returns app.answer language plpgsql stable as $$
declare
    head app.series;
begin
    select * into head from app.series s where s.id = series_id and app.clinic_allowed(s.clinic_id, clinics);
    if not found then
        return null;
    end if;
    return row(200, app.series_json(head, app.bookings_together(series_id, clinics), head.missing), null, null, null)::app.answer;
end
$$;

create or replace function app.list_series(args jsonb)
returns app.answer language plpgsql stable as $$
declare
    found record := app.find_together('app.series', args);
begin
    if (found.problem).status is not null then
        return found.problem;
    end if;
    return row(200,
               json_build_object(
                   'items', (select coalesce(json_agg((app.read_series(f.id, args ->> 'clinics')).body order by f.n), '[]')
                             from unnest(found.ids) with ordinality as f (id, n)),
                   'next', found.next),
               null, null, null)::app.answer;
end
$$;

-- ---------------------------------------------------------------- create

create or replace function app.series_refused(missing jsonb, of_all int)
returns app.answer language sql immutable as $$
    select app.refused(409, 'series-refused', format('%s of %s sessions find no place; nothing was booked.', jsonb_array_length(missing), of_all),
                       jsonb_build_object('missing', missing))
$$;

-- The series as it is asked for; the contract has checked its members, `wish` what they name.
create or replace function app.new_series(body jsonb, wish app.booking_wish, caller app.caller)
returns app.series language plpgsql volatile as $$
declare
    ask app.series;
begin
    ask.clinic_id := wish.clinic_id;
    ask.id := app.new_id();
    ask.source := caller.sub;
    ask.external_ref := body ->> 'external_ref';
    ask.offering_id := wish.offering_id;
    ask.location_id := wish.location_id;
    ask.practitioner_id := body ->> 'practitioner_id';
    ask.practitioner := coalesce(body ->> 'practitioner', 'preferred');
    ask.mode := coalesce(body ->> 'mode', 'all');
    ask.sessions := body ->> 'sessions';
    ask.every_days := coalesce((body ->> 'every_days')::int, 7);
    ask.tolerance_days := coalesce((body ->> 'tolerance_days')::int, 2);
    ask.first_date := body ->> 'first_date';
    ask.weekday := body ->> 'weekday';
    ask."time" := body ->> 'time';
    ask.time_from := body ->> 'time_from';
    ask.time_to := body ->> 'time_to';
    ask.missing := '[]';
    ask.created_at := app.now();
    select l.timezone into ask.timezone from app.location l where l.clinic_id = wish.clinic_id and l.id = wish.location_id;
    select o.treatment into ask.treatment from app.offering o where o.clinic_id = wish.clinic_id and o.id = wish.offering_id;
    return ask;
end
$$;

-- Books the sessions of a plan that has places, under the locks of its practitioners; what is lost meanwhile is planned again among them.
-- `booked` is the plan as it came out, `refusal` ends it all. details: as of app.new_booking.
create or replace function app.enter_sessions(ask app.series, plans app.session_plan[], wish app.booking_wish, details jsonb, is_held boolean,
                                              for_desk boolean, caller app.caller, out booked app.session_plan[], out refusal app.answer)
language plpgsql volatile as $$
declare
    moment timestamptz := app.now();
    people uuid[] := array(select distinct p.practitioner_id from unnest(plans) as p where p.start is not null);
    rooms uuid[];
    plan app.session_plan;
    after_day date;
    at_time time := coalesce(ask."time", (select (p.start at time zone ask.timezone)::time from unnest(plans) as p
                                          where p.start is not null order by p.number limit 1));
    offering app.offering;
    place app.place;
    b app.booking;
begin
    perform app.lock_rules_shared(ask.clinic_id);
    rooms := app.rooms_of(wish);
    perform app.lock_bookable(ask.clinic_id, people, rooms);
    select * into offering from app.offering o where o.clinic_id = ask.clinic_id and o.id = ask.offering_id;
    perform app.expire_lapsed(ask.clinic_id, array_append(rooms, p.practitioner_id),
                              tstzrange(p.start - make_interval(mins => offering.buffer_before_minutes),
                                        p.start + make_interval(mins => offering.duration_minutes + offering.buffer_after_minutes)))
    from unnest(plans) as p where p.start is not null;
    booked := '{}';
    foreach plan in array plans loop
        if plan.start is not null then
            place := app.find_place(ask.clinic_id, ask.offering_id, ask.location_id, array[plan.practitioner_id],
                                    array[plan.practitioner_id], rooms, plan.start, for_desk, false, null, wish.seats);
            if (place.refusal).status is not null then
                plan := app.plan_session((app.place_candidates(ask.offering_id, ask.location_id, people, for_desk, wish.seats)).candidates, ask,
                                         plan.number, at_time, after_day,
                                         (select min((p.start at time zone ask.timezone)::date) from unnest(plans) as p where p.number > plan.number),
                                         plan.practitioner_id);
                if plan.start is not null then
                    place := app.find_place(ask.clinic_id, ask.offering_id, ask.location_id, array[plan.practitioner_id],
                                            array[plan.practitioner_id], rooms, plan.start, for_desk, false, null, wish.seats);
                end if;
            end if;
        end if;
        if plan.start is not null and (place.refusal).status is null then
            b := app.new_booking(place, plan.start, details, caller);
            b.series_id := ask.id;
            b.item := plan.number;
            b.status := case when is_held then 'held' else 'confirmed' end;
            b.hold_expires_at := case when is_held then moment + make_interval(mins => (b.policy ->> 'hold_minutes')::int) end;
            refusal := app.entry_refusal(b, for_desk);
            if refusal.status is not null then
                return;
            end if;
            b := app.enter_booking(b, place.chosen);
            perform app.record_booking(b, null, b.status, jsonb_build_object('series_id', ask.id), 'createSeries', caller, null);
            after_day := (plan.start at time zone ask.timezone)::date;
        else
            plan.start := null;
            plan.reasons := coalesce(plan.reasons, '{no_free_start}');
        end if;
        booked := array_append(booked, plan);
    end loop;
end
$$;

-- body: offering_id, location_id, practitioner_id?, practitioner?, sessions, every_days?, tolerance_days?, first_date, weekday?, time?,
-- time_from?, time_to?, mode?, client?, hold?, seats?, intake?, note?, external_ref?. What was taken until a refusal is given back, and its locks
-- with it, when the inner block ends by its exception; only then are alternatives looked for.
create or replace function app.create_series(body jsonb, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    for_desk boolean := coalesce('bookings:desk' = any (string_to_array(scopes, ' ')), false);
    is_held boolean := coalesce(body -> 'client', 'null') = 'null' or coalesce((body ->> 'hold')::boolean, false);
    wish app.booking_wish;
    ask app.series;
    candidates app.candidate[];
    plans app.session_plan[];
    missing jsonb;
    entered record;
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is not null then
        return answer;
    end if;
    wish := app.read_wish(body, clinics);
    answer := wish.refusal;
    if answer.status is not null then
        return answer;
    end if;
    ask := app.new_series(body, wish, caller);
    if ask.first_date + ask.sessions * ask.every_days + 14 > date '2999-12-31' then  -- the last date that the contract knows
        return app.refused(422, 'unprocessable', 'The last session would be after the year 2999.',
                           '{"errors": [{"pointer": "/first_date", "detail": "is too late for so many sessions"}]}');
    end if;
    if ask.practitioner = 'preferred' then
        wish.practitioners := array(select op.practitioner_id from app.offering_practitioner op
                                    where op.clinic_id = ask.clinic_id and op.offering_id = ask.offering_id);
    end if;
    candidates := (app.place_candidates(ask.offering_id, ask.location_id, wish.practitioners, for_desk, wish.seats)).candidates;
    if candidates is null then
        return app.refused(409, 'slot-not-offered', 'This is not offered there, or not with this practitioner.', '{"reasons": ["not_offered"]}');
    end if;
    plans := app.plan_series(candidates, ask);
    missing := app.missing_with_alternatives(plans, ask, candidates, wish.seats, clinics, scopes);
    if app.sessions_found(plans) = 0 or ask.mode = 'all' and missing <> '[]' then
        return app.series_refused(missing, ask.sessions);
    end if;

    begin
        ask.missing := app.missing_sessions(plans, ask.timezone);
        insert into app.series values (ask.*);
        entered := app.enter_sessions(ask, plans, wish, body, is_held, for_desk, caller);
        answer := entered.refusal;
        if answer.status is not null or app.sessions_found(entered.booked) = 0
           or ask.mode = 'all' and app.sessions_found(entered.booked) < ask.sessions then
            raise exception using errcode = 'CD409';
        end if;
    exception when sqlstate 'CD409' then
        if answer.status is not null then
            return answer;
        end if;
        return app.series_refused(app.missing_with_alternatives(entered.booked, ask, candidates, wish.seats, clinics, scopes), ask.sessions);
    end;
    if app.sessions_found(entered.booked) < app.sessions_found(plans) then
        ask.missing := app.missing_sessions(entered.booked, ask.timezone);
        update app.series s set missing = ask.missing where s.clinic_id = ask.clinic_id and s.id = ask.id;
        missing := app.missing_with_alternatives(entered.booked, ask, candidates, wish.seats, clinics, scopes);
    end if;
    return app.keep_answer(row(201, app.series_json(ask, app.bookings_together(ask.id, clinics), missing), null, '/v1/series/' || ask.id,
                               null)::app.answer, caller);
end
$$;

-- ---------------------------------------------------------------- confirm, extend, cancel the rest

create or replace function app.series_answer(whole uuid, clinics text, caller app.caller, left_alone json default null)
returns app.answer language plpgsql volatile as $$
declare
    head app.series;
begin
    select * into head from app.series s where s.id = whole and app.clinic_allowed(s.clinic_id, clinics);
    return app.keep_answer(row(200, app.series_json(head, app.bookings_together(whole, clinics), head.missing, left_alone), null, null,
                               null)::app.answer, caller);
end
$$;

-- body: client?, intake? (the same for every session).
create or replace function app.confirm_series(series_id uuid, body jsonb, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    bookings app.booking[];
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is not null then
        return answer;
    end if;
    bookings := app.lock_together(series_id, clinics);
    if cardinality(bookings) = 0 then
        return null;
    end if;
    answer := app.confirm_together(bookings, body, 'confirmSeries', caller, scopes);
    return case when answer.status is not null then answer else app.series_answer(series_id, clinics, caller) end;
end
$$;

create or replace function app.extend_series(series_id uuid, caller app.caller, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    bookings app.booking[];
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is not null then
        return answer;
    end if;
    bookings := app.lock_together(series_id, clinics);
    if cardinality(bookings) = 0 then
        return null;
    end if;
    answer := app.extend_together(bookings, 'extendSeries', caller);
    return case when answer.status is not null then answer else app.series_answer(series_id, clinics, caller) end;
end
$$;

-- body: reason?.
create or replace function app.cancel_series(series_id uuid, body jsonb, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    bookings app.booking[];
    done record;
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is not null then
        return answer;
    end if;
    bookings := app.lock_together(series_id, clinics);
    if cardinality(bookings) = 0 then
        return null;
    end if;
    done := app.cancel_together(bookings, body ->> 'reason', scopes, 'cancelSeries', caller);
    if done.given_up = 0 then
        return app.together_refusal(bookings, 'Nothing of it is still to come.');
    end if;
    return app.series_answer(series_id, clinics, caller, done.left_alone);
end
$$;
