-- Why a start is not offered: the rules of 04_rules.sql asked about one start, and told with what they rest on. It says nothing
-- of who has booked: what is busy is busy, as in search.

-- Whether a treatment itself is given in that time by the practitioner, buffers aside. With the owner's rights, since the bookings
-- are others'; it answers no more than that.
create or replace function app.is_treating(clinic uuid, practitioner uuid, during tstzrange, moment timestamptz)
returns boolean language sql stable security definer set search_path = app, public, pg_temp as $$
    select exists (select from app.booking b
                   where b.clinic_id = clinic and b.practitioner_id = practitioner
                     and b.starts_at < upper(during) and b.starts_at > lower(during) - interval '24 hours' and b.ends_at > lower(during)
                     and (b.status = 'confirmed' or b.status = 'held' and b.hold_expires_at > moment))
$$;

-- Whether an exception takes some of that time away.
create or replace function app.closes(x app.exception, zone text, during tstzrange)
returns boolean language sql stable as $$
    select case when x.windows = '[]'
           then tstzrange(app.edge(x.date_from::timestamp, zone, false), app.edge((x.date_to + 1)::timestamp, zone, false)) && during
           else exists (select from generate_series(greatest(x.date_from, (lower(during) at time zone zone)::date - 1)::timestamp,
                                                    least(x.date_to, (upper(during) at time zone zone)::date)::timestamp,
                                                    interval '1 day') as d (day)
                        cross join jsonb_to_recordset(x.windows) as w ("from" time, "to" time)
                        where tstzrange(app.edge(d.day + w."from", zone, false),
                                        app.edge(d.day + w."to" + case when w."to" > w."from" then interval '0' else interval '1 day' end,
                                                 zone, true)) && during) end
$$;

-- The exceptions of a kind that stand behind `closed` (close) or `outside_hours` (replace); their reason is for the clinic's eyes.
create or replace function app.exceptions_behind(c app.candidate, wanted text, during tstzrange)
returns json language sql stable as $$
    select json_agg(json_build_object('id', x.id, 'kind', x.kind, 'date_from', x.date_from, 'date_to', x.date_to)
                    order by x.date_from, x.id)
    from app.exception x
    where x.clinic_id = c.clinic_id and x.status = 'active' and x.kind = wanted
      and (x.practitioner_id is null or x.practitioner_id = c.practitioner_id)
      and (x.location_id is null or x.location_id = c.location_id)
      and x.date_to >= (lower(during) at time zone c.zone)::date - 1 and x.date_from <= (upper(during) at time zone c.zone)::date
      and case wanted when 'close' then app.closes(x, c.zone, during)
               else (lower(during) at time zone c.zone)::date between x.date_from and x.date_to end
$$;

-- When a start that is kept for the desk can be booked by everybody; null when it never can, because the notice ends before.
create or replace function app.opens_at(c app.candidate, start timestamptz)
returns timestamptz language sql stable as $$
    select max(start - make_interval(hours => k.hours))
    from app.working_time(array[c], start, start + interval '12 hours') as w
    cross join unnest(w.kept, w.kept_hours) as k (during, hours)
    where k.during && tstzrange(start, start + c.duration)
    having max(start - make_interval(hours => k.hours)) <= start - (c.starts_from - app.now())
$$;

-- One reason with what it rests on.
create or replace function app.reason_json(code text, c app.candidate, closed json, start timestamptz)
returns json language sql stable as $$
    select case code
           when 'closed' then json_build_object('code', code, 'exceptions', closed)
           when 'outside_hours' then json_strip_nulls(json_build_object(
               'code', code, 'exceptions', app.exceptions_behind(c, 'replace', tstzrange(start, start + c.duration))))
           when 'notice' then json_build_object('code', code, 'earliest', app.local_instant(c.starts_from, c.zone))
           when 'horizon' then json_build_object('code', code, 'before', app.local_instant(c.starts_until, c.zone))
           when 'not_open_yet' then json_strip_nulls(json_build_object('code', code, 'opens_at', app.local_instant(app.opens_at(c, start), c.zone)))
           when 'off_grid' then json_build_object('code', code, 'step_minutes', extract(epoch from c.step)::int / 60)
           when 'certificate' then json_build_object('code', code, 'certificates', c.certificates)
           when 'full' then json_build_object('code', code, 'seats', c.seats)
           when 'too_many_seats' then json_build_object('code', code, 'seats', c.seats)
           when 'room_busy' then json_build_object('code', code, 'room_kind', c.room_kind)
           else json_build_object('code', code) end
$$;

-- args: offering_id, location_id, practitioner_id (null: all who give it), start, seats (null: one); and scopes, clinics. Null when there is no such
-- offering, location or practitioner for this token.
create or replace function app.explain_start(args jsonb)
returns app.answer language plpgsql stable as $$
declare
    moment timestamptz := app.now();
    start timestamptz := args ->> 'start';
    wanted_practitioner uuid := args ->> 'practitioner_id';
    for_desk boolean := coalesce('bookings:desk' = any (string_to_array(args ->> 'scopes', ' ')), false);
    offering app.offering;
    site app.location;
    practitioners uuid[];
    offers record;
    verdicts json;
    codes text[];
    is_offered boolean;
begin
    select * into offering from app.offering o
    where o.id = (args ->> 'offering_id')::uuid and app.clinic_allowed(o.clinic_id, args ->> 'clinics');
    if not found then
        return app.refused(404, 'not-found', 'There is no such offering.');
    end if;
    select * into site from app.location l where l.clinic_id = offering.clinic_id and l.id = (args ->> 'location_id')::uuid;
    if not found then
        return app.refused(404, 'not-found', 'There is no such location at the clinic of this offering.');
    end if;
    if wanted_practitioner is null then
        practitioners := array(select op.practitioner_id from app.offering_practitioner op
                               where op.clinic_id = offering.clinic_id and op.offering_id = offering.id);
    elsif exists (select from app.practitioner p where p.clinic_id = offering.clinic_id and p.id = wanted_practitioner) then
        practitioners := array[wanted_practitioner];
    else
        return app.refused(404, 'not-found', 'There is no such practitioner at the clinic of this offering.');
    end if;

    offers := app.place_candidates(offering.id, site.id, practitioners, for_desk, coalesce((args ->> 'seats')::int, 1));
    with judged as materialized (
        select c as candidate, behind.closed,
               r.rules || case when behind.closed is not null and 'closed' <> all (r.rules) then '{closed}'::text[] else '{}' end
               || array(select case when t.code = 'practitioner_busy'
                                         and not app.is_treating(c.clinic_id, c.practitioner_id, tstzrange(start, start + c.duration), moment)
                                    then 'buffer' else t.code end
                        from unnest(r.taken) as t (code)) as codes
        from app.start_reasons(offers.candidates, start, moment) as r
        join unnest(offers.candidates) as c on c.n = r.n
        cross join lateral app.exceptions_behind(c, 'close', tstzrange(start, start + c.duration)) as behind (closed)
    ), verdict as materialized (
        select p.id, case when j.candidate is null then '{not_offered}' else j.codes end as codes,
               case when j.candidate is null then '[{"code": "not_offered"}]'::json
                    else (select coalesce(json_agg(app.reason_json(code, j.candidate, j.closed, start) order by place), '[]')
                          from unnest(j.codes) with ordinality as u (code, place)) end as reasons
        from unnest(practitioners) as p (id)
        left join judged j on (j.candidate).practitioner_id = p.id
    )
    select json_agg(json_build_object('practitioner_id', v.id, 'offered', v.codes = '{}', 'reasons', v.reasons) order by v.id),
           array(select distinct code from verdict, unnest(verdict.codes) as code order by code), coalesce(bool_or(v.codes = '{}'), false)
    into verdicts, codes, is_offered
    from verdict v;
    return row(200,
               json_build_object(
                   'offered', is_offered, 'start', app.local_instant(start, site.timezone), 'timezone', site.timezone,
                   'clinic_id', offering.clinic_id, 'location_id', site.id, 'offering_id', offering.id,
                   'reasons', case when is_offered then '{}' when verdicts is null then '{not_offered}' else codes end,
                   'practitioners', coalesce(verdicts, '[]')),
               null, null, null)::app.answer;
end
$$;
