-- What people do with the waiting list: enter, read, list, accept, decline, withdraw. Each act is one function that its named
-- query calls. Acts on one entry go one after another (app.lock_acts_on with its id, before that of its booking); the hold is
-- confirmed and cancelled by the acts of booking themselves, so that nothing about an offer is decided in two ways.

-- The answer of an act, kept for the caller's key.
create or replace function app.entry_done(status int, body json, location text, caller app.caller)
returns app.answer language plpgsql volatile as $$
begin
    if caller.key is not null then
        insert into app.idempotency_record (sub, key, hash, status, body, location)
        values (caller.sub, caller.key, caller.hash, status, body, location);
    end if;
    return row(status, body, null, location, null)::app.answer;
end
$$;

create or replace function app.waitlist_refusal(e app.waitlist_entry, detail text)
returns app.answer language sql stable as $$
    select app.refused(409, 'state-conflict', detail, jsonb_build_object('current_status', e.status))
$$;

-- ---------------------------------------------------------------- enter

-- What an entry names and is not there, and what does not go together.
create or replace function app.entry_faults(e app.waitlist_entry)
returns app.answer language plpgsql stable as $$
declare
    missing jsonb :=
        app.missing_faults('/treatments', e.treatments, array(select t.code from app.treatment t where t.status = 'active'))
        || app.missing_faults('/offering_ids', e.offering_ids::text[],
                              array(select o.id::text from app.offering o where o.clinic_id = e.clinic_id and o.status = 'active'))
        || app.missing_faults('/practitioner_ids', e.practitioner_ids::text[],
                              array(select p.id::text from app.practitioner p where p.clinic_id = e.clinic_id and p.status = 'active'))
        || app.missing_faults('/location_ids', e.location_ids::text[],
                              array(select l.id::text from app.location l where l.clinic_id = e.clinic_id and l.status = 'active'));
    rules jsonb :=
        case when e.date_to < e.date_from then app.fault('/date_to', 'must not be before date_from')
             when e.date_to - e.date_from > 366 then app.fault('/date_to', 'must be within a year of date_from')
             when e.ends_at <= app.now() then app.fault('/date_to', 'is over') else '[]' end
        || case when e.client is null then app.fault('/client', 'is required') else '[]' end
        || app.window_faults('/windows', e.windows);
begin
    if missing = '[]' and rules = '[]' and not exists (
        select from app.offering_practitioner op
        join app.offered(array[op.offering_id], array[op.practitioner_id]) as f on true
        where op.clinic_id = e.clinic_id and op.offering_id = any (app.entry_offerings(e))
          and (e.practitioner_ids = '{}' or op.practitioner_id = any (e.practitioner_ids))
          and (e.location_ids = '{}' or f.location_id = any (e.location_ids))
          and (f.self_bookable or e.by_desk))
    then
        rules := app.fault(case when e.treatments = '{}' then '/offering_ids' else '/treatments' end,
                           'is offered by none of these people at any of these locations');
    end if;
    return app.faults_refusal(missing, rules);
end
$$;

-- body: clinic_id, treatments?, offering_ids?, practitioner_ids?, location_ids?, windows?, date_from, date_to, notice_minutes?,
-- client, note?, external_ref? (the contract has checked them).
create or replace function app.create_entry(body jsonb, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    clinic app.clinic;
    e app.waitlist_entry;
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is not null then
        return answer;
    end if;
    select * into clinic from app.clinic c where c.id = (body ->> 'clinic_id')::uuid and app.clinic_allowed(c.id, clinics);
    if not found then
        return app.refused(404, 'not-found', 'There is no such clinic.');
    elsif clinic.status = 'archived' then
        return app.refused(409, 'state-conflict', 'The clinic is archived.', jsonb_build_object('current_status', clinic.status));
    end if;
    e.clinic_id := clinic.id;
    e.id := app.new_id();
    e.source := caller.sub;
    e.by_desk := coalesce('bookings:desk' = any (string_to_array(scopes, ' ')), false);
    e.external_ref := body ->> 'external_ref';
    e.treatments := app.text_list(body -> 'treatments');
    e.offering_ids := app.uuid_list(body -> 'offering_ids');
    e.practitioner_ids := app.uuid_list(body -> 'practitioner_ids');
    e.location_ids := app.uuid_list(body -> 'location_ids');
    e.windows := coalesce(nullif(body -> 'windows', 'null'), '[]');
    e.date_from := body ->> 'date_from';
    e.date_to := body ->> 'date_to';
    -- Over when it is so at the last of the places.
    select max(app.edge((e.date_to + 1)::timestamp, zone, false)) into e.ends_at
    from (select clinic.timezone as zone
          union select l.timezone from app.location l
          where l.clinic_id = clinic.id and l.status = 'active' and (e.location_ids = '{}' or l.id = any (e.location_ids))) as place;
    e.notice_minutes := body ->> 'notice_minutes';
    e.client := nullif(body -> 'client', 'null');
    e.note := body ->> 'note';
    e.status := 'waiting';
    e.offered := '{}';
    e.offers_unanswered := 0;
    e.created_at := app.now();
    e.updated_at := e.created_at;
    answer := app.entry_faults(e);
    if answer.status is not null then
        return answer;
    end if;
    e.client_id := app.keep_client(e.clinic_id, e.client, e.source);
    insert into app.waitlist_entry values (e.*);
    perform app.record_entry(e, null, 'created', 'createWaitlistEntry', caller);
    return app.entry_done(201, app.entry_json_with_free(e), '/v1/waitlist/' || e.id, caller);
end
$$;

-- ---------------------------------------------------------------- read

create or replace function app.read_entry(entry_id uuid, clinics text)
returns app.answer language plpgsql stable as $$
declare
    e app.waitlist_entry;
begin
    select * into e from app.waitlist_entry k where k.id = entry_id and app.clinic_allowed(k.clinic_id, clinics);
    if not found then
        return null;
    end if;
    return row(200, app.entry_json_with_free(app.entry_now(e, app.now())), null, null, null)::app.answer;
end
$$;

-- args: clinic_id, status, treatment, external_ref, limit, cursor; sub, scopes, clinics. In the order of the line. A partner gets
-- its own, a desk those of its clinics; as in app.list_bookings, each along its index and with the filters that are there.
create or replace function app.list_entries(args jsonb)
returns app.answer language plpgsql stable as $$
declare
    moment timestamptz := app.now();
    page int := coalesce((args ->> 'limit')::int, 20);
    for_desk boolean := coalesce('bookings:desk' = any (string_to_array(args ->> 'scopes', ' ')), false);
    clinics uuid[] := app.listed_clinics(args, for_desk);
    statuses text[] := app.argument_list(args ->> 'status');
    after_at timestamptz;
    after_id uuid;
    filters text := '';
    entries app.waitlist_entry[];
    last_one app.waitlist_entry;
    next_cursor text;
begin
    if args ? 'cursor' then
        select k.at, k.id into after_at, after_id from app.cursor_place(args ->> 'cursor') as k;
        if after_id is null then
            return row(400, app.cursor_problem()::json, null, null, null)::app.answer;
        end if;
        filters := ' and (e.created_at, e.id) > ($1, $2)';
    end if;
    filters := filters
        -- What is stored as waiting or offered may have gone on; what has ended stays as it is.
        || case when statuses && '{waiting,offered}' then ' and (e.status in (''waiting'', ''offered'') or e.status = any ($3)) and (app.entry_now(e, $4)).status = any ($3)'
                when statuses is not null then ' and (app.entry_now(e, $4)).status = any ($3)' else '' end
        || case when args ? 'treatment' then ' and (e.treatments @> array[$5] or exists (select from app.offering o
               where o.clinic_id = e.clinic_id and o.id = any (e.offering_ids) and o.treatment = $5))' else '' end
        || case when args ? 'external_ref' then ' and e.external_ref = $6' else '' end
        || case when clinics is not null and not for_desk then ' and e.clinic_id = any ($7)' else '' end;
    execute 'select array_agg(f.e order by (f.e).created_at, (f.e).id) from (select k.e from '
        || case when for_desk then 'unnest($7) as c (id) cross join lateral (select e from app.waitlist_entry e where e.clinic_id = c.id'
                else '(select e from app.waitlist_entry e where e.source = $8' end
        || filters || ' order by e.created_at, e.id limit $9) as k order by (k.e).created_at, (k.e).id limit $9) as f'
    into entries
    using after_at, after_id, statuses, moment, args ->> 'treatment', args ->> 'external_ref', clinics, args ->> 'sub', page + 1;
    if cardinality(entries) > page then
        last_one := entries[page];
        next_cursor := app.cursor_encode(jsonb_build_array(app.cursor_instant(last_one.created_at), last_one.id));
    end if;
    return row(200,
               json_build_object(
                   'items', (select coalesce(json_agg(app.entry_json(app.entry_now(e, moment)) order by e.created_at, e.id), '[]')
                             from unnest(entries[1:page]) as e),
                   'next', next_cursor),
               null, null, null)::app.answer;
end
$$;

-- ---------------------------------------------------------------- accept, decline, withdraw

-- The entry that an act is about, as it is stored, with acts on it and on its offer shut out until this one has ended, so that
-- nobody confirms what is being declined; null when this principal knows of none.
create or replace function app.lock_entry(entry_id uuid, clinics text)
returns app.waitlist_entry language plpgsql volatile as $$
declare
    e app.waitlist_entry;
begin
    perform app.lock_acts_on(entry_id);
    select * into e from app.waitlist_entry k where k.id = entry_id and app.clinic_allowed(k.clinic_id, clinics);
    if e.status = 'offered' then
        perform app.lock_acts_on(e.booking_id);
    end if;
    return e;
end
$$;

-- The caller without the key: for the acts of booking within an act that keeps its answer itself.
create or replace function app.without_key(caller app.caller)
returns app.caller language plpgsql immutable parallel safe as $$
begin
    caller.key := null;
    caller.hash := null;
    return caller;
end
$$;

-- body: intake?. What the hold says decides: it may have run out, or have been confirmed or cancelled as a booking. Who comes too
-- late is told so, whether the worker has written that down already or not.
create or replace function app.accept_entry(entry_id uuid, body jsonb, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    e app.waitlist_entry;
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is not null then
        return answer;
    end if;
    e := app.lock_entry(entry_id, clinics);
    if e.id is null then
        return null;
    elsif e.status in ('waiting', 'expired') and e.offers_unanswered > 0 then
        return app.refused(409, 'hold-expired', 'The offer has run out.', jsonb_build_object('current_status', (app.entry_now(e, app.now())).status));
    elsif e.status <> 'offered' or (app.entry_now(e, app.now())).status = 'accepted' then
        return app.waitlist_refusal(app.entry_now(e, app.now()), 'There is no offer to accept.');
    end if;
    answer := app.confirm_booking(e.booking_id, coalesce(body, '{}'), app.without_key(caller), scopes, clinics);
    if answer.status <> 200 then
        return answer;
    end if;
    e := app.entry_now(e, app.now());
    perform app.write_entry(e, 'offered', 'accepted', 'acceptWaitlistEntry', caller);
    return app.entry_done(200, json_build_object('entry', app.entry_json(e), 'booking', answer.body), null, caller);
end
$$;

-- Lets the offer of an entry go; then the entry is as app.entry_now finds it. Answers the refusal if it cannot be. An offer that
-- has run out is written down as such, under the locks that cancelling took: nobody confirms it any more.
create or replace function app.free_offer(e app.waitlist_entry, reason text, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    answer app.answer := app.cancel_booking(e.booking_id, jsonb_build_object('reason', reason), app.without_key(caller), scopes, clinics);
begin
    if answer.body ->> 'current_status' = 'expired' then
        perform app.expire_bookings(e.clinic_id, array[e.booking_id]);
        return null;
    end if;
    return case when answer.status <> 200 then answer end;
end
$$;

-- body: stay? (absent: true), reason?. The time goes to the next in the line; this entry is not offered it again.
create or replace function app.decline_entry(entry_id uuid, body jsonb, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    e app.waitlist_entry;
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is not null then
        return answer;
    end if;
    e := app.lock_entry(entry_id, clinics);
    if e.id is null then
        return null;
    elsif (app.entry_now(e, app.now())).status <> 'offered' then
        return app.waitlist_refusal(app.entry_now(e, app.now()), 'There is no offer to decline.');
    end if;
    answer := app.free_offer(e, body ->> 'reason', caller, scopes, clinics);
    if answer.status is not null then
        return answer;
    end if;
    e := app.entry_now(e, app.now());
    if e.status = 'waiting' and not coalesce((body ->> 'stay')::boolean, true) then
        e.status := 'declined';
    end if;
    perform app.write_entry(e, 'offered', 'declined', 'declineWaitlistEntry', caller);
    return app.entry_done(200, app.entry_json(e), null, caller);
end
$$;

-- Out of the line; an offer goes to the next. Twice is once.
create or replace function app.withdraw_entry(entry_id uuid, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    e app.waitlist_entry := app.lock_entry(entry_id, clinics);
    was text := (app.entry_now(e, app.now())).status;
    answer app.answer;
begin
    if e.id is null then
        return null;
    elsif was = 'withdrawn' then
        return app.entry_done(200, app.entry_json(e), null, null);
    elsif was not in ('waiting', 'offered') then
        return app.waitlist_refusal(app.entry_now(e, app.now()), 'It has ended already.');
    elsif (app.entry_now(e, app.now(), written := true)).status = 'offered' then
        answer := app.free_offer(e, null, caller, scopes, clinics);
        if answer.status is not null then
            return answer;
        end if;
    end if;
    e := app.entry_now(e, app.now());
    e.status := 'withdrawn';
    e.updated_at := app.now();
    perform app.write_entry(e, was, 'withdrawn', 'withdrawWaitlistEntry', caller);
    return app.entry_done(200, app.entry_json(e), null, null);
end
$$;
