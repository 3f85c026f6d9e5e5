"""The visit takes place or is missed: only the desk says so, only once it has begun."""
import pytest

pytestmark = pytest.mark.slow  # the rules are SQL: once is enough

NINE = "2027-03-29T09:00:00+02:00"
TEN = "2027-03-29T10:00:00+02:00"


def say(who, booking, what, key=None):
    return who.post(f"/v1/bookings/{booking['id']}/{what}", key=key)


@pytest.mark.parametrize("what, status", [("complete", "completed"), ("no-show", "no_show")])
def test_how_the_visit_went_is_said_by_the_desk_and_after_the_start(make_practice, clock, what, status):
    practice = make_practice().simple()
    booking = practice.booked(NINE)
    early = say(practice.desk, booking, what)
    assert early.status_code == 409 and early.json()["current_status"] == "confirmed"
    clock("2027-03-29T06:59:30Z")
    assert say(practice.desk, booking, what).status_code == 409, "half a minute to go"
    clock("2027-03-29T07:00:00Z")
    assert say(practice.partner, booking, what).status_code == 403
    reply = say(practice.desk, booking, what, key="went")
    assert reply.status_code == 200, reply.text
    assert reply.json()["status"] == status and reply.json()["version"] == 2
    assert say(practice.desk, booking, what, key="went").content == reply.content
    for again in ("complete", "no-show", "cancel"):
        refused = say(practice.desk, booking, again)
        assert refused.status_code == 409 and refused.json()["current_status"] == status
    assert practice.partner.get(f"/v1/bookings/{booking['id']}").json() == reply.json()


def test_a_hold_or_what_was_cancelled_is_no_visit(make_practice, clock):
    practice = make_practice(policy={"hold_minutes": 1440, "min_notice_minutes": 0}).simple()
    clock("2027-03-29T05:00:00Z")
    held, cancelled = practice.booked(NINE, client=None), practice.booked(TEN)
    assert say(practice.desk, cancelled, "cancel").status_code == 200
    clock("2027-03-29T08:30:00Z")
    assert say(practice.desk, held, "no-show").json()["current_status"] == "held"
    assert say(practice.desk, cancelled, "complete").json()["current_status"] == "cancelled"


def test_another_clinics_desk_knows_nothing_of_it(make_practice, clock):
    practice, other = make_practice().simple(), make_practice()
    booking = practice.booked(NINE)
    clock("2027-03-29T07:30:00Z")
    assert say(other.desk, booking, "no-show").status_code == 404


@pytest.mark.parametrize("start, begun", [("2027-03-28T03:30:00+02:00", "2027-03-28T01:30:00Z"),
                                          ("2027-10-31T02:30:00+01:00", "2027-10-31T01:30:00Z")])
def test_a_missed_visit_costs_what_was_agreed_also_in_the_night_of_the_clocks(make_practice, clock, start, begun):
    practice = make_practice(policy={"no_show_fee_percent": 33, "booking_horizon_days": 365})
    practice.simple(offering={"price": {"amount": 4550, "currency": "EUR"}, "step_minutes": 30}, weekdays=(7,), start="00:00", end="06:00")
    booking, kept = practice.booked(start), practice.booked(start.replace("T03", "T04").replace("T02", "T03"))
    practice.policy(no_show_fee_percent=100)
    clock(begun.replace("30:00", "29:30"))
    assert say(practice.desk, booking, "no-show").status_code == 409
    clock(begun)
    missed = say(practice.desk, booking, "no-show").json()
    assert (missed["charge"]["kind"], missed["charge"]["percent"]) == ("no_show", 33)
    assert missed["charge"]["amount"] == 1502, "1501.5, half up"
    clock(begun.replace("T01", "T03"))
    assert say(practice.desk, kept, "complete").json()["charge"] is None


def test_missing_it_is_free_where_the_policy_says_so(make_practice, clock):
    practice = make_practice(policy={"no_show_fee_percent": 0}).simple()
    booking = practice.booked(NINE)
    clock("2027-03-29T07:30:00Z")
    assert say(practice.desk, booking, "no-show").json()["charge"] is None


def test_the_rest_of_the_time_is_free_again(make_practice, clock):
    practice = make_practice(policy={"min_notice_minutes": 0}).simple()
    booking = practice.booked(NINE)
    clock("2027-03-29T07:10:00Z")
    assert practice.starts("2027-03-29")[0] == "03-29T10:00"
    say(practice.desk, booking, "no-show")
    assert practice.starts("2027-03-29")[0] == "03-29T09:15"
