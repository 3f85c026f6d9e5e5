-- Working hours: schedules and exceptions, their shapes, creating and changing them, and the bookings that then stand in
-- time that is no longer worked.

-- Held and confirmed bookings that have not ended, as far as a desk must know them to look after them: nothing of the client.
create or replace function app.affected_booking_json(b app.booking)
returns json language sql stable parallel safe as $$
    select json_build_object(
        'id', b.id, 'clinic_id', b.clinic_id, 'reference', b.reference, 'status', b.status, 'practitioner_id', b.practitioner_id,
        'location_id', b.location_id,
        'start', app.local_instant(b.starts_at, b.timezone), 'end', app.local_instant(b.ends_at, b.timezone), 'timezone', b.timezone)
$$;

-- The bookings of any of these practitioners or locations (null: all), on these local dates (null: no bound), that the
-- working hours as they are now do not cover; soonest first, at most 1000. Who may write a clinic's hours must see them all,
-- whoever made them: so it runs with the owner's rights, and answers only for the clinic that the caller was admitted to.
create or replace function app.stranded_bookings(tenant uuid, practitioners uuid[], locations uuid[], first_day date, last_day date)
returns json language plpgsql stable security definer set search_path = app, public, pg_temp as $$
declare
    upcoming app.booking[];
    candidates app.candidate[];
    stranded json;
begin
    upcoming := array(
        select b from app.booking b
        where b.clinic_id = tenant and b.ends_at > app.now()
          and (b.status = 'confirmed' or b.status = 'held' and b.hold_expires_at > app.now())
          and (practitioners is null or b.practitioner_id = any (practitioners))
          and (locations is null or b.location_id = any (locations))
          and (first_day is null or b.ends_at at time zone b.timezone >= first_day)
          and (last_day is null or b.starts_at at time zone b.timezone < last_day + 1));
    candidates := array(
        select jsonb_populate_record(null::app.candidate, jsonb_build_object(
                   'n', row_number() over (), 'clinic_id', tenant, 'practitioner_id', pair.practitioner_id,
                   'location_id', pair.location_id, 'zone', pair.timezone))
        from (select distinct b.practitioner_id, b.location_id, l.timezone
              from unnest(upcoming) as b join app.location l on l.clinic_id = tenant and l.id = b.location_id) as pair);
    select coalesce(json_agg(app.affected_booking_json(late) order by late.starts_at, late.id), '[]') into stranded
    from (select b.*
          from unnest(upcoming) as b
          left join app.working_time(candidates, (select min(u.starts_at) from unnest(upcoming) as u),
                                     (select max(u.ends_at) from unnest(upcoming) as u)) as w
              on w.practitioner_id = b.practitioner_id and w.location_id = b.location_id
          where not coalesce(w.hours - w.closed, '{}') @> tstzrange(b.starts_at, b.ends_at)
          order by b.starts_at, b.id limit 1000) as late;
    return stranded;
end
$$;

create or replace function app.schedule_record(s app.schedule)
returns json language sql stable parallel safe as $$
    select json_build_object(
        'id', s.id, 'clinic_id', s.clinic_id, 'practitioner_id', s.practitioner_id, 'location_id', s.location_id,
        'weekday', s.weekday, 'from', app.clock_text(s."from"), 'to', app.clock_text(s."to"), 'valid_from', s.valid_from,
        'valid_until', s.valid_until, 'every_weeks', s.every_weeks,
        'desk_only_until_hours_before', s.desk_only_until_hours_before, 'status', s.status, 'version', s.version,
        'created_at', app.utc_instant(s.created_at), 'updated_at', app.utc_instant(s.updated_at))
$$;

create or replace function app.schedule_faults(s app.schedule)
returns jsonb language sql immutable as $$
    select case when s."from" = s."to" and s."from" <> '00:00' then app.fault('/to', 'must differ from "from"') else '[]' end
        || case when s.valid_from > s.valid_until then app.fault('/valid_until', 'must not be before valid_from') else '[]' end
        || case when s.every_weeks > 1 and s.valid_from is null
                then app.fault('/valid_from', 'is required when every_weeks is more than 1') else '[]' end
$$;

-- Creates (target is null) or patches a schedule.
create or replace function app.write_schedule(tenant uuid, target uuid, body jsonb, caller app.caller)
returns app.answer language plpgsql as $$
declare
    old app.schedule;
    new app.schedule;
    before jsonb;
    doc jsonb;
    answer app.answer;
begin
    if target is null then
        answer := app.create_begin(tenant, caller);
    else
        perform app.lock_resources(tenant);
        select * into old from app.schedule where clinic_id = tenant and id = target for no key update;
        if not found then
            return null;
        end if;
        answer := app.write_refusal(old.version, old.status, caller.if_match);
        before := app.schedule_record(old);
    end if;
    if answer.status is not null then
        return answer;
    end if;
    doc := app.merge_patch(before, body);
    if app.settled(doc) = app.settled(before) then
        return row(200, app.json_with(before::json, app.schedule_stranded(tenant, old, old)), old.version, null, null)::app.answer;
    end if;

    new.clinic_id := tenant;
    new.id := coalesce(target, (doc ->> 'id')::uuid, app.new_id());
    new.practitioner_id := doc ->> 'practitioner_id';
    new.location_id := doc ->> 'location_id';
    new.weekday := doc ->> 'weekday';
    new."from" := doc ->> 'from';
    new."to" := doc ->> 'to';
    new.valid_from := doc ->> 'valid_from';
    new.valid_until := doc ->> 'valid_until';
    new.every_weeks := coalesce((doc ->> 'every_weeks')::int, 1);
    new.desk_only_until_hours_before := doc ->> 'desk_only_until_hours_before';
    new.status := 'active';
    new.version := coalesce(old.version, 0) + 1;
    new.created_at := coalesce(old.created_at, app.now());
    new.updated_at := app.now();
    answer := app.faults_refusal(
        app.reference_fault('/practitioner_id', app.practitioner_known(tenant, new.practitioner_id))
        || app.reference_fault('/location_id', app.location_known(tenant, new.location_id)),
        app.required_faults(doc, '{practitioner_id,location_id,weekday,from,to}') || app.schedule_faults(new));
    if answer.status is not null then
        return answer;
    end if;

    insert into app.schedule (clinic_id, id, practitioner_id, location_id, weekday, "from", "to", valid_from, valid_until,
                              every_weeks, desk_only_until_hours_before, status, version, created_at, updated_at)
    values (tenant, new.id, new.practitioner_id, new.location_id, new.weekday, new."from", new."to", new.valid_from,
            new.valid_until, new.every_weeks, new.desk_only_until_hours_before, new.status, new.version, new.created_at, new.updated_at)
    on conflict (clinic_id, id) do update
    set (practitioner_id, location_id, weekday, "from", "to", valid_from, valid_until, every_weeks, desk_only_until_hours_before,
         version, updated_at)
        = (excluded.practitioner_id, excluded.location_id, excluded.weekday, excluded."from", excluded."to", excluded.valid_from,
           excluded.valid_until, excluded.every_weeks, excluded.desk_only_until_hours_before, excluded.version, excluded.updated_at);
    return app.written(tenant, 'schedule', new.id::text, 'Schedule', format('/v1/clinics/%s/schedules/%s', tenant, new.id), caller,
                       before, app.schedule_record(new), app.schedule_stranded(tenant, old, new));
end
$$;

create or replace function app.exception_record(e app.exception)
returns json language sql stable parallel safe as $$
    select json_build_object(
        'id', e.id, 'clinic_id', e.clinic_id, 'kind', e.kind, 'practitioner_id', e.practitioner_id, 'location_id', e.location_id,
        'date_from', e.date_from, 'date_to', e.date_to, 'windows', e.windows, 'reason', e.reason, 'status', e.status,
        'version', e.version, 'created_at', app.utc_instant(e.created_at), 'updated_at', app.utc_instant(e.updated_at))
$$;

create or replace function app.exception_faults(e app.exception)
returns jsonb language sql immutable as $$
    select case when e.date_from > e.date_to then app.fault('/date_to', 'must not be before date_from') else '[]' end
        || case when e.date_to - e.date_from > 1100 then app.fault('/date_to', 'must be within three years of date_from') else '[]' end
        || case when e.kind = 'close' and e.practitioner_id is null and e.location_id is null
                then app.fault('/practitioner_id', 'a closure names a practitioner, a location or both') else '[]' end
        || case when e.kind <> 'close' and e.practitioner_id is null then app.fault('/practitioner_id', 'is required') else '[]' end
        || case when e.kind <> 'close' and e.location_id is null then app.fault('/location_id', 'is required') else '[]' end
        || case when e.kind = 'add' and e.windows = '[]' then app.fault('/windows', 'must have a window') else '[]' end
        || app.window_faults('/windows', e.windows)
        || coalesce((select jsonb_agg(jsonb_build_object('pointer', '/windows/' || place - 1 || '/desk_only_until_hours_before',
                                                         'detail', 'is for time that is worked') order by place)
                     from jsonb_array_elements(e.windows) with ordinality as entry (span, place)
                     where e.kind = 'close' and span ->> 'desk_only_until_hours_before' is not null), '[]')
$$;

-- Creates (target is null) or patches an exception.
create or replace function app.write_exception(tenant uuid, target uuid, body jsonb, caller app.caller)
returns app.answer language plpgsql as $$
declare
    old app.exception;
    new app.exception;
    before jsonb;
    doc jsonb;
    answer app.answer;
begin
    if target is null then
        answer := app.create_begin(tenant, caller);
    else
        perform app.lock_resources(tenant);
        select * into old from app.exception where clinic_id = tenant and id = target for no key update;
        if not found then
            return null;
        end if;
        answer := app.write_refusal(old.version, old.status, caller.if_match);
        before := app.exception_record(old);
    end if;
    if answer.status is not null then
        return answer;
    end if;
    doc := app.merge_patch(before, body);
    if app.settled(doc) = app.settled(before) then
        return row(200, app.json_with(before::json, app.exception_stranded(tenant, old, old)), old.version, null, null)::app.answer;
    end if;

    new.clinic_id := tenant;
    new.id := coalesce(target, (doc ->> 'id')::uuid, app.new_id());
    new.kind := doc ->> 'kind';
    new.practitioner_id := doc ->> 'practitioner_id';
    new.location_id := doc ->> 'location_id';
    new.date_from := doc ->> 'date_from';
    new.date_to := doc ->> 'date_to';
    new.windows := coalesce(doc -> 'windows', '[]');
    new.reason := doc ->> 'reason';
    new.status := 'active';
    new.version := coalesce(old.version, 0) + 1;
    new.created_at := coalesce(old.created_at, app.now());
    new.updated_at := app.now();
    answer := app.faults_refusal(
        app.reference_fault('/practitioner_id', new.practitioner_id is null or app.practitioner_known(tenant, new.practitioner_id))
        || app.reference_fault('/location_id', new.location_id is null or app.location_known(tenant, new.location_id)),
        app.required_faults(doc, '{kind,date_from,date_to}') || app.exception_faults(new));
    if answer.status is not null then
        return answer;
    end if;

    insert into app.exception (clinic_id, id, kind, practitioner_id, location_id, date_from, date_to, windows, reason, status,
                               version, created_at, updated_at)
    values (tenant, new.id, new.kind, new.practitioner_id, new.location_id, new.date_from, new.date_to, new.windows, new.reason,
            new.status, new.version, new.created_at, new.updated_at)
    on conflict (clinic_id, id) do update
    set (kind, practitioner_id, location_id, date_from, date_to, windows, reason, version, updated_at)
        = (excluded.kind, excluded.practitioner_id, excluded.location_id, excluded.date_from, excluded.date_to, excluded.windows,
           excluded.reason, excluded.version, excluded.updated_at);
    return app.written(tenant, 'exception', new.id::text, 'Exception', format('/v1/clinics/%s/exceptions/%s', tenant, new.id),
                       caller, before, app.exception_record(new), app.exception_stranded(tenant, old, new));
end
$$;

-- affected_bookings of a write to a schedule: where it was and where it is now.
create or replace function app.schedule_stranded(tenant uuid, old app.schedule, new app.schedule)
returns json language sql volatile as $$
    select json_build_object('affected_bookings', app.stranded_bookings(
        tenant, array_remove(array[old.practitioner_id, new.practitioner_id], null),
        array_remove(array[old.location_id, new.location_id], null), null, null))
$$;

-- Whether what an exception changes may go past the midnight after its last day: a window of its own, or, where it replaces the
-- windows of the rules, one of those.
create or replace function app.passes_midnight(e app.exception)
returns boolean language sql stable parallel safe as $$
    select e.id is not null
           and (e.kind = 'replace'
                or exists (select from jsonb_to_recordset(e.windows) as w ("from" time, "to" time) where w."to" <= w."from" and w."to" > '00:00'))
$$;

-- affected_bookings of a write to an exception: of the days that it covered and those that it covers now.
create or replace function app.exception_stranded(tenant uuid, old app.exception, new app.exception)
returns json language sql volatile as $$
    select json_build_object('affected_bookings', app.stranded_bookings(
        tenant,
        case when new.practitioner_id is not null and (old.id is null or old.practitioner_id is not null)
             then array_remove(array[old.practitioner_id, new.practitioner_id], null) end,
        case when new.location_id is not null and (old.id is null or old.location_id is not null)
             then array_remove(array[old.location_id, new.location_id], null) end,
        least(old.date_from, new.date_from),
        greatest(old.date_to, new.date_to) + case when app.passes_midnight(old) or app.passes_midnight(new) then 1 else 0 end))
$$;
