-- What a clinic allows single partners (37_partners.sql). A put without If-Match creates: the contract then asks for If-None-Match: *.

-- name: listPartnerRules
-- args: clinic_id limit cursor
select answer.status, answer.body
from (select app.page_after_code($3::text) as after) as page
cross join lateral (
    select array_agg(app.partner_rule_json(hit.row) order by (hit.row).partner) as bodies,
           array_agg(jsonb_build_array('code', (hit.row).partner) order by (hit.row).partner) as keys
    from (select r as row
          from app.partner_rule r
          where r.clinic_id = $1::uuid and r.status = 'active' and (page.after is null or r.partner > page.after)
          order by r.partner
          limit coalesce($2::int, 20) + 1) as hit) as hits
cross join lateral app.page_answer($3::text, to_jsonb(page.after), coalesce($2::int, 20), hits.bodies, hits.keys) as answer
where exists (select from app.clinic c where c.id = $1::uuid);

-- name: readPartnerRule
-- args: clinic_id partner
select 200 as status, app.partner_rule_json(r) as body, r.version::text as etag, extract(epoch from r.updated_at)::bigint as modified
from app.partner_rule r
where r.clinic_id = $1::uuid and r.partner = $2::text and r.status = 'active';

-- name: putPartnerRule
-- args: clinic_id partner body if_match sub request_id if_none_match
select * from app.put_partner_rule($1::uuid, $2::text, $3::jsonb,
                                   row($5::text, $6::text, app.put_version($4::text, $7::text), null, null)::app.caller);

-- name: deletePartnerRule
-- args: clinic_id partner if_match sub request_id
select * from app.delete_partner_rule($1::uuid, $2::text, row($4::text, $5::text, $3::text, null, null)::app.caller)
where status is not null;
