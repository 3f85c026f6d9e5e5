"""The caps of partners are counted along an index, no further than the cap, and without a lock."""
import json
from datetime import datetime, timedelta, timezone

import pytest

from clinic_kit import Clinic, Desk, set_clock

NOW = datetime(2027, 3, 1, 8, 0, 30, tzinfo=timezone.utc)
MONDAY = datetime(2027, 3, 29, 7, 0, tzinfo=timezone.utc)  # 09:00 in Brussels
PRINCIPAL = ("partner-a", "availability:read bookings:read bookings:write", "*")


@pytest.fixture
def practice(database):
    """Two people who work on Mondays from nine to five."""
    owner = database.connect("clinicd_owner")
    set_clock(owner, NOW)
    clinic = Clinic(owner)
    clinic.site = clinic.location()
    clinic.people = [clinic.practitioner(clinic.site) for _ in range(2)]
    clinic.given = clinic.offering(clinic.people, [clinic.site])
    for person in clinic.people:
        clinic.schedule(person, clinic.site, 1, "09:00", "17:00")
    yield clinic
    owner.close()


def many_bookings(clinic):
    """Forty thousand of the last hundred days, a fifth of them of partner-a; every hundredth of them is a hold."""
    clinic.owner.execute("""
        insert into app.booking (clinic_id, reference, status, location_id, practitioner_id, offering_id, treatment, starts_at, ends_at,
                                 timezone, price_amount, price_currency, policy, free_cancel_until, remind_at, client, source, confirmed_at,
                                 hold_expires_at, created_at)
        select %(clinic)s, 'R' || n, case when n %% 100 = 0 then 'held' else 'confirmed' end, %(site)s, %(person)s, %(offering)s,
               (select treatment from app.offering where id = %(offering)s), t, t + interval '1 h', 'Europe/Brussels', 0, 'EUR', '{}', t, t,
               '{"name": "X"}', 'partner-' || (array['a', 'b', 'c', 'd', 'e'])[1 + n %% 5],
               case when n %% 100 > 0 then %(now)s::timestamptz - n * interval '3.6 min' end,
               case when n %% 100 = 0 then %(now)s::timestamptz + (n - 20000) * interval '1 min' end,
               %(now)s::timestamptz - n * interval '3.6 min'
        from generate_series(1, 40000) as n cross join lateral (select timestamptz '2027-04-01' + n * interval '1 h' as t) as s""",
                         {"clinic": clinic.id, "site": clinic.site, "person": clinic.people[0], "offering": clinic.given, "now": NOW})
    clinic.owner.execute("analyze app.booking")


def refused(database, clinic, function, **policy):
    """The refusal of a booking of partner-a, the indexes that counted, and how many rows they gave."""
    told = []
    with database.connect(autocommit=False, options="-c app.test_clock=on") as connection:
        connection.add_notice_handler(lambda notice: told.append(notice.message_primary))
        connection.execute("load 'auto_explain'; set local auto_explain.log_min_duration = 0; set local auto_explain.log_nested_statements = on; "
                           "set local auto_explain.log_analyze = on; set local auto_explain.log_format = json; set local client_min_messages = log; "
                           "set local plan_cache_mode = force_generic_plan; set local role clinicd_service")
        connection.execute("select set_config('app.sub', %s, true), set_config('app.scopes', %s, true), set_config('app.clinics', %s, true)",
                           PRINCIPAL)
        told.clear()
        body = connection.execute(f"select (app.{function}(jsonb_populate_record(null::app.booking, %s))).body", [json.dumps({
            "clinic_id": str(clinic.id), "source": "partner-a", "created_at": NOW.isoformat(),
            "policy": {"max_holds_per_partner": 50, "max_holds_per_client": 5} | policy})]).fetchone()[0]
    indexes, rows = set(), 0

    def walk(node):
        nonlocal rows
        if node.get("Relation Name") == "booking":
            indexes.add(node.get("Index Name"))
            rows += node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                                            + node.get("Rows Removed by Index Recheck", 0))
        for child in node.get("Plans", ()):
            walk(child)

    for message in told:
        if '"Plan"' in message:
            walk(json.loads(message[message.index("{"):])["Plan"])
    return body, indexes, rows


def test_counting_is_a_look_into_an_index(database, practice):
    many_bookings(practice)
    body, indexes, rows = refused(database, practice, "bookings_refusal", max_bookings_per_partner_per_day=10)
    assert (body["limit"], indexes) == (10, {"booking_made"}) and rows <= 10, "no further than the cap"
    body, indexes, rows = refused(database, practice, "bookings_refusal", max_bookings_per_partner_per_day=1000)
    today = (NOW.replace(hour=23, minute=0, second=0) - timedelta(days=1))  # midnight in Brussels
    assert body is None and indexes == {"booking_made"} and 20 < rows <= (NOW - today) / timedelta(minutes=18) + 1
    body, indexes, rows = refused(database, practice, "bookings_refusal")
    assert (body, indexes) == (None, set()), "who has no cap is not counted"
    body, indexes, rows = refused(database, practice, "holds_refusal")
    # Of so few holds either index of them will do.
    assert body["counted"] == "partner" and indexes <= {"booking_live_hold", "booking_hold"} and rows <= 400


def test_those_that_run_at_the_same_moment_may_pass_the_cap_together_and_wait_for_nobody(database, practice):
    practice.owner.execute("insert into app.partner_rule (clinic_id, partner, max_bookings_per_day) values (%s, 'partner-a', 1)", [practice.id])
    first, second = Desk(database), Desk(database)
    second.connection.execute("set lock_timeout = '2s'")

    def body(person, hour):
        return {"offering_id": str(practice.given), "location_id": str(practice.site), "practitioner_id": str(practice.people[person]),
                "start": (MONDAY + timedelta(hours=hour)).isoformat(), "client": {"name": "Anna"}}

    with first.connection.transaction():
        assert first.run("createBooking", body=body(0, 0)).status == 201
        assert second.run("createBooking", body=body(1, 0)).status == 201, "the first is not committed, and not waited for"
    for desk in (first, second):
        answer = desk.run("createBooking", body=body(0, 2))
        assert (answer.status, answer["type"], answer["limit"]) == (409, "too-many-bookings", 1)
        desk.close()
