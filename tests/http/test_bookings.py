"""The life of a booking as partners and the desk live it. The clock stands at 2027-03-01, a Monday, 07:00 in Brussels."""
import datetime
import re
import threading
import uuid

import pytest

from harness.load import Caller, together
from harness.practice import CLIENT

NINE, TEN, ELEVEN = (f"2027-03-08T{hour:02}:00:00+01:00" for hour in (9, 10, 11))


@pytest.fixture
def practice(make_practice, clock):
    return make_practice().simple()


def problem(reply, status, slug):
    assert reply.status_code == status, reply.text
    body = reply.json()
    assert body["type"] == f"/problems/{slug}", body
    assert CLIENT["email"] not in reply.text and CLIENT["name"] not in reply.text
    return body


def confirm(booking, who, key=None, **body):
    return who.post(f"/v1/bookings/{booking['id']}/confirm", json=body, key=key)


def cancel(booking, who, key=None, **body):
    return who.post(f"/v1/bookings/{booking['id']}/cancel", json=body, key=key)


def read(booking, who):
    reply = who.get(f"/v1/bookings/{booking['id']}")
    assert reply.status_code == 200, reply.text
    return reply.json()


# ---------------------------------------------------------------- book, hold, confirm, expire

def test_a_booking_is_confirmed_and_read_again(practice):
    reply = practice.book(NINE, external_ref="order-118", note="Third floor")
    assert reply.status_code == 201, reply.text
    booking = reply.json()
    assert booking.items() >= {
        "status": "confirmed", "external_ref": "order-118", "clinic_id": practice.id, "location_id": practice.site["id"],
        "practitioner_id": practice.person["id"], "offering_id": practice.massage["id"], "treatment": "trigger-point-massage",
        "start": NINE, "end": TEN, "timezone": "Europe/Brussels", "price": {"amount": 6500, "currency": "EUR"},
        "free_cancel_until": "2027-03-07T09:00:00+01:00", "remind_at": "2027-03-07T05:00:00+01:00", "hold_expires_at": None,
        "note": "Third floor", "intake": None, "intake_version": None, "intake_open": [], "order_id": None, "series_id": None, "charge": None,
        "version": 1}.items()
    assert booking["client"].items() >= CLIENT.items()
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{8}", booking["reference"]) and booking["source"].startswith("partner-")
    plain = {"Accept-Encoding": "identity"}
    assert reply.headers["location"] == f"/v1/bookings/{booking['id']}" and reply.headers["etag"] in ('"1"', '"1-gzip"')
    again = practice.partner.get(reply.headers["location"], headers=plain)
    assert again.json() == booking and again.headers["etag"] == '"1"' and again.headers["cache-control"] == "no-store"
    assert practice.partner.get(reply.headers["location"], headers={"If-None-Match": '"1"'}).status_code == 304
    assert practice.partner.head(reply.headers["location"]).content == b""


def test_a_start_may_be_said_in_any_offset(practice):
    booking = practice.booked("2027-03-08T03:00:00-05:00")
    assert booking["start"] == NINE
    assert practice.booked("2027-03-08T09:00:00.000Z")["start"] == TEN


@pytest.mark.parametrize("name", ["A\r\nBcc: x@example.org", "A\nB", "A\x01", "\x7f"])
def test_a_clients_name_cannot_smuggle_lines_into_mails(practice, name):
    body = {"offering_id": practice.massage["id"], "location_id": practice.site["id"], "start": NINE, "client": {"name": name}}
    refused = practice.partner.post("/v1/bookings", json=body)
    assert problem(refused, 400, "invalid-request")["errors"] == [
        {"pointer": "/client/name", "detail": "must be one line of text, without control characters"}]


def test_a_hold_is_confirmed_with_its_client(practice):
    hold = practice.booked(NINE, client=None)
    assert (hold["status"], hold["client"]) == ("held", None)
    expires = datetime.datetime.fromisoformat(hold["hold_expires_at"]) - datetime.datetime.fromisoformat(hold["created_at"])
    assert expires == datetime.timedelta(minutes=10)
    refused = problem(confirm(hold, practice.partner), 422, "client-required")
    assert [fault["pointer"] for fault in refused["errors"]] == ["/client"]
    assert practice.partner.post(f"/v1/bookings/{hold['id']}/confirm").status_code == 422, "a body may be left out"
    done = confirm(hold, practice.partner, client=CLIENT)
    assert (done.status_code, done.json()["status"], done.json()["version"]) == (200, "confirmed", 2)
    assert done.json()["hold_expires_at"] is None
    conflict = problem(confirm(hold, practice.partner, client=CLIENT), 409, "state-conflict")
    assert (conflict["current_status"], conflict["version"]) == ("confirmed", 2)

    asked = practice.booked(TEN, hold=True)
    assert asked["status"] == "held" and asked["client"]["name"] == CLIENT["name"]
    done = practice.partner.post(f"/v1/bookings/{asked['id']}/confirm")
    assert (done.status_code, done.json()["status"], done.json()["client"]["name"]) == (200, "confirmed", CLIENT["name"])


def test_a_hold_that_ran_out_is_expired_for_everybody(practice, clock):
    practice.policy(hold_minutes=5)
    hold = practice.booked(NINE, client=None)
    rival = practice.another_partner()
    assert problem(practice.book(NINE, who=rival), 409, "slot-taken")["reasons"] == ["practitioner_busy"]
    clock("2027-03-01T06:20:00Z")
    gone = problem(confirm(hold, practice.partner, client=CLIENT), 409, "hold-expired")
    assert gone["current_status"] == "expired"
    assert problem(cancel(hold, practice.partner), 409, "state-conflict")["current_status"] == "expired"
    now = read(hold, practice.partner)
    assert (now["status"], now["version"], now["charge"]) == ("expired", 2, None)
    assert [one["id"] for one in practice.partner.items("/v1/bookings", status="expired")] == [hold["id"]]
    assert practice.partner.items("/v1/bookings", status="held") == []
    winner = practice.booked(NINE, who=rival)
    assert read(hold, practice.partner) == now, "the same row, now written down"
    assert confirm(hold, practice.partner, client=CLIENT).status_code == 409
    clock("2027-03-01T06:00:00Z")
    assert read(winner, rival)["status"] == "confirmed"


def test_without_a_practitioner_anybody_who_is_free_comes(practice):
    other = practice.practitioner(practice.site, name="Other")
    practice.change("offering", practice.massage["id"], practitioner_ids=[practice.person["id"], other["id"]])
    practice.schedule(other, practice.site)
    came = {practice.booked(NINE, practitioner=False)["practitioner_id"] for _ in range(2)}
    assert came == {practice.person["id"], other["id"]}
    conflict = problem(practice.book(NINE, practitioner=False), 409, "slot-taken")
    assert conflict["reasons"] == ["practitioner_busy"] and {slot["start"] for slot in conflict["alternatives"]} & {TEN}
    null = practice.partner.post("/v1/bookings", json=practice.booking(TEN) | {"practitioner_id": None})
    assert null.status_code == 201


# ---------------------------------------------------------------- what is refused

REASONS = {
    "off_grid": ("2027-03-08T09:05:00+01:00", None),
    "outside_hours": ("2027-03-09T09:00:00+01:00", None),
    "horizon": ("2027-06-07T09:00:00+02:00", None),
    "notice": (TEN, lambda practice: practice.policy(min_notice_minutes=7 * 24 * 60 + 60 * 4)),
    "closed": (TEN, lambda practice: practice.exception("close", "2027-03-08", [("10:30", "11:00")], location=practice.site)),
    "certificate": (TEN, lambda practice: practice.change("offering", practice.massage["id"], treatment="dry-needling")),
    "not_offered": (TEN, lambda practice: practice.change("practitioner", practice.person["id"], location_ids=[])),
}


@pytest.mark.parametrize("reason", REASONS)
def test_what_is_not_offered_says_why(practice, reason):
    start, change = REASONS[reason]
    if change:
        change(practice)
    refused = problem(practice.book(start), 409, "slot-not-offered")
    assert refused["reasons"] == [reason], refused
    assert [slot["start"] for slot in refused["alternatives"]] == sorted((slot["start"] for slot in refused["alternatives"]),
                                                                         key=lambda at: abs(datetime.datetime.fromisoformat(at)
                                                                                            - datetime.datetime.fromisoformat(start)))
    assert practice.partner.items("/v1/bookings") == []


def test_several_reasons_come_together(practice):
    practice.exception("close", "2027-03-08", practitioner=practice.person)
    refused = problem(practice.book("2027-03-08T09:05:00+01:00"), 409, "slot-not-offered")
    assert sorted(refused["reasons"]) == ["closed", "off_grid"]


def test_alternatives_can_really_be_booked(practice):
    other = practice.practitioner(practice.site)
    practice.change("offering", practice.massage["id"], practitioner_ids=[practice.person["id"], other["id"]], step_minutes=30)
    practice.schedule(other, practice.site, weekdays=[3])
    practice.booked(TEN)
    refused = problem(practice.book(TEN), 409, "slot-taken")
    slots = refused["alternatives"]
    assert [slot["start"] for slot in slots] == [NINE, ELEVEN, "2027-03-10T09:00:00+01:00"], \
        "who was asked for first, and another person counts as a day away"
    for slot in slots:
        booked = practice.partner.post("/v1/bookings", json={name: slot[name] for name in (
            "offering_id", "location_id", "practitioner_id", "start")} | {"client": CLIENT})
        assert booked.status_code == 201, booked.text
        assert booked.json()["end"] == slot["end"] and booked.json()["free_cancel_until"] == slot["free_cancel_until"]
    fewer = problem(practice.book(TEN), 409, "slot-taken")["alternatives"]
    assert fewer and not {slot["start"] for slot in fewer} & {slot["start"] for slot in slots}


def test_with_nothing_free_there_are_no_alternatives(practice):
    practice.change("schedule", practice.hours["id"], to="10:00", valid_from="2027-03-08", valid_until="2027-03-08")
    practice.booked(NINE)
    assert problem(practice.book(NINE), 409, "slot-taken")["alternatives"] == []


def test_what_is_not_there_is_404(practice, make_practice):
    stranger = make_practice().simple()
    nobody = {"id": str(uuid.uuid4())}
    problem(practice.book(NINE, offering=nobody), 404, "not-found")
    problem(practice.book(NINE, location=nobody), 404, "not-found")
    problem(practice.book(NINE, practitioner=nobody), 404, "not-found")
    problem(practice.book(NINE, offering=stranger.massage), 404, "not-found")
    problem(practice.book(NINE, location=stranger.site), 404, "not-found")
    problem(practice.book(NINE, practitioner=stranger.person), 404, "not-found")
    for act in ("", "/confirm", "/cancel"):
        path = f"/v1/bookings/{uuid.uuid4()}{act}"
        problem(practice.desk.post(path, json={}) if act else practice.desk.get(path), 404, "not-found")


def test_what_the_document_refuses(practice):
    bad = practice.booking(NINE) | {"start": "2027-03-08T09:00:00", "practitioner_id": "7", "client": {"email": "nobody"}, "colour": "red"}
    refused = problem(practice.partner.post("/v1/bookings", json=bad), 400, "invalid-request")
    assert {fault["pointer"] for fault in refused["errors"]} >= {"/start", "/practitioner_id", "/client/email", "/colour"}
    assert practice.partner.items("/v1/bookings") == []
    for start in ("now", "2027-03-08T24:00:00+01:00", "2027-03-08T09:00:60+01:00", "infinity", "2027-02-29T09:00:00Z", None, 7):
        assert practice.partner.post("/v1/bookings", json=practice.booking(NINE) | {"start": start}).status_code == 400, start


def test_far_away_starts_are_refused_not_broken(practice):
    for start in ("0001-01-01T00:00:00Z", "9999-12-31T23:45:00Z", "1969-12-31T23:00:00-12:00"):
        refused = practice.book(start)
        assert refused.status_code in (400, 409), refused.text


# ---------------------------------------------------------------- cancelling, and what it costs

def test_cancelling_in_time_is_free_and_frees_the_time(practice, clock):
    booking = practice.booked(NINE)
    clock("2027-03-07T07:55:00Z")
    done = cancel(booking, practice.partner, reason="Ill")
    assert done.status_code == 200
    assert (done.json()["status"], done.json()["charge"], done.json()["version"]) == ("cancelled", None, 2)
    assert practice.booked(NINE)["status"] == "confirmed"
    conflict = problem(cancel(booking, practice.partner), 409, "state-conflict")
    assert conflict["current_status"] == "cancelled"
    assert problem(confirm(booking, practice.partner, client=CLIENT), 409, "state-conflict")["current_status"] == "cancelled"


def test_cancelling_late_costs_what_was_agreed_when_it_was_booked(practice, clock):
    practice.policy(late_cancellation_fee_percent=33, cancellation_notice_hours=48)
    agreed = practice.booked(NINE)
    practice.policy(late_cancellation_fee_percent=100, cancellation_notice_hours=0)
    practice.change("offering", practice.massage["id"], price={"amount": 100000, "currency": "EUR"})
    newer = practice.booked(TEN)
    assert agreed["free_cancel_until"] == "2027-03-06T09:00:00+01:00" and newer["free_cancel_until"] == TEN
    clock("2027-03-06T08:00:10Z")
    done = cancel(agreed, practice.partner).json()
    charge = done["charge"]
    assert {name: charge[name] for name in ("kind", "percent", "amount", "currency", "status")} == {
        "kind": "late_cancellation", "percent": 33, "amount": 2145, "currency": "EUR", "status": "open"}
    assert read(agreed, practice.partner)["charge"] == charge == read(agreed, practice.desk)["charge"]
    assert cancel(newer, practice.partner).json()["charge"] is None


def test_a_share_of_nothing_is_no_charge(practice, clock):
    practice.policy(late_cancellation_fee_percent=0)
    booking = practice.booked(NINE)
    clock("2027-03-08T07:00:00Z")
    assert cancel(booking, practice.partner).json()["charge"] is None


def test_who_else_cancels_late_for_nothing(practice, clock):
    booking, hold = practice.booked(NINE), practice.booked(TEN, client=None)
    clock("2027-03-08T07:00:00Z")
    assert cancel(booking, practice.desk, reason="The therapist is ill").json()["charge"] is None
    assert cancel(hold, practice.partner).status_code == 409, "it has run out long ago"
    hold = practice.booked(ELEVEN, client=None)
    assert cancel(hold, practice.partner).json()["charge"] is None, "letting a hold go costs nothing"
    assert [one["status"] for one in practice.partner.items("/v1/bookings")] == ["cancelled", "expired", "cancelled"]


def test_what_has_begun_stays(practice, clock):
    booking = practice.booked(NINE)
    clock("2027-03-08T07:59:50Z")
    clock("2027-03-08T08:00:00Z")
    for who in (practice.partner, practice.desk):
        assert problem(cancel(booking, who), 409, "state-conflict")["current_status"] == "confirmed"


# ---------------------------------------------------------------- the same request again

def test_a_key_gives_the_first_answer_byte_for_byte(practice):
    keys = [str(uuid.uuid4()) for _ in range(3)]
    first = practice.book(NINE, key=keys[0], client=None)
    booking = first.json()
    confirmed = confirm(booking, practice.partner, key=keys[1], client=CLIENT)
    cancelled = cancel(booking, practice.partner, key=keys[2], reason="No")
    assert (first.status_code, confirmed.status_code, cancelled.status_code) == (201, 200, 200)
    for before, again in ((first, practice.book(NINE, key=keys[0], client=None)),
                          (confirmed, confirm(booking, practice.partner, key=keys[1], client=CLIENT)),
                          (cancelled, cancel(booking, practice.partner, key=keys[2], reason="No"))):
        assert (again.status_code, again.content) == (before.status_code, before.content)
        assert again.headers["idempotency-replayed"] == "true" and "idempotency-replayed" not in before.headers
        for name in ("etag", "location"):
            assert again.headers.get(name) == before.headers.get(name)
    assert read(booking, practice.partner)["version"] == 3, "nothing was done again"

    for other in (practice.book(TEN, key=keys[0], client=None), confirm(booking, practice.partner, key=keys[0], client=CLIENT),
                  cancel(booking, practice.partner, key=keys[1]), cancel(booking, practice.partner, key=keys[2], reason="Another")):
        problem(other, 422, "idempotency-key-reused")
    assert practice.book(NINE, key=keys[0], client=None, who=practice.another_partner()).json()["id"] != booking["id"], "a key is its owner's"


def test_a_refusal_is_not_kept(practice):
    taken = practice.booked(NINE)
    problem(practice.book(NINE, key="try"), 409, "slot-taken")
    cancel(taken, practice.partner)
    assert practice.book(NINE, key="try").status_code == 201


def test_each_rehearsal_of_a_key_belongs_to_one_act(practice):
    """A second hold confirmed with the first one's key is another request."""
    one, two = practice.booked(NINE, client=None), practice.booked(TEN, client=None)
    key = str(uuid.uuid4())
    assert confirm(one, practice.partner, key=key, client=CLIENT).status_code == 200
    problem(confirm(two, practice.partner, key=key, client=CLIENT), 422, "idempotency-key-reused")


# ---------------------------------------------------------------- who sees what

def test_lists_are_filtered_and_paged(practice):
    other = practice.location()
    practice.change("practitioner", practice.person["id"], location_ids=[practice.site["id"], other["id"]])
    practice.change("offering", practice.massage["id"], location_ids=[practice.site["id"], other["id"]])
    practice.schedule(practice.person, other, [2])
    first = practice.booked(NINE, external_ref="a&b=c")
    second = practice.booked(TEN, client=None)
    third = practice.booked("2027-03-09T09:00:00+01:00", location=other)
    fourth = practice.booked("2027-03-15T09:00:00+01:00")
    cancel(fourth, practice.partner)

    def ids(who=practice.partner, **filters):
        return [booking["id"] for booking in who.items("/v1/bookings", limit=2, **filters)]

    everything = [first["id"], second["id"], third["id"], fourth["id"]]
    assert ids() == ids(practice.desk) == ids(clinic_id=practice.id) == everything
    assert ids(status="confirmed") == [first["id"], third["id"]]
    assert ids(status=["held", "cancelled"]) == [second["id"], fourth["id"]]
    assert ids(location_id=other["id"]) == [third["id"]]
    assert ids(practitioner_id=practice.person["id"]) == everything and ids(practitioner_id=str(uuid.uuid4())) == []
    assert ids(**{"from": TEN, "to": "2027-03-15T09:00:00+01:00"}) == [second["id"], third["id"]]
    assert ids(reference=first["reference"]) == [first["id"]]
    assert ids(external_ref="a&b=c") == [first["id"]] and ids(external_ref="a") == []
    assert ids(clinic_id=str(uuid.uuid4())) == []
    page = practice.partner.get("/v1/bookings", params={"limit": 2})
    assert page.headers["cache-control"] == "no-store"
    practice.booked(ELEVEN)
    following = practice.partner.get(re.fullmatch(r'<(/[^>]*)>; rel="next"', page.headers["link"])[1]).json()
    assert [booking["start"] for booking in following["items"]] == [ELEVEN, "2027-03-09T09:00:00+01:00"]


# ---------------------------------------------------------------- side by side

@pytest.mark.race
def test_a_closure_and_a_booking_never_pass_each_other(practice, shared_service, tokens):
    """Whoever closes a day while others book it: every booking that got in is told to whoever closes, and none gets in later."""
    partner = tokens.partner("racing", [practice.id])
    desk = tokens.desk([practice.id])
    days = [datetime.date(2027, 3, 8) + datetime.timedelta(weeks=week) for week in range(8)]
    workers, barrier = 6, threading.Barrier(7)
    hours = ["09:00", "10:00", "11:00"]

    def book(index):
        caller, answers = Caller(shared_service.port, partner), []
        for day in days:
            offset = "+02:00" if day > datetime.date(2027, 3, 28) else "+01:00"
            barrier.wait(60)
            reply = caller.call("POST", "/v1/bookings", practice.booking(f"{day}T{hours[index % 3]}:00{offset}"))
            answers.append((reply.status, reply.json()))
        caller.close()
        return answers

    def close(_):
        caller, answers = Caller(shared_service.port, desk), []
        for day in days:
            barrier.wait(60)
            reply = caller.call("POST", practice.collection("exception"), {
                "kind": "close", "practitioner_id": practice.person["id"], "date_from": str(day), "date_to": str(day)})
            answers.append((reply.status, reply.json()))
        caller.close()
        return answers

    results = together(workers + 1, lambda index: close(index) if index == workers else book(index), 120)
    for number, day in enumerate(days):
        status, closure = results[workers][number]
        assert status == 201, closure
        booked = {body["id"] for answers in results[:workers] for code, body in [answers[number]] if code == 201}
        assert {code for answers in results[:workers] for code, _ in [answers[number]]} <= {201, 409}
        assert {one["id"] for one in closure["affected_bookings"]} == booked, day
