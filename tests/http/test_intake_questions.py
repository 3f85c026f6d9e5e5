"""What an offering asks before a visit: the questions as the clinic keeps them and as people read them, the answers on their
way from the hold to the booking, and all the places where answers never are."""
import pytest

from harness.practice import CLIENT
from harness.slots import ASKS, BRUSSELS

NINE, TEN, ELEVEN = (f"2027-03-08T{hour:02}:00:00+01:00" for hour in (9, 10, 11))
RISKS = {"en": "Bruises are possible.", "fr": "Des bleus sont possibles."}
QUESTIONS = [
    {"code": "thinners", "type": "yes_no", "required": True, "label": {"en": "Blood thinners?", "fr": "Anticoagulants ?"},
     "help": {"en": "Such as warfarin.", "fr": "Par exemple."}},
    {"code": "where", "type": "choice", "multiple": True, "label": {"en": "Where?", "fr": "Où ?"},
     "choices": [{"code": "neck", "label": {"en": "Neck", "fr": "Nuque"}}, {"code": "back", "label": {"en": "Back", "fr": "Dos"}}]},
    {"code": "remark", "type": "text", "label": {"en": "Anything else?"}, "max_length": 100},
    {"code": "risks", "type": "consent", "required": True, "label": {"en": "Consent"}, "consent": {"text": RISKS, "version": "1"}},
]
YES = {"accepted": True, "version": "1"}


@pytest.fixture
def practice(make_practice, clock):
    return make_practice().simple(offering={"intake": QUESTIONS})


def asked(practice, who=None, offering=None, **params):
    return (who or practice.website).get(f"/v1/offerings/{(offering or practice.massage)['id']}/intake", params=params)


def confirm(booking, who, key=None, **body):
    return who.post(f"/v1/bookings/{booking['id']}/confirm", json=body, key=key)


def faults(reply):
    """The faults of the answers by the code of their question."""
    body = reply.json()
    assert (reply.status_code, body["type"]) == (422, "/problems/intake-invalid"), reply.text
    return {fault["pointer"].removeprefix("/intake/"): fault["detail"] for fault in body["errors"]}


def change(practice, **members):
    """Patches the offering with these members of one question each: code={...}; None takes the question away."""
    questions = [question | members.get(question["code"], {}) for question in QUESTIONS
                 if members.get(question["code"], {}) is not None]
    return practice.change("offering", practice.massage["id"], intake=questions)


# ---------------------------------------------------------------- the questions

def test_the_record_has_all_languages_and_every_change_is_a_version(practice):
    record = practice.massage
    assert record["intake_version"] == 1
    assert record["intake"] == [{"help": {}, "required": False} | question for question in QUESTIONS]
    patched = practice.change("offering", record["id"], step_minutes=30)
    assert (patched["intake"], patched["intake_version"]) == (record["intake"], 1), "something else has changed"
    assert change(practice)["intake_version"] == 1, "the same questions again are no new version"
    assert change(practice, remark=None)["intake_version"] == 2
    nothing = practice.change("offering", record["id"], intake=[])
    assert (nothing["intake"], nothing["intake_version"]) == ([], None)
    assert change(practice)["intake_version"] == 3, "a version never comes twice"
    listed, = practice.desk.items(practice.collection("offering"))
    assert listed["intake"] == record["intake"]
    rehearsed = practice.desk.patch(f"{practice.collection('offering')}/{record['id']}?dry_run=true", json={"intake": []}, if_match="*")
    assert rehearsed.json()["intake"] == [] and asked(practice).json()["version"] == 3
    changed = practice.desk.items("/v1/audit", clinic_id=practice.id, entity="offering", entity_id=record["id"])[0]["changed"]
    assert changed == ["intake", "intake_version"]


def test_people_read_them_in_their_language(practice):
    french = asked(practice, lang="fr")
    assert french.headers["content-language"] == "en, fr", "some have no French"
    assert french.json() == {"offering_id": practice.massage["id"], "clinic_id": practice.id, "version": 1, "questions": [
        {"code": "thinners", "type": "yes_no", "label": "Anticoagulants ?", "help": "Par exemple.", "required": True},
        {"code": "where", "type": "choice", "label": "Où ?", "required": False, "multiple": True,
         "choices": [{"code": "neck", "label": "Nuque"}, {"code": "back", "label": "Dos"}]},
        {"code": "remark", "type": "text", "label": "Anything else?", "required": False, "max_length": 100},
        {"code": "risks", "type": "consent", "label": "Consent", "required": True,
         "consent": {"version": "1", "text": "Des bleus sont possibles.", "language": "fr"}}]}
    german = practice.website.get(f"/v1/offerings/{practice.massage['id']}/intake", headers={"Accept-Language": "de, fr;q=0.5"})
    assert german.json() == french.json()
    assert asked(practice, lang="de").json()["questions"][3]["consent"] == {"version": "1", "text": RISKS["en"], "language": "en"}
    everything = asked(practice, lang="*").json()["questions"]
    assert everything[0]["label"] == QUESTIONS[0]["label"] and everything[3]["consent"] == {"version": "1", "text": RISKS}

    change(practice, remark=None)
    assert [question["code"] for question in asked(practice).json()["questions"]] == ["thinners", "where", "risks"]
    assert asked(practice, version=1, lang="fr").json() == french.json(), "what was asked stays readable"
    assert asked(practice, version=3).status_code == 404
    practice.archive("offering", practice.massage["id"])
    assert asked(practice, version=1).status_code == 200, "also when nobody is asked any more"


def test_who_may_not_know_of_the_offering_reads_no_questions(practice, make_practice):
    other = make_practice().simple()
    assert asked(practice, who=other.website).status_code == 404
    nothing = asked(other)
    assert (nothing.status_code, nothing.json()["version"], nothing.json()["questions"]) == (200, None, [])
    assert asked(other, offering={"id": "01900000-0000-7004-8000-00000000ffff"}).status_code == 404


def test_questions_that_do_not_hold_together_are_refused_all_at_once(practice):
    def wrong(*questions):
        reply = practice.desk.patch(f"{practice.collection('offering')}/{practice.massage['id']}", json={"intake": questions}, if_match="*")
        assert reply.status_code == 422 and reply.json()["type"] == "/problems/unprocessable", reply.text
        return [(fault["pointer"].removeprefix("/intake"), fault["detail"]) for fault in reply.json()["errors"]]

    label, text = {"en": "Q"}, {"en": "T"}
    assert wrong({"code": "a", "type": "text", "label": {}}, {"code": "a", "type": "choice", "label": label},
                 {"code": "b", "type": "consent", "label": label},
                 {"code": "c", "type": "yes_no", "label": label, "max_length": 5, "multiple": True, "choices": [{"code": "x", "label": text}],
                  "consent": {"text": text, "version": "1"}},
                 {"code": "d", "type": "choice", "label": label,
                  "choices": [{"code": "x", "label": text}, {"code": "x", "label": {}}]},
                 {"code": "e", "type": "consent", "label": label, "consent": {"text": {}, "version": "1"}}) == [
        ("/0/label", "is required"), ("/1/choices", "is required for a choice"), ("/1/code", "stands twice"),
        ("/2/consent", "is required for a consent"), ("/3/max_length", "is for a text"), ("/3/choices", "is for a choice"),
        ("/3/multiple", "is for a choice"), ("/3/consent", "is for a consent"), ("/4/choices/1/code", "stands twice"),
        ("/4/choices/1/label", "is required"), ("/5/consent/text", "is required")]
    many = [{"code": f"q{number}", "type": "yes_no", "label": label} for number in range(31)]
    path = f"{practice.collection('offering')}/{practice.massage['id']}"
    assert practice.desk.patch(path, json={"intake": many[:30]}, if_match="*").status_code == 200
    assert practice.desk.patch(path, json={"intake": many}, if_match="*").status_code == 400


def test_other_words_of_a_consent_are_another_version(practice):
    path = f"{practice.collection('offering')}/{practice.massage['id']}"

    def consent(version, **text):
        return practice.desk.patch(path, json={"intake": [QUESTIONS[3] | {"consent": {"text": text, "version": version}}]}, if_match="*")

    refused = consent("1", en="Bruises are likely.")
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/intake/0/consent/version"
    assert consent("1", **RISKS, nl="Blauwe plekken zijn mogelijk.").status_code == 200, "a language may be added"
    assert consent("1", en=RISKS["en"]).status_code == 200, "or taken away"
    assert consent("2", en="Bruises are likely.").status_code == 200
    assert consent("1", en="Bruises are likely.").status_code == 422, "the earlier words are remembered"
    assert consent("1", nl="Andere woorden.").status_code == 422


# ---------------------------------------------------------------- the answers

def test_a_booking_that_is_firm_at_once_needs_its_answers(practice):
    assert faults(practice.book(NINE)) == {"thinners": "is required", "risks": "is required"}
    assert faults(practice.book(NINE, intake={"thinners": "no", "where": ["foot"], "risks": {"accepted": False, "version": "1"}, "x": "?"})) == {
        "thinners": "must be true or false", "where": "must have nothing but neck, back", "risks": "must be accepted", "x": "is not asked"}
    assert "03-08T09:00" in practice.starts("2027-03-08"), "the refusal took nothing"
    made = practice.booked(NINE, intake={"thinners": True, "where": ["neck"], "remark": "", "risks": YES | {"language": "fr"}})
    assert (made["intake_version"], made["intake_open"]) == (1, [])
    assert made["intake"] == {"thinners": True, "where": ["neck"], "risks": YES | {"language": "fr", "at": made["intake"]["risks"]["at"]}}
    assert made["intake"]["risks"]["at"].startswith("2027-03-01T06:0")
    for who in (practice.partner, practice.desk):
        assert who.get(f"/v1/bookings/{made['id']}").json() == made
    # No form of an answer passes that no question could have.
    for answers in ({"Bad-Code": True}, {"thinners": 1}, {"risks": {"accepted": True}}, {"risks": YES | {"at": "2027-03-01T06:00:00Z"}}):
        assert practice.book(TEN, intake=answers).status_code == 400


def test_a_hold_carries_a_part_and_the_rest_comes_with_the_confirmation(practice):
    assert faults(practice.book(NINE, client=None, intake={"thinners": "?"})) == {"thinners": "must be true or false"}
    hold = practice.booked(NINE, client=None, intake={"thinners": True, "remark": "A scar."})
    assert (hold["intake"], hold["intake_open"]) == ({"thinners": True, "remark": "A scar."}, ["risks"])
    assert faults(confirm(hold, practice.partner, client=CLIENT)) == {"risks": "is required"}
    assert faults(confirm(hold, practice.partner, client=CLIENT, intake={"thinners": None, "risks": YES})) == {"thinners": "is required"}
    done = confirm(hold, practice.partner, client=CLIENT | {"language": "fr-BE"}, intake={"remark": None, "where": ["back"], "risks": YES})
    assert done.status_code == 200, done.text
    done = done.json()
    assert done["intake"].keys() == {"thinners", "where", "risks"} and done["intake_open"] == []
    assert done["intake"]["risks"]["language"] == "fr", "what the client's language gets"


def test_a_consent_is_to_the_words_of_today(practice):
    hold = practice.booked(NINE, client=None, intake={"thinners": True, "remark": "A scar.", "risks": YES})
    assert hold["intake_version"] == 1
    change(practice, remark=None, risks={"consent": {"text": {"en": "Bruises are likely."}, "version": "2"}})
    again = "is of another version: the text is of version 2, and has to be read"
    assert faults(confirm(hold, practice.partner, client=CLIENT)) == {"risks": again}
    assert faults(confirm(hold, practice.desk, client=CLIENT)) == {"risks": again}, "nor does the desk pass it on"
    assert faults(practice.book(TEN, intake={"thinners": True, "risks": YES})) == {"risks": again}
    new = {"accepted": True, "version": "2"}
    assert faults(confirm(hold, practice.partner, client=CLIENT, intake={"risks": new | {"language": "fr"}})) == {
        "risks": "has no text in that language"}
    done = confirm(hold, practice.partner, client=CLIENT, intake={"risks": new}).json()
    assert done["intake_version"] == 2 and done["intake"].keys() == {"thinners", "risks"}, "what is no longer asked is no answer"

    # What comes later rewrites nothing.
    change(practice, thinners=None, risks={"consent": {"text": {"en": "Bruises are certain."}, "version": "3"}})
    kept = practice.partner.get(f"/v1/bookings/{done['id']}").json()
    assert kept == done and kept["intake"]["risks"]["version"] == "2"
    form = asked(practice, version=kept["intake_version"], lang=kept["intake"]["risks"]["language"]).json()
    assert form["questions"][-1]["consent"]["text"] == "Bruises are likely."
    moved = practice.partner.post(f"/v1/bookings/{done['id']}/reschedule", json={"start": ELEVEN}).json()
    assert moved["intake"] == done["intake"], "it moves along"


def test_the_desk_may_leave_open_what_it_could_not_ask(practice):
    booked = practice.book(NINE, who=practice.desk)
    assert booked.status_code == 201
    assert (booked.json()["intake"], booked.json()["intake_version"], booked.json()["intake_open"]) == (None, 1, ["thinners", "risks"])
    hold = practice.booked(TEN, client=None)
    done = confirm(hold, practice.desk, client=CLIENT, intake={"thinners": False})
    assert (done.status_code, done.json()["intake_open"]) == (200, ["risks"])
    # But a consent is not given by half.
    for risks in ({"accepted": False, "version": "1"}, {"accepted": True, "version": "0"}):
        assert list(faults(practice.book(ELEVEN, who=practice.desk, intake={"risks": risks}))) == ["risks"]
    assert list(faults(practice.book(ELEVEN, who=practice.desk, intake={"thinners": "ja"}))) == ["thinners"]


def test_answers_are_put_right_against_the_questions_of_the_booking(practice):
    def patch(booking, who, **intake):
        return who.patch(f"/v1/bookings/{booking['id']}", json={"intake": intake}, if_match="*")

    open_one = practice.booked(NINE, who=practice.desk)
    change(practice, remark=None, risks={"consent": {"text": {"en": "Bruises are likely."}, "version": "2"}})
    first = patch(open_one, practice.desk, thinners=False, remark="A scar.")
    assert first.status_code == 200, first.text
    assert (first.json()["intake"], first.json()["intake_open"], first.json()["intake_version"]) == (
        {"thinners": False, "remark": "A scar."}, ["risks"], 1)
    assert faults(patch(open_one, practice.desk, risks={"accepted": True, "version": "2"})) == {
        "risks": "is of another version: the text is of version 1, and has to be read"}
    signed = patch(open_one, practice.desk, risks=YES, remark=None).json()
    assert signed["intake_open"] == [] and signed["intake"].keys() == {"thinners", "risks"} and signed["version"] == 3
    assert patch(signed, practice.desk, thinners=False).json()["version"] == 3, "nothing has changed"
    assert patch(signed, practice.desk, risks=None).json()["intake_open"] == ["risks"]

    mine = practice.booked(TEN, intake={"thinners": True, "risks": {"accepted": True, "version": "2"}})
    assert patch(mine, practice.partner, thinners=False).json()["intake"]["thinners"] is False
    assert faults(patch(mine, practice.partner, thinners=None)) == {"thinners": "is required"}
    taken_back = practice.partner.patch(f"/v1/bookings/{mine['id']}", json={"intake": None}, if_match="*")
    assert faults(taken_back).keys() == {"thinners", "risks"}
    trail = practice.desk.items("/v1/audit", clinic_id=practice.id, what="patchBooking", entity_id=mine["id"])
    assert [entry["after"]["changed"] for entry in trail] == [["intake"]]


def test_a_repeated_request_is_answered_alike(practice):
    answers = {"thinners": True, "risks": YES}
    first = practice.book(NINE, intake=answers, key="once")
    again = practice.book(NINE, intake=answers, key="once")
    assert again.headers["idempotency-replayed"] == "true" and again.json() == first.json()
    other = practice.book(NINE, intake=answers | {"thinners": False}, key="once")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    # A refusal is not kept: the same key may come again with what was missing.
    assert faults(practice.book(TEN, key="later"))
    assert practice.book(TEN, intake=answers, key="later").status_code == 201


def test_answers_are_in_no_list_no_log_of_changes_and_no_search(practice):
    secret = "sarcoidosis"
    made = practice.booked(NINE, intake={"thinners": True, "remark": secret, "risks": YES})
    hold = practice.booked(TEN, client=None, intake={"remark": secret})
    assert confirm(hold, practice.partner, client=CLIENT, intake={"thinners": True, "risks": YES}).status_code == 200
    assert practice.partner.post(f"/v1/bookings/{made['id']}/cancel").json()["intake"]["remark"] == secret
    for who in (practice.partner, practice.desk):
        listed = who.get("/v1/bookings", params={"clinic_id": practice.id})
        assert len(listed.json()["items"]) == 2 and "intake" not in listed.text and secret not in listed.text
    span = {"from": "2027-03-08", "to": "2027-03-08", "clinic_id": practice.id, "include": "offering,practitioner,location"}
    for path, params in (("/v1/audit", {"clinic_id": practice.id, "entity": "booking"}), ("/v1/charges", {}), ("/v1/availability", span)):
        reply = practice.desk.get(path, params=params)
        assert reply.status_code == 200 and secret not in reply.text
    assert len(practice.desk.items("/v1/audit", clinic_id=practice.id, entity="booking")) == 4


def test_the_change_log_knows_no_answers(practice, shared_service):
    secret = "haemochromatosis"
    practice.booked(NINE, intake={"thinners": True, "remark": secret, "risks": YES})
    rows = shared_service.database.connect("clinicd_owner", autocommit=True).execute(
        "select c.data::text || a.after::text || coalesce(a.before::text, '') from app.change c join app.audit a on a.entity_id = c.entity_id "
        "where c.clinic_id = %s and c.entity = 'booking'", [practice.id]).fetchall()
    assert rows and not any(secret in row or "thinners" in row for row, in rows)


def test_the_demo_asks_before_needles(shared_client, tokens):
    website = shared_client.with_token(tokens.website())
    for language, word in (("en", "pregnant"), ("fr", "enceinte"), ("nl", "zwanger"), ("de", "schwanger")):
        form = website.get(f"/v1/offerings/{ASKS}/intake", params={"lang": language})
        assert form.headers["content-language"] == language and form.json()["clinic_id"] == BRUSSELS
        questions = {question["code"]: question for question in form.json()["questions"]}
        assert word in questions["pregnancy"]["label"] and questions["risks"]["consent"]["language"] == language
        assert [code for code, question in questions.items() if question["required"]] == ["blood_thinners", "pregnancy", "risks"]
