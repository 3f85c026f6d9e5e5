-- The waiting list: who waits for what, and the freed places that are still to be offered.

create table app.waitlist_entry (
    clinic_id uuid not null references app.clinic,
    id uuid not null default app.new_id(),
    source text not null,                        -- `sub` of the token that made it: who may see it, and whose booking it becomes
    by_desk boolean not null default false,      -- made by the clinic's desk: it is offered also what only the desk may book
    external_ref text,
    -- What: any of these. By whom and where: any of these, empty = anybody, anywhere at the clinic.
    treatments text[] not null default '{}',
    offering_ids uuid[] not null default '{}',
    practitioner_ids uuid[] not null default '{}',
    location_ids uuid[] not null default '{}',
    -- When, in the location's wall time: [{weekday?, from?, to?}], empty = at any time of these dates.
    windows jsonb not null default '[]' check (jsonb_typeof(windows) = 'array'),
    date_from date not null,
    date_to date not null,
    ends_at timestamptz not null,                -- when the last of these dates is over
    notice_minutes int check (notice_minutes >= 0),  -- null = as the clinic's policy has it
    client jsonb,                                -- as of a booking
    note text,
    -- offered: `booking_id` is the hold, and what became of it decides (app.entry_now); the others are final but waiting.
    status text not null default 'waiting' check (status in ('waiting', 'offered', 'accepted', 'declined', 'expired', 'withdrawn')),
    booking_id uuid,                             -- of the offer, while it is one, and when it was accepted
    offered tstzmultirange not null default '{}',    -- the times of all offers: no time is offered twice
    offers_unanswered int not null default 0,    -- offers in a row that ran out
    created_at timestamptz not null default app.now(),
    updated_at timestamptz not null default app.now(),
    primary key (clinic_id, id),
    foreign key (clinic_id, booking_id) references app.booking,
    check (cardinality(treatments) + cardinality(offering_ids) > 0),
    check (date_to >= date_from),
    check (status not in ('offered', 'accepted') or booking_id is not null)
);
create index waitlist_entry_id on app.waitlist_entry (id);
create index waitlist_entry_source on app.waitlist_entry (source, created_at, id);
create index waitlist_entry_clinic on app.waitlist_entry (clinic_id, created_at, id);
create index waitlist_entry_line on app.waitlist_entry (clinic_id, created_at, id) where status in ('waiting', 'offered');
create index waitlist_entry_end on app.waitlist_entry (ends_at) where status = 'waiting';
create index waitlist_entry_booking on app.waitlist_entry (clinic_id, booking_id) where booking_id is not null;

-- A stretch of time that may have become free, and how far the line has been asked about it. Nothing personal.
create table app.waitlist_freed (
    clinic_id uuid not null references app.clinic,
    id bigint not null generated always as identity,
    -- Of whom, where and what; null = any.
    practitioner_id uuid,
    location_id uuid,
    offering_id uuid,
    -- Offered is what takes some of [since, until), buffers included. It is asked day by day: [day_from, day_from + 1 day) is next.
    since timestamptz not null,
    until timestamptz not null,
    day_from timestamptz not null,
    -- The last entry of the line that was asked about that day; null = none yet.
    after_at timestamptz,
    after_id uuid,
    tries int not null default 0,                -- offers to the next entry that failed, since somebody was quicker
    primary key (clinic_id, id)
);
create index waitlist_freed_order on app.waitlist_freed (id);

alter table app.booking
    add column waitlist_entry_id uuid,           -- the entry whose offer it is
    add column confirmed_at timestamptz,         -- when a hold became firm
    add foreign key (clinic_id, waitlist_entry_id) references app.waitlist_entry;

insert into app.change_consumer (name) values ('waitlist');

alter table app.waitlist_entry enable row level security;
create policy waitlist_entry_principal on app.waitlist_entry
    using (((select app.principal_everywhere()) or clinic_id = any ((select app.principal_clinics())::uuid[]))
           and (source = (select app.principal_sub()) or (select app.principal_has('bookings:desk'))));
create policy waitlist_entry_worker on app.waitlist_entry to clinicd_worker using (true) with check (true);

grant select, insert, update on app.waitlist_entry to clinicd_service;
grant select, update on app.waitlist_entry to clinicd_worker;
grant select, insert, update, delete on app.waitlist_freed to clinicd_worker;
