-- Rooms of a clinic's locations. A record's ETag is its version.

-- name: listClinicRooms
-- args: clinic_id location_id limit cursor
select answer.status, answer.body
from (select app.page_after($4::text, 'name', 'string') as after) as page
cross join lateral (
    select array_agg(app.room_record(hit.row) order by hit.key, (hit.row).id) as bodies,
           array_agg(jsonb_build_array('name', hit.key, (hit.row).id) order by hit.key, (hit.row).id) as keys
    from (select r as row, app.fold(r.name) as key
          from app.room r
          where r.clinic_id = $1::uuid and r.status = 'active'
            and ($2::uuid is null or r.location_id = $2::uuid)
            and (page.after is null or (app.fold(r.name), r.id) > ((page.after ->> 1), (page.after ->> 2)::uuid))
          order by app.fold(r.name), r.id
          limit coalesce($3::int, 20) + 1) as hit) as hits
cross join lateral app.page_answer($4::text, page.after, coalesce($3::int, 20), hits.bodies, hits.keys) as answer
where exists (select from app.clinic c where c.id = $1::uuid);

-- name: readClinicRoom
-- args: clinic_id room_id include
select 200 as status, app.room_record(r) as body, r.version::text as etag, extract(epoch from r.updated_at)::bigint as modified
from app.room r
where r.clinic_id = $1::uuid and r.id = $2::uuid and ($3::text = 'archived' or r.status = 'active');

-- name: createRoom
-- args: clinic_id body sub request_id key hash dry_run
-- guard: principal
select * from app.act_write('room', $1::uuid, null, $2::jsonb, $7::boolean, row($3::text, $4::text, null, $5::text, $6::text)::app.caller);

-- name: patchRoom
-- args: clinic_id room_id body if_match sub request_id dry_run
select * from app.act_write('room', $1::uuid, $2::uuid, $3::jsonb, $7::boolean, row($5::text, $6::text, $4::text, null, null)::app.caller)
where status is not null;

-- name: archiveRoom
-- args: clinic_id room_id if_match sub request_id dry_run
select * from app.act_status('room', $1::uuid, $2::uuid, 'archived', $6::boolean, row($4::text, $5::text, $3::text, null, null)::app.caller)
where status is not null;

-- name: restoreRoom
-- args: clinic_id room_id if_match sub request_id dry_run
select * from app.act_status('room', $1::uuid, $2::uuid, 'active', $6::boolean, row($4::text, $5::text, $3::text, null, null)::app.caller)
where status is not null;
