-- Weekly working windows. Writes list the bookings that then stand in time that is no longer worked.

-- name: listClinicSchedules
-- args: clinic_id practitioner_id location_id limit cursor
select answer.status, answer.body
from (select app.page_after($5::text, 'made', 'string') as after) as page
cross join lateral (
    select array_agg(app.schedule_record(hit.row) order by hit.key, (hit.row).id) as bodies,
           array_agg(jsonb_build_array('made', hit.key, (hit.row).id) order by hit.key, (hit.row).id) as keys
    from (select s as row, s.id::text as key
          from app.schedule s
          where s.clinic_id = $1::uuid and s.status = 'active'
            and ($2::uuid is null or s.practitioner_id = $2::uuid) and ($3::uuid is null or s.location_id = $3::uuid)
            and (page.after is null or (s.id::text, s.id) > ((page.after ->> 1), (page.after ->> 2)::uuid))
          order by s.id::text, s.id
          limit coalesce($4::int, 20) + 1) as hit) as hits
cross join lateral app.page_answer($5::text, page.after, coalesce($4::int, 20), hits.bodies, hits.keys) as answer
where exists (select from app.clinic c where c.id = $1::uuid);

-- name: readClinicSchedule
-- args: clinic_id schedule_id include
select 200 as status, app.schedule_record(s) as body, s.version::text as etag, extract(epoch from s.updated_at)::bigint as modified
from app.schedule s
where s.clinic_id = $1::uuid and s.id = $2::uuid and ($3::text = 'archived' or s.status = 'active');

-- name: createSchedule
-- args: clinic_id body sub request_id key hash dry_run
-- guard: principal
select * from app.act_write('schedule', $1::uuid, null, $2::jsonb, $7::boolean, row($3::text, $4::text, null, $5::text, $6::text)::app.caller);

-- name: patchSchedule
-- args: clinic_id schedule_id body if_match sub request_id dry_run
select * from app.act_write('schedule', $1::uuid, $2::uuid, $3::jsonb, $7::boolean, row($5::text, $6::text, $4::text, null, null)::app.caller)
where status is not null;

-- name: archiveSchedule
-- args: clinic_id schedule_id if_match sub request_id dry_run
select * from app.act_status('schedule', $1::uuid, $2::uuid, 'archived', $6::boolean, row($4::text, $5::text, $3::text, null, null)::app.caller)
where status is not null;

-- name: restoreSchedule
-- args: clinic_id schedule_id if_match sub request_id dry_run
select * from app.act_status('schedule', $1::uuid, $2::uuid, 'active', $6::boolean, row($4::text, $5::text, $3::text, null, null)::app.caller)
where status is not null;
