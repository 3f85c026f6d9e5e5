"""What only the tables can show of a booking's way: instants to the microsecond, change and audit rows, constraints."""
from datetime import datetime, timedelta

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
