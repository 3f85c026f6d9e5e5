-- Free starts. Repeatable parameters come as JSON arrays; the functions are in sql/functions/05_search.sql.

-- name: findAvailability
-- args: from to treatment complaint clinic_id location_id practitioner_id offering_id near radius_km language qualification weekday time_from time_to mode include limit cursor lang clinics scopes q seats
-- $1 from, $2 to (local dates, both included, or instants, half-open), $3 treatment, $4 complaint, $5 clinic_id,
-- $6 location_id, $7 practitioner_id, $8 offering_id, $9 near ('lat,lon'), $10 radius_km, $11 language, $12 qualification,
-- $13 weekday (1 = Monday), $14 time_from, $15 time_to ('HH:MM', local), $16 mode, $17 include, $18 limit, $19 cursor,
-- $20 lang, $21 clinics, $22 scopes, $23 q (free text that means treatments),
-- $24 seats (how many are wanted)
select status, body, language
from app.find_availability(jsonb_strip_nulls(jsonb_build_object(
    'from', $1::text, 'to', $2::text, 'treatment', $3::text, 'complaint', $4::text, 'clinic_id', $5::text,
    'location_id', $6::text, 'practitioner_id', $7::text, 'offering_id', $8::text, 'near', $9::text, 'radius_km', $10::text,
    'language', $11::text, 'qualification', $12::text, 'weekday', $13::text, 'time_from', $14::text, 'time_to', $15::text,
    'mode', $16::text, 'include', $17::text, 'limit', $18::text, 'cursor', $19::text, 'lang', $20::text, 'clinics', $21::text,
    'scopes', $22::text, 'q', $23::text, 'seats', $24::text)));

-- name: countAvailableDays
-- args: from to treatment complaint clinic_id location_id practitioner_id offering_id near radius_km language qualification weekday time_from time_to clinics scopes q seats
-- $1..$15 as for findAvailability, $16 clinics, $17 scopes, $18 q, $19 seats
select status, body
from app.count_available_days(jsonb_strip_nulls(jsonb_build_object(
    'from', $1::text, 'to', $2::text, 'treatment', $3::text, 'complaint', $4::text, 'clinic_id', $5::text,
    'location_id', $6::text, 'practitioner_id', $7::text, 'offering_id', $8::text, 'near', $9::text, 'radius_km', $10::text,
    'language', $11::text, 'qualification', $12::text, 'weekday', $13::text, 'time_from', $14::text, 'time_to', $15::text,
    'clinics', $16::text, 'scopes', $17::text,
    'q', $18::text, 'seats', $19::text)));

-- name: explainAvailability
-- args: offering_id location_id practitioner_id start scopes clinics seats
-- $1 offering_id, $2 location_id, $3 practitioner_id, $4 start (an instant), $5 scopes, $6 clinics, $7 seats
select (a.answer).status, (a.answer).body
from (select app.explain_start(jsonb_strip_nulls(jsonb_build_object(
          'offering_id', $1::text, 'location_id', $2::text, 'practitioner_id', $3::text, 'start', $4::text, 'scopes', $5::text,
          'clinics', $6::text, 'seats', $7::text))) as answer offset 0) as a;
