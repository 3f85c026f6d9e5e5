"""The works that nobody asks for (sql/functions/45_work.sql): the tail of the change log, holds that ran out, old answers."""
import threading
import time
import uuid
from datetime import datetime, timedelta, timezone

import psycopg
import pytest

from clinic_kit import QUERIES, Clinic, Desk, set_clock

NOW = datetime(2027, 3, 1, 8, 0, 30, tzinfo=timezone.utc)
MONDAY = datetime(2027, 3, 29, 7, 0, tzinfo=timezone.utc)  # 09:00 in Brussels


def worker(database):
    return database.connect("clinicd_worker", options="-c app.test_clock=on")


@pytest.fixture
def log(database):
    """The owner's connection, and a single consumer, `test`, that has had everything there is."""
    with database.connect("clinicd_owner") as owner:
        owner.execute("delete from app.change_consumer")  # nobody works for the others here
        owner.execute("insert into app.change_consumer (name) values ('test')")
        yield owner


def write(connection, *names):
    for name in names:
        connection.execute("insert into app.change (clinic_id, entity, entity_id, kind) values (app.no_clinic(), 'test', %s, 'made')",
                           [name])


def take(connection, most=100):
    rows = connection.execute("select entity_id from app.changes_for('test', %s)", [most]).fetchall()
    return [name for name, in rows]


def take_until(connection, count, seconds=10):
    """What is taken until there are `count`; another transaction of the server may hold some up for a moment."""
    taken, deadline = [], time.monotonic() + seconds
    while len(taken) < count and time.monotonic() < deadline:
        taken += take(connection)
    return taken


# ---------------------------------------------------------------- the tail

def test_what_commits_late_is_not_lost(log, database):
    """A takes an id, B a later one and commits first: B's waits until A has ended, and then comes behind A's."""
    with worker(database) as tail, database.connect("clinicd_owner", autocommit=False) as a:
        write(a, "first id, second commit")
        write(log, "second id, first commit")
        assert take(tail) == []
        a.commit()
        assert take_until(tail, 2) == ["first id, second commit", "second id, first commit"]
        assert take(tail) == []


def test_what_is_taken_back_holds_nobody_up(log, database):
    with worker(database) as tail, database.connect("clinicd_owner", autocommit=False) as a:
        write(a, "never")
        write(log, "there")
        a.rollback()
        assert take_until(tail, 1) == ["there"]


def test_a_new_consumer_begins_at_the_end_or_at_the_beginning(log, database):
    with worker(database) as tail:
        write(log, "old")
        assert take_until(tail, 1) == ["old"]
        log.execute("insert into app.change_consumer (name) values ('late')")
        log.execute("insert into app.change_consumer (name, xid) values ('all', '0')")
        write(log, "new")
        take_until(tail, 1)
        names = {consumer: [row[0] for row in tail.execute("select entity_id from app.changes_for(%s, 10000)", [consumer])]
                 for consumer in ("late", "all")}
        assert names["late"] == ["new"]
        assert names["all"][-2:] == ["old", "new"]
        assert len(names["all"]) == database.value("select count(*) from app.change")


def test_nobody_is_a_consumer_by_accident(database):
    with worker(database) as tail, pytest.raises(psycopg.errors.RaiseException, match="nobody reads the change log as typo"):
        tail.execute("select * from app.changes_for('typo', 1)")


def test_effect_and_progress_are_one(log, database):
    with database.connect("clinicd_worker", autocommit=False) as tail, worker(database) as other:
        write(log, "one", "two", "three")
        while not (first := take(tail, 2)):
            tail.rollback()
        assert first == ["one", "two"]
        assert take(other) == []  # one at a time, and nobody waits
        tail.rollback()
        assert take(other, 1) == ["one"]
        assert take(other) == ["two", "three"]


def test_when_there_is_nothing_to_do_nothing_is_written(log, database):
    """No work costs a transaction id in vain: each is asked many times a second."""
    works = {name: text for name, (text, _, _) in QUERIES.items() if name.startswith("work")}
    works["the tail"] = "select 200, json_build_object('done', count(*)) from app.changes_for('test', 10)"
    with worker(database) as tail:
        log.execute("insert into app.change_consumer (name) select 'waitlist' on conflict do nothing")
        for name, statement in works.items():
            deadline = time.monotonic() + 10
            while tail.execute(statement).fetchone()[1].get("done") and time.monotonic() < deadline:
                pass
            with tail.transaction():
                assert not tail.execute(statement).fetchone()[1].get("done"), name
                assert tail.execute("select pg_current_xact_id_if_assigned()").fetchone() == (None,), name


def test_many_writers_and_tails_lose_nothing_and_repeat_nothing(log, database):
    """Transactions of different length write, three tails take in turns and now and then fail: each change once, and those
    of one transaction together in their order."""
    writers, rounds = 6, 40
    taken, lock, finished = [], threading.Lock(), threading.Event()

    def run_writer(index):
        with database.connect("clinicd_owner", autocommit=False) as connection:
            for number in range(rounds):
                write(connection, f"{index}-{number}-a")
                if (index + number) % 3 == 0:
                    time.sleep(0.002)
                write(connection, f"{index}-{number}-b")
                connection.rollback() if number % 10 == 9 else connection.commit()

    def run_tail(index):
        with database.connect("clinicd_worker", autocommit=False) as connection:
            turn = 0
            while not finished.is_set():
                turn += 1
                names = take(connection, 7)
                if names and (turn + index) % 5 == 0:
                    connection.rollback()
                    continue
                # Under the lock, so that what was committed first stands first.
                with lock:
                    connection.commit()
                    taken.extend(names)

    threads = [threading.Thread(target=run_writer, args=[i]) for i in range(writers)]
    tails = [threading.Thread(target=run_tail, args=[i]) for i in range(3)]
    for thread in threads + tails:
        thread.start()
    for thread in threads:
        thread.join(60)
    wanted = {f"{i}-{n}-{part}" for i in range(writers) for n in range(rounds) if n % 10 != 9 for part in "ab"}
    deadline = time.monotonic() + 20
    while len(taken) < len(wanted) and time.monotonic() < deadline:
        time.sleep(0.01)
    finished.set()
    for thread in tails:
        thread.join(60)
    assert len(taken) == len(wanted) and set(taken) == wanted


def test_the_lag_is_that_of_the_oldest_change_not_taken(log, database):
    with worker(database) as tail:
        assert tail.execute("select app.change_lag_ms()").fetchone()[0] == 0
        write(log, "waits")
        log.execute("update app.change set logged_at = clock_timestamp() - interval '3 s' where entity_id = 'waits'")
        assert 3000 <= tail.execute("select app.change_lag_ms()").fetchone()[0] < 60000
        take_until(tail, 1)
        assert tail.execute("select app.change_lag_ms()").fetchone()[0] == 0


def come_from_another_server(owner, *tables):
    """As after a dump and a restore: transaction ids are far ahead of this server's."""
    for table in tables:
        owner.execute(f"update app.{table} set xid = ((xid::text::bigint + 1000000000)::text)::xid8")


def settle(owner):
    return owner.execute("select app.settle_change_log()").fetchone()[0]


def test_a_log_from_another_server_goes_on(log, database):
    log.execute("insert into app.change_consumer (name) values ('idle')")
    with worker(database) as tail:
        write(log, "had", "had too", "not yet", "nor this")
        until = time.monotonic() + 10
        while not (taken := take(tail, 2)) and time.monotonic() < until:
            pass
        assert taken == ["had", "had too"]
        assert settle(log) is False
        come_from_another_server(log, "change", "change_consumer")
        assert take(tail) == []  # they would wait for a billion transactions
        assert (settle(log), settle(log)) == (True, False)
        write(log, "new")
        assert take_until(tail, 3) == ["not yet", "nor this", "new"]
        idle = [name for name, in tail.execute("select entity_id from app.changes_for('idle', 10)")]
        assert idle == ["had", "had too", "not yet", "nor this", "new"]


def test_a_consumer_from_another_server_misses_nothing_new(log, database):
    """Whose log was empty, or has been taken to its end."""
    with worker(database) as tail:
        come_from_another_server(log, "change_consumer")
        write(log, "before it was settled")
        time.sleep(0.05)
        assert take(tail) == []
        assert settle(log) is True
        write(log, "new")
        assert take_until(tail, 1) == ["new"]


# ---------------------------------------------------------------- holds and answers

class Practice:
    def __init__(self, database):
        self.database, self.owner = database, database.connect("clinicd_owner")
        set_clock(self.owner, NOW)
        self.clinic = Clinic(self.owner)
        self.site = self.clinic.location()
        self.person = self.clinic.practitioner(self.site)
        self.room = self.clinic.add("room", location_id=self.site, name="Quiet", kind="table")
        self.offering = self.clinic.offering([self.person], [self.site], room_kind="table")
        self.clinic.schedule(self.person, self.site, 1, "09:00", "17:00")
        self.desk = Desk(database, clinics=f"{{{self.clinic.id}}}")

    def hold(self, hour=0, **more):
        return self.desk.run("createBooking", body={
            "offering_id": str(self.offering), "location_id": str(self.site), "hold": True,
            "start": (MONDAY + timedelta(hours=hour)).isoformat()}, **more)

    def rows(self, booking):
        return [self.owner.execute(query, [booking]).fetchall() for query in (
            "select status, version, updated_at from app.booking where id = %s",
            "select count(*) from app.occupancy where booking_id = %s",
            "select kind, owner, at, data - 'reference' - 'start' - 'end' from app.change where entity_id = %s::text and kind = 'expired'",
            "select who, what, before, at, request_id from app.audit where entity_id = %s::text and what = 'expireHold'")]


@pytest.fixture
def practice(database):
    practice = Practice(database)
    yield practice
    practice.desk.close()
    practice.owner.close()


def expire(connection, most=10):
    return connection.execute("select app.work_expire_holds(%s)", [most]).fetchone()[0]


def test_a_hold_that_ran_out_is_written_down_as_if_somebody_wanted_its_place(practice, database):
    first, second = practice.hold(), practice.hold(2)
    with worker(database) as work:
        set_clock(practice.owner, NOW + timedelta(minutes=9, seconds=50))
        assert expire(work) == 0
        set_clock(practice.owner, NOW + timedelta(minutes=11))
        seen = practice.desk.run("readBooking", booking_id=first["id"])
        with work.transaction(force_rollback=True):
            assert expire(work, most=1) == 1
        # Of the second somebody wants the place; the work does the other. The same rows come of it.
        assert practice.hold(2).status == 201
        assert expire(work) == 1
        assert expire(work) == 0
    assert practice.desk.run("readBooking", booking_id=first["id"]).body == seen.body  # the reader saw it so before
    mine, theirs = practice.rows(first["id"]), practice.rows(second["id"])
    assert mine[0][0][:2] == ("expired", 2) and mine[1] == [(0,)] and mine[2][0][0] == "expired"
    assert mine[2][0][3]["practitioner_id"] == str(practice.person) and mine[2][0][3]["room_id"] == str(practice.room)
    assert theirs[0][0][:2] == ("expired", 2) and theirs[1] == [(0,)]
    for rows in (mine, theirs):
        ended = rows[0][0][2]
        assert [row[:3] for row in rows[2]] == [("expired", "partner-a", ended)] and len(rows[3]) == 1
    assert mine[2][0][3] == theirs[2][0][3] and mine[3][0][:3] == theirs[3][0][:3] == ("clinicd", "expireHold", {"status": "held", "version": 1})


def test_holds_are_done_in_portions_by_any_number_of_workers(practice, database):
    for hour in range(6):
        assert practice.hold(hour).status == 201
    set_clock(practice.owner, NOW + timedelta(minutes=11))
    done, lock = [], threading.Lock()

    def run():
        with worker(database) as work:
            for _ in range(60):
                count = expire(work, 2)
                with lock:
                    done.append(count)
                if sum(done) >= 6:
                    return
                time.sleep(0.005)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(done) == 6 and max(done) <= 2
    assert practice.owner.execute("select count(*) from app.change where kind = 'expired'").fetchone() == (6,)


@pytest.mark.parametrize("table", ["practitioner", "room"])
def test_a_place_that_somebody_works_on_waits(practice, database, table):
    hold = practice.hold()
    set_clock(practice.owner, NOW + timedelta(minutes=11))
    with worker(database) as work, database.connect("clinicd_owner", autocommit=False) as busy:
        busy.execute(f"select from app.{table} where clinic_id = %s for no key update", [practice.clinic.id])
        work.execute("set lock_timeout = '2s'")
        assert expire(work) == 0  # at once, without waiting
        busy.rollback()
        assert expire(work) == 1
    assert practice.rows(hold["id"])[0][0][0] == "expired"


def test_a_hold_that_is_extended_stays(practice, database):
    hold = practice.hold()
    set_clock(practice.owner, NOW + timedelta(minutes=9))
    assert practice.desk.run("extendBooking", booking_id=hold["id"]).status == 200
    set_clock(practice.owner, NOW + timedelta(minutes=11))
    with worker(database) as work:
        assert expire(work) == 0
    assert practice.desk.run("confirmBooking", booking_id=hold["id"], body={"client": {"name": "Anna"}}).status == 200


def test_an_answer_is_kept_for_a_day(practice, database):
    """With or without a worker: what is a day old is not replayed, and a new answer takes its place."""
    key = dict(key="k-1", hash="a" * 64)
    first = practice.hold(**key)
    set_clock(practice.owner, NOW + timedelta(hours=23, minutes=59))
    assert practice.hold(**key).row["replayed"] is True
    assert practice.hold(hour=3, key="k-1", hash="b" * 64).status == 422
    set_clock(practice.owner, NOW + timedelta(hours=24, minutes=1))
    second = practice.hold(hour=3, key="k-1", hash="b" * 64)
    assert second.status == 201 and second.row["replayed"] is None and second["id"] != first["id"]
    assert practice.hold(hour=3, key="k-1", hash="b" * 64).row["replayed"] is True
    assert practice.hold(**key).status == 422
    # A refusal is no answer to keep, but what was old is gone with it.
    set_clock(practice.owner, NOW + timedelta(hours=49))
    practice.clinic.add("exception", kind="close", location_id=practice.site, date_from="2027-03-20", date_to="2027-04-20")
    assert practice.hold(**key).status == 409
    assert database.value("select count(*) from app.idempotency_record") == 0


def test_old_answers_are_swept_up_oldest_first(practice, database):
    for hour in range(4):
        set_clock(practice.owner, NOW + timedelta(hours=hour))
        assert practice.hold(hour, key=f"k-{hour}", hash="a" * 64).status == 201
    with worker(database) as work:
        forget = lambda most: work.execute("select app.work_forget_answers(%s)", [most]).fetchone()[0]
        set_clock(practice.owner, NOW + timedelta(hours=23, minutes=59))
        assert forget(10) == 0
        set_clock(practice.owner, NOW + timedelta(hours=26, minutes=1))
        assert [forget(2), forget(2), forget(2)] == [2, 1, 0]
    assert database.fetch("select key from app.idempotency_record") == [("k-3",)]


# ---------------------------------------------------------------- what the worker may

def test_the_worker_sees_everybody_and_owns_nothing(practice, database):
    practice.hold(key="k", hash="a" * 64)
    with worker(database) as work:
        for table in ("booking", "idempotency_record", "audit"):
            assert work.execute(f"select count(*) > 0 from app.{table}").fetchone() == (True,), table
        for forbidden in ("delete from app.booking", "update app.clinic set name = 'x'", "delete from app.change",
                          "update app.change set data = '{}'", "delete from app.audit", "update app.test_clock set clock_offset = '0'",
                          "insert into app.change_consumer (name) values ('mine')", "create table app.mine ()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                work.execute(forbidden)
    role = database.fetch("select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = 'clinicd_worker'")
    assert role == [(False, False, False, False)]


def test_every_table_that_hides_rows_shows_them_to_the_worker(database):
    """Whoever adds a table with a row policy must not forget the worker: it would silently see nothing."""
    hidden = database.fetch("""select c.relname from pg_class c
        where c.relnamespace = 'app'::regnamespace and c.relrowsecurity
          and not exists (select from pg_policy p where p.polrelid = c.oid and 'clinicd_worker'::regrole = any (p.polroles)
                          and p.polcmd = '*' and pg_get_expr(p.polqual, p.polrelid) = 'true')""")
    assert hidden == []


def test_ids_of_consumers_are_names(log):
    with pytest.raises(psycopg.errors.CheckViolation):
        log.execute("insert into app.change_consumer (name) values (%s)", [str(uuid.uuid4())])
