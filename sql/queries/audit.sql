-- The audit trail: filtered here by who asks, and once more by the row policy of app.audit.

-- name: listAudit
-- args: clinic_id entity entity_id who what request from to limit cursor scopes clinics
-- guard: principal
-- $1 clinic_id, $2 entity, $3 entity_id, $4 who, $5 what, $6 request, $7 from, $8 to (instants), $9 limit, $10 cursor, $11 scopes, $12 clinics
select (a.answer).status, (a.answer).body
from (select app.list_audit(jsonb_strip_nulls(jsonb_build_object(
          'clinic_id', $1::text, 'entity', $2::text, 'entity_id', $3::text, 'who', $4::text, 'what', $5::text,
          'request', $6::text, 'from', $7::text, 'to', $8::text, 'limit', $9::text, 'cursor', $10::text,
          'scopes', $11::text, 'clinics', $12::text))) as answer offset 0) as a;
