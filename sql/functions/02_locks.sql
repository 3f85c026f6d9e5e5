-- Who waits for whom. Every act takes its locks in this order, so that none waits in a circle:
--   1. the idempotency key            app.lock_key
--      or the waiting list of a clinic, of which its worker has a turn: app.try_lock_line (never waited for)
--   2. the waiting-list entry that the act is about, then its bookings, in id order   app.lock_acts_on (a move changes which
--      resources come in 4)
--   3. the rules of the clinic        app.lock_rules_shared (bookings) or app.lock_resources (who changes the rules);
--      before them an import of clinics takes its turn, after them one of a directory: app.lock_new_ids
--   4. practitioners, then rooms, each in id order      app.lock_bookable
--   5. rows of bookings in id order, then what is written
--   6. the clients that it is for, by clinic where there are several    app.keep_client (a share), erasure (all of the row)
-- Clinics in id order where there are several. A statement that took a lock still sees its old snapshot: what must see
-- the world as it is under the lock belongs in the next statement of a plpgsql function, or in a volatile function.

-- One request per principal and key at a time.
create or replace function app.lock_key(sub text, key text)
returns void language sql volatile as $$
    select pg_advisory_xact_lock(hashtextextended(sub || chr(31) || key, 0))
$$;

-- One act on a booking at a time: what the act then reads of it, its practitioner and room above all, holds until the act has
-- ended. Not for what ends holds that have run out: it comes under the locks of the resources, and moves nothing.
create or replace function app.lock_acts_on(booking uuid)
returns void language sql volatile as $$
    select pg_advisory_xact_lock(2, hashtext(booking::text))
$$;

-- The same for whoever would rather come again later than wait. Also for an entry of the waiting list.
create or replace function app.try_lock_acts_on(target uuid)
returns boolean language sql volatile as $$
    select pg_try_advisory_xact_lock(2, hashtext(target::text))
$$;

-- One worker at a time asks the waiting list of a clinic, so that places go by the order of the line.
create or replace function app.try_lock_line(clinic uuid)
returns boolean language sql volatile as $$
    select pg_try_advisory_xact_lock(4, hashtext(clinic::text))
$$;

-- For every write that changes what is free or allowed at a clinic: schedules, exceptions, offerings, rooms, policy,
-- archiving and restoring, links of practitioners and locations. Waits until the clinic's running bookings have ended,
-- and lets none begin before this transaction ends; so a booking either sees the new rule or is seen by the writer,
-- who lists the affected bookings after taking the lock.
create or replace function app.lock_resources(clinic uuid)
returns void language sql volatile as $$
    select pg_advisory_xact_lock(1, hashtext(clinic::text))
$$;

-- The bookings' side of it: any number at a time.
create or replace function app.lock_rules_shared(clinic uuid)
returns void language sql volatile as $$
    select pg_advisory_xact_lock_shared(1, hashtext(clinic::text))
$$;

-- The practitioners and rooms that a booking may take.
create or replace function app.lock_bookable(clinic uuid, practitioners uuid[], rooms uuid[])
returns void language plpgsql volatile as $$
begin
    perform from app.practitioner where clinic_id = clinic and id = any (practitioners) order by id for no key update;
    if cardinality(rooms) > 0 then
        perform from app.room where clinic_id = clinic and id = any (rooms) order by id for no key update;
    end if;
end
$$;
