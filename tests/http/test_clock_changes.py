"""The moments of a booking over both changes of clocks in Brussels, forward on 2027-03-28 and back on 2027-10-31 (at 01:00 UTC): a
day is 24 hours that pass, whatever the wall says, and a hold lasts its minutes."""
import pytest

FORWARD = {"start": "2027-03-28T12:00:00+02:00", "free": "2027-03-27T11:00:00+01:00", "remind": "2027-03-27T07:00:00+01:00",
           "just_in_time": "2027-03-27T09:59:50Z", "late": "2027-03-27T10:00:01Z"}
BACK = {"start": "2027-10-31T12:00:00+01:00", "free": "2027-10-30T13:00:00+02:00", "remind": "2027-10-30T09:00:00+02:00",
        "just_in_time": "2027-10-30T10:59:50Z", "late": "2027-10-30T11:00:01Z"}


def sundays(make_practice):
    practice = make_practice(policy={"booking_horizon_days": 365, "min_notice_minutes": 0})
    return practice.simple(weekdays=(7,), start="01:00", end="18:00")


@pytest.mark.parametrize("over", [FORWARD, BACK], ids=["forward", "back"])
def test_a_day_before_and_28_hours_before(make_practice, clock, over):
    practice = sundays(make_practice)
    in_time = practice.booked(over["start"])
    late = practice.booked(over["start"].replace("T12", "T13"))
    assert (in_time["free_cancel_until"], in_time["remind_at"]) == (over["free"], over["remind"])
    clock(over["just_in_time"])
    assert practice.partner.post(f"/v1/bookings/{in_time['id']}/cancel", json={}).json()["charge"] is None
    again = practice.booked(over["start"])
    clock(over["late"])
    charge = practice.partner.post(f"/v1/bookings/{again['id']}/cancel", json={}).json()["charge"]
    assert charge["kind"] == "late_cancellation" and charge["percent"] == 100
    assert practice.partner.post(f"/v1/bookings/{late['id']}/cancel", json={}).json()["charge"] is None, "an hour later, an hour more"


@pytest.mark.parametrize("before, expires", [
    ("2027-03-28T00:55:00Z", "2027-03-28T03:05:0"),  # from 01:55 on the wall, over the hour that is not
    ("2027-10-31T00:55:00Z", "2027-10-31T02:05:0"),  # from 02:55 to the second 02:05
], ids=["forward", "back"])
def test_a_hold_lasts_its_minutes(make_practice, clock, before, expires):
    practice = sundays(make_practice)
    day, noon = before[:10], f"{before[:10]}T12:00:00{'+02:00' if '03-28' in before else '+01:00'}"
    clock(before)
    hold = practice.booked(noon, client=None)
    assert hold["hold_expires_at"].startswith(expires)
    clock(before.replace("00:55:00", "01:04:30"))
    assert noon[5:16] not in practice.starts(day)
    assert practice.partner.get(f"/v1/bookings/{hold['id']}").json()["status"] == "held"
    clock(before.replace("00:55:00", "01:05:30"))
    assert noon[5:16] in practice.starts(day)
    refused = practice.partner.post(f"/v1/bookings/{hold['id']}/confirm", json={"client": {"name": "Ada", "email": "ada@example.org"}})
    assert refused.status_code == 409 and refused.json()["type"] == "/problems/hold-expired"
