"""Which language a reader gets: one test per rule. The clinic speaks nl first, then en; its texts say their own tag."""
import pytest


@pytest.fixture
def practice(make_practice):
    practice = make_practice(languages=["nl", "en"])
    practice.texts = lambda *tags: practice.location(directions={tag: tag for tag in tags})
    return practice


def read(practice, site, accept=None, **params):
    """The text, its language, and the whole reply."""
    reply = practice.website.get(f"/v1/locations/{site['id']}", params=params, headers={"Accept-Language": accept} if accept is not None else {})
    assert reply.status_code == 200, reply.text
    assert "Accept-Language" in reply.headers["vary"], "a cache must not give one reader's language to another"
    return reply.json()["directions"], reply.headers.get("content-language"), reply


@pytest.mark.parametrize("accept, gets, why", [
    ("fr", "fr", "the very tag"),
    ("fr-BE", "fr", "a region falls back to its language"),
    ("de-CH", "de-CH", "but its own text comes first"),
    ("FR-be", "fr", "case does not matter"),
    ("de", "de-CH", "a language takes a text of a region when there is no nearer one"),
    ("fr;q=0.3, de-CH;q=0.8", "de-CH", "the higher quality wins"),
    ("fr;q=0.8,de-CH;q=0.80", "fr", "of equals the first"),
    ("pt, fr;q=0.1", "fr", "an unknown language gives way to a known one, however weak"),
    ("fr;q=0, de-CH;q=0.1", "de-CH", "q=0 is no wish"),
    ("pt", "nl", "an unknown language: the clinic's first"),
    ("pt-BR, *;q=0.5", "nl", "anything: the clinic's first"),
    ("*", "nl", "anything at all"),
    ("", "nl", "an empty wish"),
    (None, "nl", "no wish"),
    ("fr;q=2, en", "en", "a quality that is none counts for nothing"),
    ("pt,, ,fr,", "fr", "empty members are passed over"),
    ("fr-Latn-BE-x-mine", "fr", "from the right, one piece after the other"),
    ("zh-Hant-TW", "zh-Hant", "script before language"),
    ("en-GB, fr", "en", "each wish is shortened before the next is looked at"),
])
def test_accept_language(practice, accept, gets, why):
    site = practice.texts("nl", "en", "fr", "de-CH", "zh-Hant")
    text, language, _ = read(practice, site, accept)
    assert (text, language) == (gets, gets), why


def test_the_clinics_other_languages_come_next_then_any(practice):
    assert read(practice, practice.texts("en", "fr"), "pt")[:2] == ("en", "en")
    assert read(practice, practice.texts("fr", "it"), "pt")[:2] == ("fr", "fr")


def test_nobody_wrote_anything(practice):
    text, _, reply = read(practice, practice.texts(), "fr")
    assert text is None and reply.status_code == 200


def test_lang_wins_over_the_header(practice):
    site = practice.texts("nl", "fr")
    assert read(practice, site, "nl", lang="fr")[:2] == ("fr", "fr")
    assert read(practice, site, "nl", lang="fr-BE")[:2] == ("fr", "fr")
    assert read(practice, site, "fr", lang="pt")[:2] == ("nl", "nl")
    refused = practice.website.get(f"/v1/locations/{site['id']}", params={"lang": "fr;q=1"})
    assert refused.status_code == 400 and [fault["parameter"] for fault in refused.json()["errors"]] == ["lang"]


def test_all_languages_at_once(practice):
    site = practice.texts("nl", "fr")
    text, language, reply = read(practice, site, "fr", lang="*")
    assert text == {"nl": "nl", "fr": "fr"} and language is None
    assert reply.headers["etag"] == '"1"', "then it is the record, known by its version"


def test_each_language_has_its_own_tag(practice):
    site = practice.texts("nl", "fr")
    tags = {language: read(practice, site, language)[2].headers["etag"] for language in ("nl", "fr")}
    assert len(set(tags.values())) == 2
    path = f"/v1/locations/{site['id']}"
    assert practice.website.get(path, headers={"Accept-Language": "fr", "If-None-Match": tags["fr"]}).status_code == 304
    assert practice.website.get(path, headers={"Accept-Language": "nl", "If-None-Match": tags["fr"]}).status_code == 200


def test_every_public_read_answers_in_one_language(practice):
    site = practice.texts("nl", "fr")
    person = practice.practitioner(site, biography={"fr": "Quinze ans", "nl": "Vijftien jaar"})
    wants = {"Accept-Language": "fr-BE"}
    one = practice.website.get(f"/v1/practitioners/{person['id']}", headers=wants)
    assert one.json()["biography"] == "Quinze ans" and one.headers["content-language"] == "fr"
    for path, member, text in (("/v1/locations", "directions", "fr"), ("/v1/practitioners", "biography", "Quinze ans")):
        page = practice.website.get(path, params={"clinic_id": practice.id}, headers=wants)
        assert [item[member] for item in page.json()["items"]] == [text] and page.headers["content-language"] == "fr"
        every = practice.website.get(path, params={"clinic_id": practice.id, "lang": "*"}, headers=wants).json()["items"]
        assert set(every[0][member]) == {"nl", "fr"}


def test_the_catalogue_falls_back_to_english(admin):
    for path in ("/v1/treatments", "/v1/complaints"):
        french = admin.get(path, params={"limit": 100}, headers={"Accept-Language": "fr"})
        english = admin.get(path, params={"limit": 100}, headers={"Accept-Language": "pt"})
        assert english.headers["content-language"].split(", ")[0] == "en" and "fr" in french.headers["content-language"]
        assert [item["name"] for item in french.json()["items"]] != [item["name"] for item in english.json()["items"]]
        every = admin.get(path, params={"lang": "*"}).json()["items"]
        assert all(isinstance(item["name"], dict) and "en" in item["name"] for item in every)
    assert admin.get("/v1/treatments/dry-needling", headers={"Accept-Language": "fr"}).headers["content-language"] == "fr"
    synonyms = admin.get("/v1/complaints/sciatica", headers={"Accept-Language": "nl-BE"})
    assert isinstance(synonyms.json()["synonyms"], list) and synonyms.headers["content-language"] == "nl"


def test_the_names_in_slots(make_practice, clock):
    practice = make_practice(languages=["en"]).simple(offering={"name": {"fr": "Massage doux", "en": "Gentle massage"}})
    monday = {"from": "2027-03-08", "to": "2027-03-08", "include": "offering", "clinic_id": practice.id, "limit": 1}

    def name(accept, **params):
        reply = practice.website.get("/v1/availability", params=monday | params, headers={"Accept-Language": accept})
        return reply.json()["items"][0]["offering"]["name"], reply.headers.get("content-language")

    assert name("fr-BE") == ("Massage doux", "fr") and name("pt") == ("Gentle massage", "en")
    assert name("fr", lang="*") == ({"fr": "Massage doux", "en": "Gentle massage"}, None)
    practice.change("offering", practice.massage["id"], name=None)
    assert name("pt")[0] == "Trigger point massage", "without a name of its own, the treatment's"


def test_records_hold_all_languages_whatever_is_asked(practice):
    site = practice.texts("nl", "fr")
    reply = practice.desk.get(f"{practice.collection('location')}/{site['id']}", headers={"Accept-Language": "fr"})
    assert reply.json()["directions"] == {"nl": "nl", "fr": "fr"} and "content-language" not in reply.headers
