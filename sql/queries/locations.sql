-- Locations: the public search and read, and the records that a clinic keeps (all languages, ETag = version).

-- name: listLocations
-- args: near radius_km bbox city postal_code accessibility open_at q treatment complaint offering_id language clinic_id include facets limit cursor lang clinics scopes
select status, body, language
from app.list_directory('location', jsonb_strip_nulls(jsonb_build_object(
    'near', $1::text, 'radius_km', $2::text, 'bbox', $3::text, 'city', $4::text, 'postal_code', $5::text,
    'accessibility', $6::text, 'open_at', $7::text, 'q', $8::text, 'treatment', $9::text, 'complaint', $10::text,
    'offering_id', $11::text, 'language', $12::text, 'clinic_id', $13::text, 'include', $14::text,
    'facets', $15::text, 'limit', $16::text, 'cursor', $17::text, 'lang', $18::text, 'clinics', $19::text,
    'scopes', $20::text)));

-- name: readLocation
-- args: location_id include lang clinics
select 200 as status, app.location_json(l, app.wanted_languages($3::text), c.languages) as body,
       case when $3::text = '*' then l.version::text end as etag, extract(epoch from l.updated_at)::bigint as modified,
       app.texts_language(l.directions, app.wanted_languages($3::text), c.languages) as language
from app.location l join app.clinic c on c.id = l.clinic_id
where l.id = $1::uuid and ($2::text = 'archived' or (l.status = 'active' and c.status = 'active'))
  and ((select app.clinics_filter($4::text)) is null or l.clinic_id = any ((select app.clinics_filter($4::text))::uuid[]));

-- name: listClinicLocations
-- args: clinic_id limit cursor
select answer.status, answer.body
from (select app.page_after($3::text, 'name', 'string') as after) as page
cross join lateral (
    select array_agg(app.location_record(hit.row) order by hit.key, (hit.row).id) as bodies,
           array_agg(jsonb_build_array('name', hit.key, (hit.row).id) order by hit.key, (hit.row).id) as keys
    from (select l as row, app.fold(l.name) as key
          from app.location l
          where l.clinic_id = $1::uuid and l.status = 'active'
            and (page.after is null or (app.fold(l.name), l.id) > ((page.after ->> 1), (page.after ->> 2)::uuid))
          order by app.fold(l.name), l.id
          limit coalesce($2::int, 20) + 1) as hit) as hits
cross join lateral app.page_answer($3::text, page.after, coalesce($2::int, 20), hits.bodies, hits.keys) as answer
where exists (select from app.clinic c where c.id = $1::uuid);

-- name: readClinicLocation
-- args: clinic_id location_id include
select 200 as status, app.location_record(l) as body, l.version::text as etag, extract(epoch from l.updated_at)::bigint as modified
from app.location l
where l.clinic_id = $1::uuid and l.id = $2::uuid and ($3::text = 'archived' or l.status = 'active');

-- name: createLocation
-- args: clinic_id body sub request_id key hash dry_run
-- guard: principal
select * from app.act_write('location', $1::uuid, null, $2::jsonb, $7::boolean, row($3::text, $4::text, null, $5::text, $6::text)::app.caller);

-- name: patchLocation
-- args: clinic_id location_id body if_match sub request_id dry_run
select * from app.act_write('location', $1::uuid, $2::uuid, $3::jsonb, $7::boolean, row($5::text, $6::text, $4::text, null, null)::app.caller)
where status is not null;

-- name: archiveLocation
-- args: clinic_id location_id if_match sub request_id dry_run
select * from app.act_status('location', $1::uuid, $2::uuid, 'archived', $6::boolean, row($4::text, $5::text, $3::text, null, null)::app.caller)
where status is not null;

-- name: restoreLocation
-- args: clinic_id location_id if_match sub request_id dry_run
select * from app.act_status('location', $1::uuid, $2::uuid, 'active', $6::boolean, row($4::text, $5::text, $3::text, null, null)::app.caller)
where status is not null;
