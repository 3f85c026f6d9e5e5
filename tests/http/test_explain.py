"""Why a start is not offered: all reasons, and nothing of who has booked."""
import datetime
import uuid

import pytest

pytestmark = pytest.mark.slow  # the rules are SQL: once is enough

NINE = "2027-03-29T09:00:00+02:00"


def at(clock_time, day="2027-03-29"):
    return f"{day}T{clock_time}:00+02:00"


@pytest.fixture
def practice(make_practice, clock):
    return make_practice().simple()


def ask(practice, start, who=None, offering=None, location=None, practitioner=None):
    reply = (who or practice.website).get("/v1/availability/explain", params={
        "offering_id": (offering or practice.massage)["id"], "location_id": (location or practice.site)["id"], "start": start,
        "practitioner_id": practitioner and practitioner["id"]})
    return reply


def explained(practice, start, **more):
    reply = ask(practice, start, **more)
    assert reply.status_code == 200, reply.text
    return reply.json()


def reasons(practice, start, **more):
    """The reasons of the only practitioner, by code."""
    verdict = explained(practice, start, **more)
    only, = verdict["practitioners"]
    assert verdict["offered"] == only["offered"] == (not only["reasons"])
    assert verdict["reasons"] == sorted(reason["code"] for reason in only["reasons"])
    return {reason.pop("code"): reason for reason in only["reasons"]}


def test_what_is_offered_is_said_to_be(practice):
    verdict = explained(practice, NINE)
    assert verdict == {"offered": True, "start": NINE, "timezone": "Europe/Brussels", "clinic_id": practice.id,
                       "location_id": practice.site["id"], "offering_id": practice.massage["id"], "reasons": [],
                       "practitioners": [{"practitioner_id": practice.person["id"], "offered": True, "reasons": []}]}


def test_each_reason_with_what_it_rests_on(practice, clock):
    closing = practice.exception("close", "2027-04-05", windows=[("10:00", "11:00")], practitioner=practice.person, reason="secret")
    replacing = practice.exception("replace", "2027-04-12", windows=[("14:00", "16:00")], practitioner=practice.person,
                                   location=practice.site)
    assert reasons(practice, at("08:00")) == {"outside_hours": {}}
    assert reasons(practice, at("09:10")) == {"off_grid": {"step_minutes": 15}}
    found = reasons(practice, at("10:30", "2027-04-05"))
    assert found == {"closed": {"exceptions": [
        {"id": closing["id"], "kind": "close", "date_from": "2027-04-05", "date_to": "2027-04-05"}]}}
    assert reasons(practice, at("11:00", "2027-04-05")) == {}
    assert [x["id"] for x in reasons(practice, at("09:00", "2027-04-12"))["outside_hours"]["exceptions"]] == [replacing["id"]]
    assert reasons(practice, at("09:00", "2027-06-07")) == {"horizon": {"before": at("00:00", "2027-05-31")}}
    clock("2027-03-29T06:30:00Z")
    assert reasons(practice, NINE)["notice"]["earliest"].startswith("2027-03-29T09:30:")
    together = reasons(practice, at("09:05", "2027-03-22").replace("+02", "+01"))
    assert set(together) == {"notice", "off_grid"}
    # Partly closed and partly outside: both.
    assert set(reasons(practice, at("11:50", "2027-04-05"))) == {"outside_hours", "off_grid"}
    practice.exception("close", "2027-04-19", location=practice.site)
    assert set(reasons(practice, at("11:30", "2027-04-19"))) == {"outside_hours", "closed"}


def test_busy_is_busy_and_a_buffer_a_buffer(make_practice, clock):
    practice = make_practice().simple(offering={"buffer_after_minutes": 15, "room_kind": "table"}, end="17:00")
    practice.make("room", location_id=practice.site["id"], name="One", kind="table")
    booking = practice.booked(at("11:00"))
    assert set(reasons(practice, at("11:30"))) == {"practitioner_busy", "room_busy"}
    assert set(reasons(practice, at("12:00"))) == {"buffer", "room_busy"}, "after it"
    assert set(reasons(practice, at("10:00"))) == {"buffer", "room_busy"}, "before it"
    assert reasons(practice, at("12:15")) == {} == reasons(practice, at("09:45"))
    assert reasons(practice, at("12:00"))["room_busy"] == {"room_kind": "table"}
    reply = ask(practice, at("11:30"))
    for secret in (booking["id"], booking["reference"], booking["source"], "Ada"):
        assert secret not in reply.text
    practice.partner.post(f"/v1/bookings/{booking['id']}/cancel")
    assert reasons(practice, at("11:30")) == {}


def test_a_hold_is_busy_until_it_runs_out(practice, clock):
    practice.booked(NINE, client=None)
    assert set(reasons(practice, NINE)) == {"practitioner_busy"}
    clock("2027-03-01T06:11:00Z")
    assert reasons(practice, NINE) == {}


def test_each_practitioner_has_a_verdict(practice, admin):
    helper = practice.practitioner(practice.site)
    stranger = practice.practitioner(practice.site)
    practice.schedule(helper, practice.site, start="10:00")
    practice.change("offering", practice.massage["id"], practitioner_ids=[practice.person["id"], helper["id"]])
    practice.booked(at("11:00"))
    verdict = explained(practice, at("11:00"))
    assert verdict["offered"] and verdict["reasons"] == [] and len(verdict["practitioners"]) == 2
    assert explained(practice, at("11:00"), practitioner=practice.person)["reasons"] == ["practitioner_busy"]
    practice.booked(at("10:00"), practitioner=helper)
    verdict = explained(practice, at("09:05"))
    assert not verdict["offered"] and verdict["reasons"] == ["off_grid", "outside_hours", "practitioner_busy"]
    assert explained(practice, NINE, practitioner=stranger)["reasons"] == ["not_offered"]
    code = f"needle-{uuid.uuid4().hex}"
    admin.put(f"/v1/treatments/{code}", headers={"If-None-Match": "*"},
              json={"name": {"en": "Needles"}, "modality": "needling", "requires_qualification": "needle-certificate"})
    needles = practice.offering([practice.person], [practice.site], treatment=code)
    assert reasons(practice, NINE, offering=needles) == {"certificate": {"certificates": ["needle-certificate"]}}
    nobody = practice.offering([], [practice.site])
    assert explained(practice, NINE, offering=nobody) | {"start": ""} == explained(practice, at("10:00"), offering=nobody) | {"start": ""}
    assert explained(practice, NINE, offering=nobody)["reasons"] == ["not_offered"]


def test_what_is_not_there_or_not_for_everybody(practice, make_practice):
    other = make_practice().simple()
    assert ask(practice, NINE, offering=other.massage).status_code == 404
    assert ask(practice, NINE, location=other.site).status_code == 404
    assert ask(practice, NINE, practitioner=other.person).status_code == 404
    assert ask(practice, "next Monday").status_code == 400
    practice.change("offering", practice.massage["id"], self_bookable=False)
    assert explained(practice, NINE)["reasons"] == ["not_offered"]
    assert explained(practice, NINE, who=practice.desk)["offered"]


@pytest.mark.parametrize("zone, day", [("Europe/Brussels", "2027-03-28"), ("Europe/Brussels", "2027-10-31"),
                                       ("America/New_York", "2027-03-14"), ("Australia/Lord_Howe", "2027-04-04")])
def test_it_says_what_search_and_booking_say(make_practice, clock, zone, day):
    """Every five minutes of a night in which the clocks change, with a booking and a closure in it."""
    practice = make_practice(zone=zone, policy={"booking_horizon_days": 365})
    practice.simple(offering={"duration_minutes": 30, "buffer_before_minutes": 5}, weekdays=(6,), start="23:00", end="05:00")
    practice.exception("close", day, windows=[("01:30", "02:15")], location=practice.site)
    eve = (datetime.date.fromisoformat(day) - datetime.timedelta(days=1)).isoformat()
    free = practice.slots(eve, day)
    practice.booked(free[len(free) // 2]["start"])
    listed = {datetime.datetime.fromisoformat(slot["start"]).astimezone(datetime.timezone.utc) for slot in practice.slots(eve, day)}
    night = [start for start in listed if start > max(listed) - datetime.timedelta(hours=8)]
    start, asked = min(night) - datetime.timedelta(minutes=20), 0
    while start < max(night) + datetime.timedelta(minutes=20):
        verdict = explained(practice, start.strftime("%Y-%m-%dT%H:%M:%SZ"))
        assert verdict["offered"] == (start in listed), verdict
        start, asked = start + datetime.timedelta(minutes=5), asked + 1
    assert asked > 30
