"""Hours that a clinic keeps for its own desk until some hours before: who is offered them, and from which moment on."""
import pytest

pytestmark = pytest.mark.slow  # the rules are SQL: once is enough

DAY = "2027-03-08"


def at(clock_time, day=DAY, offset="+01:00"):
    return f"{day}T{clock_time}:00{offset}"


@pytest.fixture
def practice(make_practice, clock):
    """Mondays from nine to twelve, the desk's alone until a day before."""
    return make_practice().simple(desk_only_until_hours_before=24)


def times(practice, who, day=DAY):
    return [slot["start"][11:16] for slot in practice.slots(day, who=who)]


def explained(practice, start, who):
    reply = who.get("/v1/availability/explain", params={
        "offering_id": practice.massage["id"], "location_id": practice.site["id"], "start": start})
    assert reply.status_code == 200, reply.text
    return {reason.pop("code"): reason for reason in reply.json()["practitioners"][0]["reasons"]}


def refused(reply):
    body = reply.json()
    assert (reply.status_code, body["type"], body["reasons"]) == (409, "/problems/slot-not-offered", ["not_open_yet"]), reply.text
    return body


ALL = ["09:00", "09:15", "09:30", "09:45", "10:00", "10:15", "10:30", "10:45", "11:00"]


def test_only_the_desk_sees_and_books_them_before(practice):
    partner, desk = practice.partner, practice.desk
    assert times(practice, desk) == ALL and times(practice, partner) == times(practice, practice.website) == []
    for mode in ("first", "first_per_location", "first_per_practitioner"):
        assert len(practice.slots(DAY, mode=mode, who=desk)) == 1 and practice.slots(DAY, mode=mode) == []
    days = {"from": DAY, "to": DAY, "clinic_id": practice.id}
    assert desk.get("/v1/availability/days", params=days).json()["items"] == [{"date": DAY, "slots": len(ALL)}]
    assert partner.get("/v1/availability/days", params=days).json()["items"] == []

    body = refused(practice.book(at("09:00")))
    assert {slot["start"][:10] for slot in body["alternatives"]} == {"2027-03-01"}, "today's hours are open"
    assert explained(practice, at("09:00"), partner) == {"not_open_yet": {"opens_at": at("09:00", "2027-03-07")}}
    assert explained(practice, at("09:00"), desk) == {}
    assert practice.book(at("09:00"), who=desk).status_code == 201


def test_they_open_start_by_start(practice, clock):
    partner = practice.partner
    clock("2027-03-07T08:55:00+01:00")
    assert times(practice, partner) == []
    refused(practice.book(at("09:00")))
    clock("2027-03-07T09:00:00+01:00")
    assert times(practice, partner) == ["09:00"]
    assert explained(practice, at("09:00"), partner) == {} and "not_open_yet" in explained(practice, at("09:15"), partner)
    found = partner.get("/v1/locations", params={"clinic_id": practice.id, "offering_id": practice.massage["id"], "include": "next_available"})
    assert found.json()["items"][0]["next_available"]["start"] == at("09:00")
    refused(practice.book(at("09:15")))
    booking = practice.booked(at("09:00"))
    # To move is to take another place: the same rules.
    move = f"/v1/bookings/{booking['id']}/reschedule"
    assert refused(partner.post(move, json={"start": at("10:30")}))["alternatives"] == []
    assert practice.desk.post(move, json={"start": at("10:30")}).status_code == 200


@pytest.mark.parametrize("day, offset, opens", [
    ("2027-03-28", "+02:00", "2027-03-27T08:00:00+01:00"),   # the night before has an hour less
    ("2027-10-31", "+01:00", "2027-10-30T10:00:00+02:00"),   # or one more
])
def test_hours_are_elapsed_time_over_a_change_of_clocks(make_practice, clock, day, offset, opens):
    clock(f"{day[:8]}20T08:00:00Z")
    practice = make_practice().simple(weekdays=(7,), desk_only_until_hours_before=24)
    start = at("09:00", day, offset)
    assert explained(practice, start, practice.partner) == {"not_open_yet": {"opens_at": opens}}
    clock(opens.replace("T08:00", "T07:58").replace("T10:00", "T09:58"))
    assert times(practice, practice.partner, day) == []
    clock(opens)
    assert times(practice, practice.partner, day) == ["09:00"]
    assert practice.book(start).status_code == 201


def test_a_treatment_that_touches_a_kept_window_is_kept_and_the_longest_counts(practice, clock):
    practice.change("schedule", practice.hours["id"], to="11:00", desk_only_until_hours_before=None)
    kept = practice.schedule(practice.person, practice.site, start="11:00", desk_only_until_hours_before=48)
    assert kept["desk_only_until_hours_before"] == 48
    assert times(practice, practice.partner) == ["09:00", "09:15", "09:30", "09:45", "10:00"]
    practice.schedule(practice.person, practice.site, start="10:30", end="11:30", desk_only_until_hours_before=0)
    assert times(practice, practice.partner) == ["09:00", "09:15", "09:30"] and times(practice, practice.desk) == ALL
    # What never opens has no moment to wait for.
    assert explained(practice, at("09:45"), practice.partner) == {"not_open_yet": {}}
    clock("2027-03-08T07:55:00+01:00")
    assert times(practice, practice.partner) == ["09:00", "09:15", "09:30"]


def test_exceptions_keep_windows_too(practice):
    windows = [{"from": "09:00", "to": "10:00"}, {"from": "10:00", "to": "11:00", "desk_only_until_hours_before": 100}]
    names = {"practitioner_id": practice.person["id"], "location_id": practice.site["id"], "date_from": DAY, "date_to": DAY}
    made = practice.make("exception", kind="replace", windows=windows, **names)
    assert made["windows"] == windows
    assert times(practice, practice.partner) == ["09:00"]
    assert times(practice, practice.desk) == ["09:00", "09:15", "09:30", "09:45", "10:00"]
    practice.make("exception", kind="add", windows=[{"from": "14:00", "to": "15:00", "desk_only_until_hours_before": 100}], **names)
    assert times(practice, practice.partner) == ["09:00"] and times(practice, practice.desk)[-1] == "14:00"
    closed = practice.desk.post(practice.collection("exception"), json=names | {"kind": "close", "windows": windows})
    assert (closed.status_code, [fault["pointer"] for fault in closed.json()["errors"]]) == (422, ["/windows/1/desk_only_until_hours_before"])


def test_the_record_says_it_and_a_patch_opens_it(practice):
    record = practice.hours
    assert record["desk_only_until_hours_before"] == 24
    opened = practice.change("schedule", record["id"], desk_only_until_hours_before=None)
    assert opened["desk_only_until_hours_before"] is None and opened["affected_bookings"] == []
    assert times(practice, practice.partner) == ALL
    for wrong in (-1, 2161, "24"):
        reply = practice.desk.patch(f"{practice.collection('schedule')}/{record['id']}", json={"desk_only_until_hours_before": wrong}, if_match="*")
        assert reply.status_code == 400, reply.text
