"""The acts of booking, as the named queries that the service runs: states, keys, policy, expiry, who may see what."""
import random
import threading
import uuid
from datetime import datetime, timedelta, timezone

import psycopg
import pytest

from clinic_kit import Clinic, Desk, set_clock

NOW = datetime(2027, 3, 1, 8, 0, 30, tzinfo=timezone.utc)
MONDAY = datetime(2027, 3, 29, 7, 0, tzinfo=timezone.utc)  # 09:00 in Brussels, the day after the clocks changed


class Practice:
    """One site, two practitioners who work on Mondays from nine to five, one offering of an hour."""

    def __init__(self, database, **offering):
        self.database = database
        self.owner = database.connect("clinicd_owner")
        set_clock(self.owner, NOW)
        self.clinic = Clinic(self.owner)
        self.site = self.clinic.location()
        self.people = [self.clinic.practitioner(self.site) for _ in range(2)]
        self.offering = self.clinic.offering(self.people, [self.site], **offering)
        for person in self.people:
            self.clinic.schedule(person, self.site, 1, "09:00", "17:00")
        self.desks = []

    def desk(self, sub="partner-a", **principal):
        self.desks.append(Desk(self.database, sub, **{"clinics": f"{{{self.clinic.id}}}"} | principal))
        return self.desks[-1]

    def staff(self):
        return self.desk("front-desk", scopes="availability:read bookings:desk")

    def body(self, start=MONDAY, person=0, client=True, **more):
        return {"offering_id": str(self.offering), "location_id": str(self.site), "start": start.isoformat()} | (
            {} if person is None else {"practitioner_id": str(self.people[person])}) | (
            {"client": {"name": "Anna Peeters", "email": "anna@example.org"}} if client else {}) | more

    def close(self):
        for desk in self.desks:
            desk.close()
        self.owner.close()


@pytest.fixture
def practice(database):
    practice = Practice(database)
    yield practice
    practice.close()


def starts(desk, practice, **more):
    answer = desk.run("findAvailability", **{"from": "2027-03-29", "to": "2027-03-29", "clinic_id": [str(practice.clinic.id)],
                                             "limit": 500, **more})
    return {(slot["start"], slot["practitioner_id"]) for slot in answer["items"]}


def test_a_booking_with_a_client_is_confirmed(practice):
    desk = practice.desk()
    answer = desk.run("createBooking", body=practice.body(note="First visit.", external_ref="order-118"))
    assert answer.status == 201 and answer.row["etag"] == "1"
    assert answer.row["location"] == f"/v1/bookings/{answer['id']}"
    booking = answer.body
    assert booking["status"] == "confirmed" and booking["source"] == "partner-a" and booking["hold_expires_at"] is None
    assert (booking["start"], booking["end"]) == ("2027-03-29T09:00:00+02:00", "2027-03-29T10:00:00+02:00")
    # A day of elapsed time earlier is an hour earlier on the wall: the clocks changed in between.
    assert booking["free_cancel_until"] == "2027-03-28T09:00:00+02:00"
    assert booking["remind_at"] == "2027-03-28T05:00:00+02:00"
    assert desk.run("readBooking", booking_id=booking["id"]).body == booking


def test_the_free_moments_are_elapsed_time_across_a_change_of_clocks(practice):
    for person in practice.people:
        practice.clinic.schedule(person, practice.site, 7, "10:00", "17:00")
    sunday = datetime(2027, 3, 28, 8, 0, tzinfo=timezone.utc)
    booking = practice.desk().run("createBooking", body=practice.body(sunday))
    assert booking["start"] == "2027-03-28T10:00:00+02:00"
    assert booking["free_cancel_until"] == "2027-03-27T09:00:00+01:00"
    assert booking["remind_at"] == "2027-03-27T05:00:00+01:00"


def test_a_taken_time_is_refused_with_reasons_and_near_alternatives(practice):
    desk, other = practice.desk(), practice.desk("partner-b")
    assert desk.run("createBooking", body=practice.body()).status == 201
    answer = other.run("createBooking", body=practice.body())
    assert answer.status == 409 and answer["type"] == "slot-taken" and answer["reasons"] == ["practitioner_busy"]
    near = other.run("bookingAlternatives", body=practice.body())
    assert [slot["start"][11:16] for slot in near.body] == ["10:00", "10:15", "10:30"]
    assert {slot["practitioner_id"] for slot in near.body} == {str(practice.people[0])}
    # With anybody, the other practitioner is free at that very time.
    near = other.run("bookingAlternatives", body=practice.body(person=None))
    assert near.body[0]["start"] == "2027-03-29T09:00:00+02:00" and near.body[0]["practitioner_id"] == str(practice.people[1])


def test_alternatives_reach_other_people_when_the_wanted_one_has_nothing_near(practice):
    desk = practice.desk()
    practice.clinic.add("exception", kind="close", practitioner_id=practice.people[0], date_from="2027-03-20", date_to="2027-04-20")
    answer = desk.run("createBooking", body=practice.body())
    assert answer.status == 409 and answer["type"] == "slot-not-offered" and answer["reasons"] == ["closed"]
    near = desk.run("bookingAlternatives", body=practice.body())
    assert [slot["practitioner_id"] for slot in near.body] == [str(practice.people[1])] * 3


def test_anybody_means_whoever_is_free_and_least_busy(practice):
    desk = practice.desk()
    first = desk.run("createBooking", body=practice.body(person=None))["practitioner_id"]
    second = desk.run("createBooking", body=practice.body(person=None))["practitioner_id"]
    assert {first, second} == {str(person) for person in practice.people}
    assert desk.run("createBooking", body=practice.body(person=None)).status == 409


@pytest.mark.parametrize("change, reasons", [
    ({"start": MONDAY + timedelta(minutes=5)}, {"off_grid"}),
    ({"start": MONDAY + timedelta(seconds=0.4)}, {"off_grid"}),
    ({"start": MONDAY - timedelta(hours=1)}, {"outside_hours"}),
    ({"start": MONDAY + timedelta(hours=7, minutes=15)}, {"outside_hours"}),
    ({"start": MONDAY + timedelta(days=1)}, {"outside_hours"}),
    ({"start": NOW.replace(minute=30, second=0)}, {"notice"}),
    ({"start": MONDAY - timedelta(weeks=5) + timedelta(hours=1)}, {"notice"}),
    ({"start": MONDAY + timedelta(weeks=13)}, {"horizon"}),
])
def test_what_the_rules_do_not_offer(practice, change, reasons):
    answer = practice.desk().run("createBooking", body=practice.body(**change))
    assert answer.status == 409 and answer["type"] == "slot-not-offered" and set(answer["reasons"]) == reasons


def test_unknown_things_and_other_peoples_clinics_are_404(practice):
    desk = practice.desk()
    for member in ("offering_id", "location_id", "practitioner_id"):
        assert desk.run("createBooking", body=practice.body() | {member: str(uuid.uuid4())}).status == 404
    elsewhere = practice.desk(clinics=f"{{{uuid.uuid4()}}}")
    assert elsewhere.run("createBooking", body=practice.body()).status == 404
    nowhere = practice.desk(clinics="{}")
    assert nowhere.run("createBooking", body=practice.body()).status == 404
    assert nowhere.run("findAvailability", **{"from": "2027-03-29", "to": "2027-03-29"})["items"] == []


@pytest.mark.parametrize("table", ["clinic", "location", "practitioner", "offering", "treatment"])
def test_nothing_archived_is_offered(practice, table):
    desk = practice.desk()
    key = {"clinic": practice.clinic.id, "location": practice.site, "practitioner": practice.people[0], "offering": practice.offering,
           "treatment": practice.owner.execute("select treatment from app.offering where id = %s", [practice.offering]).fetchone()[0]}
    practice.owner.execute(f"update app.{table} set status = 'archived' where {'code' if table == 'treatment' else 'id'} = %s", [key[table]])
    answer = desk.run("createBooking", body=practice.body())
    assert answer.status == 409 and answer["reasons"] == ["not_offered"]
    assert str(practice.people[0]) not in {slot[1] for slot in starts(desk, practice)}


def test_only_the_desk_books_what_is_not_for_self_booking(database):
    practice = Practice(database, self_bookable=False)
    partner, staff = practice.desk(), practice.staff()
    assert partner.run("createBooking", body=practice.body())["reasons"] == ["not_offered"]
    assert not starts(partner, practice)
    assert starts(staff, practice)
    assert staff.run("createBooking", body=practice.body()).status == 201
    practice.close()


# ---------------------------------------------------------------- holds

def test_a_hold_is_confirmed_once(practice):
    desk = practice.desk()
    held = desk.run("createBooking", body=practice.body(client=False))
    assert held.status == 201 and held["status"] == "held" and held["hold_expires_at"] is not None and held["client"] is None
    refused = desk.run("confirmBooking", booking_id=held["id"])
    assert refused.status == 422 and refused["type"] == "client-required"
    done = desk.run("confirmBooking", booking_id=held["id"], body={"client": {"name": "Anna"}})
    assert done.status == 200 and done["status"] == "confirmed" and done["version"] == 2 and done.row["etag"] == "2"
    assert done["client"] == {"name": "Anna"} and done["intake"] is None and done["hold_expires_at"] is None
    again = desk.run("confirmBooking", booking_id=held["id"], body={"client": {"name": "Anna"}})
    assert again.status == 409 and again["type"] == "state-conflict" and again["current_status"] == "confirmed"
    # Firm now: the hold's end passes it by.
    set_clock(practice.owner, NOW + timedelta(minutes=11))
    assert desk.run("createBooking", body=practice.body()).status == 409


def test_a_client_may_come_with_the_hold(practice):
    desk = practice.desk()
    held = desk.run("createBooking", body=practice.body(hold=True))
    assert held["status"] == "held"
    assert desk.run("confirmBooking", booking_id=held["id"], body=None)["status"] == "confirmed"


def test_an_expired_hold_vanishes_for_everybody_at_once(practice):
    desk, other = practice.desk(), practice.desk("partner-b")
    before = starts(other, practice)
    held = desk.run("createBooking", body=practice.body(client=False))
    assert before - starts(other, practice), "a hold takes its time"
    set_clock(practice.owner, NOW + timedelta(minutes=10, seconds=5))
    assert starts(other, practice) == before
    seen = desk.run("readBooking", booking_id=held["id"])
    assert seen["status"] == "expired" and seen["version"] == 2
    assert [b["status"] for b in desk.run("listBookings", status=["expired"])["items"]] == ["expired"]
    assert desk.run("listBookings", status=["held"])["items"] == []
    late = desk.run("confirmBooking", booking_id=held["id"], body={"client": {"name": "Anna"}})
    assert late.status == 409 and late["type"] == "hold-expired"
    assert desk.run("cancelBooking", booking_id=held["id"])["current_status"] == "expired"
    # Another partner takes the place: that ends the hold in the books, and what was said of it stays true.
    assert other.run("createBooking", body=practice.body()).status == 201
    assert desk.run("readBooking", booking_id=held["id"]).body == seen.body
    kinds = [row[0] for row in practice.owner.execute("select kind from app.change where entity_id = %s order by id", [held["id"]])]
    assert kinds == ["held", "expired"]


# ---------------------------------------------------------------- cancelling

def test_cancelling_in_time_costs_nothing_and_frees_the_time(practice):
    desk = practice.desk()
    before = starts(desk, practice)
    booking = desk.run("createBooking", body=practice.body())
    set_clock(practice.owner, MONDAY - timedelta(hours=24, seconds=20))
    done = desk.run("cancelBooking", booking_id=booking["id"], body={"reason": "ill"})
    assert done.status == 200 and done["status"] == "cancelled" and done["charge"] is None and done["version"] == 2
    set_clock(practice.owner, NOW)
    assert starts(desk, practice) == before
    assert desk.run("cancelBooking", booking_id=booking["id"])["current_status"] == "cancelled"


def test_a_late_cancellation_costs_the_share_of_the_policy_that_was_booked(practice):
    desk = practice.desk()
    practice.owner.execute("update app.clinic set policy = '{\"late_cancellation_fee_percent\": 50}' where id = %s", [practice.clinic.id])
    booking = desk.run("createBooking", body=practice.body())
    practice.owner.execute("update app.clinic set policy = '{\"late_cancellation_fee_percent\": 10}' where id = %s", [practice.clinic.id])
    set_clock(practice.owner, MONDAY - timedelta(hours=23))
    done = desk.run("cancelBooking", booking_id=booking["id"])
    charge = done["charge"]
    assert (charge["kind"], charge["percent"], charge["amount"], charge["currency"], charge["status"]) == (
        "late_cancellation", 50, 3250, "EUR", "open")
    assert desk.run("readBooking", booking_id=booking["id"])["charge"] == charge


def test_the_clinics_own_cancellation_is_never_charged_and_begun_is_begun(practice):
    desk, staff = practice.desk(), practice.staff()
    first = desk.run("createBooking", body=practice.body())
    second = desk.run("createBooking", body=practice.body(person=1))
    set_clock(practice.owner, MONDAY - timedelta(hours=1))
    assert staff.run("cancelBooking", booking_id=first["id"], body={"reason": "closed"})["charge"] is None
    set_clock(practice.owner, MONDAY + timedelta(minutes=1))
    begun = staff.run("cancelBooking", booking_id=second["id"])
    assert begun.status == 409 and begun["current_status"] == "confirmed"


def test_letting_a_hold_go_is_free_however_late(practice):
    desk = practice.desk()
    set_clock(practice.owner, MONDAY - timedelta(hours=3))
    held = desk.run("createBooking", body=practice.body(hold=True))
    assert desk.run("cancelBooking", booking_id=held["id"])["charge"] is None


# ---------------------------------------------------------------- keys

def test_a_key_replays_its_first_answer_byte_for_byte(practice):
    desk = practice.desk()
    key = dict(key="k-1", hash="a" * 64)
    first = desk.run("createBooking", body=practice.body(), **key)
    again = desk.run("createBooking", body=practice.body(), **key)
    assert first.row["replayed"] is None and again.row["replayed"] is True
    assert again.status == 201 and again.body == first.body and again.row["location"] == first.row["location"]
    other = desk.run("createBooking", body=practice.body(person=1), key="k-1", hash="b" * 64)
    assert other.status == 422 and other["type"] == "idempotency-key-reused"
    # Keys belong to whoever sent them; refusals are not kept.
    assert practice.desk("partner-b").run("createBooking", body=practice.body(), **key).status == 409
    taken = dict(key="k-2", hash="c" * 64)
    assert desk.run("createBooking", body=practice.body(), **taken).status == 409
    desk.run("cancelBooking", booking_id=first["id"])
    assert desk.run("createBooking", body=practice.body(), **taken).status == 201
    # Confirm and cancel have keys too.
    held = desk.run("createBooking", body=practice.body(person=1, client=False))
    confirm = dict(booking_id=held["id"], body={"client": {"name": "A"}}, key="k-3", hash="d" * 64)
    assert desk.run("confirmBooking", **confirm).body == desk.run("confirmBooking", **confirm).body
    cancel = dict(booking_id=held["id"], key="k-4", hash="e" * 64)
    assert desk.run("cancelBooking", **cancel).status == desk.run("cancelBooking", **cancel).status == 200


# ---------------------------------------------------------------- who sees what

def test_a_partner_sees_its_own_a_desk_its_clinics(practice):
    mine, theirs, staff = practice.desk(), practice.desk("partner-b"), practice.staff()
    booking = mine.run("createBooking", body=practice.body())
    for name in ("readBooking", "confirmBooking", "cancelBooking"):
        assert theirs.run(name, booking_id=booking["id"]).status == 404
    assert theirs.run("listBookings")["items"] == []
    listed = {member: booking[member] for member in booking.body if not member.startswith("intake")}
    assert mine.run("listBookings")["items"] == [listed] == staff.run("listBookings")["items"]
    assert staff.run("readBooking", booking_id=booking["id"]).status == 200
    elsewhere = practice.desk("front-desk", scopes="bookings:desk", clinics=f"{{{uuid.uuid4()}}}")
    assert elsewhere.run("readBooking", booking_id=booking["id"]).status == 404
    assert elsewhere.run("listBookings")["items"] == []
    everywhere = practice.desk("head-office", scopes="bookings:desk", clinics="*")
    assert booking["id"] in {b["id"] for b in everywhere.run("listBookings")["items"]}
    moved = practice.desk(clinics=f"{{{uuid.uuid4()}}}")  # the same partner with a token for another clinic
    assert moved.run("readBooking", booking_id=booking["id"]).status == 404


def test_the_row_policies_hold_without_any_where(practice):
    booking = practice.desk().run("createBooking", body=practice.body(), key="k", hash="a" * 64)
    practice.owner.execute("insert into app.charge (clinic_id, booking_id, source, kind, percent, amount, currency) "
                           "values (%s, %s, 'partner-a', 'no_show', 100, 6500, 'EUR')", [practice.clinic.id, booking["id"]])
    mine = f"{{{practice.clinic.id}}}"
    seen = {}
    for who, sub, scopes, clinics in (("owner", "partner-a", "bookings:read", mine), ("desk", "x", "bookings:desk", mine),
                                      ("admin", "x", "directory:write", mine), ("other", "partner-b", "bookings:read", "*"),
                                      ("desk elsewhere", "x", "bookings:desk", f"{{{uuid.uuid4()}}}"),
                                      ("owner elsewhere", "partner-a", "bookings:read", "{}"), ("nobody", "", "", "")):
        with practice.database.connect("clinicd_service") as connection, connection.transaction():
            connection.execute("select set_config('app.sub', %s, true), set_config('app.scopes', %s, true), "
                               "set_config('app.clinics', %s, true)", [sub, scopes, clinics])
            seen[who] = tuple(connection.execute(f"select count(*) from app.{table}").fetchone()[0]
                              for table in ("booking", "charge", "idempotency_record", "audit"))
    assert seen == {"owner": (1, 1, 1, 0), "desk": (1, 1, 0, 0), "admin": (0, 0, 0, 1), "other": (0, 0, 0, 0),
                    "desk elsewhere": (0, 0, 0, 0), "owner elsewhere": (0, 0, 1, 0), "nobody": (0, 0, 0, 0)}
    with practice.database.connect("clinicd_service") as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("update app.test_clock set clock_offset = '0'; delete from app.booking")


def test_lists_page_by_start_and_filter(practice):
    desk, staff = practice.desk(), practice.staff()
    made = [desk.run("createBooking", body=practice.body(MONDAY + timedelta(hours=hour), person, external_ref=f"r-{hour}"))
            for hour in range(4) for person in (0, 1)]
    assert {answer.status for answer in made} == {201}
    for reader in (desk, staff):
        for limit in (1, 3, 8):
            listed, cursor = [], None
            while True:
                answer = reader.run("listBookings", limit=limit, cursor=cursor)
                listed += [booking["id"] for booking in answer["items"]]
                cursor = answer["next"]
                if cursor is None:
                    break
            assert listed == [answer["id"] for answer in sorted(made, key=lambda a: (a["start"], a["id"]))]
        one = made[3]
        assert [b["id"] for b in reader.run("listBookings", reference=one["reference"])["items"]] == [one["id"]]
        assert len(reader.run("listBookings", external_ref="r-2")["items"]) == 2
        assert len(reader.run("listBookings", practitioner_id=[str(practice.people[0])])["items"]) == 4
        span = {"from": (MONDAY + timedelta(hours=1)).isoformat(), "to": (MONDAY + timedelta(hours=3)).isoformat()}
        assert len(reader.run("listBookings", **span)["items"]) == 4
        assert len(reader.run("listBookings", location_id=[str(uuid.uuid4())])["items"]) == 0
        assert len(reader.run("listBookings", clinic_id=[str(practice.clinic.id)], status=["confirmed"])["items"]) == 8
    for cursor in ("x", "bm90", "W10", "WzEsMl0", "%"):
        assert desk.run("listBookings", cursor=cursor).status == 400
        assert desk.run("findAvailability", **{"from": "2027-03-29", "to": "2027-03-29", "cursor": cursor}).status == 400


def test_an_o_read_out_is_a_zero(practice):
    desk = practice.desk()
    booking = desk.run("createBooking", body=practice.body())
    practice.owner.execute("update app.booking set reference = '0A1B0C1D' where id = %s", [booking["id"]])
    assert len(desk.run("listBookings", reference="OAIBOCLD")["items"]) == 1


def test_references_are_random_and_readable(practice):
    found = [row[0] for row in practice.owner.execute("select app.new_reference() from generate_series(1, 2000)")]
    assert len(set(found)) == 2000
    assert set("".join(found)) == set("0123456789ABCDEFGHJKMNPQRSTVWXYZ") and {len(reference) for reference in found} == {8}


# ---------------------------------------------------------------- rooms

def test_a_room_of_the_wanted_kind_is_taken_with_the_practitioner(database):
    practice = Practice(database, room_kind="table")
    desk = practice.desk()
    assert not starts(desk, practice), "no room, no treatment"
    practice.clinic.add("room", location_id=practice.site, name="One", kind="table")
    practice.clinic.add("room", location_id=practice.site, name="Mat", kind="mat")
    first = desk.run("createBooking", body=practice.body())
    second = desk.run("createBooking", body=practice.body(person=1))
    assert first.status == 201 and second.status == 409 and second["reasons"] == ["room_busy"]
    assert ("2027-03-29T09:00:00+02:00", str(practice.people[1])) not in starts(desk, practice)
    desk.run("cancelBooking", booking_id=first["id"])
    assert desk.run("createBooking", body=practice.body(person=1)).status == 201
    practice.close()


def test_only_an_active_room_of_the_kind_at_that_place_is_taken(database):
    """In the same constraint as the practitioner, with the buffers: whichever of several is free."""
    practice = Practice(database, room_kind="table", after=15)
    desk, clinic = practice.desk(), practice.clinic
    elsewhere = clinic.location()
    clinic.add("room", location_id=elsewhere, name="Elsewhere", kind="table")
    clinic.add("room", location_id=practice.site, name="Mat", kind="mat")
    closed = clinic.add("room", location_id=practice.site, name="Closed", kind="table", status="archived")
    verdict = desk.run("explainAvailability", offering_id=str(practice.offering), location_id=str(practice.site), start=MONDAY.isoformat())
    assert verdict["reasons"] == ["room_busy"] and desk.run("createBooking", body=practice.body())["reasons"] == ["room_busy"]
    rooms = {str(clinic.add("room", location_id=practice.site, name=name, kind="table")) for name in ("One", "Two")}
    third = clinic.practitioner(practice.site)
    clinic.schedule(third, practice.site, 1, "09:00", "17:00")
    clinic.add("offering_practitioner", offering_id=practice.offering, practitioner_id=third)
    practice.people.append(third)
    taken = [desk.run("createBooking", body=practice.body(person=person)) for person in (0, 1)]
    assert {booking["room_id"] for booking in taken} == rooms and str(closed) not in rooms
    blocks = practice.owner.execute("select resource_id::text, blocked from app.occupancy where clinic_id = %s", [clinic.id]).fetchall()
    assert {resource for resource, _ in blocks} == rooms | {str(person) for person in practice.people[:2]}
    assert {block.upper - block.lower for _, block in blocks} == {timedelta(minutes=75)}, "the room is kept as long as the practitioner"
    assert desk.run("createBooking", body=practice.body(person=2))["reasons"] == ["room_busy"]
    assert desk.run("createBooking", body=practice.body(person=2, start=MONDAY + timedelta(hours=1)))["reasons"] == ["room_busy"]
    assert desk.run("createBooking", body=practice.body(person=2, start=MONDAY + timedelta(minutes=75)))["room_id"] in rooms
    practice.close()


# ---------------------------------------------------------------- searching

def test_ranges_that_cannot_be(practice):
    desk = practice.desk()
    for since, until, kind in (("2027-03-29", "2027-03-28", "unprocessable"), ("2027-03-01", "2027-04-01", "range-too-long"),
                               ("2027-03-01T00:00:00Z", "2027-04-02T00:00:00Z", "range-too-long")):
        for name in ("findAvailability", "countAvailableDays"):
            answer = desk.run(name, **{"from": since, "to": until})
            assert answer.status == 422 and answer["type"] == kind
    assert desk.run("findAvailability", **{"from": "2027-03-01", "to": "2027-03-31"}).status == 200


def test_a_search_that_is_too_wide_says_so(practice):
    desk = practice.desk()
    dates = {"from": "2027-03-29", "to": "2027-03-29"}
    desk.connection.execute("set app.search_practitioners = '1'")
    for name in ("findAvailability", "countAvailableDays"):
        answer = desk.run(name, **dates)
        assert answer.status == 422 and answer["type"] == "search-too-wide"
        # What names a clinic or a place may find ten times as many.
        assert desk.run(name, **dates, clinic_id=[str(practice.clinic.id)]).status == 200
    for _ in range(9):
        person = practice.clinic.practitioner(practice.site)
        practice.clinic.add("offering_practitioner", offering_id=practice.offering, practitioner_id=person)
    assert desk.run("findAvailability", **dates, clinic_id=[str(practice.clinic.id)]).status == 422
    assert desk.run("findAvailability", **dates, practitioner_id=[str(practice.people[0])]).status == 200


def test_filters_of_a_search(practice):
    desk = practice.desk()
    first, second = map(str, practice.people)
    practice.owner.execute("update app.practitioner set languages = '{fr,nl}' where id = %s", [first])
    practice.clinic.add("qualification", practitioner_id=second, position=0, code="needles", expires_on="2027-03-29")
    practice.owner.execute("update app.location set latitude = 50.85, longitude = 4.35 where id = %s", [practice.site])
    treatment = practice.owner.execute("select treatment from app.offering where id = %s", [practice.offering]).fetchone()[0]
    practice.owner.execute("insert into app.complaint (code, name) values ('back-test', '{\"en\": \"Back\"}')")
    practice.owner.execute("insert into app.complaint_treatment (complaint, treatment) values ('back-test', %s)", [treatment])

    def people(**filters):
        return {slot[1] for slot in starts(desk, practice, **filters)}

    both = {first, second}
    assert people(language=["fr"]) == {first} and people(language=["de"]) == set()
    assert people(qualification=["needles"]) == {second}
    assert people(complaint=["back-test"]) == both and people(complaint=["unknown"]) == set()
    assert people(treatment=[treatment]) == both and people(treatment=[treatment], complaint=["unknown"]) == set()
    assert people(near="50.86,4.36", radius_km=5) == both and people(near="51.2,4.4", radius_km=5) == set()
    assert people(weekday=[1]) == both and people(weekday=[2, 3]) == set()
    assert {slot[0][11:16] for slot in starts(desk, practice, time_from="11:00", time_to="12:00")} == {"11:00", "11:15", "11:30", "11:45"}
    assert {slot[0][11:16] for slot in starts(desk, practice, time_from="15:50")} == {"16:00"}
    assert max(slot[0][11:16] for slot in starts(desk, practice, time_to="10:00")) == "09:45"
    # To past midnight: late or early.
    assert {slot[0][11:16] for slot in starts(desk, practice, time_from="15:45", time_to="09:15")} == {"15:45", "16:00", "09:00"}

    slot = desk.run("findAvailability", **{"from": "2027-03-29", "to": "2027-03-29", "clinic_id": [str(practice.clinic.id)], "limit": 1,
                                           "near": "50.86,4.36", "include": ["practitioner", "location", "offering"]})["items"][0]
    assert 1200 < slot["distance_m"] < 1400
    assert slot["practitioner"]["name"] == "Somebody" and slot["location"]["geo"] == {"latitude": 50.85, "longitude": 4.35}
    assert slot["offering"]["name"] == "Treatment" and slot["offering"]["duration_minutes"] == 60
    assert slot["price"] == slot["late_fee"] == {"amount": 6500, "currency": "EUR"}


# ---------------------------------------------------------------- at the same time

def test_a_closure_and_a_booking_never_pass_each_other(practice):
    """Who closes a day takes app.lock_resources and then lists whom it affects: a booking that runs at that moment is either
    in that list or refused."""
    for round_number in range(30):
        day = MONDAY + timedelta(weeks=round_number % 8, hours=round_number // 8)
        desk = Desk(practice.database, clinics="*")
        barrier, outcome = threading.Barrier(2), {}

        def book():
            barrier.wait()
            outcome["booking"] = desk.run("createBooking", body=practice.body(day))

        booker = threading.Thread(target=book)
        booker.start()
        with practice.database.connect("clinicd_owner", autocommit=False) as admin:
            barrier.wait()
            admin.execute("select app.lock_resources(%s)", [practice.clinic.id])
            admin.execute("insert into app.exception (clinic_id, kind, practitioner_id, date_from, date_to) values (%s, 'close', %s, %s, %s)",
                          [practice.clinic.id, practice.people[0], day.date(), day.date()])
            affected = admin.execute("select count(*) from app.booking where practitioner_id = %s and starts_at = %s and status = 'confirmed'",
                                     [practice.people[0], day]).fetchone()[0]
            admin.commit()
            booker.join()
            assert outcome["booking"].status == (201 if affected else 409), outcome
            admin.execute("delete from app.exception where clinic_id = %s", [practice.clinic.id])
            admin.commit()
        desk.close()


@pytest.mark.race
def test_one_winner_per_time_and_no_deadlock(database):
    """Many at once on few times: creates with rooms, holds that are born expired, confirms, cancels. Nobody gets an error, no
    two blocks overlap, what was answered is there, and each version has its change row."""
    practice = Practice(database, room_kind="table", after=15)
    practice.clinic.add("room", location_id=practice.site, name="One", kind="table")
    practice.owner.execute("update app.clinic set policy = '{\"hold_minutes\": 0}' where id = %s", [practice.clinic.id])
    answers, faults = [], []

    def work(number):
        desk = Desk(database, f"partner-{number % 3}", clinics="*")
        try:
            pick = random.Random(number)
            mine = []
            for turn in range(60):
                act = pick.choice(["book", "book", "hold", "hold", "confirm", "cancel"])
                if act in ("book", "hold") or not mine:
                    answer = desk.run("createBooking", key=f"{number}-{turn}", hash="h", body=practice.body(
                        MONDAY + timedelta(minutes=15 * pick.randint(0, 5)), pick.choice([None, 0, 1]), client=act != "hold"))
                    if answer.status == 201:
                        mine.append(answer["id"])
                else:
                    answer = desk.run("confirmBooking" if act == "confirm" else "cancelBooking", booking_id=pick.choice(mine),
                                      body={"client": {"name": "B"}} if act == "confirm" else {})
                answers.append((act, answer.status, answer.body))
        except Exception as fault:  # told below, from the main thread
            faults.append(fault)
        finally:
            desk.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert {status for _, status, _ in answers} <= {200, 201, 409} and {201, 409} <= {status for _, status, _ in answers}
    owner = practice.owner
    assert owner.execute("select count(*) from app.occupancy a join app.occupancy b on a.resource_id = b.resource_id "
                         "and a.booking_id < b.booking_id and a.blocked && b.blocked").fetchone()[0] == 0
    made = {body["id"] for _, status, body in answers if status == 201}
    assert made == {str(row[0]) for row in owner.execute("select id from app.booking where clinic_id = %s", [practice.clinic.id])}
    assert owner.execute("select sum(version) = (select count(*) from app.change c where c.clinic_id = b.clinic_id and c.entity = 'booking') "
                         "from app.booking b where clinic_id = %s group by clinic_id", [practice.clinic.id]).fetchone()[0]
    assert owner.execute("select count(*) from app.booking b where b.clinic_id = %s and (b.status in ('held', 'confirmed')) <> "
                         "exists (select from app.occupancy o where o.booking_id = b.id)", [practice.clinic.id]).fetchone()[0] == 0
    practice.close()


def test_the_constraint_is_the_last_judge(practice):
    booking = practice.desk().run("createBooking", body=practice.body())
    with pytest.raises(psycopg.errors.ExclusionViolation) as refused:
        practice.clinic.block([practice.people[0]], practice.offering, practice.site, practice.people[0],
                              MONDAY + timedelta(minutes=59), MONDAY + timedelta(minutes=90))
    assert refused.value.diag.constraint_name == "occupancy_free"
    for start, end in ((MONDAY, MONDAY), (MONDAY, MONDAY - timedelta(hours=1)), (MONDAY, MONDAY + timedelta(days=2))):
        with pytest.raises((psycopg.errors.CheckViolation, psycopg.errors.DataException)):
            practice.owner.execute("update app.occupancy set blocked_from = %s, blocked_to = %s where booking_id = %s", [start, end, booking["id"]])


# ---------------------------------------------------------------- the test clock

def test_the_test_clock_moves_only_where_it_is_on(practice):
    desk = practice.desk()
    moved = desk.run("setTestClock", body={"now": "2027-05-01T10:00:00+02:00"})
    assert moved.status == 200 and moved["now"] == "2027-05-01T08:00:00Z"
    assert desk.connection.execute("select app.utc_instant(app.now())").fetchone()[0].startswith("2027-05-01T08:00:0")
    ahead = desk.run("setTestClock", body={"advance_seconds": 3600})
    assert ahead["now"].startswith("2027-05-01T09:00:0") and ahead["offset_seconds"] > 0
    back = desk.run("setTestClock", body={"now": None})
    assert back["offset_seconds"] == 0
    desk.connection.execute("set app.test_clock = 'off'")
    assert desk.run("setTestClock", body={"now": "2030-01-01T00:00:00Z"}).status == 404
    assert desk.connection.execute("select app.now() = now()").fetchone()[0]
