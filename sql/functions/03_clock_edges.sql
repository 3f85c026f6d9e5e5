-- Local wall time and instants. The one place where an edge of a working window becomes an instant.

-- The offset of a zone at an instant.
create or replace function app.zone_offset(instant timestamptz, zone text)
returns interval language sql stable strict parallel safe as $$
    select (instant at time zone zone) - (instant at time zone 'UTC')
$$;

-- The offset that a zone keeps from the first to the last instant, or null when its clocks change in between. Looks every
-- four days: no zone has changed its clocks and changed them back within less.
create or replace function app.steady_offset(first timestamptz, last timestamptz, zone text)
returns interval language plpgsql stable parallel safe as $$
declare
    at_first interval := app.zone_offset(first, zone);
    probe timestamptz := first;
begin
    while probe < last loop
        probe := least(probe + interval '4 days', last);
        if app.zone_offset(probe, zone) <> at_first then
            return null;
        end if;
    end loop;
    return at_first;
end
$$;

-- The offset around a local date: of every edge of a window that starts on it, or null near a change of clocks.
create or replace function app.day_offset(day date, zone text)
returns interval language sql stable parallel safe as $$
    select case when app.zone_offset(day::timestamp at time zone 'UTC' - interval '36 hours', zone)
                     = app.zone_offset(day::timestamp at time zone 'UTC' + interval '84 hours', zone)
                then app.zone_offset(day::timestamp at time zone 'UTC', zone) end
$$;

-- A local edge as an instant. In a spring gap it moves to the first instant after the gap; in an autumn fold an opening
-- edge takes the first occurrence, a closing edge the second. AT TIME ZONE alone is not this rule.
create or replace function app.edge(local_edge timestamp, zone text, closing boolean)
returns timestamptz language plpgsql stable strict parallel safe as $$
declare
    as_utc timestamptz := local_edge at time zone 'UTC';
    before interval := app.zone_offset(as_utc - interval '36 hours', zone);
    after interval := app.zone_offset(as_utc + interval '36 hours', zone);
    earlier timestamptz := as_utc - greatest(before, after);
    later timestamptz := as_utc - least(before, after);
    middle timestamptz;
begin
    if before = after then
        return as_utc - before;
    end if;
    if earlier at time zone zone = local_edge then
        if closing and later at time zone zone = local_edge then
            return later;
        end if;
        return earlier;
    end if;
    if later at time zone zone = local_edge then
        return later;
    end if;
    -- In a gap: the clocks change within (earlier, later], always on a whole minute.
    while later - earlier > interval '1 second' loop
        middle := earlier + (later - earlier) / 2;
        if app.zone_offset(middle, zone) = before then
            earlier := middle;
        else
            later := middle;
        end if;
    end loop;
    return date_trunc('second', later);
end
$$;

-- The same with the day's offset at hand: plain arithmetic unless the clocks change near.
create or replace function app.edge_near(local_edge timestamp, zone text, closing boolean, day_offset interval)
returns timestamptz language sql stable parallel safe as $$
    select case when day_offset is not null then (local_edge at time zone 'UTC') - day_offset
                else app.edge(local_edge, zone, closing) end
$$;
