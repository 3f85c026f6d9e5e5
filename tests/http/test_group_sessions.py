"""A class for several people, from the offering to the last seat, which has one winner; and the last room, which has one too."""
import collections
import datetime
import os
import random
import threading

import pytest

from harness import FLAVOUR
from harness.load import Caller, together
from harness.practice import CLIENT, Practice

NINE, TEN = (f"2027-03-29T{hour}:00:00+02:00" for hour in ("09", "10"))
CONNECTIONS = 32
ROUNDS = int(os.environ.get("RACE_ROUNDS", "24" if FLAVOUR == "release" else "6"))


@pytest.fixture
def practice(make_practice, clock):
    return make_practice().simple(offering={"seats": 3})


def seats_left(practice, start=NINE, **filters):
    return next((slot["seats_left"] for slot in practice.slots("2027-03-29", **filters) if slot["start"] == start), None)


def test_the_story_of_a_class(practice, clock):
    assert practice.massage["seats"] == 3 and seats_left(practice) == 3
    other = practice.another_partner()
    mine = practice.booked(NINE)
    theirs = practice.booked(NINE, who=other, seats=2, client=None)
    assert mine["session_id"] == theirs["session_id"] and (mine["seats"], theirs["seats"]) == (1, 2)
    assert theirs["price"] == {"amount": 13000, "currency": "EUR"}
    assert seats_left(practice) is None and NINE[5:16] not in practice.starts("2027-03-29")
    refused = practice.book(NINE)
    assert refused.status_code == 409
    problem = refused.json()
    assert (problem["type"], problem["reasons"]) == ("/problems/slot-taken", ["full"]) and len(problem["alternatives"]) == 3
    assert problem["detail"] == "Not as many seats are left then."
    # The desk sees who comes: all bookings of the session.
    elsewhere = practice.booked("2027-04-12T09:00:00+02:00")
    listed = practice.desk.items("/v1/bookings", session_id=mine["session_id"])
    assert {booking["id"] for booking in listed} == {mine["id"], theirs["id"]} and sum(booking["seats"] for booking in listed) == 3
    assert [booking["id"] for booking in practice.partner.items("/v1/bookings", session_id=mine["session_id"])] == [mine["id"]]
    assert elsewhere["session_id"] != mine["session_id"]
    clock("2027-03-01T06:11:00Z")
    assert seats_left(practice) == 2, "the hold has run out"
    friend = practice.booked(NINE, who=other)
    reply = practice.partner.post(f"/v1/bookings/{mine['id']}/reschedule", json={"start": "2027-03-29T09:30:00+02:00"})
    assert reply.status_code == 409 and reply.json()["reasons"] == ["practitioner_busy"], "the class of nine lasts till ten, and others stay"
    reply = practice.partner.post(f"/v1/bookings/{mine['id']}/reschedule", json={"start": "2027-04-05T09:00:00+02:00"})
    assert reply.status_code == 200 and reply.json()["session_id"] != mine["session_id"]
    assert seats_left(practice) == 2
    assert other.post(f"/v1/bookings/{friend['id']}/cancel", json={}).status_code == 200
    assert seats_left(practice) == 3


def test_a_search_for_several_seats(practice):
    practice.booked(NINE, seats=2)
    assert NINE[5:16] not in practice.starts("2027-03-29", seats=2) and seats_left(practice) == 1
    assert seats_left(practice, TEN, seats=3) == 3
    assert practice.slots("2027-03-29", seats=4) == []
    days = practice.website.get("/v1/availability/days", params={"from": "2027-03-29", "to": "2027-03-29", "clinic_id": practice.id, "seats": 4})
    assert days.json()["items"] == []
    refused = practice.book(TEN, seats=4)
    assert refused.status_code == 409 and refused.json()["reasons"] == ["too_many_seats"]
    assert practice.book(TEN, seats=0).status_code == 400


def explained(practice, start, **more):
    reply = practice.website.get("/v1/availability/explain", params={
        "offering_id": practice.massage["id"], "location_id": practice.site["id"], "start": start, **more})
    assert reply.status_code == 200, reply.text
    return {reason.pop("code"): reason for reason in reply.json()["practitioners"][0]["reasons"]}


def test_why_a_class_is_not_offered(practice):
    practice.booked(NINE, seats=2)
    assert explained(practice, NINE) == {}
    assert explained(practice, NINE, seats=2) == {"full": {"seats": 3}}
    assert explained(practice, TEN, seats=4) == {"too_many_seats": {"seats": 3}}
    practice.booked(NINE)
    assert explained(practice, NINE) == {"full": {"seats": 3}}
    assert explained(practice, "2027-03-29T09:30:00+02:00") == {"practitioner_busy": {}}
    practice.exception("close", "2027-03-29", location=practice.site)
    assert set(explained(practice, NINE)) == {"full", "closed"}


def test_the_clinic_changes_the_number(practice):
    practice.booked(NINE, seats=3)
    assert practice.change("offering", practice.massage["id"], seats=4)["affected_bookings"] == []
    assert seats_left(practice) == 1
    assert practice.change("offering", practice.massage["id"], seats=2)["affected_bookings"] == [], "nobody loses a seat"
    assert seats_left(practice) is None
    bad = practice.desk.patch(f"{practice.collection('offering')}/{practice.massage['id']}", json={"seats": 0}, if_match="*")
    assert bad.status_code == 400
    affected = practice.exception("close", "2027-03-29", location=practice.site)["affected_bookings"]
    assert len(affected) == 1


def test_a_slot_for_one_says_nothing_of_seats(make_practice, clock):
    practice = make_practice().simple()
    assert practice.massage["seats"] == 1
    assert all("seats_left" not in slot for slot in practice.slots("2027-03-29"))
    booking = practice.booked(NINE)
    assert (booking["seats"], booking["session_id"], booking["room_id"]) == (1, None, None)


# ---------------------------------------------------------------- races

def wrongs(database):
    """What the tables must never say."""
    return [row[0] for row in database.fetch(
        """select 'oversold' from app.session s join app.offering o on o.clinic_id = s.clinic_id and o.id = s.offering_id
           where o.seats < (select sum(b.seats) from app.booking b where b.session_id = s.id and b.status in ('held', 'confirmed'))
           union all
           select 'overlap' from app.occupancy a join app.occupancy b on a.clinic_id = b.clinic_id and a.resource_id = b.resource_id
               and a.blocked && b.blocked and a.ctid < b.ctid
           union all
           -- A session has its block as long as a seat is taken, and no longer.
           select 'block' from app.session s
           where exists (select from app.booking b where b.session_id = s.id and b.status in ('held', 'confirmed'))
                 <> exists (select from app.occupancy o where o.session_id = s.id and o.resource_id = s.practitioner_id
                              and o.blocked_from <= s.starts_at and o.blocked_to >= s.ends_at)
              or (select count(*) from app.occupancy o where o.session_id = s.id) not in (0, 1 + (s.room_id is not null)::int)
           union all
           select 'firmness' from app.occupancy o
           where o.session_id is not null
             and (o.expires_at is null) <> exists (select from app.booking b where b.session_id = o.session_id and b.status = 'confirmed')
           union all
           select 'stray' from app.booking b join app.session s on s.id = b.session_id
           where (b.starts_at, b.practitioner_id, b.offering_id, b.room_id)
                 is distinct from (s.starts_at, s.practitioner_id, s.offering_id, s.room_id)""")]


@pytest.fixture
def service(database, start_service):
    """Patient: on a slow machine a loser waits rather than being told 503."""
    return start_service(database, CLINICD_DATABASE_WAIT_MS=20000, CLINICD_DATABASE_TIMEOUT_MS=30000)


@pytest.fixture
def crowd(service, client, tokens):
    """A practice with a daily class of five in the only hall, on a service of its own, by the real clock."""
    practice = Practice(client, tokens, policy={"max_holds_per_partner": 100, "max_holds_per_client": 100})
    practice.simple(offering={"seats": 5, "room_kind": "hall", "step_minutes": 60}, weekdays=range(1, 8), start="08:00", end="20:00")
    practice.make("room", location_id=practice.site["id"], name="Hall", kind="hall")
    return practice


def free_days(practice):
    """All free starts from three days on, as the search gives them."""
    first = datetime.date.today() + datetime.timedelta(days=3)
    return practice.slots(first.isoformat(), (first + datetime.timedelta(days=6)).isoformat())


@pytest.mark.race
@pytest.mark.timeout(300)
@pytest.mark.parametrize("left", [1, 3])
def test_the_last_seats_have_as_many_winners(service, crowd, tokens, database, left):
    slots = free_days(crowd)[:ROUNDS]
    for slot in slots:
        crowd.booked(slot["start"], seats=5 - left)
    partners = [tokens.partner(f"partner-{number}", [crowd.id]) for number in range(4)]
    barrier = threading.Barrier(CONNECTIONS)

    def race(index):
        caller = Caller(service.port, partners[index % 4])
        replies = []
        for number, slot in enumerate(slots):
            barrier.wait(60)
            body = crowd.booking(slot["start"], practitioner=False if index % 3 else None, hold=bool((index + number) % 2))
            replies.append((number, caller.call("POST", "/v1/bookings", body)))
        caller.close()
        return replies

    winners = collections.Counter()
    for number, reply in (pair for mine in together(CONNECTIONS, race, 280) for pair in mine):
        if reply.status == 201:
            winners[number] += 1
        else:
            problem = reply.json()
            assert (reply.status, problem["type"], problem["reasons"]) == (409, "/problems/slot-taken", ["full"]), problem
    assert winners == {number: left for number in range(len(slots))}
    assert wrongs(database) == []
    assert not {slot["start"] for slot in slots} & {slot["start"] for slot in free_days(crowd)}


@pytest.mark.race
@pytest.mark.timeout(300)
def test_everybody_comes_and_goes_and_no_seat_is_sold_twice(service, crowd, tokens, database):
    """Bookings, holds, orders, confirmations, extensions, moves and cancellations of one to three seats over four classes (orders want
    one more, where there are fewer)."""
    slots = [slot["start"] for slot in free_days(crowd)]
    slots, quiet = slots[:4], slots[4:24]
    token = tokens.partner("partner-a", [crowd.id])

    def live(index):
        pick, caller = random.Random(index), Caller(service.port, token)
        mine, held, seen = [], [], collections.Counter()
        for _ in range(ROUNDS):
            act = pick.choice(["book", "book", "order"] + ["move", "cancel", "cancel"] * bool(mine) + ["confirm", "extend"] * bool(held))
            if act == "book":
                reply = caller.call("POST", "/v1/bookings", crowd.booking(pick.choice(slots), seats=pick.randint(1, 3), hold=pick.random() < 0.7))
                if reply.status == 201:
                    mine.append(reply.json()["id"])
                    held += mine[-1:] if reply.json()["status"] == "held" else []
            elif act == "order":
                items = [{"offering_id": crowd.massage["id"], "location_id": crowd.site["id"], "start": start, "seats": 1}
                         for start in (pick.choice(slots), pick.choice(quiet))]
                reply = caller.call("POST", "/v1/orders", {"client": CLIENT, "items": items})
                if reply.status == 201:
                    mine += [booking["id"] for booking in reply.json()["bookings"]]
            else:
                booking = pick.choice(held if act in ("confirm", "extend") else mine)
                path, body = {"move": ("reschedule", {"start": pick.choice(slots)}), "confirm": ("confirm", {"client": CLIENT}),
                              "extend": ("extend", None), "cancel": ("cancel", {})}[act]
                reply = caller.call("POST", f"/v1/bookings/{booking}/{path}", body)
                if act == "cancel" and reply.status == 200:
                    mine.remove(booking)
                if act in ("cancel", "confirm") and booking in held:
                    held.remove(booking)
            seen[act, reply.status] += 1
        caller.close()
        return mine, seen

    results = together(CONNECTIONS, live, 280)
    seen = sum((seen for _, seen in results), collections.Counter())
    print(dict(seen))
    assert {status for _, status in seen} <= {200, 201, 409}, seen
    assert {act for act, status in seen if status < 300} >= {"book", "order", "cancel"}, "the others depend on luck, in a short run"
    live_ones = {str(row[0]) for row in database.fetch("select id from app.booking where status in ('held', 'confirmed')")}
    assert live_ones == {booking for mine, _ in results for booking in mine}
    assert wrongs(database) == []


@pytest.mark.race
@pytest.mark.timeout(300)
def test_the_last_room_has_one_winner(service, crowd, tokens, database):
    """Eight people could give the treatment at the same time, in the one room that there is."""
    people = [crowd.practitioner(crowd.site) for _ in range(8)]
    for person in people:
        crowd.schedule(person, crowd.site, weekdays=range(1, 8), start="08:00", end="20:00")
    crowd.massage = crowd.offering(people, [crowd.site], room_kind="hall", step_minutes=60)
    starts = sorted({slot["start"] for slot in free_days(crowd) if slot["offering_id"] == crowd.massage["id"]})[:12]
    token = tokens.partner("partner-a", [crowd.id])
    barrier = threading.Barrier(CONNECTIONS)

    def race(index):
        caller = Caller(service.port, token)
        replies = []
        for start in starts:
            barrier.wait(60)
            body = crowd.booking(start, practitioner=people[index % 8] if index % 5 else False)
            replies.append((start, caller.call("POST", "/v1/bookings", body)))
        caller.close()
        return replies

    winners = collections.Counter()
    for start, reply in (pair for mine in together(CONNECTIONS, race, 280) for pair in mine):
        if reply.status == 201:
            winners[start] += 1
            assert reply.json()["room_id"]
        else:
            assert reply.status == 409 and set(reply.json()["reasons"]) <= {"room_busy", "practitioner_busy"}, reply.content
    assert winners == dict.fromkeys(starts, 1) and len(starts) > 5
    assert wrongs(database) == []
