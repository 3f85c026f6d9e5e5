"""pytest fixtures over the harness. A test asks for what it needs:

    postgres         the run's PostgreSQL           database   a migrated copy with the demo practice
    service          the binary on such a copy      client     a client of it, without a token
    shared_client    a client of one service that all tests share: read only, or write only what is yours
    start_service    a factory for other settings, several instances or a database of one's own
    tokens           mints tokens                   contract   the judge of every reply
"""
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from . import BINARY, BUILD, FLAVOUR
from .client import Client
from .contract import Contract
from .postgres import Postgres
from .service import Service
from .tokens import Tokens

_running = []


def pytest_collection_modifyitems(config, items):
    """What never was seen is asked last; slow tests are left out under the sanitizers."""
    items.sort(key=lambda item: "test_seen" in item.nodeid)
    if FLAVOUR != "release":
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for service in _running:
            report.sections.append((f"log of the service on port {service.port}", service.log_text(40)))


def _forget_dead_runs():
    for folder in (BUILD / "test").glob("postgres-*"):
        if not Path("/proc", folder.name.rsplit("-", 1)[-1]).exists():
            Postgres(folder).erase()


@pytest.fixture(scope="session")
def postgres():
    (BUILD / "test").mkdir(parents=True, exist_ok=True)
    _forget_dead_runs()
    server = Postgres().start()
    yield server
    server.erase()


@pytest.fixture(scope="session")
def template(postgres):
    return postgres.make_template()


@pytest.fixture
def database(postgres, template):
    database = postgres.create_database()
    yield database
    database.drop()


@pytest.fixture(scope="session")
def work_folder():
    folder = Path(tempfile.mkdtemp(prefix="clinicd-test-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def tokens(work_folder):
    return Tokens(work_folder / "keys")


@pytest.fixture(scope="session")
def contract():
    return Contract(BINARY.parent / "gen" / "openapi.json")


def _make_service(folder, tokens, database, settings):
    # Patient with a busy machine: a test that is about waiting sets its own limits.
    return Service(folder, {"CLINICD_DATABASE_URL": database.service_url,
                            "CLINICD_DATABASE_WORKER_URL": database.worker_url,
                            "CLINICD_DATABASE_OWNER_URL": database.owner_url, "CLINICD_TEST_CLOCK": "on",
                            "CLINICD_DATABASE_WAIT_MS": 10_000, "CLINICD_DATABASE_TIMEOUT_MS": 20_000,
                            **tokens.settings(), **settings})


@pytest.fixture
def start_service(work_folder, tokens):
    """start_service(database, CLINICD_...=...): a service that is stopped, and must have drained, at the end."""
    mine = []

    def start(database, ready=True, **settings):
        service = _make_service(work_folder, tokens, database, settings)
        mine.append(service)
        _running.append(service)
        return service.start(ready)

    yield start
    try:
        for service in mine:
            service.stop()
    finally:
        for service in mine:
            service.kill9()
            _running.remove(service)


@pytest.fixture
def service(database, start_service):
    return start_service(database)


@pytest.fixture
def client(service, contract):
    client = Client(service.url, contract)
    yield client
    client.close()


@pytest.fixture(scope="session")
def shared_service(postgres, template, work_folder, tokens):
    database = postgres.create_database()
    service = _make_service(work_folder, tokens, database, {})
    service.database = database
    _running.append(service)
    service.start()
    yield service
    try:
        service.stop()
    finally:
        service.kill9()
        _running.remove(service)
        database.drop()


@pytest.fixture
def shared_client(shared_service, contract):
    client = Client(shared_service.url, contract)
    yield client
    client.close()


@pytest.fixture(scope="session")
def full_run():
    """True when nothing of the suite was left out, so that what is missing can be asked."""
    return os.environ.get("FULL_RUN") == "1"
