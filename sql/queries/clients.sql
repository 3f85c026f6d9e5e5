-- Clients: found and read under the row policy of app.client; exported and erased by functions with their owner's rights, which
-- get a client that this principal may see.

-- name: listClients
-- args: email phone booking_id clinic_id limit cursor clinics
-- guard: principal
-- $1 email, $2 phone, $3 booking_id, $4 clinic_id, $5 limit, $6 cursor, $7 clinics
select (a.answer).status, (a.answer).body
from (select app.list_clients(jsonb_strip_nulls(jsonb_build_object(
          'email', $1::text, 'phone', $2::text, 'booking_id', $3::text, 'clinic_id', $4::text,
          'limit', $5::text, 'cursor', $6::text, 'clinics', $7::text))) as answer offset 0) as a;

-- name: readClient
-- args: client_id clinics
-- guard: principal
-- $1 client_id, $2 clinics
select (a.answer).status, (a.answer).body
from (select app.read_client($1::uuid, $2::text) as answer offset 0) as a
where (a.answer).status is not null;

-- name: exportClient
-- args: client_id sub clinics request_id
-- guard: principal
-- $1 client_id, $2 sub, $3 clinics, $4 request id
select (a.answer).status, (a.answer).body
from (select app.export_client($1::uuid, row($2::text, $4::text, null, null, null)::app.caller, $3::text) as answer offset 0) as a
where (a.answer).status is not null;

-- name: eraseClient
-- args: client_id cancel sub clinics request_id
-- guard: principal
-- $1 client_id, $2 cancel (boolean), $3 sub, $4 clinics, $5 request id
select (a.answer).status, (a.answer).body
from (select app.erase_client($1::uuid, coalesce($2::boolean, false), row($3::text, $5::text, null, null, null)::app.caller, $4::text)
      as answer offset 0) as a
where (a.answer).status is not null;
