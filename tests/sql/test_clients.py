"""Who is the same client, by the rules of 38_clients.sql; what happens when two find out at once; whom time forgets; and the
plans of the lists over 100,000 bookings."""
import json
import threading
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest

from clinic_kit import ROOT, Clinic, set_clock
from test_booking import MONDAY, NOW, Practice

EMAIL, PHONE = "anna@example.org", "+32 2 000 00 99"


@pytest.fixture
def practice(database):
    practice = Practice(database)
    yield practice
    practice.close()


class Keeper:
    """A connection that keeps clients of one clinic."""

    def __init__(self, database, clinic, autocommit=True):
        self.connection, self.clinic = database.connect("clinicd_service", autocommit=autocommit), clinic

    def keep(self, sub="partner-a", scopes="", **person):
        person = {"name": "Anna"} | person
        if not self.connection.autocommit or scopes:
            self.connection.execute("select set_config('app.scopes', %s, %s)", [scopes, not self.connection.autocommit])
        found = self.connection.execute("select app.keep_client(%s, %s, %s)", [self.clinic, json.dumps(person), sub]).fetchone()[0]
        if scopes and self.connection.autocommit:
            self.connection.execute("select set_config('app.scopes', '', false)")
        return found


@pytest.fixture
def clinic(database):
    with database.connect("clinicd_owner") as owner:
        yield Clinic(owner)


@pytest.fixture
def keeper(database, clinic):
    keeper = Keeper(database, clinic.id)
    yield keeper
    keeper.connection.close()


def record(clinic, client):
    return clinic.owner.execute("select name, email, phone, language, source from app.client where id = %s", [client]).fetchone()


# ---------------------------------------------------------------- who is the same

@pytest.mark.parametrize("said, key", [
    (" Anna@Example.ORG ", "anna@example.org"), ("anna+kine@example.org", "anna+kine@example.org"),
    ("+32 2 000 00 99", "+3220000099"), ("0032 2/000.00.99", "+3220000099"), ("+32 (0)2 000-00-99", "+3220000099"),
    ("02 000 00 99", "020000099"), ("(02) 000 00 99", "020000099"), ("32 2 000 00 99", "3220000099"), ("1 (800) 555-0199", "18005550199"),
])
def test_how_addresses_and_numbers_are_compared(shared_database, said, key):
    assert shared_database.value("select app.contact_key(%s)", [said]) == key


def test_an_address_is_one_client_and_a_number_tells_where_no_address_speaks_against_it(clinic, keeper):
    anna = keeper.keep(email=EMAIL, phone=PHONE)
    assert keeper.keep(email=EMAIL.upper()) == keeper.keep(phone="0032 2 000 00 99") == anna
    bea = keeper.keep(name="Bea", email="bea@example.org", phone=PHONE)
    assert bea != anna, "two addresses are two clients, whatever number they share"
    nobody = keeper.keep(phone=PHONE)
    assert nobody not in (anna, bea), "the number is two clients': it tells neither"
    assert keeper.keep(phone=PHONE) == nobody, "but whoever has it and no address"
    late = keeper.keep(email="late@example.org", phone=PHONE)
    assert late == nobody and record(clinic, late)[:3] == ("Anna", "late@example.org", PHONE), "who then gives an address keeps it"
    assert len({keeper.keep(), keeper.keep()}) == 2, "who gives neither is known to nobody"
    assert keeper.connection.execute("select app.keep_client(%s, null, 'x')", [clinic.id]).fetchone()[0] is None


def test_the_address_wins_when_the_number_is_anothers(keeper):
    anna, carl = keeper.keep(email=EMAIL), keeper.keep(name="Carl", phone=PHONE)
    assert anna != carl
    assert keeper.keep(email=EMAIL, phone=PHONE) == anna
    assert keeper.keep(phone="+32 2 000 00 11") not in (anna, carl)


def test_clinics_share_no_clients(database, clinic, keeper):
    other = Keeper(database, Clinic(clinic.owner).id)
    assert keeper.keep(email=EMAIL) != other.keep(email=EMAIL)
    other.connection.close()


def test_whose_word_counts(clinic, keeper):
    anna = keeper.keep(email=EMAIL)
    assert record(clinic, anna) == ("Anna", EMAIL, None, None, "partner-a")
    keeper.keep(name="Vandal", email=EMAIL, phone="+32 1", sub="partner-b")
    assert record(clinic, anna)[:3] == ("Anna", EMAIL, None)
    keeper.keep(name="Anna P.", email=EMAIL, phone=PHONE)
    assert record(clinic, anna)[:3] == ("Anna P.", EMAIL, PHONE)
    keeper.keep(name="Anna Peeters", email=EMAIL, language="fr", scopes="bookings:desk")
    assert record(clinic, anna) == ("Anna Peeters", EMAIL, PHONE, "fr", None)
    keeper.keep(name="Anna P.", email=EMAIL)
    assert record(clinic, anna)[0] == "Anna Peeters"


def test_who_is_known_costs_no_write(clinic, keeper):
    anna = keeper.keep(email=EMAIL, phone=PHONE)
    where = "select ctid, xmin from app.client where id = %s"
    before = clinic.owner.execute(where, [anna]).fetchone()
    assert {keeper.keep(email=EMAIL, phone=PHONE), keeper.keep(email=EMAIL), keeper.keep(phone=PHONE, sub="partner-b")} == {anna}
    assert clinic.owner.execute(where, [anna]).fetchone() == before, "the row is where it was"


# ---------------------------------------------------------------- two at once

def beside(work):
    """Runs work in a thread that is expected to wait."""
    result = []
    thread = threading.Thread(target=lambda: result.append(work()))
    thread.start()
    thread.join(0.3)
    assert thread.is_alive(), "it should wait"
    return lambda: (thread.join(20), result[0])[1]


@pytest.mark.parametrize("person", [{"email": EMAIL}, {"phone": PHONE}, {"email": EMAIL, "phone": PHONE}])
@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_two_who_bring_the_same_person_make_one_client(database, clinic, person, ends):
    one, two = Keeper(database, clinic.id, autocommit=False), Keeper(database, clinic.id, autocommit=False)
    first = one.keep(**person)
    wait = beside(lambda: two.keep(**person))
    getattr(one.connection, ends)()
    second = wait()
    two.connection.commit()
    assert (first == second) == (ends == "commit")
    assert clinic.owner.execute("select array_agg(id) from app.client where clinic_id = %s", [clinic.id]).fetchone()[0] == [second]
    for keeper in (one, two):
        keeper.connection.close()


def test_whoever_books_beside_others_for_the_same_client_waits_for_nobody(database, clinic, keeper):
    anna = keeper.keep(email=EMAIL)
    one, two = Keeper(database, clinic.id, autocommit=False), Keeper(database, clinic.id, autocommit=False)
    two.connection.execute("set lock_timeout = '100ms'")
    assert one.keep(email=EMAIL) == two.keep(email=EMAIL) == anna
    for keeper in (one, two):
        keeper.connection.close()


def erase(database, clinic, client, cancel=False):
    with database.connect("clinicd_service", options="-c app.test_clock=on") as connection:
        return connection.execute("select (e.done).client_id, (e.done).bookings, (e.done).cancelled, (e.done).live from (select "
                                  "app.erase_client_data(%s, %s, %s, 'eraseClient', row('officer', 'r', null, null, null)) as done) as e",
                                  [clinic, client, cancel]).fetchone()


def test_an_erasure_waits_for_the_booking_that_runs_beside_it_and_sees_it(practice, database):
    desk = practice.desk()
    first = desk.run("createBooking", body=practice.body())
    client = practice.owner.execute("select client_id from app.booking where id = %s", [first["id"]]).fetchone()[0]
    with desk.connection.transaction():
        second = desk.run("createBooking", body=practice.body(MONDAY + timedelta(hours=2)))
        wait = beside(lambda: erase(database, practice.clinic.id, client, cancel=True))
    assert second.status == 201
    assert wait()[1:] == (2, 2, [])
    left = practice.owner.execute("select status, client, client_id from app.booking where clinic_id = %s", [practice.clinic.id]).fetchall()
    assert left == [("cancelled", None, None)] * 2


def test_a_booking_that_waits_for_an_erasure_is_a_new_clients(practice, database):
    desk = practice.desk()
    first = desk.run("createBooking", body=practice.body())
    client = practice.owner.execute("select client_id from app.booking where id = %s", [first["id"]]).fetchone()[0]
    with database.connect("clinicd_service", options="-c app.test_clock=on", autocommit=False) as officer:
        officer.execute("select app.erase_client_data(%s, %s, true, 'eraseClient', row('officer', 'r', null, null, null))", [practice.clinic.id, client])
        wait = beside(lambda: desk.run("createBooking", body=practice.body(MONDAY + timedelta(hours=2), person=1)))
    assert wait().status == 201
    rows = practice.owner.execute("select client ->> 'name', client_id from app.booking where clinic_id = %s order by created_at, id",
                                  [practice.clinic.id]).fetchall()
    assert rows[0] == (None, None) and rows[1][0] == "Anna Peeters" and rows[1][1] not in (None, client)


# ---------------------------------------------------------------- corrections

def test_a_correction_leads_to_another_client_and_what_is_left_is_forgotten(practice, database):
    desk = practice.desk()
    held = desk.run("createBooking", body=practice.body(hold=True))

    def client():
        return practice.owner.execute("select client_id from app.booking where id = %s", [held["id"]]).fetchone()[0]

    typo = client()
    assert desk.run("patchBooking", booking_id=held["id"], if_match="1", body={"client": {"email": "anna.p@example.org"}}).status == 200
    assert client() != typo
    with database.connect("clinicd_worker", options="-c app.test_clock=on") as work:
        assert work.execute("select app.work_forget_clients(10)").fetchone()[0] == 1
        assert work.execute("select app.work_forget_clients(10)").fetchone()[0] == 0
    left = practice.owner.execute("select id from app.client where clinic_id = %s", [practice.clinic.id]).fetchall()
    assert left == [(client(),)]


# ---------------------------------------------------------------- retention

def test_time_forgets_who_had_no_booking_for_as_long_as_the_policy_says(practice, database):
    desk = practice.desk()

    def book(start, name):
        made = desk.run("createBooking", body=practice.body(start, client=False, hold=True))
        assert desk.run("confirmBooking", booking_id=made["id"], body={"client": {"name": name, "email": f"{name}@example.org"}}).status == 200

    book(MONDAY, "early")
    book(MONDAY + timedelta(hours=1), "both")
    book(MONDAY + timedelta(weeks=8), "late")
    book(MONDAY + timedelta(weeks=8, hours=1), "both")
    waiting = practice.owner.execute(
        "insert into app.client (clinic_id, name, email, email_key, idle_since) values (%s, 'waits', 'w@example.org', 'w@example.org', %s) returning id",
        [practice.clinic.id, NOW]).fetchone()[0]
    practice.clinic.add("waitlist_entry", source="partner-a", offering_ids=[practice.offering], date_from="2027-03-01", date_to="2027-12-31",
                        ends_at=datetime(2028, 1, 1, tzinfo=timezone.utc), client={"name": "waits"}, client_id=waiting)

    def forget_at(moment):
        set_clock(practice.owner, moment)
        with database.connect("clinicd_worker", options="-c app.test_clock=on") as work:
            rounds = 0
            while work.execute("select app.work_forget_clients(2)").fetchone()[0]:
                rounds += 1
                assert rounds < 20, "it comes to an end"
        return {name for name, in practice.owner.execute("select name from app.client where clinic_id = %s", [practice.clinic.id])}

    everybody = {"early", "both", "late", "waits"}
    assert forget_at(MONDAY + timedelta(days=4000)) == everybody, "a clinic keeps its clients unless it says otherwise"
    practice.owner.execute("update app.clinic set policy = '{\"client_retention_days\": 30}' where id = %s", [practice.clinic.id])
    assert forget_at(MONDAY + timedelta(days=30)) == everybody
    assert forget_at(MONDAY + timedelta(days=30, hours=2)) == everybody - {"early"}
    assert forget_at(MONDAY + timedelta(weeks=8, days=30, hours=1, minutes=30)) == {"both", "waits"}
    assert forget_at(MONDAY + timedelta(weeks=8, days=32)) == {"waits"}
    assert forget_at(datetime(2028, 2, 2, tzinfo=timezone.utc)) == set()
    kept = practice.owner.execute("select count(*), count(client) from app.booking where clinic_id = %s", [practice.clinic.id]).fetchone()
    assert kept == (4, 0)
    audited = practice.owner.execute("select distinct who, what, entity from app.audit where clinic_id = %s and entity = 'client'",
                                     [practice.clinic.id]).fetchall()
    assert audited == [("clinicd", "forgetClient", "client")]


# ---------------------------------------------------------------- those who came before

def test_who_had_booked_before_clients_were_kept_becomes_one_by_the_same_rules(postgres):
    database = postgres.empty_database()
    files = sorted((ROOT / "sql" / "migrations").glob("*.sql"))
    postgres.psql(database.name, *(file for file in files if file.name < "0013"), role="clinicd_owner")
    with database.connect("clinicd_owner") as owner:
        clinic = Clinic(owner)
        site = clinic.location()
        person = clinic.practitioner(site)
        offering = clinic.offering([person], [site])

        def book(**client):
            booking = clinic.block([], offering, site, person, NOW, NOW + timedelta(hours=1))
            owner.execute("update app.booking set client = %s where id = %s", [json.dumps({"name": "N"} | client) if client else None, booking])
            return booking

        anna = [book(email=EMAIL, phone=PHONE), book(email=EMAIL.upper()), book(phone="0032 2 000 00 99")]
        shared = [book(email="b@example.org", phone="+32 1 11"), book(email="c@example.org", phone="+32 1 11"), book(phone="+32 1 11"), book(phone="0032 (0)1 11")]
        alone = [book(language="fr"), book(language="fr")]
        owner.execute("update app.booking set status = 'expired' where id = %s", [empty := clinic.block([], offering, site, person, NOW, NOW + timedelta(hours=1))])
        owner.execute("update app.booking set client = null where id = %s", [empty])
        postgres.psql(database.name, *(file for file in files if file.name >= "0013"), role="clinicd_owner")
        whose = dict(owner.execute("select id, client_id from app.booking").fetchall())
        assert len({whose[booking] for booking in anna}) == 1
        assert len({whose[booking] for booking in shared}) == 3 and whose[shared[2]] == whose[shared[3]]
        assert len({whose[booking] for booking in alone}) == 2 and whose[empty] is None
        keys = owner.execute("select c.email, c.email_key, c.phone, c.phone_key from app.client c").fetchall()
        assert len(keys) == 6
        postgres.psql(database.name, *sorted((ROOT / "sql" / "functions").glob("*.sql")), role="clinicd_owner")
        wrong = owner.execute("select count(*) from app.client where app.contact_key(email) is distinct from email_key "
                              "or app.contact_key(phone) is distinct from phone_key").fetchone()[0]
        assert wrong == 0, "the migration compares as the function does"
    database.drop()


def test_time_forgets_in_time_however_many_answers_are_kept(practice):
    """Twenty clients beside 20,000 answers of a day, in the five seconds that a work has."""
    practice.desk().run("createBooking", body=practice.body(), key="k", hash="h")
    practice.owner.execute("""insert into app.idempotency_record (sub, key, hash, status, body, created_at)
                              select 'partner-x', 'k' || n, 'h', 201, r.body, app.now()
                              from generate_series(1, 20000) as n, app.idempotency_record r where r.key = 'k'""")
    practice.owner.execute("update app.clinic set policy = '{\"client_retention_days\": 1}' where id = %s", [practice.clinic.id])
    practice.owner.execute("""insert into app.client (clinic_id, name, email, email_key, idle_since)
                              select %s, 'N', n || '@x', n || '@x', app.now() - interval '10 days' from generate_series(1, 20) as n""",
                           [practice.clinic.id])
    with practice.database.connect("clinicd_worker", options="-c app.test_clock=on -c statement_timeout=5s", autocommit=True) as worker:
        assert worker.execute("select app.work_forget_clients(20)").fetchone()[0] == 20
    assert practice.owner.execute("select count(*) from app.client where clinic_id = %s", [practice.clinic.id]).fetchone()[0] == 1


# ---------------------------------------------------------------- row policies

def test_a_forgotten_filter_shows_no_other_clinics_clients(database, clinic, keeper):
    keeper.keep(email=EMAIL)
    other = str(uuid.uuid4())
    for sub, scopes, clinics, seen in (("x", "clients:read", f"{{{clinic.id}}}", 1), ("x", "clients:read", f"{{{other}}}", 0),
                                       ("x", "bookings:read bookings:write", f"{{{clinic.id}}}", 0), ("x", "clients:read", "*", 1),
                                       ("x", "bookings:desk", f"{{{clinic.id}}}", 1), ("x", "", "*", 0)):
        with database.connect("clinicd_service", autocommit=False) as connection:
            connection.execute("select set_config('app.sub', %s, true), set_config('app.scopes', %s, true), set_config('app.clinics', %s, true)",
                               [sub, scopes, clinics])
            assert connection.execute("select count(*) from app.client").fetchone()[0] == seen, scopes


def test_the_servers_log_gets_no_arguments_of_the_service(database):
    for role in ("clinicd_service", "clinicd_worker"):
        assert database.value("show log_parameter_max_length", role=role) == "0"
        assert database.value("show log_parameter_max_length_on_error", role=role) == "0"


def test_the_servers_log_does_not_show_the_row_that_failed(database, postgres):
    """Of a table with row policies the server shows no row, but what has its owner's rights is above them."""
    with database.connect("clinicd_service", autocommit=False) as connection, pytest.raises(psycopg.errors.NotNullViolation):
        connection.execute("select app.keep_client(c.id, %s, 'x') from app.clinic c limit 1", ['{"email": "gerda.geheim@example.org"}'])
    log = (Path(postgres.socket).parent / "log").read_text()
    assert "violates not-null constraint" in log and "gerda.geheim" not in log


# ---------------------------------------------------------------- plans

PARTNERS = 10


@pytest.fixture(scope="module")
def crowded(postgres, template):
    """A clinic with 100,000 bookings of ten partners, 5,000 clients and a few orders."""
    database = postgres.create_database()
    with database.connect("clinicd_owner") as owner:
        clinic = Clinic(owner)
        site = clinic.location()
        person = clinic.practitioner(site)
        offering = clinic.offering([person], [site])
        treatment = owner.execute("select treatment from app.offering where id = %s", [offering]).fetchone()[0]
        owner.execute("insert into app.client (clinic_id, name, email, email_key, idle_since) "
                      "select %s, 'C' || n, 'c' || n || '@example.org', 'c' || n || '@example.org', now() from generate_series(1, 5000) as n", [clinic.id])
        owner.execute("insert into app.booking_order (clinic_id, id, source) values (%s, %s, 'partner-1')", [clinic.id, (order := uuid.uuid4())])
        owner.execute(
            "insert into app.booking (clinic_id, reference, external_ref, status, location_id, practitioner_id, offering_id, treatment, starts_at, ends_at, "
            "timezone, price_amount, price_currency, policy, free_cancel_until, remind_at, client, client_id, source, order_id) "
            "select %(clinic)s, 'R' || lpad(n::text, 7, '0'), 'x-' || n, (array['confirmed', 'completed', 'cancelled'])[1 + n %% 3], %(site)s, %(person)s, "
            "%(offering)s, %(treatment)s, t, t + interval '1 h', 'Europe/Brussels', 5000 + n %% 3, case when n %% 7 = 0 then 'CHF' else 'EUR' end, '{}', t, t, "
            "jsonb_build_object('name', c.name, 'email', c.email), c.id, 'partner-' || n %% 10, case when n in (11, 21) then %(order)s::uuid end "
            "from generate_series(1, 100000) as n cross join lateral (select timestamptz '2027-01-01' + n * interval '1 h' as t) as s "
            "join app.client c on c.clinic_id = %(clinic)s and c.email = 'c' || 1 + n %% 5000 || '@example.org'",
            {"clinic": clinic.id, "site": site, "person": person, "offering": offering, "treatment": treatment, "order": order})
    with database.connect() as admin:
        admin.execute("vacuum analyze app.booking, app.client")
    yield database, clinic.id, order
    database.drop()


def listed(database, sub, scopes, clinics, **args):
    """The answer of a list of bookings, the plans of all statements in it, and how many rows of bookings those looked at."""
    told = []
    with database.connect(autocommit=False) as connection:
        connection.add_notice_handler(lambda notice: told.append(notice.message_primary))
        connection.execute("load 'auto_explain'; set local auto_explain.log_min_duration = 0; set local auto_explain.log_nested_statements = on; "
                           "set local auto_explain.log_analyze = on; set local auto_explain.log_format = json; set local client_min_messages = log; "
                           "set local plan_cache_mode = force_generic_plan; set local role clinicd_service")
        connection.execute("select set_config('app.sub', %s, true), set_config('app.scopes', %s, true), set_config('app.clinics', %s, true)",
                           [sub, scopes, clinics])
        told.clear()
        status, body = connection.execute("select status, body from app.list_bookings(%s::jsonb)",
                                          [json.dumps(args | {"sub": sub, "scopes": scopes, "clinics": clinics})]).fetchone()
    looked_at, scans = 0, []

    def walk(node):
        nonlocal looked_at
        if node.get("Relation Name") == "booking":
            looked_at += node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
            scans.append(node["Node Type"])
        for child in node.get("Plans", ()):
            walk(child)

    for message in told:
        if '"Plan"' in message:
            walk(json.loads(message[message.index("{"):])["Plan"])
    assert scans
    return status, body, scans, looked_at


@pytest.mark.parametrize("args, partner_finds, desk_finds, most_looked_at", [
    ({}, 20, 20, 21),
    ({"from": "2030-01-01T00:00:00Z", "to": "2030-03-01T00:00:00Z"}, 20, 20, 21),
    ({"client_email": "C12@example.org"}, 20, 20, 20),
    ({"client_email": "c11@example.org"}, 0, 20, 20),
    ({"client_email": "nobody@example.org"}, 0, 0, 0),
    ({"reference": "R0000011"}, 1, 1, 1),
    ({"reference": "R0000012"}, 0, 1, 1),
    ({"reference": "ZZZZZZZZ"}, 0, 0, 0),
    ({"external_ref": "x-21"}, 1, 1, 1),
    ({"external_ref": "none"}, 0, 0, 0),
    ({"status": '["held"]'}, 0, 0, 0),
    ({"order": True}, 2, 2, 8),  # a token for all clinics asks each
    ({"order_id": str(uuid.uuid4())}, 0, 0, 0),
    ({"series_id": str(uuid.uuid4())}, 0, 0, 0),
    ({"session_id": str(uuid.uuid4())}, 0, 0, 0),
])
def test_a_list_looks_at_what_it_answers(crowded, args, partner_finds, desk_finds, most_looked_at):
    database, clinic, order = crowded
    if "order" in args:
        args = {"order_id": str(order)}
    for sub, scopes, wanted in (("partner-1", "bookings:read", partner_finds), ("front-desk", "bookings:desk", desk_finds)):
        for clinics in (f"{{{clinic}}}", "*"):
            status, body, scans, looked_at = listed(database, sub, scopes, clinics, **args)
            assert status == 200 and len(body["items"]) == wanted
            assert "Seq Scan" not in scans and looked_at <= most_looked_at, (scopes, clinics, scans, looked_at)
            if scopes == "bookings:read":
                assert {item["source"] for item in body["items"]} <= {"partner-1"}


def test_totals_add_up_ones_own_and_no_more_than_is_allowed(crowded):
    database, clinic, _ = crowded
    status, body, scans, looked_at = listed(database, "partner-1", "bookings:read", f"{{{clinic}}}", totals="true", limit="1")
    assert status == 200 and "Seq Scan" not in scans and looked_at <= 10_000 + 2
    with database.connect() as admin:
        rows = admin.execute("select status, price_currency, count(*), sum(price_amount) from app.booking where source = 'partner-1' "
                             "group by 1, 2 order by 1, 2").fetchall()
    totals = body["totals"]
    assert totals["bookings"] == 10_000 and len(body["items"]) == 1
    assert [(state, price["currency"], price["amount"]) for state, sums in totals["by_status"].items() for price in sums["prices"]] == [
        (state, currency, amount) for state, currency, _, amount in rows]
    assert {state: sums["bookings"] for state, sums in totals["by_status"].items()} == {
        state: sum(row[2] for row in rows if row[0] == state) for state in ("cancelled", "completed", "confirmed")}
    assert totals["prices"] == [{"amount": sum(row[3] for row in rows if row[1] == currency), "currency": currency} for currency in ("CHF", "EUR")]
    status, body, _, looked_at = listed(database, "desk", "bookings:desk", f"{{{clinic}}}", totals="true")
    assert status == 422 and body["errors"][0]["parameter"] == "totals" and looked_at <= 50_001
