-- Clinics: the tenants. The acts are in sql/functions/20_directory_2_clinics.sql and 20_directory_7_status.sql.

-- name: listClinics
-- args: slug limit cursor clinics
select answer.status, answer.body
from (select app.page_after($3::text, 'name', 'string') as after) as page
cross join lateral (
    select array_agg(app.clinic_json(hit.row) order by hit.key, (hit.row).id) as bodies,
           array_agg(jsonb_build_array('name', hit.key, (hit.row).id) order by hit.key, (hit.row).id) as keys
    from (select c as row, app.fold(c.name) as key
          from app.clinic c
          where c.status = 'active' and ($1::text is null or c.slug = $1::text)
            and ((select app.clinics_filter($4::text)) is null or c.id = any ((select app.clinics_filter($4::text))::uuid[]))
            and (page.after is null or (app.fold(c.name), c.id) > (page.after ->> 1, (page.after ->> 2)::uuid))
          order by app.fold(c.name), c.id
          limit coalesce($2::int, 20) + 1) as hit) as hits
cross join lateral app.page_answer($3::text, page.after, coalesce($2::int, 20), hits.bodies, hits.keys) as answer;

-- name: readClinic
-- args: clinic_id include
select 200 as status, app.clinic_json(c) as body, c.version::text as etag, extract(epoch from c.updated_at)::bigint as modified
from app.clinic c
where c.id = $1::uuid and ($2::text = 'archived' or c.status = 'active');

-- name: createClinic
-- args: body clinics sub request_id key hash dry_run
-- guard: principal
select * from app.act_create_clinic($1::jsonb, $2::text, $7::boolean, row($3::text, $4::text, null, $5::text, $6::text)::app.caller);

-- name: patchClinic
-- args: clinic_id body if_match sub request_id dry_run
select * from app.act_write('clinic', $1::uuid, $1::uuid, $2::jsonb, $6::boolean, row($4::text, $5::text, $3::text, null, null)::app.caller)
where status is not null;

-- name: archiveClinic
-- args: clinic_id if_match sub request_id dry_run
select * from app.act_status('clinic', $1::uuid, $1::uuid, 'archived', $5::boolean, row($3::text, $4::text, $2::text, null, null)::app.caller)
where status is not null;

-- name: restoreClinic
-- args: clinic_id if_match sub request_id dry_run
select * from app.act_status('clinic', $1::uuid, $1::uuid, 'active', $5::boolean, row($3::text, $4::text, $2::text, null, null)::app.caller)
where status is not null;
