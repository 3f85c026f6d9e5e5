"""The bench's own PostgreSQL and its data, built once by data.sql and kept under .data/bench."""
import datetime
import hashlib
import os
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / os.environ.get("BUILD", "build") / "release" / "clinicd"
FOLDER = Path(os.environ.get("BENCH_DATA", ROOT / ".data" / "bench"))
# Only while the data are built; what is measured runs with the settings of make run.
LOADING = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_wal_size=8GB")
# More settings for the server, such as "shared_buffers=1GB max_wal_size=4GB"; without, those of make run.
SETTINGS = os.environ.get("BENCH_POSTGRES", "").split()
FREE_FROM_DAY = 35  # days after data.monday from which nobody has a booking


def next_monday():
    today = datetime.date.today()
    return today + datetime.timedelta(days=7 - today.weekday())


class Dataset:
    """`monday` is the first day that searches ask for, `free_day(n)` the n-th weekday without bookings."""

    def __init__(self):
        self.folder, self.binary = FOLDER, BINARY
        self.socket = None
        self.monday = next_monday()
        self.first_monday = self.monday  # that the data were built for

    # ------------------------------------------------------------ server

    def postgres(self, command, *arguments):
        done = subprocess.run([ROOT / "docker/dev/postgres", command, self.folder, *arguments], text=True,
                              stdout=subprocess.PIPE, check=True)
        return done.stdout.strip()

    def psql(self, *arguments, database="clinicd"):
        return self.postgres("psql", "-qAt", "-v", "ON_ERROR_STOP=1", "-d", database, *arguments)

    def url(self, role):
        return f"host={self.socket} dbname=clinicd user={role}"

    def environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CLINICD_")}
        return kept | {"CLINICD_DATABASE_URL": self.url("clinicd_service"),
                       "CLINICD_DATABASE_OWNER_URL": self.url("clinicd_owner"),
                       "CLINICD_JWT_KEYS": f"secret-file:{self.folder}/secret", "CLINICD_JWT_ALGORITHMS": "HS256"}

    def clinicd(self, *arguments):
        return subprocess.run([self.binary, *arguments], env=self.environment(), text=True, check=True,
                              stdout=subprocess.PIPE).stdout.strip()

    def start(self):
        """Brings the server up with data to search; builds them when there are none that fit."""
        self.folder.mkdir(parents=True, exist_ok=True)
        secret = self.folder / "secret"
        if not secret.exists():
            secret.touch(mode=0o600)
            secret.write_text(os.urandom(32).hex())
        self.socket = self.postgres("start", *SETTINGS)
        if not self.is_usable() or not self.is_migrated():
            self.build()
        self.clean()
        self.warm()

    def stop(self):
        self.postgres("stop")

    # ------------------------------------------------------------ data

    def digest(self):
        return hashlib.sha256((ROOT / "tests/bench/data.sql").read_bytes()).hexdigest()

    def is_usable(self):
        """Of this data.sql, with bookings in all of the four weeks that are searched."""
        stamp = self.psql("-c", "select shobj_description(oid, 'pg_database') from pg_database where datname = 'clinicd'",
                          database="postgres").split()
        if len(stamp) != 2 or stamp[1] != self.digest():
            return False
        self.first_monday = datetime.date.fromisoformat(stamp[0])
        return 0 <= (self.monday - self.first_monday).days <= 7

    def is_migrated(self):
        """Brings the schema up to this source; no when other migrations have been there."""
        return subprocess.run([self.binary, "migrate"], env=self.environment(), check=False).returncode == 0

    def build(self):
        print("building 20,000 practitioners and 1,000,000 bookings ...", flush=True)
        started = time.monotonic()
        self.first_monday = self.monday
        self.stop()
        self.postgres("start", *LOADING)
        self.psql("-c", "drop database if exists clinicd", "-c", "create database clinicd template template0",
                  database="postgres")
        self.psql("-f", ROOT / "sql/roles.sql")
        self.clinicd("migrate")
        self.psql("-v", f"monday={self.monday}", "-f", ROOT / "tests/bench/data.sql")
        self.psql("-c", f"comment on database clinicd is '{self.monday} {self.digest()}'")
        self.stop()
        os.sync()
        self.postgres("start", *SETTINGS)
        print(f"... in {time.monotonic() - started:.0f} s; kept in {self.folder}", flush=True)

    def clean(self):
        """Takes away what runs booked, so that each run finds the same."""
        self.psql("-c", "delete from app.occupancy o using app.booking b where b.source = 'bench' "
                        "and o.clinic_id = b.clinic_id and o.booking_id = b.id",
                  "-c", "delete from app.booking where source = 'bench'",
                  "-c", "delete from app.booking_order where source = 'bench'",
                  "-c", "delete from app.client where source = 'bench'",
                  "-c", "truncate app.change, app.audit, app.idempotency_record",
                  "-c", "vacuum analyze app.occupancy, app.booking")

    def book(self, free_day, most):
        """Bookings of that day for a run to cancel (bookings.sql)."""
        self.psql("-v", f"day={self.free_day(free_day)}", "-v", f"first={self.first_number(free_day)}", "-v", f"most={most}",
                  "-f", ROOT / "tests/bench/bookings.sql")

    def warm(self):
        """Reads all of it once: a run must not wait for what another left on the disk only."""
        self.psql("-c", "create extension if not exists pg_prewarm schema public",
                  "-c", "select sum(public.pg_prewarm(oid::regclass, 'read')) from pg_class "
                        "where relnamespace = 'app'::regnamespace and relkind in ('r', 'i')", "-c", "checkpoint")

    def free_day(self, number):
        weeks, day = divmod(number, 5)
        return self.first_monday + datetime.timedelta(days=FREE_FROM_DAY + 7 * weeks + day)

    @staticmethod
    def first_number(number):
        """The first of the ids that book() gives on the n-th of these days."""
        return number * 200_000
