"""Certificates have days: what needs one is neither offered nor bookable on a day without it, counted in the location's
calendar; and who keeps a clinic learns in time which ones run out."""
import uuid

import pytest

ALL_WEEK = range(1, 8)


@pytest.fixture
def needling(admin):
    code = f"needling-{uuid.uuid4().hex[:8]}"
    reply = admin.put(f"/v1/treatments/{code}", headers={"If-None-Match": "*"}, json={
        "name": {"en": "Needling"}, "modality": "needling", "requires_qualification": "needles"})
    assert reply.status_code == 201
    return code


def needles(issued_on=None, expires_on=None, code="needles", **members):
    return {"code": code, "issued_on": issued_on, "expires_on": expires_on} | members


def evenings(practice, treatment, *certificates):
    """A practice that works every evening from six to eleven, with a practitioner who holds these certificates."""
    practice.site = practice.location()
    practice.person = practice.practitioner(practice.site, qualifications=list(certificates))
    practice.massage = practice.offering([practice.person], [practice.site], treatment=treatment, step_minutes=60)
    practice.hours = practice.schedule(practice.person, practice.site, ALL_WEEK, "18:00", "23:00")
    return practice


def days(practice):
    return sorted({start[:5] for start in practice.starts("2027-03-05", "2027-03-20")})


# In New York the evening is the next day in UTC, in Auckland the evening is the morning of the same day in UTC; in both, clocks
# change within a month.
@pytest.mark.parametrize("zone, offset", [("America/New_York", "-05:00"), ("Pacific/Auckland", "+13:00"), ("Asia/Kolkata", "+05:30")])
def test_the_days_of_a_certificate_are_those_of_the_location(make_practice, needling, clock, zone, offset):
    practice = evenings(make_practice(zone=zone), needling, needles("2027-03-09", "2027-03-11"))
    assert days(practice) == ["03-09", "03-10", "03-11"]
    starts = practice.starts("2027-03-05", "2027-03-20")
    assert (starts[0], starts[-1]) == ("03-09T18:00", "03-11T22:00")
    for start, status in (("2027-03-08T22:00:00", 409), ("2027-03-09T18:00:00", 201), ("2027-03-11T22:00:00", 201),
                          ("2027-03-12T18:00:00", 409)):
        reply = practice.book(start + offset)
        assert reply.status_code == status, (start, reply.text)
        if status == 409:
            body = reply.json()
            assert (body["type"], body["reasons"]) == ("/problems/slot-not-offered", ["certificate"])
            assert {slot["start"][5:10] for slot in body["alternatives"]} <= {"03-09", "03-10", "03-11"}


CERTIFICATES = {
    "none": ([], []),
    "another": ([needles(code="surgeon")], []),
    "expired before": ([needles(None, "2027-03-04")], []),
    "not yet": ([needles("2027-03-21")], []),
    "one day": ([needles("2027-03-10", "2027-03-10")], ["03-10"]),
    "without a beginning": ([needles(None, "2027-03-06")], ["03-05", "03-06"]),
    "without an end": ([needles("2027-03-19")], ["03-19", "03-20"]),
    "for ever": ([needles()], [f"03-{day:02}" for day in range(5, 21)]),
    "renewed on the day after": ([needles(None, "2027-03-06"), needles("2027-03-07", "2027-03-08")], ["03-05", "03-06", "03-07", "03-08"]),
    "renewed too late": ([needles(None, "2027-03-06"), needles("2027-03-09", "2027-03-09")], ["03-05", "03-06", "03-09"]),
}


@pytest.mark.slow  # the rules are SQL: once is enough
@pytest.mark.parametrize("case", CERTIFICATES)
def test_what_needs_a_certificate_is_offered_on_its_days(make_practice, needling, clock, case):
    held, expected = CERTIFICATES[case]
    practice = evenings(make_practice(), needling, *held)
    assert days(practice) == expected
    counted = practice.partner.get("/v1/availability/days", params={"clinic_id": practice.id, "from": "2027-03-05", "to": "2027-03-20"})
    assert [day["date"][5:] for day in counted.json()["items"] if day["slots"]] == expected
    for day in range(5, 21):
        reply = practice.book(f"2027-03-{day:02}T19:00:00+01:00")
        assert reply.status_code == (201 if f"03-{day:02}" in expected else 409), reply.text


def test_any_practitioner_is_one_with_the_certificate(make_practice, needling, clock):
    practice = evenings(make_practice(), needling, needles(None, "2027-03-08"))
    other = practice.practitioner(practice.site, qualifications=[needles("2027-03-09")])
    practice.schedule(other, practice.site, ALL_WEEK, "18:00", "23:00")
    practice.change("offering", practice.massage["id"], practitioner_ids=[practice.person["id"], other["id"]])
    for day, who in ((8, practice.person), (9, other)):
        assert practice.booked(f"2027-03-{day:02}T19:00:00+01:00", practitioner=False)["practitioner_id"] == who["id"]
    refused = practice.book("2027-03-09T20:00:00+01:00")
    assert (refused.status_code, refused.json()["reasons"]) == (409, ["certificate"])
    for slot in refused.json()["alternatives"]:
        assert (slot["practitioner_id"] == practice.person["id"]) == (slot["start"] < "2027-03-09")


# ---------------------------------------------------------------- what runs out

def expiring(practice, **params):
    return practice.desk.items(f"{practice.path}/qualifications", **params)


def test_certificates_that_run_out(make_practice, needling, clock):
    practice = evenings(make_practice(), needling, needles("2024-03-11", "2027-03-10", name="Needles II", issuer="School", number="NR-SECRET-7"),
                        needles(code="first-aid", expires_on="2027-04-30"), needles(code="old", expires_on="2027-02-28"))
    for day in (8, 10):
        practice.booked(f"2027-03-{day:02}T19:00:00+01:00")
    practice.change("practitioner", practice.person["id"], qualifications=[
        needles("2024-03-11", "2027-03-31", name="Needles II", issuer="School", number="NR-SECRET-7"),
        needles(code="first-aid", expires_on="2027-04-30"), needles(code="old", expires_on="2027-02-28")])
    practice.booked("2027-03-31T19:00:00+02:00")
    affected = practice.change("practitioner", practice.person["id"], qualifications=[
        needles("2024-03-11", "2027-03-10", name="Needles II", issuer="School", number="NR-SECRET-7"),
        needles(code="first-aid", expires_on="2027-04-30"), needles(code="old", expires_on="2027-02-28")])["affected_bookings"]
    assert len(affected) == 1

    found = expiring(practice)
    assert found[0] == {
        "practitioner_id": practice.person["id"], "practitioner_name": "Somebody", "code": "needles", "name": "Needles II",
        "issuer": "School", "issued_on": "2024-03-11", "expires_on": "2027-03-10", "days_left": 9, "renewed": False,
        "offering_ids": [practice.massage["id"]], "upcoming_bookings": 3, "uncovered_bookings": 1}
    assert [(one["code"], one["days_left"], one["offering_ids"], one["upcoming_bookings"]) for one in found[1:]] == [
        ("first-aid", 60, [], 0)], "60 days are the default; what has expired is asked for"
    assert "SECRET" not in str(found)
    assert [one["code"] for one in expiring(practice, expires_within_days=59)] == ["needles"]
    assert [one["code"] for one in expiring(practice, expires_within_days=9)] == ["needles"]
    assert expiring(practice, expires_within_days=8) == []
    assert [(one["code"], one["days_left"]) for one in expiring(practice, expires_within_days=0, include="expired")] == [("old", -1)]

    practice.change("practitioner", practice.person["id"], qualifications=[
        needles("2024-03-11", "2027-03-10"), needles("2027-03-11", "2030-03-10")])
    found = expiring(practice)
    assert [(one["renewed"], one["upcoming_bookings"], one["uncovered_bookings"]) for one in found] == [(True, 3, 0)]
    clock("2027-03-10T22:59:00Z")
    assert [one["days_left"] for one in expiring(practice)] == [0], "it is still the last day in Brussels"
    clock("2027-03-10T23:01:00Z")
    assert expiring(practice) == []
    practice.archive("offering", practice.massage["id"])
    assert [one["offering_ids"] for one in expiring(practice, include="expired")] == [[]]
    practice.archive("practitioner", practice.person["id"])
    assert expiring(practice, include="expired") == []


def test_pages_of_certificates(make_practice, clock):
    practice = make_practice()
    for number in range(5):
        practice.practitioner(qualifications=[needles(code=f"c-{number}-{n}", expires_on="2027-03-09" if n else "2027-03-08") for n in range(3)])
    everything = expiring(practice, limit=100)
    assert len(everything) == 15 and [one["expires_on"] for one in everything] == ["2027-03-08"] * 5 + ["2027-03-09"] * 10
    for size in (1, 4):
        assert expiring(practice, limit=size) == everything


def test_who_may_ask_for_certificates(make_practice):
    practice, other = make_practice(), make_practice()
    path = f"{practice.path}/qualifications"
    assert practice.desk.get(path).status_code == 200
    assert other.desk.get(path).status_code == practice.website.get(path).status_code == practice.partner.get(path).status_code == 403
    assert practice.admin.get(f"/v1/clinics/{uuid.uuid4()}/qualifications").status_code == 404
    for wrong in ({"expires_within_days": -1}, {"expires_within_days": 3651}, {"expires_within_days": "soon"}, {"include": "all"},
                  {"cursor": "W10"}):
        assert practice.desk.get(path, params=wrong).status_code == 400, wrong
