-- Bookings to be given up by a run: -v day=YYYY-MM-DD -v first=N -v most=N. Number k (from 0) has the id
-- 1nnnnnnn-0000-7000-8000-0000000000ca with n = first + k, and the practitioner and hour of the k-th booking of load.lua.
\set ON_ERROR_STOP on
set client_min_messages = warning;

create temporary table wanted as
select ((10000000 + :first + k)::text || '-0000-7000-8000-0000000000ca')::uuid as id, upper(lpad(to_hex(:first + k), 9, 'C')) as reference,
       (10000001 + k::bigint * 7919 % 20000)::text as p,
       (:'day'::date + make_interval(hours => ('{8,9,13,14,15}'::int[])[1 + k / 20000])) at time zone 'UTC' as start
from generate_series(0, :most - 1) as k;

insert into app.booking (clinic_id, id, reference, status, location_id, practitioner_id, offering_id, treatment, starts_at, ends_at, timezone,
                         price_amount, price_currency, policy, free_cancel_until, remind_at, client, source)
select p.clinic_id, w.id, w.reference, 'confirmed', pl.location_id, p.id, o.id, o.treatment, w.start, w.start + interval '30 minutes',
       l.timezone, o.price_amount, o.price_currency, app.policy(c.policy), w.start - interval '24 hours', w.start - interval '28 hours',
       '{"name": "Ada Example", "email": "ada@example.org"}', 'bench'
from wanted w
join app.practitioner p on p.id = (w.p || '-0000-7000-8000-00000000000b')::uuid
join app.practitioner_location pl on pl.clinic_id = p.clinic_id and pl.practitioner_id = p.id
join app.location l on l.clinic_id = p.clinic_id and l.id = pl.location_id
join app.clinic c on c.id = p.clinic_id
join app.offering o on o.clinic_id = p.clinic_id and o.treatment = 'trigger-point-massage';

insert into app.occupancy (clinic_id, resource_id, booking_id, blocked_from, blocked_to)
select b.clinic_id, b.practitioner_id, b.id, b.starts_at, b.starts_at + interval '40 minutes'
from wanted w join app.booking b on b.id = w.id;
analyze app.booking, app.occupancy;
