-- Booked people, kept per clinic, so that they can be found, told what is held on them, and forgotten.

create table app.client (
    clinic_id uuid not null references app.clinic,
    id uuid not null default app.new_id(),
    name text not null,
    email text,
    phone text,
    language text,
    email_key text,                      -- app.contact_key of email
    phone_key text,                      -- and of phone
    source text,                         -- the partner whose word this is; null: the clinic's own
    -- Nothing of this client ended later than this when it was last looked at: retention begins here. What really was the
    -- last is in app.booking. '-infinity' when a correction took a booking away, so that perhaps nothing is left.
    idle_since timestamptz not null,
    created_at timestamptz not null default app.now(),
    updated_at timestamptz not null default app.now(),
    primary key (clinic_id, id)
);
-- An e-mail address is one client's; a telephone may be a family's, so only of those without an address it tells one.
-- Partial, so that a client who gets an address keeps those who book beside it from waiting no longer than an update does.
create unique index client_email on app.client (clinic_id, email_key) where email_key is not null;
create unique index client_phone_alone on app.client (clinic_id, phone_key) where email_key is null and phone_key is not null;
create index client_phone on app.client (clinic_id, phone_key) where phone_key is not null;
create index client_id on app.client (id);
create index client_idle on app.client (clinic_id, idle_since);
create index client_loose on app.client (clinic_id) where idle_since = '-infinity';

alter table app.booking
    add column client_id uuid,           -- whose it is; `client` is what was said at booking
    add column erased_at timestamptz,    -- when its client was erased: since then nobody's
    add constraint booking_client foreign key (clinic_id, client_id) references app.client;
create index booking_client on app.booking (clinic_id, client_id, starts_at) where client_id is not null;

alter table app.waitlist_entry
    add column client_id uuid,
    add constraint waitlist_entry_client foreign key (clinic_id, client_id) references app.client;
create index waitlist_entry_client on app.waitlist_entry (clinic_id, client_id) where client_id is not null;
create index booking_external_ref_of_clinic on app.booking (clinic_id, external_ref) where external_ref is not null;
-- The few clinics that do not keep clients for ever: the worker asks for them all the time.
create index clinic_retention on app.clinic (id) where (policy ->> 'client_retention_days')::int > 0;

-- A confirmed booking whose visit nobody has marked loses its client by erasure all the same.
do $$
declare
    old_check text;
begin
    select conname into strict old_check from pg_constraint
    where conrelid = 'app.booking'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%confirmed%client IS NOT NULL%';
    execute format('alter table app.booking drop constraint %I', old_check);
end
$$;
alter table app.booking add constraint booking_confirmed check (status <> 'confirmed' or client is not null or erased_at is not null);

-- Those who had booked before: by e-mail; else by telephone, when it is one client's alone; else one each.
create temporary table said on commit drop as
    select b.clinic_id, b.id, b.client, b.source, b.created_at, b.ends_at, lower(btrim(b.client ->> 'email')) as email_key,
           case when b.client ->> 'phone' ~ '^ *(\+|00)'
                then '+' || regexp_replace(regexp_replace(replace(b.client ->> 'phone', '(0)', ''), '[^0-9]', '', 'g'), '^00', '')
                else regexp_replace(b.client ->> 'phone', '[^0-9]', '', 'g') end as phone_key,
           null::uuid as client_id
    from (select k.clinic_id, k.id, k.client, k.source, k.created_at, k.ends_at from app.booking k
          union all
          select e.clinic_id, e.id, e.client, e.source, e.created_at, e.updated_at from app.waitlist_entry e) as b
    where b.client is not null;
insert into app.client (clinic_id, name, email, phone, language, email_key, phone_key, source, idle_since)
    select distinct on (s.clinic_id, s.email_key) s.clinic_id, s.client ->> 'name', s.client ->> 'email', s.client ->> 'phone',
           s.client ->> 'language', s.email_key, s.phone_key, s.source, s.ends_at
    from said s where s.email_key is not null order by s.clinic_id, s.email_key, s.phone_key is null, s.created_at desc;
update said s set client_id = c.id from app.client c where c.clinic_id = s.clinic_id and c.email_key = s.email_key;
update said s set client_id = c.id
    from (select c.clinic_id, c.phone_key, (array_agg(c.id))[1] as id from app.client c
          where c.phone_key is not null group by 1, 2 having count(*) = 1) as c
    where s.client_id is null and c.clinic_id = s.clinic_id and c.phone_key = s.phone_key;
insert into app.client (clinic_id, name, phone, language, phone_key, source, idle_since)
    select distinct on (s.clinic_id, s.phone_key) s.clinic_id, s.client ->> 'name', s.client ->> 'phone', s.client ->> 'language',
           s.phone_key, s.source, s.ends_at
    from said s where s.client_id is null and s.phone_key is not null order by s.clinic_id, s.phone_key, s.created_at desc;
update said s set client_id = c.id from app.client c
    where s.client_id is null and c.clinic_id = s.clinic_id and c.phone_key = s.phone_key and c.email_key is null;
insert into app.client (clinic_id, id, name, language, source, idle_since)
    select s.clinic_id, s.id, s.client ->> 'name', s.client ->> 'language', s.source, s.ends_at from said s where s.client_id is null;
update app.booking b set client_id = coalesce(s.client_id, s.id) from said s where b.clinic_id = s.clinic_id and b.id = s.id;
update app.waitlist_entry e set client_id = coalesce(s.client_id, s.id) from said s where e.clinic_id = s.clinic_id and e.id = s.id;

-- Written only by the functions of 38_clients.sql, with their owner's rights: a partner books for clients whom it may not see.
alter table app.client enable row level security;
create policy client_principal on app.client for select
    using (((select app.principal_everywhere()) or clinic_id = any ((select app.principal_clinics())::uuid[]))
           and ((select app.principal_has('clients:read')) or (select app.principal_has('clients:erase'))
                or (select app.principal_has('bookings:desk'))));
create policy client_worker on app.client to clinicd_worker using (true) with check (true);
grant select on app.client to clinicd_service, clinicd_worker;
