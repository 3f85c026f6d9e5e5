-- The waiting list. The acts are in sql/functions/42_waitlist_2_acts.sql; all of these run under the row policies of waitlist_entry and booking.

-- name: createWaitlistEntry
-- args: body sub scopes clinics key hash request_id
-- guard: principal
-- $1 body, $2 sub, $3 scopes, $4 clinics, $5 Idempotency-Key, $6 hash of the request, $7 request id
select (a.answer).*
from (select app.create_entry($1::jsonb, row($2::text, $7::text, null, $5::text, $6::text)::app.caller, $3::text, $4::text) as answer
      offset 0) as a;

-- name: listWaitlistEntries
-- args: clinic_id status treatment external_ref limit cursor sub scopes clinics
-- guard: principal
-- $1 clinic_id, $2 status, $3 treatment, $4 external_ref, $5 limit, $6 cursor, $7 sub, $8 scopes, $9 clinics.
-- A desk sees its clinics' entries, others their own.
select (a.answer).status, (a.answer).body
from (select app.list_entries(jsonb_strip_nulls(jsonb_build_object(
          'clinic_id', $1::text, 'status', $2::text, 'treatment', $3::text, 'external_ref', $4::text, 'limit', $5::text,
          'cursor', $6::text, 'sub', $7::text, 'scopes', $8::text, 'clinics', $9::text))) as answer offset 0) as a;

-- name: readWaitlistEntry
-- args: entry_id clinics
-- guard: principal
-- $1 entry_id, $2 clinics
select (a.answer).*
from (select app.read_entry($1::uuid, $2::text) as answer offset 0) as a
where (a.answer).status is not null;

-- name: withdrawWaitlistEntry
-- args: entry_id sub scopes clinics request_id
-- guard: principal
-- $1 entry_id, $2 sub, $3 scopes, $4 clinics, $5 request id
select (a.answer).*
from (select app.withdraw_entry($1::uuid, row($2::text, $5::text, null, null, null)::app.caller, $3::text, $4::text) as answer offset 0) as a
where (a.answer).status is not null;

-- name: acceptWaitlistEntry
-- args: entry_id body sub scopes clinics key hash request_id
-- guard: principal
-- $1 entry_id, $2 body, $3 sub, $4 scopes, $5 clinics, $6 Idempotency-Key, $7 hash of the request, $8 request id
select (a.answer).*
from (select app.accept_entry($1::uuid, $2::jsonb, row($3::text, $8::text, null, $6::text, $7::text)::app.caller, $4::text, $5::text) as answer
      offset 0) as a
where (a.answer).status is not null;

-- name: declineWaitlistEntry
-- args: entry_id body sub scopes clinics key hash request_id
-- guard: principal
-- $1 entry_id, $2 body, $3 sub, $4 scopes, $5 clinics, $6 Idempotency-Key, $7 hash of the request, $8 request id
select (a.answer).*
from (select app.decline_entry($1::uuid, $2::jsonb, row($3::text, $8::text, null, $6::text, $7::text)::app.caller, $4::text, $5::text) as answer
      offset 0) as a
where (a.answer).status is not null;
