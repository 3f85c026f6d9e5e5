-- Certificates of a clinic's practitioners that run out.

-- Held and confirmed bookings to come for which the practitioner needs a certificate of that code, and those of them on a day
-- without a valid one. Numbers only; with the owner's rights, as app.stranded_bookings.
create or replace function app.certificate_bookings(tenant uuid, practitioner uuid, certificate text, out upcoming int, out uncovered int)
language sql stable security definer set search_path = app, public, pg_temp as $$
    select count(*), count(*) filter (where not app.holds_on(tenant, practitioner, certificate,
                                                             (b.starts_at at time zone l.timezone)::date))
    from app.booking b
    join app.location l on l.clinic_id = b.clinic_id and l.id = b.location_id
    join app.treatment t on t.code = b.treatment
    where b.clinic_id = tenant and b.practitioner_id = practitioner and t.requires_qualification = certificate
      and b.starts_at > app.now() - interval '1 day' and b.ends_at > app.now()
      and (b.status = 'confirmed' or b.status = 'held' and b.hold_expires_at > app.now())
$$;

-- What an administrator needs to know of a certificate that runs out; its number is nobody's business. `today` is the clinic's.
create or replace function app.certificate_json(q app.qualification, practitioner_name text, today date)
returns json language plpgsql stable as $$
declare
    bookings record := app.certificate_bookings(q.clinic_id, q.practitioner_id, q.code);
begin
    return json_build_object(
        'practitioner_id', q.practitioner_id, 'practitioner_name', practitioner_name, 'code', q.code, 'name', q.name,
        'issuer', q.issuer, 'issued_on', q.issued_on, 'expires_on', q.expires_on, 'days_left', q.expires_on - today,
        'renewed', app.holds_on(q.clinic_id, q.practitioner_id, q.code, q.expires_on + 1),
        'offering_ids', array(select o.id
                              from app.offering_practitioner op
                              join app.offering o on o.clinic_id = op.clinic_id and o.id = op.offering_id and o.status = 'active'
                              join app.treatment t on t.code = o.treatment and t.requires_qualification = q.code
                              where op.clinic_id = q.clinic_id and op.practitioner_id = q.practitioner_id order by o.id),
        'upcoming_bookings', bookings.upcoming, 'uncovered_bookings', bookings.uncovered);
end
$$;
