-- Practitioners: the public search and read, and the records that a clinic keeps (all languages, ETag = version).

-- name: listPractitioners
-- args: near radius_km bbox city postal_code accessibility open_at q treatment complaint offering_id language qualification on accepts_new_clients clinic_id location_id include facets limit cursor lang clinics scopes
select status, body, language
from app.list_directory('practitioner', jsonb_strip_nulls(jsonb_build_object(
    'near', $1::text, 'radius_km', $2::text, 'bbox', $3::text, 'city', $4::text, 'postal_code', $5::text,
    'accessibility', $6::text, 'open_at', $7::text, 'q', $8::text, 'treatment', $9::text, 'complaint', $10::text,
    'offering_id', $11::text, 'language', $12::text, 'qualification', $13::text, 'on', $14::text,
    'accepts_new_clients', $15::text, 'clinic_id', $16::text, 'location_id', $17::text, 'include', $18::text,
    'facets', $19::text, 'limit', $20::text, 'cursor', $21::text, 'lang', $22::text, 'clinics', $23::text,
    'scopes', $24::text)));

-- name: readPractitioner
-- args: practitioner_id include lang clinics
select 200 as status, app.practitioner_json(p, app.wanted_languages($3::text), c.languages) as body,
       case when $3::text = '*' then p.version::text end as etag, extract(epoch from p.updated_at)::bigint as modified,
       app.texts_language(p.biography, app.wanted_languages($3::text), c.languages) as language
from app.practitioner p join app.clinic c on c.id = p.clinic_id
where p.id = $1::uuid and ($2::text = 'archived' or (p.status = 'active' and c.status = 'active'))
  and ((select app.clinics_filter($4::text)) is null or p.clinic_id = any ((select app.clinics_filter($4::text))::uuid[]));

-- name: listClinicPractitioners
-- args: clinic_id location_id limit cursor
select answer.status, answer.body
from (select app.page_after($4::text, 'name', 'string') as after) as page
cross join lateral (
    select array_agg(app.practitioner_record(hit.row) order by hit.key, (hit.row).id) as bodies,
           array_agg(jsonb_build_array('name', hit.key, (hit.row).id) order by hit.key, (hit.row).id) as keys
    from (select p as row, app.fold(p.name) as key
          from app.practitioner p
          where p.clinic_id = $1::uuid and p.status = 'active'
            and ($2::uuid is null or exists (
                    select from app.practitioner_location pl
                    where pl.clinic_id = p.clinic_id and pl.practitioner_id = p.id and pl.location_id = $2::uuid))
            and (page.after is null or (app.fold(p.name), p.id) > ((page.after ->> 1), (page.after ->> 2)::uuid))
          order by app.fold(p.name), p.id
          limit coalesce($3::int, 20) + 1) as hit) as hits
cross join lateral app.page_answer($4::text, page.after, coalesce($3::int, 20), hits.bodies, hits.keys) as answer
where exists (select from app.clinic c where c.id = $1::uuid);

-- name: readClinicPractitioner
-- args: clinic_id practitioner_id include
select 200 as status, app.practitioner_record(p) as body, p.version::text as etag, extract(epoch from p.updated_at)::bigint as modified
from app.practitioner p
where p.clinic_id = $1::uuid and p.id = $2::uuid and ($3::text = 'archived' or p.status = 'active');

-- name: createPractitioner
-- args: clinic_id body sub request_id key hash dry_run
-- guard: principal
select * from app.act_write('practitioner', $1::uuid, null, $2::jsonb, $7::boolean, row($3::text, $4::text, null, $5::text, $6::text)::app.caller);

-- name: patchPractitioner
-- args: clinic_id practitioner_id body if_match sub request_id dry_run
select * from app.act_write('practitioner', $1::uuid, $2::uuid, $3::jsonb, $7::boolean, row($5::text, $6::text, $4::text, null, null)::app.caller)
where status is not null;

-- name: archivePractitioner
-- args: clinic_id practitioner_id if_match sub request_id dry_run
select * from app.act_status('practitioner', $1::uuid, $2::uuid, 'archived', $6::boolean, row($4::text, $5::text, $3::text, null, null)::app.caller)
where status is not null;

-- name: restorePractitioner
-- args: clinic_id practitioner_id if_match sub request_id dry_run
select * from app.act_status('practitioner', $1::uuid, $2::uuid, 'active', $6::boolean, row($4::text, $5::text, $3::text, null, null)::app.caller)
where status is not null;

-- name: listClinicQualifications
-- args: clinic_id expires_within_days include limit cursor
-- The order is that of expiry; a practitioner's certificates have numbers of their own, so a key is date and number.
select answer.status, answer.body
from (select app.page_after($5::text, 'expiry', 'string') as after) as page
cross join (select c.id, (app.now() at time zone c.timezone)::date as today from app.clinic c where c.id = $1::uuid) as clinic
cross join lateral (
    select array_agg(app.certificate_json(hit.row, hit.name, clinic.today) order by hit.key, (hit.row).practitioner_id) as bodies,
           array_agg(jsonb_build_array('expiry', hit.key, (hit.row).practitioner_id) order by hit.key, (hit.row).practitioner_id) as keys
    from (select q as row, p.name, q.expires_on || to_char(q.position, ' 000000') as key
          from app.qualification q
          join app.practitioner p on p.clinic_id = q.clinic_id and p.id = q.practitioner_id and p.status = 'active'
          where q.clinic_id = clinic.id and q.expires_on <= clinic.today + coalesce($2::int, 60)
            and (q.expires_on >= clinic.today or $3::text = 'expired')
            and (page.after is null
                 or (q.expires_on || to_char(q.position, ' 000000'), q.practitioner_id) > (page.after ->> 1, (page.after ->> 2)::uuid))
          order by q.expires_on || to_char(q.position, ' 000000'), q.practitioner_id
          limit coalesce($4::int, 20) + 1) as hit) as hits
cross join lateral app.page_answer($5::text, page.after, coalesce($4::int, 20), hits.bodies, hits.keys) as answer;
