"""Free times as a website or a partner asks for them. The clock stands at 2027-03-01, a Monday, 07:00 in Brussels; clocks go
forward there on 2027-03-28 and back on 2027-10-31."""
import datetime
import uuid

import pytest

NINE_TO_TWELVE = ["03-08T09:00", "03-08T09:15", "03-08T09:30", "03-08T09:45", "03-08T10:00", "03-08T10:15", "03-08T10:30",
                  "03-08T10:45", "03-08T11:00"]


@pytest.fixture
def practice(make_practice, clock):
    return make_practice()


# ---------------------------------------------------------------- what a slot is

def test_a_slot_says_all_that_a_page_needs(practice):
    practice.simple()
    slot = practice.slots("2027-03-08", include="practitioner,location,offering")
    assert slot[0] == {
        "start": "2027-03-08T09:00:00+01:00", "end": "2027-03-08T10:00:00+01:00", "timezone": "Europe/Brussels",
        "clinic_id": practice.id, "location_id": practice.site["id"], "practitioner_id": practice.person["id"],
        "offering_id": practice.massage["id"], "treatment": "trigger-point-massage", "price": {"amount": 6500, "currency": "EUR"},
        "free_cancel_until": "2027-03-07T09:00:00+01:00", "late_fee": {"amount": 6500, "currency": "EUR"},
        "practitioner": {"id": practice.person["id"], "name": "Somebody", "languages": []},
        "location": {"id": practice.site["id"], "slug": practice.site["slug"], "name": "Main site", "address": {}},
        "offering": {"id": practice.massage["id"], "treatment": "trigger-point-massage", "duration_minutes": 60,
                     "name": "Trigger point massage"}}
    bare = practice.slots("2027-03-08")[0]
    assert bare == {name: value for name, value in slot[0].items() if name not in ("practitioner", "location", "offering")}


def test_starts_stand_on_the_grid_inside_working_hours(practice):
    practice.simple()
    assert practice.starts("2027-03-08") == NINE_TO_TWELVE
    assert practice.starts("2027-03-09", "2027-03-14") == []
    practice.change("offering", practice.massage["id"], step_minutes=60, duration_minutes=45)
    assert practice.starts("2027-03-08") == ["03-08T09:00", "03-08T10:00", "03-08T11:00"]
    practice.change("offering", practice.massage["id"], duration_minutes=185, step_minutes=5)
    assert practice.starts("2027-03-08") == []
    practice.change("offering", practice.massage["id"], duration_minutes=180)
    assert practice.starts("2027-03-08") == ["03-08T09:00"]


def test_a_window_past_midnight_belongs_to_the_day_it_starts(practice):
    practice.simple(weekdays=[7], start="22:00", end="02:00")
    assert practice.starts("2027-03-07", "2027-03-08")[::4] == ["03-07T22:00", "03-07T23:00", "03-08T00:00", "03-08T01:00"]
    assert practice.starts("2027-03-08")[0] == "03-08T00:00"
    assert practice.starts("2027-03-06") == []


def test_midnight_to_midnight_is_the_whole_day(practice):
    practice.simple(offering={"duration_minutes": 60, "step_minutes": 60}, start="00:00", end="00:00")
    assert practice.starts("2027-03-07", "2027-03-09") == [f"03-08T{hour:02}:00" for hour in range(24)]


def test_every_second_week_from_the_first_week_on(practice):
    practice.simple(valid_from="2027-03-03", valid_until="2027-04-05", every_weeks=2)
    assert sorted({start[:5] for start in practice.starts("2027-03-01", "2027-03-31")}) == ["03-15", "03-29"]
    assert sorted({start[:5] for start in practice.starts("2027-04-01", "2027-04-30")}) == []


def test_exceptions_close_add_and_replace(practice):
    practice.simple()
    practice.exception("close", "2027-03-08", [("09:00", "10:30")], practitioner=practice.person)
    assert practice.starts("2027-03-08") == ["03-08T10:30", "03-08T10:45", "03-08T11:00"]
    both = {"practitioner": practice.person, "location": practice.site}
    replaced = practice.exception("replace", "2027-03-15", [("14:00", "15:30")], **both)
    assert practice.starts("2027-03-15") == ["03-15T14:00", "03-15T14:15", "03-15T14:30"]
    practice.exception("add", "2027-03-15", [("15:30", "16:00")], **both)
    assert practice.starts("2027-03-15")[-1] == "03-15T15:00", "windows that touch are one"
    practice.archive("exception", replaced["id"])
    assert practice.starts("2027-03-15") == [start.replace("03-08", "03-15") for start in NINE_TO_TWELVE], "half an hour is too short"
    practice.exception("add", "2027-03-18", [("20:00", "21:00")], **both)
    assert practice.starts("2027-03-18") == ["03-18T20:00"]
    practice.exception("close", "2027-03-14", location=practice.site, until="2027-03-20")
    assert practice.starts("2027-03-15", "2027-03-20") == [], "a closed location closes what was added, too"
    empty = practice.exception("replace", "2027-03-22", **both)
    assert practice.starts("2027-03-22") == [] and empty["windows"] == []


def test_buffers_keep_bookings_apart_and_may_leave_the_window(practice):
    practice.simple(offering={"buffer_before_minutes": 10, "buffer_after_minutes": 20, "duration_minutes": 30})
    assert practice.starts("2027-03-08")[0] == "03-08T09:00" and practice.starts("2027-03-08")[-1] == "03-08T11:30"
    practice.booked("2027-03-08T10:00:00+01:00")
    assert practice.starts("2027-03-08") == ["03-08T09:00", "03-08T11:00", "03-08T11:15", "03-08T11:30"], \
        "10 + 30 + 20 minutes meet nobody else's: starts before 10:00 end by 9:50 - 20, those after begin at 10:50 + 10"


def test_notice_and_horizon(practice, clock):
    practice.simple(weekdays=[1, 2, 3, 4, 5, 6, 7], start="06:00", end="22:00", offering={"duration_minutes": 15})
    clock("2027-03-01T06:14:00Z")
    assert practice.starts("2027-03-01")[0] == "03-01T08:15", "07:14 and the hour of notice"
    clock("2027-03-01T06:15:01Z")
    assert practice.starts("2027-03-01")[0] == "03-01T08:30"
    practice.policy(min_notice_minutes=90)
    assert practice.starts("2027-03-01")[0] == "03-01T09:00"
    practice.policy(booking_horizon_days=3, min_notice_minutes=0)
    assert {start[:5] for start in practice.starts("2027-03-01", "2027-03-14")} == {"03-01", "03-02", "03-03", "03-04"}
    clock("2027-03-01T22:59:00Z")  # one minute to midnight in Brussels
    assert practice.starts("2027-03-01", "2027-03-14")[-1][:5] == "03-04"
    clock("2027-03-01T23:00:00Z")
    assert practice.starts("2027-03-01", "2027-03-14")[-1][:5] == "03-05"


def test_a_certificate_counts_on_the_day_of_the_treatment(practice):
    held = {"code": "dry-needling-certificate", "issued_on": "2027-03-08", "expires_on": "2027-03-15"}
    practice.simple(offering={"treatment": "dry-needling"})
    assert practice.starts("2027-03-01", "2027-03-31") == []
    practice.change("practitioner", practice.person["id"], qualifications=[held | {"code": "massage-diploma"}])
    assert practice.starts("2027-03-01", "2027-03-31") == []
    practice.change("practitioner", practice.person["id"], qualifications=[held])
    assert {start[:5] for start in practice.starts("2027-03-01", "2027-03-31")} == {"03-08", "03-15"}, "both days are included"
    practice.change("practitioner", practice.person["id"], qualifications=[held | {"issued_on": None, "expires_on": None}])
    assert {start[:5] for start in practice.starts("2027-03-02", "2027-03-31")} == {"03-08", "03-15", "03-22", "03-29"}
    assert practice.book("2027-03-22T09:00:00+01:00").status_code == 201


@pytest.mark.parametrize("zone, day, starts", [
    ("Europe/Brussels", "2027-03-28", ["01:00:00+01:00", "01:30:00+01:00", "03:00:00+02:00"]),
    ("Europe/Brussels", "2027-10-31", ["01:00:00+02:00", "01:30:00+02:00", "02:00:00+02:00", "02:30:00+02:00",
                                       "02:00:00+01:00", "02:30:00+01:00", "03:00:00+01:00"]),
    ("America/New_York", "2027-03-14", ["01:00:00-05:00", "01:30:00-05:00", "03:00:00-04:00"]),
    ("America/New_York", "2027-11-07", ["01:00:00-04:00", "01:30:00-04:00", "01:00:00-05:00", "01:30:00-05:00", "02:00:00-05:00",
                                        "02:30:00-05:00", "03:00:00-05:00"]),
    ("Australia/Lord_Howe", "2027-04-04", ["01:00:00+11:00", "01:30:00+11:00", "01:30:00+10:30", "02:00:00+10:30", "02:30:00+10:30", "03:00:00+10:30"]),
    ("Asia/Kolkata", "2027-03-28", ["01:00:00+05:30", "01:30:00+05:30", "02:00:00+05:30", "02:30:00+05:30", "03:00:00+05:30"]),
])
def test_days_on_which_clocks_change(make_practice, clock, zone, day, starts):
    """01:00 to 04:00 on the wall is two hours long in spring and four in autumn; a treatment lasts its sixty minutes."""
    clock((datetime.date.fromisoformat(day) - datetime.timedelta(days=5)).isoformat() + "T00:00:00Z")
    practice = make_practice(zone=zone).simple(offering={"step_minutes": 30}, weekdays=[7], start="01:00", end="04:00")
    slots = practice.slots(day)
    assert [slot["start"] for slot in slots] == [f"{day}T{start}" for start in starts]
    for slot in slots:
        start, end = (datetime.datetime.fromisoformat(slot[name]) for name in ("start", "end"))
        assert end - start == datetime.timedelta(hours=1)
    assert practice.partner.get("/v1/availability/days", params={"from": day, "to": day, "clinic_id": practice.id}).json() \
        == {"items": [{"date": day, "slots": len(starts)}], "next": None}
    last = practice.booked(slots[-1]["start"])
    assert (last["start"], last["end"]) == (slots[-1]["start"], slots[-1]["end"])


# ---------------------------------------------------------------- how to ask

def test_instants_are_half_open_and_their_plus_is_a_plus(practice):
    practice.simple()
    client = practice.partner

    def starts(first, last):
        page = client.get(f"/v1/availability?clinic_id={practice.id}&from={first}&to={last}")
        assert page.status_code == 200, page.text
        return [slot["start"][11:16] for slot in page.json()["items"]]

    assert starts("2027-03-08T10:00:00+01:00", "2027-03-08T10:30:00+01:00") == ["10:00", "10:15"]
    assert starts("2027-03-08T10:00:00%2B01:00", "2027-03-08T09:30:00Z") == ["10:00", "10:15"]
    assert starts("2027-03-08T10:00:01+01:00", "2027-03-08T10:30:01+01:00") == ["10:15", "10:30"]
    assert starts("2027-03-08T04:00:00-05:00", "2027-03-08T09:15:00.5Z") == ["10:00", "10:15"]
    listed = client.get("/v1/bookings?from=2027-03-08T10:00:00+01:00&to=2027-03-09T10:00:00+01:00")
    assert listed.status_code == 200 and listed.json()["items"] == []


def test_ranges_that_cannot_be(practice):
    practice.simple()

    def refused(first, last, slug):
        for path in ("/v1/availability", "/v1/availability/days"):
            reply = practice.partner.get(path, params={"from": first, "to": last, "clinic_id": practice.id})
            assert (reply.status_code, reply.json()["type"]) == (422, f"/problems/{slug}"), reply.text
            assert [fault["parameter"] for fault in reply.json()["errors"]] == ["to"]

    refused("2027-03-08", "2027-03-07", "unprocessable")
    refused("2027-03-08T09:00:00Z", "2027-03-08T09:00:00Z", "unprocessable")
    refused("2027-03-08", "2027-03-08T12:00:00Z", "unprocessable")
    refused("2027-03-08T09:00:00Z", "2027-03-08", "unprocessable")
    refused("2027-03-01", "2027-04-01", "range-too-long")
    refused("2027-03-01T00:00:00Z", "2027-04-01T03:00:00Z", "range-too-long")
    assert practice.starts("2027-03-01", "2027-03-31")
    assert practice.starts("2027-10-01", "2027-10-31") == [], "beyond the horizon, but no error"
    for bad in ("2027-02-30", "tomorrow", "2027-03-08T25:00:00Z", "2027-03-08T09:00:00", "2027-03-08 09:00:00Z", ""):
        reply = practice.partner.get("/v1/availability", params={"from": bad, "to": "2027-03-09"})
        assert reply.status_code == 400 and [fault["parameter"] for fault in reply.json()["errors"]] == ["from"]
    missing = practice.partner.get("/v1/availability").json()
    assert sorted(fault["parameter"] for fault in missing["errors"]) == ["from", "to"]


def test_a_search_that_is_too_wide_says_so(practice, tokens, shared_service, shared_client):
    """Without anything that narrows it the search would be over everybody; the limit is a setting of the database."""
    admin = shared_client.with_token(tokens.website())
    database = shared_service.database
    with database.connect("postgres") as owner:
        owner.execute(f'alter database "{database.name}" set app.search_practitioners = 3')
        owner.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'clinicd_service' and datname = %s",
                      [database.name])
        try:
            shared_service.wait("/readyz")
            for path in ("/v1/availability", "/v1/availability/days"):
                for _ in range(20):  # connections come back one by one
                    reply = admin.get(path, params={"from": "2027-03-08", "to": "2027-03-08"})
                    if reply.status_code == 422:
                        break
                assert (reply.status_code, reply.json()["type"]) == (422, "/problems/search-too-wide"), reply.text
            practice.simple()
            assert practice.starts("2027-03-08") == NINE_TO_TWELVE, "one clinic is narrow enough"
        finally:
            owner.execute(f'alter database "{database.name}" reset app.search_practitioners')
            owner.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'clinicd_service' and datname = %s",
                          [database.name])
            shared_service.wait("/readyz")


@pytest.fixture
def two_sites(practice):
    """Two sites in the sea near each other; Ann works Mondays here and Tuesdays there, Bob Mondays there."""
    practice.here = practice.location(name="Here", geo={"latitude": -30.0, "longitude": -20.0})
    practice.there = practice.location(name="There", geo={"latitude": -30.1, "longitude": -20.0})
    practice.ann = practice.practitioner(practice.here, practice.there, name="Ann", languages=["fr", "en"],
                                         qualifications=[{"code": "dry-needling-certificate"}, {"code": "massage-diploma"}])
    practice.bob = practice.practitioner(practice.there, name="Bob", languages=["nl"])
    practice.massage = practice.offering([practice.ann, practice.bob], [practice.here, practice.there], step_minutes=60)
    practice.needles = practice.offering([practice.ann, practice.bob], [practice.here, practice.there], treatment="dry-needling",
                                         duration_minutes=30, step_minutes=60)
    practice.schedule(practice.ann, practice.here, [1], "09:00", "11:00")
    practice.schedule(practice.ann, practice.there, [2], "17:00", "19:00")
    practice.schedule(practice.bob, practice.there, [1], "10:00", "12:00")
    return practice


def short(practice, slots):
    names = {practice.ann["id"]: "ann", practice.bob["id"]: "bob", practice.here["id"]: "here", practice.there["id"]: "there",
             practice.massage["id"]: "massage", practice.needles["id"]: "needles"}
    return [" ".join([slot["start"][8:16].replace("T", " "), names[slot["practitioner_id"]], names[slot["location_id"]],
                      names[slot["offering_id"]]]) for slot in slots]


MASSAGES = ["08 09:00 ann here massage", "08 10:00 ann here massage", "08 10:00 bob there massage", "08 11:00 bob there massage",
            "09 17:00 ann there massage", "09 18:00 ann there massage"]


def test_filters_alone_and_all_at_once(two_sites):
    practice = two_sites

    def found(**filters):
        return short(practice, practice.slots("2027-03-08", "2027-03-09", **filters))

    def named(*words):
        return [line for line in MASSAGES if all(word in line for word in words)]

    massage = {"treatment": "trigger-point-massage"}
    near = {"near": "-30.0,-20.0", "radius_km": 50}
    assert found(**massage, **near) == MASSAGES
    assert found(**massage, practitioner_id=practice.bob["id"]) == named("bob")
    assert found(**massage, location_id=practice.there["id"]) == named("there")
    assert found(offering_id=practice.massage["id"], location_id=practice.here["id"]) == named(" here")
    assert found(**massage, language="nl") == named("bob") and len(found(**massage, language=["nl", "fr"])) == len(MASSAGES)
    assert found(**massage, weekday=2) == named("09 1") and len(found(**massage, weekday=[1, 2])) == len(MASSAGES)
    assert sorted(found(**massage, time_from="10:00", time_to="17:00")) == sorted(named(" 10:00") + named(" 11:00"))
    assert found(**massage, time_from="18:00", time_to="09:15", practitioner_id=practice.ann["id"]) == [MASSAGES[0], MASSAGES[5]], "past midnight"
    assert found(**massage, qualification="massage-diploma", practitioner_id=practice.ann["id"]) == named("ann")
    assert found(**massage, qualification="massage-diploma") == named("ann")
    assert found(**massage, qualification=["massage-diploma", "osteopathy"]) == []
    assert found(treatment="dry-needling", location_id=practice.there["id"]) == ["09 17:00 ann there needles", "09 18:00 ann there needles"]
    assert found(complaint="sciatica", **near)
    assert found(near="-30.0,-20.0", radius_km=5, **massage) == named(" here")
    assert found(near="30.0,20.0", radius_km=5) == []
    assert found(treatment="no-such-thing") == [] and found(complaint="no-such-thing") == []
    assert found(near="-30.0,-20.0", radius_km=50, complaint="sciatica", treatment=["dry-needling", "trigger-point-massage"], language="fr",
                 qualification="dry-needling-certificate", weekday=[1, 2], time_from="16:00", location_id=practice.there["id"],
                 offering_id=[practice.needles["id"]], practitioner_id=[practice.ann["id"], practice.bob["id"]]) \
        == ["09 17:00 ann there needles", "09 18:00 ann there needles"]


def test_order_is_start_then_distance(two_sites):
    practice = two_sites
    near_there = practice.slots("2027-03-08", near="-30.1,-20.0", treatment="trigger-point-massage")
    assert short(practice, near_there)[1:3] == ["08 10:00 bob there massage", "08 10:00 ann here massage"]
    assert near_there[1]["distance_m"] == 0 and 11_000 < near_there[2]["distance_m"] < 11_200
    near_here = practice.slots("2027-03-08", near="-30.0,-20.0", treatment="trigger-point-massage")
    assert short(practice, near_here)[1:3] == ["08 10:00 ann here massage", "08 10:00 bob there massage"]


def test_modes(two_sites):
    practice = two_sites

    def found(mode, **filters):
        return sorted(short(practice, practice.slots("2027-03-08", "2027-03-09", mode=mode, treatment="trigger-point-massage", **filters)))

    assert found("all") == sorted(MASSAGES)
    assert found("first") == MASSAGES[:1]
    assert found("first_per_location") == sorted([MASSAGES[0], "08 10:00 bob there massage"])
    assert found("first_per_practitioner") == sorted([MASSAGES[0], "08 10:00 bob there massage"])
    assert found("first_per_practitioner", location_id=practice.there["id"]) == sorted(["08 10:00 bob there massage", "09 17:00 ann there massage"])
    assert found("first", weekday=2) == ["09 17:00 ann there massage"]
    for mode in ("first_per_location", "first_per_practitioner"):
        pages, params = [], {"from": "2027-03-08", "to": "2027-03-09", "mode": mode, "limit": 1, "clinic_id": practice.id}
        while True:
            page = practice.partner.get("/v1/availability", params=params).json()
            pages += page["items"]
            if page["next"] is None:
                break
            params["cursor"] = page["next"]
        assert len(pages) == 2 and len({slot["practitioner_id" if "pract" in mode else "location_id"] for slot in pages}) == 2


def test_days_count_what_the_search_lists(two_sites):
    practice = two_sites
    params = {"from": "2027-03-01", "to": "2027-03-31", "clinic_id": practice.id}
    days = practice.partner.get("/v1/availability/days", params=params).json()["items"]
    counted = {}
    for slot in practice.slots("2027-03-01", "2027-03-31"):
        counted[slot["start"][:10]] = counted.get(slot["start"][:10], 0) + 1
    assert {day["date"]: day["slots"] for day in days} == counted and [day["date"] for day in days] == sorted(counted)
    late = practice.partner.get("/v1/availability/days", params=params | {"time_from": "17:00", "weekday": 2, "treatment": "trigger-point-massage"})
    assert late.json()["items"][0] == {"date": "2027-03-02", "slots": 2}


def test_pages_stay_stable_while_others_book(practice):
    """Along the cursor nothing comes twice and nothing that stays free is left out, whatever is booked meanwhile."""
    practice.simple(weekdays=[1, 2, 3, 4, 5])
    whole = [slot["start"] for slot in practice.slots("2027-03-08", "2027-03-12")]
    seen, params = [], {"from": "2027-03-08", "to": "2027-03-12", "clinic_id": practice.id, "limit": 7}
    while True:
        page = practice.partner.get("/v1/availability", params=params)
        seen += [slot["start"] for slot in page.json()["items"]]
        if page.json()["next"] is None:
            assert "link" not in page.headers
            break
        assert f"cursor={page.json()['next']}" in page.headers["link"]
        params["cursor"] = page.json()["next"]
        practice.book(page.json()["items"][0]["start"])  # behind the reader
        if len(seen) == 7:
            taken = practice.booked("2027-03-12T10:00:00+01:00")["start"]  # and before it
    assert len(seen) == len(set(seen)) and seen == sorted(seen)
    assert set(whole) - set(seen) == {start for start in whole if "2027-03-12T09:15" <= start < "2027-03-12T11:00"}
    assert taken not in seen
    gone = practice.partner.get("/v1/availability", params=params | {"cursor": params["cursor"], "limit": 500}).json()["items"]
    assert [slot["start"] for slot in gone] == seen[len(seen) - len(gone):]


def test_what_is_archived_is_not_offered(practice):
    practice.simple()
    for kind, record in (("offering", practice.massage), ("practitioner", practice.person), ("location", practice.site), ("schedule", practice.hours)):
        practice.archive(kind, record["id"])
        assert practice.starts("2027-03-08") == [], kind
        refused = practice.book("2027-03-08T09:00:00+01:00")
        assert refused.status_code == 409 and refused.json()["type"] == "/problems/slot-not-offered", refused.text
        assert practice.desk.post(f"{practice.collection(kind)}/{record['id']}/restore", if_match="*").status_code == 200
        assert practice.starts("2027-03-08") == NINE_TO_TWELVE, kind
    assert practice.admin.delete(practice.path, if_match="*").status_code == 200
    assert practice.starts("2027-03-08") == []


def test_only_staff_find_what_is_not_for_self_booking(practice):
    practice.simple(offering={"self_bookable": False})
    assert practice.starts("2027-03-08") == []
    assert practice.starts("2027-03-08", who=practice.desk) == NINE_TO_TWELVE
    assert practice.book("2027-03-08T09:00:00+01:00").json()["reasons"] == ["not_offered"]
    assert practice.book("2027-03-08T09:00:00+01:00", who=practice.desk).status_code == 201


def test_a_hold_takes_its_time_until_it_runs_out(practice, clock):
    practice.simple()
    practice.booked("2027-03-08T10:00:00+01:00", client=None)
    assert practice.starts("2027-03-08") == ["03-08T09:00", "03-08T11:00"]
    clock("2027-03-01T06:05:00Z")
    assert practice.starts("2027-03-08") == ["03-08T09:00", "03-08T11:00"]
    clock("2027-03-01T06:20:00Z")
    assert practice.starts("2027-03-08") == NINE_TO_TWELVE


def test_rooms_are_shared(practice):
    """Two practitioners, one room of the wanted kind: who comes first has it, and its buffers count."""
    site = practice.site = practice.location()
    ann, bob = practice.practitioner(site), practice.practitioner(site)
    practice.person = ann
    practice.massage = practice.offering([ann, bob], [site], room_kind="needling-room", buffer_after_minutes=15, step_minutes=30)
    for person in (ann, bob):
        practice.schedule(person, site)
    assert practice.slots("2027-03-08") == [], "no room, no slot"
    room = practice.make("room", location_id=site["id"], name="One", kind="needling-room")
    practice.make("room", location_id=site["id"], name="Other", kind="gym")
    assert len(practice.slots("2027-03-08")) == 10
    practice.booked("2027-03-08T09:00:00+01:00")
    assert [slot["start"][11:16] for slot in practice.slots("2027-03-08")] == ["10:30", "10:30", "11:00", "11:00"]
    refused = practice.book("2027-03-08T10:00:00+01:00", practitioner=bob)
    assert refused.status_code == 409 and refused.json()["reasons"] == ["room_busy"], refused.text
    assert refused.json()["detail"] == "No room for it is free then."
    second = practice.make("room", location_id=site["id"], name="Two", kind="needling-room")
    assert practice.book("2027-03-08T10:00:00+01:00", practitioner=bob).status_code == 201
    practice.archive("room", room["id"])
    practice.archive("room", second["id"])
    assert practice.slots("2027-03-08") == []


def test_every_slot_can_be_held_and_nothing_else(practice):
    """A day of two treatments, odd buffers, a closure and other bookings: what is listed is booked with 201, all other starts of
    the grid with 409."""
    practice.simple(offering={"duration_minutes": 45, "buffer_before_minutes": 5, "buffer_after_minutes": 10}, end="15:00")
    practice.exception("close", "2027-03-08", [("12:00", "12:30")], location=practice.site)
    practice.booked("2027-03-08T10:30:00+01:00")
    offered = set(practice.starts("2027-03-08"))
    for minute in range(8 * 60, 16 * 60, 15):
        start = f"2027-03-08T{minute // 60:02}:{minute % 60:02}:00+01:00"
        reply = practice.book(start)
        assert reply.status_code == (201 if start[5:16] in offered else 409), (start, reply.text)
        if reply.status_code == 201:
            assert practice.partner.post(f"/v1/bookings/{reply.json()['id']}/cancel", json={}).status_code == 200
    assert set(practice.starts("2027-03-08")) == offered


def test_two_clinics_in_two_zones_answer_in_one_list(make_practice, clock, shared_client, tokens):
    brussels, york = make_practice().simple(), make_practice(zone="America/New_York").simple()
    both = shared_client.with_token(tokens.website(clinics=[brussels.id, york.id]))
    slots = both.items("/v1/availability", limit=10, **{"from": "2027-03-08", "to": "2027-03-08"})
    instants = [datetime.datetime.fromisoformat(slot["start"]) for slot in slots]
    assert instants == sorted(instants) and len(slots) == 18
    assert slots[0]["start"] == "2027-03-08T09:00:00+01:00" and slots[-1]["start"] == "2027-03-08T11:00:00-05:00"
    assert {slot["timezone"] for slot in slots} == {"Europe/Brussels", "America/New_York"}
    only = both.items("/v1/availability", clinic_id=[york.id, str(uuid.uuid4())], **{"from": "2027-03-08", "to": "2027-03-08"})
    assert {slot["clinic_id"] for slot in only} == {york.id}
