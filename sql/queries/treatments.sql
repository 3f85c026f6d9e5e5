-- The shared catalogue of treatments. A put without If-Match creates: the contract then asks for If-None-Match: *.

-- name: listTreatments
-- args: q complaint limit cursor lang
select answer.status, answer.body, hits.language
from (select app.page_after_code($4::text) as after) as page
cross join lateral (
    select array_agg(app.treatment_json(hit.row, app.wanted_languages($5::text)) order by (hit.row).code) as bodies,
           array_agg(jsonb_build_array('code', (hit.row).code) order by (hit.row).code) as keys,
           string_agg(distinct app.texts_language((hit.row).name, app.wanted_languages($5::text), '{en}'), ', ') as language
    from (select t as row
          from app.treatment t
          where t.status = 'active' and ($1::text is null or t.code = any ((select (app.meant($1::text)).treatments)::text[]))
            and ($2::text is null or exists (
                    select from app.complaint_treatment ct join app.complaint c on c.code = ct.complaint
                    where ct.treatment = t.code and c.code = $2::text and c.status = 'active'))
            and (page.after is null or t.code > page.after)
          order by t.code
          limit coalesce($3::int, 20) + 1) as hit) as hits
cross join lateral app.page_answer($4::text, to_jsonb(page.after), coalesce($3::int, 20), hits.bodies, hits.keys) as answer;

-- name: readTreatment
-- args: treatment include lang
select 200 as status, app.treatment_json(t, app.wanted_languages($3::text)) as body,
       case when $3::text = '*' then t.version::text end as etag, extract(epoch from t.updated_at)::bigint as modified,
       app.texts_language(t.name, app.wanted_languages($3::text), '{en}') as language
from app.treatment t
where t.code = $1::text and ($2::text = 'archived' or t.status = 'active');

-- name: putTreatment
-- args: treatment body if_match sub request_id dry_run clinics if_none_match
select * from app.act_treatment('put', $1::text, $2::jsonb, $6::boolean, $7::text,
                                row($4::text, $5::text, app.put_version($3::text, $8::text), null, null)::app.caller);

-- name: patchTreatment
-- args: treatment body if_match sub request_id dry_run clinics
select * from app.act_treatment('patch', $1::text, $2::jsonb, $6::boolean, $7::text, row($4::text, $5::text, $3::text, null, null)::app.caller)
where status is not null;

-- name: archiveTreatment
-- args: treatment if_match sub request_id dry_run clinics
select * from app.act_treatment('archived', $1::text, null, $5::boolean, $6::text, row($3::text, $4::text, $2::text, null, null)::app.caller)
where status is not null;

-- name: restoreTreatment
-- args: treatment if_match sub request_id dry_run clinics
select * from app.act_treatment('active', $1::text, null, $5::boolean, $6::text, row($3::text, $4::text, $2::text, null, null)::app.caller)
where status is not null;
