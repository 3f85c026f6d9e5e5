"""Impact before harm: every write that takes the ground from under bookings says which, and with dry_run=true it says so
and does nothing. No booking is changed by any of it."""
import json
import uuid

import pytest

FIRST, SECOND = "2027-03-08T09:00:00+01:00", "2027-03-15T10:00:00+01:00"
DRY = {"dry_run": "true"}


def affected(reply):
    assert reply.status_code in (200, 201), reply.text
    found = reply.json()["affected_bookings"]
    assert "client" not in str(found) and "Ada" not in str(found)
    return [booking["id"] for booking in found]


def state(practice, code=None):
    """Everything that a write could leave: records with their versions, the trail, what is free."""
    found = {kind: practice.desk.items(practice.collection(kind)) for kind in
             ("location", "practitioner", "room", "offering", "schedule", "exception")}
    found["clinic"] = practice.admin.get(practice.path, params={"include": "archived"}).json()
    found["trail"] = [entry["id"] for entry in practice.admin.items("/v1/audit", clinic_id=practice.id)]
    found["slots"] = practice.starts("2027-03-08", "2027-03-16")
    if code:
        found["treatment"] = practice.admin.get(f"/v1/treatments/{code}", params={"lang": "*", "include": "archived"}).json()
    return found


def same_but_dry(dry, done):
    """The answer of a dry run is that of the act, but for what only time makes."""
    assert (dry.status_code, dry.json().pop("dry_run")) == (200, True)
    assert "etag" not in dry.headers and "location" not in dry.headers
    passing = {"dry_run", "id", "created_at", "updated_at"}
    assert {k: v for k, v in dry.json().items() if k not in passing} == {k: v for k, v in done.json().items() if k not in passing}
    assert dry.json().keys() - {"dry_run"} == done.json().keys() and "dry_run" not in done.json()


@pytest.fixture
def needling(admin):
    """A treatment of the catalogue that asks for a certificate."""
    code = f"needling-{uuid.uuid4().hex[:8]}"
    reply = admin.put(f"/v1/treatments/{code}", headers={"If-None-Match": "*"}, json={
        "name": {"en": "Needling"}, "modality": "needling", "requires_qualification": "needles"})
    assert reply.status_code == 201 and affected(reply) == []
    return code


@pytest.fixture
def busy(make_practice, needling, clock):
    """A practice with two bookings to come, on two Mondays, in a room, under a certificate that ends after both."""
    practice = make_practice()
    practice.site, practice.annex = practice.location(), practice.location()
    certificate = {"code": "needles", "issued_on": "2026-01-01", "expires_on": "2027-03-20"}
    practice.person = practice.practitioner(practice.site, practice.annex, qualifications=[certificate])
    practice.other = practice.practitioner(practice.site, qualifications=[certificate])
    practice.room = practice.make("room", location_id=practice.site["id"], name="Room", kind="quiet")
    practice.massage = practice.offering([practice.person, practice.other], [practice.site, practice.annex], treatment=needling,
                                         room_kind="quiet")
    practice.hours = practice.schedule(practice.person, practice.site)
    practice.certificate, practice.code = certificate, needling
    practice.bookings = [practice.booked(start)["id"] for start in (FIRST, SECOND)]
    return practice


def patch(kind, name, /, **members):
    return lambda p: ("PATCH", f"{p.collection(kind)}/{getattr(p, name)['id']}",
                      {member: value(p) if callable(value) else value for member, value in members.items()})


def archive(kind, name):
    return lambda p: ("DELETE", f"{p.collection(kind)}/{getattr(p, name)['id']}", None)


def closing(**members):
    return lambda p: ("POST", p.collection("exception"),
                      {"kind": "close", **{name: value(p) if callable(value) else value for name, value in members.items()}})


def site(p):
    return p.site["id"]


# What is done, and which of the two bookings it strands.
HARM = {
    "archiving the location": (archive("location", "site"), [0, 1]),
    "archiving the practitioner": (archive("practitioner", "person"), [0, 1]),
    "archiving somebody else": (archive("practitioner", "other"), []),
    "archiving the offering": (archive("offering", "massage"), [0, 1]),
    "archiving the room": (archive("room", "room"), [0, 1]),
    "archiving the other site": (archive("location", "annex"), []),
    "archiving the clinic": (lambda p: ("DELETE", p.path, None), [0, 1]),
    "closing a day": (closing(location_id=site, date_from="2027-03-15", date_to="2027-03-15"), [1]),
    "closing a morning for one": (closing(practitioner_id=lambda p: p.person["id"], date_from="2027-03-08", date_to="2027-03-15",
                                          windows=[{"from": "08:00", "to": "10:00"}]), [0]),
    "closing the other site": (closing(location_id=lambda p: p.annex["id"], date_from="2027-03-01", date_to="2027-03-31"), []),
    "other hours on a day": (lambda p: ("POST", p.collection("exception"), {
        "kind": "replace", "practitioner_id": p.person["id"], "location_id": p.site["id"], "date_from": "2027-03-08",
        "date_to": "2027-03-08", "windows": [{"from": "14:00", "to": "16:00"}]}), [0]),
    "ending the schedule": (patch("schedule", "hours", valid_until="2027-03-14"), [1]),
    "other hours": (patch("schedule", "hours", **{"from": "10:00"}), [0]),
    "another day": (patch("schedule", "hours", weekday=2), [0, 1]),
    "archiving the schedule": (archive("schedule", "hours"), [0, 1]),
    "the offering without the practitioner": (patch("offering", "massage", practitioner_ids=lambda p: [p.other["id"]]), [0, 1]),
    "the offering without somebody else": (patch("offering", "massage", practitioner_ids=lambda p: [p.person["id"]]), []),
    "the offering without the location": (patch("offering", "massage", location_ids=lambda p: [p.annex["id"]]), [0, 1]),
    "the offering in another kind of room": (patch("offering", "massage", room_kind="loud"), [0, 1]),
    "the offering without a room": (patch("offering", "massage", room_kind=None), []),
    "the offering for another price": (patch("offering", "massage", price={"amount": 1, "currency": "EUR"}), []),
    "the room becomes another": (patch("room", "room", kind="loud"), [0, 1]),
    "the room with another name": (patch("room", "room", name="Window"), []),
    "the practitioner works elsewhere": (patch("practitioner", "person", location_ids=lambda p: [p.annex["id"]]), [0, 1]),
    "the certificate taken away": (patch("practitioner", "person", qualifications=[]), [0, 1]),
    "the certificate ends sooner": (patch("practitioner", "person", qualifications=[
        {"code": "needles", "expires_on": "2027-03-14"}]), [1]),
    "the certificate ends on the day": (patch("practitioner", "person", qualifications=[
        {"code": "needles", "expires_on": "2027-03-15"}]), []),
    "the location moves to another zone": (patch("location", "site", timezone="America/New_York"), [0, 1]),
    "the location has another telephone": (patch("location", "site", phone="+32 2 000 00 01"), []),
    "the clinic has other rules": (lambda p: ("PATCH", p.path, {"policy": {"min_notice_minutes": 43200}}), []),
    "the treatment asks for another certificate": (lambda p: ("PATCH", f"/v1/treatments/{p.code}", {"requires_qualification": "surgeon"}),
                                                   [0, 1]),
    "the treatment asks for none": (lambda p: ("PATCH", f"/v1/treatments/{p.code}", {"requires_qualification": None}), []),
    "the treatment is written anew": (lambda p: ("PUT", f"/v1/treatments/{p.code}", {
        "name": {"en": "Needles"}, "modality": "needling", "requires_qualification": "surgeon"}), [0, 1]),
    "archiving the treatment": (lambda p: ("DELETE", f"/v1/treatments/{p.code}", None), [0, 1]),
}


@pytest.mark.slow  # the rules are SQL: once is enough
@pytest.mark.parametrize("harm", HARM)
def test_who_writes_may_ask_first(busy, harm):
    act, stranded = HARM[harm]
    method, path, body = act(busy)
    stranded = [busy.bookings[number] for number in stranded]
    options = {"json": body} if body is not None else {}
    if method != "POST":
        options["if_match"] = "*"
    before = state(busy, busy.code)
    dry = busy.admin.request(method, path, params=DRY, **options)
    assert affected(dry) == stranded
    assert state(busy, busy.code) == before, "a dry run leaves nothing"

    done = busy.admin.request(method, path, **options)
    assert affected(done) == stranded
    same_but_dry(dry, done)
    after = state(busy, busy.code)
    assert len(after["trail"]) == len(before["trail"]) + (not path.startswith("/v1/treatments"))
    for booking in busy.bookings:
        assert busy.partner.get(f"/v1/bookings/{booking}").json()["status"] == "confirmed", "none is changed"


def test_what_comes_back_may_harm_as_well(busy):
    closure = busy.exception("close", "2027-03-08", location=busy.site)
    busy.archive("exception", closure["id"])
    path = f"{busy.collection('exception')}/{closure['id']}/restore"
    dry = busy.desk.post(path, if_match="*", params=DRY)
    assert affected(dry) == busy.bookings[:1] and dry.json()["dry_run"] is True
    assert busy.starts("2027-03-08") != [], "still open"
    assert affected(busy.desk.post(path, if_match="*")) == busy.bookings[:1]
    assert busy.starts("2027-03-08") == []


@pytest.mark.parametrize("kind", ["location", "practitioner", "room", "offering", "schedule", "clinic", "treatment"])
def test_bringing_something_back_can_be_tried(busy, kind):
    path = {"clinic": busy.path, "treatment": f"/v1/treatments/{busy.code}"}.get(kind) or (
        f"{busy.collection(kind)}/{ {'location': busy.annex, 'practitioner': busy.other, 'room': busy.room, 'offering': busy.massage, 'schedule': busy.hours}[kind]['id']}")
    assert busy.admin.delete(path, if_match="*").status_code == 200
    dry = busy.admin.post(f"{path}/restore", if_match="*", params=DRY)
    assert (dry.status_code, dry.json()["status"], affected(dry)) == (200, "active", [])
    assert busy.admin.get(path).status_code == 404, "it is still archived"
    same_but_dry(dry, busy.admin.post(f"{path}/restore", if_match="*"))


def test_making_something_can_be_tried(busy, admin):
    bodies = {
        "location": {"slug": "new", "name": "New"},
        "practitioner": {"name": "New", "location_ids": [busy.site["id"]], "qualifications": [busy.certificate]},
        "room": {"location_id": busy.site["id"], "name": "New", "kind": "quiet"},
        "offering": {"treatment": "cupping", "duration_minutes": 30, "price": {"amount": 1, "currency": "EUR"},
                     "practitioner_ids": [busy.other["id"]], "location_ids": [busy.site["id"]]},
        "schedule": {"practitioner_id": busy.other["id"], "location_id": busy.site["id"], "weekday": 3, "from": "09:00", "to": "12:00"},
        "exception": {"kind": "close", "location_id": busy.annex["id"], "date_from": "2027-03-08", "date_to": "2027-03-08"},
    }
    for kind, body in bodies.items():
        before, key = state(busy), str(uuid.uuid4())
        dry = busy.desk.post(busy.collection(kind), json=body, params=DRY, key=key)
        assert (affected(dry), dry.json()["version"], dry.json()["status"]) == ([], 1, "active")
        assert state(busy) == before
        assert busy.desk.get(f"{busy.collection(kind)}/{dry.json()['id']}").status_code == 404
        done = busy.desk.post(busy.collection(kind), json=body, key=key)  # the key is as good as new
        assert done.status_code == 201 and "idempotency-replayed" not in done.headers
        same_but_dry(dry, done)

    slug = f"clinic-{uuid.uuid4().hex}"
    body = {"slug": slug, "name": "New", "timezone": "Europe/Brussels"}
    dry = admin.post("/v1/clinics", json=body, params=DRY)
    assert affected(dry) == [] and admin.items("/v1/clinics", slug=slug) == []
    same_but_dry(dry, admin.post("/v1/clinics", json=body))
    path, body = f"/v1/treatments/{slug[:20]}", {"name": {"en": "New"}, "modality": "other"}
    dry = admin.put(path, json=body, headers={"If-None-Match": "*"}, params=DRY)
    assert affected(dry) == [] and admin.get(path).status_code == 404
    same_but_dry(dry, admin.put(path, json=body, headers={"If-None-Match": "*"}))


def test_a_dry_run_is_refused_as_the_act_would_be(busy):
    room = f"{busy.collection('room')}/{busy.room['id']}"
    here, nobody = busy.collection("location"), f"{busy.collection('room')}/{uuid.uuid4()}"
    gone = busy.make("room", location_id=busy.site["id"], name="Gone", kind="quiet")
    gone = f"{busy.collection('room')}/{gone['id']}"
    busy.desk.delete(gone, if_match="*")
    refusals = [
        (busy.desk, "PATCH", room, {"json": {"name": "X"}}, 428),
        (busy.desk, "PATCH", room, {"json": {"name": "X"}, "if_match": '"7"'}, 412),
        (busy.desk, "PATCH", room, {"json": {"nonsense": 1}, "if_match": "*"}, 400),
        (busy.desk, "PATCH", room, {"json": {"kind": None}, "if_match": "*"}, 400),
        (busy.desk, "PATCH", nobody, {"json": {"name": "X"}, "if_match": "*"}, 404),
        (busy.desk, "PATCH", gone, {"json": {"name": "X"}, "if_match": "*"}, 409),
        (busy.desk, "DELETE", room, {}, 428),
        (busy.desk, "DELETE", gone, {"if_match": "*"}, 409),
        (busy.desk, "POST", f"{room}/restore", {"if_match": "*"}, 409),
        (busy.desk, "POST", here, {"json": {"slug": busy.site["slug"], "name": "X"}}, 409),
        (busy.desk, "POST", here, {"json": {"slug": "x", "name": "X", "timezone": "Europe/Atlantis"}}, 422),
        (busy.desk, "POST", busy.collection("room"), {"json": {"location_id": str(uuid.uuid4()), "name": "X", "kind": "x"}}, 422),
        (busy.website, "DELETE", room, {"if_match": "*"}, 403),
        (busy.client.with_token(busy.tokens.admin(clinics=[busy.id])), "POST", "/v1/clinics",
         {"json": {"slug": "x", "name": "X", "timezone": "UTC"}}, 403),
        (busy.admin, "PATCH", f"/v1/treatments/{busy.code}", {"json": {"alternatives": ["nothing"]}, "if_match": "*"}, 422),
    ]
    before = state(busy, busy.code)
    for who, method, path, options, status in refusals:
        dry, done = (who.request(method, path, params=params, **options) for params in (DRY, {}))
        assert dry.status_code == done.status_code == status, (method, path, dry.text, done.text)
        assert {k: v for k, v in dry.json().items() if k != "instance"} == {k: v for k, v in done.json().items() if k != "instance"}
    assert state(busy, busy.code) == before
    for value in ("yes", "1", ""):
        assert busy.desk.delete(room, if_match="*", params={"dry_run": value}).status_code == 400
    assert busy.desk.patch(room, json={"name": "Told"}, if_match="*", params={"dry_run": "false"}).headers["etag"] == '"2"'


def test_nobody_is_told_of_bookings_elsewhere(busy, shared_client, tokens, make_practice):
    editor = shared_client.with_token(tokens.mint("editor", "platform:write", clinics=[make_practice().id]))
    reply = editor.patch(f"/v1/treatments/{busy.code}", json={"requires_qualification": "surgeon"}, if_match="*", params=DRY)
    assert affected(reply) == [], "the bookings are at a clinic that this token does not know"


def test_a_closed_day_is_told_its_own_bookings(make_practice, clock):
    """What the desk had put outside all hours on the day after was nobody's loss; a night that is closed reaches into that day."""
    practice = make_practice().simple(start="22:00", end="02:00")
    monday, night = (practice.booked(f"2027-03-{day}:00:00+01:00")["id"] for day in ("08T22", "09T01"))
    practice.booked("2027-03-09T08:30:00+01:00", who=practice.desk, override={"reason": "an old friend"})
    closing = {"kind": "close", "practitioner_id": practice.person["id"], "date_from": "2027-03-08", "date_to": "2027-03-08"}
    path = practice.collection("exception")
    assert affected(practice.desk.post(path, json=closing, params=DRY)) == [monday]
    assert affected(practice.desk.post(path, json=closing | {"windows": [{"from": "22:00", "to": "02:00"}]}, params=DRY))[:2] == [monday, night]


def test_an_expired_hold_and_the_past_need_nobody(busy, clock):
    held = busy.book("2027-03-08T11:00:00+01:00", client=None).json()
    ending = dict(json={"practitioner_ids": []}, if_match="*", params=DRY)
    path = f"{busy.collection('offering')}/{busy.massage['id']}"
    assert affected(busy.desk.patch(path, **ending)) == [busy.bookings[0], held["id"], busy.bookings[1]]
    clock("2027-03-01T06:20:00Z")
    assert affected(busy.desk.patch(path, **ending)) == busy.bookings
    clock("2027-03-08T09:30:00Z")
    assert affected(busy.desk.patch(path, **ending)) == busy.bookings[1:]


def test_an_import_moves_no_hours_away_from_under_bookings(busy):
    def imported(site, **members):
        row = {"slug": site["slug"], "name": site["name"]} | members
        reply = busy.desk.post(f"{busy.collection('location')}/import", content=json.dumps(row) + "\n",
                               headers={"Content-Type": "application/x-ndjson"})
        assert reply.status_code == 200, reply.text
        return reply.json()["rows"][0]

    refused = imported(busy.site, timezone="America/New_York")
    assert (refused["outcome"], [fault["pointer"] for fault in refused["errors"]]) == ("refused", ["/timezone"])
    assert imported(busy.site, timezone="Europe/Brussels", phone="+32 2 000 00 09")["outcome"] == "updated"
    assert imported(busy.annex, timezone="America/New_York")["outcome"] == "updated", "nobody is booked there"
