-- Bookings. The acts are in sql/functions/30_booking_*.sql and 32_booking_lifecycle.sql. All of these run under the row policies of booking and charge.

-- name: createBooking
-- args: body sub scopes clinics key hash request_id
-- guard: principal
-- $1 body, $2 sub, $3 scopes, $4 clinics, $5 Idempotency-Key, $6 hash of the request, $7 request id
select (a.answer).*
from (select app.create_booking($1::jsonb, row($2::text, $7::text, null, $5::text, $6::text)::app.caller, $3::text, $4::text) as answer
      offset 0) as a;

-- name: bookingAlternatives
-- args: body clinics scopes lang
-- $1 body of the createBooking that was refused, $2 clinics, $3 scopes, $4 lang. The body is an array of slots.
select 200 as status, app.booking_alternatives($1::jsonb, $2::text, $3::text, $4::text) as body;

-- name: confirmBooking
-- args: booking_id body sub scopes clinics key hash request_id
-- guard: principal
-- $1 booking_id, $2 body, $3 sub, $4 scopes, $5 clinics, $6 Idempotency-Key, $7 hash of the request, $8 request id
select (a.answer).*
from (select app.confirm_booking($1::uuid, $2::jsonb, row($3::text, $8::text, null, $6::text, $7::text)::app.caller, $4::text, $5::text) as answer
      offset 0) as a
where (a.answer).status is not null;

-- name: cancelBooking
-- args: booking_id body sub scopes clinics key hash request_id
-- guard: principal
-- $1 booking_id, $2 body, $3 sub, $4 scopes, $5 clinics, $6 Idempotency-Key, $7 hash of the request, $8 request id
select (a.answer).*
from (select app.cancel_booking($1::uuid, $2::jsonb, row($3::text, $8::text, null, $6::text, $7::text)::app.caller, $4::text, $5::text) as answer
      offset 0) as a
where (a.answer).status is not null;

-- name: extendBooking
-- args: booking_id sub clinics key hash request_id
-- guard: principal
-- $1 booking_id, $2 sub, $3 clinics, $4 Idempotency-Key, $5 hash of the request, $6 request id
select (a.answer).*
from (select app.extend_booking($1::uuid, row($2::text, $6::text, null, $4::text, $5::text)::app.caller, $3::text) as answer
      offset 0) as a
where (a.answer).status is not null;

-- name: rescheduleBooking
-- args: booking_id body sub scopes clinics key hash request_id
-- guard: principal
-- $1 booking_id, $2 body, $3 sub, $4 scopes, $5 clinics, $6 Idempotency-Key, $7 hash of the request, $8 request id
select (a.answer).*
from (select app.reschedule_booking($1::uuid, $2::jsonb, row($3::text, $8::text, null, $6::text, $7::text)::app.caller, $4::text, $5::text) as answer
      offset 0) as a
where (a.answer).status is not null;

-- name: rescheduleAlternatives
-- args: booking_id body clinics scopes lang
-- guard: principal
-- $1 booking_id, $2 body of the rescheduleBooking that was refused, $3 clinics, $4 scopes, $5 lang. The body is an array of slots.
select 200 as status, app.reschedule_alternatives($1::uuid, $2::jsonb, $3::text, $4::text, $5::text) as body;

-- name: completeBooking
-- args: booking_id sub clinics key hash request_id
-- guard: principal
-- $1 booking_id, $2 sub, $3 clinics, $4 Idempotency-Key, $5 hash of the request, $6 request id
select (a.answer).*
from (select app.end_visit($1::uuid, 'completed', 'completeBooking', row($2::text, $6::text, null, $4::text, $5::text)::app.caller, $3::text)
      as answer offset 0) as a
where (a.answer).status is not null;

-- name: missBooking
-- args: booking_id sub clinics key hash request_id
-- guard: principal
-- $1 booking_id, $2 sub, $3 clinics, $4 Idempotency-Key, $5 hash of the request, $6 request id
select (a.answer).*
from (select app.end_visit($1::uuid, 'no_show', 'missBooking', row($2::text, $6::text, null, $4::text, $5::text)::app.caller, $3::text)
      as answer offset 0) as a
where (a.answer).status is not null;

-- name: readBooking
-- args: booking_id clinics
-- guard: principal
-- $1 booking_id, $2 clinics
select (a.answer).*
from (select app.read_booking($1::uuid, $2::text) as answer offset 0) as a
where (a.answer).status is not null;

-- name: patchBooking
-- args: booking_id body sub scopes clinics if_match request_id
-- guard: principal
-- $1 booking_id, $2 body, $3 sub, $4 scopes, $5 clinics, $6 If-Match, $7 request id
select (a.answer).*
from (select app.patch_booking($1::uuid, $2::jsonb, row($3::text, $7::text, $6::text, null, null)::app.caller, $4::text, $5::text) as answer
      offset 0) as a
where (a.answer).status is not null;

-- name: listBookings
-- args: clinic_id location_id practitioner_id status from to reference external_ref order_id series_id client_email client_id totals limit cursor sub scopes clinics session_id
-- guard: principal
-- $1 clinic_id, $2 location_id, $3 practitioner_id, $4 status, $5 from, $6 to (instants), $7 reference, $8 external_ref,
-- $9 order_id, $10 series_id, $11 client_email, $12 client_id, $13 totals (boolean), $14 limit, $15 cursor, $16 sub, $17 scopes,
-- $18 clinics, $19 session_id. A desk sees its clinics' bookings, others their own.
select (a.answer).status, (a.answer).body
from (select app.list_bookings(jsonb_strip_nulls(jsonb_build_object(
          'clinic_id', $1::text, 'location_id', $2::text, 'practitioner_id', $3::text, 'status', $4::text, 'from', $5::text,
          'to', $6::text, 'reference', $7::text, 'external_ref', $8::text, 'order_id', $9::text, 'series_id', $10::text,
          'client_email', $11::text, 'client_id', $12::text, 'totals', $13::text, 'limit', $14::text, 'cursor', $15::text,
          'sub', $16::text, 'scopes', $17::text, 'clinics', $18::text, 'session_id', $19::text))) as answer offset 0) as a;
