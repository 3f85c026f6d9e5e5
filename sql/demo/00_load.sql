-- The demo practice, part 0: how its documents become rows. Run by `clinicd demo` as clinicd_owner, all files of
-- this folder in name order and one transaction.
--
-- Only what is missing is added, with its change row in the same statement; what is already there, edited
-- or booked meanwhile, stays as it is. So a second run changes nothing.
--
-- The documents that follow have the shapes of the API, with two conveniences: ids are small numbers
-- (`practitioner`, `location` and so on refer to them), and what belongs to one clinic lies inside it.
-- A number becomes a uuid of version 7 that never changes, so that documentation can quote it:
--   clinic 1            01900000-0000-7000-8000-000000000001
--   location 2 of it    01900000-0000-7001-8000-000100000002   (kind 1, clinic 0001, number 2)
-- Kinds: 1 location, 2 practitioner, 3 room, 4 offering, 5 schedule, 6 exception.
-- The procedures live in pg_temp and vanish with the connection.

create or replace function pg_temp.demo_id(kind int, clinic int, number int) returns uuid language sql immutable strict as $$
    select format('01900000-0000-7%s-8000-%s%s', lpad(kind::text, 3, '0'),
                  lpad(clinic::text, 4, '0'), lpad(number::text, 8, '0'))::uuid
$$;

create or replace function pg_temp.clinic_id(clinic int) returns uuid language sql immutable strict as $$
    select pg_temp.demo_id(0, 0, clinic)
$$;

-- A JSON array of strings as text[].
create or replace function pg_temp.texts(list jsonb) returns text[] language sql immutable as $$
    select array(select jsonb_array_elements_text(coalesce(list, '[]')))
$$;

-- Treatments of the catalogue. `warning` (a text by language) closes every text of contraindications.
-- Their relations are looked at when all treatments are there, hence the two statements.
create or replace procedure pg_temp.load_treatments(warning jsonb, document jsonb) language plpgsql as $$
declare
    codes text[];
begin
    with listed as (
        select * from jsonb_populate_recordset(null::app.treatment, document)
    ), added as (
        insert into app.treatment (code, name, description, what_to_expect, preparation, aftercare, contraindications,
                                   self_help, modality, body_regions, requires_qualification)
        select code, name, description, what_to_expect, preparation, aftercare,
               (select jsonb_object_agg(language, text || coalesce(' ' || (warning ->> language), ''))
                from jsonb_each_text(contraindications) as own (language, text)),
               app.self_help(self_help), modality, body_regions, requires_qualification
        from listed
        on conflict (code) do nothing
        returning code
    ), told as (
        insert into app.change (clinic_id, entity, entity_id, kind)
        select app.no_clinic(), 'treatment', code, 'created' from added
    )
    select array_agg(code) into codes from added;

    insert into app.treatment_relation (treatment, kind, other, position)
    select entry ->> 'code', relation.kind, other.code, other.position
    from jsonb_array_elements(document) as entry,
         (values ('alternative', 'alternatives'), ('follow_up', 'follow_ups')) as relation (kind, member),
         jsonb_array_elements_text(entry -> relation.member) with ordinality as other (code, position)
    where entry ->> 'code' = any (codes);
end
$$;

-- Complaints of the catalogue, each with the treatments that may help, in order.
create or replace procedure pg_temp.load_complaints(document jsonb) language sql as $$
    with listed as (
        select entry, entry ->> 'code' as code from jsonb_array_elements(document) as entry
    ), added as (
        insert into app.complaint (code, name, synonyms, felt_in, may_originate_in)
        select code, entry -> 'name', entry -> 'synonyms',
               pg_temp.texts(entry -> 'felt_in'), pg_temp.texts(entry -> 'may_originate_in')
        from listed
        on conflict (code) do nothing
        returning code
    ), linked as (
        insert into app.complaint_treatment (complaint, treatment, position)
        select code, treatment, position
        from listed join added using (code),
             jsonb_array_elements_text(entry -> 'treatments') with ordinality as given (treatment, position)
    )
    insert into app.change (clinic_id, entity, entity_id, kind)
    select app.no_clinic(), 'complaint', code, 'created' from added;
$$;

-- A whole clinic: {id, slug, name, ..., locations, rooms, practitioners (with qualifications and schedules),
-- offerings, exceptions}. Schedules begin on 6 January 2025, a Monday, unless they say otherwise, and have no end.
create or replace procedure pg_temp.load_clinic(document jsonb) language plpgsql as $$
declare
    number int := (document ->> 'id')::int;
    clinic uuid := pg_temp.clinic_id(number);
begin
    with added as (
        insert into app.clinic (id, slug, name, timezone, languages, contact, policy)
        values (clinic, document ->> 'slug', document ->> 'name', document ->> 'timezone',
                pg_temp.texts(document -> 'languages'), document -> 'contact', coalesce(document -> 'policy', '{}'))
        on conflict (id) do nothing
        returning id
    )
    insert into app.change (clinic_id, entity, entity_id, kind)
    select clinic, 'clinic', id, 'created' from added;

    with added as (
        insert into app.location (clinic_id, id, slug, name, address, latitude, longitude, timezone, phone, directions,
                                  accessibility, opening_hours)
        select clinic, pg_temp.demo_id(1, number, (entry ->> 'id')::int), entry ->> 'slug', entry ->> 'name', entry -> 'address',
               (entry #>> '{geo,latitude}')::float8, (entry #>> '{geo,longitude}')::float8, entry ->> 'timezone',
               entry ->> 'phone', entry -> 'directions', pg_temp.texts(entry -> 'accessibility'), entry -> 'opening_hours'
        from jsonb_array_elements(document -> 'locations') as entry
        on conflict (clinic_id, id) do nothing
        returning id
    )
    insert into app.change (clinic_id, entity, entity_id, kind)
    select clinic, 'location', id, 'created' from added;

    with added as (
        insert into app.room (clinic_id, id, location_id, name, kind)
        select clinic, pg_temp.demo_id(3, number, (entry ->> 'id')::int),
               pg_temp.demo_id(1, number, (entry ->> 'location')::int), entry ->> 'name', entry ->> 'kind'
        from jsonb_array_elements(document -> 'rooms') as entry
        on conflict (clinic_id, id) do nothing
        returning id
    )
    insert into app.change (clinic_id, entity, entity_id, kind)
    select clinic, 'room', id, 'created' from added;

    with listed as (
        select entry, pg_temp.demo_id(2, number, (entry ->> 'id')::int) as id
        from jsonb_array_elements(document -> 'practitioners') as entry
    ), added as (
        insert into app.practitioner (clinic_id, id, name, title, languages, biography, accepts_new_clients)
        select clinic, id, entry ->> 'name', entry ->> 'title', pg_temp.texts(entry -> 'languages'), entry -> 'biography',
               coalesce((entry ->> 'accepts_new_clients')::boolean, true)
        from listed
        on conflict (clinic_id, id) do nothing
        returning id
    ), qualified as (
        insert into app.qualification (clinic_id, practitioner_id, position, code, name, issuer, number, issued_on, expires_on)
        select clinic, id, given.position, given.entry ->> 'code', given.entry ->> 'name', given.entry ->> 'issuer',
               given.entry ->> 'number', (given.entry ->> 'issued_on')::date, (given.entry ->> 'expires_on')::date
        from listed join added using (id),
             jsonb_array_elements(listed.entry -> 'qualifications') with ordinality as given (entry, position)
    ), placed as (
        insert into app.practitioner_location (clinic_id, practitioner_id, location_id)
        select distinct clinic, id, pg_temp.demo_id(1, number, (given ->> 'location')::int)
        from listed join added using (id), jsonb_array_elements(listed.entry -> 'schedules') as given
    )
    insert into app.change (clinic_id, entity, entity_id, kind)
    select clinic, 'practitioner', id, 'created' from added;

    with added as (
        insert into app.schedule (clinic_id, id, practitioner_id, location_id, weekday, "from", "to", valid_from, every_weeks)
        select clinic, pg_temp.demo_id(5, number, (given ->> 'id')::int),
               pg_temp.demo_id(2, number, (entry ->> 'id')::int), pg_temp.demo_id(1, number, (given ->> 'location')::int),
               (given ->> 'weekday')::int, (given ->> 'from')::time, (given ->> 'to')::time,
               coalesce(given ->> 'valid_from', '2025-01-06')::date, coalesce((given ->> 'every_weeks')::int, 1)
        from jsonb_array_elements(document -> 'practitioners') as entry,
             jsonb_array_elements(entry -> 'schedules') as given
        on conflict (clinic_id, id) do nothing
        returning id
    )
    insert into app.change (clinic_id, entity, entity_id, kind)
    select clinic, 'schedule', id, 'created' from added;

    with listed as (
        select entry, pg_temp.demo_id(4, number, (entry ->> 'id')::int) as id
        from jsonb_array_elements(document -> 'offerings') as entry
    ), added as (
        insert into app.offering (clinic_id, id, treatment, name, duration_minutes, buffer_before_minutes, buffer_after_minutes,
                                  step_minutes, price_amount, price_currency, room_kind, seats, self_bookable, intake_version)
        select clinic, id, entry ->> 'treatment', coalesce(entry -> 'name', '{}'), (entry ->> 'duration_minutes')::int,
               coalesce((entry ->> 'buffer_before_minutes')::int, 0), coalesce((entry ->> 'buffer_after_minutes')::int, 0),
               coalesce((entry ->> 'step_minutes')::int, 15), (entry #>> '{price,amount}')::bigint,
               entry #>> '{price,currency}', entry ->> 'room_kind',
               coalesce((entry ->> 'seats')::int, 1), coalesce((entry ->> 'self_bookable')::boolean, true),
               case when entry ? 'intake' then 1 end
        from listed
        on conflict (clinic_id, id) do nothing
        returning id
    ), asked as (
        insert into app.intake_form (clinic_id, offering_id, version, questions)
        select clinic, id, 1, app.intake_questions(entry -> 'intake') from listed join added using (id) where entry ? 'intake'
    ), given as (
        insert into app.offering_practitioner (clinic_id, offering_id, practitioner_id)
        select clinic, id, pg_temp.demo_id(2, number, practitioner::int)
        from listed join added using (id), jsonb_array_elements_text(listed.entry -> 'practitioners') as practitioner
    ), placed as (
        insert into app.offering_location (clinic_id, offering_id, location_id)
        select clinic, id, pg_temp.demo_id(1, number, location::int)
        from listed join added using (id), jsonb_array_elements_text(listed.entry -> 'locations') as location
    )
    insert into app.change (clinic_id, entity, entity_id, kind)
    select clinic, 'offering', id, 'created' from added;

    with added as (
        insert into app.exception (clinic_id, id, kind, practitioner_id, location_id, date_from, date_to, windows, reason)
        select clinic, pg_temp.demo_id(6, number, (entry ->> 'id')::int), entry ->> 'kind',
               pg_temp.demo_id(2, number, (entry ->> 'practitioner')::int),
               pg_temp.demo_id(1, number, (entry ->> 'location')::int),
               (entry ->> 'date_from')::date, coalesce(entry ->> 'date_to', entry ->> 'date_from')::date,
               coalesce(entry -> 'windows', '[]'), entry ->> 'reason'
        from jsonb_array_elements(document -> 'exceptions') as entry
        on conflict (clinic_id, id) do nothing
        returning id
    )
    insert into app.change (clinic_id, entity, entity_id, kind)
    select clinic, 'exception', id, 'created' from added;
end
$$;
