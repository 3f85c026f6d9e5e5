-- The test clock. The operation exists only where the service runs with it; so does its effect.

-- name: setTestClock
-- args: body
-- $1 body: now (an instant, or null for the real time) or advance_seconds
select 200 as status,
       json_build_object('now', app.utc_instant(now() + c.clock_offset),
                         'offset_seconds', round(extract(epoch from c.clock_offset))) as body
from app.set_test_clock($1::jsonb) as c;
