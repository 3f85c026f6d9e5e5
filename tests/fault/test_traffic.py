"""Everything at once, by 32 connections over a few places; undisturbed, and while the service or PostgreSQL are killed. What was
answered is there as it was answered, nothing else is, and nobody was ever in another's way (checker.py).

RACE_SECONDS sets how long each takes (6; `make race SECONDS=60`). The controls, at the end, show that the checker notices
what it looks for: a commit acknowledged too early, a log that is not flushed, locks and
constraint taken away."""
import os
import shutil
import tempfile
import threading
import time

import pytest

from fault.checker import Check, describe
from fault.desk import Place, Tail, Traffic
from fault.hasty import Hasty
from harness import BUILD
from harness.client import Client
from harness.postgres import Postgres

SECONDS = float(os.environ.get("RACE_SECONDS", "6"))
PAUSE = 5 if SECONDS >= 30 else 1.5  # between kills

pytestmark = pytest.mark.timeout(SECONDS * 2 + 300)


class Killer(threading.Thread):
    """Calls `kill` again and again until shortly before the end; what goes wrong in it, `stop` raises."""

    def __init__(self, kill, seconds, pause):
        super().__init__(daemon=True)
        self.kill, self.until, self.pause = kill, time.monotonic() + seconds - 1, pause
        self.kills, self.error = 0, None

    def run(self):
        try:
            while time.monotonic() + self.pause < self.until:
                time.sleep(self.pause)
                self.kill()
                self.kills += 1
        except Exception as error:
            self.error = error

    def stop(self):
        self.join(120)
        assert not self.is_alive()
        if self.error:
            raise self.error
        return self.kills


def play(service, client, tokens, database, seconds=SECONDS, kill=None, pause=PAUSE, name="traffic", least=0, begin=lambda: None):
    """Runs the traffic, with `kill` every `pause` seconds; returns it and how often was killed. `begin` is called when the
    practice stands."""
    place = Place(client, tokens)
    begin()
    traffic = Traffic(place, service.port, seconds, least)
    tail = Tail(database)
    tail.start()
    killer = Killer(kill or (lambda: None), seconds if kill else 0, pause)
    killer.start()
    traffic.run()
    kills = killer.stop()
    service.wait("/readyz", seconds=30)
    traffic.tail = tail.stop()
    traffic.changes = sum(entity == "booking" for _, _, entity, _, _ in traffic.tail)
    traffic.keep(BUILD / "test" / f"history-{name}.jsonl")
    return traffic, kills


def judge(traffic, database, quiet=False):
    with database.connect() as connection:
        return Check(connection, traffic.history, traffic.tail, quiet).run()


def restart(service):
    def kill():
        service.kill9()
        service.start(port=service.port)
    return kill


def restart_in_between(service, proxy):
    """Kills when a booking has just been acknowledged, and is not committed if the proxy is hasty."""
    def kill():
        proxy.promised.clear()
        proxy.promised.wait(5 if proxy.delay else 0)
        time.sleep(0.05)  # for the answer to reach the client
        restart(service)()
    return kill


def crash(postgres):
    def kill():
        postgres.crash(unwritten_seconds=0.5)
        postgres.start()
    return kill


# ---------------------------------------------------------------- nothing is lost, doubled or in another's way


def test_everything_at_once(service, client, tokens, database, figures):
    traffic, _ = play(service, client, tokens, database, name="quiet", least=200)
    found = judge(traffic, database, quiet=True)
    figures("nothing", traffic, found)
    assert not found, describe(found)
    done = {act.what for act in traffic.history if act.done}
    assert done >= {"create", "confirm", "cancel", "reschedule", "read", "order", "wait"}, done
    refused = {act.answer["type"].rsplit("/", 1)[-1] for act in traffic.history if act.status == 409}
    assert {"slot-taken", "state-conflict"} <= refused, "and met another's act"
    assert database.value("select count(*) from app.change where kind = 'expired'") > 0, "holds ran out under their hands"


def test_the_service_is_killed(service, client, tokens, database, figures):
    traffic, kills = play(service, client, tokens, database, kill=restart(service), name="service-killed")
    found = judge(traffic, database)
    figures(f"the service is killed (-9) every {PAUSE} s", traffic, found, kills)
    assert not found, describe(found)
    assert kills >= 2 and any(len(act.statuses) > 1 for act in traffic.history)


@pytest.fixture(scope="module")
def durable_postgres():
    """A server that keeps what it has committed, as in production. The kernel lives on, so a short run need not wait for the
    disk: fsync is about power cuts."""
    folder = BUILD / "test" / f"postgres-durable-{os.getpid()}"
    server = Postgres(folder, durable=True, settings=("fsync=off",) if SECONDS < 30 else ()).start()
    server.make_template()
    yield server
    server.erase()


@pytest.fixture
def durable(durable_postgres, start_service, contract):
    database = durable_postgres.create_database()
    service = start_service(database)
    client = Client(service.url, contract)
    yield durable_postgres, database, service, client
    client.close()


def test_postgresql_is_killed(durable, tokens, figures):
    """All of its processes die at once, and just before that nobody but who commits writes the log; it recovers from it."""
    postgres, database, service, client = durable
    traffic, kills = play(service, client, tokens, database, kill=crash(postgres), name="postgres-killed", seconds=max(SECONDS, 8),
                          pause=max(PAUSE, 2))
    found = judge(traffic, database)
    figures("PostgreSQL is killed (-9) likewise", traffic, found, kills)
    assert not found, describe(found)
    assert kills >= 2 and any(503 in act.statuses or 0 in act.statuses for act in traffic.history)


# ---------------------------------------------------------------- controls: the checker can fail


def test_losses_show_when_postgresql_does_not_flush(durable, tokens, figures):
    """The same with synchronous_commit=off: the answer is given before the log is written, and a crash takes it back."""
    postgres, database, service, client = durable
    postgres.execute(f'alter database "{database.name}" set synchronous_commit = off')
    service.kill9()
    service.start(port=service.port)
    traffic, kills = play(service, client, tokens, database, seconds=6, kill=crash(postgres), pause=2, name="not-flushed")
    found = judge(traffic, database)
    figures("control: the same with synchronous_commit=off", traffic, found, kills)
    assert kills and found["lost"], "a log that is not flushed must be noticed"


@pytest.mark.parametrize("delay", [None, 0.3], ids=["honest", "hasty"])
def test_losses_show_when_the_answer_comes_before_the_commit(start_service, database, tokens, contract, figures, delay):
    """The service behind hasty.py, which has it acknowledge before the commit. The honest half shows that it is the haste, and
    not what stands between the two, that loses bookings."""
    folder = tempfile.mkdtemp(prefix="clinicd-hasty-")
    try:
        with Hasty(folder, database) as proxy:
            service = start_service(database, CLINICD_DATABASE_URL=proxy.url)
            client = Client(service.url, contract)
            traffic, kills = play(service, client, tokens, database, seconds=4, kill=restart_in_between(service, proxy),
                                  pause=0.8, name="hasty", begin=lambda: setattr(proxy, "delay", delay))
            found = judge(traffic, database)
            client.close()
    finally:
        shutil.rmtree(folder)
    assert kills >= 2
    if delay is None:
        assert not found, describe(found)
    else:
        figures("control: answers before the commit, service killed", traffic, found, kills)
        assert found["lost"], "what was acknowledged and never committed must be noticed"


UNLOCKED = """
    create or replace function app.lock_bookable(clinic uuid, practitioners uuid[], rooms uuid[])
    returns void language plpgsql as $$ begin end $$"""


def test_overlaps_show_without_locks_and_constraint(service, client, tokens, database, figures):
    database.fetch("alter table app.occupancy drop constraint occupancy_free")
    database.fetch(UNLOCKED)
    traffic, _ = play(service, client, tokens, database, seconds=4, name="unguarded", least=150)
    found = judge(traffic, database)
    figures("control: neither locks nor exclusion constraint", traffic, found)
    assert found["overlap"], "two at one time must be noticed"


def test_the_locks_alone_let_nothing_overlap(service, client, tokens, database):
    """The other half of that control: without the constraint, the order of locks is enough."""
    database.fetch("alter table app.occupancy drop constraint occupancy_free")
    traffic, _ = play(service, client, tokens, database, seconds=3, name="unconstrained", least=150)
    found = judge(traffic, database, quiet=True)
    assert not found, describe(found)


TAMPERED = {  # what the checker must say of it
    "lost": """delete from app.change where id = (
        select id from app.change where entity = 'booking' and kind = 'confirmed' limit 1)""",
    "unasked": """update app.audit set request_id = 'x' where id = (
        select id from app.audit where entity = 'booking' and who <> 'clinicd' limit 1)""",
    "doubled": """update app.audit set request_id = (
        select min(request_id) from app.audit where entity = 'booking' and what = 'cancelBooking') where what = 'confirmBooking'""",
    "overlap": """update app.booking b set status = 'confirmed', starts_at = o.starts_at, ends_at = o.ends_at,
                                           practitioner_id = o.practitioner_id
        from app.booking o
        where b.id = (select id from app.booking where status = 'cancelled' and client is not null limit 1)
          and o.id = (select id from app.booking where status = 'confirmed' limit 1)""",
    "misplaced": """update app.occupancy set blocked_to = blocked_to + interval '5 minutes' where booking_id = (
        select booking_id from app.occupancy where expires_at is null order by blocked_from desc limit 1)""",
    "states": "update app.change set kind = 'extended' where kind = 'cancelled' and entity = 'booking'",
    "versions": "update app.booking set version = version + 1 where status = 'cancelled'",
    "charges": "delete from app.charge",
    "keys": "update app.idempotency_record set body = '{}'",
    "tail": "delete from app.change where id = (select max(id) from app.change)",
}


def test_the_checker_notices_each_thing_that_it_looks_for(service, client, tokens, database):
    traffic, _ = play(service, client, tokens, database, seconds=3, name="tampered", least=250)
    assert judge(traffic, database, quiet=True) == {}
    with database.connect(autocommit=False) as connection:
        connection.execute("alter table app.occupancy drop constraint occupancy_free")
        for rule, statement in TAMPERED.items():
            with connection.transaction(force_rollback=True):
                assert connection.execute(statement).rowcount > 0, f"{rule}: nothing to tamper with"
                found = Check(connection, traffic.history, traffic.tail).run()
            assert rule in found, f"{rule} was not noticed, only {list(found)}"
        connection.rollback()
    forgotten = [act for act in traffic.history if not (act.what == "create" and act.done)]
    with database.connect() as connection:
        assert "unasked" in Check(connection, forgotten).run()
        act = next(act for act in traffic.history if act.what == "read" and act.answer["version"] > 1)
        act.seen_before, act.answer = act.answer["version"], {**act.answer, "version": 1}
        assert "stale" in Check(connection, traffic.history).run()
