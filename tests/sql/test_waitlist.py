"""The waiting list as the named queries and the works that the service runs: who is offered what, in which order, and that an
entry follows its booking. `work` does what the worker does until nothing is left."""
import random
import threading
from datetime import datetime, timedelta, timezone

import psycopg
import pytest
from clinic_kit import calls, set_clock
from test_booking import MONDAY, NOW, Practice

CLIENT = {"name": "Anna Peeters", "email": "anna@example.org"}


class Worker:
    """The worker's role; it works in the order in which a freed place goes through the works."""

    WORKS = ("work_expire_holds(20)", "work_hear_freed(50)", "work_offer_freed(50)", "work_end_waiting(50)")

    def __init__(self, database):
        self.connection = database.connect("clinicd_worker", options="-c app.test_clock=on", autocommit=True)

    def __call__(self, most=500):
        """Until nothing is left; how often something was done."""
        for turn in range(most):
            if not any([self.connection.execute(f"select app.{work}").fetchone()[0] for work in self.WORKS]):
                return turn
        raise AssertionError("the work has no end")

    def close(self):
        self.connection.close()


@pytest.fixture
def practice(shared_database):
    practice = Practice(shared_database)
    yield practice
    # Nobody of this clinic is left for the works of the next test.
    practice.owner.execute("update app.waitlist_entry set status = 'withdrawn' where clinic_id = %s", [practice.clinic.id])
    practice.owner.execute("delete from app.waitlist_freed where clinic_id = %s", [practice.clinic.id])
    practice.close()


@pytest.fixture
def work(practice):
    worker = Worker(practice.database)
    worker()
    yield worker
    worker.close()


def wish(practice, **members):
    return {"clinic_id": str(practice.clinic.id), "offering_ids": [str(practice.offering)], "date_from": "2027-03-29",
            "date_to": "2027-03-29", "client": CLIENT} | members


def enter(practice, desk, **members):
    answer = desk.run("createWaitlistEntry", body=wish(practice, **members))
    assert answer.status == 201, answer
    return answer["id"]


def read(desk, entry):
    answer = desk.run("readWaitlistEntry", entry_id=entry)
    assert answer.status == 200, answer
    return answer.body


def somebody(practice):
    """Who has booked all that is given up: one connection of a practice."""
    if not hasattr(practice, "somebody"):
        practice.somebody = practice.desk("somebody-else")
    return practice.somebody


def fill(practice, person=0, hours=8):
    """Books all of a practitioner's Monday, hour by hour; the ids."""
    desk = somebody(practice)
    return [desk.run("createBooking", body=practice.body(MONDAY + timedelta(hours=hour), person))["id"] for hour in range(hours)]


def cancel(practice, booking):
    assert somebody(practice).run("cancelBooking", booking_id=booking, body={}).status == 200


def full(practice):
    return fill(practice, 0), fill(practice, 1)


def at(offer):
    return datetime.fromisoformat(offer["start"]).astimezone(timezone.utc)


# ---------------------------------------------------------------- one offer

def test_a_freed_place_is_offered_as_a_hold_and_accepted(practice, work):
    (ninth, *_), _ = full(practice)
    desk = practice.desk()
    answer = desk.run("createWaitlistEntry", body=wish(practice, note="Neck", external_ref="wish-1"))
    assert (answer["status"], answer["position"], answer["free_now"], answer["offer"]) == ("waiting", 1, None, None)
    cancel(practice, ninth)
    work()
    entry = read(desk, answer["id"])
    offer = entry["offer"]
    assert (entry["status"], entry["position"], at(offer)) == ("offered", None, MONDAY)
    assert offer["practitioner_id"] == str(practice.people[0])
    booking = desk.run("readBooking", booking_id=offer["booking_id"]).body
    assert (booking["status"], booking["source"], booking["client"], booking["note"], booking["external_ref"]) == (
        "held", "partner-a", CLIENT, "Neck", "wish-1")
    assert booking["waitlist_entry_id"] == entry["id"] and booking["hold_expires_at"] == offer["expires_at"]
    assert at({"start": offer["expires_at"]}) - NOW < timedelta(hours=2, seconds=30)
    assert desk.run("extendBooking", booking_id=booking["id"]).status == 409

    accepted = desk.run("acceptWaitlistEntry", entry_id=entry["id"], body={}, key=f"k-{practice.clinic.id}", hash="h")
    assert accepted.status == 200
    assert (accepted["entry"]["status"], accepted["entry"]["booking_id"], accepted["booking"]["status"]) == (
        "accepted", booking["id"], "confirmed")
    again = desk.run("acceptWaitlistEntry", entry_id=entry["id"], body={}, key=f"k-{practice.clinic.id}", hash="h")
    assert again.body == accepted.body and again.row["replayed"]
    refused = desk.run("acceptWaitlistEntry", entry_id=entry["id"], body={})
    assert refused.status == 409 and refused["current_status"] == "accepted"
    work()
    assert changes(practice, entry["id"]) == ["created", "offered", "accepted"]
    # Later it is a booking like any other: given up, it goes to the next, and the entry is what it was.
    assert desk.run("cancelBooking", booking_id=booking["id"], body={}).status == 200
    work()
    assert read(desk, entry["id"])["status"] == "accepted"


def changes(practice, entry):
    return [row[0] for row in practice.owner.execute(
        "select kind from app.change where entity = 'waitlist_entry' and entity_id = %s order by id", [entry])]


def test_change_and_audit_rows_tell_nothing_of_the_client(practice, work):
    (ninth, *_), _ = full(practice)
    desk = practice.desk()
    entry = enter(practice, desk, note="secret", external_ref="secret")
    cancel(practice, ninth)
    work()
    assert desk.run("declineWaitlistEntry", entry_id=entry, body={"reason": "secret"}).status == 200
    assert desk.run("withdrawWaitlistEntry", entry_id=entry).status == 200
    rows = practice.owner.execute("""select data::text, owner from app.change where entity_id = %s
                                     union all select coalesce(before::text, '') || after::text || coalesce(reason, ''), who from app.audit
                                     where entity_id = %s""", [entry, entry]).fetchall()
    assert len(rows) == 7 and all(owner == "partner-a" for _, owner in rows)
    assert not any(word in text for text, _ in rows for word in ("Anna", "secret", "example.org"))


def test_the_place_that_was_given_up_goes_before_an_earlier_one(practice, work):
    """Two hours apart are free when the line is asked; the one that was just given up is offered."""
    (first, _, third, *_), _ = full(practice)
    desk = practice.desk()
    cancel(practice, first)
    work()
    entry = enter(practice, desk)
    assert datetime.fromisoformat(read(desk, entry)["free_now"]["start"]) == MONDAY
    assert work() == 1 and read(desk, entry)["status"] == "waiting"  # what is free already is not offered
    cancel(practice, third)
    work()
    assert at(read(desk, entry)["offer"]) == MONDAY + timedelta(hours=2)


# ---------------------------------------------------------------- who fits

WISHES = [
    ({"date_from": "2027-03-22", "date_to": "2027-04-02"}, True),
    ({"date_from": "2027-03-30", "date_to": "2027-04-02"}, False),
    ({"windows": [{"weekday": 1, "from": "09:00", "to": "10:00"}]}, True),
    ({"windows": [{"weekday": 2}, {"from": "09:15"}]}, False),
    ({"windows": [{"weekday": 2}, {"to": "09:45"}]}, False),  # the whole visit lies in the window
    ({"windows": [{"weekday": 2}, {"to": "10:00"}]}, True),
    ({"windows": [{"weekday": 7, "from": "22:00", "to": "10:00"}]}, True),  # of Sunday, into Monday
    ({"windows": [{"weekday": 1, "from": "22:00", "to": "10:00"}]}, False),
    ({"practitioner_ids": [0]}, True),
    ({"practitioner_ids": [1]}, False),
    ({"notice_minutes": 40_000}, True),
    ({"notice_minutes": 41_000}, False),  # 28 days less half a minute are 40,259
]


@pytest.mark.parametrize("members, fits", WISHES)
def test_only_what_is_wished_is_offered(practice, work, members, fits):
    (ninth, *_), _ = full(practice)
    desk = practice.desk()
    if "practitioner_ids" in members:
        members = {"practitioner_ids": [str(practice.people[number]) for number in members["practitioner_ids"]]}
    if members.get("notice_minutes") == 41_000:
        practice.clinic.owner.execute("update app.clinic set policy = '{\"booking_horizon_days\": 60}' where id = %s", [practice.clinic.id])
    entry = enter(practice, desk, **members)
    cancel(practice, ninth)
    work()
    assert read(desk, entry)["status"] == ("offered" if fits else "waiting")


def test_an_offer_leaves_the_notice_and_time_to_answer(practice, work):
    """The policy's notice is an hour, an offer lasts two; half past five in the morning the nine o'clock is given up."""
    (ninth, tenth, *_), _ = full(practice)
    desk = practice.desk()
    entry, patient = enter(practice, desk), enter(practice, desk, notice_minutes=100)
    assert read(desk, patient)["notice_minutes"] == 100
    set_clock(practice.owner, MONDAY - timedelta(minutes=110))
    cancel(practice, ninth)
    work()
    first, second = read(desk, entry), read(desk, patient)
    assert second["status"] == "waiting"  # ten minutes are too few to answer
    assert at({"start": first["offer"]["expires_at"]}) == MONDAY - timedelta(hours=1)
    set_clock(practice.owner, MONDAY - timedelta(minutes=20))
    cancel(practice, tenth)
    work()
    assert read(desk, entry)["offers_unanswered"] == 1  # and nine o'clock is over for everybody else
    assert at(read(desk, entry)["offer"]) == MONDAY + timedelta(hours=1) if read(desk, entry)["offer"] else True


def test_a_longer_treatment_fits_into_two_freed_hours(practice, work):
    """Neither hour alone is enough for it; with the second it begins at nine."""
    (first, second, *_), _ = full(practice)
    long = practice.clinic.offering(practice.people, [practice.site], duration=90)
    desk = practice.desk()
    entry = enter(practice, desk, offering_ids=[str(long)])
    cancel(practice, first)
    work()
    assert read(desk, entry)["status"] == "waiting"
    cancel(practice, second)
    work()
    assert at(read(desk, entry)["offer"]) == MONDAY


def test_a_room_that_is_freed_helps_another_practitioner(practice, work):
    practice.clinic.add("room", location_id=practice.site, name="One", kind="bench")
    offering = practice.clinic.offering(practice.people, [practice.site], room_kind="bench")
    desk = practice.desk()
    taken = desk.run("createBooking", body=practice.body(person=0, offering_id=str(offering)))
    assert taken.status == 201
    entry = enter(practice, desk, offering_ids=[str(offering)], practitioner_ids=[str(practice.people[1])],
                  windows=[{"from": "09:00", "to": "10:00"}])
    assert desk.run("cancelBooking", booking_id=taken["id"], body={}).status == 200
    work()
    assert read(desk, entry)["offer"]["practitioner_id"] == str(practice.people[1])


def test_a_seat_of_a_group_that_is_given_up_is_offered(practice, work):
    group = practice.clinic.offering(practice.people[:1], [practice.site], seats=2)
    seats = [somebody(practice).run("createBooking", body=practice.body(offering_id=str(group))) for _ in range(2)]
    assert [seat.status for seat in seats] == [201, 201] and seats[0]["session_id"] == seats[1]["session_id"]
    desk = practice.desk()
    entry = enter(practice, desk, offering_ids=[str(group)], windows=[{"to": "10:00"}])
    assert read(desk, entry)["free_now"] is None
    cancel(practice, seats[0]["id"])
    work()
    accepted = desk.run("acceptWaitlistEntry", entry_id=entry, body={})
    assert accepted["booking"]["session_id"] == seats[1]["session_id"]


def test_what_only_the_desk_books_is_offered_to_entries_of_the_desk(practice, work):
    offering = practice.clinic.offering(practice.people[:1], [practice.site], self_bookable=False)
    staff, desk = practice.staff(), practice.desk()
    refused = desk.run("createWaitlistEntry", body=wish(practice, offering_ids=[str(offering)]))
    assert refused.status == 422 and refused["errors"][0]["pointer"] == "/offering_ids"
    taken = fill(practice, 0)
    both = enter(practice, desk, offering_ids=[str(offering), str(practice.offering)], practitioner_ids=[str(practice.people[0])])
    entry = enter(practice, staff, offering_ids=[str(offering)])
    cancel(practice, taken[0])
    cancel(practice, taken[4])
    work()
    assert read(desk, both)["offer"]["offering_id"] == str(practice.offering)
    assert read(staff, entry)["offer"]["offering_id"] == str(offering)


# ---------------------------------------------------------------- the line

def test_a_place_goes_down_the_line_until_somebody_takes_it(practice, work):
    (ninth, *_), _ = full(practice)
    desk, other = practice.desk(), practice.desk("partner-b")
    lazy, picky, gone, last = enter(practice, desk), enter(practice, other), enter(practice, desk), enter(practice, other)
    assert [read(who, entry)["position"] for who, entry in ((desk, lazy), (other, picky), (desk, gone), (other, last))] == [1, 2, 3, 4]
    cancel(practice, ninth)
    work()
    assert read(desk, lazy)["status"] == "offered" and read(other, picky)["position"] == 1

    set_clock(practice.owner, NOW + timedelta(hours=3))  # unanswered
    assert read(desk, lazy)["status"] == "waiting"  # at once, before anybody writes it down
    assert desk.run("acceptWaitlistEntry", entry_id=lazy, body={})["type"] == "hold-expired"
    work()
    assert read(desk, lazy) | {"updated_at": None} == read(desk, lazy) | {
        "status": "waiting", "position": 1, "offers_unanswered": 1, "offer": None, "updated_at": None}
    assert desk.run("acceptWaitlistEntry", entry_id=lazy, body={})["type"] == "hold-expired"  # written down or not
    assert read(other, picky)["status"] == "offered"
    declined = other.run("declineWaitlistEntry", entry_id=picky, body={"reason": "Too early"})
    assert (declined.status, declined["status"], declined["position"]) == (200, "waiting", 2)
    work()
    assert read(desk, gone)["status"] == "offered"
    declined = desk.run("declineWaitlistEntry", entry_id=gone, body={"stay": False})
    assert (declined["status"], declined["position"]) == ("declined", None)
    assert desk.run("declineWaitlistEntry", entry_id=gone, body={})["current_status"] == "declined"
    work()
    assert other.run("acceptWaitlistEntry", entry_id=last, body={}).status == 200
    assert [changes(practice, entry)[2:] for entry in (lazy, picky, gone, last)] == [["lapsed"], ["declined"], ["declined"], ["accepted"]]


def test_no_time_is_offered_twice_and_three_silences_are_the_end(practice, work):
    """Nobody else waits, and it is only ever offered what it has not been offered."""
    (*taken,), _ = full(practice)
    desk = practice.desk()
    entry = enter(practice, desk)
    moment, offered = NOW, []
    for number in range(3):
        cancel(practice, taken[number])
        work()
        offered.append(at(read(desk, entry)["offer"]))
        moment += timedelta(hours=3)
        set_clock(practice.owner, moment)
        work()
        assert read(desk, entry)["offers_unanswered"] == number + 1
    assert offered == [MONDAY + timedelta(hours=hour) for hour in range(3)]
    assert read(desk, entry)["status"] == "expired" and changes(practice, entry)[-1] == "expired"
    cancel(practice, taken[4])
    work()
    assert read(desk, entry)["status"] == "expired"


def test_whoever_declines_has_answered(practice, work):
    (*taken,), _ = full(practice)
    desk = practice.desk()
    entry = enter(practice, desk)
    moment = NOW
    for number in range(6):
        cancel(practice, taken[number])
        work()
        if number % 2:
            assert desk.run("declineWaitlistEntry", entry_id=entry, body={}).status == 200
        else:
            moment += timedelta(hours=3)
            set_clock(practice.owner, moment)
            work()
    assert (read(desk, entry)["status"], read(desk, entry)["offers_unanswered"]) == ("waiting", 0)


def test_who_has_an_offer_is_not_asked(practice, work):
    (ninth, tenth, *_), _ = full(practice)
    desk = practice.desk()
    first, second = enter(practice, desk), enter(practice, desk)
    cancel(practice, ninth)
    cancel(practice, tenth)
    work()
    assert at(read(desk, first)["offer"]) == MONDAY and at(read(desk, second)["offer"]) == MONDAY + timedelta(hours=1)
    live = practice.owner.execute("select count(*) from app.booking where status = 'held' and clinic_id = %s", [practice.clinic.id]).fetchone()[0]
    assert live == 2


@pytest.mark.parametrize("answered", [True, False])
def test_what_was_freed_while_an_offer_stood_is_offered_after_it(practice, work, answered):
    (ninth, tenth, *_), _ = full(practice)
    desk = practice.desk()
    entry = enter(practice, desk)
    cancel(practice, ninth)
    work()
    cancel(practice, tenth)
    work()
    assert at(read(desk, entry)["offer"]) == MONDAY
    if answered:
        assert desk.run("declineWaitlistEntry", entry_id=entry, body={}).status == 200
    else:
        set_clock(practice.owner, NOW + timedelta(hours=3))
    work()
    assert at(read(desk, entry)["offer"]) == MONDAY + timedelta(hours=1)


def test_the_position_counts_only_who_might_want_the_same(practice):
    full(practice)
    elsewhere = practice.clinic.location()
    practice.clinic.add("practitioner_location", practitioner_id=practice.people[1], location_id=elsewhere)
    practice.clinic.add("offering_location", offering_id=practice.offering, location_id=elsewhere)
    other_offering = practice.clinic.offering(practice.people, [practice.site])
    treatment = practice.owner.execute("select treatment from app.offering where id = %s", [practice.offering]).fetchone()[0]
    desk, other = practice.desk(), practice.desk("partner-b")
    for members in ({"offering_ids": [str(other_offering)]}, {"practitioner_ids": [str(practice.people[1])]},
                    {"location_ids": [str(elsewhere)]}, {"windows": [{"weekday": 2}, {"weekday": 1, "from": "13:00"}]},
                    {"date_from": "2027-03-30", "date_to": "2027-05-01"}):
        enter(practice, other, **members)
    entry = enter(practice, desk, practitioner_ids=[str(practice.people[0])], location_ids=[str(practice.site)],
                  windows=[{"weekday": 1, "to": "12:00"}, {"weekday": 3}])
    assert read(desk, entry)["position"] == 1
    enter(practice, other, offering_ids=[], treatments=[treatment])  # came later
    later = enter(practice, desk, treatments=[treatment], offering_ids=[])
    assert read(desk, later)["position"] == 6  # all but those of the other offering and of later dates, and its own two


@pytest.mark.parametrize("here, there, meet", [
    ([], [{"weekday": 1}], True),
    ([{"weekday": 1}], [{"weekday": 2}], False),
    ([{"from": "09:00", "to": "12:00"}], [{"weekday": 5, "from": "12:00", "to": "13:00"}], False),
    ([{"from": "09:00", "to": "12:00"}], [{"weekday": 5, "from": "11:59"}], True),
    ([{"weekday": 1, "from": "22:00", "to": "02:00"}], [{"weekday": 2, "to": "01:00"}], True),    # past midnight
    ([{"weekday": 1, "from": "22:00", "to": "02:00"}], [{"weekday": 1, "to": "01:00"}], False),
    ([{"weekday": 7, "from": "22:00", "to": "02:00"}], [{"weekday": 1, "to": "01:00"}], True),    # past Sunday
])
def test_windows_that_never_meet_are_not_before_each_other(practice, here, there, meet):
    desk = practice.desk()
    enter(practice, desk, windows=here)
    entry = enter(practice, desk, windows=there)
    assert read(desk, entry)["position"] == (2 if meet else 1)


# ---------------------------------------------------------------- an entry follows its booking

def offered_one(practice, work, **members):
    (ninth, *_), _ = full(practice)
    desk = practice.desk()
    entry = enter(practice, desk, **members)
    cancel(practice, ninth)
    work()
    return desk, entry, read(desk, entry)["offer"]["booking_id"]


def test_confirming_the_booking_accepts(practice, work):
    desk, entry, booking = offered_one(practice, work)
    assert desk.run("confirmBooking", booking_id=booking, body={}).status == 200
    assert (read(desk, entry)["status"], read(desk, entry)["booking_id"]) == ("accepted", booking)
    assert desk.run("withdrawWaitlistEntry", entry_id=entry)["current_status"] == "accepted"
    # Also when it is cancelled before the worker has looked.
    assert desk.run("cancelBooking", booking_id=booking, body={}).status == 200
    assert read(desk, entry)["status"] == "accepted"
    work()
    assert read(desk, entry)["status"] == "accepted" and changes(practice, entry) == ["created", "offered", "accepted"]


def test_cancelling_the_hold_declines(practice, work):
    desk, entry, booking = offered_one(practice, work)
    next_one = enter(practice, desk)
    assert practice.staff().run("cancelBooking", booking_id=booking, body={}).status == 200
    assert (read(desk, entry)["status"], read(desk, entry)["position"]) == ("waiting", 1)
    work()
    assert changes(practice, entry)[-1] == "declined" and read(desk, next_one)["status"] == "offered"
    assert desk.run("declineWaitlistEntry", entry_id=entry, body={})["current_status"] == "waiting"


def test_a_moved_offer_is_still_the_offer(practice, work):
    desk, entry, booking = offered_one(practice, work)
    practice.clinic.schedule(practice.people[0], practice.site, 1, "17:00", "18:00")
    later = MONDAY + timedelta(hours=8)
    assert desk.run("rescheduleBooking", booking_id=booking, body={"start": later.isoformat()}).status == 200
    assert at(read(desk, entry)["offer"]) == later
    assert desk.run("acceptWaitlistEntry", entry_id=entry, body={})["booking"]["id"] == booking


def test_withdrawing_lets_the_offer_go(practice, work):
    desk, entry, booking = offered_one(practice, work)
    next_one = enter(practice, desk)
    for _ in range(2):
        answer = desk.run("withdrawWaitlistEntry", entry_id=entry)
        assert (answer.status, answer["status"]) == (200, "withdrawn")
    assert desk.run("readBooking", booking_id=booking)["status"] == "cancelled"
    work()
    assert read(desk, next_one)["status"] == "offered" and changes(practice, entry) == ["created", "offered", "withdrawn"]


def test_whoever_leaves_before_the_worker_has_looked_leaves(practice, work):
    desk, entry, booking = offered_one(practice, work)
    assert practice.staff().run("cancelBooking", booking_id=booking, body={}).status == 200
    assert desk.run("withdrawWaitlistEntry", entry_id=entry)["status"] == "withdrawn"
    lapsed = enter(practice, desk)
    work()
    set_clock(practice.owner, NOW + timedelta(hours=3))
    booking = practice.owner.execute("select booking_id from app.waitlist_entry where id = %s", [lapsed]).fetchone()[0]
    assert desk.run("withdrawWaitlistEntry", entry_id=lapsed)["status"] == "withdrawn"
    # Its hold has been written down as expired in the same act: nobody who began earlier confirms it.
    assert practice.owner.execute("select status from app.booking where id = %s", [booking]).fetchone()[0] == "expired"


def test_an_entry_whose_dates_are_over_has_expired(practice, work):
    full(practice)
    desk = practice.desk()
    entry = enter(practice, desk)
    set_clock(practice.owner, datetime(2027, 3, 29, 21, 59, 59, tzinfo=timezone.utc))
    assert read(desk, entry)["status"] == "waiting"
    set_clock(practice.owner, datetime(2027, 3, 29, 22, 0, 1, tzinfo=timezone.utc))  # midnight in Brussels
    assert read(desk, entry)["status"] == "expired" and changes(practice, entry) == ["created"]
    listed = desk.run("listWaitlistEntries", status=["expired"])
    assert [item["id"] for item in listed["items"]] == [entry]
    work()
    assert changes(practice, entry) == ["created", "expired"]
    assert desk.run("withdrawWaitlistEntry", entry_id=entry).status == 409


# ---------------------------------------------------------------- what frees time

def test_a_move_frees_the_old_place(practice, work):
    (ninth, *_), _ = full(practice)
    practice.clinic.schedule(practice.people[0], practice.site, 2, "09:00", "17:00")
    desk = practice.desk()
    entry = enter(practice, desk)
    moved = somebody(practice).run("rescheduleBooking", booking_id=ninth,
                                               body={"start": (MONDAY + timedelta(days=1)).isoformat()})
    assert moved.status == 200
    work()
    assert at(read(desk, entry)["offer"]) == MONDAY


def test_a_hold_that_runs_out_frees_its_place(practice, work):
    full(practice)
    practice.clinic.schedule(practice.people[0], practice.site, 2, "09:00", "10:00")
    tuesday = MONDAY + timedelta(days=1)
    held = somebody(practice).run("createBooking", body=practice.body(tuesday, hold=True))
    assert held.status == 201
    desk = practice.desk()
    entry = enter(practice, desk, date_to="2027-03-30")
    work()
    assert read(desk, entry)["status"] == "waiting"
    set_clock(practice.owner, NOW + timedelta(minutes=11))
    work()
    assert at(read(desk, entry)["offer"]) == tuesday


def opened(practice, work, act):
    """The start that is offered after the clinic's own staff has done `act`; None when nothing is."""
    staff = practice.desk("front-desk", scopes="availability:read bookings:desk directory:write")
    full(practice)
    desk = practice.desk()
    entry = enter(practice, desk, date_from="2027-03-20", date_to="2027-04-10")
    act(staff)
    work()
    offer = read(desk, entry)["offer"]
    return offer and datetime.fromisoformat(offer["start"]).replace(tzinfo=None).isoformat()[5:16]


def test_added_hours_are_offered(practice, work):
    def add(staff):
        answer = staff.run("createException", clinic_id=practice.clinic.id, body={
            "kind": "add", "practitioner_id": str(practice.people[1]), "location_id": str(practice.site),
            "date_from": "2027-04-07", "date_to": "2027-04-07", "windows": [{"from": "10:00", "to": "11:00"}]})
        assert answer.status == 201, answer
    block_other_mondays(practice)
    assert opened(practice, work, add) == "04-07T10:00"


def block_other_mondays(practice):
    practice.clinic.add("exception", kind="close", location_id=practice.site, date_from="2027-03-02", date_to="2027-03-28")
    practice.clinic.add("exception", kind="close", location_id=practice.site, date_from="2027-03-30", date_to="2027-04-06")


def test_a_new_schedule_is_offered(practice, work):
    def create(staff):
        answer = staff.run("createSchedule", clinic_id=practice.clinic.id, body={
            "practitioner_id": str(practice.people[0]), "location_id": str(practice.site), "weekday": 4, "from": "18:00", "to": "19:00"})
        assert answer.status == 201, answer
    block_other_mondays(practice)
    assert opened(practice, work, create) == "04-08T18:00"


def test_a_closure_that_is_lifted_or_shortened_is_offered(practice, work):
    closure = practice.clinic.add("exception", kind="close", location_id=practice.site, date_from="2027-03-02", date_to="2027-03-28")
    practice.clinic.add("exception", kind="close", location_id=practice.site, date_from="2027-03-30", date_to="2027-05-06")

    def shorten(staff):
        answer = staff.run("patchException", clinic_id=practice.clinic.id, exception_id=closure, if_match="*", body={"date_to": "2027-03-21"})
        assert answer.status == 200, answer
    assert opened(practice, work, shorten) == "03-22T09:00"


def test_a_restored_practitioner_is_offered(practice, work):
    block_other_mondays(practice)
    person = practice.clinic.practitioner(practice.site, status="archived")
    practice.clinic.schedule(person, practice.site, 1, "09:00", "10:00")
    practice.clinic.add("offering_practitioner", offering_id=practice.offering, practitioner_id=person)

    def restore(staff):
        answer = staff.run("restorePractitioner", clinic_id=practice.clinic.id, practitioner_id=person, if_match="*")
        assert answer.status == 200, answer
    assert opened(practice, work, restore) == "03-29T09:00"


def test_many_wait_for_hours_that_are_added(practice, work):
    """A day of eight hours is opened, ten wait: the first eight get an hour each, in the order of the line."""
    full(practice)
    desk = practice.desk()
    practice.owner.execute("update app.clinic set policy = '{\"max_holds_per_client\": 1, \"max_holds_per_partner\": 2}' where id = %s",
                           [practice.clinic.id])
    entries = [enter(practice, desk, date_to="2027-03-31") for _ in range(10)]
    staff = practice.desk("front-desk", scopes="availability:read bookings:desk directory:write")
    assert staff.run("createException", clinic_id=practice.clinic.id, body={
        "kind": "add", "practitioner_id": str(practice.people[0]), "location_id": str(practice.site),
        "date_from": "2027-03-31", "date_to": "2027-03-31", "windows": [{"from": "09:00", "to": "17:00"}]}).status == 201
    work()
    offers = [read(desk, entry)["offer"] for entry in entries]
    assert [offer and at(offer) for offer in offers] == [MONDAY + timedelta(days=2, hours=hour) for hour in range(8)] + [None, None]
    # None of it counts against the caps of holds.
    assert desk.run("createBooking", body=practice.body(MONDAY + timedelta(weeks=1), hold=True)).status == 201


# ---------------------------------------------------------------- entering

def test_what_an_entry_must_be(practice):
    desk = practice.desk()
    nobody = "01900000-0000-7002-8000-00010000ffff"

    def faults(**members):
        answer = desk.run("createWaitlistEntry", body=wish(practice, **members))
        assert answer.status == 422, answer
        return [fault["pointer"] for fault in answer["errors"]]

    assert faults(date_from="2027-03-30") == ["/date_to"]
    assert faults(date_from="2027-01-01", date_to="2027-02-28") == ["/date_to"]
    assert faults(date_to="2028-04-10") == ["/date_to"]
    assert faults(windows=[{"from": "09:00", "to": "10:00"}, {"from": "09:00", "to": "09:00"}]) == ["/windows/1/to"]
    assert faults(treatments=["no-such"], practitioner_ids=[nobody], location_ids=[nobody], offering_ids=[nobody]) == [
        "/treatments/0", "/offering_ids/0", "/practitioner_ids/0", "/location_ids/0"]
    elsewhere = practice.clinic.location()
    assert faults(location_ids=[str(elsewhere)]) == ["/offering_ids"]
    assert desk.run("createWaitlistEntry", body=wish(practice, clinic_id=nobody)).status == 404
    practice.owner.execute("update app.clinic set status = 'archived' where id = %s", [practice.clinic.id])
    assert desk.run("createWaitlistEntry", body=wish(practice)).status == 409


def test_a_key_is_answered_once(practice):
    desk = practice.desk()
    first = desk.run("createWaitlistEntry", body=wish(practice), key=f"k-{practice.clinic.id}", hash="h")
    again = desk.run("createWaitlistEntry", body=wish(practice), key=f"k-{practice.clinic.id}", hash="h")
    assert again.row["replayed"] and again.body == first.body and again.row["location"] == f"/v1/waitlist/{first['id']}"
    assert desk.run("createWaitlistEntry", body=wish(practice), key=f"k-{practice.clinic.id}", hash="other").status == 422


def test_a_list_is_the_line(practice, work):
    (ninth, *_), _ = full(practice)
    desk, other, staff = practice.desk(), practice.desk("partner-b"), practice.staff()
    mine = [enter(practice, desk, external_ref=f"wish-{number}") for number in range(3)]
    theirs = enter(practice, other)
    cancel(practice, ninth)
    work()
    assert [item["id"] for item in desk.run("listWaitlistEntries")["items"]] == mine
    assert [item["id"] for item in staff.run("listWaitlistEntries")["items"]] == mine + [theirs]
    assert [item["id"] for item in staff.run("listWaitlistEntries", status=["waiting"])["items"]] == mine[1:] + [theirs]
    assert [item["id"] for item in staff.run("listWaitlistEntries", status=["offered"])["items"]] == mine[:1]
    assert [item["id"] for item in desk.run("listWaitlistEntries", external_ref="wish-2")["items"]] == mine[2:]
    assert desk.run("listWaitlistEntries", treatment="no-such")["items"] == []
    treatment = practice.owner.execute("select treatment from app.offering where id = %s", [practice.offering]).fetchone()[0]
    page = desk.run("listWaitlistEntries", treatment=treatment, limit=2)
    assert [item["id"] for item in page["items"]] == mine[:2]
    rest = desk.run("listWaitlistEntries", treatment=treatment, limit=2, cursor=page["next"])
    assert [item["id"] for item in rest["items"]] == mine[2:] and rest["next"] is None
    assert desk.run("listWaitlistEntries", cursor="nonsense").status == 400


def test_entries_are_seen_by_their_partner_and_the_desk_alone(practice, work):
    desk, entry, booking = offered_one(practice, work)
    stranger, elsewhere = practice.desk("partner-b"), practice.desk(clinics="{01900000-0000-7000-8000-000000000001}")
    for who in (stranger, elsewhere):
        assert who.run("readWaitlistEntry", entry_id=entry).status == 404
        assert who.run("withdrawWaitlistEntry", entry_id=entry).status == 404
        assert who.run("acceptWaitlistEntry", entry_id=entry, body={}).status == 404
        assert who.run("declineWaitlistEntry", entry_id=entry, body={}).status == 404
        assert who.run("listWaitlistEntries")["items"] == []
        # The policy alone, without any filter of the queries.
        with who.connection.transaction():
            who.connection.execute("select set_config('app.sub', %s, true), set_config('app.scopes', %s, true), set_config('app.clinics', %s, true)",
                                   [who.sub, who.scopes, who.clinics])
            assert who.connection.execute("select count(*) from app.waitlist_entry").fetchone()[0] == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stranger.connection.execute("select * from app.waitlist_freed for update")
    accepted = practice.staff().run("acceptWaitlistEntry", entry_id=entry, body={})
    assert accepted.status == 200 and accepted["booking"]["source"] == "partner-a"


# ---------------------------------------------------------------- at once

def test_places_go_down_the_line_with_many_workers_and_cancellers(practice):
    """Sixteen hours are given up in any order, by four who cancel at once, while three workers work: the first sixteen of twenty
    entries get one each, nobody two, and no hour has two."""
    taken = [booking for day in full(practice) for booking in day]
    desk = practice.desk()
    workers = [Worker(practice.database) for _ in range(3)]
    workers[0]()
    entries = [enter(practice, desk) for _ in range(20)]
    random.Random(4).shuffle(taken)
    cancellers = [practice.desk("somebody-else") for _ in range(4)]
    done = threading.Event()
    faults = []

    def cancel_all(desk, bookings):
        for booking in bookings:
            answer = desk.run("cancelBooking", booking_id=booking, body={})
            if answer.status != 200:
                faults.append(answer)

    def keep_working(worker):
        try:
            while not done.is_set():
                worker()
        except Exception as fault:  # pylint: disable=broad-except
            faults.append(fault)

    threads = [threading.Thread(target=keep_working, args=[worker]) for worker in workers]
    cancelling = [threading.Thread(target=cancel_all, args=[who, taken[number::4]]) for number, who in enumerate(cancellers)]
    for thread in threads + cancelling:
        thread.start()
    for thread in cancelling:
        thread.join()
    done.set()
    for thread in threads:
        thread.join()
    workers[0]()
    assert not faults
    found = [read(desk, entry) for entry in entries]
    assert [entry["status"] for entry in found] == ["offered"] * 16 + ["waiting"] * 4
    places = {(entry["offer"]["start"], entry["offer"]["practitioner_id"]) for entry in found[:16]}
    assert len(places) == 16
    for worker in workers:
        worker.close()


def test_an_offer_has_one_end_when_all_ends_meet(practice, work):
    """Accept, confirm, cancel, decline and withdraw at once, again and again: one of them wins, and entry and booking agree."""
    (*taken,), _ = full(practice)
    for round_number in range(4):
        desk = practice.desk()
        entry = enter(practice, desk)
        cancel(practice, taken[round_number])
        work()
        booking = read(desk, entry)["offer"]["booking_id"]
        acts = [("acceptWaitlistEntry", {"entry_id": entry, "body": {}}), ("confirmBooking", {"booking_id": booking, "body": {}}),
                ("cancelBooking", {"booking_id": booking, "body": {}}), ("declineWaitlistEntry", {"entry_id": entry, "body": {}})]
        barrier = threading.Barrier(len(acts))
        answers = {}

        def act(name, arguments):
            who = practice.desk()
            barrier.wait()
            answers[name] = who.run(name, **arguments).status

        threads = [threading.Thread(target=act, args=one) for one in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        work()
        state, end = read(desk, entry)["status"], desk.run("readBooking", booking_id=booking)["status"]
        accepted = answers["acceptWaitlistEntry"] == 200 or answers["confirmBooking"] == 200
        assert (state == "accepted") == accepted, answers
        assert end == ("confirmed" if accepted and answers["cancelBooking"] != 200 else "cancelled"), answers
        if answers["declineWaitlistEntry"] == 200:
            assert state == "waiting" and not accepted
        desk.run("withdrawWaitlistEntry", entry_id=entry)


# ---------------------------------------------------------------- what fails, and what is long

def poison(practice, entry):
    """An entry that nothing can be worked out about, as no request makes one."""
    practice.owner.execute("""update app.waitlist_entry set windows = '[{"from": "nonsense"}]' where id = %s""", [entry])


def test_an_entry_that_always_fails_holds_up_neither_its_line_nor_another_clinic(shared_database, practice, work):
    other = Practice(shared_database)
    try:
        (ninth, *_), _ = full(practice)
        (also_ninth, *_), _ = full(other)
        desk, elsewhere = practice.desk(), other.desk()
        before, broken, behind = (enter(practice, desk, date_from="2027-03-29") for _ in range(3))
        practice.owner.execute("update app.waitlist_entry set windows = '[{\"weekday\": 7}]' where id = %s", [before])
        poison(practice, broken)
        entry = enter(other, elsewhere)
        cancel(practice, ninth)
        cancel(other, also_ninth)
        work()
        assert read(elsewhere, entry)["status"] == "offered"
        assert (read(desk, before)["status"], read(desk, behind)["status"]) == ("waiting", "offered")
    finally:
        other.owner.execute("update app.waitlist_entry set status = 'withdrawn' where clinic_id = %s", [other.clinic.id])
        other.close()


def test_a_place_that_is_given_up_does_not_wait_for_a_season_of_new_hours(practice, work):
    (ninth, *_), _ = full(practice)
    desk = practice.desk()
    enter(practice, desk, date_from="2027-03-02", date_to="2027-05-20", windows=[{"weekday": 7}])
    entry = enter(practice, desk)
    practice.owner.execute("insert into app.waitlist_freed (clinic_id, since, until, day_from) values (%s, %s, %s, %s)",
                           [practice.clinic.id, NOW, NOW + timedelta(days=80), NOW])
    cancel(practice, ninth)
    for one in ("work_hear_freed(50)", "work_offer_freed(50)"):
        work.connection.execute(f"select app.{one}")
    assert at(read(desk, entry)["offer"]) == MONDAY


def test_a_line_of_many_is_asked_once_about_each_time_of_many_people(practice, work):
    """What an hour costs that nobody in a line of 200 wants, with fifty people free all day: an entry is held against each time of
    day once, not against each person."""
    people = [practice.clinic.practitioner(practice.site) for _ in range(50)]
    for person in people:
        practice.clinic.add("offering_practitioner", offering_id=practice.offering, practitioner_id=person)
        practice.clinic.schedule(person, practice.site, 1, "09:00", "17:00")
    practice.owner.execute("""
        insert into app.waitlist_entry (clinic_id, source, offering_ids, windows, date_from, date_to, ends_at, client)
        select %s, 'partner-a', array[%s::uuid], '[{"weekday": 7, "from": "01:00", "to": "02:00"}]', '2027-03-29', '2027-03-29',
               '2027-03-30', '{"name": "N"}' from generate_series(1, 200)""", [practice.clinic.id, practice.offering])
    practice.owner.execute("insert into app.waitlist_freed (clinic_id, since, until, day_from) values (%s, %s, %s, %s)",
                           [practice.clinic.id, MONDAY, MONDAY + timedelta(hours=8), MONDAY])
    taken, count = calls(practice.database, work.connection, "entry_fits",
                         lambda: work.connection.execute("select app.work_offer_freed(200)").fetchone()[0])
    assert taken == 200 and count <= 200 * 33  # starts of the day, not times fifty people


def test_what_is_free_for_an_entry_is_looked_up_once_for_all_who_are_free_then(practice):
    """Two years ahead, fifty people, and an entry that nothing fits: as slow as it gets."""
    for _ in range(50):
        person = practice.clinic.practitioner(practice.site)
        practice.clinic.add("offering_practitioner", offering_id=practice.offering, practitioner_id=person)
        for weekday in (1, 2, 3, 4, 5):
            practice.clinic.schedule(person, practice.site, weekday, "09:00", "17:00")
    practice.owner.execute("update app.clinic set policy = '{\"booking_horizon_days\": 730}' where id = %s", [practice.clinic.id])
    desk = practice.desk()
    body = wish(practice, date_from="2027-03-01", date_to="2028-03-01", windows=[{"weekday": 7, "from": "01:00", "to": "02:00"}])
    answer, count = calls(practice.database, desk.connection, "entry_fits", lambda: desk.run("createWaitlistEntry", body=body))
    assert answer.status == 201 and answer["free_now"] is None
    assert count <= 20_000  # starts of a year, not times fifty people


def test_the_place_in_a_long_line_is_counted_in_one_look_at_each(practice):
    """Three thousand with thirty windows each, none of which meets those of the entry: no pair of windows is held against another."""
    practice.owner.execute("""
        insert into app.waitlist_entry (clinic_id, source, offering_ids, windows, date_from, date_to, ends_at, client, created_at)
        select %s, 'partner-b', array[%s::uuid],
               (select jsonb_agg(jsonb_build_object('weekday', 1, 'from', make_time(n / 3, n %% 3 * 20, 0), 'to', make_time(n / 3, n %% 3 * 20 + 10, 0)))
                from generate_series(0, 29) as n), '2027-03-29', '2027-03-29', '2027-03-30', '{"name": "N"}', app.now() - interval '1 hour'
        from generate_series(1, 3000)""", [practice.clinic.id, practice.offering])
    desk = practice.desk()
    body = wish(practice, windows=[{"weekday": 1, "from": f"{n // 3 + 10:02}:{n % 3 * 20:02}", "to": f"{n // 3 + 10:02}:{n % 3 * 20 + 10:02}"}
                                   for n in range(30)])
    answer, count = calls(practice.database, desk.connection, "week_of", lambda: desk.run("createWaitlistEntry", body=body))
    assert answer["position"] == 1 and count <= 3001  # the windows of each entry once
