"""What a partner sees of its bookings: found by everything that it knows of them, added up, put right; and nobody else's."""
import re

import pytest

MONDAY = "2027-03-29"
NINE, TEN, ELEVEN = (f"{MONDAY}T{hour:02}:00:00+02:00" for hour in (9, 10, 11))
WEEK_AFTER = "2027-04-05T09:00:00+02:00"
ANNA = {"name": "Anna Peeters", "email": "anna@example.org", "phone": "+32 2 000 00 99", "language": "fr"}


@pytest.fixture
def practice(make_practice, clock):
    return make_practice().simple()


def problem(reply, status, slug):
    assert reply.status_code == status, reply.text
    assert reply.json()["type"] == f"/problems/{slug}", reply.text
    return reply.json()


def ids(reply_items):
    return [item["id"] for item in reply_items]


# ---------------------------------------------------------------- lists

def test_a_partner_finds_its_bookings_by_all_that_it_knows(practice, make_practice):
    other = practice.another_partner()
    mine = [practice.booked(NINE, client=ANNA, external_ref="order-118"), practice.booked(TEN), practice.booked(WEEK_AFTER, client=None)]
    theirs = practice.booked(ELEVEN, who=other, client=ANNA)

    def found(who=practice.partner, **filters):
        return ids(who.items("/v1/bookings", **filters))

    assert found() == ids(mine) and found(other) == [theirs["id"]]
    assert found(practice.desk) == ids([mine[0], mine[1], theirs, mine[2]]) and found(make_practice().desk) == []
    assert found(client_email="ANNA@example.org") == [mine[0]["id"]] and found(other, client_email=ANNA["email"]) == [theirs["id"]]
    assert found(practice.desk, client_email=ANNA["email"]) == [mine[0]["id"], theirs["id"]]
    assert found(client_email="ann@example.org") == []
    assert found(external_ref="order-118") == found(reference=mine[0]["reference"]) == [mine[0]["id"]]
    assert found(practice.desk, external_ref="order-118") == [mine[0]["id"]] and found(other, external_ref="order-118") == []
    assert found(status="held") == [mine[2]["id"]] and found(**{"from": TEN, "to": ELEVEN}) == [mine[1]["id"]]
    assert found(client_email=ANNA["email"], status=["held", "cancelled"], practitioner_id=practice.person["id"]) == []
    assert found(client_email=ANNA["email"], clinic_id=practice.id, location_id=practice.site["id"], limit=1) == [mine[0]["id"]]


def test_who_is_the_clinics_client_elsewhere_is_not_told(practice):
    """The other partner booked by telephone alone, and the clinic knows whose number it is. Neither partner learns of it."""
    other = practice.another_partner()
    practice.booked(NINE, client=ANNA)
    alone = practice.booked(TEN, who=other, client={"name": "A. Peeters", "phone": ANNA["phone"]})
    officer = practice.client.with_token(practice.tokens.mint("officer", "clients:read bookings:desk", [practice.id]))
    client = officer.items("/v1/clients", email=ANNA["email"])[0]
    assert officer.get(f"/v1/clients/{client['id']}").json()["bookings"] == 2
    assert len(officer.items("/v1/bookings", client_id=client["id"])) == 2
    assert other.items("/v1/bookings", client_email=ANNA["email"]) == []
    assert other.items("/v1/bookings", client_id=client["id"]) == [], "who may not see clients has no use for their ids"
    assert "email" not in other.get(f"/v1/bookings/{alone['id']}").json()["client"]


def test_an_order_is_found_by_its_id(practice):
    order = practice.partner.post("/v1/orders", json={"client": ANNA, "items": [practice.booking(start, client=None) for start in (NINE, TEN)]})
    assert order.status_code == 201, order.text
    practice.booked(ELEVEN)
    assert ids(practice.partner.items("/v1/bookings", order_id=order.json()["id"])) == ids(order.json()["bookings"])
    assert practice.another_partner().items("/v1/bookings", order_id=order.json()["id"]) == []
    assert practice.partner.items("/v1/bookings", series_id=order.json()["id"]) == []


def test_totals_are_of_all_that_match_not_of_a_page(practice, clock):
    dear = practice.offering([practice.person], [practice.site], price={"amount": 9000, "currency": "CHF"})
    first = practice.booked(NINE)
    practice.booked(TEN)
    practice.booked(ELEVEN, offering=dear)
    practice.booked(WEEK_AFTER, client=None)
    practice.booked("2027-04-12T09:00:00+02:00", who=practice.another_partner())
    practice.partner.post(f"/v1/bookings/{first['id']}/cancel")

    def totals(who=practice.partner, **filters):
        reply = who.get("/v1/bookings", params={"totals": "true", "limit": 1} | filters)
        assert reply.status_code == 200, reply.text
        assert len(reply.json()["items"]) <= 1
        return reply.json()["totals"]

    euros = {"amount": 6500, "currency": "EUR"}
    francs = {"amount": 9000, "currency": "CHF"}
    assert totals() == {"bookings": 4, "prices": [francs, {"amount": 19500, "currency": "EUR"}], "by_status": {
        "cancelled": {"bookings": 1, "prices": [euros]},
        "confirmed": {"bookings": 2, "prices": [francs, euros]},
        "held": {"bookings": 1, "prices": [euros]}}}
    assert totals(practice.desk)["bookings"] == 5
    assert totals(status="confirmed", **{"to": "2027-04-01T00:00:00Z"})["prices"] == [francs, euros]
    assert totals(client_email="nobody@example.org") == {"bookings": 0, "prices": [], "by_status": {}}
    page = practice.partner.get("/v1/bookings", params={"totals": "true", "limit": 1}).json()
    beyond = practice.partner.get("/v1/bookings", params={"totals": "true", "limit": 1, "cursor": page["next"]}).json()
    assert beyond["totals"] == page["totals"] and beyond["items"] != page["items"]
    clock("2027-03-01T06:20:00Z")
    assert totals(status="expired")["by_status"] == {"expired": {"bookings": 1, "prices": [euros]}}, "a hold that ran out is one at once"
    assert "totals" not in practice.partner.get("/v1/bookings", params={"totals": "false"}).json()


def test_a_reference_of_somebody_else_is_like_one_of_nobody(practice, make_practice):
    other = practice.another_partner()
    theirs = practice.booked(NINE, who=other)
    nobodys = "ZZZZZZZZ" if theirs["reference"] != "ZZZZZZZZ" else "ZZZZZZZ0"

    def answer(reply):
        return reply.status_code, reply.content, {name: value for name, value in reply.headers.items() if name not in ("date", "x-request-id")}

    assert answer(practice.partner.get("/v1/bookings", params={"reference": theirs["reference"]})) == \
        answer(practice.partner.get("/v1/bookings", params={"reference": nobodys}))
    for who in (practice.partner, make_practice().desk):
        hidden = who.get(f"/v1/bookings/{theirs['id']}")
        unknown = who.get("/v1/bookings/01900000-0000-7000-8000-0000000000ff")
        assert hidden.status_code == unknown.status_code == 404
        assert {**hidden.json(), "instance": None} == {**unknown.json(), "instance": None}
        problem(who.patch(f"/v1/bookings/{theirs['id']}", json={"note": "x"}, if_match="*"), 404, "not-found")
    # Read out, O is zero, I and L are one; and two that follow each other have nothing in common.
    spoken = theirs["reference"].translate(str.maketrans("01", "OI"))
    assert ids(other.items("/v1/bookings", reference=spoken)) == [theirs["id"]]
    references = [theirs["reference"]] + [practice.booked(start)["reference"] for start in (TEN, ELEVEN, WEEK_AFTER)]
    assert len(set(references)) == 4 and all(re.fullmatch("[0-9A-HJKMNP-TV-Z]{8}", reference) for reference in references)
    assert all(sum(a == b for a, b in zip(one, two)) <= 5 for one, two in zip(references, references[1:]))


# ---------------------------------------------------------------- corrections

def test_a_booking_is_put_right_and_the_audit_says_what_but_not_whom(practice, admin):
    booking = practice.booked(NINE, client=ANNA, note="First visit.")
    path = f"/v1/bookings/{booking['id']}"
    changed = practice.partner.patch(path, json={"note": None, "external_ref": "order-9", "client": {"email": "a.peeters@example.org", "phone": None}},
                                     if_match='"1"')
    assert changed.status_code == 200 and changed.headers["etag"].startswith('"2'), changed.text
    now = changed.json()
    assert (now["note"], now["external_ref"], now["version"]) == (None, "order-9", 2)
    assert now["client"] == {"name": "Anna Peeters", "email": "a.peeters@example.org", "language": "fr"}
    assert practice.partner.get(path).json() == now
    assert {name: now[name] for name in ("start", "reference", "status", "price")} == {name: booking[name] for name in ("start", "reference", "status", "price")}
    same = practice.partner.patch(path, json={"external_ref": "order-9"}, if_match='"2"')
    assert same.status_code == 200 and same.json()["version"] == 2, "what changes nothing is no new version"
    by_desk = practice.desk.patch(path, json={"client": {"name": "Anna Maria Peeters"}}, if_match='"2"')
    assert by_desk.json()["version"] == 3
    entries = admin.items("/v1/audit", clinic_id=practice.id, what="patchBooking")
    assert [entry["after"]["changed"] for entry in entries] == [["client.name"], ["client.email", "client.phone", "external_ref", "note"]]
    assert "Peeters" not in str(entries) and "example.org" not in str(entries) and "First" not in str(entries)


def test_who_may_not_and_what_cannot_be_put_right(practice, clock):
    booking = practice.booked(NINE, client=ANNA)
    path = f"/v1/bookings/{booking['id']}"
    note = {"json": {"note": "x"}}
    problem(practice.partner.patch(path, **note), 428, "precondition-required")
    assert problem(practice.partner.patch(path, **note, if_match='"7"'), 412, "version-mismatch")["version"] == 1
    problem(practice.another_partner().patch(path, **note, if_match="*"), 404, "not-found")
    problem(practice.website.patch(path, **note, if_match="*"), 403, "insufficient-scope")
    for body in ({"start": TEN}, {"status": "cancelled"}, {"client": {"name": None}}, {"client": {"nickname": "A"}}, {"client": {"name": "A\nB"}},
                 {"intake": []}, {"note": 5}):
        problem(practice.partner.patch(path, json=body, if_match="*"), 400, "invalid-request")
    refused = problem(practice.partner.patch(path, json={"client": None}, if_match="*"), 422, "client-required")
    assert refused["errors"][0]["pointer"] == "/client"
    nobody = practice.booked(TEN, client=None)
    missing = practice.partner.patch(f"/v1/bookings/{nobody['id']}", json={"client": {"email": "x@example.org"}}, if_match="*")
    assert problem(missing, 422, "unprocessable")["errors"][0]["pointer"] == "/client/name"
    clock("2027-03-01T06:15:00Z")
    problem(practice.partner.patch(f"/v1/bookings/{nobody['id']}", **note, if_match="*"), 409, "hold-expired")
    clock(f"{MONDAY}T12:00:00Z")
    practice.desk.post(f"{path}/complete")
    late = practice.partner.patch(path, json={"client": {"name": "Anna P."}}, if_match="*")
    assert late.status_code == 200 and late.json()["client"]["name"] == "Anna P.", "what is held on a person can be put right afterwards, too"


def test_a_hold_gets_loses_and_changes_its_client_within_the_limits(practice):
    practice.policy(max_holds_per_client=1)
    first, second = practice.booked(NINE, client=None), practice.booked(TEN, client=None)

    def patch(booking, client, who=practice.partner):
        return who.patch(f"/v1/bookings/{booking['id']}", json={"client": client}, if_match="*")

    assert patch(first, ANNA).status_code == 200
    assert problem(patch(second, ANNA), 409, "too-many-holds")["counted"] == "client"
    assert patch(second, ANNA | {"email": "bea@example.org", "phone": "+32 2 1"}).status_code == 200
    assert patch(first, {"language": "nl"}).status_code == 200, "it does not count itself"
    gone = patch(first, None)
    assert gone.status_code == 200 and gone.json()["client"] is None
    assert patch(second, ANNA).status_code == 200
    problem(practice.partner.post(f"/v1/bookings/{first['id']}/confirm"), 422, "client-required")
