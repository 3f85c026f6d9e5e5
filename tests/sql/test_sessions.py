"""Group offerings: many bookings in one session, which has the time of practitioner and room; seats are counted, never sold
twice, and free again at the instant in which a hold runs out."""
import time
from datetime import timedelta

import pytest

from clinic_kit import set_clock
from test_booking import MONDAY, NOW, Practice

NINE = "2027-03-29T09:00:00+02:00"
CLIENT = {"name": "Anna Peeters", "email": "anna@example.org"}


class Group(Practice):
    """As Practice, but with three seats, and an offering for one person beside it."""

    def __init__(self, database, **offering):
        super().__init__(database, **{"seats": 3} | offering)
        self.single = self.clinic.offering(self.people, [self.site])
        self.partner, self.other = self.desk(), self.desk("partner-b")

    def book(self, desk=None, **more):
        answer = (desk or self.partner).run("createBooking", body=self.body(**more))
        assert answer.status == 201, answer
        return answer.body

    def refusal(self, desk=None, **more):
        answer = (desk or self.partner).run("createBooking", body=self.body(**more))
        assert answer.status == 409, answer
        return answer["type"], answer["reasons"]

    def seats_left(self, start=NINE, person=0, **more):
        """What search says of a start: the seats that are left, or None when it does not list it."""
        return {(slot["start"], slot["practitioner_id"]): slot["seats_left"] for slot in self.search(**more)}.get(
            (start, str(self.people[person])))

    def search(self, offering=None, **more):
        return self.partner.run("findAvailability", **{"from": "2027-03-29", "to": "2027-03-29", "limit": 500,
                                                       "offering_id": [str(offering or self.offering)], **more})["items"]

    def singles(self, person=0):
        return {slot["start"] for slot in self.search(self.single) if slot["practitioner_id"] == str(self.people[person])}

    def blocks(self):
        return self.owner.execute("select resource_id, session_id::text, expires_at from app.occupancy where clinic_id = %s "
                                  "order by blocked_from, resource_id", [self.clinic.id]).fetchall()

    def state(self):
        """All that an act which was refused must leave as it was."""
        return [sorted(map(str, self.owner.execute(f"select {columns} from app.{table} where clinic_id = %s", [self.clinic.id])))
                for table, columns in (("booking", "id, booking"), ("change", "id, change"), ("audit", "id, audit"),
                                       ("occupancy", "resource_id, blocked, booking_id, session_id, expires_at"))]


@pytest.fixture
def group(database):
    group = Group(database)
    yield group
    group.close()


def test_the_first_opens_a_session_and_others_join_until_it_is_full(group):
    assert group.seats_left() == 3
    first, second = group.book(), group.book(group.other)
    assert first["session_id"] == second["session_id"] is not None and first["seats"] == 1
    assert group.seats_left() == 1
    third = group.book(client=False)
    assert third["status"] == "held" and third["session_id"] == first["session_id"]
    assert group.seats_left() is None
    assert group.refusal() == ("slot-taken", ["full"])
    assert group.blocks() == [(group.people[0], first["session_id"], None)], "one row for the three of them"
    near = group.other.run("bookingAlternatives", body=group.body()).body
    assert len(near) == 3 and NINE not in {slot["start"] for slot in near} and {slot["seats_left"] for slot in near} == {3}
    # Nobody sees the others' bookings.
    assert group.other.run("readBooking", booking_id=first["id"]).status == 404


def test_a_session_is_in_the_way_of_everything_else(group):
    free = group.singles()
    group.book()
    assert NINE not in group.singles() and free - group.singles() == {f"2027-03-29T09:{m:02}:00+02:00" for m in (0, 15, 30, 45)}
    assert group.refusal(offering_id=str(group.single)) == ("slot-taken", ["practitioner_busy"])
    assert group.refusal(start=MONDAY + timedelta(minutes=15)) == ("slot-taken", ["practitioner_busy"])
    # And what others have is in the way of a session.
    group.book(offering_id=str(group.single), start=MONDAY + timedelta(hours=2))
    assert group.refusal(start=MONDAY + timedelta(hours=2)) == ("slot-taken", ["practitioner_busy"])
    assert group.seats_left("2027-03-29T11:00:00+02:00") is None


def test_a_hold_that_runs_out_frees_its_seat_at_that_instant(group):
    group.book()
    group.book(seats=2, client=False)
    assert group.refusal(group.other) == ("slot-taken", ["full"])
    set_clock(group.owner, NOW + timedelta(minutes=9))
    assert group.seats_left() is None
    set_clock(group.owner, NOW + timedelta(minutes=11))
    assert group.seats_left() == 2
    group.book(group.other, seats=2)
    assert group.refusal() == ("slot-taken", ["full"])


def test_a_session_of_nothing_but_holds_that_ran_out_is_not_there(group):
    held = [group.book(desk, client=False) for desk in (group.partner, group.other)]
    session = held[0]["session_id"]
    extended = group.partner.run("extendBooking", booking_id=held[0]["id"])
    assert [row[1:] for row in group.blocks()] == [(session, group.owner.execute(
        "select hold_expires_at from app.booking where id = %s", [held[0]["id"]]).fetchone()[0])], "as long as the last of them"
    set_clock(group.owner, NOW + timedelta(minutes=15))
    assert group.seats_left() == 2 and NINE not in group.singles(), "the one that was extended lives"
    set_clock(group.owner, NOW + timedelta(minutes=21))
    assert group.seats_left() == 3 and NINE in group.singles()
    single = group.book(offering_id=str(group.single))
    assert single["session_id"] is None and group.seats_left() is None
    assert [row[1] for row in group.blocks()] == [None]
    for booking, desk in zip(held, (group.partner, group.other)):
        assert desk.run("readBooking", booking_id=booking["id"])["status"] == "expired"
    kinds = group.owner.execute("select entity_id from app.change where clinic_id = %s and kind = 'expired'", [group.clinic.id]).fetchall()
    assert {row[0] for row in kinds} == {booking["id"] for booking in held} and extended.status == 200


def test_a_seat_that_was_sold_again_is_not_confirmed_by_who_began_before_it_ran_out(group):
    """A transaction lives at the instant of its beginning. One that waited while its hold ran out must hear who came after it."""
    group.book(seats=2)
    held = group.book(client=False)
    slow = group.desk()
    with slow.connection.transaction():
        moment = slow.connection.execute("select app.now()").fetchone()[0]
        group.owner.execute("update app.booking set hold_expires_at = %s where id = %s", [moment + timedelta(milliseconds=100), held["id"]])
        time.sleep(0.2)
        group.book(group.other)
        answer = slow.run("confirmBooking", booking_id=held["id"], body={"client": CLIENT})
    assert answer.status == 409 and answer["type"] == "hold-expired"
    assert group.refusal() == ("slot-taken", ["full"])


def test_after_all_holds_ran_out_the_next_opens_another_session(group):
    first = group.book(client=False)
    set_clock(group.owner, NOW + timedelta(minutes=11))
    second = group.book(group.other)
    assert second["session_id"] != first["session_id"] and group.seats_left() == 2
    assert group.partner.run("confirmBooking", booking_id=first["id"], body={"client": CLIENT}).status == 409


def test_the_sweeper_frees_a_seat_and_leaves_the_session(group):
    group.book()
    held = group.book(group.other, client=False)
    set_clock(group.owner, NOW + timedelta(minutes=11))
    worker = group.database.connect("clinicd_worker", options="-c app.test_clock=on", autocommit=True)
    assert worker.execute("select app.work_expire_holds(100)").fetchone()[0] == 1
    worker.close()
    assert group.other.run("readBooking", booking_id=held["id"])["status"] == "expired"
    assert len(group.blocks()) == 1 and group.blocks()[0][2] is None and group.seats_left() == 2


def test_the_block_is_as_firm_as_the_firmest_seat(group):
    held = group.book(client=False)
    other = group.book(group.other, client=False)
    assert group.blocks()[0][2] is not None
    group.partner.run("confirmBooking", booking_id=held["id"], body={"client": CLIENT})
    assert group.blocks()[0][2] is None
    assert group.partner.run("cancelBooking", booking_id=held["id"]).status == 200
    assert group.blocks()[0][2] is not None, "only a hold is left"
    assert group.other.run("cancelBooking", booking_id=other["id"]).status == 200
    assert group.blocks() == [] and group.seats_left() == 3


def test_several_seats_at_once(group):
    pair = group.book(seats=2)
    assert pair["seats"] == 2 and pair["price"]["amount"] == 13000
    assert group.seats_left() == 1 and group.seats_left(seats=2) is None
    assert group.seats_left("2027-03-29T11:00:00+02:00", seats=2) == 3
    assert group.refusal(seats=2) == ("slot-taken", ["full"])
    assert group.refusal(seats=4, start=MONDAY + timedelta(hours=3)) == ("slot-not-offered", ["too_many_seats"])
    assert group.refusal(seats=2, offering_id=str(group.single), start=MONDAY + timedelta(hours=3)) == (
        "slot-not-offered", ["too_many_seats"])
    assert group.search(group.single, seats=2) == []
    group.book(group.other)
    near = group.partner.run("bookingAlternatives", body=group.body(seats=3)).body
    assert [slot["start"][11:16] for slot in near] == ["10:00", "10:15", "10:30"]
    days = group.partner.run("countAvailableDays", **{"from": "2027-03-29", "to": "2027-03-29", "offering_id": [str(group.single)], "seats": 2})
    assert days["items"] == []


def test_the_charge_of_a_late_cancellation_is_for_all_seats(group):
    pair = group.book(seats=2)
    set_clock(group.owner, MONDAY - timedelta(hours=2))
    assert group.partner.run("cancelBooking", booking_id=pair["id"])["charge"]["amount"] == 13000


def test_anybody_means_the_session_that_is_there(group):
    group.book(person=1)
    # The other practitioner has nothing to do, but one class of two is better than two of one.
    assert {group.book(person=None)["practitioner_id"] for _ in range(2)} == {str(group.people[1])}
    assert group.book(person=None)["practitioner_id"] == str(group.people[0]), "and then the next one opens"


def test_the_staff_cannot_override_the_seats(group):
    staff = group.staff()
    early = MONDAY - timedelta(hours=2)
    override = {"reason": "an early class"}
    opened = group.book(staff, start=early, seats=2, override=override)
    assert group.book(staff, start=early, override=override)["session_id"] == opened["session_id"]
    assert group.refusal(staff, start=early, override=override) == ("slot-taken", ["full"])
    assert group.refusal(staff, start=early, seats=4, override=override) == ("slot-not-offered", ["too_many_seats"])
    assert group.refusal(staff, start=early + timedelta(minutes=30), override=override) == ("slot-taken", ["practitioner_busy"])


# ---------------------------------------------------------------- moving

def move(desk, booking, start, **more):
    return desk.run("rescheduleBooking", booking_id=booking["id"], body={"start": start.isoformat(), **more})


def test_who_moves_leaves_a_seat_and_takes_another(group):
    mine, theirs = group.book(), group.book(group.other)
    later = group.book(group.other, start=MONDAY + timedelta(hours=2))
    moved = move(group.partner, mine, MONDAY + timedelta(hours=2))
    assert moved.status == 200 and moved["session_id"] == later["session_id"]
    assert (group.seats_left(), group.seats_left("2027-03-29T11:00:00+02:00")) == (2, 1)
    assert group.other.run("readBooking", booking_id=theirs["id"])["session_id"] == mine["session_id"]
    assert len(group.blocks()) == 2
    # The last one takes the session along: the old one is gone, a new one stands in its own way no more.
    moved = move(group.other, theirs, MONDAY + timedelta(minutes=15))
    assert moved.status == 200 and moved["session_id"] not in (None, theirs["session_id"])
    assert len(group.blocks()) == 2 and group.seats_left() is None and group.seats_left("2027-03-29T09:15:00+02:00") == 2


def test_a_move_that_finds_nothing_changes_nothing(group):
    mine = group.book(seats=2)
    group.book(group.other, start=MONDAY + timedelta(hours=2), seats=2)
    for start, expected in ((2, ["full"]), (-2, ["outside_hours"]), (2.5, ["practitioner_busy"])):
        before = group.state()
        answer = move(group.partner, mine, MONDAY + timedelta(hours=start))
        assert answer.status == 409 and answer["reasons"] == expected
        assert group.state() == before
    near = group.partner.run("rescheduleAlternatives", booking_id=mine["id"], body={"start": (MONDAY + timedelta(hours=2)).isoformat()})
    assert all(slot["seats_left"] >= 2 for slot in near.body) and len(near.body) == 3
    # With others in the session, it stays in the way of whoever would leave it for a time that overlaps.
    group.book(group.other)
    before = group.state()
    assert move(group.partner, mine, MONDAY + timedelta(minutes=15))["reasons"] == ["practitioner_busy"]
    assert group.state() == before


def test_a_visit_that_ended_ends_for_one_alone(group):
    first, second = group.book(), group.book(group.other)
    set_clock(group.owner, MONDAY + timedelta(minutes=5))
    staff = group.staff()
    assert staff.run("completeBooking", booking_id=first["id"])["status"] == "completed"
    assert len(group.blocks()) == 1
    assert staff.run("missBooking", booking_id=second["id"])["status"] == "no_show"
    assert group.blocks() == []


# ---------------------------------------------------------------- what the clinic changes meanwhile

def change(group, **columns):
    for name, value in columns.items():
        group.owner.execute(f"update app.offering set {name} = %s where id = %s", [value, group.offering])


def test_sessions_follow_the_number_of_seats_but_nobody_loses_one(group):
    group.book(seats=3)
    change(group, seats=5)
    assert group.seats_left() == 2
    group.book()
    change(group, seats=2)
    assert group.seats_left() is None and group.refusal() == ("slot-taken", ["full"])
    assert group.owner.execute("select sum(seats) from app.booking where status = 'confirmed' and clinic_id = %s",
                               [group.clinic.id]).fetchone()[0] == 4
    change(group, seats=1)
    assert group.refusal()[0] == "slot-taken" and NINE not in {slot["start"] for slot in group.search()
                                                               if slot["practitioner_id"] == str(group.people[0])}
    assert "seats_left" not in group.search()[0]


def test_what_was_booked_alone_stays_alone(group):
    change(group, seats=1)
    booking = group.book()
    change(group, seats=3)
    assert booking["session_id"] is None and group.refusal() == ("slot-taken", ["practitioner_busy"])
    moved = move(group.partner, booking, MONDAY + timedelta(hours=1))
    assert moved["session_id"] is not None and group.seats_left("2027-03-29T10:00:00+02:00") == 2


@pytest.mark.parametrize("columns, reasons", [({"duration_minutes": 45}, ["practitioner_busy"]), ({"status": "archived"}, ["not_offered"]),
                                              ({"buffer_after_minutes": 30}, None)])
def test_a_session_takes_more_people_as_long_as_the_offering_is_as_it_was(group, columns, reasons):
    group.book()
    change(group, **columns)
    if reasons is None:
        assert group.seats_left() == 2 and group.book(group.other)["seats"] == 1
    else:
        assert group.seats_left() is None and group.refusal(group.other)[1] == reasons


def test_what_is_closed_later_takes_nobody_more(group):
    group.book()
    group.clinic.add("exception", kind="close", location_id=group.site, date_from="2027-03-29", date_to="2027-03-29")
    assert group.seats_left() is None and group.refusal(group.other) == ("slot-not-offered", ["closed"])


# ---------------------------------------------------------------- rooms

def test_a_session_has_one_room(database):
    group = Group(database, room_kind="hall")
    halls = [group.clinic.add("room", location_id=group.site, name=name, kind="hall") for name in ("One", "Two")]
    first, second = group.book(), group.book(group.other)
    assert first["room_id"] == second["room_id"] in map(str, halls)
    beside = group.book(person=1)
    assert {first["room_id"], beside["room_id"]} == set(map(str, halls)) and len(group.blocks()) == 4
    third = group.clinic.practitioner(group.site)
    group.clinic.schedule(third, group.site, 1, "09:00", "17:00")
    group.clinic.add("offering_practitioner", offering_id=group.offering, practitioner_id=third)
    group.people.append(third)
    assert group.refusal(person=2) == ("slot-taken", ["room_busy"]), "no room for a third class, however many seats are left"
    assert group.seats_left(person=2) is None and group.seats_left(person=1) == 2
    # A room that is none any more takes nobody more; those who are in it must be looked after.
    group.owner.execute("update app.room set status = 'archived' where id = %s", [first["room_id"]])
    assert group.seats_left() is None and group.refusal() == ("slot-taken", ["practitioner_busy", "room_busy"])
    assert group.seats_left(person=1) == 2
    change(group, room_kind=None)
    assert group.refusal() == ("slot-taken", ["practitioner_busy"])
    group.close()
