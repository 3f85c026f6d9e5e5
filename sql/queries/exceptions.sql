-- What differs from the schedules on some days. Writes list the bookings that then stand in time that is no longer worked.

-- name: listClinicExceptions
-- args: clinic_id practitioner_id location_id from to limit cursor
select answer.status, answer.body
from (select app.page_after($7::text, 'first day', 'string') as after) as page
cross join lateral (
    select array_agg(app.exception_record(hit.row) order by hit.key, (hit.row).id) as bodies,
           array_agg(jsonb_build_array('first day', hit.key, (hit.row).id) order by hit.key, (hit.row).id) as keys
    from (select e as row, e.date_from::text as key
          from app.exception e
          where e.clinic_id = $1::uuid and e.status = 'active'
            and ($2::uuid is null or e.practitioner_id = $2::uuid) and ($3::uuid is null or e.location_id = $3::uuid)
            and ($4::date is null or e.date_to >= $4::date) and ($5::date is null or e.date_from <= $5::date)
            and (page.after is null or (e.date_from::text, e.id) > ((page.after ->> 1), (page.after ->> 2)::uuid))
          order by e.date_from::text, e.id
          limit coalesce($6::int, 20) + 1) as hit) as hits
cross join lateral app.page_answer($7::text, page.after, coalesce($6::int, 20), hits.bodies, hits.keys) as answer
where exists (select from app.clinic c where c.id = $1::uuid);

-- name: readClinicException
-- args: clinic_id exception_id include
select 200 as status, app.exception_record(e) as body, e.version::text as etag, extract(epoch from e.updated_at)::bigint as modified
from app.exception e
where e.clinic_id = $1::uuid and e.id = $2::uuid and ($3::text = 'archived' or e.status = 'active');

-- name: createException
-- args: clinic_id body sub request_id key hash dry_run
-- guard: principal
select * from app.act_write('exception', $1::uuid, null, $2::jsonb, $7::boolean, row($3::text, $4::text, null, $5::text, $6::text)::app.caller);

-- name: patchException
-- args: clinic_id exception_id body if_match sub request_id dry_run
select * from app.act_write('exception', $1::uuid, $2::uuid, $3::jsonb, $7::boolean, row($5::text, $6::text, $4::text, null, null)::app.caller)
where status is not null;

-- name: archiveException
-- args: clinic_id exception_id if_match sub request_id dry_run
select * from app.act_status('exception', $1::uuid, $2::uuid, 'archived', $6::boolean, row($4::text, $5::text, $3::text, null, null)::app.caller)
where status is not null;

-- name: restoreException
-- args: clinic_id exception_id if_match sub request_id dry_run
select * from app.act_status('exception', $1::uuid, $2::uuid, 'active', $6::boolean, row($4::text, $5::text, $3::text, null, null)::app.caller)
where status is not null;
