-- Group offerings: several bookings share one block of a practitioner's time, and of a room's.

-- How many seats a session of it has. One: the time is the client's alone.
alter table app.offering add column seats int not null default 1 check (seats between 1 and 500);

-- A group that meets: what, where, with whom, when. A row never changes. The session is there as long as a seat in it is held or
-- booked; then, and only then, rows of occupancy stand for it. How many seats are taken is counted from the bookings.
create table app.session (
    clinic_id uuid not null,
    id uuid not null default app.new_id(),
    offering_id uuid not null,
    location_id uuid not null,
    practitioner_id uuid not null,
    room_id uuid,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    blocked_from timestamptz not null,   -- with the buffers
    blocked_to timestamptz not null,
    created_at timestamptz not null default app.now(),
    primary key (clinic_id, id),
    foreign key (clinic_id, offering_id) references app.offering,
    foreign key (clinic_id, location_id) references app.location,
    foreign key (clinic_id, practitioner_id) references app.practitioner,
    foreign key (clinic_id, room_id) references app.room,
    check (ends_at > starts_at and blocked_from <= starts_at and blocked_to >= ends_at)
);
create index session_start on app.session (clinic_id, practitioner_id, starts_at);

alter table app.booking
    add column seats int not null default 1 check (seats between 1 and 100),
    add column session_id uuid,          -- of a group offering
    add foreign key (clinic_id, session_id) references app.session;
create index booking_session on app.booking (clinic_id, session_id) where session_id is not null;

-- A block belongs to a booking, or to the session that many bookings share. Its own key is what the constraint makes of it: a
-- resource is in one block at a time. (The key covers what search reads, so it takes the place of that index.)
alter table app.occupancy
    drop constraint occupancy_pkey,
    alter column booking_id drop not null,
    add column session_id uuid,
    add foreign key (clinic_id, session_id) references app.session,
    add constraint occupancy_holder check (num_nonnulls(booking_id, session_id) = 1),
    add constraint occupancy_pkey primary key (clinic_id, resource_id, blocked_from) include (blocked_to, expires_at);
drop index app.occupancy_busy;
create unique index occupancy_booking on app.occupancy (clinic_id, booking_id, resource_id) where booking_id is not null;
create unique index occupancy_session on app.occupancy (clinic_id, session_id, resource_id) where session_id is not null;

-- What the rules take: how many seats the offering has, and how many are wanted.
alter type app.candidate add attribute seats int, add attribute party int;

-- They answer or take more under the same name; the functions that follow make them anew.
drop function if exists app.offered(uuid[], uuid[]);
drop function if exists app.place_candidates(uuid, uuid, uuid[], boolean);
drop function if exists app.find_place(uuid, uuid, uuid, uuid[], uuid[], uuid[], timestamptz, boolean, boolean, uuid);
drop function if exists app.firmly_taken();

grant select, insert on app.session to clinicd_service, clinicd_worker;
