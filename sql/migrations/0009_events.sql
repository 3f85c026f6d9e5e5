-- What works on the change log: where each consumer of it stands, and what the worker's role may see and do.
-- The role comes from sql/roles.sql, which an administrator runs before this.

-- One row per consumer. A migration makes it: insert into app.change_consumer (name) values ('waitlist') begins with what is
-- written from then on; (name, xid) values ('webhooks', '0') with the beginning of the log.
create table app.change_consumer (
    name text primary key check (name ~ '^[a-z_]+$'),
    -- The last change that it has had. The default stands before everything that is not finished yet.
    xid xid8 not null default pg_snapshot_xmin(pg_current_snapshot()),
    id bigint not null default 0
) with (fillfactor = 50);  -- it is updated all the time and indexed by name alone, so it stays on its page

-- When a change was written by the real clock (`at` is the time of the business): how far a consumer is behind.
alter table app.change add column logged_at timestamptz not null default clock_timestamp();

-- The worker acts for nobody and for everybody. A later table with a row policy gets the same for itself.
create policy booking_worker on app.booking to clinicd_worker using (true) with check (true);
create policy charge_worker on app.charge to clinicd_worker using (true) with check (true);
create policy idempotency_record_worker on app.idempotency_record to clinicd_worker using (true) with check (true);
create policy audit_worker on app.audit to clinicd_worker using (true) with check (true);

grant usage on schema app to clinicd_worker;
grant select on all tables in schema app to clinicd_worker;
grant insert, update on app.booking, app.charge to clinicd_worker;
grant insert, update, delete on app.occupancy to clinicd_worker;
grant insert, delete on app.idempotency_record to clinicd_worker;
grant insert on app.change, app.audit to clinicd_worker;
grant update (xid, id) on app.change_consumer to clinicd_worker;
-- To lock a row takes the right to update something of it.
grant update (version) on app.practitioner, app.room to clinicd_worker;
grant update (created_at) on app.idempotency_record to clinicd_worker;
