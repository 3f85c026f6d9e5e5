-- Orders. The acts are in sql/functions/40_orders_2_acts.sql. All of these run under the row policies of booking, booking_order and charge.

-- name: createOrder
-- args: body sub scopes clinics key hash request_id
-- guard: principal
-- $1 body, $2 sub, $3 scopes, $4 clinics, $5 Idempotency-Key, $6 hash of the request, $7 request id
select (a.answer).*
from (select app.create_order($1::jsonb, row($2::text, $7::text, null, $5::text, $6::text)::app.caller, $3::text, $4::text) as answer
      offset 0) as a;

-- name: orderAlternatives
-- args: body rows clinics scopes lang
-- $1 body of the createOrder that was refused, $2 `items` of the refusal, $3 clinics, $4 scopes, $5 lang. The body is the items again,
-- each with its alternatives.
select 200 as status, app.order_alternatives($1::jsonb, $2::jsonb, $3::text, $4::text, $5::text) as body;

-- name: listOrders
-- args: clinic_id external_ref limit cursor sub scopes clinics
-- guard: principal
-- $1 clinic_id, $2 external_ref, $3 limit, $4 cursor, $5 sub, $6 scopes, $7 clinics. A desk sees those of its clinics, others their own.
select (a.answer).status, (a.answer).body
from (select app.list_orders(jsonb_strip_nulls(jsonb_build_object(
          'clinic_id', $1::text, 'external_ref', $2::text, 'limit', $3::text, 'cursor', $4::text, 'sub', $5::text, 'scopes', $6::text,
          'clinics', $7::text))) as answer offset 0) as a;

-- name: readOrder
-- args: order_id clinics
-- guard: principal
-- $1 order_id, $2 clinics
select (a.answer).*
from (select app.read_order($1::uuid, $2::text) as answer offset 0) as a
where (a.answer).status is not null;

-- name: confirmOrder
-- args: order_id body sub scopes clinics key hash request_id
-- guard: principal
-- $1 order_id, $2 body, $3 sub, $4 scopes, $5 clinics, $6 Idempotency-Key, $7 hash of the request, $8 request id
select (a.answer).*
from (select app.confirm_order($1::uuid, $2::jsonb, row($3::text, $8::text, null, $6::text, $7::text)::app.caller, $4::text, $5::text) as answer
      offset 0) as a
where (a.answer).status is not null;

-- name: extendOrder
-- args: order_id sub clinics key hash request_id
-- guard: principal
-- $1 order_id, $2 sub, $3 clinics, $4 Idempotency-Key, $5 hash of the request, $6 request id
select (a.answer).*
from (select app.extend_order($1::uuid, row($2::text, $6::text, null, $4::text, $5::text)::app.caller, $3::text) as answer
      offset 0) as a
where (a.answer).status is not null;

-- name: cancelOrder
-- args: order_id body sub scopes clinics key hash request_id
-- guard: principal
-- $1 order_id, $2 body, $3 sub, $4 scopes, $5 clinics, $6 Idempotency-Key, $7 hash of the request, $8 request id
select (a.answer).*
from (select app.cancel_order($1::uuid, $2::jsonb, row($3::text, $8::text, null, $6::text, $7::text)::app.caller, $4::text, $5::text) as answer
      offset 0) as a
where (a.answer).status is not null;
