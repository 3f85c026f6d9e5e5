-- The data of `make bench`: 2,000 clinics in forty towns on a grid over western Europe, 20,000 practitioners, 1,000,000
-- bookings. Run by an administrator on a migrated, empty database, with -v monday=YYYY-MM-DD: the Monday that the first
-- free-time searches begin at. The same seed gives the same rows.
--
-- Ids begin with eight decimal digits, so that a load generator makes them from a random number (and that they differ in
-- front, as real ones do: GiST tells uuids apart by their first bits):
--   clinic c (1 to 2000)          1000cccc-0000-7000-8000-00000000000c, its one location ...0a
--   practitioner p (1 to 20000)   100ppppp-0000-7000-8000-00000000000b, at clinic (p - 1) / 10 + 1
--   offering k (1 to 3) of c      100cccck-0000-7000-8000-00000000000f
-- A practitioner has 10 bookings in the two weeks before that Monday and 8 in each of the five weeks from it on; only the
-- latter take room in occupancy. The eight weeks after these are empty: there the runs book (and clean up after themselves).
-- All bookings start at 8, 9, 13, 14 or 15 o'clock UTC, which is working time in every town, also in summer.

\set ON_ERROR_STOP on
\timing off
set client_min_messages = warning;
set search_path = app, public;
set max_parallel_workers_per_gather = 0;
set work_mem = '256MB';
set maintenance_work_mem = '512MB';
-- What is made here refers to what is made here: foreign keys need no proof.
set session_replication_role = replica;
select setseed(0.2);

create function pg_temp.bench_id(kind text, n bigint) returns uuid language sql immutable as $$
    select ((10000000 + n)::text || '-0000-7000-8000-0000000000' || kind)::uuid
$$;

-- ---------------------------------------------------------------- catalogue and clinics

insert into treatment (code, name, modality, body_regions, requires_qualification) values
    ('trigger-point-massage', '{"en": "Trigger point massage", "fr": "Massage des points gâchettes"}', 'manual', '{neck,back}', null),
    ('dry-needling', '{"en": "Dry needling"}', 'needling', '{back,leg}', 'dry-needling'),
    ('osteopathy', '{"en": "Osteopathy", "fr": "Ostéopathie"}', 'manual', '{back}', null);

insert into clinic (id, slug, name, timezone, languages, contact, policy)
select pg_temp.bench_id('0c', c), 'clinic-' || c, 'Clinic ' || c, case when c % 40 / 8 = 0 then 'Europe/London' else 'Europe/Brussels' end,
       '{en,fr}', '{"email": "desk@example.org"}', '{"booking_horizon_days": 180}'
from generate_series(1, 2000) as c;

-- Town t is at latitude 43 + 1.5 (t % 8) and longitude -1 + 4 (t / 8); a clinic lies within 0.15 degrees of it.
insert into location (clinic_id, id, slug, name, address, latitude, longitude, timezone, phone, directions, accessibility, opening_hours)
select pg_temp.bench_id('0c', c), pg_temp.bench_id('0a', c), 'main', 'Practice ' || c,
       jsonb_build_object('street', 'Main street ' || c, 'postal_code', (1000 + c)::text, 'city', 'Town ' || c % 40, 'country', 'BE'),
       43 + c % 40 % 8 * 1.5 + random() * 0.3 - 0.15, -1 + c % 40 / 8 * 4 + random() * 0.3 - 0.15,
       case when c % 40 / 8 = 0 then 'Europe/London' else 'Europe/Brussels' end, '+32 2 000 00 00',
       '{"en": "The door beside the pharmacy.", "fr": "La porte à côté de la pharmacie."}', '{wheelchair}',
       '[{"weekday": 1, "from": "08:00", "to": "18:00"}]'
from generate_series(1, 2000) as c;

insert into room (clinic_id, id, location_id, name, kind)
select pg_temp.bench_id('0c', c), pg_temp.bench_id('0e', c * 10 + n), pg_temp.bench_id('0a', c), 'Room ' || n, 'quiet'
from generate_series(1, 2000) as c, generate_series(1, 4) as n;

-- ---------------------------------------------------------------- people and their hours

insert into practitioner (clinic_id, id, name, languages, biography)
select pg_temp.bench_id('0c', (p - 1) / 10 + 1), pg_temp.bench_id('0b', p), 'Practitioner ' || p,
       case p % 3 when 0 then '{en}' when 1 then '{en,fr}' else '{fr,nl}' end::text[], '{"en": "Ten years of practice."}'
from generate_series(1, 20000) as p;

insert into qualification (clinic_id, practitioner_id, position, code, name, issued_on, expires_on)
select pg_temp.bench_id('0c', (p - 1) / 10 + 1), pg_temp.bench_id('0b', p), 1, 'dry-needling', 'Dry needling', '2020-01-01', '2099-12-31'
from generate_series(1, 20000) as p where p % 2 = 0;

insert into practitioner_location (clinic_id, practitioner_id, location_id)
select pg_temp.bench_id('0c', (p - 1) / 10 + 1), pg_temp.bench_id('0b', p), pg_temp.bench_id('0a', (p - 1) / 10 + 1)
from generate_series(1, 20000) as p;

-- Mornings and afternoons of five weekdays.
insert into schedule (clinic_id, id, practitioner_id, location_id, weekday, "from", "to", valid_from)
select pg_temp.bench_id('0c', (p - 1) / 10 + 1), pg_temp.bench_id('05', p * 100 + weekday * 10 + half), pg_temp.bench_id('0b', p),
       pg_temp.bench_id('0a', (p - 1) / 10 + 1), weekday, case half when 1 then '08:00' else '13:00' end::time,
       case half when 1 then '12:00' else '18:00' end::time, '2025-01-06'
from generate_series(1, 20000) as p, generate_series(1, 5) as weekday, generate_series(1, 2) as half;

-- One in twenty is away for two days of the searched weeks.
insert into exception (clinic_id, id, kind, practitioner_id, date_from, date_to, reason)
select pg_temp.bench_id('0c', (p - 1) / 10 + 1), pg_temp.bench_id('06', p), 'close', pg_temp.bench_id('0b', p), day, day + 1, 'Course'
from generate_series(1, 20000) as p, lateral (select :'monday'::date + p / 20 % 30 as day) as d where p % 20 = 0;

insert into offering (clinic_id, id, treatment, name, duration_minutes, buffer_after_minutes, price_amount, price_currency, room_kind)
select pg_temp.bench_id('0c', c), pg_temp.bench_id('0f', c * 10 + k),
       (array['trigger-point-massage', 'dry-needling', 'osteopathy'])[k], '{}', (array[30, 45, 60])[k], (array[10, 15, 0])[k],
       (array[5500, 6500, 8000])[k], 'EUR', case k when 3 then 'quiet' end
from generate_series(1, 2000) as c, generate_series(1, 3) as k where k < 3 or c % 2 = 0;

insert into offering_practitioner (clinic_id, offering_id, practitioner_id)
select o.clinic_id, o.id, p.id from offering o join practitioner p on p.clinic_id = o.clinic_id;

insert into offering_location (clinic_id, offering_id, location_id)
select o.clinic_id, o.id, l.id from offering o join location l on l.clinic_id = o.clinic_id;

-- ---------------------------------------------------------------- a directory of 100,000 places

-- 98,000 more, further south: clinics 2001 to 2098 with a thousand places each, and at each place one person. Nobody books there.
insert into clinic (id, slug, name, timezone, languages)
select pg_temp.bench_id('0c', c), 'clinic-' || c, 'Chain ' || c, 'Europe/Brussels', '{en,fr}' from generate_series(2001, 2098) as c;

insert into location (clinic_id, id, slug, name, address, latitude, longitude, timezone, accessibility)
select pg_temp.bench_id('0c', 2001 + n / 1000), pg_temp.bench_id('0a', 2001 + n), 'place-' || n,
       (array['Linden', 'Moulin', 'Sonnen', 'Adler', 'Rosen', 'Kirch', 'Quellen', 'Wald'])[1 + n % 8]
       || (array['hof', 'garten', 'platz', 'weg', 'park', 'blick', 'brunnen'])[1 + n % 7] || ' ' || n,
       jsonb_build_object('city', 'Village ' || n % 700, 'country', 'BE'),
       20 + random() * 10, -10 + random() * 20, 'Europe/Brussels', case when n % 2 = 0 then '{wheelchair}' else '{}' end::text[]
from generate_series(0, 97999) as n;

insert into practitioner (clinic_id, id, name, languages)
select pg_temp.bench_id('0c', 2001 + n / 1000), pg_temp.bench_id('0b', 20001 + n), 'Practitioner ' || 20001 + n,
       case n % 3 when 0 then '{en}' when 1 then '{en,fr}' else '{fr,nl}' end::text[]
from generate_series(0, 97999) as n;

insert into practitioner_location (clinic_id, practitioner_id, location_id)
select pg_temp.bench_id('0c', 2001 + n / 1000), pg_temp.bench_id('0b', 20001 + n), pg_temp.bench_id('0a', 2001 + n)
from generate_series(0, 97999) as n;

insert into offering (clinic_id, id, treatment, duration_minutes, price_amount, price_currency)
select pg_temp.bench_id('0c', c), pg_temp.bench_id('0f', c * 10 + 1), 'trigger-point-massage', 30, 5500, 'EUR'
from generate_series(2001, 2098) as c;

insert into offering_practitioner (clinic_id, offering_id, practitioner_id)
select pg_temp.bench_id('0c', 2001 + n / 1000), pg_temp.bench_id('0f', (2001 + n / 1000) * 10 + 1), pg_temp.bench_id('0b', 20001 + n)
from generate_series(0, 97999) as n;

insert into offering_location (clinic_id, offering_id, location_id)
select pg_temp.bench_id('0c', 2001 + n / 1000), pg_temp.bench_id('0f', (2001 + n / 1000) * 10 + 1), pg_temp.bench_id('0a', 2001 + n)
from generate_series(0, 97999) as n;

-- ---------------------------------------------------------------- bookings

-- Loaded first, indexed after: an exclusion constraint that is there costs every row.
create temporary table later (place int generated always as identity, statement text);
with own as (
    select c.oid as index, c.relname, i.indrelid::regclass as owner, k.conname, k.oid as constraint
    from pg_index i join pg_class c on c.oid = i.indexrelid left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid
    where i.indrelid in ('app.booking'::regclass, 'app.occupancy'::regclass) and not i.indisprimary
)
insert into later (statement)
select case when conname is null then pg_get_indexdef(index)
            else format('alter table %s add constraint %I %s', owner, conname, pg_get_constraintdef("constraint")) end
from own order by owner::text, relname;

do $$
declare
    drop_it text;
begin
    for drop_it in
        select case when k.conname is null then format('drop index app.%I', c.relname)
                    else format('alter table %s drop constraint %I', i.indrelid::regclass, k.conname) end
        from pg_index i join pg_class c on c.oid = i.indexrelid left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid
        where i.indrelid in ('app.booking'::regclass, 'app.occupancy'::regclass) and not i.indisprimary
    loop
        execute drop_it;
    end loop;
end
$$;

-- Of the 25 hours of each practitioner and week, as many as the week has bookings, by chance.
create temporary table chosen as
select row_number() over ()::bigint as n, p, start
from (select p, week, :'monday'::timestamp at time zone 'UTC' + make_interval(days => week * 7 + day, hours => hour) as start,
             row_number() over (partition by p, week order by random()) as place
      from generate_series(1, 20000) as p, generate_series(-2, 4) as week, generate_series(0, 4) as day,
           unnest('{8,9,13,14,15}'::int[]) as hour) as f
where place <= case when week < 0 then 5 else 8 end;

insert into booking (clinic_id, id, reference, status, location_id, practitioner_id, offering_id, treatment, starts_at, ends_at, timezone,
                     price_amount, price_currency, policy, free_cancel_until, remind_at, client, source, created_at, updated_at)
select o.clinic_id, pg_temp.bench_id('0d', f.n), upper(lpad(to_hex(f.n), 8, '0')), 'confirmed', l.id, pg_temp.bench_id('0b', f.p), o.id,
       o.treatment, f.start, f.start + interval '30 minutes', l.timezone, o.price_amount, o.price_currency, app.policy(c.policy),
       f.start - interval '24 hours', f.start - interval '28 hours',
       jsonb_build_object('name', 'Client ' || f.n, 'email', 'client-' || f.n || '@example.org', 'phone', '+32 400 00 00 00'),
       'partner-' || f.n % 20, f.start - interval '20 days', f.start - interval '20 days'
from chosen f
join clinic c on c.id = pg_temp.bench_id('0c', (f.p - 1) / 10 + 1)
join offering o on o.clinic_id = c.id and o.treatment = 'trigger-point-massage'
join location l on l.clinic_id = c.id;

insert into occupancy (clinic_id, resource_id, booking_id, blocked_from, blocked_to)
select pg_temp.bench_id('0c', (f.p - 1) / 10 + 1), pg_temp.bench_id('0b', f.p), pg_temp.bench_id('0d', f.n), f.start,
       f.start + interval '40 minutes'
from chosen f where f.start >= :'monday'::date;

do $$
declare
    statement text;
begin
    for statement in select l.statement from later l order by place loop
        execute statement;
    end loop;
end
$$;
vacuum (analyze, freeze);
