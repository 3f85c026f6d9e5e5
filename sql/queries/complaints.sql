-- The shared catalogue of complaints. A put without If-Match creates: the contract then asks for If-None-Match: *.

-- name: listComplaints
-- args: q limit cursor lang
select answer.status, answer.body, hits.language
from (select app.page_after_code($3::text) as after) as page
cross join lateral (
    select array_agg(app.complaint_json(hit.row, app.wanted_languages($4::text)) order by (hit.row).code) as bodies,
           array_agg(jsonb_build_array('code', (hit.row).code) order by (hit.row).code) as keys,
           string_agg(distinct app.texts_language((hit.row).name, app.wanted_languages($4::text), '{en}'), ', ') as language
    from (select c as row
          from app.complaint c
          where c.status = 'active' and ($1::text is null or c.code = any ((select app.complaints_meant($1::text))::text[]))
            and (page.after is null or c.code > page.after)
          order by c.code
          limit coalesce($2::int, 20) + 1) as hit) as hits
cross join lateral app.page_answer($3::text, to_jsonb(page.after), coalesce($2::int, 20), hits.bodies, hits.keys) as answer;

-- name: readComplaint
-- args: complaint include lang
select 200 as status, app.complaint_json(c, app.wanted_languages($3::text)) as body,
       case when $3::text = '*' then c.version::text end as etag, extract(epoch from c.updated_at)::bigint as modified,
       app.texts_language(c.name, app.wanted_languages($3::text), '{en}') as language
from app.complaint c
where c.code = $1::text and ($2::text = 'archived' or c.status = 'active');

-- name: putComplaint
-- args: complaint body if_match sub request_id if_none_match
select * from app.write_complaint('put', $1::text, $2::jsonb,
                                  row($4::text, $5::text, app.put_version($3::text, $6::text), null, null)::app.caller);

-- name: patchComplaint
-- args: complaint body if_match sub request_id
select * from app.write_complaint('patch', $1::text, $2::jsonb, row($4::text, $5::text, $3::text, null, null)::app.caller) where status is not null;

-- name: archiveComplaint
-- args: complaint if_match sub request_id
select * from app.set_catalogue_status('complaint', $1::text, 'archived', row($3::text, $4::text, $2::text, null, null)::app.caller) where status is not null;

-- name: restoreComplaint
-- args: complaint if_match sub request_id
select * from app.set_catalogue_status('complaint', $1::text, 'active', row($3::text, $4::text, $2::text, null, null)::app.caller) where status is not null;
