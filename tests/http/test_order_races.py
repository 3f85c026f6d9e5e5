"""Orders that want what others want at the same moment: one winner or none, never a part of one, nobody waits in a circle."""
import collections
import os
import random

import pytest

from harness import FLAVOUR
from harness.load import Caller, together
from harness.slots import booking_of, slots_apart
from test_booking_races import check

ROUNDS = int(os.environ.get("RACE_ROUNDS", "20" if FLAVOUR == "release" else "8"))
LONDON = "01900000-0000-7000-8000-000000000002"

pytestmark = [pytest.mark.race, pytest.mark.timeout(300)]

# An order has all of its items, one booking each, in one state at its beginning: no part of one is there.
PARTS = """select count(*) from (select o.id, count(distinct b.id) as there, max(b.item) + 1 as wanted, count(distinct b.created_at) as moments
    from app.booking_order o left join app.booking b on b.clinic_id = o.clinic_id and b.order_id = o.id group by o.id) as k
    where k.there <> k.wanted or k.there = 0 or k.moments <> 1"""


def order_of(slots, **members):
    items = [{name: booking_of(slot)[name] for name in ("offering_id", "location_id", "practitioner_id", "start")} for slot in slots]
    return {"items": items, "client": {"name": "Racer"}, **members}


@pytest.fixture
def places(client, tokens):
    """Times of two clinics that do not get in each other's way, taken in turn from the one and the other."""
    token = tokens.partner("partner-a")
    brussels, london = (slots_apart(client, token, 6, clinic=clinic) for clinic in (None, LONDON))
    return [slot for pair in zip(brussels, london) for slot in pair]


def test_two_places_in_either_order_have_one_winner(service, tokens, database, places):
    token = tokens.partner("partner-a")
    pair = places[:2]
    for _ in range(ROUNDS):
        def ask(index):
            caller = Caller(service.port, token)
            # Everybody is the same new client at both clinics, and names the places in one order or the other.
            reply = caller.call("POST", "/v1/orders", order_of(pair if index % 2 else pair[::-1]))
            caller.close()
            return reply

        replies = together(8, ask)
        statuses = collections.Counter(reply.status for reply in replies)
        assert statuses == {201: 1, 409: 7}, [reply.content for reply in replies if reply.status not in (201, 409)] or statuses
        for reply in replies:
            if reply.status == 409:
                assert {one["pointer"] for one in reply.json()["items"]} == {"/items/0", "/items/1"}
        won = next(reply.json() for reply in replies if reply.status == 201)
        caller = Caller(service.port, token)
        assert caller.call("POST", f"/v1/orders/{won['id']}/cancel", {}).status == 200
        caller.close()
    check(database)
    assert database.fetch(PARTS)[0][0] == 0 and database.fetch("select count(*) from app.occupancy")[0][0] == 0


def test_orders_against_bookings_and_each_other(service, tokens, database, places):
    """Over ten places of two clinics everything happens at once; what was answered is what the tables have."""
    token = tokens.partner("partner-a")
    few = places[:10]

    def live(index):
        pick = random.Random(index)
        caller = Caller(service.port, token)
        seen = collections.Counter()
        held, firm = [], []
        for number in range(ROUNDS):
            act = pick.choice(["order", "order", "hold", "book", "confirm", "extend", "cancel", "cancel", "cancel"])
            if act in ("order", "hold", "book"):
                wanted = pick.sample(few, 1 if act == "book" else 2)
                body = booking_of(wanted[0]) if act == "book" else order_of(wanted, hold=act == "hold")
                reply = caller.call("POST", "/v1/bookings" if act == "book" else "/v1/orders", body)
                if reply.status == 201:
                    path = "bookings" if act == "book" else "orders"
                    (held if act == "hold" else firm).append(f"/v1/{path}/{reply.json()['id']}")
            elif act in ("confirm", "extend"):
                if not held:
                    continue
                what = pick.choice(held)
                reply = caller.call("POST", f"{what}/{act}", {} if act == "confirm" else None)
                if act == "confirm":
                    assert reply.status == 200, reply.content
                    held.remove(what)
                    firm.append(what)
            else:
                if not held + firm:
                    continue
                what = pick.choice(held + firm)
                reply = caller.call("POST", f"{what}/cancel", {})
                assert reply.status == 200, reply.content
                (held if what in held else firm).remove(what)
            seen[act, reply.status] += 1
            assert reply.status in (200, 201, 409), (act, reply.status, reply.content)
        caller.close()
        return seen, held, firm

    results = together(16, live, 200)
    seen = sum((one for one, _, _ in results), collections.Counter())
    print(dict(seen))
    assert seen["order", 201] and seen["order", 409] and seen["hold", 201] and seen["book", 201] and seen["book", 409]
    check(database)
    assert database.fetch(PARTS)[0][0] == 0
    for status, place in (("held", 1), ("confirmed", 2)):
        answered = {path.rsplit("/", 1)[1] for result in results for path in result[place]}
        live_ones = {id for (id,) in database.fetch(f"select distinct coalesce(order_id, id)::text from app.booking where status = '{status}'")}
        assert live_ones == answered, status


def test_a_confirmation_and_a_cancellation_of_one_order(service, tokens, database, places):
    """Both at once, with cancellations of a single item: whichever comes first, an order is never half confirmed and half held."""
    token = tokens.partner("partner-a")
    for number in range(ROUNDS):
        caller = Caller(service.port, token)
        held = caller.call("POST", "/v1/orders", order_of(places[:3], hold=True)).json()
        caller.close()

        def act(index):
            mine = Caller(service.port, token)
            path = (f"/v1/orders/{held['id']}/confirm", f"/v1/orders/{held['id']}/cancel",
                    f"/v1/bookings/{held['bookings'][1]['id']}/cancel", f"/v1/bookings/{held['bookings'][0]['id']}/reschedule")[index]
            reply = mine.call("POST", path, {"start": places[4]["start"]} if index == 3 else {})
            mine.close()
            return reply

        replies = together(4, act)
        assert {reply.status for reply in replies} <= {200, 409}, [reply.content for reply in replies]
        assert replies[1].status == 200, "the cancellation of the whole finds something to cancel"
        states = {state for (state,) in database.fetch(f"select status from app.booking where order_id = '{held['id']}'")}
        assert states == {"cancelled"}, states
    check(database)
    assert database.fetch("select count(*) from app.occupancy")[0][0] == 0


def test_series_that_want_the_same_times(service, tokens, database, places):
    """Whoever loses a session that it had planned finds another for it, or tells it as missing; bookings come in between."""
    token = tokens.partner("partner-a")
    wanted = places[0]

    def ask(index):
        caller = Caller(service.port, token)
        if index % 4 == 3:
            reply = caller.call("POST", "/v1/bookings", booking_of(wanted))
        else:
            reply = caller.call("POST", "/v1/series", {
                "offering_id": wanted["offering_id"], "location_id": wanted["location_id"], "sessions": 4,
                "practitioner_id": wanted["practitioner_id"], "first_date": wanted["start"][:10], "time": wanted["start"][11:16],
                "mode": "best_effort" if index % 2 else "all", "client": {"name": "Racer"}})
        caller.close()
        return reply

    replies = together(12, ask)
    assert {reply.status for reply in replies} <= {201, 409}, [reply.content for reply in replies]
    answered = [reply.json() for reply in replies if reply.status == 201 and "sessions" in reply.json()]
    assert len(answered) > 1
    for one in answered:
        assert len(one["sessions"]) + len(one["missing"]) == 4 and (one["mode"] == "best_effort" or not one["missing"])
    check(database)
    rows = dict(database.fetch("select series_id::text, count(*) from app.booking where series_id is not null group by series_id"))
    assert rows == {one["id"]: len(one["sessions"]) for one in answered}
    assert database.fetch("select count(*) from app.series")[0][0] == len(answered)
