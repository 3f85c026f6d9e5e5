"""Intake answers against the questions, as app.intake_refusal judges them: form, completeness, the desk, all faults at once."""
import json

import pytest

from clinic_kit import Clinic

QUESTIONS = [
    {"code": "pain", "type": "text", "label": {"en": "Where does it hurt?"}, "required": True, "max_length": 10},
    {"code": "side", "type": "choice", "label": {"en": "Side"}, "required": True,
     "choices": [{"code": "left", "label": {"en": "Left"}}, {"code": "right", "label": {"en": "Right"}}]},
    {"code": "where", "type": "choice", "label": {"en": "Where"}, "multiple": True,
     "choices": [{"code": code, "label": {"en": code}} for code in ("neck", "back", "knee")]},
    {"code": "pregnant", "type": "yes_no", "label": {"en": "Pregnant?"}, "required": True},
    {"code": "risks", "type": "consent", "label": {"en": "Risks"}, "required": True,
     "consent": {"text": {"en": "I know them.", "fr": "Je les connais."}, "version": "2027-1"}},
    {"code": "photos", "type": "consent", "label": {"en": "Photos"}, "consent": {"text": {"en": "You may."}, "version": "1"}},
]
GOOD = {"pain": "knee", "side": "left", "where": ["neck", "knee"], "pregnant": False,
        "risks": {"accepted": True, "version": "2027-1"}, "photos": {"accepted": False, "version": "1"}}

# What comes in place of a good answer, and the detail it is refused with (None: it is taken).
ANSWERS = [
    ("pain", 7, "must be a text"),
    ("pain", "0123456789", None),
    ("pain", "éééééééééé", None),
    ("pain", "01234567890", "must have at most 10 characters"),
    ("pain", "  ", "is required"),
    ("side", "up", "must be one of left, right"),
    ("side", ["left"], "must be one of left, right"),
    ("side", True, "must be one of left, right"),
    ("side", None, "is required"),
    ("where", "neck", "must be a list of codes"),
    ("where", ["neck", "foot"], "must have nothing but neck, back, knee"),
    ("where", ["neck", None], "must have nothing but neck, back, knee"),
    ("where", ["neck", "neck"], "must not name a code twice"),
    ("where", [], None),
    ("where", None, None),
    ("pregnant", "no", "must be true or false"),
    ("pregnant", True, None),
    ("risks", True, "must say whether it is `accepted`, and which `version` of the text"),
    ("risks", {"accepted": True}, "must say whether it is `accepted`, and which `version` of the text"),
    ("risks", {"accepted": "yes", "version": "2027-1"}, "must say whether it is `accepted`, and which `version` of the text"),
    ("risks", {"accepted": False, "version": "2027-1"}, "must be accepted"),
    ("risks", {"accepted": True, "version": "2026-1"}, "is of another version: the text is of version 2027-1, and has to be read"),
    ("risks", {"accepted": True, "version": "2027-1", "language": "fr"}, None),
    ("risks", {"accepted": True, "version": "2027-1", "language": "nl"}, "has no text in that language"),
    ("photos", None, None),
    ("unasked", "x", "is not asked"),
    ("unasked", None, None),
]


@pytest.fixture(scope="module")
def owner(shared_database):
    connection = shared_database.connect("clinicd_owner", autocommit=True)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def offering(owner):
    """An offering that asks, as its row in SQL."""
    clinic = Clinic(owner)
    site = clinic.location()
    made = clinic.offering([clinic.practitioner(site)], [site])
    owner.execute("insert into app.intake_form (clinic_id, offering_id, version, questions) values (%s, %s, 3, app.intake_questions(%s))",
                  [clinic.id, made, json.dumps(QUESTIONS)])
    owner.execute("update app.offering set intake_version = 3 where id = %s", [made])
    return made


def refusal(owner, offering, answers, complete=True, for_desk=False, pointer="/intake"):
    """The faults by the code of their question, or None."""
    status, body = owner.execute(
        "select r.status, r.body from app.offering o cross join lateral app.intake_refusal(o, %s::jsonb, %s, %s, %s) as r where o.id = %s",
        [json.dumps(answers), complete, for_desk, pointer, offering]).fetchone()
    if status is None:
        return None
    assert status == 422 and body["type"] == "intake-invalid"
    assert all(fault["pointer"].startswith(pointer + "/") for fault in body["errors"])
    return {fault["pointer"].removeprefix(pointer + "/"): fault["detail"] for fault in body["errors"]}


@pytest.mark.parametrize("code, answer, detail", ANSWERS)
def test_an_answer_is_what_its_question_asks(owner, offering, code, answer, detail):
    assert refusal(owner, offering, GOOD | {code: answer}) == ({code: detail} if detail else None)


@pytest.mark.parametrize("code, answer, detail", ANSWERS)
def test_a_hold_may_leave_open_what_it_likes_but_not_answer_wrongly(owner, offering, code, answer, detail):
    expected = {code: detail} if detail and detail != "is required" else None
    assert refusal(owner, offering, {code: answer}, complete=False) == expected
    # So may the desk, also when it makes a booking firm; a consent it gives only as it is.
    assert refusal(owner, offering, {code: answer}, for_desk=True) == expected


def test_all_faults_come_at_once_in_the_order_of_the_questions(owner, offering):
    faults = refusal(owner, offering, {"zzz": 1, "aaa": 2, "side": "up", "pain": 1}, pointer="/items/2/intake")
    assert list(faults.items()) == [
        ("pain", "must be a text"), ("side", "must be one of left, right"), ("pregnant", "is required"), ("risks", "is required"),
        ("aaa", "is not asked"), ("zzz", "is not asked")]
    assert refusal(owner, offering, None).keys() == {"pain", "side", "pregnant", "risks"}


def test_an_offering_that_asks_nothing_takes_no_answers(owner):
    clinic = Clinic(owner)
    site = clinic.location()
    plain = clinic.offering([clinic.practitioner(site)], [site])
    assert refusal(owner, plain, None) is None and refusal(owner, plain, {}) is None
    assert refusal(owner, plain, {"pain": "knee"}) == {"pain": "is not asked"}
