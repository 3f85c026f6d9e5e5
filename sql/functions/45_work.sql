-- Work that nobody asks for, done by every instance that has CLINICD_DATABASE_WORKER_URL (service/events), as clinicd_worker.
--
-- A work is a function app.work_<what>(most int) returns int and a query in sql/queries/work.sql that calls it, marked
-- `-- worker: every n ms` (the longest rest when there was nothing to do). No C is needed. It
--   does at most `most` of what is due and returns how much it did or looked at; 0 says that nothing is left for now;
--   writes nothing, not even a lock, when nothing is due (look first): it is asked many times a second;
--   claims by row locks with SKIP LOCKED, or in the order of 02_locks.sql, so that any number of instances do it at once;
--   is one transaction: when it fails all of it is taken back, and done again later, here or by another instance.
--
-- A work that follows the change log reads it through
--   app.changes_for(consumer text, most int) returns setof app.change
--     The next changes for this consumer, in the order of (xid, id), each once. Nothing when there is nothing new, or when
--     another transaction is at it: one at a time for each consumer. Where it stands moves on in this transaction: effect and
--     progress are committed together or not at all. The order is that of transactions, not of `at`.
--     The consumer's row comes from the migration that introduces it (0009_events.sql says how).
--     What fails for one change stops this consumer there: whatever may fail for reasons of its data goes into a block with
--     an exception clause, and the change counts as done.
--   for example
--     for c in select * from app.changes_for('waitlist', most) loop
--         seen := seen + 1;
--         if c.entity = 'booking' and c.kind in ('cancelled', 'expired', 'rescheduled') then ... end if;
--     end loop;
--     return seen;
--
-- A transaction that has written and stays open, in any database of the server, holds all consumers up: what comes after it
-- in the order may not be taken before it. The metric clinicd_work_lag_seconds shows it.

-- ---------------------------------------------------------------- the tail

-- Ids are handed out before the commit: whoever took all that is greater than the last id would lose what commits late. So only
-- what is older than every transaction that still runs is taken, in the order of (xid, id): nothing can come before it any more.
create or replace function app.changes_for(consumer text, most int)
returns setof app.change language plpgsql volatile as $$
declare
    reached app.change_consumer;
    c app.change;
begin
    select * into reached from app.change_consumer r where r.name = consumer;
    if not found then
        raise exception 'nobody reads the change log as %', consumer;
    end if;
    -- The look. Only then the lock, which would be a write.
    if not exists (select from app.change k where (k.xid, k.id) > (reached.xid, reached.id)
                                              and k.xid < pg_snapshot_xmin(pg_current_snapshot())) then
        return;
    end if;
    select * into reached from app.change_consumer r where r.name = consumer for update skip locked;
    if not found then
        return;
    end if;
    for c in
        select k.* from app.change k
        where (k.xid, k.id) > (reached.xid, reached.id) and k.xid < pg_snapshot_xmin(pg_current_snapshot())
        order by k.xid, k.id limit most
    loop
        return next c;
        reached.xid := c.xid;
        reached.id := c.id;
    end loop;
    update app.change_consumer r set xid = reached.xid, id = reached.id where r.name = consumer;
end
$$;

-- How long the oldest change that some consumer has not had has been waiting, in milliseconds; 0 when all have had all.
create or replace function app.change_lag_ms()
returns bigint language plpgsql volatile as $$
begin
    return (select coalesce(max(extract(epoch from clock_timestamp() - oldest.logged_at) * 1000)::bigint, 0)
            from app.change_consumer r
            cross join lateral (select k.logged_at from app.change k where (k.xid, k.id) > (r.xid, r.id)
                                order by k.xid, k.id limit 1) as oldest);
end
$$;

-- Transaction ids mean something within one server only. In a database that was restored from a dump into another server the log
-- may be ahead of that server's transactions: its end would be taken for not finished, and what comes now would sort before what
-- the consumers have had. Then all that is there becomes one old transaction, in the order of ids, and each consumer goes on with
-- the first that it has not had (what it had out of that order it gets again). True when there was something to settle.
create or replace function app.settle_change_log()
returns boolean language plpgsql volatile as $$
declare
    future xid8 := pg_snapshot_xmax(pg_current_snapshot());
    past constant xid8 := '3';  -- older than any that a server gives out
begin
    if not exists (select from app.change c where c.xid >= future and c.xid <> pg_current_xact_id())
       and not exists (select from app.change_consumer r where r.xid > future) then
        return false;
    end if;
    lock table app.change_consumer in exclusive mode;
    update app.change_consumer r
    set xid = past,
        id = coalesce((select min(c.id) - 1 from app.change c where (c.xid, c.id) > (r.xid, r.id)),
                      (select max(c.id) from app.change c), 0);
    update app.change c set xid = past;
    return true;
end
$$;

-- `clinicd migrate` comes after every restore.
do $$
begin
    perform app.settle_change_log();
end
$$;

-- ---------------------------------------------------------------- works

-- Writes holds that have run out down as expired: they are so from that instant on for everybody who asks, but the change
-- log, and whoever waits for the place, hears of it only now. Where somebody is just booking with that practitioner or in that
-- room it waits for the next time (whoever wants the place itself writes it down).
create or replace function app.work_expire_holds(most int)
returns int language plpgsql volatile as $$
declare
    hold record;
    done int := 0;
begin
    for hold in
        select b.clinic_id, b.id, b.practitioner_id, b.room_id from app.booking b
        where b.status = 'held' and b.hold_expires_at <= app.now()
        order by b.hold_expires_at limit most
    loop
        perform from app.practitioner p where p.clinic_id = hold.clinic_id and p.id = hold.practitioner_id
        for no key update skip locked;
        continue when not found;
        if hold.room_id is not null then
            perform from app.room r where r.clinic_id = hold.clinic_id and r.id = hold.room_id for no key update skip locked;
            continue when not found;
        end if;
        done := done + app.expire_bookings(hold.clinic_id, array[hold.id]);
    end loop;
    return done;
end
$$;

-- Answers are kept for a day for whoever asks again with the same Idempotency-Key.
create or replace function app.work_forget_answers(most int)
returns int language plpgsql volatile as $$
declare
    done int;
begin
    with old as materialized (
        select k.sub, k.key from app.idempotency_record k
        where k.created_at <= app.now() - app.answers_kept()
        order by k.created_at limit most for update skip locked
    )
    delete from app.idempotency_record r using old where r.sub = old.sub and r.key = old.key;
    get diagnostics done = row_count;
    return done;
end
$$;
