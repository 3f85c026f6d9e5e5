"""Free times of the demo practice, for tests that book many of them."""
import datetime

BRUSSELS = "01900000-0000-7000-8000-000000000001"
ASKS = "01900000-0000-7004-8000-000100000005"  # the offering that asks questions before a visit


def free_slots(client, token, days=28, first_day=3, clinic=None):
    """All free starts of a clinic (the Brussels centre), by start; only of what can be booked without an answer to anything."""
    first = datetime.date.today() + datetime.timedelta(days=first_day)
    last = first + datetime.timedelta(days=days - 1)
    found = client.with_token(token).items("/v1/availability", clinic_id=clinic or BRUSSELS, limit=500,
                                           **{"from": first.isoformat(), "to": last.isoformat()})
    return [slot for slot in found if slot["offering_id"] != ASKS]


def slots_apart(client, token, count, days=28, clinic=None):
    """Free starts that do not get in each other's way: an hour apart for each practitioner and each
    location (whose rooms they might share), and for one person: of a group many may have the same."""
    found, ends = [], {}
    for slot in free_slots(client, token, days, clinic=clinic):
        if "seats_left" in slot:
            continue
        start, end = (datetime.datetime.fromisoformat(slot[name]) for name in ("start", "end"))
        taken = (slot["practitioner_id"], slot["location_id"])
        if any(who in ends and start < ends[who] + datetime.timedelta(hours=1) for who in taken):
            continue
        ends |= dict.fromkeys(taken, end)
        found.append(slot)
        if len(found) == count:
            return found
    raise AssertionError(f"the demo practice has only {len(found)} such slots")


def booking_of(slot, name="Racer", **members):
    """The body that books a slot."""
    return {"offering_id": slot["offering_id"], "location_id": slot["location_id"],
            "practitioner_id": slot["practitioner_id"], "start": slot["start"],
            "client": {"name": name, "email": "racer@example.org"}, **members}
