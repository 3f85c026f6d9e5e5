"""What only the tables can show of a booking's way: instants to the microsecond, change and audit rows, constraints."""
from datetime import datetime, timedelta

import psycopg
import pytest
from clinic_kit import set_clock
from test_booking import MONDAY, practice, starts  # noqa: F401  (a fixture)


def test_a_hold_ends_for_search_and_booking_in_the_same_microsecond(practice):  # noqa: F811
    """Both are asked within one transaction, in which time stands still, around the end of an extended hold."""
    desk, other = practice.desk(), practice.desk("partner-b")
    held = desk.run("createBooking", body=practice.body(client=False))
    extended = desk.run("extendBooking", booking_id=held["id"])
    assert extended.status == 200 and extended["version"] == 2
    end = practice.owner.execute("select hold_expires_at from app.booking where id = %s", [held["id"]]).fetchone()[0]
    slot = ("2027-03-29T09:00:00+02:00", str(practice.people[0]))
    outcomes = []
    for microseconds in (-1, 0, 1):
        with other.connection.transaction(force_rollback=True):
            other.connection.execute("update app.test_clock set clock_offset = %s - now()",
                                     [end + timedelta(microseconds=microseconds)])
            listed = slot in starts(other, practice)
            taken = other.run("createBooking", body=practice.body()).status
            outcomes.append((listed, taken))
    assert outcomes == [(False, 409), (True, 201), (True, 201)]


def rows(practice, table, booking):  # noqa: F811
    columns = "kind, data" if table == "change" else "what, reason, before, after"
    return practice.owner.execute(f"select {columns} from app.{table} where entity_id = %s order by id", [booking["id"]]).fetchall()


def test_a_move_is_told_with_where_it_came_from(practice):  # noqa: F811
    desk = practice.desk()
    booking = desk.run("createBooking", body=practice.body(hold=True))
    desk.run("extendBooking", booking_id=booking["id"])
    moved = desk.run("rescheduleBooking", booking_id=booking["id"],
                     body={"start": (MONDAY + timedelta(hours=2)).isoformat(), "practitioner_id": str(practice.people[1])})
    assert moved.status == 200 and moved["version"] == 3
    (held, _), (extended, more), (rescheduled, data) = rows(practice, "change", booking)
    assert (held, extended, rescheduled) == ("held", "extended", "rescheduled")
    assert datetime.fromisoformat(more["hold_expires_at"]) > datetime.fromisoformat(booking["hold_expires_at"])
    assert data["start"] == moved["start"] and data["practitioner_id"] == str(practice.people[1])
    assert data["previous"]["start"] == booking["start"] and data["previous"]["practitioner_id"] == str(practice.people[0])
    audit = rows(practice, "audit", booking)
    assert [row[0] for row in audit] == ["createBooking", "extendBooking", "rescheduleBooking"]
    assert audit[2][2]["start"] == booking["start"] and audit[2][2]["version"] == 2
    assert not any("client" in str(part) for row in audit + rows(practice, "change", booking) for part in row)
    taken = practice.owner.execute("select resource_id, expires_at is not null from app.occupancy where booking_id = %s",
                                   [booking["id"]]).fetchall()
    assert taken == [(practice.people[1], True)]


def test_a_refused_move_leaves_the_very_same_rows(practice):  # noqa: F811
    desk = practice.desk()
    booking = desk.run("createBooking", body=practice.body())

    def picture():
        return [practice.owner.execute(f"select * from app.{table} order by 1, 2, 3").fetchall()
                for table in ("booking", "occupancy", "change", "audit", "charge", "idempotency_record")]

    before = picture()
    for body in ({"start": (MONDAY + timedelta(minutes=5)).isoformat()}, {"start": (MONDAY + timedelta(days=1)).isoformat()},
                 {"start": (MONDAY + timedelta(weeks=30)).isoformat()}):
        assert desk.run("rescheduleBooking", booking_id=booking["id"], body=body, key="k", hash="h").status == 409
    assert picture() == before


# ---------------------------------------------------------------- charges

def missed(practice):  # noqa: F811
    """A booking that nobody came to; the desk's answer."""
    staff = practice.staff()
    booking = practice.desk().run("createBooking", body=practice.body())
    set_clock(practice.owner, MONDAY + timedelta(minutes=5))
    answer = staff.run("missBooking", booking_id=booking["id"])
    assert answer.status == 200, answer
    return staff, answer


def test_a_waiver_is_audited_with_its_reason(practice):  # noqa: F811
    staff, booking = missed(practice)
    charge = booking["charge"]
    assert staff.run("waiveCharge", charge_id=charge["id"], body={"reason": "The trains stood still."}).status == 200
    (what, reason, before, after), = rows(practice, "audit", charge)
    assert (what, reason) == ("waiveCharge", "The trains stood still.")
    assert (before["status"], before["version"], after["status"], after["version"]) == ("open", 1, "waived", 2)
    (kind, data), = rows(practice, "change", charge)
    assert kind == "waived" and "reason" not in data and data["booking_id"] == booking["id"]
    owner = practice.owner.execute("select owner from app.change where entity = 'charge'").fetchone()[0]
    assert owner == "partner-a", "the partner whose booking it was hears of it"


def test_an_end_is_charged_once_whatever_the_code_says(practice):  # noqa: F811
    _, booking = missed(practice)
    copy = """insert into app.charge (clinic_id, booking_id, source, kind, percent, amount, currency)
              select clinic_id, booking_id, source, %s, percent, amount, currency from app.charge where booking_id = %s limit 1"""
    with pytest.raises(psycopg.errors.UniqueViolation):
        practice.owner.execute(copy, ["no_show", booking["id"]])
    practice.owner.execute(copy, ["late_reschedule", booking["id"]])
    practice.owner.execute(copy, ["late_reschedule", booking["id"]])


def test_an_export_that_is_too_long_is_refused(practice):  # noqa: F811
    staff, booking = missed(practice)
    practice.owner.execute(
        """insert into app.charge (clinic_id, booking_id, source, kind, percent, amount, currency, created_at)
           select clinic_id, booking_id, source, 'late_reschedule', percent, amount, currency, created_at + n * interval '1 second'
           from app.charge, generate_series(1, 3000) as n where booking_id = %s""", [booking["id"]])
    refused = staff.run("exportCharges")
    assert refused.status == 422 and refused["type"] == "unprocessable"
    export = staff.run("exportCharges", **{"from": (MONDAY + timedelta(minutes=6)).isoformat()})
    assert export.status == 200 and 2900 < export.body.count("\r\n") < 3000
