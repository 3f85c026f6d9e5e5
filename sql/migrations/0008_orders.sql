-- Several bookings made in one act: orders (several wishes, held and confirmed together or not at all, at any number of clinics) and
-- series (one treatment again and again). Their bookings keep a life of their own, and all that is personal.

-- An order as each of its clinics keeps it: a row per clinic, all of the same id. What an order is by now follows from its bookings.
create table app.booking_order (
    clinic_id uuid not null references app.clinic,
    id uuid not null,
    source text not null,                -- `sub` of the token that made it
    external_ref text,
    created_at timestamptz not null default app.now(),
    primary key (clinic_id, id)
);
create index booking_order_id on app.booking_order (id);
create index booking_order_source on app.booking_order (source, created_at, id);
create index booking_order_clinic on app.booking_order (clinic_id, created_at, id);

-- What was asked for; what came of it is in its bookings, and in `missing`: [{"index": 3, "start": ..., "reasons": [...]}].
create table app.series (
    clinic_id uuid not null references app.clinic,
    id uuid not null default app.new_id(),
    source text not null,
    external_ref text,
    offering_id uuid not null,
    location_id uuid not null,
    practitioner_id uuid,                -- the one wished for; null = whoever takes the first session
    practitioner text not null check (practitioner in ('required', 'preferred')),
    mode text not null check (mode in ('all', 'best_effort')),
    sessions int not null check (sessions between 2 and 52),
    every_days int not null check (every_days > 0),
    tolerance_days int not null check (tolerance_days >= 0),
    first_date date not null,            -- local, as are all of the following
    weekday int check (weekday between 1 and 7),
    "time" time,
    time_from time,
    time_to time,
    timezone text not null,
    treatment text not null references app.treatment,
    missing jsonb not null default '[]' check (jsonb_typeof(missing) = 'array'),
    created_at timestamptz not null default app.now(),
    primary key (clinic_id, id),
    foreign key (clinic_id, offering_id) references app.offering,
    foreign key (clinic_id, location_id) references app.location,
    foreign key (clinic_id, practitioner_id) references app.practitioner
);
create index series_id on app.series (id);
create index series_source on app.series (source, created_at, id);
create index series_clinic on app.series (clinic_id, created_at, id);

alter table app.booking
    add column item int,                 -- its place in its order or series, from 0
    add constraint booking_of_order foreign key (clinic_id, order_id) references app.booking_order,
    add constraint booking_of_series foreign key (clinic_id, series_id) references app.series;
create index booking_by_order on app.booking (order_id) where order_id is not null;
create index booking_by_series on app.booking (series_id) where series_id is not null;

-- Whoever may see the bookings sees what they were made in.
alter table app.booking_order enable row level security;
create policy booking_order_principal on app.booking_order
    using (((select app.principal_everywhere()) or clinic_id = any ((select app.principal_clinics())::uuid[]))
           and (source = (select app.principal_sub()) or (select app.principal_has('bookings:desk'))));
alter table app.series enable row level security;
create policy series_principal on app.series
    using (((select app.principal_everywhere()) or clinic_id = any ((select app.principal_clinics())::uuid[]))
           and (source = (select app.principal_sub()) or (select app.principal_has('bookings:desk'))));
grant select, insert on app.booking_order, app.series to clinicd_service;
