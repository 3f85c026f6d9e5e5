"""A partner finds a free time and books it: the main job, over HTTP, with what may stand in its way."""
import datetime
import uuid

import pytest

from harness.slots import BRUSSELS, booking_of, free_slots


@pytest.fixture
def partner(client, tokens):
    return client.with_token(tokens.partner("partner-a"))


@pytest.fixture
def slot(client, tokens):
    return free_slots(client, tokens.website(), days=5)[0]


def at_that_time(client, slot):
    """Starts that search still offers for the practitioner of a slot on its day."""
    day = slot["start"][:10]
    return [item["start"] for item in client.items("/v1/availability", practitioner_id=slot["practitioner_id"],
                                                   offering_id=slot["offering_id"], location_id=slot["location_id"],
                                                   **{"from": day, "to": day})]


def test_a_time_is_found_booked_read_and_cancelled(partner, slot):
    assert slot["start"] in at_that_time(partner, slot)
    made = partner.post("/v1/bookings", json=booking_of(slot, note="First visit"), key=True)
    assert made.status_code == 201, made.text
    booking = made.json()
    assert booking["status"] == "confirmed" and booking["start"] == slot["start"]
    assert booking["price"] == slot["price"] and booking["source"] == "partner-a"
    assert made.headers["location"].endswith(f"/v1/bookings/{booking['id']}")
    assert slot["start"] not in at_that_time(partner, slot)

    read = partner.get(f"/v1/bookings/{booking['id']}")
    assert read.json() == booking
    assert partner.get(f"/v1/bookings/{booking['id']}", headers={"If-None-Match": read.headers["etag"]}).status_code == 304
    found = partner.get("/v1/bookings", params={"reference": booking["reference"]}).json()["items"]
    assert [item["id"] for item in found] == [booking["id"]]

    cancelled = partner.post(f"/v1/bookings/{booking['id']}/cancel", json={"reason": "ill"}, key=True)
    assert cancelled.status_code == 200 and cancelled.json()["status"] == "cancelled"
    assert cancelled.json()["charge"] is None, "days before, it costs nothing"
    assert cancelled.json()["version"] == booking["version"] + 1
    assert slot["start"] in at_that_time(partner, slot), "the time is free again"
    again = partner.post(f"/v1/bookings/{booking['id']}/cancel", json={"reason": "ill"}, key=True)
    assert again.status_code == 409 and again.json()["current_status"] == "cancelled"


def test_a_hold_blocks_the_time_and_becomes_firm_with_its_client(partner, slot):
    held = partner.post("/v1/bookings", json=booking_of(slot) | {"hold": True, "client": None}, key=True)
    assert held.status_code == 201, held.text
    booking = held.json()
    assert booking["status"] == "held" and booking["hold_expires_at"]
    assert partner.post("/v1/bookings", json=booking_of(slot)).status_code == 409
    path = f"/v1/bookings/{booking['id']}/confirm"
    assert partner.post(path, json={}).status_code == 422, "a firm booking needs a client"
    firm = partner.post(path, json={"client": {"name": "Anna", "email": "anna@example.org"}}, key="firm")
    assert firm.status_code == 200 and firm.json()["status"] == "confirmed"
    replayed = partner.post(path, json={"client": {"name": "Anna", "email": "anna@example.org"}}, key="firm")
    assert replayed.json() == firm.json() and replayed.headers["idempotency-replayed"] == "true"
    late = partner.post(path, json={"client": {"name": "Anna", "email": "anna@example.org"}})
    assert late.status_code == 409 and late.json()["current_status"] == "confirmed"


def test_a_hold_that_ran_out_gives_its_time_back(partner, slot, client, tokens):
    held = partner.post("/v1/bookings", json=booking_of(slot) | {"hold": True}).json()
    moved = partner.post("/v1/test-clock", json={"advance_seconds": 3600})
    assert moved.status_code == 200, moved.text
    expired = partner.post(f"/v1/bookings/{held['id']}/confirm", json={})
    assert expired.status_code == 409 and expired.json()["type"] == "/problems/hold-expired"
    other = client.with_token(tokens.partner("partner-b"))
    assert slot["start"] in at_that_time(other, slot)
    assert other.post("/v1/bookings", json=booking_of(slot)).status_code == 201
    assert partner.get(f"/v1/bookings/{held['id']}").json()["status"] == "expired"


def test_who_comes_second_hears_why_and_what_else_is_free(partner, slot, client, tokens):
    assert partner.post("/v1/bookings", json=booking_of(slot)).status_code == 201
    loser = client.with_token(tokens.partner("partner-b")).post("/v1/bookings", json=booking_of(slot))
    assert loser.status_code == 409
    problem = loser.json()
    assert problem["type"] == "/problems/slot-taken" and problem["reasons"]
    assert 0 < len(problem["alternatives"]) <= 3
    other = problem["alternatives"][0]
    assert client.with_token(tokens.partner("partner-b")).post("/v1/bookings", json=booking_of(other)).status_code == 201


@pytest.mark.parametrize("shift, why", [
    (datetime.timedelta(minutes=5), "off the grid"), (datetime.timedelta(hours=14), "closed"),
    (datetime.timedelta(days=400), "beyond the horizon"), (datetime.timedelta(days=-30), "past")])
def test_a_start_that_is_not_offered_is_refused_with_reasons(partner, slot, shift, why):
    start = datetime.datetime.fromisoformat(slot["start"]) + shift
    refused = partner.post("/v1/bookings", json=booking_of(slot) | {"start": start.isoformat()})
    assert refused.status_code == 409, f"{why}: {refused.text}"
    assert refused.json()["type"] == "/problems/slot-not-offered" and refused.json()["reasons"]


def test_a_key_means_one_request(partner, slot):
    key = str(uuid.uuid4())
    first, second = (partner.post("/v1/bookings", json=booking_of(slot), key=key) for _ in range(2))
    assert first.status_code == second.status_code == 201 and first.json() == second.json()
    reused = partner.post("/v1/bookings", json=booking_of(slot, name="Somebody else"), key=key)
    assert reused.status_code == 422 and reused.json()["type"] == "/problems/idempotency-key-reused"


def test_without_a_practitioner_any_free_one_takes_it(partner, slot):
    made = partner.post("/v1/bookings", json=booking_of(slot) | {"practitioner_id": None})
    assert made.status_code == 201 and made.json()["practitioner_id"]


def test_a_late_cancel_costs_the_share_of_the_policy(partner, slot):
    booking = partner.post("/v1/bookings", json=booking_of(slot)).json()
    start = datetime.datetime.fromisoformat(slot["start"])
    now = datetime.datetime.now(datetime.timezone.utc)
    to_go = int((start - now).total_seconds()) - 2 * 3600
    assert partner.post("/v1/test-clock", json={"advance_seconds": to_go}).status_code == 200
    cancelled = partner.post(f"/v1/bookings/{booking['id']}/cancel", json={"reason": "overslept"})
    assert cancelled.status_code == 200
    assert cancelled.json()["charge"]["amount"] == booking["price"]["amount"], "100 % within 24 h"


def test_partners_do_not_see_each_other_and_the_desk_sees_its_clinic(partner, slot, client, tokens):
    booking = partner.post("/v1/bookings", json=booking_of(slot)).json()
    path = f"/v1/bookings/{booking['id']}"
    other = client.with_token(tokens.partner("partner-b"))
    assert other.get(path).status_code == 404
    assert other.post(f"{path}/cancel", json={"reason": "mine?"}).status_code == 404
    assert other.get("/v1/bookings").json()["items"] == []
    assert client.with_token(tokens.desk([uuid.uuid4()])).get(path).status_code == 404
    desk = client.with_token(tokens.desk([BRUSSELS]))
    assert desk.get(path).json()["client"]["name"] == "Racer"
    assert [item["id"] for item in desk.items("/v1/bookings", clinic_id=BRUSSELS)] == [booking["id"]]
    assert client.with_token(tokens.website()).get(path).status_code == 403


def test_bookings_are_listed_page_by_page(partner, client, tokens):
    from harness.slots import slots_apart
    made = [partner.post("/v1/bookings", json=booking_of(slot)).json() for slot in slots_apart(client, tokens.website(), 5)]
    listed = partner.items("/v1/bookings", limit=2)
    assert sorted(item["id"] for item in listed) == sorted(item["id"] for item in made)
    starts = [datetime.datetime.fromisoformat(item["start"]) for item in listed]
    assert starts == sorted(starts)


def test_a_search_crosses_clinics_and_days_count_what_it_finds(client, tokens):
    website = client.with_token(tokens.website())
    first = datetime.date.today() + datetime.timedelta(days=3)
    week = {"from": first.isoformat(), "to": (first + datetime.timedelta(days=6)).isoformat()}
    found = website.items("/v1/availability", treatment="dry-needling", limit=500, **week)
    assert len({slot["clinic_id"] for slot in found}) >= 2
    keys = [(datetime.datetime.fromisoformat(slot["start"])) for slot in found]
    assert keys == sorted(keys)
    days = website.get("/v1/availability/days", params={"treatment": "dry-needling", **week})
    assert days.status_code == 200
    assert sum(day["slots"] for day in days.json()["items"]) == len(found)


def test_a_search_over_more_than_a_month_is_refused(client, tokens):
    website = client.with_token(tokens.website())
    span = {"from": "2027-01-01", "to": "2027-03-01", "treatment": "cupping"}
    for path in ("/v1/availability", "/v1/availability/days"):
        refused = website.get(path, params=span)
        assert refused.status_code == 422 and refused.json()["type"] == "/problems/range-too-long"
