"""Many partners want the same time. One gets it, the others are told what else is free, and nobody
sees an error of the service. RACE_ATTEMPTS sets how often it is tried (10,000 for the record)."""
import collections
import os
import threading
import time

import pytest

from harness import FLAVOUR
from harness.load import Caller, together
from harness.slots import booking_of, slots_apart

CONNECTIONS = 32
ATTEMPTS = int(os.environ.get("RACE_ATTEMPTS", "3200" if FLAVOUR == "release" else "640"))

pytestmark = [pytest.mark.race, pytest.mark.timeout(600)]


@pytest.fixture
def service(database, start_service):
    """Patient: on a slow machine a loser waits rather than being told 503, which is right but not the story here."""
    return start_service(database, CLINICD_DATABASE_WAIT_MS=20000, CLINICD_DATABASE_TIMEOUT_MS=30000)


def test_one_slot_has_one_winner_and_losers_hear_of_alternatives(service, client, tokens, database):
    """Two partners on 32 connections, all of them at the same slot at the same moment, slot after slot."""
    partners = [tokens.partner("partner-a"), tokens.partner("partner-b")]
    rounds = max(1, ATTEMPTS // CONNECTIONS)
    slots = slots_apart(client, partners[0], min(rounds, 300))
    barrier = threading.Barrier(CONNECTIONS)
    started = time.monotonic()

    def race(index):
        caller = Caller(service.port, partners[index % 2])
        replies = []
        for number in range(rounds):
            barrier.wait(60)
            slot = slots[number % len(slots)]
            replies.append(caller.call("POST", "/v1/bookings", booking_of(slot)))
        caller.close()
        return replies

    replies = [reply for mine in together(CONNECTIONS, race, 540) for reply in mine]
    seconds = time.monotonic() - started
    statuses = collections.Counter(reply.status for reply in replies)
    print(f"{len(replies)} attempts in {seconds:.1f} s ({len(replies) / seconds:.0f}/s): {dict(statuses)}")
    assert set(statuses) == {201, 409}, statuses
    contested = min(rounds, len(slots))
    assert statuses[201] == contested, "exactly one booking per slot"
    for reply in replies:
        if reply.status == 409:
            problem = reply.json()
            assert problem["type"] == "/problems/slot-taken", problem
            assert problem["reasons"] and "alternatives" in problem, problem
    with_alternatives = sum(bool(reply.json()["alternatives"]) for reply in replies if reply.status == 409)
    assert with_alternatives == statuses[409], "the demo practice has free time near every slot"
    live = database.fetch("select count(*) from app.booking where status = 'confirmed'")[0][0]
    assert live == contested


def test_holds_and_cancels_in_the_same_places_never_overlap(service, client, tokens, database):
    """Everybody holds, confirms and cancels over a handful of slots; what the tables say at the end is
    what was answered."""
    token = tokens.partner("partner-a")
    slots = slots_apart(client, token, 4)
    rounds = max(5, ATTEMPTS // CONNECTIONS // 4)

    def trade(index):
        caller = Caller(service.port, token)
        kept = []
        seen = collections.Counter()
        for number in range(rounds):
            slot = slots[(index + number) % len(slots)]
            body = booking_of(slot) | {"hold": number % 2 == 0}
            reply = caller.call("POST", "/v1/bookings", body)
            seen[reply.status] += 1
            if reply.status != 201:
                continue
            booking = reply.json()["id"]
            if booking and number % 2 == 0:
                reply = caller.call("POST", f"/v1/bookings/{booking}/confirm", {})
                seen[reply.status] += 1
            if number % 3:
                reply = caller.call("POST", f"/v1/bookings/{booking}/cancel", {"reason": "changed my mind"})
                seen[reply.status] += 1
            else:
                kept.append(booking)
        caller.close()
        return kept, seen

    results = together(CONNECTIONS, trade, 300)
    statuses = sum((seen for _, seen in results), collections.Counter())
    assert set(statuses) <= {200, 201, 409}, statuses
    kept = {booking for mine, _ in results for booking in mine}
    live = {str(row[0]) for row in database.fetch("select id from app.booking where status in ('held', 'confirmed')")}
    assert live == kept
    overlaps = database.fetch("""select count(*) from app.occupancy a join app.occupancy b
        on a.clinic_id = b.clinic_id and a.resource_id = b.resource_id and a.booking_id < b.booking_id
           and a.blocked && b.blocked""")[0][0]
    assert overlaps == 0


def test_the_same_key_from_many_connections_is_one_booking(service, client, tokens, database):
    """A client that retries too eagerly: all of its requests with one key get the same answer."""
    token = tokens.partner("partner-a")
    slot = slots_apart(client, token, 1)[0]

    def retry(index):
        caller = Caller(service.port, token)
        reply = caller.call("POST", "/v1/bookings", booking_of(slot), {"Idempotency-Key": "one-and-only"})
        caller.close()
        return reply

    replies = together(16, retry)
    assert {reply.status for reply in replies} == {201}
    assert len({reply.content for reply in replies}) == 1
    assert sum("Idempotency-Replayed" in reply.headers for reply in replies) == 15
    assert database.fetch("select count(*) from app.booking where source = 'partner-a'")[0][0] == 1


def test_a_drain_answers_what_is_in_work(service, client, tokens):
    """SIGTERM in the middle of bookings: every request that was taken is answered, then the process ends."""
    token = tokens.partner("partner-a")
    slots = slots_apart(client, token, 32)
    stop = threading.Event()

    def book(index):
        caller = Caller(service.port, token)
        broken = answered = 0
        while not stop.is_set():
            reply = caller.call("POST", "/v1/bookings", booking_of(slots[index]))
            if reply.status == 0:
                broken += 1
                break
            answered += 1
            assert reply.status in (201, 409, 503), reply.content
        caller.close()
        return answered, broken

    timer = threading.Timer(1.0, service.stop)
    timer.start()
    results = together(16, book)
    timer.join()
    stop.set()
    assert sum(answered for answered, _ in results) > 16
    assert not service.running
    cut = [entry["requests_cut"] for entry in service.log() if entry["event"] == "stopped"]
    assert cut == [0]
