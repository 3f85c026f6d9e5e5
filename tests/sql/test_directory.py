"""The directory's named queries: languages, merge patch, versions, references, rules, archiving, searches and their pages.

Each test builds what it needs in a database of its own and runs the queries as the service does: its role, generic plans."""
import json
import math
import random
import threading
import uuid
from datetime import datetime, timedelta, timezone

import pytest

from clinic_kit import Clinic, Desk, set_clock

NOW = datetime(2027, 3, 1, 8, 0, tzinfo=timezone.utc)  # a Monday


@pytest.fixture
def owner(database):
    connection = database.connect("clinicd_owner", options="-c app.test_clock=on", autocommit=True)
    set_clock(connection, NOW)
    yield connection
    connection.close()


@pytest.fixture
def desk(database, owner):
    desk = Desk(database, sub="admin", scopes="directory:read directory:write platform:write")
    yield desk
    desk.close()


@pytest.fixture
def clinic(owner):
    return Clinic(owner)


def faults(answer):
    return [(fault["pointer"], answer["type"]) for fault in answer["errors"]]


# ---------------------------------------------------------------- merge patch

# RFC 7396, appendix A: target, patch, result.
MERGES = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize("target, patch, result", MERGES)
def test_merge_patch_is_that_of_the_rfc(owner, target, patch, result):
    merged = owner.execute("select app.merge_patch(%s::jsonb, %s::jsonb)", [json.dumps(target), json.dumps(patch)]).fetchone()[0]
    assert merged == result


# ---------------------------------------------------------------- languages

@pytest.mark.parametrize("lang, text, language", [
    ("{fr}", "Sonnez", "fr"),
    ("{fr-BE,fr}", "Sonnez", "fr"),
    ("{de,nl}", "Bellen", "nl"),
    ("{ja}", "Bellen", "nl"),         # the clinic's first language
    ("{}", "Bellen", "nl"),
    ("*", {"fr": "Sonnez", "nl": "Bellen"}, None),
])
def test_a_text_comes_in_the_language_that_serves_best(desk, clinic, owner, lang, text, language):
    owner.execute("update app.clinic set languages = '{nl,fr}' where id = %s", [clinic.id])
    location = clinic.location(directions={"fr": "Sonnez", "nl": "Bellen"})
    answer = desk.run("readLocation", location_id=location, lang=lang)
    assert (answer.status, answer["directions"], answer.row["language"]) == (200, text, language)
    assert answer.row["etag"] == ("1" if lang == "*" else None)
    listed = desk.run("listLocations", clinic_id=clinic.id, lang=lang, limit=20)
    assert ([item["directions"] for item in listed["items"]], listed.row["language"]) == ([text], language)


def test_a_text_that_nobody_wrote_is_null(desk, clinic):
    location = clinic.location()
    assert desk.run("readLocation", location_id=location, lang="{fr}")["directions"] is None
    assert desk.run("readLocation", location_id=location, lang="*")["directions"] == {}


# ---------------------------------------------------------------- every kind of resource, from its making to its return

def a_location(clinic):
    return dict(slug="site", name="Site", address={"city": "Kraainem", "country": "BE"}, geo={"latitude": 50.85, "longitude": 4.47},
                timezone="Europe/Brussels", directions={"fr": "Sonnez"}, opening_hours=[{"weekday": 1, "from": "08:00", "to": "19:00"}])


def a_practitioner(clinic):
    return dict(name="Claire", title="Physiotherapist", languages=["fr"], biography={"fr": "Quinze ans"},
                qualifications=[{"code": "dry-needling", "issued_on": "2024-05-01", "expires_on": None}],
                location_ids=[str(clinic.location())])


def a_room(clinic):
    return dict(location_id=str(clinic.location()), name="Room 2", kind="treatment-room")


def an_offering(clinic):
    clinic.insert("treatment", code="massage", name={"en": "Massage"}, modality="manual")
    site = clinic.location()
    return dict(treatment="massage", name={"en": "Massage, 45 minutes"}, duration_minutes=45, buffer_after_minutes=15,
                price={"amount": 6500, "currency": "EUR"}, practitioner_ids=[str(clinic.practitioner(site))], location_ids=[str(site)])


def a_schedule(clinic):
    site = clinic.location()
    return dict(practitioner_id=str(clinic.practitioner(site)), location_id=str(site), weekday=1, to="17:00", valid_from="2027-01-01",
                **{"from": "09:00"})


def an_exception(clinic):
    return dict(kind="close", practitioner_id=str(clinic.practitioner()), date_from="2027-07-19", date_to="2027-07-30",
                windows=[{"from": "09:00", "to": "12:00"}], reason="Holiday")


KINDS = {
    "location": (a_location, {"phone": "+32 2 1", "directions": {"nl": "Bellen", "fr": None}},
                 {"phone": "+32 2 1", "directions": {"nl": "Bellen"}}),
    "practitioner": (a_practitioner, {"title": None, "qualifications": []}, {"title": None, "qualifications": []}),
    "room": (a_room, {"name": "Room 3"}, {"name": "Room 3"}),
    "offering": (an_offering, {"price": {"amount": 7000}, "room_kind": "big"},
                 {"price": {"amount": 7000, "currency": "EUR"}, "room_kind": "big"}),
    "schedule": (a_schedule, {"to": "00:00", "valid_from": None}, {"to": "00:00", "valid_from": None}),
    "exception": (an_exception, {"windows": [], "reason": None}, {"windows": [], "reason": None}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_resource_is_made_changed_archived_and_restored(desk, clinic, owner, kind):
    make, patch, changed = KINDS[kind]
    noun, key = kind.capitalize(), f"{kind}_id"
    body = make(clinic)
    made = desk.run(f"create{noun}", clinic_id=clinic.id, body=body)
    assert made.status == 201, made
    record = dict(made.body)
    affected = record.pop("affected_bookings", None)
    assert affected == []
    assert record.items() >= {name: value for name, value in body.items() if name != "qualifications"}.items()
    assert made.row["location"] == f"/v1/clinics/{clinic.id}/{kind}s/{record['id']}" and made.row["etag"] == "1"
    ids = {"clinic_id": clinic.id, key: record["id"]}

    def read(**more):
        return desk.run(f"readClinic{noun}", **ids, **more)

    def listed():
        return [item["id"] for item in desk.run(f"listClinic{noun}s", clinic_id=clinic.id, limit=100)["items"]]

    assert read().body == record and read().row["etag"] == "1" and record["id"] in listed()
    assert desk.run(f"patch{noun}", **ids, body=patch, if_match="2").status == 412
    assert desk.run(f"patch{noun}", **ids, body=patch).status == 428
    assert desk.run(f"patch{noun}", **ids | {key: uuid.uuid4()}, body=patch, if_match="*").row == {}
    assert desk.run(f"patch{noun}", **ids | {"clinic_id": Clinic(owner).id}, body=patch, if_match="*").row == {}

    patched = desk.run(f"patch{noun}", **ids, body=patch, if_match="1")
    assert patched.status == 200 and patched.row["etag"] == "2" and patched["version"] == 2
    assert patched.body.items() >= changed.items()
    assert read().body.items() <= patched.body.items()
    again = desk.run(f"patch{noun}", **ids, body=patch, if_match="2")
    assert again.status == 200 and again.row["etag"] == "2", "a patch that changes nothing makes no version"

    archived = desk.run(f"archive{noun}", **ids, if_match="*")
    assert (archived.status, archived["status"], archived.row["etag"], archived["affected_bookings"]) == (200, "archived", "3", [])
    assert read().row == {} and read(include="archived")["version"] == 3 and record["id"] not in listed()
    assert desk.run(f"archive{noun}", **ids, if_match="3")["current_status"] == "archived"
    refused = desk.run(f"patch{noun}", **ids, body=patch, if_match="3")
    assert (refused.status, refused["type"]) == (409, "state-conflict")
    restored = desk.run(f"restore{noun}", **ids, if_match="3")
    assert (restored.status, restored["status"], restored["version"]) == (200, "active", 4)
    assert desk.run(f"restore{noun}", **ids, if_match="4").status == 409
    assert read()["version"] == 4

    told = owner.execute("select kind, data ->> 'version' from app.change where entity = %s and entity_id = %s order by id",
                         [kind, record["id"]]).fetchall()
    assert told == [("created", "1"), ("updated", "2"), ("archived", "3"), ("restored", "4")]
    audit = owner.execute("select what, who, request_id, before ->> 'version', after ->> 'version' from app.audit "
                          "where entity = %s and entity_id = %s order by id", [kind, record["id"]]).fetchall()
    assert audit == [(f"{act}{noun}", "admin", "test", before, after) for act, before, after in
                     [("create", None, "1"), ("patch", "1", "2"), ("archive", "2", "3"), ("restore", "3", "4")]]


def test_a_clinic_is_made_changed_archived_and_restored(desk, owner):
    made = desk.run("createClinic", body=dict(slug="centre", name="Centre", timezone="Europe/Brussels", policy={"hold_minutes": 15}))
    assert made.status == 201 and made.row["location"] == f"/v1/clinics/{made['id']}"
    assert made["policy"] == {"cancellation_notice_hours": 24, "late_cancellation_fee_percent": 100, "no_show_fee_percent": 100,
                              "reminder_hours_before": 28, "min_notice_minutes": 60, "booking_horizon_days": 90, "hold_minutes": 15,
                              "waitlist_offer_minutes": 120, "late_reschedule_fee_percent": 0,
                              "max_holds_per_partner": 50, "max_holds_per_client": 5, "max_bookings_per_partner_per_day": None,
                                "client_retention_days": 0}
    assert made["languages"] == ["en"] and made["contact"] == {"phone": None, "email": None, "website": None}
    ids = {"clinic_id": made["id"]}
    patched = desk.run("patchClinic", **ids, if_match="1", body={"policy": {"hold_minutes": None, "reminder_hours_before": 48}})
    assert (patched["policy"]["hold_minutes"], patched["policy"]["reminder_hours_before"]) == (10, 48)
    assert owner.execute("select policy from app.clinic where id = %s", [made["id"]]).fetchone()[0] == {"reminder_hours_before": 48}
    assert desk.run("patchClinic", **ids, if_match="2", body={"policy": None})["policy"]["reminder_hours_before"] == 28
    assert [c["id"] for c in desk.run("listClinics", slug="centre", limit=20)["items"]] == [made["id"]]
    assert desk.run("archiveClinic", **ids, if_match="3")["status"] == "archived"
    assert desk.run("readClinic", **ids).row == {} and desk.run("readClinic", **ids, include="archived")["version"] == 4
    assert desk.run("createLocation", **ids, body=a_location(None)).status == 409
    assert desk.run("restoreClinic", **ids, if_match="4")["status"] == "active"


def test_only_a_token_for_all_clinics_makes_a_clinic(database, owner):
    desk = Desk(database, clinics="{%s}" % uuid.uuid4())
    answer = desk.run("createClinic", body=dict(slug="x", name="X", timezone="UTC"))
    assert (answer.status, answer["type"]) == (403, "forbidden")
    desk.close()


def test_eight_patches_on_one_version_make_one_change(database, clinic):
    location = clinic.location()
    answers = []

    def patch(number):
        desk = Desk(database)
        answers.append(desk.run("patchLocation", clinic_id=clinic.id, location_id=location, if_match="1", body={"phone": f"+32 {number}"}).status)
        desk.close()

    threads = [threading.Thread(target=patch, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [412] * 7


def test_the_first_answer_to_a_key_is_given_again(desk, clinic, owner):
    first = desk.run("createLocation", clinic_id=clinic.id, body=a_location(clinic), key="k1", hash="aa")
    second = desk.run("createLocation", clinic_id=clinic.id, body=a_location(clinic), key="k1", hash="aa")
    assert (second.status, second.body, second.row["location"]) == (201, first.body, first.row["location"])
    assert (first.row["replayed"], second.row["replayed"]) == (None, True)
    other = desk.run("createLocation", clinic_id=clinic.id, body=a_location(clinic), key="k1", hash="bb")
    assert (other.status, other["type"]) == (422, "idempotency-key-reused")
    taken = desk.run("createLocation", clinic_id=clinic.id, body=a_location(clinic), key="k2", hash="aa")
    assert taken.status == 409
    assert owner.execute("select array_agg(key) from app.idempotency_record where sub = 'admin'").fetchone()[0] == ["k1"]


# ---------------------------------------------------------------- what is refused, and where it points

def test_a_slug_that_is_taken(desk, clinic, owner):
    desk.run("createLocation", clinic_id=clinic.id, body=a_location(clinic))
    refused = desk.run("createLocation", clinic_id=clinic.id, body=a_location(clinic))
    assert refused.status == 409 and faults(refused) == [("/slug", "already-exists")]
    assert desk.run("createLocation", clinic_id=Clinic(owner).id, body=a_location(clinic)).status == 201
    slug = owner.execute("select slug from app.clinic where id = %s", [clinic.id]).fetchone()[0]
    refused = desk.run("createClinic", body=dict(slug=slug, name="X", timezone="UTC"))
    assert refused.status == 409 and faults(refused) == [("/slug", "already-exists")]


def test_unknown_references_are_named_all_at_once(desk, clinic, owner):
    mine, nobody = clinic.practitioner(), uuid.uuid4()
    stranger = Clinic(owner).practitioner()
    refused = desk.run("createOffering", clinic_id=clinic.id, body=an_offering(clinic) | dict(
        treatment="nothing", practitioner_ids=[str(mine), str(stranger), str(nobody)], location_ids=[str(nobody)]))
    assert refused.status == 422 and faults(refused) == [
        (pointer, "unknown-reference") for pointer in ("/treatment", "/practitioner_ids/1", "/practitioner_ids/2", "/location_ids/0")]
    refused = desk.run("createSchedule", clinic_id=clinic.id, body=a_schedule(clinic) | dict(practitioner_id=str(stranger), to="09:00"))
    assert [pointer for pointer, _ in faults(refused)] == ["/practitioner_id", "/to"]
    refused = desk.run("createRoom", clinic_id=clinic.id, body=a_room(clinic) | dict(location_id=str(nobody)))
    assert faults(refused) == [("/location_id", "unknown-reference")]
    refused = desk.run("createPractitioner", clinic_id=clinic.id, body=dict(name="X", location_ids=[str(nobody)]))
    assert faults(refused) == [("/location_ids/0", "unknown-reference")]
    refused = desk.run("createException", clinic_id=clinic.id, body=an_exception(clinic) | dict(location_id=str(nobody)))
    assert faults(refused) == [("/location_id", "unknown-reference")]


RULES = [
    ("createSchedule", a_schedule, {"to": "09:00"}, ["/to"]),
    ("createSchedule", a_schedule, {"valid_until": "2026-12-31"}, ["/valid_until"]),
    ("createSchedule", a_schedule, {"every_weeks": 2, "valid_from": None}, ["/valid_from"]),
    ("createException", an_exception, {"date_to": "2027-07-18"}, ["/date_to"]),
    ("createException", an_exception, {"date_to": "2033-07-18"}, ["/date_to"]),
    ("createException", an_exception, {"practitioner_id": None}, ["/practitioner_id"]),
    ("createException", an_exception, {"kind": "replace", "practitioner_id": None}, ["/practitioner_id", "/location_id"]),
    ("createException", an_exception, {"kind": "add", "windows": []}, ["/location_id", "/windows"]),
    ("createException", an_exception, {"windows": [{"from": "09:00", "to": "10:00"}, {"from": "11:00", "to": "11:00"}]}, ["/windows/1/to"]),
    ("createLocation", a_location, {"timezone": "Europe/Atlantis"}, ["/timezone"]),
    ("createLocation", a_location, {"timezone": "posix/Europe/Brussels"}, ["/timezone"]),
    ("createLocation", a_location, {"timezone": "CET"}, ["/timezone"]),
    ("createPractitioner", a_practitioner, {"qualifications": [{"code": "a"}, {"code": "b", "issued_on": "2027-01-02", "expires_on": "2027-01-01"}]},
     ["/qualifications/1/expires_on"]),
]


@pytest.mark.parametrize("query, make, change, pointers", RULES)
def test_members_that_do_not_go_together(desk, clinic, owner, query, make, change, pointers):
    refused = desk.run(query, clinic_id=clinic.id, body=make(clinic) | change)
    assert refused.status == 422 and faults(refused) == [(pointer, "unprocessable") for pointer in pointers]
    assert owner.execute("select count(*) from app.audit").fetchone()[0] == 0


def test_a_patch_takes_away_only_what_is_optional(desk, clinic):
    site = clinic.location()
    refused = desk.run("patchLocation", clinic_id=clinic.id, location_id=site, if_match="*", body={"name": None, "timezone": "nowhere"})
    assert refused.status == 422 and [pointer for pointer, _ in faults(refused)] == ["/name", "/timezone"]
    refused = desk.run("patchClinic", clinic_id=clinic.id, if_match="*", body={"slug": None, "timezone": "Mars/Base"})
    assert sorted(faults(refused)) == [("/slug", "unprocessable"), ("/timezone", "unprocessable")]


# ---------------------------------------------------------------- hours and bookings

def test_writes_to_hours_list_the_bookings_they_strand(desk, clinic):
    site = clinic.location()
    person = clinic.practitioner(site)
    offering = clinic.offering([person], [site])
    schedule = clinic.schedule(person, site, 1, "09:00", "17:00")
    monday = NOW + timedelta(days=7)
    early = clinic.block([person], offering, site, person, monday.replace(hour=8), monday.replace(hour=9))     # 09:00 local
    late = clinic.block([person], offering, site, person, monday.replace(hour=15), monday.replace(hour=16))    # 16:00 local
    clinic.block([person], offering, site, person, NOW - timedelta(days=7), NOW - timedelta(days=7, hours=-1))  # over

    def affected(answer):
        assert answer.status in (200, 201), answer
        return [booking["id"] for booking in answer["affected_bookings"]]

    ids = {"clinic_id": clinic.id, "schedule_id": schedule}
    patched = desk.run("patchSchedule", **ids, if_match="1", body={"to": "16:30"})
    assert affected(patched) == [str(late)]
    assert patched["affected_bookings"][0].items() >= {"status": "confirmed", "start": "2027-03-08T16:00:00+01:00",
                                                       "end": "2027-03-08T17:00:00+01:00", "timezone": "Europe/Brussels"}.items()
    assert "client" not in json.dumps(patched.body)
    assert affected(desk.run("archiveSchedule", **ids, if_match="2")) == [str(early), str(late)]
    assert affected(desk.run("restoreSchedule", **ids, if_match="3")) == [str(late)]
    assert affected(desk.run("patchSchedule", **ids, if_match="4", body={"to": "17:00"})) == []

    closure = dict(kind="close", location_id=str(site), date_from="2027-03-08", date_to="2027-03-08")
    made = desk.run("createException", clinic_id=clinic.id, body=closure | dict(windows=[{"from": "08:00", "to": "10:00"}]))
    assert affected(made) == [str(early)]
    ids = {"clinic_id": clinic.id, "exception_id": made["id"]}
    assert affected(desk.run("patchException", **ids, if_match="1", body={"windows": []})) == [str(early), str(late)]
    assert affected(desk.run("patchException", **ids, if_match="2", body={"date_from": "2027-03-09", "date_to": "2027-03-09"})) == []
    assert affected(desk.run("archiveException", **ids, if_match="3")) == []
    elsewhere = dict(kind="close", location_id=str(clinic.location()), date_from="2027-03-08", date_to="2027-03-08")
    assert affected(desk.run("createException", clinic_id=clinic.id, body=elsewhere)) == []

    for kind, target in [("Practitioner", person), ("Location", site), ("Offering", offering)]:
        answer = desk.run(f"archive{kind}", clinic_id=clinic.id, **{f"{kind.lower()}_id": target}, if_match="*")
        assert affected(answer) == [str(early), str(late)]
    assert affected(desk.run("archiveClinic", clinic_id=clinic.id, if_match="*")) == [str(early), str(late)]


def test_a_practitioner_has_a_new_version_when_offerings_change_its_treatments(desk, clinic):
    body = an_offering(clinic)
    person = body["practitioner_ids"][0]

    def seen():
        record = desk.run("readClinicPractitioner", clinic_id=clinic.id, practitioner_id=person)
        return record["treatments"], record["version"]

    assert seen() == ([], 1)
    made = desk.run("createOffering", clinic_id=clinic.id, body=body)
    assert seen() == (["massage"], 2)
    ids = {"clinic_id": clinic.id, "offering_id": made["id"]}
    desk.run("patchOffering", **ids, if_match="*", body={"duration_minutes": 30})
    assert seen() == (["massage"], 2)
    desk.run("archiveOffering", **ids, if_match="*")
    assert seen() == ([], 3)
    desk.run("restoreOffering", **ids, if_match="*")
    desk.run("patchOffering", **ids, if_match="*", body={"practitioner_ids": []})
    assert seen() == ([], 5)


# ---------------------------------------------------------------- the catalogue

def test_a_treatment_is_put_patched_and_archived(desk, owner):
    desk.run("putTreatment", treatment="test-cups", body=dict(name={"en": "Cupping"}, modality="cupping"))
    body = dict(name={"en": "Needles", "fr": "Aiguilles"}, modality="needling", body_regions=["neck"], alternatives=["test-cups"])
    made = desk.run("putTreatment", treatment="test-needles", body=body)
    assert (made.status, made.row["etag"], made.row["location"]) == (201, "1", "/v1/treatments/test-needles")
    assert made.body.items() >= body.items() and made["complaints"] == []
    assert desk.run("putTreatment", treatment="test-needles", body=body).status == 412, "it exists, and If-Match was not sent"
    assert desk.run("putTreatment", treatment="nothing", body=body, if_match="1").status == 412
    assert desk.run("patchTreatment", treatment="nothing", body={}, if_match="*").row == {}
    replaced = desk.run("putTreatment", treatment="test-needles", body=dict(name={"en": "Needles"}, modality="needling"), if_match="1")
    assert (replaced.status, replaced["version"], replaced["alternatives"], replaced["name"]) == (200, 2, [], {"en": "Needles"})
    patched = desk.run("patchTreatment", treatment="test-needles", body={"name": {"nl": "Testnaalden"}, "follow_ups": ["test-cups"]}, if_match="2")
    assert patched["name"] == {"en": "Needles", "nl": "Testnaalden"} and patched["follow_ups"] == ["test-cups"]
    refused = desk.run("patchTreatment", treatment="test-needles", if_match="3",
                       body={"name": None, "alternatives": ["test-needles", "gone"], "modality": "needling"})
    assert refused.status == 422 and [p for p, _ in faults(refused)] == ["/alternatives/1", "/name", "/alternatives"]

    complaint = desk.run("putComplaint", complaint="test-crick", body=dict(
        name={"en": "Testish crick"}, synonyms={"en": ["crick"], "fr": ["torticolis"]}, felt_in=["neck"], treatments=["test-needles", "test-cups"]))
    assert complaint.status == 201 and complaint["treatments"] == ["test-needles", "test-cups"]
    read = desk.run("readTreatment", treatment="test-needles", lang="*")
    assert (read["complaints"], read["version"], read.row["etag"]) == (["test-crick"], 4, "4")
    desk.run("patchComplaint", complaint="test-crick", body={"treatments": ["test-cups"]}, if_match="1")
    assert desk.run("readTreatment", treatment="test-needles", lang="*")["version"] == 5
    french = desk.run("readComplaint", complaint="test-crick", lang="{fr}")
    assert (french["name"], french["synonyms"], french.row["etag"]) == ("Testish crick", ["torticolis"], None)
    refused = desk.run("putComplaint", complaint="x", body=dict(name={"en": "X"}, treatments=["test-cups", "gone"]))
    assert faults(refused) == [("/treatments/1", "unknown-reference")]

    for q, found in [("torticoli", ["test-crick"]), ("testi", ["test-crick"]), ("knee", []), ("100%", [])]:
        assert [c["code"] for c in desk.run("listComplaints", q=q, limit=20)["items"] if c["code"] == "test-crick"] == found
    assert [t["code"] for t in desk.run("listTreatments", complaint="test-crick", limit=20)["items"]] == ["test-cups"]
    assert [t["code"] for t in desk.run("listTreatments", q="testnaalden", limit=20, lang="{nl}")["items"]] == ["test-needles"]
    assert desk.run("archiveTreatment", treatment="test-cups", if_match="*")["status"] == "archived"
    assert desk.run("readTreatment", treatment="test-cups").row == {}
    assert desk.run("putTreatment", treatment="test-cups", body=body, if_match="*").status == 409
    assert desk.run("restoreTreatment", treatment="test-cups", if_match="*")["status"] == "active"
    assert owner.execute("select array_agg(what order by id) from app.audit where entity_id = 'test-cups'").fetchone()[0] == [
        "putTreatment", "archiveTreatment", "restoreTreatment"]


# ---------------------------------------------------------------- searches

def metres(here, there):
    (a, b), (c, d) = [[math.radians(x) for x in point] for point in (here, there)]
    return 2 * 6371008.8 * math.asin(math.sqrt(math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2))


def pages(desk, query, size, **arguments):
    items, cursor = [], None
    while True:
        page = desk.run(query, limit=size, cursor=cursor, **arguments)
        assert page.status == 200 and len(page["items"]) <= size
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def test_nearest_first_page_by_page(desk, clinic):
    pick = random.Random(7)
    points = {}
    for number in range(57):
        point = (50 + pick.random(), 4 + pick.random()) if number % 10 else (50.5, 4.5)  # some at one place
        points[str(clinic.location(latitude=point[0], longitude=point[1]))] = point
    clinic.location()  # nowhere
    here = (50.6, 4.4)
    expected = sorted(points, key=lambda id: (metres(here, points[id]), id))
    found = pages(desk, "listLocations", 5, near="50.6,4.4", clinic_id=clinic.id)
    assert [item["id"] for item in found] == expected
    assert all(abs(item["distance_m"] - metres(here, points[item["id"]])) < 2 for item in found)
    within = pages(desk, "listLocations", 4, near="50.6,4.4", radius_km=30, clinic_id=clinic.id)
    assert [item["id"] for item in within] == [id for id in expected if metres(here, points[id]) <= 30000]


def test_pages_of_names_lose_and_repeat_nothing_under_writes(desk, clinic):
    names = {str(clinic.add("location", slug=f"s{n}", name=name, timezone="UTC")): name
             for n, name in enumerate(["Étoile", "étang", "Etna", "Zoo", "Abbaye", "Abbaye", "Abbaye", "Moulin"])}
    first = desk.run("listLocations", clinic_id=clinic.id, limit=3)
    clinic.add("location", slug="before", name="AAA", timezone="UTC")
    clinic.owner.execute("update app.location set status = 'archived' where id = %s", [first["items"][2]["id"]])
    rest = desk.run("listLocations", clinic_id=clinic.id, limit=100, cursor=first["next"])
    assert [item["name"] for item in first["items"] + rest["items"]] == ["Abbaye"] * 3 + ["étang", "Etna", "Étoile", "Moulin", "Zoo"]
    assert {item["id"] for item in first["items"] + rest["items"]} == names.keys()


@pytest.mark.parametrize("cursor", ["x", "!!", "W10", "WyJuYW1lIiwxLCIyIl0", "WyJuYW1lIiwgImEiLCAieCJd"])
def test_a_cursor_that_is_none_of_ours(desk, clinic, cursor):
    queries = [("listLocations", {}), ("listLocations", {"near": "1,1"}), ("listPractitioners", {}), ("listClinics", {}),
               ("listTreatments", {}), ("listComplaints", {})]
    queries += [(f"listClinic{noun}s", {"clinic_id": clinic.id})
                for noun in ("Location", "Practitioner", "Room", "Offering", "Schedule", "Exception")]
    for query, arguments in queries:
        refused = desk.run(query, limit=20, cursor=cursor, **arguments)
        assert (refused.status, refused["type"]) == (400, "invalid-request"), query


def test_search_by_words_of_the_name_and_the_city(desk, clinic):
    kraainem = clinic.add("location", slug="a", name="Clinique du Parc", timezone="UTC", address={"city": "Kraainem"})
    liege = clinic.add("location", slug="b", name="Étoile", timezone="UTC", address={"city": "Liège", "postal_code": "4000"})

    def found(**arguments):
        return [item["id"] for item in desk.run("listLocations", clinic_id=clinic.id, limit=20, **arguments)["items"]]

    assert found(q="KRAAINEM") == found(q="krainem") == found(q="clinique parc") == [str(kraainem)]
    assert found(q="etoile") == found(q="toil") == found(city="liege") == found(postal_code="4000") == [str(liege)]
    assert found(q="%") == found(q="a_b") == found(city="Gent") == []
    assert found(q="etoile", city="kraainem") == []


def test_filters_look_at_who_gives_what_where(desk, clinic, owner):
    near, far = clinic.location(latitude=50.0, longitude=4.0), clinic.location(latitude=50.1, longitude=4.0)
    anna = clinic.practitioner(near, far, languages=["fr"])
    bram = clinic.practitioner(far, languages=["nl"])
    clinic.add("qualification", practitioner_id=bram, position=1, code="needles", expires_on="2027-03-01")
    clinic.insert("treatment", code="plain", name={"en": "Plain"}, modality="manual")
    clinic.offering([anna], [near, far], treatment="plain")
    needling = clinic.offering([anna, bram], [near, far], certificate="needles")
    code = owner.execute("select treatment from app.offering where id = %s", [needling]).fetchone()[0]
    owner.execute("insert into app.complaint (code, name) values ('ache', '{\"en\": \"Ache\"}')")
    owner.execute("insert into app.complaint_treatment (complaint, treatment) values ('ache', %s)", [code])

    def places(**arguments):
        return [item["id"] for item in desk.run("listLocations", near="50,4", clinic_id=clinic.id, limit=20, **arguments)["items"]]

    def people(**arguments):
        found = desk.run("listPractitioners", clinic_id=clinic.id, limit=20, **arguments)["items"]
        return {item["id"] for item in found}, [item.get("distance_m") for item in found]

    anna, bram, near, far = str(anna), str(bram), str(near), str(far)
    assert places() == places(treatment="plain") == [near, far]
    assert places(treatment=code) == places(complaint="ache") == places(language="nl") == [far], "a certificate decides"
    assert places(treatment="plain", language="nl") == places(treatment="plain", complaint="ache") == places(complaint="none") == []
    assert places(treatment=code, complaint="ache") == [far]
    assert people()[0] == {anna, bram} and people(treatment="plain")[0] == people(language="fr")[0] == {anna}
    assert people(treatment=code)[0] == people(qualification="needles")[0] == people(complaint="ache")[0] == {bram}
    assert people(location_id=near)[0] == {anna} and people(location_id=far)[0] == {anna, bram}
    nearest = people(near="50,4")
    assert nearest[0] == {anna, bram} and nearest[1] == [0, 11120], "each at the nearest of their locations"
    assert people(near="50,4", radius_km=5)[0] == {anna}
    assert people(near="50,4", treatment=code, location_id=near)[0] == set()
    set_clock(owner, NOW + timedelta(days=1))
    assert places(treatment=code) == [] and people(treatment=code)[0] == people(qualification="needles")[0] == set()


def test_practitioners_page_by_page_near_and_by_name(desk, clinic):
    sites = [clinic.location(latitude=50 + n / 50, longitude=4.0) for n in range(6)]
    pick = random.Random(3)
    people = {str(clinic.practitioner(*pick.sample(sites, pick.randint(1, 3)))) for _ in range(25)}
    for size in (1, 4, 30):
        near = pages(desk, "listPractitioners", size, near="50.03,4", clinic_id=clinic.id)
        assert len(near) == 25 and {item["id"] for item in near} == people
        assert [item["distance_m"] for item in near] == sorted(item["distance_m"] for item in near)
        assert len({item["id"] for item in pages(desk, "listPractitioners", size, clinic_id=clinic.id)}) == 25
        assert {item["id"] for item in pages(desk, "listPractitioners", size, q="somebody", clinic_id=clinic.id)} == people


def test_a_token_sees_only_its_clinics(database, desk, clinic, owner):
    other = Clinic(owner)
    mine, theirs = clinic.location(latitude=50, longitude=4), other.location(latitude=50, longitude=4)
    me, them = clinic.practitioner(mine), other.practitioner(theirs)
    bound = Desk(database, clinics="{%s}" % clinic.id)
    for arguments in ({}, {"near": "50,4"}, {"q": "site"}, {"city": "x"}):
        assert str(theirs) not in [i["id"] for i in bound.run("listLocations", limit=100, **arguments)["items"]]
    for arguments in ({}, {"near": "50,4"}, {"q": "somebody"}, {"location_id": theirs}):
        assert str(them) not in [i["id"] for i in bound.run("listPractitioners", limit=100, **arguments)["items"]]
    assert [c["id"] for c in bound.run("listClinics", limit=100)["items"]] == [str(clinic.id)]
    assert bound.run("readLocation", location_id=theirs).row == {} and bound.run("readLocation", location_id=mine).status == 200
    assert bound.run("readPractitioner", practitioner_id=them).row == {} and bound.run("readPractitioner", practitioner_id=me).status == 200
    nobody = Desk(database, clinics="{}")
    assert nobody.run("listLocations", limit=100)["items"] == [] and nobody.run("readLocation", location_id=mine).row == {}
    for one in (bound, nobody):
        one.close()


def test_what_is_archived_is_neither_found_nor_read(desk, clinic):
    site = clinic.location(latitude=50, longitude=4)
    person = clinic.practitioner(site)
    desk.run("archiveClinic", clinic_id=clinic.id, if_match="*")
    assert desk.run("readLocation", location_id=site).row == {} and desk.run("readPractitioner", practitioner_id=person).row == {}
    assert desk.run("readLocation", location_id=site, include="archived").status == 200
    for arguments in ({}, {"near": "50,4"}, {"q": "site"}):
        assert desk.run("listLocations", clinic_id=clinic.id, limit=20, **arguments)["items"] == []
    assert desk.run("listPractitioners", clinic_id=clinic.id, limit=20)["items"] == []
