"""Series: one treatment again and again at the same local time, as nearly as can be. On practices of their own, by the test clock."""
import pytest

from harness.practice import CLIENT

MONDAY = "2027-03-15"  # clocks change on the 28th


def series(who, practice, sessions=4, first=MONDAY, client=CLIENT, key=None, **members):
    body = {"offering_id": practice.massage["id"], "location_id": practice.site["id"], "sessions": sessions, "first_date": first, "time": "10:00"}
    body |= {"client": client} if client else {}
    return who.post("/v1/series", json={name: value for name, value in (body | members).items() if value is not Ellipsis}, key=key)


def made(who, practice, *arguments, **members):
    reply = series(who, practice, *arguments, **members)
    assert reply.status_code == 201, reply.text
    return reply.json()


def starts(answer):
    return [session["booking"]["start"][5:16] for session in answer["sessions"]]


def act(who, series, what, key=None, **body):
    return who.post(f"/v1/series/{series['id']}/{what}", **({} if what == "extend" else {"json": body}), key=key)


def read(who, series):
    reply = who.get(f"/v1/series/{series['id']}")
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.fixture
def practice(make_practice, clock):
    return make_practice().simple(start="09:00", end="14:00")


def test_a_series_that_would_outlast_the_calendar_is_refused(practice):
    """Its later dates could not be written as the contract writes dates."""
    refused = series(practice.partner, practice, sessions=52, every_days=91, first="2990-01-01")
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/first_date"


@pytest.mark.parametrize("now, first, expected", [
    ("2027-03-01T06:00:00Z", "2027-03-15", ["2027-03-15T10:00:00+01:00", "2027-03-22T10:00:00+01:00", "2027-03-29T10:00:00+02:00",
                                            "2027-04-05T10:00:00+02:00"]),
    ("2027-10-01T06:00:00Z", "2027-10-18", ["2027-10-18T10:00:00+02:00", "2027-10-25T10:00:00+02:00", "2027-11-01T10:00:00+01:00",
                                            "2027-11-08T10:00:00+01:00"]),
])
def test_the_same_local_time_over_a_change_of_clocks(practice, clock, now, first, expected):
    clock(now)
    reply = series(practice.partner, practice, first=first, external_ref="plan-12", note="Bring shorts.")
    assert reply.status_code == 201, reply.text
    answer = reply.json()
    assert [session["booking"]["start"] for session in answer["sessions"]] == expected
    assert [session["index"] for session in answer["sessions"]] == [0, 1, 2, 3] and answer["missing"] == []
    assert (answer["sessions_total"], answer["sessions_used"], answer["sessions_left"]) == (4, 0, 4)
    assert {session["booking"]["status"] for session in answer["sessions"]} == {"confirmed"} and answer["status"] == "confirmed"
    assert {session["booking"]["series_id"] for session in answer["sessions"]} == {answer["id"]}
    assert {session["booking"]["note"] for session in answer["sessions"]} == {"Bring shorts."}
    assert {session["booking"]["external_ref"] for session in answer["sessions"]} == {"plan-12"}
    assert reply.headers["location"] == f"/v1/series/{answer['id']}"
    assert read(practice.partner, answer) == answer
    assert (answer["mode"], answer["practitioner"], answer["every_days"], answer["tolerance_days"]) == ("all", "preferred", 7, 2)


def test_a_night_that_has_the_hour_twice_or_not_at_all(make_practice, clock):
    """Every Saturday night: at 02:30, which comes twice on 31 October and not at all on 28 March."""
    practice = make_practice().simple(offering={"duration_minutes": 30, "step_minutes": 30}, weekdays=(7,), start="01:00", end="06:00")
    spring = made(practice.partner, practice, sessions=2, first="2027-03-21", time="02:30")
    assert [session["booking"]["start"] for session in spring["sessions"]] == ["2027-03-21T02:30:00+01:00", "2027-03-28T03:00:00+02:00"]
    clock("2027-10-01T06:00:00Z")
    autumn = made(practice.partner, practice, sessions=2, first="2027-10-24", time="02:30")
    assert [session["booking"]["start"] for session in autumn["sessions"]] == ["2027-10-24T02:30:00+02:00", "2027-10-31T02:30:00+02:00"]


def test_each_takes_the_nearest_start_within_the_tolerance(practice):
    practice.schedule(practice.person, practice.site, weekdays=(2, 7), start="09:00", end="14:00")
    practice.booked("2027-03-22T09:30:00+01:00")                                     # till half past ten
    practice.exception("close", "2027-03-29", practitioner=practice.person)          # the day is closed, Tuesday is open
    practice.exception("close", "2027-03-28", practitioner=practice.person)
    answer = made(practice.partner, practice)
    assert starts(answer) == ["03-15T10:00", "03-22T10:30", "03-30T10:00", "04-05T10:00"]


def test_without_a_time_the_first_decides(practice):
    practice.booked("2027-03-15T09:00:00+01:00")
    assert starts(made(practice.partner, practice, time=...)) == ["03-15T10:00", "03-22T10:00", "03-29T10:00", "04-05T10:00"]
    assert starts(made(practice.partner, practice, time=None, time_from="12:30", time_to="14:00")) == [
        "03-15T12:30", "03-22T12:30", "03-29T12:30", "04-05T12:30"]


def test_weekday_and_window_are_kept(practice):
    practice.schedule(practice.person, practice.site, weekdays=(2, 3), start="09:00", end="18:00")
    answer = made(practice.partner, practice, sessions=3, weekday=3, time="08:00", time_from="15:00", time_to="17:00")
    assert starts(answer) == ["03-17T15:00", "03-24T15:00", "03-31T15:00"] and answer["weekday"] == 3
    # Every ten days on a Tuesday or Wednesday alone: the nearest of that day, as far as the tolerance goes.
    answer = made(practice.partner, practice, sessions=3, weekday=2, every_days=10, tolerance_days=4, time="09:00")
    assert starts(answer) == ["03-16T09:00", "03-23T09:00", "04-06T09:00"]


def test_all_or_nothing_says_which_and_what_else(practice):
    practice.exception("close", "2027-03-22", location=practice.site)
    practice.booked("2027-04-05T09:00:00+02:00")
    free = practice.starts("2027-03-15", "2027-04-12")
    reply = series(practice.partner, practice, tolerance_days=0, time="09:15", time_to="09:45", key="tried")
    assert reply.status_code == 409, reply.text
    problem = reply.json()
    assert problem["type"] == "/problems/series-refused" and problem["detail"].startswith("2 of 4 sessions")
    (second, fourth) = problem["missing"]
    assert (second["index"], second["date"], second["start"], second["reasons"]) == (
        1, "2027-03-22", "2027-03-22T09:15:00+01:00", ["closed"])
    assert (fourth["index"], fourth["start"], fourth["reasons"]) == (3, "2027-04-05T09:15:00+02:00", ["practitioner_busy"])
    assert [slot["start"][5:16] for slot in fourth["alternatives"]] == ["04-05T10:00", "04-05T10:15", "04-05T10:30"]
    assert len(second["alternatives"]) == 3
    assert practice.starts("2027-03-15", "2027-04-12") == free
    assert practice.partner.items("/v1/series") == [] and len(practice.partner.items("/v1/bookings")) == 1
    assert series(practice.partner, practice, sessions=2, first="2027-04-12", key="tried").status_code == 201, "a refusal is not kept"


def test_best_effort_books_what_it_can_and_tells_the_rest(practice):
    practice.exception("close", "2027-03-22", location=practice.site)
    reply = series(practice.partner, practice, sessions=14, mode="best_effort", key="best")
    assert reply.status_code == 201, reply.text
    answer = reply.json()
    assert [session["index"] for session in answer["sessions"]] == [0, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    missing = {one["index"]: one for one in answer["missing"]}
    assert list(missing) == [1, 11, 12, 13]
    assert missing[1]["reasons"] == ["closed"] and len(missing[1]["alternatives"]) == 3
    assert all(missing[index]["reasons"] == ["horizon"] and missing[index]["alternatives"] == [] for index in (11, 12, 13))
    assert (answer["sessions_total"], answer["sessions_left"]) == (14, 10)
    again = read(practice.partner, answer)
    assert again["missing"] == [{name: one[name] for name in one if name != "alternatives"} for one in answer["missing"]]
    replayed = series(practice.partner, practice, sessions=14, mode="best_effort", key="best")
    assert replayed.content == reply.content and replayed.headers["idempotency-replayed"] == "true"
    assert series(practice.partner, practice, sessions=13, mode="best_effort", key="best").status_code == 422
    taken = practice.book(missing[1]["alternatives"][0]["start"])
    assert taken.status_code == 201, "an alternative can be booked"


def test_best_effort_without_any_is_refused(practice):
    reply = series(practice.partner, practice, sessions=2, first="2027-08-02", mode="best_effort")
    assert reply.status_code == 409 and [one["reasons"] for one in reply.json()["missing"]] == [["horizon"], ["horizon"]]
    reply = series(practice.partner, practice, sessions=2, first="2027-02-01", mode="best_effort")
    assert [one["reasons"] for one in reply.json()["missing"]] == [["notice"], ["notice"]]
    nothing = series(practice.partner, practice, sessions=2, time=..., first="2027-03-17", tolerance_days=1, mode="best_effort").json()
    assert [(one["reasons"], one["start"]) for one in nothing["missing"]] == [(["no_free_start"], None)] * 2


@pytest.fixture
def two_people(practice):
    practice.helper = practice.practitioner(practice.site)
    practice.schedule(practice.helper, practice.site, start="09:00", end="14:00")
    practice.change("offering", practice.massage["id"], practitioner_ids=[practice.person["id"], practice.helper["id"]])
    return practice


def people(answer):
    return [session["booking"]["practitioner_id"] for session in answer["sessions"]]


def test_a_preferred_practitioner_gives_way_where_there_is_no_time(two_people):
    practice, first, second = two_people, two_people.person["id"], two_people.helper["id"]
    practice.exception("close", "2027-03-22", practitioner=practice.person)
    practice.booked("2027-03-29T10:00:00+02:00")
    answer = made(practice.partner, practice, practitioner_id=first)
    assert people(answer) == [first, second, first, first]
    assert starts(answer) == ["03-15T10:00", "03-22T10:00", "03-29T09:00", "04-05T10:00"], "rather another time than another person"
    refused = series(practice.partner, practice, practitioner_id=first, practitioner="required", time="13:00")
    assert refused.status_code == 409 and [one["index"] for one in refused.json()["missing"]] == [1]
    assert {slot["practitioner_id"] for slot in refused.json()["missing"][0]["alternatives"]} == {first}


def test_whoever_begins_goes_on(two_people):
    practice, first, second = two_people, two_people.person["id"], two_people.helper["id"]
    practice.booked("2027-03-15T10:00:00+01:00")
    answer = made(practice.partner, practice)
    assert people(answer) == [second] * 4, "the first session had only the other"
    practice.exception("close", "2027-04-05", practitioner=practice.helper)
    answer = made(practice.partner, practice, practitioner="required", time="12:00")
    assert people(answer) == [first] * 4, "the only one who can give all of them"
    assert answer["practitioner_id"] is None and answer["practitioner"] == "required"


def test_a_held_series_is_confirmed_or_lost_as_one(practice, clock):
    held = made(practice.partner, practice, client=None)
    assert held["status"] == "held" and held["hold_expires_at"] == "2027-03-01T07:10:00+01:00"
    booking = f"/v1/bookings/{held['sessions'][0]['booking']['id']}"
    alone = practice.partner.post(f"{booking}/confirm", json={"client": CLIENT})
    assert alone.status_code == 409 and "its series" in alone.json()["detail"]
    assert practice.partner.post(f"{booking}/extend").status_code == 409
    longer = act(practice.partner, held, "extend", key="longer")
    assert longer.status_code == 200 and longer.json()["hold_expires_at"] == "2027-03-01T07:20:00+01:00"
    assert act(practice.partner, held, "extend", key="longer").content == longer.content
    assert act(practice.partner, held, "extend").status_code == 409
    assert act(practice.partner, held, "confirm").json()["type"] == "/problems/client-required"
    clock("2027-03-01T06:15:00Z")
    reply = act(practice.partner, held, "confirm", client=CLIENT, key="firm")
    assert reply.status_code == 200 and reply.json()["status"] == "confirmed"
    assert act(practice.partner, held, "confirm", client=CLIENT, key="firm").content == reply.content
    assert act(practice.partner, held, "confirm", client=CLIENT).json()["current_status"] == "confirmed"
    other = made(practice.partner, practice, client=None, time="12:00")
    clock("2027-03-01T06:26:00Z")
    late = act(practice.partner, other, "confirm", client=CLIENT)
    assert late.status_code == 409 and late.json()["type"] == "/problems/hold-expired"
    gone = read(practice.partner, other)
    assert gone["status"] == "expired" and gone["sessions_left"] == 0 and gone["follow_up"] == []
    assert "03-15T12:00" in practice.starts("2027-03-15")


def test_every_session_answers_what_the_offering_asks(practice):
    practice.change("offering", practice.massage["id"], intake=[
        {"code": "pregnant", "type": "yes_no", "label": {"en": "Are you pregnant?"}, "required": True}])
    refused = series(practice.partner, practice)
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/intake/pregnant"
    held = made(practice.partner, practice, client=None)
    assert act(practice.partner, held, "confirm", client=CLIENT).json()["errors"][0]["pointer"] == "/intake/pregnant"
    firm = act(practice.partner, held, "confirm", client=CLIENT, intake={"pregnant": False})
    assert firm.status_code == 200 and "pregnant" not in firm.text
    last = practice.partner.get(f"/v1/bookings/{held['sessions'][3]['booking']['id']}").json()
    assert last["intake"] == {"pregnant": False}


def test_sessions_are_used_and_the_rest_cancelled(make_practice, clock, admin):
    treatment = admin.put("/v1/treatments/series-before", headers={"If-None-Match": "*"}, json={
        "name": {"en": "Before"}, "modality": "manual", "follow_ups": ["osteopathic-follow-up", "cupping"]})
    assert treatment.status_code == 201, treatment.text
    practice = make_practice(policy={"late_cancellation_fee_percent": 40}).simple(offering={"treatment": "series-before"}, start="09:00", end="14:00")
    answer = made(practice.partner, practice)
    assert answer["follow_up"] == [{"treatment": "osteopathic-follow-up", "earliest_date": "2027-04-12"},
                                   {"treatment": "cupping", "earliest_date": "2027-04-12"}]
    ids = [session["booking"]["id"] for session in answer["sessions"]]
    clock("2027-03-22T09:30:00Z")  # half past ten: the second is running
    assert practice.desk.post(f"/v1/bookings/{ids[0]}/complete").status_code == 200
    now = read(practice.partner, answer)
    assert (now["sessions_used"], now["sessions_left"]) == (1, 2)
    assert practice.desk.post(f"/v1/bookings/{ids[1]}/no-show").status_code == 200
    clock("2027-03-28T09:00:00Z")  # less than a day before the third
    reply = act(practice.partner, answer, "cancel", key="enough", reason="Better already")
    assert reply.status_code == 200, reply.text
    gone = reply.json()
    assert [session["booking"]["status"] for session in gone["sessions"]] == ["completed", "no_show", "cancelled", "cancelled"]
    charges = [session["booking"]["charge"] and (session["booking"]["charge"]["kind"], session["booking"]["charge"]["amount"])
               for session in gone["sessions"]]
    assert charges == [None, ("no_show", 6500), ("late_cancellation", 2600), None]
    assert gone["left_alone"] == [{"booking_id": ids[0], "status": "completed"}, {"booking_id": ids[1], "status": "no_show"}]
    assert (gone["sessions_total"], gone["sessions_used"], gone["sessions_left"], gone["status"]) == (4, 2, 0, "completed")
    assert gone["follow_up"][0]["earliest_date"] == "2027-03-29", "an interval after the last that counted"
    assert act(practice.partner, answer, "cancel", key="enough", reason="Better already").content == reply.content
    assert act(practice.partner, answer, "cancel").json()["current_status"] == "completed"


def test_a_session_has_a_life_of_its_own(practice):
    answer = made(practice.partner, practice)
    first, second = (session["booking"]["id"] for session in answer["sessions"][:2])
    assert practice.partner.post(f"/v1/bookings/{first}/cancel").status_code == 200
    moved = practice.partner.post(f"/v1/bookings/{second}/reschedule", json={"start": "2027-03-22T13:00:00+01:00"}).json()
    assert moved["series_id"] == answer["id"]
    now = read(practice.partner, answer)
    assert starts(now) == ["03-15T10:00", "03-22T13:00", "03-29T10:00", "04-05T10:00"]
    assert now["status"] == "partly_cancelled" and now["sessions_left"] == 3


def test_a_series_counts_as_one_hold(make_practice, clock):
    practice = make_practice(policy={"max_holds_per_partner": 2, "max_bookings_per_partner_per_day": 7}).simple(start="09:00", end="18:00")
    made(practice.partner, practice, client=None, time="09:00")
    made(practice.partner, practice, client=None, time="10:00")
    assert series(practice.partner, practice, client=None, time="11:00").json()["type"] == "/problems/too-many-holds"
    made(practice.partner, practice, time="11:00")
    many = series(practice.partner, practice, time="12:00")
    assert many.status_code == 409 and many.json()["type"] == "/problems/too-many-bookings" and many.json()["limit"] == 7
    assert len(practice.partner.items("/v1/series")) == 3


def test_who_sees_a_series_and_where(practice, make_practice, clock):
    answers = []
    for minute, time in enumerate(("09:00", "10:00", "11:00")):
        clock(f"2027-03-01T06:0{minute}:00Z")
        answers.append(made(practice.partner, practice, sessions=2, time=time, external_ref=f"plan-{minute % 2}"))
    ids = [answer["id"] for answer in reversed(answers)]
    assert [one["id"] for one in practice.partner.items("/v1/series", limit=2)] == ids
    assert practice.partner.items("/v1/series", external_ref="plan-1") == [read(practice.partner, answers[1])]
    assert [one["id"] for one in practice.desk.items("/v1/series", clinic_id=practice.id, limit=1)] == ids
    assert practice.partner.get("/v1/series", params={"cursor": "bm9uZQ"}).status_code == 400
    for who in (make_practice().desk, practice.another_partner()):
        assert who.items("/v1/series") == []
        assert who.get(f"/v1/series/{ids[0]}").status_code == 404
        assert [act(who, answers[0], what).status_code for what in ("confirm", "extend", "cancel")] == [404] * 3
    assert series(practice.website, practice).status_code == 403 and practice.website.get("/v1/series").status_code == 403
    assert act(practice.desk, answers[0], "cancel").json()["status"] == "cancelled"


def test_what_cannot_be_asked_for(practice, make_practice):
    stranger = make_practice().simple()
    assert series(practice.partner, practice, location_id=stranger.site["id"]).status_code == 404
    assert series(practice.partner, practice, practitioner_id=stranger.person["id"]).status_code == 404
    assert series(practice.partner, practice, offering_id=stranger.massage["id"]).status_code == 404
    assert series(practice.partner, practice, sessions=1).status_code == 400
    assert series(practice.partner, practice, sessions=53).status_code == 400
    assert series(practice.partner, practice, time="25:00").status_code == 400
    elsewhere = practice.location()
    nowhere = series(practice.partner, practice, location_id=elsewhere["id"])
    assert nowhere.status_code == 409 and nowhere.json()["reasons"] == ["not_offered"]
