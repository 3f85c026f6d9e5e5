"""What people can do themselves: lists by language on a treatment, in order. And what an archived treatment still tells."""
import uuid

import pytest

CIRCLES = {"kind": "exercise", "title": "Shoulder circles", "text": "Ten each way.", "url": None}
BOOK = {"kind": "book", "title": "The Back (A. Writer)", "text": None, "url": None}
FILM = {"kind": "video", "title": "À la maison", "text": "Cinq minutes", "url": "https://example.org/film"}


@pytest.fixture
def treatment(admin):
    """The path of a treatment with self-help in two languages."""
    path = f"/v1/treatments/t-{uuid.uuid4().hex[:8]}"
    reply = admin.put(path, headers={"If-None-Match": "*"}, json={
        "name": {"en": "Back", "fr": "Dos"}, "modality": "exercise",
        "self_help": {"en": [{"kind": "exercise", "title": "Shoulder circles", "text": "Ten each way."}, BOOK], "fr": [FILM], "de": []}})
    assert reply.status_code == 201, reply.text
    assert reply.json()["self_help"] == {"en": [CIRCLES, BOOK], "fr": [FILM]}, "whole, in order; an empty list is none"
    return path


@pytest.mark.parametrize("lang, expected", [("en", [CIRCLES, BOOK]), ("fr", [FILM]), ("fr-BE", [FILM]), ("nl", [CIRCLES, BOOK]),
                                            ("*", {"en": [CIRCLES, BOOK], "fr": [FILM]})])
def test_a_reader_gets_the_list_of_one_language(shared_client, tokens, treatment, lang, expected):
    website = shared_client.with_token(tokens.website())
    assert website.get(treatment, params={"lang": lang}).json()["self_help"] == expected
    if lang != "*":
        assert website.get(treatment, headers={"Accept-Language": lang}).json()["self_help"] == expected
        listed = website.items("/v1/treatments", lang=lang, limit=100)
        assert [one["self_help"] for one in listed if treatment.endswith(one["code"])] == [expected]


def test_a_treatment_without_any(admin):
    path = f"/v1/treatments/t-{uuid.uuid4().hex[:8]}"
    admin.put(path, headers={"If-None-Match": "*"}, json={"name": {"en": "Plain"}, "modality": "other"})
    assert admin.get(path).json()["self_help"] == []
    assert admin.get(path, params={"lang": "*"}).json()["self_help"] == {}


def test_a_patch_changes_one_language(admin, treatment):
    def patched(change):
        reply = admin.patch(treatment, json={"self_help": change}, if_match="*")
        assert reply.status_code == 200, reply.text
        return reply.json()["self_help"], reply.json()["version"]

    assert patched({"nl": [CIRCLES], "fr": None}) == ({"en": [CIRCLES, BOOK], "nl": [CIRCLES]}, 2)
    assert patched({"en": [BOOK, CIRCLES]}) == ({"en": [BOOK, CIRCLES], "nl": [CIRCLES]}, 3), "the order counts"
    assert patched({"en": [BOOK, CIRCLES], "de": None}) == ({"en": [BOOK, CIRCLES], "nl": [CIRCLES]}, 3), "nothing changed"
    assert patched(None) == ({}, 4)
    trail = admin.items("/v1/audit", entity="treatment", entity_id=treatment.rsplit("/", 1)[1])
    assert [entry["changed"] for entry in trail] == [["self_help"]] * 3 + [[]]
    assert trail[1]["before"]["self_help"]["en"] == [CIRCLES, BOOK]


@pytest.mark.parametrize("entry, pointer", [
    ({"kind": "link", "title": "Nowhere"}, "/self_help/en/0"),
    ({"kind": "video", "title": "Nowhere", "url": None}, "/self_help/en/0"),
    ({"kind": "song", "title": "La"}, "/self_help/en/0/kind"),
    ({"kind": "book"}, "/self_help/en/0"),
    ({"kind": "book", "title": ""}, "/self_help/en/0/title"),
    ({"kind": "link", "title": "X", "url": "javascript:alert(1)"}, "/self_help/en/0/url"),
    ({"kind": "book", "title": "X", "price": 1}, "/self_help/en/0"),
])
def test_what_is_no_self_help(admin, entry, pointer):
    reply = admin.put(f"/v1/treatments/t-{uuid.uuid4().hex[:8]}", headers={"If-None-Match": "*"},
                      json={"name": {"en": "X"}, "modality": "other", "self_help": {"en": [entry]}})
    assert reply.status_code == 400
    assert any(fault["pointer"].startswith(pointer) for fault in reply.json()["errors"]), reply.text


def test_the_demo_practice_helps_in_four_languages(shared_client, tokens):
    website = shared_client.with_token(tokens.website())
    told = website.get("/v1/treatments/trigger-point-massage", params={"lang": "*"}).json()
    assert set(told["self_help"]) == {"en", "fr", "nl", "de"}
    assert {entry["kind"] for entries in told["self_help"].values() for entry in entries} == {"exercise", "book", "link"}
    for member in ("description", "what_to_expect", "preparation", "aftercare", "contraindications"):
        assert set(told[member]) == {"en", "fr", "nl", "de"}
    assert told["alternatives"] and told["follow_ups"]
    german = website.get("/v1/treatments/dry-needling", headers={"Accept-Language": "de-AT"}).json()
    assert german["self_help"][0]["title"] == "Danach sanft bewegen"


def test_an_archived_treatment_is_still_read_on_old_bookings(make_practice, admin, treatment, clock):
    code = treatment.rsplit("/", 1)[1]
    practice = make_practice().simple(offering={"treatment": code})
    booking = practice.booked("2027-03-08T09:00:00+01:00")
    archived = admin.delete(treatment, if_match="*")
    assert [one["id"] for one in archived.json()["affected_bookings"]] == [booking["id"]]

    assert practice.partner.get(f"/v1/bookings/{booking['id']}").json() == booking, "the booking is as it was"
    assert booking["treatment"] == code
    assert practice.website.get(treatment).status_code == 404
    told = practice.website.get(treatment, params={"include": "archived", "lang": "fr"})
    assert (told.status_code, told.json()["status"], told.json()["self_help"]) == (200, "archived", [FILM])
    assert code not in [one["code"] for one in practice.website.items("/v1/treatments", limit=100)]
    assert practice.starts("2027-03-08") == [], "nor is it offered"
    refused = practice.book("2027-03-08T10:00:00+01:00")
    assert refused.status_code == 409 and refused.json()["reasons"] == ["not_offered"]
    assert practice.partner.post(f"/v1/bookings/{booking['id']}/cancel", json={}).status_code == 200
    assert admin.post(f"{treatment}/restore", if_match="*").json()["affected_bookings"] == []
    assert practice.starts("2027-03-08") != []
