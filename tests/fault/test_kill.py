"""kill -9 in the middle of bookings. Clients retry with their Idempotency-Key until they are
answered. Afterwards every booking that was answered 201 is there, once, and nothing else is.

KILL_SECONDS sets how long it goes on (default 12). The last test is the control: bookings that are
taken away behind the service's back are noticed by the same check."""
import collections
import os
import threading
import time
import uuid

import pytest

from harness.client import Client
from harness.load import Caller, together
from harness.postgres import Postgres
from harness.slots import booking_of, free_slots

SECONDS = int(os.environ.get("KILL_SECONDS", "12"))
CLIENTS = 12

pytestmark = pytest.mark.timeout(SECONDS * 3 + 180)


def book_until(service, token, slots, until, index):
    """Books slot after slot; asks again with the same key until there is an answer. Returns the
    bookings that were answered 201 by key, and how often an answer was a replay."""
    caller = Caller(service.port, token, timeout=10)
    answered, replays, number = {}, 0, index
    while time.monotonic() < until:
        slot = slots[number % len(slots)]
        number += CLIENTS
        key = str(uuid.uuid4())
        body = booking_of(slot, external_ref=key)
        for _ in range(200):
            reply = caller.call("POST", "/v1/bookings", body, {"Idempotency-Key": key})
            if reply.status in (201, 409):
                break
            assert reply.status in (0, 503), reply.content
            time.sleep(0.05)
        else:
            raise AssertionError("no answer after 200 tries")
        if reply.status == 201:
            answered[key] = reply.json()["id"]
            replays += "Idempotency-Replayed" in reply.headers
    caller.close()
    return answered, replays


def check(database, answered):
    """What the tables say against what was answered."""
    rows = database.fetch("select external_ref, id, status from app.booking")
    stored = {ref: str(booking) for ref, booking, _ in rows}
    repeated = [ref for ref, count in collections.Counter(ref for ref, _, _ in rows).items() if count > 1]
    lost = [key for key, booking in answered.items() if stored.get(key) != booking]
    unasked = [ref for ref in stored if ref not in answered]
    overlaps = database.fetch("""select count(*) from app.occupancy a join app.occupancy b
        on a.clinic_id = b.clinic_id and a.resource_id = b.resource_id and a.booking_id < b.booking_id
           and a.blocked && b.blocked""")[0][0]
    orphans = database.fetch("""select count(*) from app.booking b where b.status = 'confirmed'
        and not exists (select from app.occupancy o where o.clinic_id = b.clinic_id and o.booking_id = b.id)""")[0][0]
    return {"lost": len(lost), "repeated": len(repeated), "unasked": len(unasked), "overlaps": overlaps,
            "orphans": orphans}


NOTHING_WRONG = {"lost": 0, "repeated": 0, "unasked": 0, "overlaps": 0, "orphans": 0}


def test_killing_the_service_loses_no_booking(service, client, tokens, database):
    token = tokens.partner("partner-a")
    slots = free_slots(client, token)
    until = time.monotonic() + SECONDS
    kills = 0

    def shoot():
        nonlocal kills
        while time.monotonic() < until - 2:
            time.sleep(1.5)
            service.kill9()
            kills += 1
            service.start(port=service.port)

    killer = threading.Thread(target=shoot, daemon=True)
    killer.start()
    results = together(CLIENTS, lambda index: book_until(service, token, slots, until, index), SECONDS + 120)
    killer.join(60)
    answered = {key: booking for mine, _ in results for key, booking in mine.items()}
    replays = sum(replays for _, replays in results)
    print(f"{kills} kills, {len(answered)} bookings answered, {replays} of them replayed")
    assert kills >= 3 and len(answered) > 100
    assert check(database, answered) == NOTHING_WRONG


def test_killing_postgresql_loses_no_booking(tmp_path, start_service, tokens, contract):
    """The whole of PostgreSQL dies and recovers; the service stays up and answers 503 meanwhile."""
    postgres = Postgres(tmp_path / "pg", durable=True).start()
    try:
        postgres.make_template()
        database = postgres.create_database()
        service = start_service(database)
        client = Client(service.url, contract)
        token = tokens.partner("partner-a")
        slots = free_slots(client, token)
        until = time.monotonic() + SECONDS
        kills = 0

        def shoot():
            nonlocal kills
            while time.monotonic() < until - 3:
                time.sleep(2.5)
                postgres.kill9()
                kills += 1
                postgres.start()

        killer = threading.Thread(target=shoot, daemon=True)
        killer.start()
        results = together(CLIENTS, lambda index: book_until(service, token, slots, until, index), SECONDS + 120)
        killer.join(60)
        service.wait("/readyz", seconds=30)
        answered = {key: booking for mine, _ in results for key, booking in mine.items()}
        print(f"{kills} kills of PostgreSQL, {len(answered)} bookings answered")
        assert kills >= 2 and len(answered) > 50
        assert check(database, answered) == NOTHING_WRONG
    finally:
        postgres.erase()


def test_the_check_notices_what_is_lost_doubled_or_unasked(service, client, tokens, database):
    """The control of this suite: a check that cannot fail proves nothing."""
    token = tokens.partner("partner-a")
    slots = free_slots(client, token, days=7)
    answered, _ = book_until(service, token, slots, time.monotonic() + 2, 0)
    assert len(answered) >= 3 and check(database, answered) == NOTHING_WRONG
    first, second, third = list(answered)[:3]
    database.fetch("delete from app.occupancy where booking_id = %s", [answered[first]])
    database.fetch("delete from app.booking where id = %s", [answered[first]])
    database.fetch("delete from app.occupancy where booking_id = %s", [answered[second]])
    database.fetch("update app.booking set external_ref = %s where id = %s", [third, answered[second]])
    forgotten = answered | {"never-sent": "no-such-booking"}
    del forgotten[third]
    found = check(database, forgotten)
    assert found["lost"] == 3 and found["repeated"] == 1 and found["unasked"] == 1 and found["orphans"] == 1
