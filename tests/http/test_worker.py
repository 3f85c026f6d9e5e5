"""The worker of an instance: what it does by itself, beside others, when it is killed, cut or fails, and when it stops."""
import collections
import re
import threading
import time

import httpx
import pytest

from harness import PATIENCE
from harness.slots import BRUSSELS

HANGS = 4711  # advisory lock at which a work of these tests stops in the middle


def until(answer, seconds=10):
    """The first truthy answer; asked again and again, not longer than this."""
    deadline = time.monotonic() + seconds * PATIENCE
    while not (found := answer()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return found


def make_holds(database, count):
    """That many holds of the demo practice, an hour apart; their ids."""
    rows = database.fetch("""
        with held as (
            insert into app.booking (clinic_id, reference, status, location_id, practitioner_id, offering_id, treatment, starts_at,
                                     ends_at, timezone, price_amount, price_currency, policy, free_cancel_until, remind_at,
                                     hold_expires_at, source)
            select o.clinic_id, 'HELD' || n, 'held', ol.location_id, op.practitioner_id, o.id, o.treatment, s, s + interval '1 h',
                   'UTC', 0, 'EUR', app.policy_defaults(), s, s, app.now() + interval '10 min', 'partner-a'
            from (select * from app.offering where clinic_id = %s order by id limit 1) as o
            join lateral (select location_id from app.offering_location where offering_id = o.id limit 1) as ol on true
            join lateral (select practitioner_id from app.offering_practitioner where offering_id = o.id limit 1) as op on true
            cross join generate_series(1, %s) as n
            cross join lateral (select date_trunc('hour', app.now()) + make_interval(days => 3, hours => n)) as t (s)
            returning *
        ), taken as (
            insert into app.occupancy (clinic_id, resource_id, booking_id, blocked_from, blocked_to, expires_at)
            select clinic_id, practitioner_id, id, starts_at, ends_at, hold_expires_at from held
        )
        select id::text from held""", [BRUSSELS, count])
    assert len(rows) == count
    return [booking for booking, in rows]


def let_them_run_out(database):
    database.fetch("update app.test_clock set clock_offset = clock_offset + interval '11 min'")


def expired(database):
    """How often each booking was written down as expired."""
    rows = database.fetch("select entity_id, count(*) from app.change where kind = 'expired' group by 1")
    return {booking: count for booking, count in rows}


def once_each(bookings):
    return dict.fromkeys(bookings, 1)


def metric(service, name):
    text = httpx.get(f"{service.url}/metrics", timeout=10).text
    found = re.search(rf"(?m)^{re.escape(name)} (\S+)$", text)
    return float(found[1]) if found else None


def logged(service):
    """How often each event was logged."""
    return collections.Counter(entry["event"] for entry in service.log())


def hang(database):
    """From now on the work that expires holds stops when it is done and before its commit, while HANGS is locked."""
    database.fetch(f"""
        set role clinicd_owner;
        alter function app.work_expire_holds(int) rename to work_expire_holds_at_once;
        create function app.work_expire_holds(most int) returns int language plpgsql as $$
        declare done int := app.work_expire_holds_at_once(most);
        begin
            if done > 0 then perform pg_advisory_xact_lock({HANGS}); end if;
            return done;
        end $$""")


@pytest.fixture
def gate(database):
    """A connection that keeps HANGS locked until it says otherwise."""
    hang(database)
    with database.connect() as connection:
        connection.execute("select pg_advisory_lock(%s)", [HANGS])
        yield connection


def stuck(database):
    return database.fetch("select pid from pg_locks where locktype = 'advisory' and objid = %s and not granted", [HANGS])


def test_holds_are_written_down_without_anybody_asking(service, database):
    held = make_holds(database, 3)
    assert expired(database) == {}
    let_them_run_out(database)
    until(lambda: expired(database) == once_each(held))
    until(lambda: metric(service, 'clinicd_work_done_total{work="workExpireHolds"}') == 3)
    assert metric(service, 'clinicd_work_failures_total{work="workExpireHolds"}') == 0
    assert metric(service, "clinicd_work_connected") == 1
    events = logged(service)
    assert events["work_started"] == 1 and not [name for name in events if name.startswith("work_") and name != "work_started"]
    service.stop()
    assert logged(service)["work_stopped"] == 1


def test_without_its_address_an_instance_serves_only(database, start_service):
    service = start_service(database, CLINICD_DATABASE_WORKER_URL="")
    assert logged(service)["serves_only"] == 1
    assert database.fetch("select from pg_stat_activity where usename = 'clinicd_worker' and datname = current_database()") == []
    assert metric(service, "clinicd_work_connected") == 0
    assert metric(service, 'clinicd_work_runs_total{work="workExpireHolds"}') is None


@pytest.mark.race
def test_several_instances_share_the_work(service, database, start_service):
    others = [start_service(database) for _ in range(2)]
    held = make_holds(database, 24)
    let_them_run_out(database)
    until(lambda: len(expired(database)) == len(held))
    assert expired(database) == once_each(held)
    done = 'clinicd_work_done_total{work="workExpireHolds"}'
    until(lambda: sum(metric(instance, done) or 0 for instance in (service, *others)) == len(held))


def test_a_worker_that_is_killed_in_the_middle_leaves_the_rest_to_another(service, database, gate, start_service):
    held = make_holds(database, 3)
    let_them_run_out(database)
    (backend,), = until(lambda: stuck(database))
    service.kill9()
    assert expired(database) == {}  # done, and not committed
    database.fetch("select pg_terminate_backend(%s)", [backend])
    until(lambda: not stuck(database))
    assert expired(database) == {}
    gate.execute("select pg_advisory_unlock(%s)", [HANGS])
    start_service(database)
    until(lambda: len(expired(database)) == 3)
    assert expired(database) == once_each(held)


def test_a_worker_whose_connection_dies_does_it_again(service, database, gate):
    held = make_holds(database, 3)
    let_them_run_out(database)
    (backend,), = until(lambda: stuck(database))
    gate.execute("select pg_advisory_unlock(%s), pg_terminate_backend(%s)", [HANGS, backend])
    until(lambda: len(expired(database)) == 3)
    assert expired(database) == once_each(held)


def test_sigterm_lets_the_present_work_end(service, database, gate):
    held = make_holds(database, 1)
    let_them_run_out(database)
    until(lambda: stuck(database))
    opener = threading.Timer(0.5, lambda: gate.execute("select pg_advisory_unlock(%s)", [HANGS]))
    opener.start()
    started = time.monotonic()
    service.stop()
    opener.join()
    assert 0.3 < time.monotonic() - started < 5 * PATIENCE
    assert expired(database) == once_each(held)


def test_a_work_that_outlasts_the_grace_is_left(database, gate, start_service):
    service = start_service(database, CLINICD_DRAIN_TIMEOUT_MS=300)
    held = make_holds(database, 1)
    let_them_run_out(database)
    until(lambda: stuck(database))
    started = time.monotonic()
    service.stop()
    assert time.monotonic() - started < 3 * PATIENCE
    assert [entry["cut"] for entry in service.log() if entry["event"] == "work_stopped"] == [1]
    gate.execute("select pg_advisory_unlock(%s)", [HANGS])
    start_service(database)
    until(lambda: expired(database) == once_each(held))


def test_a_work_that_fails_stops_no_other_and_is_logged_once(database, start_service):
    database.fetch("""set role clinicd_owner;
        create or replace function app.work_forget_answers(most int) returns int language plpgsql as $$
        begin raise exception 'secret words' using errcode = '23514'; end $$""")
    service = start_service(database)
    until(lambda: (metric(service, 'clinicd_work_failures_total{work="workForgetAnswers"}') or 0) >= 3)
    held = make_holds(database, 1)
    let_them_run_out(database)
    until(lambda: expired(database) == once_each(held))
    assert logged(service)["work_failed"] == 1
    log = service.log_path.read_text()
    assert '"sqlstate":"23514"' in log and "workForgetAnswers" in log and "secret words" not in log
