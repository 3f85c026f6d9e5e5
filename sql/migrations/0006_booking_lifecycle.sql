-- A booking that moves, a hold that is extended, and charges that somebody can list and waive.

alter table app.booking
    add column rescheduled_at timestamptz,      -- when it was last moved
    add column hold_extended_at timestamptz;    -- a hold is extended once

-- A booking that is moved late twice is charged twice; its end costs once.
create unique index charge_of_end on app.charge (clinic_id, booking_id, kind) where kind <> 'late_reschedule';
create index charge_booking on app.charge (clinic_id, booking_id);
alter table app.charge drop constraint charge_once;

-- Live holds of one partner, to be counted when it asks for another.
create index booking_live_hold on app.booking (clinic_id, source, hold_expires_at) where status = 'held';
