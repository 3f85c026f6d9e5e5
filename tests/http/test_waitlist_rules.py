"""What is offered to the waiting list obeys the rules of every booking: questions before a visit, what a partner may book in a
day, hours that are kept for the desk."""
import time

import pytest

from harness import PATIENCE
from harness.practice import CLIENT

pytestmark = pytest.mark.slow  # the rules are SQL: once is enough

DAY, NINE = "2027-03-08", "2027-03-08T09:00:00+01:00"


@pytest.fixture
def practice(make_practice, clock):
    """One hour of one person on a Monday; the desk has booked it."""
    questions = [{"code": "thinners", "type": "yes_no", "required": True, "label": {"en": "Blood thinners?"}}]
    practice = make_practice().simple(offering={"intake": questions}, end="10:00")
    practice.taken = practice.booked(NINE, who=practice.desk)
    return practice


def enter(practice, who=None):
    reply = (who or practice.partner).post("/v1/waitlist", json={
        "clinic_id": practice.id, "offering_ids": [practice.massage["id"]], "date_from": DAY, "date_to": DAY, "client": CLIENT})
    assert reply.status_code == 201, reply.text
    return reply.json()["id"]


def free_the_hour(practice):
    assert practice.desk.post(f"/v1/bookings/{practice.taken['id']}/cancel").status_code == 200


def offered(practice, entry, who=None):
    """The entry, once the worker has offered it the hour."""
    deadline = time.monotonic() + 10 * PATIENCE
    while time.monotonic() < deadline:
        found = (who or practice.partner).get(f"/v1/waitlist/{entry}").json()
        if found["status"] == "offered":
            return found
        time.sleep(0.02)
    raise AssertionError(f"nothing was offered: {found}")


def accept(practice, entry, **body):
    return practice.partner.post(f"/v1/waitlist/{entry}/accept", json=body)


def test_an_offer_is_accepted_with_the_answers(practice):
    entry = enter(practice)
    free_the_hour(practice)
    held = offered(practice, entry)["offer"]["booking_id"]
    assert practice.partner.get(f"/v1/bookings/{held}").json()["intake_open"] == ["thinners"]
    refused = accept(practice, entry)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/intake-invalid")
    assert refused.json()["errors"] == [{"pointer": "/intake/thinners", "detail": "is required"}]
    done = accept(practice, entry, intake={"thinners": True})
    assert done.status_code == 200 and done.json()["booking"]["intake"] == {"thinners": True}, done.text


def test_who_has_booked_enough_today_accepts_tomorrow(practice, clock):
    practice.policy(waitlist_offer_minutes=1440, max_bookings_per_partner_per_day=1)
    entry = enter(practice)
    practice.schedule(practice.person, practice.site, weekdays=(2,))
    assert practice.book("2027-03-09T09:00:00+01:00", intake={"thinners": True}).status_code == 201
    free_the_hour(practice)
    offered(practice, entry)
    refused = accept(practice, entry, intake={"thinners": True})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/too-many-bookings")
    assert (refused.json()["limit"], refused.json()["retry_at"]) == (1, "2027-03-02T00:00:00+01:00")
    clock("2027-03-02T06:00:00+01:00")
    assert accept(practice, entry, intake={"thinners": True}).status_code == 200


def test_kept_hours_are_offered_to_the_desks_entries_alone(practice):
    practice.change("schedule", practice.hours["id"], desk_only_until_hours_before=24)
    partners, desks = enter(practice), enter(practice, practice.desk)
    free_the_hour(practice)
    offered(practice, desks, practice.desk)
    assert practice.partner.get(f"/v1/waitlist/{partners}").json()["status"] == "waiting", "who came first was passed over"
