"""The directory as those see it who keep it: every resource from its making to its return, and what is refused."""
import itertools
import re
import uuid

import pytest

numbers = itertools.count(1)


def problem(reply, status, slug, *places):
    """The reply is this problem, and points to these members or parameters and to nothing else."""
    assert reply.status_code == status, reply.text
    body = reply.json()
    assert body["type"] == f"/problems/{slug}", body
    found = [fault.get("pointer", fault.get("parameter")) for fault in body.get("errors", [])]
    assert found == list(places), body
    return body


# ---------------------------------------------------------------- from the making to the return

def a_location(practice):
    return {"slug": f"site-{next(numbers)}", "name": "Dries", "address": {"street": "Dries 53", "city": "Brussels", "country": "BE"},
            "geo": {"latitude": 50.8, "longitude": 4.4}, "phone": "+32 2 000 00 53", "timezone": "Europe/Brussels",
            "directions": {"en": "Ring twice", "fr": "Sonnez deux fois"}, "accessibility": ["wheelchair"],
            "opening_hours": [{"weekday": 1, "from": "08:00", "to": "19:00"}]}


def a_practitioner(practice):
    return {"name": "Claire", "title": "Physiotherapist", "languages": ["fr", "nl"], "biography": {"fr": "Quinze ans"},
            "accepts_new_clients": False, "location_ids": [practice.location()["id"]],
            "qualifications": [{"code": "dry-needling-certificate", "name": "Needles", "issuer": "School", "number": "7",
                                "issued_on": "2024-05-01", "expires_on": "2030-05-01"}]}


def a_room(practice):
    return {"location_id": practice.location()["id"], "name": "Room 2", "kind": "treatment-room"}


def an_offering(practice):
    site = practice.location()
    return {"treatment": "dry-needling", "name": {"en": "Needling", "fr": "Aiguilles"}, "duration_minutes": 45,
            "buffer_before_minutes": 5, "buffer_after_minutes": 15, "step_minutes": 30,
            "price": {"amount": 6500, "currency": "EUR"}, "practitioner_ids": [practice.practitioner(site)["id"]],
            "location_ids": [site["id"]], "room_kind": "needling-room", "self_bookable": False}


def a_schedule(practice):
    site = practice.location()
    return {"practitioner_id": practice.practitioner(site)["id"], "location_id": site["id"], "weekday": 1, "from": "09:00",
            "to": "17:00", "valid_from": "2027-01-01", "valid_until": "2027-12-31", "every_weeks": 2}


def an_exception(practice):
    site = practice.location()
    return {"kind": "replace", "practitioner_id": practice.practitioner(site)["id"], "location_id": site["id"],
            "date_from": "2027-07-19", "date_to": "2027-07-30", "windows": [{"from": "09:00", "to": "12:00"}], "reason": "Summer"}


# What makes one, a change, and what the record says of these members afterwards.
KINDS = {
    "location": (a_location, {"phone": None, "address": {"street": None, "postal_code": "1170"}, "directions": {"nl": "Bellen", "fr": None},
                              "opening_hours": []},
                 {"phone": None, "address": {"city": "Brussels", "country": "BE", "postal_code": "1170"},
                  "directions": {"en": "Ring twice", "nl": "Bellen"}, "opening_hours": []}),
    "practitioner": (a_practitioner, {"title": None, "languages": ["de"], "biography": None, "qualifications": []},
                     {"title": None, "languages": ["de"], "biography": {}, "qualifications": []}),
    "room": (a_room, {"kind": "gym"}, {"kind": "gym", "name": "Room 2"}),
    "offering": (an_offering, {"price": {"amount": 7000, "currency": "EUR"}, "room_kind": None, "name": {"en": None}},
                 {"price": {"amount": 7000, "currency": "EUR"}, "room_kind": None, "name": {"fr": "Aiguilles"}}),
    "schedule": (a_schedule, {"to": "00:00", "valid_until": None}, {"to": "00:00", "valid_until": None, "every_weeks": 2}),
    "exception": (an_exception, {"kind": "close", "windows": [], "location_id": None},
                  {"kind": "close", "windows": [], "location_id": None, "reason": "Summer"}),
}


def live(writer, path, first, change, changed):
    """Everything that If-Match, archiving and restoring promise, from version 1 of the record at `path` on."""
    etag = first.headers["etag"]
    record = {name: value for name, value in first.json().items() if name != "affected_bookings"}
    assert etag == '"1"' and record["version"] == 1 and record["status"] == "active"
    query = {"lang": "*"} if path.startswith(("/v1/treatments", "/v1/complaints")) else {}
    here = path + "?" + "&".join(f"{name}={value}" for name, value in query.items())
    read = writer.get(path, params=query)
    assert (read.status_code, read.json(), read.headers["etag"]) == (200, record, '"1"')
    known = writer.get(path, params=query, headers={"If-None-Match": etag})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", '"1"')
    head = writer.head(path, params=query)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", '"1"')

    problem(writer.patch(path, json=change), 428, "precondition-required", "If-Match")
    problem(writer.patch(path, json=change, if_match="1"), 400, "invalid-request", "If-Match")
    assert problem(writer.patch(path, json=change, if_match='"2"'), 412, "version-mismatch")["version"] == 1
    patched = writer.patch(path, json=change, if_match=etag)
    assert (patched.status_code, patched.headers["etag"], patched.json()["version"]) == (200, '"2"', 2), patched.text
    assert {name: patched.json()[name] for name in changed} == changed
    assert problem(writer.patch(path, json=change, if_match=etag), 412, "version-mismatch")["version"] == 2
    same = writer.patch(path, json=change, if_match='"2"')
    assert (same.status_code, same.headers["etag"]) == (200, '"2"'), "a change of nothing makes no version"
    nothing = writer.patch(path, json={}, if_match='"2"')
    assert (nothing.status_code, nothing.headers["etag"]) == (200, '"2"')
    after = writer.get(path, params=query).json()
    assert after.items() <= patched.json().items()
    assert {name for name in after if after[name] != record[name]} <= set(changed) | {"version", "updated_at"}

    problem(writer.delete(path), 428, "precondition-required", "If-Match")
    problem(writer.delete(path, if_match=etag), 412, "version-mismatch")
    archived = writer.delete(path, if_match='"2"')
    assert (archived.status_code, archived.headers["etag"], archived.json()["status"]) == (200, '"3"', "archived")
    problem(writer.get(path), 404, "not-found")
    problem(writer.get(here), 404, "not-found")
    there = writer.get(path, params=query | {"include": "archived"})
    assert (there.status_code, there.json()["status"], there.headers["etag"]) == (200, "archived", '"3"')
    assert problem(writer.delete(path, if_match='"3"'), 409, "state-conflict")["current_status"] == "archived"
    assert problem(writer.patch(path, json=change, if_match='"3"'), 409, "state-conflict")["current_status"] == "archived"

    problem(writer.post(f"{path}/restore"), 428, "precondition-required", "If-Match")
    problem(writer.post(f"{path}/restore", if_match='"2"'), 412, "version-mismatch")
    restored = writer.post(f"{path}/restore", if_match='"3"')
    assert (restored.status_code, restored.headers["etag"], restored.json()["status"]) == (200, '"4"', "active")
    assert problem(writer.post(f"{path}/restore", if_match='"4"'), 409, "state-conflict")["current_status"] == "active"
    back = writer.get(path, params=query)
    assert (back.status_code, back.headers["etag"]) == (200, '"4"')
    return back.json()


@pytest.mark.parametrize("kind", KINDS)
def test_a_resource_of_a_clinic_lives_and_returns(make_practice, kind):
    practice = make_practice()
    make, change, changed = KINDS[kind]
    body = make(practice)
    collection, desk = practice.collection(kind), practice.desk
    first = desk.post(collection, json=body, key=True)
    assert first.status_code == 201, first.text
    record = first.json()
    assert {name: record[name] for name in body} == body
    path = first.headers["location"]
    assert path == f"{collection}/{record['id']}"
    assert record.get("affected_bookings", []) == []

    assert record["id"] in [item["id"] for item in desk.items(collection)]
    live(desk, path, first, change, changed)
    practice.archive(kind, record["id"])
    assert record["id"] not in [item["id"] for item in desk.items(collection)], "lists leave out what is archived"

    unknown = f"{collection}/{uuid.uuid4()}"
    elsewhere = f"{make_practice().collection(kind)}/{record['id']}"
    for path in (unknown, elsewhere):
        problem(practice.admin.get(path), 404, "not-found")
        problem(practice.admin.get(path, params={"include": "archived"}), 404, "not-found")
        problem(practice.admin.patch(path, json=change, if_match="*"), 404, "not-found")
        problem(practice.admin.delete(path, if_match="*"), 404, "not-found")
        problem(practice.admin.post(f"{path}/restore", if_match="*"), 404, "not-found")


def test_a_clinic_lives_and_returns(make_practice, admin):
    body = {"slug": f"clinic-{uuid.uuid4().hex}", "name": "Ångström House", "timezone": "Europe/Brussels", "languages": ["fr", "en"],
            "contact": {"phone": "+32 2 000 01 06", "email": "desk@example.org", "website": "https://example.org/"},
            "policy": {"hold_minutes": 15, "cancellation_notice_hours": 48}}
    first = admin.post("/v1/clinics", json=body)
    assert first.status_code == 201, first.text
    clinic = first.json()
    assert clinic["policy"] == {"cancellation_notice_hours": 48, "late_cancellation_fee_percent": 100, "no_show_fee_percent": 100,
                                "reminder_hours_before": 28, "min_notice_minutes": 60, "booking_horizon_days": 90,
                                "hold_minutes": 15, "waitlist_offer_minutes": 120, "late_reschedule_fee_percent": 0,
                                "max_holds_per_partner": 50, "max_holds_per_client": 5, "max_bookings_per_partner_per_day": None,
                                "client_retention_days": 0}
    path = first.headers["location"]
    found = admin.get("/v1/clinics", params={"slug": body["slug"]}).json()
    assert [item["id"] for item in found["items"]] == [clinic["id"]] and found["next"] is None
    live(admin, path, first, {"policy": {"hold_minutes": None}, "contact": {"email": None}},
         {"policy": clinic["policy"] | {"hold_minutes": 10}, "contact": clinic["contact"] | {"email": None}})
    assert admin.delete(path, if_match="*").status_code == 200
    assert admin.get("/v1/clinics", params={"slug": body["slug"]}).json()["items"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_archived_clinic_gets_nothing_new(make_practice, kind):
    practice = make_practice()
    body = KINDS[kind][0](practice)
    assert practice.admin.delete(practice.path, if_match="*").status_code == 200
    assert problem(practice.desk.post(practice.collection(kind), json=body), 409, "state-conflict")["current_status"] == "archived"


@pytest.mark.parametrize("kind", KINDS)
def test_a_clinic_that_nobody_made_has_no_directory(make_practice, kind):
    practice = make_practice()
    body = KINDS[kind][0](practice)
    nowhere = practice.collection(kind).replace(practice.id, str(uuid.uuid4()))
    problem(practice.admin.post(nowhere, json=body), 404, "not-found")
    problem(practice.admin.get(nowhere), 404, "not-found")


CATALOGUE = {
    "treatments": ({"name": {"en": "Stretching", "fr": "Étirements"}, "description": {"en": "Long and slow"}, "modality": "exercise",
                    "body_regions": ["neck"], "alternatives": ["cupping"], "follow_ups": ["fascia-therapy", "cupping"],
                    "requires_qualification": "stretching-diploma"},
                   {"description": None, "name": {"fr": None, "nl": "Rekken"}, "follow_ups": [], "requires_qualification": None},
                   {"description": {}, "name": {"en": "Stretching", "nl": "Rekken"}, "follow_ups": [], "requires_qualification": None}),
    "complaints": ({"name": {"en": "Stiff neck"}, "synonyms": {"en": ["crick in the neck"], "fr": ["torticolis"]}, "felt_in": ["neck"],
                    "may_originate_in": ["upper_back"], "treatments": ["cupping", "dry-needling"]},
                   {"synonyms": {"fr": None}, "felt_in": [], "treatments": ["dry-needling"]},
                   {"synonyms": {"en": ["crick in the neck"]}, "felt_in": [], "treatments": ["dry-needling"]}),
}


@pytest.mark.parametrize("kind", CATALOGUE)
def test_the_shared_catalogue_lives_and_returns(admin, kind):
    body, change, changed = CATALOGUE[kind]
    code = f"code-{next(numbers)}"
    path = f"/v1/{kind}/{code}"
    problem(admin.put(path, json=body), 428, "precondition-required", "If-Match")
    problem(admin.put(path, json=body, if_match='"1"'), 412, "version-mismatch")
    problem(admin.patch(path, json=change, if_match="*"), 404, "not-found")
    problem(admin.delete(path, if_match="*"), 404, "not-found")
    problem(admin.post(f"{path}/restore", if_match="*"), 404, "not-found")
    problem(admin.get(path), 404, "not-found")
    first = admin.put(path, json=body, headers={"If-None-Match": "*"})
    assert first.status_code == 201 and first.headers["location"] == path, first.text
    assert {name: first.json()[name] for name in body} == body
    problem(admin.put(path, json=body, headers={"If-None-Match": "*"}), 412, "version-mismatch")
    for version in ('"1"', "*"):
        problem(admin.put(path, json=body, headers={"If-None-Match": "*"}, if_match=version), 412, "version-mismatch")
    problem(admin.put(f"{path}-2", json=body, headers={"If-None-Match": "*"}, if_match="*"), 412, "version-mismatch")
    assert code in [item["code"] for item in admin.items(f"/v1/{kind}")]
    live(admin, path, first, change, changed)

    smaller = {name: body[name] for name in ("name", "modality") if name in body}
    problem(admin.put(path, json=smaller, if_match='"1"'), 412, "version-mismatch")
    put = admin.put(path, json=smaller, if_match='"4"')
    assert (put.status_code, put.headers["etag"]) == (200, '"5"'), put.text
    assert not [name for name in body if name not in smaller and put.json()[name] not in ({}, [], None)], "a put replaces everything"
    admin.delete(path, if_match="*")
    assert code not in [item["code"] for item in admin.items(f"/v1/{kind}")]


def test_treatments_and_complaints_name_each_other(admin):
    treatment, complaint = f"t-{next(numbers)}", f"c-{next(numbers)}"
    new = {"If-None-Match": "*"}
    assert admin.put(f"/v1/treatments/{treatment}", json={"name": {"en": "T"}, "modality": "manual"}, headers=new).status_code == 201
    assert admin.put(f"/v1/complaints/{complaint}", json={"name": {"en": "C"}, "treatments": [treatment]}, headers=new).status_code == 201
    read = admin.get(f"/v1/treatments/{treatment}", params={"lang": "*"})
    assert read.json()["complaints"] == [complaint] and read.headers["etag"] == '"2"', "what it shows has changed, so its version"
    listed = admin.items("/v1/treatments", complaint=complaint)
    assert [item["code"] for item in listed] == [treatment]
    assert admin.patch(f"/v1/complaints/{complaint}", json={"treatments": []}, if_match="*").status_code == 200
    assert admin.get(f"/v1/treatments/{treatment}", params={"lang": "*"}).json()["complaints"] == []


def test_catalogue_references_are_checked(admin):
    path = f"/v1/treatments/t-{next(numbers)}"
    body = {"name": {"en": "T"}, "modality": "manual", "alternatives": ["cupping", "no-such"], "follow_ups": ["nor-this"]}
    problem(admin.put(path, json=body, headers={"If-None-Match": "*"}), 422, "unknown-reference", "/alternatives/1", "/follow_ups/0")
    problem(admin.put("/v1/treatments/cupping", json={"name": {"en": "T"}, "modality": "manual", "alternatives": ["cupping"]}, if_match="*"),
            422, "unprocessable", "/alternatives")
    problem(admin.put(f"/v1/complaints/c-{next(numbers)}", json={"name": {"en": "C"}, "treatments": ["no-such"]},
                      headers={"If-None-Match": "*"}), 422, "unknown-reference", "/treatments/0")
    problem(admin.patch("/v1/complaints/sciatica", json={"name": None}, if_match="*"), 422, "unprocessable", "/name")


@pytest.mark.parametrize("kind", KINDS)
def test_a_dry_run_answers_the_same_and_writes_nothing(make_practice, kind):
    practice = make_practice()
    make, change, changed = KINDS[kind]
    body, collection, dry, key = make(practice), practice.collection(kind), {"dry_run": "true"}, str(uuid.uuid4())
    before = practice.desk.items(collection)
    asked = practice.desk.post(collection, json=body, params=dry, key=key)
    assert asked.status_code == 200 and asked.json()["dry_run"] is True and "etag" not in asked.headers, asked.text
    assert {name: asked.json()[name] for name in body} == body
    problem(practice.admin.get(f"{collection}/{asked.json()['id']}", params={"include": "archived"}), 404, "not-found")
    assert practice.desk.items(collection) == before
    made = practice.desk.post(collection, json=body, key=key)
    assert made.status_code == 201, "its key was not used up"

    path = made.headers["location"]
    record = practice.desk.get(path).json()
    for act in (lambda: practice.desk.patch(path, json=change, params=dry, if_match='"1"'),
                lambda: practice.desk.delete(path, params=dry, if_match='"1"')):
        assert act().status_code == 200 and practice.desk.get(path).json() == record
    problem(practice.desk.patch(path, json=change, params=dry, if_match='"2"'), 412, "version-mismatch")
    practice.archive(kind, record["id"])
    restored = practice.desk.post(f"{path}/restore", params=dry, if_match="*")
    assert (restored.status_code, restored.json()["status"]) == (200, "active")
    problem(practice.desk.get(path), 404, "not-found")


def test_a_dry_run_of_a_clinic(admin):
    body = {"slug": f"dry-{uuid.uuid4().hex}", "name": "Dry", "timezone": "UTC"}
    asked = admin.post("/v1/clinics", json=body, params={"dry_run": "true"})
    assert (asked.status_code, asked.json()["slug"], asked.json()["dry_run"]) == (200, body["slug"], True)
    assert admin.items("/v1/clinics", slug=body["slug"]) == []


# ---------------------------------------------------------------- what is refused

def test_the_first_answer_to_a_key_is_given_again(make_practice):
    practice = make_practice()
    for kind, (make, _, _) in KINDS.items():
        body, key = make(practice), str(uuid.uuid4())
        first = practice.desk.post(practice.collection(kind), json=body, key=key)
        again = practice.desk.post(practice.collection(kind), json=body, key=key)
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["location"] == first.headers["location"] and again.headers["etag"] == first.headers["etag"]
        assert again.headers["idempotency-replayed"] == "true" and "idempotency-replayed" not in first.headers
        problem(practice.desk.post(practice.collection("room"), json=a_room(practice), key=key), 422, "idempotency-key-reused")
    reordered = dict(reversed(list(body.items())))
    assert practice.desk.post(practice.collection(kind), json=reordered, key=key).content == first.content
    other = practice.client.with_token(practice.tokens.desk([practice.id], sub="a colleague"))
    assert "idempotency-replayed" not in other.post(practice.collection(kind), json=body, key=key).headers, "a key is its owner's"


def test_the_key_of_a_new_clinic(admin):
    body, key = {"slug": f"keyed-{uuid.uuid4().hex}", "name": "Keyed", "timezone": "UTC"}, str(uuid.uuid4())
    first = admin.post("/v1/clinics", json=body, key=key)
    again = admin.post("/v1/clinics", json=body, key=key)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    problem(admin.post("/v1/clinics", json=body | {"name": "Another"}, key=key), 422, "idempotency-key-reused")
    problem(admin.post("/v1/clinics", json=body, key=True), 409, "already-exists", "/slug")
    assert again.headers["idempotency-replayed"] == "true"


def test_slugs_are_unique_in_their_place(make_practice):
    one, other = make_practice(), make_practice()
    site = one.location(slug="main")
    problem(one.desk.post(one.collection("location"), json={"slug": "main", "name": "Again"}), 409, "already-exists", "/slug")
    other.location(slug="main")
    second = one.location(slug="second")
    path = f"{one.collection('location')}/{second['id']}"
    problem(one.desk.patch(path, json={"slug": "main"}, if_match="*"), 409, "already-exists", "/slug")
    one.archive("location", site["id"])
    problem(one.desk.patch(path, json={"slug": "main"}, if_match="*"), 409, "already-exists", "/slug")
    problem(one.desk.patch(one.path, json={"slug": other.clinic["slug"]}, if_match="*"), 409, "already-exists", "/slug")


def test_references_must_be_the_clinics_own(make_practice):
    """What another clinic has is as unknown as what nobody has, and all faults come at once."""
    practice, other = make_practice(), make_practice()
    nobody, theirs = str(uuid.uuid4()), other.practitioner()["id"]
    site, their_site = practice.location()["id"], other.location()["id"]
    person = practice.practitioner()["id"]
    window = {"weekday": 1, "from": "09:00", "to": "17:00"}
    price = {"amount": 1, "currency": "EUR"}

    def refused(kind, body, *places):
        problem(practice.desk.post(practice.collection(kind), json=body), 422, "unknown-reference", *places)

    refused("room", {"location_id": their_site, "name": "R", "kind": "r"}, "/location_id")
    refused("practitioner", {"name": "P", "location_ids": [site, their_site, nobody]}, "/location_ids/1", "/location_ids/2")
    refused("offering", {"treatment": "no-such", "duration_minutes": 30, "price": price, "practitioner_ids": [theirs, person, nobody],
                         "location_ids": [their_site]}, "/treatment", "/practitioner_ids/0", "/practitioner_ids/2", "/location_ids/0")
    refused("schedule", window | {"practitioner_id": theirs, "location_id": their_site}, "/practitioner_id", "/location_id")
    refused("schedule", window | {"practitioner_id": person, "location_id": nobody, "to": "09:00"}, "/location_id", "/to")
    refused("exception", {"kind": "close", "location_id": their_site, "date_from": "2027-07-19", "date_to": "2027-07-19"}, "/location_id")
    offering = practice.make("offering", treatment="cupping", duration_minutes=30, price=price)
    problem(practice.desk.patch(f"{practice.collection('offering')}/{offering['id']}", json={"practitioner_ids": [theirs]}, if_match="*"),
            422, "unknown-reference", "/practitioner_ids/0")


def test_members_that_do_not_go_together(make_practice):
    practice = make_practice()
    site = practice.location()
    person = practice.practitioner(site)
    schedule = practice.schedule(person, site)
    exception = practice.exception("close", "2027-07-19", practitioner=person)

    def refused(kind, id, change, *places):
        problem(practice.desk.patch(f"{practice.collection(kind)}/{id}", json=change, if_match="*"), 422, "unprocessable", *places)

    refused("schedule", schedule["id"], {"to": "09:00"}, "/to")
    refused("schedule", schedule["id"], {"every_weeks": 2, "valid_from": None}, "/valid_from")
    refused("schedule", schedule["id"], {"valid_from": "2027-02-01", "valid_until": "2027-01-31"}, "/valid_until")
    refused("exception", exception["id"], {"date_to": "2027-07-18"}, "/date_to")
    refused("exception", exception["id"], {"practitioner_id": None}, "/practitioner_id")
    refused("exception", exception["id"], {"kind": "add"}, "/location_id", "/windows")
    refused("exception", exception["id"], {"windows": [{"from": "09:00", "to": "10:00"}, {"from": "11:00", "to": "11:00"}]}, "/windows/1/to")
    refused("practitioner", person["id"], {"qualifications": [{"code": "c", "issued_on": "2027-01-02", "expires_on": "2027-01-01"}]},
            "/qualifications/0/expires_on")
    refused("location", site["id"], {"timezone": "Europe/Nowhere"}, "/timezone")
    problem(practice.desk.patch(practice.path, json={"timezone": "Mars/Olympus"}, if_match="*"), 422, "unprocessable", "/timezone")


def test_what_the_document_can_say_is_400_with_all_faults(make_practice):
    practice = make_practice()
    site = practice.location()
    path = f"{practice.collection('location')}/{site['id']}"
    faults = problem(practice.desk.patch(path, json={"name": None, "slug": "No Slug", "geo": {"latitude": 91, "longitude": 0}, "more": 1}, if_match="*"),
                     400, "invalid-request", *sorted(["/geo/latitude", "/more", "/name", "/slug"],
                                                     key=["/name", "/slug", "/geo/latitude", "/more"].index))
    assert all(fault["detail"] for fault in faults["errors"])
    problem(practice.desk.patch(path, content=b"name=x", headers={"Content-Type": "text/plain"}, if_match="*"), 415, "unsupported-media-type")
    assert practice.desk.patch(path, content=b'{"name": "By plain JSON"}', headers={"Content-Type": "application/json"},
                               if_match="*").json()["name"] == "By plain JSON"
    problem(practice.desk.get(practice.collection("location"), params={"limit": 101, "more": 1}), 400, "invalid-request", "more", "limit")


def test_names_hold_no_control_characters(make_practice):
    """One line for people and rooms, for they stand in mails and calendars; places may keep the line breaks they came with."""
    practice = make_practice()
    person = practice.practitioner()
    room = practice.make("room", location_id=practice.location()["id"], name="Room 2", kind="treatment-room")
    for name in ("A\r\nBcc: x@example.org", "A\tB", "\x7f"):
        for kind, path, member in (("practitioner", person["id"], "name"), ("practitioner", person["id"], "title"), ("room", room["id"], "name")):
            refused = practice.desk.patch(f"{practice.collection(kind)}/{path}", json={member: name}, if_match="*")
            assert problem(refused, 400, "invalid-request", f"/{member}")["errors"][0]["detail"] == \
                "must be one line of text, without control characters"
    site = f"{practice.collection('location')}/{practice.location()['id']}"
    problem(practice.desk.patch(site, json={"name": "A\x07B"}, if_match="*"), 400, "invalid-request", "/name")
    assert practice.desk.patch(site, json={"name": "Two\nlines"}, if_match="*").json()["name"] == "Two\nlines"


def test_a_location_without_a_zone_has_the_clinics(make_practice):
    practice = make_practice(zone="America/New_York")
    assert practice.location()["timezone"] == "America/New_York"
    assert practice.location(timezone="America/Chicago")["timezone"] == "America/Chicago"


def test_a_room_stays_where_it_is(make_practice):
    practice = make_practice()
    room = practice.make("room", **a_room(practice))
    reply = practice.desk.patch(f"{practice.collection('room')}/{room['id']}", json={"location_id": practice.location()["id"]}, if_match="*")
    problem(reply, 400, "invalid-request", "/location_id")


# ---------------------------------------------------------------- pages

@pytest.mark.parametrize("kind", KINDS)
def test_a_list_is_read_page_by_page_along_its_links(make_practice, kind):
    """Every page carries a Link to the next; what is written meanwhile makes nothing appear twice or vanish."""
    practice = make_practice()
    body = KINDS[kind][0](practice)
    made = set()
    for number in range(5):
        made.add(practice.make(kind, **body | ({"slug": f"s-{number}"} if "slug" in body else {}))["id"])
    listed = {item["id"] for item in practice.desk.items(practice.collection(kind))}
    assert made <= listed

    found, target = [], f"{practice.collection(kind)}?limit=2"
    while target:
        page = practice.desk.get(target)
        found += [item["id"] for item in page.json()["items"]]
        link = page.headers.get("link")
        assert (link is None) == (page.json()["next"] is None)
        target = link and re.fullmatch(r'<(/[^>]*)>; rel="next"', link)[1]
        if target:
            assert target.startswith(f"{practice.collection(kind)}?limit=2&cursor=")
            practice.archive(kind, found[0]) if found[0] in made else None
            made.discard(found[0])
    assert len(found) == len(set(found)) and set(found) == listed


def test_a_cursor_of_something_else_is_refused(make_practice):
    practice = make_practice().simple()
    for path in (practice.collection("location"), "/v1/locations", "/v1/practitioners", "/v1/clinics", "/v1/treatments", "/v1/complaints",
                 practice.collection("exception"), "/v1/bookings"):
        problem(practice.admin.get(path, params={"cursor": "bm9uc2Vuc2U"}), 400, "invalid-request", "cursor")
    problem(practice.admin.get("/v1/availability", params={"from": "2027-03-01", "to": "2027-03-02", "cursor": "WyJ4Il0"}),
            400, "invalid-request", "cursor")


def test_filters_of_a_clinics_lists(make_practice):
    practice = make_practice()
    here, there = practice.location(), practice.location()
    ann, bob = practice.practitioner(here, name="Ann"), practice.practitioner(there, name="Bob")
    massage = practice.offering([ann], [here])
    needles = practice.offering([bob], [there], treatment="dry-needling")
    room = practice.make("room", location_id=there["id"], name="R", kind="r")
    monday, tuesday = practice.schedule(ann, here), practice.schedule(bob, there, weekdays=[2])
    early = practice.exception("close", "2027-05-01", practitioner=ann)
    late = practice.exception("close", "2027-06-01", location=there, until="2027-06-10")

    def ids(kind, **filters):
        return [item["id"] for item in practice.desk.items(practice.collection(kind), **filters)]

    assert ids("practitioner", location_id=here["id"]) == [ann["id"]]
    assert ids("room", location_id=there["id"]) == [room["id"]] and ids("room", location_id=here["id"]) == []
    assert ids("offering", treatment="dry-needling") == [needles["id"]]
    assert ids("offering", practitioner_id=ann["id"]) == ids("offering", location_id=here["id"]) == [massage["id"]]
    assert ids("schedule", practitioner_id=bob["id"]) == ids("schedule", location_id=there["id"]) == [tuesday["id"]]
    assert ids("exception", practitioner_id=ann["id"]) == [early["id"]] and ids("exception", location_id=there["id"]) == [late["id"]]
    assert ids("exception", **{"from": "2027-06-05", "to": "2027-06-30"}) == [late["id"]]
    assert ids("exception", to="2027-05-31") == [early["id"]] and ids("exception", **{"from": "2027-06-11"}) == []
    assert monday["id"] in ids("schedule")


# ---------------------------------------------------------------- the public search

def test_search_of_locations_and_practitioners(make_practice):
    """Near, words, city, treatment, complaint, language, certificate: each alone and all together."""
    practice = make_practice()
    lat, lon = -40.5, 100.25  # in the sea, where no other test has anything
    near = practice.location(name="Zoölogical Gardens", address={"city": "Übersee", "postal_code": "AB 1"}, geo={"latitude": lat, "longitude": lon})
    far = practice.location(name="Far", address={"city": "Elsewhere"}, geo={"latitude": lat + 0.1, "longitude": lon})
    ann = practice.practitioner(near, name="Ann Überwald", languages=["fr"],
                                qualifications=[{"code": "dry-needling-certificate", "issued_on": "2020-01-01"}])
    bob = practice.practitioner(far, name="Bob", languages=["nl"])
    practice.offering([ann], [near], treatment="dry-needling")
    practice.offering([bob], [far], treatment="cupping")
    here = {"near": f"{lat},{lon}", "radius_km": 50}

    def both(**filters):
        return ([item["name"] for item in practice.website.items("/v1/locations", **filters)],
                [item["name"] for item in practice.website.items("/v1/practitioners", **filters)])

    everything = (["Zoölogical Gardens", "Far"], ["Ann Überwald", "Bob"])
    only_near, only_far = (["Zoölogical Gardens"], ["Ann Überwald"]), (["Far"], ["Bob"])
    assert both(**here) == everything
    assert both(near=f"{lat + 0.1},{lon}") == tuple(names[::-1] for names in everything)
    assert both(near=f"{lat},{lon}", radius_km=5) == only_near
    assert both(treatment="cupping") == only_far and both(treatment="dry-needling") == only_near
    assert both(city="ubersee") == only_near and both(postal_code="AB 1") == only_near
    assert both(language="nl") == only_far and both(language="fr") == only_near
    assert both(clinic_id=practice.id, complaint="sciatica", **here)[0][:1] == ["Zoölogical Gardens"]
    assert both(treatment="dry-needling", complaint="sciatica", language="fr", city="Übersee", clinic_id=practice.id, **here) == only_near
    assert practice.website.items("/v1/locations", q="zoological")[0]["id"] == near["id"]
    assert practice.website.items("/v1/practitioners", q="uberwald")[0]["id"] == ann["id"]
    assert [one["id"] for one in practice.website.items("/v1/practitioners", qualification="dry-needling-certificate")] == [ann["id"]]
    assert [one["id"] for one in practice.website.items("/v1/practitioners", location_id=far["id"])] == [bob["id"]]

    first = practice.website.get("/v1/locations", params=here | {"limit": 1})
    assert first.json()["items"][0]["distance_m"] == 0
    second = practice.website.get(re.fullmatch(r'<(/[^>]*)>; rel="next"', first.headers["link"])[1]).json()
    assert second["items"][0]["id"] == far["id"] and 11_000 < second["items"][0]["distance_m"] < 11_200 and second["next"] is None

    practice.archive("location", far["id"])
    assert both(**here)[0] == ["Zoölogical Gardens"]
    assert practice.admin.delete(practice.path, if_match="*").status_code == 200
    assert both(**here) == ([], [])


def test_the_next_free_start_needs_to_know_of_what(make_practice):
    practice = make_practice()
    for path in ("/v1/locations", "/v1/practitioners"):
        problem(practice.website.get(path, params={"include": "next_available"}), 422, "unprocessable", "include")


def test_a_public_read_is_known_by_its_bytes(make_practice):
    """The ETag of a public read changes with the language; the admin's is the version."""
    practice = make_practice().simple()
    for path in (f"/v1/locations/{practice.site['id']}", f"/v1/practitioners/{practice.person['id']}"):
        read = practice.website.get(path)
        assert read.status_code == 200 and not re.fullmatch(r'"\d{1,9}"', read.headers["etag"])
        assert practice.website.get(path, headers={"If-None-Match": f'"x", W/{read.headers["etag"]}'}).status_code == 304
        assert practice.website.get(path, headers={"If-None-Match": '"x"'}).status_code == 200
        problem(practice.website.get(path.rsplit("/", 1)[0] + f"/{uuid.uuid4()}"), 404, "not-found")
    practice.archive("practitioner", practice.person["id"])
    problem(practice.website.get(path), 404, "not-found")
    assert practice.website.get(path, params={"include": "archived"}).json()["status"] == "archived"


# ---------------------------------------------------------------- bookings that a change strands

def test_a_change_of_hours_lists_the_bookings_it_strands(make_practice, clock):
    practice = make_practice().simple()
    early = practice.booked("2027-03-08T09:00:00+01:00")
    late = practice.booked("2027-03-08T11:00:00+01:00", client=None)
    assert late["status"] == "held"
    next_week = practice.booked("2027-03-15T09:00:00+01:00")
    cancelled = practice.booked("2027-03-15T10:00:00+01:00")
    practice.partner.post(f"/v1/bookings/{cancelled['id']}/cancel", json={})

    def affected(answer):
        found = answer["affected_bookings"]
        assert "client" not in str(found) and "Ada" not in str(found)
        return [one["id"] for one in found]

    closure = practice.exception("close", "2027-03-08", [("11:30", "14:00")], practitioner=practice.person)
    assert affected(closure) == [late["id"]]
    path = f"{practice.collection('exception')}/{closure['id']}"
    assert affected(practice.change("exception", closure["id"], windows=[])) == [early["id"], late["id"]]
    assert affected(practice.change("exception", closure["id"], date_to="2027-03-20")) == [early["id"], late["id"], next_week["id"]]
    assert affected(practice.archive("exception", closure["id"])) == []
    assert affected(practice.desk.post(f"{path}/restore", if_match="*").json()) == [early["id"], late["id"], next_week["id"]]
    practice.archive("exception", closure["id"])
    assert affected(practice.exception("close", "2027-03-15", location=practice.site)) == [next_week["id"]]

    assert affected(practice.change("schedule", practice.hours["id"], **{"from": "10:00"})) == [early["id"], next_week["id"]]
    assert affected(practice.archive("schedule", practice.hours["id"])) == [early["id"], late["id"], next_week["id"]]
    assert affected(practice.schedule(practice.person, practice.site)) == [next_week["id"]]
    clock("2027-03-01T06:15:00Z")  # the hold has run out: nobody need look after it
    assert affected(practice.archive("practitioner", practice.person["id"])) == [early["id"], next_week["id"]]
    assert affected(practice.archive("offering", practice.massage["id"])) == [early["id"], next_week["id"]]
    clock("2027-03-08T10:00:00Z")  # the first has ended
    assert affected(practice.archive("location", practice.site["id"])) == [next_week["id"]]
    archived = practice.admin.delete(practice.path, if_match="*").json()
    assert affected(archived) == [next_week["id"]]
    assert practice.partner.get(f"/v1/bookings/{next_week['id']}").json()["status"] == "confirmed", "none is changed"
