-- Charges. The acts are in sql/functions/33_charges.sql; all of these run under the row policies of charge and booking.

-- name: listCharges
-- args: clinic_id status from to booking_id limit cursor sub scopes clinics
-- guard: principal
-- $1 clinic_id, $2 status, $3 from, $4 to (instants), $5 booking_id, $6 limit, $7 cursor, $8 sub, $9 scopes, $10 clinics.
-- A desk sees its clinics' charges, others those of their own bookings.
select (a.answer).status, (a.answer).body
from (select app.list_charges(jsonb_strip_nulls(jsonb_build_object(
          'clinic_id', $1::text, 'status', $2::text, 'from', $3::text, 'to', $4::text, 'booking_id', $5::text, 'limit', $6::text,
          'cursor', $7::text, 'sub', $8::text, 'scopes', $9::text, 'clinics', $10::text))) as answer offset 0) as a;

-- name: exportCharges
-- args: clinic_id status from to booking_id sub scopes clinics
-- guard: principal
-- $1 clinic_id, $2 status, $3 from, $4 to (instants), $5 booking_id, $6 sub, $7 scopes, $8 clinics. The body is one string: CSV.
select (a.answer).status, (a.answer).body
from (select app.export_charges(jsonb_strip_nulls(jsonb_build_object(
          'clinic_id', $1::text, 'status', $2::text, 'from', $3::text, 'to', $4::text, 'booking_id', $5::text, 'sub', $6::text,
          'scopes', $7::text, 'clinics', $8::text))) as answer offset 0) as a;

-- name: waiveCharge
-- args: charge_id body sub clinics key hash request_id
-- guard: principal
-- $1 charge_id, $2 body, $3 sub, $4 clinics, $5 Idempotency-Key, $6 hash of the request, $7 request id
select (a.answer).*
from (select app.waive_charge($1::uuid, $2::jsonb, row($3::text, $7::text, null, $5::text, $6::text)::app.caller, $4::text) as answer
      offset 0) as a
where (a.answer).status is not null;
