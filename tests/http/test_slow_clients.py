"""Slow clients, many clients and idle ones: they are cut at the configured limit, and nobody else notices."""
import socket
import threading
import time

import pytest

from harness import PATIENCE
from harness.client import Client
from harness.raw import Raw, exchange, request_bytes

LIMIT = 1.0 if PATIENCE == 1 else 2.0
# The reaper looks five times a second; the rest is for a busy machine.
LATE = LIMIT + 2.0 * PATIENCE
SETTINGS = {"CLINICD_REQUEST_TIMEOUT_MS": int(LIMIT * 1000), "CLINICD_IDLE_TIMEOUT_SECONDS": 600}


@pytest.fixture(scope="module")
def impatient(postgres, template, work_folder, tokens):
    """A service that gives a request one second to arrive and its answer one second to leave."""
    from harness.plugin import _make_service

    database = postgres.create_database()
    service = _make_service(work_folder, tokens, database, SETTINGS)
    service.start()
    yield service
    try:
        service.stop()
    finally:
        service.kill9()
        database.drop()


class Bystander:
    """Somebody who goes on asking; says in the end how long the longest answer took."""

    def __init__(self, service, contract):
        self.service, self.contract = service, contract
        self.stop, self.worst, self.count = threading.Event(), 0, 0
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        client = Client(self.service.url, self.contract)
        while not self.stop.wait(0.02):
            started = time.monotonic()
            assert client.get("/readyz").status_code == 200
            self.worst = max(self.worst, time.monotonic() - started)
            self.count += 1
        client.close()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join(10)


def cut_count(client):
    lines = client.get("/metrics").text.splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("clinicd_slow_clients_cut_total ")))


HEAD = request_bytes("POST", "/v1/bookings", ["Content-Type: application/json"], b" " * 60000)[:-60000]


@pytest.mark.parametrize("first, dripped", [
    (b"", b"GET /healthz HTTP/1.1\r\nHost: clinicd\r\n" + b"X-Slow: 1\r\n" * 1000),
    (b"GET /healthz HTTP/1.1\r\nHost: clinicd\r\n", b"X-Slow: 1\r\n" * 1000),
    (HEAD, b" " * 60000),
    (HEAD.replace(b"Content-Length: 60000", b"Transfer-Encoding: chunked"), b"1\r\n \r\n" * 1000),
    (HEAD.replace(b"Content-Length: 60000", b"Transfer-Encoding: gzip, chunked"), b"1\r\n \r\n" * 1000),
    (HEAD.replace(b"/v1/bookings", b"/v1/nothing"), b" " * 60000),
], ids=["from the first byte", "headers", "body", "chunks", "an unknown coding", "a body that nobody wants"])
def test_a_byte_now_and_then_is_cut(impatient, contract, first, dripped):
    """The timeout of libmicrohttpd cuts silence only; ours counts from the beginning of the request."""
    with Bystander(impatient, contract) as other, Raw(impatient.port) as raw:
        raw.send(first)
        seconds = raw.drip(dripped, 0.05)
        assert raw.ended
        assert seconds < LATE, seconds
    assert other.count > 5 and other.worst < 1.0 * PATIENCE


@pytest.mark.parametrize("data", [b"", b"GET", b"GET /healthz HTTP/1.1\r\n", b"GET /healthz HTTP/1.1\r\nHost: clinicd\r\n",
                                  HEAD, HEAD + b" " * 100])
def test_silence_is_cut(impatient, data):
    with Raw(impatient.port, timeout=30) as raw:
        raw.send(data)
        started = time.monotonic()
        assert raw.read() is None
        assert time.monotonic() - started < LATE


def test_many_slow_clients_at_once(impatient, contract):
    """A hundred of them; others are served meanwhile, all are cut and counted."""
    client = Client(impatient.url, contract)
    before = cut_count(client)
    slow = [Raw(impatient.port) for _ in range(100)]
    started = time.monotonic()
    for raw in slow:
        raw.send(b"GET /healthz HTTP/1.1\r\nHost:")
    while time.monotonic() - started < 0.5 * LIMIT:
        assert client.get("/healthz").status_code == 200
        for raw in slow[:20]:
            raw.send(b"a")
    for raw in slow:
        assert raw.read() is None
        raw.socket.close()
    assert time.monotonic() - started < LATE + 1
    assert cut_count(client) >= before + 100
    client.close()


def test_who_does_not_read_is_cut(impatient, contract, tokens):
    """A large answer, many times over, to somebody who takes none of it: the connection ends, and with it its
    thread; who reads slowly but in time gets all of it."""
    client = Client(impatient.url, contract)
    before = cut_count(client)
    with Bystander(impatient, contract) as other:
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", impatient.port))
        deaf.settimeout(10 * PATIENCE)
        asked = request_bytes("GET", "/openapi.json")
        started = time.monotonic()
        try:
            for _ in range(100):
                deaf.sendall(asked)
        except OSError:
            pass
        while cut_count(client) == before and time.monotonic() - started < LATE + 1:
            time.sleep(0.05)
        assert cut_count(client) == before + 1
        deaf.close()
    assert other.count > 5 and other.worst < 1.0 * PATIENCE
    with Raw(impatient.port) as raw:
        raw.send(request_bytes("GET", "/openapi.json", ["Connection: close"]))
        time.sleep(0.5 * LIMIT)
        assert raw.read().json()["openapi"]
    client.close()


def test_a_connection_lives_longer_than_a_request(impatient):
    """The limit is one request's: a connection that goes on asking stays, however old it is."""
    with Raw(impatient.port) as raw:
        started = time.monotonic()
        while time.monotonic() - started < 2 * LIMIT:
            raw.send(request_bytes("GET", "/healthz"))
            assert raw.read().status == 200
            time.sleep(0.3 * LIMIT)


def test_an_idle_connection_is_kept_and_then_closed(database, start_service):
    service = start_service(database, CLINICD_IDLE_TIMEOUT_SECONDS=2)
    with Raw(service.port, timeout=20) as raw:
        raw.send(request_bytes("GET", "/healthz"))
        assert raw.read().status == 200
        time.sleep(1)
        raw.send(request_bytes("GET", "/healthz"))
        assert raw.read().status == 200
        started = time.monotonic()
        assert raw.read() is None
        assert 1 < time.monotonic() - started < 4 * PATIENCE


# ---------------------------------------------------------------------- too many

def test_too_many_connections_are_told_or_refused(database, start_service, contract):
    """Over the limit a request is answered 503 with Retry-After, far over it the connection is closed; who was there
    first is served all the while, and when they have gone so is everybody."""
    service = start_service(database, CLINICD_CONNECTION_LIMIT=16)
    first = [Raw(service.port) for _ in range(16)]
    for raw in first:
        raw.send(request_bytes("GET", "/healthz"))
        assert raw.read().status == 200
    told = refused = 0
    late = []
    for _ in range(100):
        raw = Raw(service.port)
        raw.send(request_bytes("GET", "/healthz"))
        answer = raw.read()
        if answer is None:
            refused += 1
            raw.socket.close()
            continue
        assert answer.status == 503, answer
        assert answer.is_problem and answer.headers["retry-after"] and answer.headers["connection"] == "close"
        told += 1
        late.append(raw)
    assert told > 0 and told + refused == 100
    for raw in late:
        assert raw.read() is None
        raw.socket.close()
    for raw in first:
        raw.socket.close()
    until = time.monotonic() + 5 * PATIENCE
    while True:
        answers = exchange(service.port, request_bytes("GET", "/healthz"))
        if answers and answers[0].status == 200:
            break
        assert time.monotonic() < until
        time.sleep(0.05)


def test_silent_connections_do_not_fill_the_house(database, start_service):
    """Connections that never ask anything take places, but only for as long as a request may take."""
    service = start_service(database, CLINICD_CONNECTION_LIMIT=16, **SETTINGS)
    silent = [Raw(service.port) for _ in range(120)]
    time.sleep(LATE)
    assert exchange(service.port, request_bytes("GET", "/readyz"))[0].status == 200
    for raw in silent:
        raw.socket.close()


# ---------------------------------------------------------------------- the end

def test_idle_connections_do_not_hold_up_the_end(database, start_service):
    """Fifty that wait for nothing, five that never finish a request line: SIGTERM ends the service at once."""
    service = start_service(database)
    idle = [Raw(service.port) for _ in range(50)]
    for raw in idle:
        raw.send(request_bytes("GET", "/healthz"))
        assert raw.read().status == 200
    silent = [Raw(service.port).send(b"GET /heal") for _ in range(5)]
    started = time.monotonic()
    service.stop()
    assert time.monotonic() - started < 2 * PATIENCE
    for raw in [*idle, *silent]:
        assert raw.read() is None
        raw.socket.close()


def test_a_request_that_never_arrives_holds_up_the_end_for_the_drain_only(database, start_service):
    """Who is in the middle of sending gets the time of the drain, and no more."""
    service = start_service(database, CLINICD_DRAIN_TIMEOUT_MS=1000)
    with Raw(service.port) as raw:
        raw.send(HEAD)
        time.sleep(0.2)
        started = time.monotonic()
        service.stop()
        assert time.monotonic() - started < 3 * PATIENCE
        assert raw.read() is None


def test_a_request_that_arrives_during_the_drain_is_answered(database, start_service):
    """The rest of it comes after SIGTERM: it is answered, with Connection: close; new connections are refused."""
    service = start_service(database)
    with Raw(service.port) as raw:
        raw.send(b"GET /readyz HTTP/1.1\r\nHost: clinicd\r\n")
        time.sleep(0.2)
        stopping = threading.Thread(target=service.stop)
        stopping.start()
        time.sleep(0.5)
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", service.port), 1).close()
        raw.send(b"\r\n")
        answer = raw.read()
        assert answer.status == 503 and answer.json()["checks"]["draining"] == "yes"
        assert answer.headers["connection"] == "close"
        stopping.join(20 * PATIENCE)
    assert not service.running
