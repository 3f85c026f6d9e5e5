-- Impact before harm: the bookings to come that a patch leaves uncovered. (Those of hours are in 20_directory_6_hours.sql,
-- those of archiving in 20_directory_7_status.sql.) No booking is changed by any of it; somebody must look after them.

create or replace function app.affected(bookings json)
returns json language sql immutable parallel safe as $$
    select json_build_object('affected_bookings', bookings)
$$;

-- Whether the practitioner holds a valid certificate of that code on that (local) day.
create or replace function app.holds_on(tenant uuid, practitioner uuid, certificate text, day date)
returns boolean language plpgsql stable parallel safe as $$
begin
    return exists (select from app.qualification q
                   where q.clinic_id = tenant and q.practitioner_id = practitioner and q.code = certificate
                     and (q.issued_on is null or q.issued_on <= day) and (q.expires_on is null or q.expires_on >= day));
end
$$;

-- Held and confirmed bookings to come of a practitioner, offering or room that go together no longer: the offering does not
-- name the practitioner or the location, the practitioner does not work there or lacks the certificate on the day, or there is
-- no room of the kind. Soonest first, at most 1000. With the owner's rights, as app.stranded_bookings.
create or replace function app.unoffered_bookings(tenant uuid, entity text, target uuid)
returns json language sql stable security definer set search_path = app, public, pg_temp as $$
    select coalesce(json_agg(app.affected_booking_json(b) order by b.starts_at, b.id), '[]')
    from (select booking.* from app.booking
          join app.offering o on o.clinic_id = booking.clinic_id and o.id = booking.offering_id
          join app.location l on l.clinic_id = booking.clinic_id and l.id = booking.location_id
          join app.treatment t on t.code = booking.treatment
          left join app.room r on r.clinic_id = booking.clinic_id and r.id = booking.room_id
          where booking.clinic_id = tenant and booking.starts_at > app.now() - interval '1 day' and booking.ends_at > app.now()
            and (booking.status = 'confirmed' or booking.status = 'held' and booking.hold_expires_at > app.now())
            and case entity when 'practitioner' then booking.practitioner_id = target
                            when 'offering' then booking.offering_id = target
                            when 'room' then booking.room_id = target end
            and not (exists (select from app.offering_practitioner op where op.clinic_id = tenant and op.offering_id = o.id
                                                                        and op.practitioner_id = booking.practitioner_id)
                     and exists (select from app.offering_location ol where ol.clinic_id = tenant and ol.offering_id = o.id
                                                                        and ol.location_id = l.id)
                     and exists (select from app.practitioner_location pl where pl.clinic_id = tenant and pl.location_id = l.id
                                                                            and pl.practitioner_id = booking.practitioner_id)
                     and (o.room_kind is null or r.kind is not distinct from o.room_kind)
                     and (t.requires_qualification is null
                          or app.holds_on(tenant, booking.practitioner_id, t.requires_qualification,
                                          (booking.starts_at at time zone l.timezone)::date)))
          order by booking.starts_at, booking.id limit 1000) as b
$$;

-- affected_bookings of a create (before is null: none) or patch, as far as it touches what bookings stand on.
create or replace function app.write_affects(entity text, tenant uuid, target uuid, before jsonb, after json)
returns json language plpgsql volatile as $$
declare
    grounds text[] := case entity when 'location' then '{timezone}'
                                  when 'practitioner' then '{location_ids,qualifications}'
                                  when 'offering' then '{practitioner_ids,location_ids,room_kind}'
                                  when 'room' then '{kind}' end;
begin
    if before is null or not exists (select from unnest(grounds) as ground
                                     where before -> ground is distinct from after::jsonb -> ground) then
        return app.affected('[]');
    elsif entity = 'location' then
        return app.affected(app.stranded_bookings(tenant, null, array[target], null, null));
    end if;
    return app.affected(app.unoffered_bookings(tenant, entity, target));
end
$$;

-- affected_bookings of a write to a treatment, at the clinics of the caller's token: all to come when it is archived, those
-- whose practitioner lacks the certificate on the day when it asks for another one.
create or replace function app.treatment_affects(treatment text, clinics text, before jsonb, after jsonb)
returns json language plpgsql stable security definer set search_path = app, public, pg_temp as $$
declare
    ended boolean := after ->> 'status' = 'archived';
    certificate text := after ->> 'requires_qualification';
    bookings json;
begin
    if not ended and (before is null or certificate is null or certificate = before ->> 'requires_qualification') then
        return app.affected('[]');
    end if;
    select coalesce(json_agg(app.affected_booking_json(b) order by b.starts_at, b.id), '[]') into bookings
    from (select booking.*
          from app.clinic c
          join app.booking on booking.clinic_id = c.id
          join app.location l on l.clinic_id = booking.clinic_id and l.id = booking.location_id
          where app.clinic_allowed(c.id, clinics) and booking.treatment = treatment_affects.treatment
            and booking.starts_at > app.now() - interval '1 day' and booking.ends_at > app.now()
            and (booking.status = 'confirmed' or booking.status = 'held' and booking.hold_expires_at > app.now())
            and (ended or not app.holds_on(c.id, booking.practitioner_id, certificate,
                                           (booking.starts_at at time zone l.timezone)::date))
          order by booking.starts_at, booking.id limit 1000) as b;
    return app.affected(bookings);
end
$$;
