"""Bookings that move while others move, cancel, extend and confirm: nobody is there twice, nothing is lost, no error."""
import collections
import os
import random

import pytest

from harness import FLAVOUR
from harness.load import Caller, together
from harness.slots import booking_of, slots_apart

ROUNDS = int(os.environ.get("RACE_ROUNDS", "40" if FLAVOUR == "release" else "10"))

pytestmark = [pytest.mark.race, pytest.mark.timeout(300)]

OVERLAPS = """select count(*) from app.occupancy a join app.occupancy b on a.clinic_id = b.clinic_id
    and a.resource_id = b.resource_id and a.booking_id < b.booking_id and a.blocked && b.blocked"""
# A live booking has its places, at its own time, and one that has ended has none.
MISPLACED = """select count(*) from app.booking b where
    (b.status in ('held', 'confirmed')) <> exists (
        select from app.occupancy o where o.booking_id = b.id and o.resource_id = b.practitioner_id
          and o.blocked_from <= b.starts_at and o.blocked_to >= b.ends_at)
    or exists (select from app.occupancy o where o.booking_id = b.id and o.resource_id <> b.practitioner_id
               and o.resource_id is distinct from b.room_id)"""
# Each version has its line in the log; the first is the making.
UNTOLD = """select count(*) from app.booking b where b.version <> (
    select count(*) from app.change c where c.entity = 'booking' and c.entity_id = b.id::text)"""


def check(database):
    for statement in (OVERLAPS, MISPLACED, UNTOLD):
        assert database.fetch(statement)[0][0] == 0, statement


def place(slot):
    return {name: slot[name] for name in ("start", "practitioner_id", "location_id")}


def test_two_that_want_each_others_place(service, client, tokens, database):
    """A and B swap against each other, again and again, with a third place that is free: whoever asks for a place that the
    other still has is refused and stays, both may never have the same, and nobody waits in a circle."""
    token = tokens.partner("partner-a")
    offering = slots_apart(client, token, 1)[0]["offering_id"]
    places = [slot for slot in slots_apart(client, token, 60) if slot["offering_id"] == offering][:3]
    assert len(places) == 3
    with_ids = Caller(service.port, token)
    bookings = [with_ids.call("POST", "/v1/bookings", booking_of(slot)).json()["id"] for slot in places[:2]]
    with_ids.close()

    def swap(index):
        caller = Caller(service.port, token)
        seen = collections.Counter()
        for number in range(ROUNDS):
            target = places[(index // 2 + number) % 3]
            reply = caller.call("POST", f"/v1/bookings/{bookings[index % 2]}/reschedule", place(target))
            seen[reply.status] += 1
        caller.close()
        return seen

    statuses = sum(together(8, swap, 200), collections.Counter())
    print(dict(statuses))
    assert set(statuses) <= {200, 409} and statuses[200] > 0 and statuses[409] > 0
    check(database)
    live = database.fetch("select starts_at, practitioner_id from app.booking where status = 'confirmed'")
    assert len(live) == 2 and len(set(live)) == 2


def test_moves_against_cancels_confirms_and_extensions(service, client, tokens, database):
    """Over a handful of places everything happens at once; the tables say afterwards what was answered."""
    token = tokens.partner("partner-a")
    found = slots_apart(client, token, 60)
    offering = collections.Counter(slot["offering_id"] for slot in found).most_common(1)[0][0]
    places = [slot for slot in found if slot["offering_id"] == offering][:4]

    def live(index):
        pick = random.Random(index)
        caller = Caller(service.port, token)
        seen = collections.Counter()
        ended, mine = set(), []
        for number in range(ROUNDS):
            act = pick.choice(["book", "hold", "reschedule", "reschedule", "cancel", "confirm", "extend"])
            if act in ("book", "hold") or not mine:
                reply = caller.call("POST", "/v1/bookings", booking_of(pick.choice(places)) | {"hold": act == "hold"})
                if reply.status == 201:
                    mine.append(reply.json()["id"])
            else:
                booking = pick.choice(mine)
                body = {"reschedule": place(pick.choice(places)), "extend": None}.get(act, {})
                reply = caller.call("POST", f"/v1/bookings/{booking}/{act}", body)
                if act == "cancel" and reply.status == 200:
                    ended.add(booking)
                    mine.remove(booking)
            seen[reply.status] += 1
            assert reply.status in (200, 201, 409), (act, reply.status, reply.content)
        caller.close()
        return seen, mine, ended

    results = together(16, live, 200)
    statuses = sum((seen for seen, _, _ in results), collections.Counter())
    print(dict(statuses))
    assert {200, 201, 409} == set(statuses)
    check(database)
    states = dict(database.fetch("select id::text, status from app.booking"))
    assert {id for _, mine, _ in results for id in mine} == {id for id, state in states.items() if state in ("held", "confirmed")}
    assert {id for _, _, ended in results for id in ended} == {id for id, state in states.items() if state == "cancelled"}


def test_of_a_cancel_and_many_moves_the_cancel_is_final(service, client, tokens, database):
    token = tokens.partner("partner-a")
    found = slots_apart(client, token, 60)
    offering = collections.Counter(slot["offering_id"] for slot in found).most_common(1)[0][0]
    places = [slot for slot in found if slot["offering_id"] == offering][:6]
    for number in range(max(4, ROUNDS // 4)):
        caller = Caller(service.port, token)
        booking = caller.call("POST", "/v1/bookings", booking_of(places[0])).json()["id"]
        caller.close()

        def act(index):
            mine = Caller(service.port, token)
            what, body = ("cancel", {}) if index == 3 else ("reschedule", place(places[1 + index % 5]))
            reply = mine.call("POST", f"/v1/bookings/{booking}/{what}", body)
            mine.close()
            return reply

        replies = together(6, act)
        assert {reply.status for reply in replies} <= {200, 409}, [reply.content for reply in replies]
        assert replies[3].status == 200, "a cancel waits for the moves and ends it"
        assert {reply.json().get("current_status") for reply in replies if reply.status == 409} <= {"cancelled"}
    check(database)
    assert database.fetch("select count(*) from app.occupancy")[0][0] == 0
