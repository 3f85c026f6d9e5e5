-- Archiving and restoring, one act for everything that belongs to a clinic and for the clinic itself.

-- Held and confirmed bookings to come of what is archived: it is no longer there for them. Soonest first, at most 1000.
-- With the owner's rights, as app.stranded_bookings.
create or replace function app.upcoming_bookings(tenant uuid, entity text, target uuid)
returns json language sql stable security definer set search_path = app, public, pg_temp as $$
    select coalesce(json_agg(app.affected_booking_json(b) order by b.starts_at, b.id), '[]')
    from (select booking.* from app.booking
          where booking.clinic_id = tenant and booking.ends_at > app.now()
            and (booking.status = 'confirmed' or booking.status = 'held' and booking.hold_expires_at > app.now())
            and case entity when 'clinic' then true
                            when 'location' then booking.location_id = target
                            when 'practitioner' then booking.practitioner_id = target
                            when 'room' then booking.room_id = target
                            when 'offering' then booking.offering_id = target end
          order by booking.starts_at, booking.id limit 1000) as b
$$;

-- The row as its record; entity is a table of the directory with a function <entity>_record.
create or replace function app.clinic_record(c app.clinic)
returns json language sql stable parallel safe as $$
    select app.clinic_json(c)
$$;

-- affected_bookings after the status of something has changed. Hours that come back may close, too; all else helps.
create or replace function app.status_affects(tenant uuid, entity text, target uuid, wanted text)
returns json language plpgsql volatile as $$
declare
    schedule app.schedule;
    exception app.exception;
begin
    if entity = 'schedule' then
        select * into schedule from app.schedule s where s.clinic_id = tenant and s.id = target;
        return app.schedule_stranded(tenant, schedule, schedule);
    elsif entity = 'exception' then
        select * into exception from app.exception e where e.clinic_id = tenant and e.id = target;
        return app.exception_stranded(tenant, exception, exception);
    end if;
    return json_build_object('affected_bookings',
                             case wanted when 'archived' then app.upcoming_bookings(tenant, entity, target) else '[]' end);
end
$$;

-- wanted: 'archived' or 'active'.
create or replace function app.set_status(tenant uuid, entity text, target uuid, wanted text, caller app.caller)
returns app.answer language plpgsql as $$
declare
    noun text := upper(left(entity, 1)) || substr(entity, 2);
    key_column text := case entity when 'clinic' then 'id' else 'clinic_id' end;
    treatments_before jsonb;
    before json;
    after json;
    answer app.answer;
begin
    perform app.lock_resources(tenant);
    execute format('select app.%1$s_record(t) from app.%1$I as t where t.%2$I = $1 and t.id = $2 for no key update', entity, key_column)
        into before using tenant, target;
    if before is null then
        return null;
    end if;
    answer := app.write_refusal((before ->> 'version')::int, before ->> 'status',
                                caller.if_match,
                                case wanted when 'archived' then 'active' else 'archived' end);
    if answer.status is not null then
        return answer;
    end if;

    if entity = 'offering' then
        treatments_before := app.treatments_by_practitioner(tenant, app.uuid_list((before -> 'practitioner_ids')::jsonb));
    end if;
    execute format('update app.%1$I as t set status = $3, version = t.version + 1, updated_at = app.now()
                    where t.%2$I = $1 and t.id = $2 returning app.%1$s_record(t)', entity, key_column)
        into after using tenant, target, wanted;
    if entity = 'offering' then
        perform app.practitioners_changed(tenant, treatments_before);
    end if;
    perform app.directory_record(tenant, entity, target::text, case wanted when 'archived' then 'archive' else 'restore' end || noun,
                                 case wanted when 'archived' then 'archived' else 'restored' end, caller, before::jsonb, after::jsonb);
    return row(200, app.json_with(after, app.status_affects(tenant, entity, target, wanted)), after ->> 'version', null, null)::app.answer;
end
$$;
