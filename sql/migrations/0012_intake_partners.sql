-- What a clinic asks before a visit, what it allows each partner, and the hours that it keeps for its own desk for a while.

-- The questions of an offering, every version of them. Rows only come: a booking names the version that its answers belong to.
create table app.intake_form (
    clinic_id uuid not null,
    offering_id uuid not null,
    version int not null,
    questions jsonb not null check (jsonb_typeof(questions) = 'array'),  -- as app.intake_questions makes them
    created_at timestamptz not null default app.now(),
    primary key (clinic_id, offering_id, version),
    foreign key (clinic_id, offering_id) references app.offering deferrable initially deferred
);

alter table app.offering
    add column intake_version int,       -- of the questions that are asked now; null = none
    add foreign key (clinic_id, id, intake_version) references app.intake_form deferrable initially deferred;

alter table app.booking
    add column intake_version int,       -- of the questions that `intake` answers; null = none were asked
    add foreign key (clinic_id, offering_id, intake_version) references app.intake_form;
-- Every booking that became firm says when, also those that never were a hold.
update app.booking set confirmed_at = created_at where status in ('confirmed', 'completed', 'no_show');

-- A partner's bookings of the day, to be counted when it makes another.
create index booking_made on app.booking (clinic_id, source, confirmed_at) where confirmed_at is not null;

-- What one partner may do at a clinic, in place of the clinic's policy (null: as the policy says). A rule that was taken away
-- stays as 'archived', so that its version goes on counting.
create table app.partner_rule (
    clinic_id uuid not null references app.clinic,
    partner text not null check (partner <> ''),  -- `sub` of its tokens
    max_holds int check (max_holds >= 0),
    max_bookings_per_day int check (max_bookings_per_day >= 0),
    note text,
    status text not null default 'active' check (status in ('active', 'archived')),
    version int not null default 1,
    created_at timestamptz not null default app.now(),
    updated_at timestamptz not null default app.now(),
    primary key (clinic_id, partner)
);

-- Until so many hours before a start only the desk may book it; null = everybody may at any time, 0 = never anybody else.
alter table app.schedule
    add column desk_only_until_hours_before int check (desk_only_until_hours_before between 0 and 2160);
-- For whom a start is looked for: null and false are the public.
alter type app.candidate add attribute for_desk boolean;
-- It answers more under the same name; the functions that follow make it anew.
drop function if exists app.working_time(app.candidate[], timestamptz, timestamptz);

grant select, insert on app.intake_form to clinicd_service;
grant select, insert, update on app.partner_rule to clinicd_service;
grant select on app.intake_form, app.partner_rule to clinicd_worker;
