"""PostgreSQL freezes, is killed, restarts, is not there yet, or answers too late: the service stays up, says 503 in
bounded time, and goes on by itself when the database does."""
import collections
import os
import re
import threading
import time

import httpx
import pytest

from harness import BUILD, PATIENCE
from harness.client import Client
from harness.load import Caller, together
from harness.postgres import Postgres
from harness.slots import BRUSSELS, booking_of, slots_apart

WAIT_MS, TIMEOUT_MS = 300, 1500
QUICK = {"CLINICD_DATABASE_WAIT_MS": WAIT_MS, "CLINICD_DATABASE_TIMEOUT_MS": TIMEOUT_MS,
         "CLINICD_DATABASE_CONNECTIONS": 4}
# A read is tried twice, and each try may wait for a connection and for its answer.
BOUND = 2 * (WAIT_MS + TIMEOUT_MS) / 1000 + 0.5 * PATIENCE


@pytest.fixture(scope="module")
def own_postgres():
    """A server that these tests may treat as they like."""
    server = Postgres(BUILD / "test" / f"postgres-away-{os.getpid()}").start()
    yield server
    server.erase()


@pytest.fixture(scope="module")
def own_template(own_postgres):
    return own_postgres.make_template()


@pytest.fixture
def own_database(own_postgres, own_template):
    own_postgres.start()
    database = own_postgres.create_database()
    yield database
    own_postgres.start()
    database.drop()


@pytest.fixture
def service(own_database, start_service):
    return start_service(own_database, **QUICK)


@pytest.fixture
def partner(service, contract, tokens):
    client = Client(service.url, contract, tokens.partner("partner-a"))
    yield client
    client.close()


def free_slot(client):
    """One free start, asked for so that the answer comes within the short deadline of these services."""
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 4 * 86400))
    last = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 6 * 86400))
    return client.get("/v1/availability", params={"from": day, "to": last, "clinic_id": BRUSSELS, "treatment": "dry-needling",
                                                  "limit": 1}).json()["items"][0]


def assert_away(client, path="/v1/locations"):
    """503 with Retry-After within the bound, while what needs no database is answered."""
    started = time.monotonic()
    response = client.get(path)
    assert response.status_code == 503, response.text
    assert response.json()["type"] == "/problems/unavailable"
    assert int(response.headers["retry-after"]) >= 1
    assert time.monotonic() - started < BOUND
    for there in ("/healthz", "/v1/me", "/openapi.json", "/metrics"):
        assert client.get(there).status_code == 200, there


def reconnects(client):
    return int(re.search(r"^clinicd_database_reconnects_total (\d+)", client.get("/metrics").text, re.MULTILINE)[1])


def test_a_killed_database_comes_back(own_postgres, service, partner):
    wait_for_full_pool(service)
    assert reconnects(partner) == 0  # the first connections are none
    own_postgres.kill9()
    service.wait("/readyz", 503, seconds=5)
    for _ in range(5):
        assert_away(partner)
    ready = partner.get("/readyz")
    assert ready.json()["checks"]["database"] == "away" and ready.headers["retry-after"]
    own_postgres.start()
    service.wait("/readyz", 200)
    assert partner.get("/v1/locations").status_code == 200
    assert reconnects(partner) >= 1
    events = [entry["event"] for entry in service.log()]
    assert "database_down" in events and "database_up" in events[events.index("database_down"):]
    assert events.count("query_failed") <= 1  # who found it out; the others stand in their requests' lines
    # The worker's connection comes back as well, within the longest of its pauses; one line for the whole time.
    until = time.monotonic() + 10 * PATIENCE
    while "\nclinicd_work_connected 1\n" not in httpx.get(f"{service.url}/metrics").text:
        assert time.monotonic() < until
        time.sleep(0.05)
    events = [entry["event"] for entry in service.log()]
    assert events.count("work_has_no_database") == events.count("work_has_its_database_again") == 1


def test_a_frozen_database(own_postgres, service, partner, tokens):
    """Its kernel goes on acknowledging, so only deadlines of our own help; many requests wait no longer than one."""
    own_postgres.freeze()
    try:
        def read(_):
            caller = Caller(service.port, tokens.partner(), timeout=30)
            started = time.monotonic()
            status = caller.call("GET", "/v1/locations").status
            caller.close()
            return status, time.monotonic() - started

        for _ in range(2):
            replies = together(20, read)
            assert {status for status, _ in replies} == {503}
            assert max(seconds for _, seconds in replies) < BOUND + 0.5 * PATIENCE
        assert_away(partner)
        service.wait("/readyz", 503, seconds=5)
    finally:
        own_postgres.thaw()
    service.wait("/readyz", 200)
    assert partner.get("/v1/locations").status_code == 200


def wait_for_full_pool(service, seconds=20):
    """Until as many connections are up as the service was told to open."""
    wanted = QUICK["CLINICD_DATABASE_CONNECTIONS"]
    until = time.monotonic() + seconds * PATIENCE
    while f"\nclinicd_database_connections {wanted}\n" not in httpx.get(f"{service.url}/metrics").text:
        assert time.monotonic() < until, "the pool did not fill"
        time.sleep(0.05)


def test_a_frozen_database_that_nobody_asks_anything(own_postgres, service):
    """The load balancer is told even when no request has come across it. (While connections are still being
    opened it is told when their limit has passed; here the pool is full first.)"""
    wait_for_full_pool(service)
    own_postgres.freeze()
    try:
        service.wait("/readyz", 503, seconds=15)
    finally:
        own_postgres.thaw()
    service.wait("/readyz", 200)


def test_a_booking_in_doubt_is_made_once(own_postgres, own_database, service, partner):
    """Frozen in the middle: 503. The same request with the same key, again and again until it is answered, is one
    booking."""
    slot = free_slot(partner)
    own_postgres.freeze()
    try:
        assert partner.post("/v1/bookings", json=booking_of(slot), key="in-doubt").status_code == 503
    finally:
        own_postgres.thaw()
    until = time.monotonic() + 10 * PATIENCE
    while (response := partner.post("/v1/bookings", json=booking_of(slot), key="in-doubt")).status_code == 503:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert response.status_code == 201, response.text
    assert own_database.value("select count(*) from app.booking") == 1


def test_a_restart_under_load(own_postgres, service, tokens):
    """Reads and bookings go on over a restart: answered, or 503, never another error; and afterwards all is well."""
    stop = threading.Event()

    def work(index):
        caller = Caller(service.port, tokens.partner(f"partner-{index}"))
        seen = collections.Counter()
        while not stop.is_set():
            seen[caller.call("GET", "/v1/locations" if index % 2 else "/v1/bookings").status] += 1
        caller.close()
        return seen

    def restart():
        time.sleep(0.5)
        own_postgres.stop()
        time.sleep(0.5)
        own_postgres.start()
        service.wait("/readyz", 200)
        time.sleep(0.5)
        stop.set()

    restarting = threading.Thread(target=restart)
    restarting.start()
    try:
        seen = sum(together(8, work), collections.Counter())
    finally:
        stop.set()
        restarting.join()
    assert set(seen) == {200, 503}, seen
    caller = Caller(service.port, tokens.partner())
    for _ in range(50):
        assert caller.call("GET", "/v1/locations").status == 200
    caller.close()


def test_connections_that_were_shot_are_not_noticed(own_postgres, own_database, start_service, contract, tokens):
    """An administrator ends all of them: the next reads and the next booking find new ones."""
    service = start_service(own_database)
    partner = Client(service.url, contract, tokens.partner("partner-a"))
    for slot in slots_apart(partner, partner.token, 3, days=5):
        own_postgres.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity "
                             f"where datname = '{own_database.name}' and pid <> pg_backend_pid()")
        for _ in range(4):
            assert partner.get("/v1/locations").status_code == 200
        assert partner.post("/v1/bookings", json=booking_of(slot)).status_code == 201
    partner.close()


def test_a_service_that_starts_before_its_database(own_postgres, own_database, start_service, contract, tokens):
    own_postgres.stop()
    service = start_service(own_database, ready=False, **QUICK)
    client = Client(service.url, contract, tokens.partner())
    assert client.get("/readyz").status_code == 503
    assert_away(client)
    own_postgres.start()
    service.wait("/readyz", 200)
    assert client.get("/v1/locations").status_code == 200
    client.close()


def test_a_service_that_starts_while_its_database_is_frozen(own_postgres, own_database, start_service, contract, tokens):
    own_postgres.freeze()
    try:
        service = start_service(own_database, ready=False, **QUICK)
        client = Client(service.url, contract, tokens.partner())
        assert client.get("/readyz").status_code == 503
        assert_away(client)
    finally:
        own_postgres.thaw()
    service.wait("/readyz", 200)
    assert client.get("/v1/locations").status_code == 200
    client.close()


def test_a_service_ends_while_its_database_is_frozen(own_postgres, own_database, start_service, tokens):
    """With requests in work, too: they get their 503 and the process its end."""
    service = start_service(own_database, **QUICK)
    own_postgres.freeze()
    try:
        replies = []

        def ask():
            replies.append(Caller(service.port, tokens.partner()).call("GET", "/v1/locations").status)

        asking = [threading.Thread(target=ask) for _ in range(6)]
        for thread in asking:
            thread.start()
        time.sleep(0.1)
        service.stop(seconds=5)
        for thread in asking:
            thread.join()
        assert replies == [503] * 6
    finally:
        own_postgres.thaw()


# ---------------------------------------------------------------------- late answers

def make_slow(database, function, seconds):
    """Lets a function of the schema sleep first."""
    name, arguments, result = database.fetch(
        "select oid::regprocedure::text, pg_get_function_arguments(oid), pg_get_function_result(oid) from pg_proc "
        "where pronamespace = 'app'::regnamespace and proname = %s", [function])[0]
    database.fetch(f"create or replace function {name.split('(')[0]}({arguments}) returns {result} language plpgsql as "
                   f"$body$ begin perform pg_sleep({seconds}); return null; end $body$")


def test_a_statement_has_a_deadline(own_database, service, partner):
    """503 in time, the connection is kept or replaced, and others are served."""
    make_slow(own_database, "clinics_filter", 30)
    started = time.monotonic()
    response = partner.get("/v1/locations/01900000-0000-7001-8000-000100000001")
    assert response.status_code == 503, response.text
    assert response.headers["retry-after"]
    assert time.monotonic() - started < BOUND
    assert partner.get("/v1/treatments").status_code == 200
    assert "clinicd_database_timeouts_total 1" in partner.get("/metrics").text
    running = "select count(*) from pg_stat_activity where state = 'active' and query like '%%clinics_filter%%' and pid <> pg_backend_pid()"
    until = time.monotonic() + 5 * PATIENCE
    while own_database.value(running):
        assert time.monotonic() < until, "the statement goes on in the server"
        time.sleep(0.1)


def test_a_lock_that_is_not_given_up(own_database, service, partner):
    """A migration holds a table: who needs it is told to come back, everybody else is served; then all is well."""
    with own_database.connect(autocommit=False) as connection:
        connection.execute("lock table app.booking in access exclusive mode")
        started = time.monotonic()
        response = partner.get("/v1/bookings")
        assert response.status_code == 503 and response.headers["retry-after"]
        assert time.monotonic() - started < BOUND
        assert partner.get("/v1/treatments").status_code == 200
    assert partner.get("/v1/bookings").status_code == 200


def test_searches_that_hang_leave_room_for_others(own_database, start_service, contract, tokens):
    """Availability waits for a lock, thirty times over: quick reads and bookings' lane have connections of their own."""
    service = start_service(own_database, **QUICK | {"CLINICD_DATABASE_TIMEOUT_MS": 4000, "CLINICD_DATABASE_SEARCHES": 1})
    client = Client(service.url, contract, tokens.partner())
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 4 * 86400))
    with own_database.connect(autocommit=False) as connection:
        connection.execute("lock table app.schedule in access exclusive mode")
        searching = threading.Thread(target=together, args=(30, lambda _: Caller(service.port, tokens.website()).call(
            "GET", f"/v1/availability?from={day}&to={day}")))
        searching.start()
        time.sleep(0.2)
        for _ in range(20):
            started = time.monotonic()
            assert client.get("/v1/treatments").status_code == 200
            assert time.monotonic() - started < 0.5 * PATIENCE
    searching.join()
    assert client.get("/v1/availability", params={"from": day, "to": day}).status_code == 200
    client.close()


def test_a_full_queue_is_told_at_once(own_database, start_service, tokens):
    """One place to wait: who comes third and later hears 503 before the one in front of him is served."""
    service = start_service(own_database, **QUICK | {
        "CLINICD_DATABASE_CONNECTIONS": 1, "CLINICD_DATABASE_QUEUE": 1, "CLINICD_DATABASE_WAIT_MS": 5000,
        "CLINICD_DATABASE_TIMEOUT_MS": 5000})
    with own_database.connect(autocommit=False) as connection:
        connection.execute("lock table app.booking in access exclusive mode")

        def ask(_):
            caller = Caller(service.port, tokens.partner())
            started = time.monotonic()
            status = caller.call("GET", "/v1/bookings").status
            caller.close()
            return status, time.monotonic() - started

        timer = threading.Timer(1.0, connection.rollback)
        timer.start()
        replies = together(12, ask)
        timer.join()
    served = [seconds for status, seconds in replies if status == 200]
    told = [seconds for status, seconds in replies if status == 503]
    assert len(served) == 2 and len(told) == 10, replies
    assert max(told) < min(served)
