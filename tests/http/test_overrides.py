"""The desk books what the rules do not offer, with a reason; what others have, and what law asks for, stays."""
import uuid

import pytest

pytestmark = pytest.mark.slow  # the rules are SQL: once is enough

NINE = "2027-03-29T09:00:00+02:00"
WHY = {"override": {"reason": "Acute pain; the practitioner stays longer."}}


def at(clock_time, day="2027-03-29"):
    return f"{day}T{clock_time}:00+02:00"


def move(who, booking, start, **body):
    return who.post(f"/v1/bookings/{booking['id']}/reschedule", json={"start": start} | body)


@pytest.fixture
def practice(make_practice, clock):
    return make_practice().simple()


@pytest.mark.parametrize("start, now, rule", [
    (at("18:00"), None, "outside_hours"), (at("09:10"), None, "off_grid"), (at("09:30"), "2027-03-29T07:00:00Z", "notice"),
    (at("09:00", "2027-06-07"), None, "horizon"), (at("11:00", "2027-04-05"), None, "closed")])
def test_the_desk_may_and_only_with_a_reason(practice, clock, start, now, rule):
    practice.exception("close", "2027-04-05", practitioner=practice.person)
    clock(now or "2027-03-01T06:00:00Z")
    refused = practice.book(start, who=practice.desk)
    assert refused.status_code == 409 and refused.json()["reasons"] == [rule]
    assert practice.book(start, **WHY).status_code == 403, "a partner never may"
    for override in ({}, {"reason": ""}, {"reason": "  "}, True):
        assert practice.book(start, who=practice.desk, override=override).status_code == 400
    assert practice.book(start, who=practice.desk, override=None).status_code == 409, "null is none"
    booked = practice.book(start, who=practice.desk, **WHY)
    assert booked.status_code == 201, booked.text
    assert booked.json()["start"] == start and booked.json()["status"] == "confirmed"
    entry = practice.desk.items("/v1/audit", entity="booking", entity_id=booked.json()["id"])[0]
    assert entry["reason"] == WHY["override"]["reason"]
    assert practice.book(start, who=practice.desk, **WHY).json()["type"] == "/problems/slot-taken", "it takes its time"


def test_moving_is_overridden_alike(practice):
    booking = practice.booked(NINE)
    assert move(practice.desk, booking, at("19:05")).status_code == 409
    assert move(practice.partner, booking, at("19:05"), **WHY).status_code == 403
    moved = move(practice.desk, booking, at("19:05"), **WHY)
    assert moved.status_code == 200 and moved.json()["start"] == at("19:05")
    entries = practice.desk.items("/v1/audit", entity="booking", entity_id=booking["id"])
    assert [entry["reason"] for entry in entries if entry["reason"]] == [WHY["override"]["reason"]]
    assert practice.starts("2027-03-29")[0] == "03-29T09:00"


def test_what_others_have_is_never_overridden(make_practice, clock):
    practice = make_practice().simple(offering={"buffer_after_minutes": 15, "room_kind": "table"})
    practice.make("room", location_id=practice.site["id"], name="One", kind="table")
    helper = practice.practitioner(practice.site)
    practice.change("offering", practice.massage["id"], practitioner_ids=[practice.person["id"], helper["id"]])
    practice.booked(NINE)
    for start, person, reason in ((at("09:30"), practice.person, "practitioner_busy"), (at("10:10"), practice.person, "practitioner_busy"),
                                  (at("09:30"), helper, "room_busy")):
        refused = practice.book(start, who=practice.desk, practitioner=person, **WHY)
        assert refused.status_code == 409 and refused.json()["type"] == "/problems/slot-taken", refused.text
        assert reason in refused.json()["reasons"]
    assert practice.book(at("10:15"), who=practice.desk, **WHY).status_code == 201
    assert practice.book(at("11:30"), who=practice.desk, practitioner=helper, **WHY).status_code == 201, "who has no hours that day"


def test_no_override_makes_a_certificate_turns_time_back_or_splits_five_minutes(make_practice, clock, admin):
    practice = make_practice().simple()
    code = f"needle-{uuid.uuid4().hex}"
    made = admin.put(f"/v1/treatments/{code}", json={"name": {"en": "Needles"}, "modality": "needling",
                                                     "requires_qualification": "needle-certificate"},
                     headers={"If-None-Match": "*"})
    assert made.status_code == 201, made.text
    needles = practice.offering([practice.person], [practice.site], treatment=code)
    refused = practice.book(at("20:00"), who=practice.desk, offering=needles, **WHY)
    assert refused.status_code == 409 and refused.json()["reasons"] == ["certificate"]
    clock("2027-03-29T08:00:00Z")
    for start, reason in ((NINE, "notice"), ("2027-03-29T15:02:00+02:00", "off_grid"), ("2027-03-29T15:00:01+02:00", "off_grid")):
        refused = practice.book(start, who=practice.desk, **WHY)
        assert refused.status_code == 409 and refused.json()["reasons"] == [reason]
    practice.archive("offering", practice.massage["id"])
    assert practice.book(at("15:00"), who=practice.desk, **WHY).json()["reasons"] == ["not_offered"]


@pytest.mark.parametrize("start", ["2027-03-28T03:05:00+02:00", "2027-10-31T02:05:00+02:00", "2027-10-31T02:05:00+01:00"])
def test_in_the_nights_of_the_clocks_too(practice, start):
    booked = practice.book(start, who=practice.desk, **WHY)
    assert booked.status_code == 201 and booked.json()["start"] == start
