-- Moves the test clock: {"now": instant}, {"now": null} for the real time, {"advance_seconds": n}. Every instance follows.
create or replace function app.set_test_clock(body jsonb)
returns setof app.test_clock language plpgsql volatile as $$
begin
    if current_setting('app.test_clock', true) is distinct from 'on' then
        return;
    end if;
    return query
        update app.test_clock t
        set clock_offset = case when body ? 'advance_seconds'
                                then t.clock_offset + make_interval(secs => (body ->> 'advance_seconds')::float8)
                                else coalesce((body ->> 'now')::timestamptz - now(), interval '0') end
        returning t.*;
end
$$;
