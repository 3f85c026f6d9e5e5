"""A PostgreSQL of the tests' own (docker/dev/postgres makes it) and databases made from a template."""
import itertools
import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from . import BINARY, BUILD, ROOT

SCRIPT = ROOT / "docker" / "dev" / "postgres"
TEMPLATE = "clinicd_template"
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=4GB",
        "autovacuum_naptime=5s", "max_connections=300", "shared_buffers=256MB")
DURABLE = ("max_connections=300", "shared_buffers=256MB")


class Database:
    """One database. `service_url` and `owner_url` are what the binary is given."""

    def __init__(self, server, name):
        self.server, self.name = server, name

    def url(self, role):
        return f"host={self.server.socket} dbname={self.name} user={role}"

    @property
    def service_url(self):
        return self.url("clinicd_service")

    @property
    def worker_url(self):
        return self.url("clinicd_worker")

    @property
    def owner_url(self):
        return self.url("clinicd_owner")

    def connect(self, role="postgres", **options):
        """A psycopg connection, autocommit unless told otherwise; close it or use `with`."""
        return psycopg.connect(self.url(role), **{"autocommit": True, **options})

    def fetch(self, query, arguments=None, role="postgres"):
        """All rows of one query in a connection of its own; [] when it returns none."""
        with self.connect(role) as connection:
            cursor = connection.execute(query, arguments)
            return cursor.fetchall() if cursor.description else []

    def value(self, query, arguments=None, role="postgres"):
        """The first column of the first row, or None."""
        rows = self.fetch(query, arguments, role)
        return rows[0][0] if rows else None

    def drop(self):
        self.server.execute(f'drop database if exists "{self.name}" with (force)')


class Postgres:
    """One private cluster. Quick and forgetful, or durable (fsync as in production)."""

    _numbers = itertools.count(1)

    def __init__(self, folder=None, durable=False, settings=()):
        self.folder = Path(folder or BUILD / "test" / f"postgres-{os.getpid()}")
        self.settings = (*(DURABLE if durable else FAST), *settings)
        self.socket = None

    def start(self, tries=20):
        """After kill9 its processes hold the shared memory for a moment: so it is tried again."""
        while True:
            try:
                self.socket = self._script("start", *self.settings).strip()
                return self
            except RuntimeError:
                tries -= 1
                if tries == 0:
                    raise
                time.sleep(0.3)

    def stop(self, how="fast"):
        self._script("stop", how)

    def erase(self):
        self._script("erase")
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _script(self, command, *arguments):
        done = subprocess.run([SCRIPT, command, self.folder, *arguments], text=True,
                              capture_output=True, timeout=180, check=False)
        if done.returncode:
            raise RuntimeError(f"docker/dev/postgres {command}: {done.stderr}")
        return done.stdout

    @property
    def pid(self):
        return int((Path(self.socket).parent / "data" / "postmaster.pid").read_text().split()[0])

    def kill9(self):
        """Kills the postmaster as a power cut would; `start` recovers."""
        os.kill(self.pid, signal.SIGKILL)

    def _everyone(self):
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]

    def freeze(self):
        """Stops every process of the server: connections hang, nothing is refused."""
        for pid in self._everyone():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self):
        # The postmaster last: it starts with taking away the children that have ended.
        for pid in reversed(self._everyone()):
            os.kill(pid, signal.SIGCONT)

    def crash(self, unwritten_seconds=0):
        """Kills all of its processes at once; only what they have given to the kernel is left. `start` recovers. For
        `unwritten_seconds` before that, the process that writes the log for those who do not wait for it stands still."""
        for pid in self._everyone() if unwritten_seconds else ():
            if b"walwriter" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGSTOP)
        time.sleep(unwritten_seconds)
        self.freeze()
        for pid in self._everyone():
            os.kill(pid, signal.SIGKILL)

    def execute(self, statement, database="postgres"):
        """Runs one statement as the administrator, outside a transaction."""
        with psycopg.connect(f"host={self.socket} dbname={database} user=postgres",
                             autocommit=True) as connection:
            connection.execute(statement)

    def psql(self, database, *files, role="postgres"):
        """Runs files in one psql, in one transaction; raises with its messages."""
        options = [option for file in files for option in ("-f", file)]
        done = subprocess.run(
            ["psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-h", self.socket, "-U", role, "-d", database,
             *options], text=True, capture_output=True, timeout=120, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)

    # ------------------------------------------------------------ databases

    def empty_database(self, name=None):
        """A new database with roles and extensions, nothing migrated."""
        name = name or f"empty_{os.getpid()}_{next(self._numbers)}"
        self.execute(f'create database "{name}" template template0')
        self.psql(name, ROOT / "sql" / "roles.sql")
        return Database(self, name)

    def make_template(self):
        """Migrates and loads the demo practice once, with the binary; before there is one, with psql."""
        database = self.empty_database(TEMPLATE)
        if BINARY.exists():
            for command in ("migrate", "demo"):
                run_command(database, command)
        else:
            for folder in ("migrations", "functions", "demo"):
                self.psql(TEMPLATE, *sorted((ROOT / "sql" / folder).glob("*.sql")), role="clinicd_owner")
        self.execute("vacuum analyze", TEMPLATE)
        return database

    def create_database(self, template=TEMPLATE):
        """A copy of the template: migrated, with the demo practice."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.execute(f'create database "{name}" template "{template}" strategy file_copy')
        # Settings of a role in a database are not copied with it.
        self.psql(name, ROOT / "sql" / "roles.sql")
        return Database(self, name)


def run_command(database, *command, check=True, **settings):
    """Runs `clinicd COMMAND` against a database; returns the finished process."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLINICD_")}
    environment |= {"CLINICD_DATABASE_URL": database.service_url,
                    "CLINICD_DATABASE_OWNER_URL": database.owner_url, **settings}
    done = subprocess.run([BINARY, *command], env=environment, text=True, capture_output=True,
                          timeout=300, check=False)
    if check and done.returncode:
        raise RuntimeError(f"clinicd {' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done
