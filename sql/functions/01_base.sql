-- What the queries share: policy defaults, texts in a reader's language, instants as the API writes them, problems,
-- distance, the tenant filter. Run after the migrations, each time; every file here can be run again.
--
-- For speed: a function in SQL that the planner cannot inline is planned anew in every statement that calls it. So here they
-- are single expressions (STRICT only where the body is strict; STABLE where text becomes an array, since that cast is), or
-- plpgsql, whose plans a connection keeps.

-- ---------------------------------------------------------------- answers

-- The body of an error: the service adds title, status and instance, and makes an URI of the slug.
create or replace function app.problem(slug text, detail text, members jsonb default '{}')
returns jsonb language sql immutable parallel safe as $$
    select jsonb_build_object('type', slug, 'detail', detail) || coalesce(members, '{}')
$$;

-- An instant as RFC 3339 with the offset that the zone has then: 2027-03-29T09:00:00+02:00.
-- (to_char of a negative interval prints -03:-30, so the sign is ours.)
create or replace function app.local_instant(instant timestamptz, zone text)
returns text language sql stable parallel safe as $$
    select to_char(instant at time zone zone, 'YYYY-MM-DD"T"HH24:MI:SS')
           || case when instant at time zone zone >= instant at time zone 'UTC'
                   then to_char((instant at time zone zone) - (instant at time zone 'UTC'), '"+"HH24:MI')
                   else to_char((instant at time zone 'UTC') - (instant at time zone zone), '"-"HH24:MI') end
$$;

-- An instant of no place in particular (created_at): 2027-03-29T07:00:00Z, fractions cut.
create or replace function app.utc_instant(instant timestamptz)
returns text language sql stable strict parallel safe as $$
    select to_char(instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;

-- A local time of day as the API writes it.
create or replace function app.clock_text(clock time)
returns text language sql immutable strict parallel safe as $$
    select to_char(clock, 'HH24:MI')
$$;

-- ---------------------------------------------------------------- languages

-- The tag of `texts` (an object by BCP 47 tag) that serves a reader best, by RFC 4647 lookup: each preferred tag in order,
-- each shortened from the right (fr-BE, fr; a single letter goes with what follows it), then the fallback languages likewise,
-- then the first key in alphabetical order. A wanted fr also takes a text in fr-CA when nothing nearer is there. Null for {}.
create or replace function app.text_language(texts jsonb, wanted text[], fallback text[] default '{}')
returns text language plpgsql immutable parallel safe as $$
declare
    tag text;
    step text;
    found text;
begin
    if texts is null or jsonb_typeof(texts) <> 'object' then
        return null;
    end if;
    foreach tag in array coalesce(wanted, '{}') || coalesce(fallback, '{}') loop
        if texts ? tag then
            return tag;
        end if;
        step := lower(tag);
        while step <> '' and step <> '*' loop
            select key into found from jsonb_object_keys(texts) as key where lower(key) = step order by key limit 1;
            if found is not null then
                return found;
            end if;
            step := regexp_replace(step, '(-[a-z0-9])?-?[^-]*$', '');
        end loop;
        select key into found from jsonb_object_keys(texts) as key
        where tag <> '*' and split_part(lower(key), '-', 1) = split_part(lower(tag), '-', 1) order by key limit 1;
        if found is not null then
            return found;
        end if;
    end loop;
    select min(key) into found from jsonb_object_keys(texts) as key;
    return found;
end
$$;

-- The `lang` argument of a request ('{fr-BE,fr,en}', or '*' for all languages) as an array; null means all.
create or replace function app.wanted_languages(lang text)
returns text[] language sql stable parallel safe as $$
    select case when lang = '*' then null else coalesce(lang, '{}')::text[] end
$$;

-- ---------------------------------------------------------------- tenants

-- The `clinics` argument of a request ('*' or '{uuid,...}') as an array: null means every clinic. Write the filter as
--   (select app.clinics_filter($n)) is null or clinic_id = any ((select app.clinics_filter($n))::uuid[])
-- so that it is worked out once per statement and not per row.
create or replace function app.clinics_filter(clinics text)
returns uuid[] language sql stable parallel safe as $$
    select case when clinics = '*' then null else coalesce(clinics, '{}')::uuid[] end
$$;

-- The same for a single clinic at hand.
create or replace function app.clinic_allowed(clinic uuid, clinics text)
returns boolean language sql stable parallel safe as $$
    select coalesce(case when clinics = '*' then true else clinic = any (clinics::uuid[]) end, false)
$$;

-- The clinic under which changes and audit rows of the shared catalogue are kept.
create or replace function app.no_clinic()
returns uuid language sql immutable parallel safe as $$
    select '00000000-0000-0000-0000-000000000000'::uuid
$$;

-- ---------------------------------------------------------------- policy

create or replace function app.policy_defaults()
returns jsonb language sql immutable parallel safe as $$
    select '{"cancellation_notice_hours": 24, "late_cancellation_fee_percent": 100, "no_show_fee_percent": 100,
             "reminder_hours_before": 28, "min_notice_minutes": 60, "booking_horizon_days": 90, "hold_minutes": 10,
             "waitlist_offer_minutes": 120, "late_reschedule_fee_percent": 0,
             "max_holds_per_partner": 50, "max_holds_per_client": 5,
             "max_bookings_per_partner_per_day": null, "client_retention_days": 0}'::jsonb
$$;

-- A clinic's policy with all its members; clinic.policy keeps only what differs.
create or replace function app.policy(own jsonb)
returns jsonb language sql immutable parallel safe as $$
    select app.policy_defaults() || jsonb_strip_nulls(coalesce(own, '{}'))
$$;

-- A percentage of an amount in minor units, halves rounded up.
create or replace function app.share(amount bigint, percent int)
returns bigint language sql immutable strict parallel safe as $$
    select (amount * percent + 50) / 100
$$;

-- ---------------------------------------------------------------- places

-- A search point 'lat,lon' as app.earth_point; null for null. The contract checks its form.
create or replace function app.near_point(near text)
returns public.cube language sql immutable strict parallel safe as $$
    select app.earth_point(split_part(near, ',', 1)::float8, split_part(near, ',', 2)::float8)
$$;

-- Metres over the globe (mean radius) between two earth points. The diameter is a hair larger, so that opposite ends of the
-- earth stay within asin's domain.
create or replace function app.distance_m(here public.cube, there public.cube)
returns float8 language sql immutable strict parallel safe as $$
    select 12742017.6 * asin(public.cube_distance(here, there) / 12742017.600001)
$$;

-- The box around a point that holds all within a radius: `position <@ app.near_box(point, metres)` uses the index, and
-- `app.distance_m(position, point) <= metres` then decides. (A chord is never longer than its arc.)
create or replace function app.near_box(here public.cube, radius_m float8)
returns public.cube language sql immutable strict parallel safe as $$
    select public.cube_enlarge(here, radius_m, 3)
$$;

-- ---------------------------------------------------------------- cursors

-- A cursor holds what the last row was sorted by, as a JSON array; base64url without padding, opaque to callers.
create or replace function app.cursor_encode(keys jsonb)
returns text language sql stable parallel safe as $$
    select translate(encode(convert_to(keys::text, 'UTF8'), 'base64'), E'+/=\n', '-_')
$$;

-- An instant as a cursor keeps it: to the microsecond, so that nothing is lost or given twice.
create or replace function app.cursor_instant(instant timestamptz)
returns text language sql stable parallel safe as $$
    select to_char(instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- Null when it is none of ours: answer 400 invalid-request.
create or replace function app.cursor_decode(cursor text, members int)
returns jsonb language plpgsql immutable strict parallel safe as $$
declare
    keys jsonb;
begin
    keys := convert_from(decode(translate(cursor, '-_', '+/') || repeat('=', (4 - length(cursor) % 4) % 4), 'base64'),
                         'UTF8')::jsonb;
    return case when jsonb_typeof(keys) = 'array' and jsonb_array_length(keys) = members then keys end;
exception when data_exception then
    return null;
end
$$;

-- The last row of a page that was in the order of an instant (as app.cursor_instant writes it) and an id; nulls for a cursor that
-- is none of ours.
create or replace function app.cursor_place(cursor text, out at timestamptz, out id uuid)
language plpgsql stable parallel safe as $$
declare
    keys jsonb := app.cursor_decode(cursor, 2);
begin
    at := keys ->> 0;
    id := case when at is not null then (keys ->> 1)::uuid end;
exception when data_exception then
    id := null;
end
$$;

-- The clinics that a list is about, of args clinic_id? and clinics (the token's): null means whichever there are. A desk goes
-- through its list clinic by clinic, so for it they are all named.
create or replace function app.listed_clinics(args jsonb, for_desk boolean)
returns uuid[] language plpgsql stable as $$
declare
    asked uuid[] := app.argument_list(args ->> 'clinic_id')::uuid[];
    allowed uuid[] := app.clinics_filter(args ->> 'clinics');
begin
    if allowed is not null then
        return case when asked is null then allowed else array(select unnest(asked) intersect select unnest(allowed)) end;
    elsif asked is null and for_desk then
        return array(select c.id from app.clinic c);
    end if;
    return asked;
end
$$;

create or replace function app.cursor_problem()
returns jsonb language sql immutable parallel safe as $$
    select app.problem('invalid-request', 'The cursor is not one of ours.',
                       '{"errors": [{"parameter": "cursor", "detail": "is not a cursor that this operation gave"}]}')
$$;
