-- What the specs stand on: a small practice, the named queries of sql/queries as acts of one line, and the world as it is
-- afterwards. Run by conftest.py as administrator; race.query is filled by it.
create schema race;
grant usage on schema race to public;

create table race.query (operation text primary key, statement text not null, arguments text[] not null, guarded boolean not null);
grant select on race.query to public;

-- Names for people, rooms, offerings and hours, as the specs write them.
create table race.name (name text primary key, id uuid not null);
grant select on race.name to public;

create function race.id(wanted text) returns uuid language sql stable as $$ select id from race.name where name = wanted $$;
create function race.named(wanted uuid) returns text language sql stable as $$ select min(name) from race.name where id = wanted $$;

-- 'nine', 'ten', 'eleven' and 'twelve' of one day, two weeks ahead.
create function race.hour(label text) returns timestamptz language sql stable as $$
    select (date_trunc('day', now() at time zone 'UTC') + interval '14 days'
            + make_interval(hours => 8 + array_position('{nine,ten,eleven,twelve}', label))) at time zone 'UTC'
$$;
create function race.hour_label(start timestamptz) returns text language sql stable as $$
    select coalesce(('{nine,ten,eleven,twelve}'::text[])[extract(hour from start at time zone 'UTC')::int - 8], start::text)
$$;

insert into race.name select name, app.new_id()
from unnest('{clinic,site,ada,ben,room,massage,needling,everywhere}'::text[]) as name;

insert into app.clinic (id, slug, name, timezone) values (race.id('clinic'), 'race', 'Race', 'UTC');
insert into app.location (clinic_id, id, slug, name, timezone) values (race.id('clinic'), race.id('site'), 'site', 'Site', 'UTC');
insert into app.practitioner (clinic_id, id, name) select race.id('clinic'), id, name from race.name where name in ('ada', 'ben');
insert into app.practitioner_location select race.id('clinic'), id, race.id('site') from race.name where name in ('ada', 'ben');
insert into app.room (clinic_id, id, location_id, name, kind)
values (race.id('clinic'), race.id('room'), race.id('site'), 'Room', 'quiet');
insert into app.schedule (clinic_id, practitioner_id, location_id, weekday, "from", "to")
select race.id('clinic'), n.id, race.id('site'), weekday, '09:00', '13:00'
from race.name n, generate_series(1, 7) as weekday where n.name in ('ada', 'ben');
-- massage needs nobody but the practitioner, needling the one room too.
insert into app.treatment (code, name, modality) values ('race', '{"en": "Race"}', 'manual');
insert into app.offering (clinic_id, id, treatment, duration_minutes, price_amount, price_currency, room_kind)
values (race.id('clinic'), race.id('massage'), 'race', 60, 6000, 'EUR', null),
       (race.id('clinic'), race.id('needling'), 'race', 60, 6000, 'EUR', 'quiet');
insert into app.offering_practitioner select race.id('clinic'), o.id, p.id
from race.name o, race.name p where o.name in ('massage', 'needling') and p.name in ('ada', 'ben');
insert into app.offering_location select race.id('clinic'), id, race.id('site') from race.name where name in ('massage', 'needling');

-- One request as the service sends it: the guard, then the named query, in the caller's transaction. `sub` is a partner, or
-- 'desk' for the clinic's own staff. Answers in a few words: status, then what became of it or why not.
create function race.request(wanted text, sub text, arguments jsonb) returns text language plpgsql volatile as $$
declare
    scopes text := 'availability:read bookings:read bookings:write' || case when sub = 'desk' then ' bookings:desk directory:write' else '' end;
    known jsonb := jsonb_build_object('sub', sub, 'scopes', scopes, 'clinics', '*', 'lang', '{en}', 'request_id', 'race',
                                      'hash', md5(arguments::text)) || arguments;
    q race.query;
    answer record;
begin
    select * into strict q from race.query where operation = wanted;
    if q.guarded then
        perform set_config('app.sub', sub, true), set_config('app.scopes', scopes, true), set_config('app.clinics', '*', true);
    end if;
    execute q.statement into answer
    using array(select known ->> argument from unnest(q.arguments) with ordinality as a (argument, place) order by place);
    if answer is null then
        return '404';
    elsif answer.status >= 400 then
        return answer.status || ' ' || (answer.body ->> 'type');
    end if;
    return concat_ws(' ', answer.status, answer.body ->> 'status', race.hour_label((answer.body ->> 'start')::timestamptz),
                     race.named((answer.body ->> 'practitioner_id')::uuid),
                     'affected: ' || json_array_length(answer.body -> 'affected_bookings'),
                     case when (to_jsonb(answer) ->> 'replayed')::boolean then '(replayed)' end);
end
$$;

-- A booking is called by the label that it was made with (its external_ref).
create function race.booking(label text) returns uuid language sql stable security definer as $$
    select id from app.booking where clinic_id = race.id('clinic') and external_ref = label
$$;

create function race.book(sub text, label text, hour text, person text default 'ada', hold boolean default false,
                          offering text default 'massage', key text default null) returns text language sql volatile as $$
    select race.request('createBooking', sub, jsonb_build_object('key', key, 'body', jsonb_build_object(
        'offering_id', race.id(offering), 'location_id', race.id('site'), 'practitioner_id', race.id(person),
        'start', race.hour(hour), 'external_ref', label, 'hold', hold, 'client', jsonb_build_object('name', 'A', 'email', label || '@example.org'))))
$$;
create function race.hold(sub text, label text, hour text, person text default 'ada', offering text default 'massage')
returns text language sql volatile as $$ select race.book(sub, label, hour, person, true, offering) $$;

create function race.act(what text, sub text, label text, body jsonb default '{}') returns text language sql volatile as $$
    select race.request(what || 'Booking', sub, jsonb_build_object('booking_id', race.booking(label), 'body', body))
$$;
create function race.move(sub text, label text, hour text, person text default null) returns text language sql volatile as $$
    select race.act('reschedule', sub, label, jsonb_strip_nulls(jsonb_build_object('start', race.hour(hour), 'practitioner_id', race.id(person))))
$$;

-- The desk closes the day.
create function race.close_day() returns text language sql volatile as $$
    select race.request('createException', 'desk', jsonb_build_object('clinic_id', race.id('clinic'), 'body', jsonb_build_object(
        'kind', 'close', 'location_id', race.id('site'), 'date_from', race.hour('nine')::date, 'date_to', race.hour('nine')::date)))
$$;

-- Nobody has booked anything; the clocks of all sessions that have one show the real time.
create procedure race.reset() language plpgsql as $$
begin
    truncate app.booking, app.exception, app.idempotency_record, app.change, app.audit cascade;
    update app.test_clock set clock_offset = '0';
end
$$;

-- What there is afterwards: every booking, what it takes, what it costs, and whether its changes are told one by one. A last
-- row counts those that are in each other's way, from the bookings themselves and not from what the constraint looks at.
create view race.world as
select b.external_ref as label, b.status, b.version, race.hour_label(b.starts_at) as hour, race.named(b.practitioner_id) as person,
       (select string_agg(race.named(o.resource_id) || case when o.expires_at is null then '' else '?' end, ' ' order by race.named(o.resource_id))
        from app.occupancy o where o.booking_id = b.id) as takes,
       (select string_agg(c.kind, ' ' order by c.id) from app.change c where c.entity_id = b.id::text) as told
from app.booking b
union all
select 'overlaps', count(*)::text, null, null, null, null, null
from app.booking a join app.booking b
  on a.id < b.id and (a.practitioner_id = b.practitioner_id or a.room_id = b.room_id)
     and a.starts_at < b.ends_at and b.starts_at < a.ends_at
where a.status in ('held', 'confirmed') and b.status in ('held', 'confirmed')
order by 1, 4;

-- Somebody waits for one hour; the entry is called by its label, and so is the booking that is offered to it.
create function race.wait_for(sub text, label text, hour text) returns text language sql volatile as $$
    select race.request('createWaitlistEntry', sub, jsonb_build_object('body', jsonb_build_object(
        'clinic_id', race.id('clinic'), 'offering_ids', jsonb_build_array(race.id('massage')),
        'practitioner_ids', jsonb_build_array(race.id('ada')), 'date_from', race.hour(hour)::date, 'date_to', race.hour(hour)::date,
        'windows', jsonb_build_array(jsonb_build_object('from', to_char(race.hour(hour), 'HH24:MI'))),
        'external_ref', label, 'client', jsonb_build_object('name', 'A', 'email', label || '@example.org'))))
$$;
create function race.entry(label text) returns uuid language sql stable security definer as $$
    select id from app.waitlist_entry where clinic_id = race.id('clinic') and external_ref = label
$$;
create function race.act_waiting(what text, sub text, label text, body jsonb default '{}') returns text language sql volatile as $$
    select race.request(what || 'WaitlistEntry', sub, jsonb_build_object('entry_id', race.entry(label), 'body', body))
$$;

-- Who waits, and what has become of it.
create view race.line as
select e.external_ref as label, e.status as written, (app.entry_now(e, app.now())).status,
       (select string_agg(c.kind, ' ' order by c.id) from app.change c where c.entity_id = e.id::text) as told
from app.waitlist_entry e order by e.created_at, e.id;

-- An order of places such as 'nine ada', in that order; its bookings have the order's label.
create function race.order_places(sub text, label text, variadic places text[]) returns text language sql volatile as $$
    select race.request('createOrder', sub, jsonb_build_object('body', jsonb_build_object(
        'external_ref', label, 'client', jsonb_build_object('name', 'A', 'email', label || '@example.org'),
        'items', (select jsonb_agg(jsonb_build_object('offering_id', race.id('massage'), 'location_id', race.id('site'),
                                                      'practitioner_id', race.id(split_part(place, ' ', 2)),
                                                      'start', race.hour(split_part(place, ' ', 1))) order by n)
                  from unnest(places) with ordinality as p (place, n)))))
$$;
create function race.order_id(label text) returns text language sql stable security definer as $$
    select min(order_id::text) from app.booking where clinic_id = race.id('clinic') and external_ref = label
$$;
create function race.cancel_order(sub text, label text) returns text language sql volatile as $$
    select race.request('cancelOrder', sub, jsonb_build_object('order_id', race.order_id(label), 'body', '{}'::jsonb))
$$;
