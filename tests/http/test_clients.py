"""Who booked, once per clinic: found, told what is held on them, and forgotten, down to the last row of the database."""
import threading
import time
import uuid

import pytest

from harness.tokens import DESK

MONDAY = "2027-03-29"
NINE, TEN, ELEVEN = (f"{MONDAY}T{hour:02}:00:00+02:00" for hour in (9, 10, 11))
WEEK_AFTER = "2027-04-05T09:00:00+02:00"


@pytest.fixture
def practice(make_practice, clock):
    return make_practice(policy={"late_cancellation_fee_percent": 50}).simple(
        offering={"intake": [{"code": "remarks", "type": "text", "label": {"en": "Anything we should know?"}}]})


@pytest.fixture
def officer(practice):
    """Who answers for the clinic's data."""
    return practice.client.with_token(practice.tokens.mint("officer", "clients:read clients:erase directory:write", [practice.id]))


class Person:
    """Somebody whose name, address and number are nobody else's."""

    def __init__(self):
        self.name = f"Ilse Onthoudt-{uuid.uuid4().hex[:8]}"
        self.email = f"{uuid.uuid4().hex}@example.org"
        self.digits = f"{uuid.uuid4().int % 10**8:08}"
        self.phone = f"+32 4{self.digits[:2]} {self.digits[2:4]} {self.digits[4:6]} {self.digits[6:]}"

    @property
    def said(self):
        return {"name": self.name, "email": self.email, "phone": self.phone, "language": "fr"}

    @property
    def traces(self):
        return [self.name, self.email, self.phone, f"4{self.digits}"]


def traces_left(database, person):
    """Every row of every table that still shows the person: the table and what was found."""
    with database.connect() as connection:
        tables = [row[0] for row in connection.execute(
            "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')")]
        assert "app.booking" in tables or "booking" in tables
        found = []
        for table in tables:
            for trace in person.traces:
                if connection.execute(f"select count(*) from {table} as t where strpos(lower(t::text), lower(%s)) > 0",
                                      [trace]).fetchone()[0]:
                    found.append((table, trace))
        return found


def wait(practice, person, **members):
    reply = practice.partner.post("/v1/waitlist", key=True, json={
        "clinic_id": practice.id, "offering_ids": [practice.massage["id"]], "date_from": "2027-06-01", "date_to": "2027-06-30",
        "client": person.said} | members)
    assert reply.status_code == 201, reply.text
    return reply.json()


def one(officer, **filters):
    found = officer.items("/v1/clients", **filters)
    assert len(found) == 1, found
    return found[0]


# ---------------------------------------------------------------- who is the same

def test_whoever_books_is_a_client_of_that_clinic(practice, make_practice, officer):
    person = Person()
    booking = practice.booked(NINE, client=person.said)
    client = one(officer, email=person.email)
    assert {name: client[name] for name in ("name", "email", "phone", "language")} == person.said
    assert client["clinic_id"] == practice.id
    for same in ({"email": f" {person.email.upper()}".strip()}, {"phone": person.phone.replace(" ", "-")}, {"phone": "00" + person.phone[1:]},
                 {"booking_id": booking["id"]}, {"email": person.email, "phone": person.phone}):
        assert one(officer, **same) == client
    assert officer.items("/v1/clients", email=f"x{person.email}") == []
    assert officer.items("/v1/clients", email=person.email, phone="+32 2 000 00 00") == []
    assert officer.items("/v1/clients", phone="0" + person.phone[4:]) == [], "without its country a number may be anywhere"
    assert officer.items("/v1/clients", booking_id=str(uuid.uuid4())) == []
    other = make_practice()
    theirs = practice.client.with_token(practice.tokens.mint("officer", "clients:read", [other.id]))
    assert theirs.items("/v1/clients", email=person.email) == [] == theirs.items("/v1/clients", booking_id=booking["id"])
    assert theirs.get(f"/v1/clients/{client['id']}").status_code == 404
    assert theirs.get(f"/v1/clients/{client['id']}/export").status_code == 404


def test_a_hold_has_its_client_from_the_start_or_from_its_confirmation(practice, officer):
    early, late = Person(), Person()
    practice.booked(NINE, client=early.said, hold=True)
    assert one(officer, email=early.email)["name"] == early.name
    hold = practice.booked(TEN, client=None)
    assert officer.items("/v1/clients", booking_id=hold["id"]) == []
    assert practice.partner.post(f"/v1/bookings/{hold['id']}/confirm", json={"client": late.said}).status_code == 200
    assert one(officer, booking_id=hold["id"])["email"] == late.email


def test_what_the_desk_says_stays_whatever_partners_say(practice, officer):
    person = Person()
    practice.booked(NINE, client=person.said)
    practice.booked(TEN, client=person.said | {"name": "Ilse Married"})
    assert one(officer, email=person.email)["name"] == "Ilse Married", "the same partner may put its own word right"
    practice.booked(ELEVEN, who=practice.another_partner(), client=person.said | {"name": "Somebody Else"})
    assert one(officer, email=person.email)["name"] == "Ilse Married"
    practice.booked(WEEK_AFTER, who=practice.desk, client={"name": "Ilse Desk", "email": person.email})
    client = one(officer, email=person.email)
    assert (client["name"], client["phone"]) == ("Ilse Desk", person.phone), "what was not said stays"
    practice.booked(WEEK_AFTER.replace("T09", "T10"), client=person.said)
    assert one(officer, email=person.email)["name"] == "Ilse Desk"


def test_a_client_shows_what_the_bookings_come_to(practice, officer, clock):
    person = Person()
    bookings = [practice.booked(start, client=person.said) for start in (NINE, TEN, ELEVEN, WEEK_AFTER)]
    path = f"/v1/clients/{one(officer, email=person.email)['id']}"
    before = officer.get(path).json()
    assert (before["bookings"], before["last_visit"], before["next_visit"]["booking_id"]) == (4, None, bookings[0]["id"])
    practice.partner.post(f"/v1/bookings/{bookings[0]['id']}/cancel")
    clock(f"{MONDAY}T12:00:00Z")
    practice.desk.post(f"/v1/bookings/{bookings[1]['id']}/no-show")
    practice.desk.post(f"/v1/bookings/{bookings[2]['id']}/complete")
    after = officer.get(path).json()
    assert (after["bookings"], after["no_shows"], after["cancellations"]) == (4, 1, 1)
    assert after["last_visit"] == {"booking_id": bookings[2]["id"], "status": "completed", "treatment": "trigger-point-massage",
                                   "start": ELEVEN, "timezone": "Europe/Brussels"}
    assert after["next_visit"]["start"] == WEEK_AFTER


# ---------------------------------------------------------------- who may

def test_scopes_decide_who_reads_and_who_erases(practice, officer):
    person = Person()
    practice.booked(NINE, client=person.said)
    path = f"/v1/clients/{one(officer, email=person.email)['id']}"
    reader = practice.client.with_token(practice.tokens.mint("reader", "clients:read", [practice.id]))
    eraser = practice.client.with_token(practice.tokens.mint("eraser", "clients:erase", [practice.id]))
    for who in (practice.partner, practice.desk, practice.website, eraser):
        assert {who.get(p).status_code for p in ("/v1/clients", path, f"{path}/export")} == {403}
    assert {who.delete(path).status_code for who in (practice.partner, practice.desk, reader)} == {403}
    assert reader.get(path).status_code == 200
    assert eraser.delete(path, params={"cancel": "true"}).status_code == 200
    assert reader.get(path).status_code == 404 == eraser.delete(path).status_code


# ---------------------------------------------------------------- export

def test_the_export_tells_all_and_is_audited_without_telling(practice, officer, clock):
    person = Person()
    first = practice.booked(NINE, client=person.said, note="Knows the way.", external_ref="order-7", intake={"remarks": "allergic to balm"})
    practice.booked(WEEK_AFTER, client=person.said)
    practice.booked(TEN)  # somebody else
    entry = wait(practice, person, note="Mornings, please.")
    clock("2027-03-28T12:00:00Z")
    assert practice.partner.post(f"/v1/bookings/{first['id']}/cancel", json={"reason": "ill again"}).status_code == 200
    path = f"/v1/clients/{one(officer, email=person.email)['id']}"
    export = officer.get(f"{path}/export").json()
    assert export["client"]["name"] == person.name and export["client"]["bookings"] == 2
    assert [booking["start"] for booking in export["bookings"]] == [NINE, WEEK_AFTER]
    told = export["bookings"][0]
    assert (told["note"], told["external_ref"], told["intake"], told["end_reason"]) == ("Knows the way.", "order-7", {"remarks": "allergic to balm"}, "ill again")
    assert told["client"]["phone"] == person.phone and told["policy"]["late_cancellation_fee_percent"] == 50
    assert [(charge["kind"], charge["client_name"]) for charge in export["charges"]] == [("late_cancellation", person.name)]
    assert [(waiting["id"], waiting["note"]) for waiting in export["waitlist"]] == [(entry["id"], "Mornings, please.")]
    assert export["orders"] == export["series"] == []
    assert [entry["what"] for entry in export["audit"]] == ["createBooking", "createBooking", "createWaitlistEntry", "cancelBooking"]
    entries = officer.items("/v1/audit", clinic_id=practice.id, what="exportClient")
    assert [(entry["who"], entry["entity"], entry["entity_id"], entry["after"]) for entry in entries] == [
        ("officer", "client", export["client"]["id"], {"bookings": 2})]
    again = officer.get(f"{path}/export").json()
    assert [entry["what"] for entry in again["audit"]][-1] == "exportClient"


# ---------------------------------------------------------------- erasure

def test_erasure_leaves_bookings_to_count_and_no_trace_of_who_it_was(practice, officer, clock, shared_service):
    person = Person()
    database = shared_service.database
    key = {"key": True, "who": practice.partner}
    done = practice.booked(NINE, client=person.said, note=f"For {person.name}", external_ref=person.email,
                           intake={"remarks": f"call {person.phone}"}, **key)
    missed = practice.booked(TEN, client=person.said, **key)
    moved = practice.book("2027-03-29T07:00:00+02:00", who=practice.desk, client=person.said, key=True,
                          override={"reason": f"{person.name} comes early"})
    assert moved.status_code == 201, moved.text
    late = practice.booked(WEEK_AFTER, client=person.said)
    held = practice.booked("2027-04-12T09:00:00+02:00", client=person.said, hold=True, key=True)
    entry = wait(practice, person, note=f"{person.name} is flexible", external_ref=person.email)
    ordered = practice.partner.post("/v1/orders", key=True, json={
        "client": person.said, "hold": True, "external_ref": person.phone, "note": person.name,
        "items": [practice.booking(f"2027-04-19T{hour}:00:00+02:00", client=None) for hour in ("09", "10")]})
    assert ordered.status_code == 201, ordered.text
    items = [booking["id"] for booking in ordered.json()["bookings"]]
    series = practice.partner.post("/v1/series", key=True, json={
        "client": person.said, "hold": True, "external_ref": f"plan of {person.name}", "note": person.phone, "sessions": 2, "first_date": "2027-05-03",
        "offering_id": practice.massage["id"], "location_id": practice.site["id"]})
    assert series.status_code == 201, series.text
    items += [session["booking"]["id"] for session in series.json()["sessions"]]
    bystander = practice.booked("2027-04-12T11:00:00+02:00", client={"name": "By Stander", "email": "by@example.org"})
    clock("2027-04-04T20:00:00Z")
    assert practice.partner.post(f"/v1/bookings/{late['id']}/cancel", json={"reason": f"{person.name} is ill"}, key=True).status_code == 200
    for booking, act in ((done, "complete"), (missed, "no-show")):
        assert practice.desk.post(f"/v1/bookings/{booking['id']}/{act}", key=True).status_code == 200
    charge = practice.desk.items("/v1/charges", booking_id=missed["id"])[0]
    assert practice.desk.post(f"/v1/charges/{charge['id']}/waive", json={"reason": f"{person.name} had a flat tyre"}, key=True).status_code == 200
    assert practice.partner.patch(f"/v1/bookings/{done['id']}", json={"note": f"{person.name} prefers mornings"}, if_match="*").status_code == 200
    owed = practice.desk.items("/v1/charges", clinic_id=practice.id)
    csv = practice.desk.get("/v1/charges", params={"clinic_id": practice.id, "format": "csv"}).text
    assert person.name in csv and len(owed) == 2
    assert {table.removeprefix("app.") for table, _ in traces_left(database, person)} >= {"booking", "client", "idempotency_record", "audit", "charge",
                                                                                        "waitlist_entry", "booking_order", "series"}

    client = one(officer, email=person.email)
    erased = officer.delete(f"/v1/clients/{client['id']}")  # the hold ran out long ago
    assert erased.status_code == 200, erased.text
    assert erased.json() == {"id": client["id"], "bookings": 9, "cancelled": 0}

    assert traces_left(database, person) == []
    assert officer.items("/v1/clients", email=person.email) == []
    assert officer.get(f"/v1/clients/{client['id']}").status_code == 404
    mine = {booking["id"]: booking for booking in practice.partner.items("/v1/bookings")}
    assert set(mine) == {booking["id"] for booking in (done, missed, late, held, bystander)} | set(items), "bookings stay to be counted"
    for booking in (done, missed, late, held):
        now = mine[booking["id"]]
        assert (now["client"], now["note"], now["external_ref"]) == (None, None, None)
        assert practice.partner.get(f"/v1/bookings/{booking['id']}").json()["intake"] is None
        assert (now["reference"], now["start"], now["price"]) == (booking["reference"], booking["start"], booking["price"])
    assert mine[bystander["id"]]["client"]["name"] == "By Stander"
    gone = practice.partner.get(f"/v1/waitlist/{entry['id']}").json()
    assert (gone["status"], gone["client"], gone["note"], gone["external_ref"]) == ("withdrawn", None, None, None)
    for path in (f"/v1/orders/{ordered.json()['id']}", f"/v1/series/{series.json()['id']}"):
        assert practice.partner.get(path).json()["external_ref"] is None
    charges = practice.desk.items("/v1/charges", clinic_id=practice.id)
    assert [(c["amount"], c["status"], c["client_name"]) for c in charges] == [(c["amount"], c["status"], None) for c in owed]
    assert person.name not in practice.desk.get("/v1/charges", params={"clinic_id": practice.id, "format": "csv"}).text
    told = database.fetch("select entity, owner, data from app.change where clinic_id = %s and kind = 'erased' order by id", [practice.id])
    assert [row[0] for row in told] == ["booking"] * 9 + ["client"]
    assert {row[1] for row in told} >= {done["source"]} and done["reference"] in {row[2].get("reference") for row in told}
    entry = officer.items("/v1/audit", clinic_id=practice.id, what="eraseClient")[0]
    assert (entry["entity_id"], entry["after"], entry["reason"]) == (client["id"], {"bookings": 9, "cancelled": 0}, None)
    refused = practice.partner.patch(f"/v1/bookings/{done['id']}", json={"client": person.said}, if_match="*")
    assert refused.status_code == 409 and refused.json()["type"] == "/problems/state-conflict"


def test_who_is_expected_is_not_erased_unless_the_visits_are_cancelled(practice, officer, clock, shared_service):
    person = Person()
    booked = practice.booked(TEN, client=person.said)
    held = practice.booked(NINE, client=person.said, hold=True)
    path = f"/v1/clients/{one(officer, email=person.email)['id']}"
    refused = officer.delete(path)
    assert refused.status_code == 409 and refused.json()["type"] == "/problems/client-is-expected"
    assert refused.json()["booking_ids"] == [held["id"], booked["id"]]
    assert officer.get(path).json()["name"] == person.name, "nothing was changed"
    erased = officer.delete(path, params={"cancel": "true"})
    assert (erased.json()["bookings"], erased.json()["cancelled"]) == (2, 2)
    assert practice.starts(MONDAY)[:2] == ["03-29T09:00", "03-29T09:15"], "their time is free"
    assert {booking["status"] for booking in practice.partner.items("/v1/bookings")} == {"cancelled"}
    assert practice.partner.items("/v1/charges") == [], "what the clinic cancels costs nothing"
    assert traces_left(shared_service.database, person) == []
    entries = officer.items("/v1/audit", clinic_id=practice.id, entity="booking", what="cancelBooking")
    assert {entry["who"] for entry in entries} == {"officer"} and len(entries) == 2


def test_a_visit_that_has_begun_is_waited_for(practice, officer, clock, shared_service):
    person = Person()
    booking = practice.booked(NINE, client=person.said)
    path = f"/v1/clients/{one(officer, email=person.email)['id']}"
    clock(f"{MONDAY}T07:30:00Z")
    assert officer.delete(path, params={"cancel": "true"}).json()["booking_ids"] == [booking["id"]]
    clock(f"{MONDAY}T08:00:00Z")  # over, though nobody has said how it went
    assert officer.delete(path).status_code == 200
    assert practice.partner.get(f"/v1/bookings/{booking['id']}").json()["status"] == "confirmed"
    assert practice.desk.post(f"/v1/bookings/{booking['id']}/complete").json()["client"] is None
    assert traces_left(shared_service.database, person) == []


def test_bookings_and_erasures_that_run_side_by_side_leave_no_nameless_name(practice, officer, clock, shared_service):
    """Partners book, correct and confirm for one person while the officer erases again and again. Whoever then has a booking
    is a client, and after a last erasure nothing is left: no booking slipped through with a name and without a client."""
    person = Person()
    for weekday in range(1, 8):
        practice.schedule(practice.person, practice.site, weekdays=(weekday,), start="07:00", end="22:00")
    starts = iter([f"2027-04-{day:02}T{hour:02}:00:00+02:00" for day in range(1, 25) for hour in range(8, 22)])
    lock, stop, outcomes = threading.Lock(), time.monotonic() + 4, []

    def book():
        while time.monotonic() < stop:
            with lock:
                start = next(starts, None)
            if start is None:
                return
            reply = practice.book(start, client=None if len(outcomes) % 2 else person.said, key=True)
            outcomes.append(("book", reply.status_code))
            if reply.status_code == 201 and reply.json()["status"] == "held":
                path = f"/v1/bookings/{reply.json()['id']}"
                outcomes.append(("patch", practice.partner.patch(path, json={"client": person.said}, if_match="*").status_code))
                outcomes.append(("confirm", practice.partner.post(f"{path}/confirm", json={"client": person.said}, key=True).status_code))

    def erase():
        while time.monotonic() < stop:
            for client in officer.items("/v1/clients", email=person.email):
                reply = officer.delete(f"/v1/clients/{client['id']}", params={"cancel": "true"})
                outcomes.append(("erase", reply.status_code))

    threads = [threading.Thread(target=work) for work in (book, book, book, erase, erase)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database = shared_service.database
    seen = set(outcomes)
    assert ("book", 201) in seen and ("erase", 200) in seen, seen
    assert not any(status >= 500 for _, status in seen), seen
    loose = database.value("select count(*) from app.booking b where b.clinic_id = %s and (b.client is null) <> (b.client_id is null)", [practice.id])
    assert loose == 0
    for client in officer.items("/v1/clients", email=person.email):
        assert officer.delete(f"/v1/clients/{client['id']}", params={"cancel": "true"}).status_code == 200
    assert traces_left(database, person) == []


# ---------------------------------------------------------------- addresses in a query

def test_whom_a_query_asks_for_reaches_no_log_no_metric_and_no_link(practice, officer, shared_service):
    person = Person()
    two = practice.booked(NINE, client=person.said), practice.booked(TEN, client=person.said)
    practice.booked(ELEVEN, client={"name": "Other", "phone": person.phone})
    practice.booked(WEEK_AFTER, client={"name": "Third", "email": f"third-{person.email}", "phone": person.phone})

    page = officer.get("/v1/clients", params={"phone": person.phone, "limit": 1})
    assert page.status_code == 200 and page.json()["next"] and "link" not in page.headers
    follow = officer.get("/v1/clients", params={"phone": person.phone, "limit": 1, "cursor": page.json()["next"]})
    assert follow.json()["items"] != page.json()["items"] and len(officer.items("/v1/clients", phone=person.phone, limit=1)) == 2
    whole = officer.get("/v1/clients", params={"limit": 1})
    assert "link" in whole.headers and officer.get(whole.headers["link"][1:].split(">")[0]).status_code == 200
    found = practice.partner.get("/v1/bookings", params={"client_email": person.email.upper(), "limit": 1})
    assert "link" not in found.headers and [item["id"] for item in found.json()["items"]] == [two[0]["id"]]
    assert [item["id"] for item in practice.partner.items("/v1/bookings", client_email=person.email, limit=1)] == [b["id"] for b in two]

    # Also what goes wrong, on every step, does not repeat it.
    for params in ({"email": person.email, "limit": "many"}, {"email": person.email + "@"}, {"phone": person.phone + "x"},
                   {"email": person.email, person.email: "1"}, {"email": person.email, "cursor": "bm9uZQ"}):
        reply = officer.get("/v1/clients", params=params)
        assert reply.status_code == 400
        if person.email not in params:  # a parameter that is unknown is named
            assert not any(trace in reply.text for trace in person.traces)
    assert practice.partner.get("/v1/clients", params={"email": person.email}).status_code == 403
    assert officer.get("/v1/nobody", params={"email": person.email}, check=False).status_code == 404
    assert officer.post("/v1/clients", params={"email": person.email}, check=False).status_code == 405
    told = shared_service.log_text(100_000) + officer.get("/metrics").text
    for trace in (*person.traces, person.email.replace("@", "%40"), person.email.upper(), person.phone.replace(" ", "+").replace("+32", "%2B32")):
        assert trace not in told
    assert '"operation":"listClients"' in told.replace(" ", "")


def test_pages_of_clients_go_on(practice, officer):
    people = [Person() for _ in range(5)]
    for hour, person in zip((8, 9, 10, 11), people):
        practice.booked(f"2027-04-12T{hour + 1:02}:00:00+02:00" if hour < 11 else WEEK_AFTER, client=person.said)
    everybody = [client["name"] for client in officer.items("/v1/clients", clinic_id=practice.id)]
    assert sorted(everybody) == sorted(person.name for person in people[:4])
    assert [client["name"] for client in officer.items("/v1/clients", limit=1)] == everybody
    assert officer.items("/v1/clients", clinic_id=str(uuid.uuid4())) == []
    whole = practice.client.with_token(practice.tokens.mint("group", "clients:read", "*"))
    assert set(everybody) <= {client["name"] for client in whole.items("/v1/clients", limit=100)}


def test_retention_is_a_figure_of_the_policy(practice):
    assert practice.policy()["client_retention_days"] == 0, "nobody is forgotten unless the clinic says so"
    assert practice.policy(client_retention_days=3650)["client_retention_days"] == 3650
    assert practice.desk.patch(practice.path, json={"policy": {"client_retention_days": -1}}, if_match="*").status_code == 400
    assert practice.policy(client_retention_days=None)["client_retention_days"] == 0
    assert "clients" not in DESK
