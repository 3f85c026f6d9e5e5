-- Clients: who booked, once per clinic, so that what is held on a person can be found, told and forgotten. A booking keeps what
-- was said when it was made (`client`); `client_id` says whose it is.
--
-- Who is the same. An e-mail address is one client's, however it is spelled (app.contact_key). A telephone number tells only
-- where no address speaks against it: a booking with an address finds, after the address, a client who has the number and no
-- address; a booking without one finds the client who has the number and no address, else the only one who has the number. So
-- when the address is one client's and the number another's, the address wins, and two addresses are two clients, whatever
-- number they share: strangers are never made one, since each would then be told what is held on the other. Whoever gives
-- neither is a client of that booking alone. There is no merging: a person who used two addresses is two clients, each to be
-- exported and erased for itself.
--
-- Whose word counts. A client's record is written by the first booking; then by the clinic's desk, or, as long as the desk has not,
-- by the same partner again. What others say stays with their bookings.
--
-- These functions run with their owner's rights: a partner books for clients whom it may not see, and erasure reaches what
-- no single principal may. Each is given the clinic; whoever calls it has made sure that the principal may ask.

-- ---------------------------------------------------------------- who it is

-- The client of this clinic whom these words (name, email, phone, language) mean, made when there is none, null for null. Takes
-- a share of the client's row, so that nobody erases it before the booking is written: it is the last lock of an act. Usually
-- one look and no write.
create or replace function app.keep_client(tenant uuid, person jsonb, sub text)
returns uuid language plpgsql volatile security definer set search_path = app, public, pg_temp as $$
declare
    mail text := app.contact_key(person ->> 'email');
    number text := app.contact_key(person ->> 'phone');
    for_desk boolean := app.principal_has('bookings:desk');
    c app.client;
begin
    if person is null then
        return null;
    end if;
    loop
        if mail is not null then
            select * into c from app.client k where k.clinic_id = tenant and k.email_key = mail for key share;
            if c.id is null and number is not null then
                select * into c from app.client k
                where k.clinic_id = tenant and k.phone_key = number and k.email_key is null for no key update;
            end if;
        elsif number is not null then
            select * into c from app.client k
            where k.clinic_id = tenant and k.phone_key = number
              and (k.email_key is null
                   or not exists (select from app.client o where o.clinic_id = tenant and o.phone_key = number and o.id <> k.id))
            for key share;
        end if;
        if c.id is null then
            insert into app.client (clinic_id, name, email, phone, language, email_key, phone_key, source, idle_since)
            values (tenant, person ->> 'name', person ->> 'email', person ->> 'phone', person ->> 'language', mail, number,
                    case when not for_desk then sub end, app.now())
            on conflict do nothing
            returning * into c;
        elsif (mail is not null and c.email_key is null)
              or (for_desk or c.source = sub)
                 and ((for_desk and c.source is not null)
                      or (c.name, c.email, c.phone, c.language)
                         is distinct from (person ->> 'name', coalesce(person ->> 'email', c.email),
                                           coalesce(person ->> 'phone', c.phone), coalesce(person ->> 'language', c.language))) then
            begin
                update app.client k
                set name = case when for_desk or k.source = sub then person ->> 'name' else k.name end,
                    email = coalesce(person ->> 'email', k.email), email_key = coalesce(mail, k.email_key),
                    phone = coalesce(person ->> 'phone', k.phone), phone_key = coalesce(number, k.phone_key),
                    language = coalesce(person ->> 'language', k.language),
                    source = case when not for_desk then k.source end, updated_at = app.now()
                where k.clinic_id = tenant and k.id = c.id;
            exception when unique_violation then
                c := null;  -- somebody has just come with this address: look again
            end;
        end if;
        exit when c.id is not null;
    end loop;
    return c.id;
end
$$;

-- What a correction of a booking leaves behind is looked at by app.work_forget_clients: perhaps nothing points to it any more.
create or replace function app.leave_client(tenant uuid, left_client uuid)
returns void language sql volatile security definer set search_path = app, public, pg_temp as $$
    update app.client c set idle_since = '-infinity' where c.clinic_id = tenant and c.id = left_client
$$;

-- The clients of this e-mail address, as pairs of clinic and id. For the filter of bookings: whoever asks gets only bookings that
-- it may see and that say this address themselves.
create or replace function app.clients_of_email(clinics uuid[], mail text)
returns table (clinic_id uuid, id uuid) language sql stable security definer set search_path = app, public, pg_temp as $$
    select c.clinic_id, c.id from app.client c
    where c.email_key = mail and (clinics is null or c.clinic_id = any (clinics))
$$;

-- ---------------------------------------------------------------- reading

create or replace function app.client_json(c app.client)
returns json language sql stable parallel safe as $$
    select json_build_object('id', c.id, 'clinic_id', c.clinic_id, 'name', c.name, 'email', c.email, 'phone', c.phone,
                             'language', c.language, 'created_at', app.utc_instant(c.created_at), 'updated_at', app.utc_instant(c.updated_at))
$$;

create or replace function app.visit_json(b app.booking)
returns json language sql stable as $$
    select case when b.id is not null then
        json_build_object('booking_id', b.id, 'status', b.status, 'treatment', b.treatment,
                          'start', app.local_instant(b.starts_at, b.timezone), 'timezone', b.timezone) end
$$;

-- What a client's bookings come to. Holds that ran out count for nothing; a visit whose end nobody has marked is one.
create or replace function app.client_visits(tenant uuid, target uuid)
returns json language plpgsql stable security definer set search_path = app, public, pg_temp as $$
declare
    moment timestamptz := app.now();
    counts record;
    last_one app.booking;
    next_one app.booking;
begin
    select count(*) as bookings, count(*) filter (where b.status = 'no_show') as no_shows,
           count(*) filter (where b.status = 'cancelled') as cancellations
    into counts
    from app.booking b
    where b.clinic_id = tenant and b.client_id = target
      and b.status <> 'expired' and not (b.status = 'held' and b.hold_expires_at <= moment);
    select * into last_one from app.booking b
    where b.clinic_id = tenant and b.client_id = target and b.starts_at <= moment and b.status in ('confirmed', 'completed')
    order by b.starts_at desc, b.id desc limit 1;
    select * into next_one from app.booking b
    where b.clinic_id = tenant and b.client_id = target and b.starts_at > moment and b.status = 'confirmed'
    order by b.starts_at, b.id limit 1;
    return json_build_object('bookings', counts.bookings, 'no_shows', counts.no_shows, 'cancellations', counts.cancellations,
                             'last_visit', app.visit_json(last_one), 'next_visit', app.visit_json(next_one));
end
$$;

create or replace function app.read_client(client_id uuid, clinics text)
returns app.answer language plpgsql stable as $$
declare
    c app.client;
begin
    select * into c from app.client k where k.id = client_id and app.clinic_allowed(k.clinic_id, clinics);
    if not found then
        return null;
    end if;
    return row(200, app.json_with(app.client_json(c), app.client_visits(c.clinic_id, c.id)), null, null, null)::app.answer;
end
$$;

create or replace function app.client_of_booking(clinic uuid, booking uuid)
returns uuid language sql stable security definer set search_path = app, public, pg_temp as $$
    select b.client_id from app.booking b where b.clinic_id = clinic and b.id = booking
$$;

-- args: email, phone, booking_id, clinic_id, limit, cursor, clinics. In no order that tells anything: by id, so that a cursor holds no name.
-- Only the filters that are there become part of the statement, as in app.list_bookings.
create or replace function app.list_clients(args jsonb)
returns app.answer language plpgsql stable as $$
declare
    page int := coalesce((args ->> 'limit')::int, 20);
    clinics uuid[] := app.clinics_filter(args ->> 'clinics');
    after_id uuid;
    filters text := '';
    found_clients app.client[];
begin
    if args ? 'cursor' then
        begin
            after_id := app.cursor_decode(args ->> 'cursor', 1) ->> 0;
        exception when data_exception then
            after_id := null;
        end;
        if after_id is null then
            return row(400, app.cursor_problem()::json, null, null, null)::app.answer;
        end if;
        filters := ' and c.id > $1';
    end if;
    if args ? 'clinic_id' then
        clinics := case when clinics is null or (args ->> 'clinic_id')::uuid = any (clinics) then array[(args ->> 'clinic_id')::uuid]
                   else '{}' end;
    elsif clinics is null then
        clinics := array(select k.id from app.clinic k);
    end if;
    filters := filters || case when args ? 'email' then ' and c.email_key = $3' else '' end
                       || case when args ? 'phone' then ' and c.phone_key = $4' else '' end
                       || case when args ? 'booking_id' then ' and c.id = app.client_of_booking(n.id, $6)' else '' end;
    execute 'select array_agg(f.c order by (f.c).id) from (select k.c from unnest($2) as n (id)
             cross join lateral (select c from app.client c where c.clinic_id = n.id' || filters || ' order by c.id limit $5) as k
             order by (k.c).id limit $5) as f'
    into found_clients
    using after_id, clinics, app.contact_key(args ->> 'email'), app.contact_key(args ->> 'phone'), page + 1,
          (args ->> 'booking_id')::uuid;
    return row(200,
               json_build_object(
                   'items', (select coalesce(json_agg(app.client_json(c) order by c.id), '[]') from unnest(found_clients[1:page]) as c),
                   'next', case when cardinality(found_clients) > page then
                       app.cursor_encode(jsonb_build_array((found_clients[page]).id)) end),
               null, null, null)::app.answer;
end
$$;

-- ---------------------------------------------------------------- export

-- All that is held on a client, for the person to have (GDPR articles 15 and 20).
create or replace function app.client_export_json(tenant uuid, target uuid)
returns json language plpgsql stable security definer set search_path = app, public, pg_temp as $$
declare
    moment timestamptz := app.now();
    c app.client;
    bookings uuid[];
    charges uuid[];
    entries uuid[];
begin
    select * into c from app.client k where k.clinic_id = tenant and k.id = target;
    entries := array(select e.id from app.waitlist_entry e where e.clinic_id = tenant and e.client_id = target);
    bookings := array(select b.id from app.booking b where b.clinic_id = tenant and b.client_id = target);
    charges := array(select g.id from app.charge g where g.clinic_id = tenant and g.booking_id = any (bookings));
    return json_build_object(
        'exported_at', app.utc_instant(moment),
        'client', app.json_with(app.client_json(c), app.client_visits(tenant, target)),
        'bookings', (select coalesce(json_agg(app.json_with(
                         app.booking_json(app.booking_now(b, moment)),
                         json_build_object('room_id', b.room_id, 'rescheduled_at', app.local_instant(b.rescheduled_at, b.timezone),
                                           'ended_by', b.ended_by, 'end_reason', b.end_reason, 'policy', b.policy))
                         order by b.starts_at, b.id), '[]')
                     from app.booking b where b.clinic_id = tenant and b.id = any (bookings)),
        'charges', (select coalesce(json_agg(app.charge_json(g, b, true) order by g.created_at, g.id), '[]')
                    from app.charge g join app.booking b on b.clinic_id = g.clinic_id and b.id = g.booking_id
                    where g.clinic_id = tenant and g.id = any (charges)),
        'orders', (select coalesce(json_agg(json_build_object('id', o.id, 'external_ref', o.external_ref, 'source', o.source,
                                                              'created_at', app.utc_instant(o.created_at)) order by o.created_at, o.id), '[]')
                   from app.booking_order o
                   where o.clinic_id = tenant and o.id in (select b.order_id from app.booking b where b.clinic_id = tenant and b.id = any (bookings))),
        'series', (select coalesce(json_agg(json_build_object('id', s.id, 'external_ref', s.external_ref, 'source', s.source,
                                                              'treatment', s.treatment, 'sessions', s.sessions, 'every_days', s.every_days,
                                                              'created_at', app.utc_instant(s.created_at)) order by s.created_at, s.id), '[]')
                   from app.series s
                   where s.clinic_id = tenant and s.id in (select b.series_id from app.booking b where b.clinic_id = tenant and b.id = any (bookings))),
        'waitlist', (select coalesce(json_agg(app.entry_json(app.entry_now(e, moment)) order by e.created_at, e.id), '[]')
                     from app.waitlist_entry e where e.clinic_id = tenant and e.id = any (entries)),
        'audit', (select coalesce(json_agg(app.audit_json(a) order by a.at, a.id), '[]')
                  from (select * from app.audit k where k.clinic_id = tenant and k.entity = 'booking' and k.entity_id = any (bookings::text[])
                        union all
                        select * from app.audit k where k.clinic_id = tenant and k.entity = 'charge' and k.entity_id = any (charges::text[])
                        union all
                        select * from app.audit k where k.clinic_id = tenant and k.entity = 'waitlist_entry' and k.entity_id = any (entries::text[])
                        union all
                        select * from app.audit k where k.clinic_id = tenant and k.entity = 'client' and k.entity_id = target::text) as a));
end
$$;

-- One row of the audit for what was done with a client; nothing of the person in it.
create or replace function app.record_client(tenant uuid, target uuid, operation text, facts jsonb, caller app.caller)
returns void language sql volatile as $$
    insert into app.audit (clinic_id, at, who, what, entity, entity_id, after, request_id)
    values (tenant, app.now(), coalesce(caller.sub, ''), operation, 'client', target::text, facts, caller.request_id)
$$;

create or replace function app.export_client(client_id uuid, caller app.caller, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    c app.client;
    document json;
begin
    select * into c from app.client k where k.id = client_id and app.clinic_allowed(k.clinic_id, clinics);
    if not found then
        return null;
    end if;
    document := app.client_export_json(c.clinic_id, c.id);
    perform app.record_client(c.clinic_id, c.id, 'exportClient',
                              jsonb_build_object('bookings', json_array_length(document -> 'bookings')), caller);
    return row(200, document, null, null, null)::app.answer;
end
$$;

-- ---------------------------------------------------------------- erasure

do $$
begin
    -- What became of an erasure: null ids where there was no such client; `live` are the bookings that stand in its way.
    if to_regtype('app.erasure') is null then
        create type app.erasure as (client_id uuid, bookings int, cancelled int, live uuid[]);
    end if;
end
$$;

-- The bookings that are not over: holds and confirmed ones whose end is still to come.
create or replace function app.is_live(b app.booking, moment timestamptz)
returns boolean language sql immutable parallel safe as $$
    select b.ends_at > moment and (b.status = 'confirmed' or b.status = 'held' and b.hold_expires_at > moment)
$$;

create or replace function app.withdrawn(e app.waitlist_entry)
returns app.waitlist_entry language plpgsql immutable as $$
begin
    e.status := 'withdrawn';
    return e;
end
$$;

-- Forgets a client (GDPR article 17). Bookings stay to be counted, with their times, prices, charges and reference, but say of
-- nobody who it was: client, intake, note, the reason of a cancellation and the partner's own name for the booking, its order or
-- its series go. So do the answers that are kept for repetitions; whoever repeats such a request acts anew. Entries of the waiting
-- list end and lose the same. Reasons that the staff wrote at these bookings and charges may name the person, so the word
-- 'erased' takes their place, in the audit too: the one thing that is ever changed there. A booking that is not over
-- stands in the way; `cancelling` cancels it first, as the clinic would, unless it has begun. Each booking tells its partner
-- (change log, `erased`) to forget as well.
--
-- Locks: acts, resources, bookings, charges, then the client last, as all acts do. What came in between is seen under the
-- client's lock; then all is let go and begun anew. After it there is no row that could take a name by this id.
create or replace function app.erase_client_data(tenant uuid, target uuid, cancelling boolean, operation text, caller app.caller)
returns app.erasure language plpgsql volatile security definer set search_path = app, public, pg_temp as $$
declare
    moment timestamptz := app.now();
    quiet app.caller := row(caller.sub, caller.request_id, null, null, null);
    ids uuid[];
    entries uuid[];
    is_recent boolean;
    done app.erasure;
    b app.booking;
    e app.waitlist_entry;
begin
    loop
        begin
            entries := array(select k.id from app.waitlist_entry k where k.clinic_id = tenant and k.client_id = target order by k.id);
            perform app.lock_acts_on(n.id) from unnest(entries) as n (id);
            ids := array(select k.id from app.booking k where k.clinic_id = tenant and k.client_id = target order by k.id);
            if cancelling then
                perform app.lock_acts_on(k.id)
                from (select j.id from app.booking j where j.clinic_id = tenant and j.id = any (ids) and app.is_live(j, moment) order by j.id) as k;
                perform app.lock_bookable(tenant, array_agg(distinct k.practitioner_id),
                                          coalesce(array_agg(distinct k.room_id) filter (where k.room_id is not null), '{}'))
                from app.booking k where k.clinic_id = tenant and k.id = any (ids) and app.is_live(k, moment) having count(*) > 0;
            end if;
            perform from app.booking k where k.clinic_id = tenant and k.id = any (ids) order by k.id for no key update;
            perform from app.charge g where g.clinic_id = tenant and g.booking_id = any (ids) order by g.id for no key update;
            perform from app.client c where c.clinic_id = tenant and c.id = target for update;
            if not found then
                return done;
            end if;
            if exists (select from app.booking k where k.clinic_id = tenant and k.client_id = target and k.id <> all (ids))
               or exists (select from app.waitlist_entry k where k.clinic_id = tenant and k.client_id = target and k.id <> all (entries)) then
                raise exception using errcode = 'CL001';
            end if;
            exit;
        exception when sqlstate 'CL001' then
            null;  -- something has come meanwhile: the locks are given back, and taken again with its own
        end;
    end loop;

    -- An answer that is still kept was given to an act on something that has changed since, or was to come then. (To look through
    -- all answers of a day for whom time forgets would take longer than a work may.)
    is_recent := exists (select from app.booking k where k.clinic_id = tenant and k.id = any (ids)
                                                     and greatest(k.updated_at, k.ends_at) > moment - app.answers_kept())
                 or exists (select from app.waitlist_entry k where k.clinic_id = tenant and k.id = any (entries)
                                                               and k.updated_at > moment - app.answers_kept())
                 or exists (select from app.charge g where g.clinic_id = tenant and g.booking_id = any (ids)
                                                       and g.updated_at > moment - app.answers_kept());
    done.client_id := target;
    done.cancelled := 0;
    done.live := array(select k.id from app.booking k
                       where k.clinic_id = tenant and k.id = any (ids) and app.is_live(k, moment)
                         and not (cancelling and k.starts_at > moment)
                       order by k.starts_at, k.id);
    if done.live <> '{}' then
        return done;
    end if;
    for b in
        select k.* from app.booking k where k.clinic_id = tenant and k.id = any (ids) and app.is_live(k, moment) order by k.id
    loop
        perform app.give_up(b, null, true, 'cancelBooking', quiet);
        done.cancelled := done.cancelled + 1;
    end loop;

    with erased as (
        update app.booking k
        set client = null, client_id = null, intake = null, note = null, end_reason = null, external_ref = null,
            erased_at = moment, version = k.version + 1, updated_at = moment
        where k.clinic_id = tenant and k.id = any (ids)
        returning k.*
    ), told as (
        insert into app.change (clinic_id, owner, entity, entity_id, kind, data, at)
        select k.clinic_id, k.source, 'booking', k.id::text, 'erased',
               jsonb_build_object('status', k.status, 'version', k.version, 'reference', k.reference), moment
        from erased k
    )
    select count(*) into done.bookings from erased;
    update app.booking_order o set external_ref = null
    where o.clinic_id = tenant and o.external_ref is not null
      and o.id in (select k.order_id from app.booking k where k.clinic_id = tenant and k.id = any (ids));
    update app.series s set external_ref = null
    where s.clinic_id = tenant and s.external_ref is not null
      and s.id in (select k.series_id from app.booking k where k.clinic_id = tenant and k.id = any (ids));
    for e in
        select (app.entry_now(k, moment)).* from app.waitlist_entry k where k.clinic_id = tenant and k.id = any (entries) order by k.id
    loop
        if e.status in ('waiting', 'offered') then
            e.booking_id := null;
            e.updated_at := moment;
            perform app.write_entry(app.withdrawn(e), e.status, 'withdrawn', 'withdrawWaitlistEntry', quiet);
        end if;
    end loop;
    update app.waitlist_entry k set client = null, client_id = null, note = null, external_ref = null
    where k.clinic_id = tenant and k.id = any (entries);
    update app.charge g set waive_reason = 'erased'
    where g.clinic_id = tenant and g.booking_id = any (ids) and g.waive_reason is not null;
    update app.audit a set reason = 'erased'
    where a.clinic_id = tenant and a.reason is not null
      and (a.entity = 'booking' and a.entity_id = any (ids::text[])
           or a.entity = 'charge' and a.entity_id in (select g.id::text from app.charge g
                                                     where g.clinic_id = tenant and g.booking_id = any (ids)));
    if is_recent then
        perform app.forget_answers_of(ids || entries || target);
    end if;
    delete from app.client c where c.clinic_id = tenant and c.id = target;

    insert into app.change (clinic_id, entity, entity_id, kind, data, at)
    values (tenant, 'client', target::text, 'erased', '{}', moment);
    perform app.record_client(tenant, target, operation,
                              jsonb_build_object('bookings', done.bookings, 'cancelled', done.cancelled), caller);
    return done;
end
$$;

-- Takes away the stored answers that name one of these ids. It reads all answers of a day: who is erased is seldom.
create or replace function app.forget_answers_of(ids uuid[])
returns void language sql volatile security definer set search_path = app, public, pg_temp as $$
    delete from app.idempotency_record r
    where exists (select from regexp_matches(r.body::text, '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', 'g') as named (id)
                  where named.id[1]::uuid = any (ids))
$$;

create or replace function app.erase_client(client_id uuid, cancelling boolean, caller app.caller, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    c app.client;
    done app.erasure;
begin
    select * into c from app.client k where k.id = client_id and app.clinic_allowed(k.clinic_id, clinics);
    if not found then
        return null;
    end if;
    done := app.erase_client_data(c.clinic_id, c.id, cancelling, 'eraseClient', caller);
    if done.client_id is null then
        return null;
    elsif done.live <> '{}' then
        return app.refused(409, 'client-is-expected',
                           case when cancelling then 'A visit has begun and is not over; erase when it is.'
                                else 'There are bookings that are not over. Cancel them first, or send cancel=true.' end,
                           jsonb_build_object('booking_ids', done.live));
    end if;
    return row(200, json_build_object('id', c.id, 'bookings', done.bookings, 'cancelled', done.cancelled), null, null, null)::app.answer;
end
$$;

-- ---------------------------------------------------------------- retention

-- Erases whoever had nothing with the clinic for as many days as its policy keeps clients, and those whom a correction left
-- without any booking. A client whose visit was later than was known is looked at again when that is old enough.
create or replace function app.work_forget_clients(most int)
returns int language plpgsql volatile security definer set search_path = app, public, pg_temp as $$
declare
    moment timestamptz := app.now();
    found_client record;
    last_end timestamptz;
    nobody app.caller;
    outcome app.erasure;
    done int := 0;
begin
    nobody.sub := 'clinicd';
    for found_client in
        select k.* from (
            select c.clinic_id, c.id, c.created_at, c.idle_since, moment - make_interval(days => (n.policy ->> 'client_retention_days')::int) as kept_since
            from app.clinic n
            cross join lateral (select * from app.client i
                                where i.clinic_id = n.id
                                  and i.idle_since < moment - make_interval(days => (n.policy ->> 'client_retention_days')::int)
                                order by i.idle_since limit most) as c
            where (n.policy ->> 'client_retention_days')::int > 0
            union
            select c.clinic_id, c.id, c.created_at, c.idle_since, '-infinity' from app.client c where c.idle_since = '-infinity'
        ) as k
        order by k.clinic_id, k.id, k.kept_since desc limit most
    loop
        -- One instance at a time for each client; the next call finds what another is just erasing gone.
        continue when not pg_try_advisory_xact_lock(5, hashtext(found_client.id::text));
        last_end := greatest((select max(b.ends_at) from app.booking b
                              where b.clinic_id = found_client.clinic_id and b.client_id = found_client.id),
                             (select max(case when e.status in ('waiting', 'offered') then e.ends_at else e.updated_at end)
                              from app.waitlist_entry e
                              where e.clinic_id = found_client.clinic_id and e.client_id = found_client.id));
        done := done + 1;
        if last_end is null or last_end < found_client.kept_since then
            outcome := app.erase_client_data(found_client.clinic_id, found_client.id, false, 'forgetClient', nobody);
            continue when outcome.live is null or outcome.live = '{}';
        end if;
        update app.client c
        set idle_since = case when last_end >= found_client.kept_since then last_end else found_client.kept_since + interval '1 day' end
        where c.clinic_id = found_client.clinic_id and c.id = found_client.id;
    end loop;
    return done;
end
$$;
