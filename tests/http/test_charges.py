"""What is owed: listed by whom it concerns, exported for invoices, waived with a reason."""
import csv
import io
import re

import pytest

NINE = "2027-03-29T09:00:00+02:00"
TEN, ELEVEN = NINE.replace("T09", "T10"), NINE.replace("T09", "T11")


@pytest.fixture
def practice(make_practice, clock):
    return make_practice(policy={"late_cancellation_fee_percent": 50}).simple(offering={"price": {"amount": 6525, "currency": "EUR"}})


def late_cancel(practice, clock, start, who=None, **members):
    clock("2027-03-01T06:00:00Z")
    booking = practice.book(start, who=who, **members).json()
    clock(f"2027-03-29T06:{start[11:13]}:00Z")  # one after the other
    reply = (who or practice.partner).post(f"/v1/bookings/{booking['id']}/cancel", json={"reason": "ill"})
    assert reply.status_code == 200, reply.text
    return reply.json()


def table(reply):
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"].startswith("text/csv") and "attachment" in reply.headers["content-disposition"]
    bare = re.sub(r'"[^"]*"', "", reply.text)
    assert bare.count("\n") == bare.count("\r\n") > 0, "lines end as RFC 4180 says"
    return list(csv.DictReader(io.StringIO(reply.text, newline="")))


def test_a_partner_sees_its_own_and_the_desk_its_clinics(practice, make_practice, clock):
    booking = late_cancel(practice, clock, NINE, external_ref="order-118")
    other = practice.another_partner()
    theirs = late_cancel(practice, clock, TEN, who=other)
    mine = practice.partner.items("/v1/charges")
    assert [charge["booking_id"] for charge in mine] == [booking["id"]]
    charge = mine[0]
    assert (charge["kind"], charge["percent"], charge["amount"], charge["currency"], charge["status"]) == (
        "late_cancellation", 50, 3263, "EUR", "open"), "3262.5, half up"
    assert charge["price"] == booking["price"] and charge["reference"] == booking["reference"]
    assert charge["start"] == NINE and charge["external_ref"] == "order-118" and charge["client_name"] == "Ada Example"
    assert charge["id"] == booking["charge"]["id"]
    assert [item["booking_id"] for item in practice.desk.items("/v1/charges", limit=1)] == [booking["id"], theirs["id"]]
    assert make_practice().desk.items("/v1/charges") == []
    assert practice.website.get("/v1/charges").status_code == 403


def test_filters_narrow_and_pages_go_on(practice, clock, make_practice):
    first, second = late_cancel(practice, clock, NINE), late_cancel(practice, clock, TEN)
    clock("2027-03-29T06:30:00Z")
    third = practice.booked(ELEVEN)
    practice.partner.post(f"/v1/bookings/{third['id']}/cancel")

    def found(**filters):
        return [charge["booking_id"] for charge in practice.partner.items("/v1/charges", **filters)]

    everything = [first["id"], second["id"], third["id"]]
    assert found() == found(limit=1) == found(clinic_id=practice.id) == everything
    assert found(booking_id=second["id"]) == [second["id"]]
    assert found(**{"from": "2027-03-29T08:20:00+02:00"}) == [third["id"]]
    assert found(to="2027-03-29T06:20:00Z") == everything[:2]
    assert found(status="waived") == [] and found(status=["open", "waived"]) == everything
    assert found(clinic_id=make_practice().id) == []
    assert practice.partner.get("/v1/charges", params={"cursor": "bm9uZQ"}).status_code == 400


def test_the_desk_waives_with_a_reason_that_stays_in_the_house(practice, clock):
    booking = late_cancel(practice, clock, NINE)
    path = f"/v1/charges/{booking['charge']['id']}/waive"
    assert practice.partner.post(path, json={"reason": "please"}).status_code == 403
    for body in ({}, {"reason": ""}, {"reason": " "}):
        assert practice.desk.post(path, json=body).status_code == 400
    waived = practice.desk.post(path, json={"reason": "The trains stood still."}, key="waive")
    assert waived.status_code == 200, waived.text
    charge = waived.json()
    assert charge["status"] == "waived" and charge["version"] == 2 and waived.headers["etag"] == '"2"'
    assert charge["waive_reason"] == "The trains stood still." and charge["waived_by"].startswith("desk-")
    replayed = practice.desk.post(path, json={"reason": "The trains stood still."}, key="waive")
    assert replayed.content == waived.content and replayed.headers["idempotency-replayed"] == "true"
    again = practice.desk.post(path, json={"reason": "Once more."})
    assert again.status_code == 409 and again.json()["current_status"] == "waived"
    assert practice.desk.items("/v1/charges", status="waived") == [charge]
    entry, = practice.desk.items("/v1/audit", entity="charge", entity_id=charge["id"])
    assert (entry["what"], entry["reason"]) == ("waiveCharge", "The trains stood still.")
    seen = practice.partner.items("/v1/charges")[0]
    assert seen["status"] == "waived" and seen["waive_reason"] is None and seen["waived_by"] is None
    assert practice.partner.get(f"/v1/bookings/{booking['id']}").json()["charge"]["status"] == "waived"


def test_only_the_clinics_own_desk_waives(practice, make_practice, clock):
    booking = late_cancel(practice, clock, NINE)
    path = f"/v1/charges/{booking['charge']['id']}/waive"
    assert make_practice().desk.post(path, json={"reason": "generous"}).status_code == 404


def test_csv_by_format_or_accept_has_all_of_them(practice, clock):
    bookings = [late_cancel(practice, clock, start) for start in (NINE, TEN)]
    by_format = practice.desk.get("/v1/charges", params={"format": "csv", "limit": 1})
    rows = table(by_format)
    assert [row["booking_id"] for row in rows] == [booking["id"] for booking in bookings]
    assert rows[0] | {"id": ""} == {
        "id": "", "created_at": rows[0]["created_at"], "clinic_id": practice.id, "booking_id": bookings[0]["id"],
        "reference": bookings[0]["reference"], "external_ref": "", "kind": "late_cancellation", "percent": "50",
        "price_amount": "6525", "amount": "3263", "currency": "EUR", "status": "open", "treatment": "trigger-point-massage",
        "start": NINE, "timezone": "Europe/Brussels", "client_name": "Ada Example", "source": bookings[0]["source"]}
    assert by_format.text.splitlines()[0] == (
        "id,created_at,clinic_id,booking_id,reference,external_ref,kind,percent,price_amount,amount,currency,status,treatment,"
        "start,timezone,client_name,source")
    by_accept = practice.desk.get("/v1/charges", headers={"Accept": "text/csv"})
    assert by_accept.content == by_format.content
    for accept, kind in (("text/csv;q=0.5, application/json", "application/json"), ("*/*", "application/json"),
                         ("application/json;q=0.1, text/*", "text/csv")):
        reply = practice.desk.get("/v1/charges", headers={"Accept": accept})
        assert reply.headers["content-type"].startswith(kind), accept
    told = practice.desk.get("/v1/charges", params={"format": "json"}, headers={"Accept": "text/csv"})
    assert len(told.json()["items"]) == 2
    assert practice.desk.get("/v1/charges", headers={"Accept": "text/html"}).status_code == 406
    known = practice.desk.get("/v1/charges", params={"format": "csv"}, headers={"If-None-Match": by_format.headers["etag"]})
    assert known.status_code == 304
    assert len(table(practice.another_partner().get("/v1/charges", params={"format": "csv"}))) == 0


@pytest.mark.parametrize("name, field", [
    ('=HYPERLINK("http://example.org";"Ada")', '\'=HYPERLINK("http://example.org";"Ada")'),
    ("+32 2", "'+32 2"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("  =1", "'  =1"), ("＝1", "'＝1"),
    ('Peeters, "Ada" of Ghent', 'Peeters, "Ada" of Ghent'), ("Ångström; Łucja", "Ångström; Łucja"), ("D'Arc = Jeanne", "D'Arc = Jeanne"),
])
def test_no_name_breaks_a_line_or_becomes_a_formula(practice, clock, name, field):
    late_cancel(practice, clock, NINE, client={"name": name})
    rows = table(practice.desk.get("/v1/charges", params={"format": "csv"}))
    assert [row["client_name"] for row in rows] == [field]
