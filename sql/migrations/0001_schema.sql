-- The whole schema of the directory and the booking desk. Run by clinicd_owner.
--
-- How it is cut:
--   catalogue tables (clinic, treatment, complaint and their links) are plain;
--   tenant tables carry clinic_id, which leads every key, unique and exclusion constraint and every
--   foreign key between them, so that they can be distributed by clinic;
--   an index on the bare id serves reads by id.
-- Member names are those of the API; what the API nests is a jsonb column (address, contact, policy) or
-- spelled out (price_amount, price_currency). Texts for people are jsonb objects by language tag.
-- Instants are timestamptz, rules are local wall time and the location's zone, money is minor units.
-- Nothing is deleted that somebody may point to: status becomes 'archived'. There are no triggers.

-- ---------------------------------------------------------------- what the tables themselves stand on

-- The offset of the test clock: one row, read by every instance that was started with the test clock on.
create table app.test_clock (
    only_row boolean primary key default true check (only_row),
    clock_offset interval not null default '0'
);
insert into app.test_clock default values;

-- The transaction's time; with the test clock on (set app.test_clock = 'on' on the connection), moved by its offset.
-- plpgsql, because a function in SQL with a subquery is planned anew by each statement that calls it.
create function app.now() returns timestamptz language plpgsql stable parallel safe as $$
begin
    if current_setting('app.test_clock', true) = 'on' then
        return pg_catalog.now() + (select clock_offset from app.test_clock);
    end if;
    return pg_catalog.now();
end
$$;

-- A uuid of version 7 (RFC 9562, 5.7): 48 bits of milliseconds, the rest random.
create function app.new_id() returns uuid language sql volatile parallel safe as $$
    select encode(
        set_byte(
            overlay(uuid_send(gen_random_uuid())
                    placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
                    from 1 for 6),
            6, (get_byte(uuid_send(gen_random_uuid()), 6) & 15) | 112),
        'hex')::uuid
$$;

-- Folds a text for search: no accents, lower case.
create function app.fold(value text) returns text language sql immutable strict parallel safe as $$
    select public.unaccent('public.unaccent'::regdictionary, lower(value))
$$;

-- A point on the globe as a point in space, in metres: distance is then a straight line that an index can serve.
create function app.earth_point(latitude float8, longitude float8) returns public.cube
language sql immutable strict parallel safe as $$
    select public.cube(public.cube(public.cube(6371008.8 * cos(radians(latitude)) * cos(radians(longitude))),
                                   6371008.8 * cos(radians(latitude)) * sin(radians(longitude))),
                       6371008.8 * sin(radians(latitude)))
$$;

-- True for the name of a zone such as Europe/Brussels; an unknown name raises 22023 (invalid_parameter_value).
create function app.is_timezone(name text) returns boolean language sql immutable strict parallel safe as $$
    select name ~ '^([A-Za-z]+(/[A-Za-z0-9_+-]+)+|UTC)$'
           and (timestamptz '2020-01-01 00:00:00+00' at time zone name) is not null
$$;

-- ---------------------------------------------------------------- catalogue

create table app.clinic (
    id uuid primary key default app.new_id(),
    slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name text not null check (name <> ''),
    timezone text not null check (app.is_timezone(timezone)),
    languages text[] not null default '{en}' check (cardinality(languages) > 0),  -- the first is the fallback
    contact jsonb not null default '{}' check (jsonb_typeof(contact) = 'object'),  -- phone, email, website
    policy jsonb not null default '{}' check (jsonb_typeof(policy) = 'object'),    -- what differs from app.policy_defaults()
    status text not null default 'active' check (status in ('active', 'archived')),
    version int not null default 1,
    created_at timestamptz not null default app.now(),
    updated_at timestamptz not null default app.now()
);

create table app.treatment (
    code text primary key check (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name jsonb not null check (jsonb_typeof(name) = 'object' and name <> '{}'),
    description jsonb not null default '{}',
    what_to_expect jsonb not null default '{}',
    preparation jsonb not null default '{}',
    aftercare jsonb not null default '{}',
    contraindications jsonb not null default '{}',
    modality text not null check (modality in ('manual', 'needling', 'cupping', 'fascia', 'exercise', 'other')),
    body_regions text[] not null default '{}',
    requires_qualification text,  -- the code of the certificate a practitioner must hold on the day
    status text not null default 'active' check (status in ('active', 'archived')),
    version int not null default 1,
    created_at timestamptz not null default app.now(),
    updated_at timestamptz not null default app.now()
);

-- "Too sensitive for pressure: cupping" (alternative), "then osteopathy" (follow_up); in the order of position.
create table app.treatment_relation (
    treatment text not null references app.treatment,
    kind text not null check (kind in ('alternative', 'follow_up')),
    other text not null references app.treatment,
    position int not null default 0,
    primary key (treatment, kind, other),
    check (treatment <> other)
);
create index on app.treatment_relation (other);

create table app.complaint (
    code text primary key check (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name jsonb not null check (jsonb_typeof(name) = 'object' and name <> '{}'),
    synonyms jsonb not null default '{}',  -- {"en": ["...", "..."], "fr": [...]}
    felt_in text[] not null default '{}',
    may_originate_in text[] not null default '{}',
    status text not null default 'active' check (status in ('active', 'archived')),
    version int not null default 1,
    created_at timestamptz not null default app.now(),
    updated_at timestamptz not null default app.now()
);

create table app.complaint_treatment (
    complaint text not null references app.complaint,
    treatment text not null references app.treatment,
    position int not null default 0,
    primary key (complaint, treatment)
);
create index on app.complaint_treatment (treatment);

-- ---------------------------------------------------------------- places and people who work there

create table app.location (
    clinic_id uuid not null references app.clinic,
    id uuid not null default app.new_id(),
    slug text not null check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name text not null check (name <> ''),
    address jsonb not null default '{}' check (jsonb_typeof(address) = 'object'),  -- street, postal_code, city, region, country
    latitude float8 check (latitude between -90 and 90),
    longitude float8 check (longitude between -180 and 180),
    position public.cube generated always as (app.earth_point(latitude, longitude)) stored,
    timezone text not null check (app.is_timezone(timezone)),
    phone text,
    directions jsonb not null default '{}',      -- text by language
    accessibility text[] not null default '{}',
    opening_hours jsonb not null default '[]',   -- [{weekday, from, to}]; informs people, decides nothing
    status text not null default 'active' check (status in ('active', 'archived')),
    version int not null default 1,
    created_at timestamptz not null default app.now(),
    updated_at timestamptz not null default app.now(),
    primary key (clinic_id, id),
    unique (clinic_id, slug),
    check ((latitude is null) = (longitude is null))
);
create index location_id on app.location (id);
create index location_position on app.location using gist (position);
create index location_name on app.location using gin (app.fold(name) public.gin_trgm_ops);
create index location_city on app.location (app.fold(address ->> 'city'));
create index location_postal_code on app.location ((address ->> 'postal_code'));

create table app.practitioner (
    clinic_id uuid not null references app.clinic,
    id uuid not null default app.new_id(),
    name text not null check (name <> ''),
    title text,
    languages text[] not null default '{}',
    biography jsonb not null default '{}',  -- text by language
    accepts_new_clients boolean not null default true,  -- information; it does not change what is free
    status text not null default 'active' check (status in ('active', 'archived')),
    version int not null default 1,
    created_at timestamptz not null default app.now(),
    updated_at timestamptz not null default app.now(),
    primary key (clinic_id, id)
);
create index practitioner_id on app.practitioner (id);
create index practitioner_name on app.practitioner using gin (app.fold(name) public.gin_trgm_ops);
create index practitioner_languages on app.practitioner using gin (languages);

-- The practitioner's certificates. A code may come twice (a renewal); valid from issued_on to expires_on, both inclusive.
create table app.qualification (
    clinic_id uuid not null,
    practitioner_id uuid not null,
    position int not null,
    code text not null check (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name text,
    issuer text,
    number text,
    issued_on date,
    expires_on date,
    primary key (clinic_id, practitioner_id, position),
    foreign key (clinic_id, practitioner_id) references app.practitioner,
    check (expires_on >= issued_on)
);
create index qualification_code on app.qualification (code, clinic_id, practitioner_id);
create index qualification_expiry on app.qualification (clinic_id, expires_on);

create table app.practitioner_location (
    clinic_id uuid not null,
    practitioner_id uuid not null,
    location_id uuid not null,
    primary key (clinic_id, practitioner_id, location_id),
    foreign key (clinic_id, practitioner_id) references app.practitioner,
    foreign key (clinic_id, location_id) references app.location
);
create index on app.practitioner_location (clinic_id, location_id);

create table app.room (
    clinic_id uuid not null references app.clinic,
    id uuid not null default app.new_id(),
    location_id uuid not null,
    name text not null check (name <> ''),
    kind text not null check (kind ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    status text not null default 'active' check (status in ('active', 'archived')),
    version int not null default 1,
    created_at timestamptz not null default app.now(),
    updated_at timestamptz not null default app.now(),
    primary key (clinic_id, id),
    foreign key (clinic_id, location_id) references app.location
);
create index on app.room (clinic_id, location_id, kind);

-- ---------------------------------------------------------------- what is offered, and when

-- A treatment as one clinic gives it.
create table app.offering (
    clinic_id uuid not null references app.clinic,
    id uuid not null default app.new_id(),
    treatment text not null references app.treatment,
    name jsonb not null default '{}',  -- text by language; {} = the treatment's name
    duration_minutes int not null check (duration_minutes between 5 and 720 and duration_minutes % 5 = 0),
    buffer_before_minutes int not null default 0 check (buffer_before_minutes between 0 and 240 and buffer_before_minutes % 5 = 0),
    buffer_after_minutes int not null default 0 check (buffer_after_minutes between 0 and 240 and buffer_after_minutes % 5 = 0),
    step_minutes int not null default 15 check (step_minutes in (5, 10, 15, 20, 30, 60)),
    price_amount bigint not null check (price_amount >= 0),  -- minor units
    price_currency text not null check (price_currency ~ '^[A-Z]{3}$'),
    room_kind text,
    self_bookable boolean not null default true,
    status text not null default 'active' check (status in ('active', 'archived')),
    version int not null default 1,
    created_at timestamptz not null default app.now(),
    updated_at timestamptz not null default app.now(),
    primary key (clinic_id, id)
);
create index offering_id on app.offering (id);
create index offering_treatment on app.offering (treatment, clinic_id) where status = 'active';

create table app.offering_practitioner (
    clinic_id uuid not null,
    offering_id uuid not null,
    practitioner_id uuid not null,
    primary key (clinic_id, offering_id, practitioner_id),
    foreign key (clinic_id, offering_id) references app.offering,
    foreign key (clinic_id, practitioner_id) references app.practitioner
);
create index on app.offering_practitioner (clinic_id, practitioner_id);

create table app.offering_location (
    clinic_id uuid not null,
    offering_id uuid not null,
    location_id uuid not null,
    primary key (clinic_id, offering_id, location_id),
    foreign key (clinic_id, offering_id) references app.offering,
    foreign key (clinic_id, location_id) references app.location
);
create index on app.offering_location (clinic_id, location_id);

-- A weekly working window in the location's wall time. "to" not after "from" runs into the next day ("00:00" = midnight).
-- every_weeks counts ISO weeks from the week of valid_from.
create table app.schedule (
    clinic_id uuid not null references app.clinic,
    id uuid not null default app.new_id(),
    practitioner_id uuid not null,
    location_id uuid not null,
    weekday int not null check (weekday between 1 and 7),  -- 1 = Monday
    "from" time not null,
    "to" time not null,
    valid_from date,
    valid_until date,
    every_weeks int not null default 1 check (every_weeks between 1 and 52),
    status text not null default 'active' check (status in ('active', 'archived')),
    version int not null default 1,
    created_at timestamptz not null default app.now(),
    updated_at timestamptz not null default app.now(),
    primary key (clinic_id, id),
    foreign key (clinic_id, practitioner_id) references app.practitioner,
    foreign key (clinic_id, location_id) references app.location,
    check (every_weeks = 1 or valid_from is not null),
    check (valid_until >= valid_from),
    check (extract(epoch from "from")::int % 300 = 0 and "from" < '24:00'),
    check (extract(epoch from "to")::int % 300 = 0 and "to" < '24:00')
);
create index schedule_practitioner on app.schedule (clinic_id, practitioner_id, location_id) where status = 'active';
create index schedule_location on app.schedule (clinic_id, location_id) where status = 'active';

-- What differs from the rules on some dates (inclusive). windows: [{"from": "09:00", "to": "12:00"}].
-- close: without windows the whole local day; names a practitioner, a location or both.
-- replace: the windows that start on those dates (none = does not work). add: further windows.
create table app.exception (
    clinic_id uuid not null references app.clinic,
    id uuid not null default app.new_id(),
    kind text not null check (kind in ('close', 'add', 'replace')),
    practitioner_id uuid,
    location_id uuid,
    date_from date not null,
    date_to date not null,
    windows jsonb not null default '[]' check (jsonb_typeof(windows) = 'array'),
    reason text,
    status text not null default 'active' check (status in ('active', 'archived')),
    version int not null default 1,
    created_at timestamptz not null default app.now(),
    updated_at timestamptz not null default app.now(),
    primary key (clinic_id, id),
    foreign key (clinic_id, practitioner_id) references app.practitioner,
    foreign key (clinic_id, location_id) references app.location,
    check (date_to >= date_from),
    constraint exception_names check (case kind when 'close' then practitioner_id is not null or location_id is not null
                                      else practitioner_id is not null and location_id is not null end),
    constraint exception_windows check (kind <> 'add' or jsonb_array_length(windows) > 0)
);
create index exception_practitioner on app.exception (clinic_id, practitioner_id, date_to) where status = 'active';
create index exception_location on app.exception (clinic_id, location_id, date_to) where status = 'active' and practitioner_id is null;

-- One practitioner giving one offering at one location, with all that decides when: what the rules of availability take.
create type app.candidate as (
    n int,                       -- its place in the order of answers with the same start
    clinic_id uuid,
    practitioner_id uuid,
    location_id uuid,
    offering_id uuid,
    zone text,                   -- of the location
    duration interval,
    buffer_before interval,
    buffer_after interval,
    step interval,
    room_kind text,
    certificates text[],         -- codes that the practitioner must hold on the local date of the start
    starts_from timestamptz,     -- starts in question, from (inclusive)
    starts_until timestamptz,    -- until (exclusive): the range asked for, the notice and the horizon
    distance_m float8            -- from the point of the search, unrounded
);

-- ---------------------------------------------------------------- bookings

-- Plain start and end columns: under row security a range operator could not use its index (it is not leakproof).
create table app.booking (
    clinic_id uuid not null references app.clinic,
    id uuid not null default app.new_id(),
    external_ref text,
    reference text not null,
    status text not null check (status in ('held', 'confirmed', 'completed', 'no_show', 'cancelled', 'expired')),
    location_id uuid not null,
    practitioner_id uuid not null,
    room_id uuid,
    offering_id uuid not null,
    treatment text not null references app.treatment,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    timezone text not null,
    price_amount bigint not null check (price_amount >= 0),
    price_currency text not null,
    policy jsonb not null,               -- the clinic's policy as it was at booking, all members
    free_cancel_until timestamptz not null,
    remind_at timestamptz not null,
    hold_expires_at timestamptz,         -- of a hold; stays for the record
    client jsonb,                        -- name, email, phone, language
    intake jsonb,
    note text,
    order_id uuid,
    series_id uuid,
    source text not null,                -- `sub` of the token that made it
    ended_by text,                       -- `sub` that cancelled
    end_reason text,
    version int not null default 1,
    created_at timestamptz not null default app.now(),
    updated_at timestamptz not null default app.now(),
    primary key (clinic_id, id),
    constraint booking_reference unique (clinic_id, reference),
    foreign key (clinic_id, location_id) references app.location,
    foreign key (clinic_id, practitioner_id) references app.practitioner,
    foreign key (clinic_id, room_id) references app.room,
    foreign key (clinic_id, offering_id) references app.offering,
    check (ends_at > starts_at),
    check (status <> 'held' or hold_expires_at is not null),
    check (status <> 'confirmed' or client is not null)
);
create index booking_id on app.booking (id);
create index booking_source on app.booking (source, starts_at, id);
create index booking_clinic on app.booking (clinic_id, starts_at, id);
create index booking_practitioner on app.booking (clinic_id, practitioner_id, starts_at);
create index booking_location on app.booking (clinic_id, location_id, starts_at);
create index booking_external_ref on app.booking (source, external_ref) where external_ref is not null;
create index booking_hold on app.booking (hold_expires_at) where status = 'held';

-- Who or what is taken, and when, buffers included. One row per booked resource; it leaves when the booking ends.
-- Nothing personal and no row policy: search reads this table alone. The exclusion constraint is the last judge of "free".
create table app.occupancy (
    clinic_id uuid not null,
    resource_id uuid not null,           -- a practitioner or a room
    booking_id uuid not null,
    blocked_from timestamptz not null,
    blocked_to timestamptz not null,
    blocked tstzrange generated always as (tstzrange(blocked_from, blocked_to)) stored,
    expires_at timestamptz,              -- null = firm
    primary key (clinic_id, booking_id, resource_id),
    foreign key (clinic_id, booking_id) references app.booking,
    -- An empty or endless range would escape the constraint; search relies on the longest block of a day.
    check (isfinite(blocked_from) and isfinite(blocked_to)),
    check (blocked_from < blocked_to and blocked_to <= blocked_from + interval '24 hours'),
    constraint occupancy_free exclude using gist (clinic_id with =, resource_id with =, blocked with &&)
);
create index occupancy_busy on app.occupancy (clinic_id, resource_id, blocked_from) include (blocked_to, expires_at);

create table app.charge (
    clinic_id uuid not null,
    id uuid not null default app.new_id(),
    booking_id uuid not null,
    source text not null,                -- of the booking: who may see it
    kind text not null check (kind in ('late_cancellation', 'no_show', 'late_reschedule')),
    percent int not null check (percent between 0 and 100),
    amount bigint not null check (amount >= 0),
    currency text not null,
    status text not null default 'open' check (status in ('open', 'waived')),
    waived_by text,
    waive_reason text,
    version int not null default 1,
    created_at timestamptz not null default app.now(),
    updated_at timestamptz not null default app.now(),
    primary key (clinic_id, id),
    constraint charge_once unique (clinic_id, booking_id, kind),
    foreign key (clinic_id, booking_id) references app.booking
);
create index charge_id on app.charge (id);
create index charge_source on app.charge (source, created_at, id);
create index charge_clinic on app.charge (clinic_id, created_at, id);

-- The first answer to a request that carried an Idempotency-Key; body is json, not jsonb: it is replayed byte for byte.
create table app.idempotency_record (
    sub text not null,
    key text not null,
    hash text not null,
    status int not null check (status between 200 and 299),
    body json,
    location text,
    etag text,
    created_at timestamptz not null default app.now(),
    primary key (sub, key)
);
create index idempotency_record_age on app.idempotency_record (created_at);

-- ---------------------------------------------------------------- what happened

-- The append-only log that every effect follows. Never client members in data. A reader orders by (xid, id) and takes
-- only rows with xid < pg_snapshot_xmin(pg_current_snapshot()). The shared catalogue's changes carry the nil uuid as clinic.
create table app.change (
    id bigint generated always as identity,
    xid xid8 not null default pg_current_xact_id(),
    clinic_id uuid not null,
    owner text,                          -- `source` of the booking it tells of, else null
    entity text not null,                -- booking, location, ...
    entity_id text not null,             -- the uuid, or the code of a treatment or complaint
    kind text not null,                  -- created, updated, archived, restored, held, confirmed, cancelled, expired
    data jsonb not null default '{}',
    at timestamptz not null default app.now(),
    primary key (clinic_id, id)
);
create index change_order on app.change (xid, id);

create table app.audit (
    id bigint generated always as identity,
    clinic_id uuid not null,
    at timestamptz not null default app.now(),
    who text not null,                   -- `sub`
    what text not null,                  -- the operation: patchLocation, cancelBooking, ...
    entity text not null,
    entity_id text not null,
    before jsonb,
    after jsonb,
    reason text,
    request_id text,
    primary key (clinic_id, id)
);
create index audit_clinic on app.audit (clinic_id, at, id);
create index audit_entity on app.audit (clinic_id, entity, entity_id, id);

-- ---------------------------------------------------------------- who may see and do what
-- The service sends app.sub, app.scopes and app.clinics with set_config(..., true) in the transaction of a guarded query.
-- After such a transaction a setting is '' and not null. Each of these functions is read once per statement, because the
-- policies call it inside (select ...).

create function app.principal_sub() returns text language sql stable parallel safe as $$
    select nullif(current_setting('app.sub', true), '')
$$;

create function app.principal_has(scope text) returns boolean language sql stable parallel safe as $$
    select coalesce(scope = any (string_to_array(current_setting('app.scopes', true), ' ')), false)
$$;

-- A token for all clinics ('*').
create function app.principal_everywhere() returns boolean language sql stable parallel safe as $$
    select coalesce(current_setting('app.clinics', true) = '*', false)
$$;

-- The clinics of the token; empty for none and for '*', which principal_everywhere answers.
create function app.principal_clinics() returns uuid[] language sql stable parallel safe as $$
    select case when coalesce(current_setting('app.clinics', true), '') in ('', '*') then '{}'::uuid[]
                else current_setting('app.clinics', true)::uuid[] end
$$;

alter table app.booking enable row level security;
create policy booking_principal on app.booking
    using (((select app.principal_everywhere()) or clinic_id = any ((select app.principal_clinics())::uuid[]))
           and (source = (select app.principal_sub()) or (select app.principal_has('bookings:desk'))));

alter table app.charge enable row level security;
create policy charge_principal on app.charge
    using (((select app.principal_everywhere()) or clinic_id = any ((select app.principal_clinics())::uuid[]))
           and (source = (select app.principal_sub()) or (select app.principal_has('bookings:desk'))));

alter table app.idempotency_record enable row level security;
create policy idempotency_record_principal on app.idempotency_record
    using (sub = (select app.principal_sub()));

-- Everybody's acts are written down; only who may write a clinic's directory reads them.
alter table app.audit enable row level security;
create policy audit_write on app.audit for insert with check (true);
create policy audit_read on app.audit for select
    using (((select app.principal_everywhere()) or clinic_id = any ((select app.principal_clinics())::uuid[]))
           and (select app.principal_has('directory:write')));

grant usage on schema app to clinicd_service;
grant select on all tables in schema app to clinicd_service;
grant insert, update on app.clinic, app.treatment, app.complaint, app.location, app.practitioner, app.room, app.offering,
    app.schedule, app.exception, app.booking, app.charge to clinicd_service;
grant insert, delete on app.treatment_relation, app.complaint_treatment, app.qualification, app.practitioner_location,
    app.offering_practitioner, app.offering_location to clinicd_service;
grant insert, update, delete on app.occupancy to clinicd_service;
grant insert, delete on app.idempotency_record to clinicd_service;
grant insert on app.change, app.audit to clinicd_service;
grant update on app.test_clock to clinicd_service;
