"""Holds: extended once, let go, run out, and not hoarded. On practices of their own, by the test clock."""
import pytest

from harness.practice import CLIENT

NINE = "2027-03-29T09:00:00+02:00"
TEN, ELEVEN, TWELVE = (NINE.replace("T09", hour) for hour in ("T10", "T11", "T12"))


def extend(who, booking, key=None):
    return who.post(f"/v1/bookings/{booking['id']}/extend", key=key)


@pytest.fixture
def practice(make_practice, clock):
    return make_practice().simple(start="09:00", end="17:00")


def test_what_needs_no_body_takes_an_empty_one(practice):
    """Many front-ends send {} with every POST."""
    held = practice.booked(NINE, client=None)
    path = f"/v1/bookings/{held['id']}/extend"
    assert practice.partner.post(path, json={"minutes": 5}).status_code == 400
    assert practice.partner.post(path, json={}).json()["hold_extended_at"]


def test_a_hold_is_extended_once_by_the_time_of_its_policy(practice, clock):
    held = practice.booked(NINE, client=None)
    practice.policy(hold_minutes=45)  # the hold keeps the figures of its day
    clock("2027-03-01T06:09:00Z")
    reply = extend(practice.partner, held, key="longer")
    assert reply.status_code == 200, reply.text
    longer = reply.json()
    assert longer["version"] == 2 and longer["status"] == "held" and held["hold_extended_at"] is None
    assert (held["hold_expires_at"][11:16], longer["hold_expires_at"][11:16]) == ("07:10", "07:20")
    assert longer["hold_extended_at"].startswith("2027-03-01T07:09:")
    assert extend(practice.partner, held, key="longer").content == reply.content
    again = extend(practice.partner, held)
    assert again.status_code == 409 and again.json()["type"] == "/problems/state-conflict"
    clock("2027-03-01T06:19:30Z")
    assert practice.book(NINE).status_code == 409, "the extended hold keeps the time"
    assert "03-29T09:00" not in practice.starts("2027-03-29")
    clock("2027-03-01T06:21:00Z")
    assert "03-29T09:00" in practice.starts("2027-03-29")
    assert practice.book(NINE).status_code == 201


def test_only_a_live_hold_is_extended(practice, clock):
    firm, held, gone = practice.booked(NINE), practice.booked(TEN, client=None), practice.booked(ELEVEN, client=None)
    assert extend(practice.partner, firm).json()["current_status"] == "confirmed"
    assert practice.partner.post(f"/v1/bookings/{gone['id']}/cancel").status_code == 200
    assert extend(practice.partner, gone).json()["current_status"] == "cancelled"
    assert extend(practice.another_partner(), held).status_code == 404
    assert extend(practice.website, held).status_code == 403
    clock("2027-03-01T06:30:00Z")
    late = extend(practice.partner, held)
    assert late.status_code == 409 and late.json()["type"] == "/problems/hold-expired"


def test_an_extended_hold_is_confirmed_and_moves_like_another(practice):
    held = practice.booked(NINE, client=None)
    longer = extend(practice.partner, held).json()
    moved = practice.partner.post(f"/v1/bookings/{held['id']}/reschedule", json={"start": TEN}).json()
    assert moved["hold_expires_at"] == longer["hold_expires_at"]
    assert extend(practice.partner, held).status_code == 409
    firm = practice.partner.post(f"/v1/bookings/{held['id']}/confirm", json={"client": CLIENT}).json()
    assert firm["status"] == "confirmed" and firm["hold_expires_at"] is None


def test_a_partner_holds_no_more_than_the_clinic_allows(practice, clock):
    practice.policy(max_holds_per_partner=2)
    first, second = practice.booked(NINE, client=None), practice.booked(TEN, client=None)
    refused = practice.book(ELEVEN, client=None)
    assert refused.status_code == 409 and refused.json()["type"] == "/problems/too-many-holds", refused.text
    assert (refused.json()["counted"], refused.json()["limit"]) == ("partner", 2)
    assert "03-29T11:00" in practice.starts("2027-03-29"), "the refusal took nothing"
    assert practice.book(ELEVEN).status_code == 201, "a firm booking is no hold"
    other = practice.another_partner()
    assert practice.book(TWELVE, who=other, client=None).status_code == 201, "each partner for itself"
    assert practice.partner.post(f"/v1/bookings/{first['id']}/cancel").status_code == 200
    third = practice.book(NINE, client=None)
    assert third.status_code == 201, "what was let go counts no more"
    assert practice.book(NINE.replace("T09", "T13"), client=None).status_code == 409
    assert practice.partner.post(f"/v1/bookings/{second['id']}/confirm", json={"client": CLIENT}).status_code == 200
    assert practice.book(NINE.replace("T09", "T13"), client=None).status_code == 201, "nor what was confirmed"
    clock("2027-03-01T06:30:00Z")
    assert practice.book(NINE.replace("T09", "T14"), client=None).status_code == 201, "nor what ran out"
    for hour in ("T15", "T16"):
        assert practice.book(NINE.replace("T09", hour), who=practice.desk, client=None).status_code == 201
    assert practice.book(NINE, who=practice.desk, client=None).status_code == 201, "the desk may hold any number"


def test_a_client_is_known_by_mail_and_telephone(practice):
    practice.policy(max_holds_per_client=1)

    def hold(start, **client):
        return practice.book(start, client={"name": "Somebody"} | client, hold=True)

    assert hold(NINE, email="Ada@Example.org", phone="+32 2 000 00 99").status_code == 201
    for contact in ({"email": "ada@example.ORG"}, {"phone": "+3220000099"}):
        refused = hold(TEN, **contact)
        assert refused.status_code == 409 and refused.json()["counted"] == "client", refused.text
        assert refused.json()["limit"] == 1
    assert hold(TEN, email="bea@example.org", phone="+32 2 000 00 98").status_code == 201
    assert hold(ELEVEN).status_code == 201 and hold(TWELVE).status_code == 201, "who leaves neither is not counted"
