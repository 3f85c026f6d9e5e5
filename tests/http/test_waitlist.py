"""The waiting list as a partner and a desk live with it: somebody gives up a time, and the service's own worker offers it."""
import random
import threading
import time
import uuid

import pytest

from harness import PATIENCE
from harness.practice import CLIENT

MONDAY = "2027-03-08"
HOURS = [f"{MONDAY}T{hour:02}:00:00+01:00" for hour in (9, 10, 11)]


def until(answer, seconds=10):
    """The first truthy answer; asked again and again, not longer than this."""
    deadline = time.monotonic() + seconds * PATIENCE
    while not (found := answer()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


def wish(practice, **members):
    return {"clinic_id": practice.id, "offering_ids": [practice.massage["id"]], "date_from": MONDAY, "date_to": MONDAY,
            "client": CLIENT} | members


def enter(practice, who=None, **members):
    reply = (who or practice.partner).post("/v1/waitlist", json=wish(practice, **members))
    assert reply.status_code == 201, reply.text
    return reply.json()


def read(practice, entry, who=None):
    reply = (who or practice.partner).get(f"/v1/waitlist/{entry['id']}")
    assert reply.status_code == 200, reply.text
    return reply.json()


def act(practice, entry, what, who=None, key=None, **body):
    return (who or practice.partner).post(f"/v1/waitlist/{entry['id']}/{what}", json=body, key=key)


def give_up(practice, booking):
    reply = practice.desk.post(f"/v1/bookings/{booking['id']}/cancel", json={})
    assert reply.status_code == 200, reply.text


def offered(practice, entry, who=None):
    """The entry, once the worker has offered it something."""
    return until(lambda: (found := read(practice, entry, who))["status"] == "offered" and found)


@pytest.fixture
def full(make_practice, clock):
    """A practice whose only Monday is booked, hour by hour."""
    practice = make_practice().simple()
    practice.bookings = [practice.booked(hour, who=practice.desk) for hour in HOURS]
    return practice


def test_somebody_gives_up_a_time_and_the_first_of_the_line_gets_it(full):
    reply = full.partner.post("/v1/waitlist", json=wish(full, note="Neck", external_ref="wish-1"), key="enter-1")
    assert reply.status_code == 201 and reply.headers["Location"] == f"/v1/waitlist/{reply.json()['id']}"
    entry = reply.json()
    assert (entry["status"], entry["position"], entry["free_now"]) == ("waiting", 1, None)
    again = full.partner.post("/v1/waitlist", json=wish(full, note="Neck", external_ref="wish-1"), key="enter-1")
    assert again.content == reply.content and again.headers["Idempotency-Replayed"] == "true"
    second = enter(full, full.another_partner())
    assert second["position"] == 2

    give_up(full, full.bookings[1])
    found = offered(full, entry)
    assert found["offer"]["start"] == HOURS[1] and found["offer"]["expires_at"] == "2027-03-01T09:00:" + found["offer"]["expires_at"][17:]
    held = full.partner.get(f"/v1/bookings/{found['offer']['booking_id']}").json()
    assert (held["status"], held["client"]["name"], held["note"]) == ("held", CLIENT["name"], "Neck")
    assert held["waitlist_entry_id"] == entry["id"]
    assert full.starts(MONDAY) == []  # nobody else can have it

    accepted = act(full, entry, "accept", key="accept-1")
    assert accepted.status_code == 200, accepted.text
    assert accepted.json()["booking"] | {"version": 0, "status": "", "updated_at": ""} == held | {
        "version": 0, "status": "", "updated_at": "", "hold_expires_at": None}
    assert accepted.json()["entry"]["booking_id"] == held["id"]
    assert act(full, entry, "accept", key="accept-1").content == accepted.content
    assert act(full, entry, "accept").json()["current_status"] == "accepted"
    assert full.partner.delete(f"/v1/waitlist/{entry['id']}").json()["current_status"] == "accepted"
    assert full.desk.get(f"/v1/waitlist/{second['id']}").json()["position"] == 1


def test_an_offer_goes_down_the_line(full, clock):
    first, second, third = enter(full), enter(full), enter(full)
    give_up(full, full.bookings[0])
    offered(full, first)
    clock("2027-03-01T09:00:00Z")  # three hours later: unanswered
    assert read(full, first)["status"] == "waiting" and read(full, first)["offers_unanswered"] == 1
    offered(full, second)
    assert act(full, first, "accept").status_code == 409 and act(full, first, "decline").status_code == 409
    declined = act(full, second, "decline", reason="Too early")
    assert declined.status_code == 200 and (declined.json()["status"], declined.json()["position"]) == ("waiting", 2)
    found = offered(full, third)
    assert full.partner.post(f"/v1/bookings/{found['offer']['booking_id']}/extend").status_code == 409
    gone = act(full, third, "decline", stay=False)
    assert gone.json()["status"] == "declined"
    until(lambda: full.starts(MONDAY) == ["03-08T09:00"])  # nobody is left who has not been asked
    assert read(full, first)["free_now"]["start"] == HOURS[0]  # not offered again, but to be had
    assert enter(full)["free_now"]["start"] == HOURS[0]
    # The next time is for whoever waits longest, whatever was declined before.
    give_up(full, full.bookings[2])
    assert offered(full, first)["offer"]["start"] == HOURS[2]


def test_the_booking_decides_what_has_become_of_the_entry(full):
    first, second = enter(full), enter(full)
    give_up(full, full.bookings[0])
    booking = offered(full, first)["offer"]["booking_id"]
    assert full.partner.post(f"/v1/bookings/{booking}/cancel", json={}).status_code == 200
    assert read(full, first)["status"] == "waiting"
    booking = offered(full, second)["offer"]["booking_id"]
    assert full.partner.post(f"/v1/bookings/{booking}/confirm", json={}).status_code == 200
    assert (read(full, second)["status"], read(full, second)["booking_id"]) == ("accepted", booking)
    listed = full.partner.get("/v1/waitlist", params={"clinic_id": full.id, "status": ["accepted"]}).json()["items"]
    assert [entry["id"] for entry in listed] == [second["id"]]


def test_whoever_leaves_the_line_lets_the_offer_go(full):
    first, second = enter(full), enter(full)
    give_up(full, full.bookings[0])
    offered(full, first)
    for _ in range(2):
        reply = full.partner.delete(f"/v1/waitlist/{first['id']}")
        assert reply.status_code == 200 and reply.json()["status"] == "withdrawn"
    offered(full, second)


def test_added_hours_and_lifted_closures_are_offered(full):
    tuesday = enter(full, date_to="2027-03-10")
    full.exception("add", "2027-03-09", [("14:00", "15:00")], full.person, full.site)
    assert offered(full, tuesday)["offer"]["start"] == "2027-03-09T14:00:00+01:00"
    closed = full.exception("close", "2027-03-15", location=full.site)
    later = enter(full, date_from="2027-03-15", date_to="2027-03-15", windows=[{"weekday": 1, "from": "10:00"}])
    assert later["free_now"] is None
    full.archive("exception", closed["id"])
    assert offered(full, later)["offer"]["start"] == "2027-03-15T10:00:00+01:00"


def test_a_move_and_a_hold_that_runs_out_free_time(full, clock):
    moved, lapsed = enter(full), enter(full, windows=[{"from": "13:00"}], date_to="2027-03-09")
    full.schedule(full.person, full.site, weekdays=[2], start="13:00", end="14:00")
    held = full.book("2027-03-09T13:00:00+01:00", client=None)
    if held.status_code == 409:  # the worker was quicker: the new hour is lapsed's
        offered(full, lapsed)
    else:
        clock("2027-03-01T06:11:00Z")
        offered(full, lapsed)
    full.schedule(full.person, full.site, weekdays=[3], start="13:00", end="14:00")
    reply = full.desk.post(f"/v1/bookings/{full.bookings[0]['id']}/reschedule", json={"start": "2027-03-10T13:00:00+01:00"})
    assert reply.status_code == 200, reply.text
    assert offered(full, moved)["offer"]["start"] == HOURS[0]


def test_what_is_asked_wrongly_is_refused_with_all_its_faults(full):
    unknown = str(uuid.uuid4())
    reply = full.partner.post("/v1/waitlist", json=wish(full, practitioner_ids=[unknown], date_from="2027-03-09", client=None, windows=[{"from": "09:00", "to": "09:00"}]))
    assert reply.status_code == 422
    assert [fault["pointer"] for fault in reply.json()["errors"]] == ["/practitioner_ids/0", "/date_to", "/client", "/windows/0/to"]
    for members, pointer in (({"offering_ids": []}, "/treatments"), ({"client": {"name": ""}}, "/client/name"),
                             ({"notice_minutes": -1}, "/notice_minutes"), ({"windows": [{"weekday": 8}]}, "/windows/0/weekday"),
                             ({"date_to": "tomorrow"}, "/date_to")):
        reply = full.partner.post("/v1/waitlist", json=wish(full, **members))
        assert reply.status_code == 400 and pointer in [fault["pointer"] for fault in reply.json()["errors"]], reply.text
    assert full.partner.post("/v1/waitlist", json=wish(full, clinic_id=unknown)).status_code == 404
    for reply in (full.partner.get(f"/v1/waitlist/{unknown}"), full.partner.delete(f"/v1/waitlist/{unknown}"),
                  full.partner.post(f"/v1/waitlist/{unknown}/accept", json={}), full.partner.post(f"/v1/waitlist/{unknown}/decline", json={})):
        assert reply.status_code == 404
    full.admin.delete(full.path, if_match="*")
    assert full.partner.post("/v1/waitlist", json=wish(full)).json()["current_status"] == "archived"


def test_others_know_nothing_of_an_entry(full, make_practice):
    entry = enter(full)
    for stranger in (full.another_partner(), make_practice().desk):
        assert stranger.get(f"/v1/waitlist/{entry['id']}").status_code == 404
        assert stranger.delete(f"/v1/waitlist/{entry['id']}").status_code == 404
        assert stranger.get("/v1/waitlist").json()["items"] == []
    assert full.website.get("/v1/waitlist").status_code == 403
    assert [item["id"] for item in full.desk.items("/v1/waitlist", limit=1)] == [entry["id"]]


def test_a_page_of_the_line_follows_the_other(full):
    entries = [enter(full, external_ref=f"wish-{number}") for number in range(5)]
    assert [item["id"] for item in full.partner.items("/v1/waitlist", limit=2)] == [entry["id"] for entry in entries]
    assert [item["external_ref"] for item in full.partner.items("/v1/waitlist", treatment="trigger-point-massage", external_ref="wish-3")] == ["wish-3"]
    assert full.partner.get("/v1/waitlist", params={"cursor": "AAAA"}).status_code == 400


@pytest.mark.race
def test_who_waits_longest_is_offered_first_however_many_give_up_at_once(make_practice, clock):
    """Two people's days are given up by six at once, in any order, while others join the line: the earliest entries get an
    hour each, nobody two, and no hour has two winners."""
    practice = make_practice(policy={"waitlist_offer_minutes": 1000}).simple(start="08:00", end="12:00")
    colleague = practice.practitioner(practice.site)
    practice.change("offering", practice.massage["id"], practitioner_ids=[practice.person["id"], colleague["id"]])
    practice.schedule(colleague, practice.site, start="08:00", end="12:00")
    bookings = [practice.booked(f"{MONDAY}T{hour:02}:00:00+01:00", who=practice.desk, practitioner=person)
                for hour in range(8, 12) for person in (practice.person, colleague)]
    line = [enter(practice) for _ in range(10)]
    random.Random(7).shuffle(bookings)
    threads = [threading.Thread(target=lambda part=bookings[number::6]: [give_up(practice, booking) for booking in part])
               for number in range(6)]
    for thread in threads:
        thread.start()
    enter(practice)
    for thread in threads:
        thread.join()
    winners = until(lambda: len(found := [entry for entry in line if read(practice, entry)["status"] == "offered"]) == 8 and found)
    assert [entry["id"] for entry in winners] == [entry["id"] for entry in line[:8]]
    offers = [read(practice, entry)["offer"] for entry in winners]
    assert len({(offer["start"], offer["practitioner_id"]) for offer in offers}) == 8
    assert {read(practice, entry)["position"] for entry in line[8:]} == {1, 2}
    answers = [act(practice, entry, "accept").status_code for entry in winners]
    assert answers == [200] * 8
