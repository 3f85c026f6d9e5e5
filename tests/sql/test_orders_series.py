"""Orders and series where only the tables or two connections can show it: what is written, what is taken back, who sees what."""
import threading
from datetime import timedelta

from clinic_kit import calls, wait_for_a_waiter
from test_booking import MONDAY, practice  # noqa: F401  (a fixture)


def item(practice, start=MONDAY, person=0, **more):  # noqa: F811
    return practice.body(start, person, client=False, **more)


def order_body(*items, client=True, **more):
    return {"items": list(items), **({"client": {"name": "Anna Peeters"}} if client else {}), **more}


def series_body(practice, sessions=4, **more):  # noqa: F811
    body = {"offering_id": str(practice.offering), "location_id": str(practice.site), "sessions": sessions, "first_date": "2027-03-08",
            "time": "09:00", "client": {"name": "Anna Peeters"}}
    return body | {name: str(value) if name == "practitioner_id" else value for name, value in more.items()}


def counts(practice):  # noqa: F811
    return practice.owner.execute("""
        select (select count(*) from app.booking where source not in ('demo', 'somebody-else')), (select count(*) from app.booking_order),
               (select count(*) from app.series), (select count(*) from app.change where entity = 'booking')""").fetchone()


def test_a_refused_order_leaves_no_row_and_a_made_one_tells_everything(practice):  # noqa: F811
    desk, before = practice.desk(), counts(practice)
    refused = desk.run("createOrder", key="k", hash="h", body=order_body(
        item(practice), item(practice, MONDAY + timedelta(minutes=5)), item(practice, MONDAY + timedelta(hours=12))))
    assert refused.status == 409 and [one["pointer"] for one in refused["items"]] == ["/items/1", "/items/2"]
    assert counts(practice) == before
    made = desk.run("createOrder", key="k", hash="h2", body=order_body(item(practice), item(practice, person=1)))
    assert made.status == 201, made
    rows = practice.owner.execute("""select b.item, b.order_id::text, b.clinic_id = o.clinic_id, c.kind, c.data ->> 'order_id', a.what
        from app.booking b join app.booking_order o on o.id = b.order_id
        join app.change c on c.entity_id = b.id::text join app.audit a on a.entity_id = b.id::text order by b.item""").fetchall()
    assert rows == [(0, made["id"], True, "confirmed", made["id"], "createOrder"), (1, made["id"], True, "confirmed", made["id"], "createOrder")]


def test_the_row_policies_alone_keep_orders_and_series_apart(practice):  # noqa: F811
    desk = practice.desk()
    order = desk.run("createOrder", body=order_body(item(practice)))
    series = desk.run("createSeries", body=series_body(practice))
    assert (order.status, series.status) == (201, 201), (order, series)
    counted = "select (select count(*) from app.booking_order), (select count(*) from app.series)"
    for sub, scopes, clinics, seen in (("partner-a", "bookings:read", f"{{{practice.clinic.id}}}", (1, 1)),
                                       ("partner-b", "bookings:read", "*", (0, 0)),
                                       ("partner-a", "bookings:read", "{01900000-0000-7000-8000-000000000001}", (0, 0)),
                                       ("front-desk", "bookings:desk", f"{{{practice.clinic.id}}}", (1, 1)),
                                       ("front-desk", "bookings:desk", "{}", (0, 0))):
        with desk.connection.transaction():
            desk.connection.execute("select set_config('app.sub', %s, true), set_config('app.scopes', %s, true), set_config('app.clinics', %s, true)",
                                    [sub, scopes, clinics])
            assert desk.connection.execute(counted).fetchone() == seen, (sub, scopes, clinics)


def test_a_session_that_is_lost_after_the_plan_is_planned_again(practice):  # noqa: F811
    """Somebody holds the lock of the practitioner of the plan and books its third Monday; the series waits and takes the next start."""
    desk, other = practice.desk(), practice.desk("partner-b")
    answers = []

    def book():
        answers.append(desk.run("createSeries", body=series_body(practice, practitioner_id=practice.people[0], practitioner="required")))

    with other.connection.transaction():
        taken = other.run("createBooking", body=practice.body(MONDAY - timedelta(days=7) + timedelta(hours=1)))
        assert taken.status == 201, taken
        thread = threading.Thread(target=book)
        thread.start()
        wait_for_a_waiter(practice.owner)
        assert not answers
    thread.join(30)
    series = answers[0]
    assert series.status == 201, series
    assert [session["booking"]["start"][5:16] for session in series["sessions"]] == ["03-08T09:00", "03-15T09:00", "03-22T10:00", "03-29T09:00"]
    assert series["missing"] == []


def test_a_session_that_is_lost_after_the_plan_is_missing_from_what_was_wanted_as_far_as_possible(practice):  # noqa: F811
    desk, other = practice.desk(), practice.desk("partner-b")
    answers = []

    def book():
        answers.append(desk.run("createSeries", body=series_body(
            practice, practitioner_id=practice.people[0], practitioner="required", mode="best_effort", tolerance_days=0, time_to="09:15",
            time_from="09:00")))

    with other.connection.transaction():
        taken = other.run("createBooking", body=practice.body(MONDAY - timedelta(days=7) + timedelta(hours=1)))
        assert taken.status == 201, taken
        thread = threading.Thread(target=book)
        thread.start()
        wait_for_a_waiter(practice.owner)
        assert not answers
    thread.join(30)
    series = answers[0]
    assert series.status == 201, series
    assert [session["index"] for session in series["sessions"]] == [0, 1, 3]
    assert [session["index"] for session in series["missing"]] == [2] and series["missing"][0]["alternatives"]
    again = desk.run("readSeries", series_id=series["id"])
    assert [session["index"] for session in again["missing"]] == [2]


def test_a_whole_year_is_planned_and_booked_in_few_looks(practice):  # noqa: F811
    practice.owner.execute("update app.clinic set policy = '{\"booking_horizon_days\": 400}' where id = %s", [practice.clinic.id])
    desk = practice.desk()
    series, count = calls(practice.database, desk.connection, "place_candidates", lambda: desk.run("createSeries", body=series_body(practice, 52)))
    assert series.status == 201 and len(series["sessions"]) == 52, series
    assert {session["booking"]["start"][11:16] for session in series["sessions"]} == {"09:00"}
    assert count <= 60  # one look for the plan, one for each that is taken
