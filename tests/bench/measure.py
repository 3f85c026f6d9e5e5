"""The two load generators, wrk and pgbench, and the two servers, the service and the bare HTTP stack."""
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from dataset import ROOT
from scenarios import PGBENCH_CLIENTS, SCENARIOS, SCOPES, VARIABLES

PGBENCH = "/usr/lib/postgresql/15/bin/pgbench"
CONNECTIONS, CLIENTS, THREADS = 32, 8, 2
WARM_SECONDS = 2  # not counted
# As service/db/connection.c sends it before a guarded query.
GUARD = ("select set_config('app.sub', :sub::text, true), set_config('app.scopes', :scopes::text, true), "
         "set_config('app.clinics', :everywhere::text, true)")


@dataclass
class Figures:
    per_second: float
    p50_ms: float
    p99_ms: float
    answer_bytes: int = 0
    refused: int = 0  # 503, because the wait for a connection was over: not in per_second


def wrk(url, name, service, seconds, connections=CONNECTIONS, threads=THREADS, days_later=0):
    """One scenario of load.lua. With `days_later` (a part of the mixed load) it begins at
    once and books on another day."""
    scenario = SCENARIOS.get(name)
    free_day = (scenario and scenario.free_day) or 0
    if not days_later:  # plans and caches are warm, as they are in a running service
        prepare(service.dataset, scenario, free_day + 3, WARM_SECONDS)
        wrk_call(url, name, service, WARM_SECONDS, connections, threads, free_day + 3)
    prepare(service.dataset, scenario, free_day + days_later, seconds)
    output = wrk_call(url, name, service, seconds, connections, threads, free_day + days_later)
    found = re.search(r"^RESULT (\d+) (\S+) (\S+) (\S+) (\d+) (\d+)$", output, re.M)
    requests, duration, p50, p99, size, failed = (float(text) for text in found.groups())
    if failed > requests / 2 or not requests:
        raise SystemExit(f"{name}: {failed:.0f} of {requests:.0f} requests failed\n{output}")
    return Figures((requests - failed) / duration, p50, p99, round(size / requests), round(failed))


def prepare(dataset, scenario, free_day, seconds):
    """Bookings for a run that gives them up."""
    if scenario and scenario.needs_bookings:
        dataset.book(free_day, min(100_000, seconds * 3000))


def wrk_call(url, name, service, seconds, connections, threads, free_day):
    dataset = service.dataset
    return subprocess.run(["wrk", f"-c{connections}", f"-t{threads}", f"-d{seconds}s", "--timeout=10s",
                           "-s", ROOT / "tests/bench/load.lua", url,
                           "--", name, service.token, str(dataset.monday), str(dataset.free_day(free_day)),
                           str(dataset.first_number(free_day))],
                          text=True, stdout=subprocess.PIPE, check=True).stdout


class Pgbench:
    """The statement of a named query, prepared, over the service's role and socket; guarded ones in one pipeline with the
    guard, as the service sends them."""

    def __init__(self, dataset):
        self.dataset = dataset
        self.folder = dataset.folder / "pgbench"
        self.folder.mkdir(exist_ok=True)

    def statement(self, name, arguments):
        """Its text with the arguments in place of $1..$n, and whether it is guarded."""
        for path in sorted((ROOT / "sql/queries").glob("*.sql")):
            found = re.search(rf"^-- name: {name}\n-- args:([^\n]*)\n(.*?)(?=^-- name:|\Z)", path.read_text(), re.M | re.S)
            if found:
                break
        names, text = found[1].split(), found[2]
        unknown = arguments.keys() - set(names)
        assert not unknown, f"{name} has no argument {unknown}"
        values = [arguments.get(argument, "nullif(:absent, '-')") for argument in names]
        query = "\n".join(line for line in text.splitlines() if line and not line.startswith("--"))
        query = re.sub(r"\$(\d+)", lambda number: values[int(number[1]) - 1], query)
        return query, "-- guard: principal" in text

    def script(self, name, scenario):
        lines = [f"\\set {line}" for line in scenario.sets]
        for named, arguments in ((scenario.query, scenario.arguments), *scenario.then):
            query, guarded = self.statement(named, arguments)
            lines += ["\\startpipeline", GUARD + ";", query, "\\endpipeline"] if guarded else [query]
        path = self.folder / f"{name}.sql"
        path.write_text("\n".join(lines) + "\n")
        return path

    def run(self, name, scenario, seconds):
        path = self.script(name, scenario)
        for old in self.folder.glob("log.*"):
            old.unlink()
        free_day = (scenario.free_day or 0) + 1
        prepare(self.dataset, scenario, free_day, seconds + WARM_SECONDS)
        self.call(path, seconds + WARM_SECONDS, free_day)
        # client, its transaction's number, microseconds, script, and when it ended: seconds, microseconds
        rows = [line.split() for log in self.folder.glob("log.*") for line in log.read_text().splitlines()]
        ended = [int(row[4]) + int(row[5]) / 1e6 for row in rows]
        first = min(ended) + WARM_SECONDS
        samples = sorted(int(row[2]) / 1000 for row, at in zip(rows, ended) if at > first)
        if not samples:
            raise SystemExit(f"pgbench {name}: nothing ended after the {WARM_SECONDS} s of warming up; set BENCH_SECONDS higher")
        requests = len(samples) * (1 + len(scenario.then))
        return Figures(requests / (max(ended) - first), samples[len(samples) // 2], samples[len(samples) * 99 // 100])

    def call(self, path, seconds, free_day):
        variables = VARIABLES | {"monday": str(self.dataset.monday), "day": str(self.dataset.free_day(free_day)),
                                 "first": str(self.dataset.first_number(free_day))}
        done = subprocess.run([PGBENCH, "-n", "-M", "prepared", "-c", str(PGBENCH_CLIENTS), "-j", str(THREADS), "-T", str(seconds),
                               "-l", f"--log-prefix={self.folder}/log", *(f"-D{key}={value}" for key, value in variables.items()),
                               "-f", path, self.dataset.url("clinicd_service")],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode or "aborted" in done.stderr or re.search(r"number of failed transactions: [1-9]", done.stdout):
            raise SystemExit(f"pgbench {path}:\n{done.stderr}")


# ---------------------------------------------------------------- servers


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process that serves on a port of its own, as a context."""

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def wait(self, path):
        for _ in range(200):
            try:
                urllib.request.urlopen(self.url + path, timeout=2).close()
                return self
            except urllib.error.URLError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        raise SystemExit(f"{self.process.args[0]} does not serve")


class Hello(Server):
    def __enter__(self):
        self.process = subprocess.Popen([ROOT / os.environ.get("BUILD", "build") / "release/bench/hello", str(self.port)])
        return self.wait("/")


class Service(Server):
    """`clinicd serve` with its default settings; its log goes to a file."""

    def __init__(self, dataset):
        super().__init__()
        self.dataset = dataset
        self.token = dataset.clinicd("token", "--sub", VARIABLES["sub"], "--scope", SCOPES, "--all-clinics", "--ttl", "1h")

    def __enter__(self):
        environment = self.dataset.environment() | {"CLINICD_LISTEN": f"127.0.0.1:{self.port}",
                                                    "CLINICD_DATABASE_CONNECTIONS": str(CLIENTS)}
        with open(Path(self.dataset.folder) / "service.log", "wb") as log:
            self.process = subprocess.Popen([self.dataset.binary, "serve"], env=environment, stdout=log, stderr=log)
        return self.wait("/readyz")
