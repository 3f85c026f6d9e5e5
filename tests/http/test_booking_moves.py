"""A booking moves to another time, person or place: one act, or none. On practices of their own, by the test clock."""
import itertools

import pytest

from harness.practice import CLIENT

NINE = "2027-03-29T09:00:00+02:00"  # the Monday after the clocks changed
TEN, ELEVEN = NINE.replace("T09", "T10"), NINE.replace("T09", "T11")


def move(who, booking, start, key=None, **body):
    return who.post(f"/v1/bookings/{booking['id']}/reschedule", json={"start": start} | body, key=key)


def told(practice, booking):
    """Kinds and operations of the audit are the database's; here, what a reader of the booking sees."""
    return practice.partner.get(f"/v1/bookings/{booking['id']}").json()


@pytest.fixture
def practice(make_practice, clock):
    return make_practice().simple(start="09:00", end="13:00")


def test_the_new_place_is_taken_and_the_old_one_free(practice):
    booking = practice.booked(NINE)
    reply = move(practice.partner, booking, ELEVEN, key="move")
    assert reply.status_code == 200, reply.text
    moved = reply.json()
    assert (moved["start"], moved["end"]) == (ELEVEN, NINE.replace("T09", "T12"))
    assert moved["version"] == 2 and reply.headers["etag"].replace("-gzip", "") == '"2"' and moved["status"] == "confirmed"
    assert moved["free_cancel_until"] == "2027-03-28T11:00:00+02:00" and moved["remind_at"] == "2027-03-28T07:00:00+02:00"
    same = ("id", "reference", "price", "client", "practitioner_id", "location_id", "created_at", "source", "charge")
    assert {name: moved[name] for name in same} == {name: booking[name] for name in same}
    assert told(practice, booking) == moved
    assert practice.starts("2027-03-29") == ["03-29T09:00", "03-29T09:15", "03-29T09:30", "03-29T09:45", "03-29T10:00",
                                             "03-29T12:00"]
    replayed = move(practice.partner, booking, ELEVEN, key="move")
    assert replayed.headers["idempotency-replayed"] == "true" and replayed.content == reply.content
    assert move(practice.partner, booking, TEN, key="move").status_code == 422
    assert practice.book(NINE).status_code == 201


def test_by_a_quarter_it_may_overlap_its_own_old_place(practice):
    booking = practice.booked(NINE)
    assert move(practice.partner, booking, NINE.replace("09:00", "09:15")).status_code == 200
    unmoved = move(practice.partner, booking, NINE.replace("09:00", "09:15"))
    assert unmoved.status_code == 200 and unmoved.json()["version"] == 2, "it is there already"


def test_a_place_that_cannot_be_had_leaves_everything_as_it_was(practice):
    booking, other = practice.booked(NINE), practice.booked(ELEVEN)
    free = practice.starts("2027-03-29")
    taken = move(practice.partner, booking, ELEVEN)
    assert taken.status_code == 409 and taken.json()["type"] == "/problems/slot-taken"
    assert taken.json()["reasons"] == ["practitioner_busy"] and len(taken.json()["alternatives"]) == 3
    off = move(practice.partner, booking, NINE.replace("09:00", "09:10"))
    assert off.json()["type"] == "/problems/slot-not-offered" and off.json()["reasons"] == ["off_grid"]
    assert move(practice.partner, booking, NINE.replace("T09", "T20")).json()["reasons"] == ["outside_hours"]
    assert told(practice, booking) == booking and told(practice, other) == other
    assert practice.starts("2027-03-29") == free
    assert practice.book(NINE).status_code == 409
    again = move(practice.partner, booking, taken.json()["alternatives"][0]["start"])
    assert again.status_code == 200, again.text


def test_to_another_person_another_site_or_anybody(practice):
    elsewhere = practice.location()
    helper = practice.practitioner(practice.site, elsewhere)
    practice.schedule(helper, practice.site, start="09:00", end="13:00")
    practice.schedule(helper, elsewhere, weekdays=(2,), start="09:00", end="13:00")
    practice.change("offering", practice.massage["id"], practitioner_ids=[practice.person["id"], helper["id"]],
                    location_ids=[practice.site["id"], elsewhere["id"]])
    booking = practice.booked(NINE)
    moved = move(practice.partner, booking, NINE, practitioner_id=helper["id"]).json()
    assert moved["practitioner_id"] == helper["id"] and moved["start"] == NINE
    tuesday = NINE.replace("03-29", "03-30")
    moved = move(practice.partner, booking, tuesday, location_id=elsewhere["id"]).json()
    assert (moved["location_id"], moved["practitioner_id"]) == (elsewhere["id"], helper["id"])
    refused = move(practice.partner, booking, tuesday, location_id=elsewhere["id"], practitioner_id=practice.person["id"])
    assert refused.status_code == 409 and refused.json()["reasons"] == ["not_offered"]
    back = move(practice.partner, booking, TEN, location_id=practice.site["id"], practitioner_id=None).json()
    assert back["practitioner_id"] == helper["id"], "the present one first"
    practice.booked(ELEVEN, practitioner=helper)
    other = move(practice.partner, booking, ELEVEN, practitioner_id=None).json()
    assert other["practitioner_id"] == practice.person["id"]
    for name in ("practitioner_id", "location_id"):
        assert move(practice.partner, booking, TEN, **{name: practice.id}).status_code == 404


def test_a_room_moves_along(make_practice, clock):
    practice = make_practice().simple(offering={"room_kind": "table"})
    helper = practice.practitioner(practice.site)
    practice.schedule(helper, practice.site)
    practice.change("offering", practice.massage["id"], practitioner_ids=[practice.person["id"], helper["id"]])
    practice.make("room", location_id=practice.site["id"], name="One", kind="table")
    first, second = practice.booked(NINE), practice.booked(TEN, practitioner=helper)
    refused = move(practice.partner, first, TEN)
    assert refused.status_code == 409 and refused.json()["reasons"] == ["room_busy"]
    assert move(practice.partner, first, ELEVEN).status_code == 200
    assert move(practice.partner, second, NINE).status_code == 200


def test_a_hold_moves_with_the_rest_of_its_time(practice, clock):
    held = practice.booked(NINE, client=None)
    clock("2027-03-01T06:05:00Z")
    moved = move(practice.partner, held, TEN).json()
    assert moved["status"] == "held" and moved["hold_expires_at"] == held["hold_expires_at"]
    assert practice.starts("2027-03-29")[0] == "03-29T09:00"
    clock("2027-03-01T06:11:00Z")
    late = move(practice.partner, held, ELEVEN)
    assert late.status_code == 409 and late.json()["type"] == "/problems/hold-expired"
    assert "03-29T10:00" in practice.starts("2027-03-29")


def test_what_has_ended_or_begun_stays(practice, clock):
    booking, other = practice.booked(NINE), practice.booked(ELEVEN)
    practice.partner.post(f"/v1/bookings/{booking['id']}/cancel", json={})
    assert move(practice.partner, booking, TEN).json()["current_status"] == "cancelled"
    clock("2027-03-29T09:00:01Z")  # eleven in Brussels
    begun = move(practice.partner, other, NINE.replace("03-29", "04-05"))
    assert begun.status_code == 409 and begun.json()["current_status"] == "confirmed"


def test_only_its_own_partner_and_the_desk_move_it(practice):
    booking = practice.booked(NINE)
    assert move(practice.another_partner(), booking, TEN).status_code == 404
    assert move(practice.website, booking, TEN).status_code == 403
    assert move(practice.desk, booking, TEN).status_code == 200


@pytest.mark.parametrize("start, late, in_time", [
    # A day of elapsed time: over the change of clocks it is another hour on the wall.
    ("2027-03-28T12:00:00+02:00", "2027-03-27T10:00:01Z", "2027-03-27T09:59:30Z"),
    ("2027-10-31T12:00:00+01:00", "2027-10-30T11:00:01Z", "2027-10-30T10:59:30Z"),
])
def test_late_is_what_the_booking_promised_also_over_a_change_of_clocks(make_practice, clock, start, late, in_time):
    practice = make_practice(policy={"late_reschedule_fee_percent": 15, "booking_horizon_days": 365})
    practice.simple(offering={"price": {"amount": 6550, "currency": "EUR"}}, weekdays=(7,), start="09:00", end="17:00")
    booking = practice.booked(start)
    assert booking["free_cancel_until"] == (start.replace("28T12", "27T11").replace("31T12", "30T13")
                                            .replace("+02:00", "+0x:00").replace("+01:00", "+02:00").replace("+0x", "+01"))
    practice.policy(late_reschedule_fee_percent=90)
    clock(in_time)
    moved = move(practice.partner, booking, start.replace("T12", "T13")).json()
    assert moved["charge"] is None
    assert move(practice.partner, booking, start).json()["charge"] is None, "late is judged by the place that it has"
    clock(late)
    charged = move(practice.partner, booking, start.replace("T12", "T14")).json()["charge"]
    assert (charged["kind"], charged["percent"], charged["amount"]) == ("late_reschedule", 15, 983)  # 982.5, half up
    clock(late.replace("T10", "T12").replace("T11", "T13"))
    again = move(practice.partner, booking, start.replace("T12", "T15")).json()["charge"]
    assert again["amount"] == 983 and again["id"] != charged["id"], "each late move counts"
    clock(late.replace("T10", "T20").replace("T11", "T20"))
    assert move(practice.desk, booking, start.replace("T12", "T16")).json()["charge"] == again, "the clinic's own is free"


def test_moving_late_costs_nothing_unless_the_policy_says_so(practice, clock):
    booking = practice.booked(NINE)
    clock("2027-03-28T12:00:00Z")
    assert move(practice.partner, booking, ELEVEN).json()["charge"] is None
    held = practice.booked(NINE, client=None)
    assert move(practice.partner, held, TEN).json()["charge"] is None


def test_an_hour_that_comes_twice_can_be_moved_within(make_practice, clock):
    """From the first 02:30 of the night of 31 October to the second."""
    practice = make_practice(policy={"booking_horizon_days": 365})
    practice.simple(offering={"duration_minutes": 30, "step_minutes": 30}, weekdays=(7,), start="01:00", end="05:00")
    booking = practice.booked("2027-10-31T02:30:00+02:00")
    moved = move(practice.partner, booking, "2027-10-31T02:30:00+01:00").json()
    assert moved["start"] == "2027-10-31T02:30:00+01:00" and moved["end"] == "2027-10-31T03:00:00+01:00"
    starts = [slot["start"][11:] for slot in practice.slots("2027-10-31")]
    assert "02:30:00+02:00" in starts and "02:30:00+01:00" not in starts
