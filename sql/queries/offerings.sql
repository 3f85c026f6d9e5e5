-- Offerings: treatments as a clinic gives them. A record's ETag is its version.

-- name: listClinicOfferings
-- args: clinic_id treatment location_id practitioner_id limit cursor
select answer.status, answer.body
from (select app.page_after($6::text, 'treatment', 'string') as after) as page
cross join lateral (
    select array_agg(app.offering_record(hit.row) order by hit.key, (hit.row).id) as bodies,
           array_agg(jsonb_build_array('treatment', hit.key, (hit.row).id) order by hit.key, (hit.row).id) as keys
    from (select o as row, o.treatment as key
          from app.offering o
          where o.clinic_id = $1::uuid and o.status = 'active'
            and ($2::text is null or o.treatment = $2::text)
            and ($3::uuid is null or exists (
                    select from app.offering_location ol
                    where ol.clinic_id = o.clinic_id and ol.offering_id = o.id and ol.location_id = $3::uuid))
            and ($4::uuid is null or exists (
                    select from app.offering_practitioner op
                    where op.clinic_id = o.clinic_id and op.offering_id = o.id and op.practitioner_id = $4::uuid))
            and (page.after is null or (o.treatment, o.id) > ((page.after ->> 1), (page.after ->> 2)::uuid))
          order by o.treatment, o.id
          limit coalesce($5::int, 20) + 1) as hit) as hits
cross join lateral app.page_answer($6::text, page.after, coalesce($5::int, 20), hits.bodies, hits.keys) as answer
where exists (select from app.clinic c where c.id = $1::uuid);

-- name: readClinicOffering
-- args: clinic_id offering_id include
select 200 as status, app.offering_record(o) as body, o.version::text as etag, extract(epoch from o.updated_at)::bigint as modified
from app.offering o
where o.clinic_id = $1::uuid and o.id = $2::uuid and ($3::text = 'archived' or o.status = 'active');

-- name: createOffering
-- args: clinic_id body sub request_id key hash dry_run
-- guard: principal
select * from app.act_write('offering', $1::uuid, null, $2::jsonb, $7::boolean, row($3::text, $4::text, null, $5::text, $6::text)::app.caller);

-- name: patchOffering
-- args: clinic_id offering_id body if_match sub request_id dry_run
select * from app.act_write('offering', $1::uuid, $2::uuid, $3::jsonb, $7::boolean, row($5::text, $6::text, $4::text, null, null)::app.caller)
where status is not null;

-- name: archiveOffering
-- args: clinic_id offering_id if_match sub request_id dry_run
select * from app.act_status('offering', $1::uuid, $2::uuid, 'archived', $6::boolean, row($4::text, $5::text, $3::text, null, null)::app.caller)
where status is not null;

-- name: restoreOffering
-- args: clinic_id offering_id if_match sub request_id dry_run
select * from app.act_status('offering', $1::uuid, $2::uuid, 'active', $6::boolean, row($4::text, $5::text, $3::text, null, null)::app.caller)
where status is not null;

-- name: readOfferingIntake
-- args: offering_id version lang clinics
select status, body, language
from app.read_intake($1::uuid, $2::int, $3::text, $4::text)
where status is not null;
