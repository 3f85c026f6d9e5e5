"""Before it serves: what must not start does not, says why in one sentence, and ends with 1; a command that is misused
ends with 2. Secrets are never part of the sentence."""
import os
import socket
import subprocess

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from harness import BINARY, PATIENCE
from harness.client import Client
from harness.plugin import _make_service
from harness.service import SANITIZERS, free_port
from harness.slots import BRUSSELS


def clinicd(*arguments, **settings):
    """Runs the binary with these settings and no others; ends it when it does not end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLINICD_")}
    return subprocess.run([BINARY, *arguments], env=environment | SANITIZERS | settings, text=True, capture_output=True,
                          timeout=20 * PATIENCE, check=False, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def good(postgres, template, tokens):
    """Settings with which it starts."""
    return {"CLINICD_DATABASE_URL": template.service_url, "CLINICD_DATABASE_WORKER_URL": template.worker_url,
            "CLINICD_LISTEN": f"127.0.0.1:{free_port()}", **tokens.settings()}


@pytest.fixture(scope="module", autouse=True)
def nowhere(good):
    """`check` of a database that is not there waits ten seconds for it: begun before the other tests, read after."""
    environment = good | {"CLINICD_DATABASE_URL": "host=/nonexistent dbname=x user=y password=geheim"}
    process = subprocess.Popen([BINARY, "check"], env=os.environ | SANITIZERS | environment, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    yield process
    process.kill()
    process.wait()


def assert_refused(settings, *words, commands=("check", "serve")):
    for command in commands:
        done = clinicd(command, **settings)
        last = done.stderr.strip().splitlines()[-1]
        assert done.returncode == 1, (command, done)
        assert last.startswith("clinicd: "), done.stderr
        for word in words:
            assert word in last, (command, word, done.stderr)


def test_check_says_that_all_fits(good):
    done = clinicd("check", **good)
    assert done.returncode == 0, done.stderr
    assert "operations" in done.stdout and "queries" in done.stdout


@pytest.mark.parametrize("name, value, word", [
    ("CLINICD_NO_SUCH_THING", "1", "CLINICD_NO_SUCH_THING"),
    ("CLINICD_DATABASE_CONNECTIONS", "many", "whole number"),
    ("CLINICD_DATABASE_CONNECTIONS", "65", "between 0 and 64"),
    ("CLINICD_DATABASE_CONNECTIONS", "", "whole number"),
    ("CLINICD_DATABASE_WAIT_MS", "99999999999999999999", "whole number"),
    ("CLINICD_REQUEST_TIMEOUT_MS", "1e3", "whole number"),
    ("CLINICD_TEST_CLOCK", "yes", "on or off"),
    ("CLINICD_LOG_LEVEL", "loud", "CLINICD_LOG_LEVEL"),
    ("CLINICD_DATABASE_URL", "", "CLINICD_DATABASE_URL is not set"),
    ("CLINICD_DATABASE_URL", "nonsense", "CLINICD_DATABASE_URL"),
    ("CLINICD_DATABASE_URL", "postgres://[", "CLINICD_DATABASE_URL"),
    ("CLINICD_JWT_KEYS", "", "CLINICD_JWT_KEYS"),
    ("CLINICD_JWT_KEYS", "/does/not/exist.pem", "/does/not/exist.pem"),
    ("CLINICD_JWT_KEYS", "https://issuer.example/jwks", "URL"),
    ("CLINICD_JWT_KEYS", "secret:c2hvcnQ", "CLINICD_JWT_KEYS"),
    ("CLINICD_JWT_ALGORITHMS", "", "CLINICD_JWT_ALGORITHMS is empty"),
    ("CLINICD_JWT_ALGORITHMS", "HS256 none", "none is none of"),
    ("CLINICD_JWT_ALGORITHMS", "HS256", "CLINICD_JWT_ALGORITHMS does not list"),
    ("CLINICD_JWT_ISSUER", "", "CLINICD_JWT_ISSUER"),
    ("CLINICD_JWT_AUDIENCE", "", "CLINICD_JWT_AUDIENCE"),
    ("CLINICD_ANONYMOUS_SCOPES", "directory:read bookings:write", "bookings:write"),
    ("CLINICD_ANONYMOUS_SCOPES", "directory", "CLINICD_ANONYMOUS_SCOPES"),
    ("CLINICD_CONFIG", "/does/not/exist", "/does/not/exist"),
])
def test_broken_settings(good, name, value, word):
    assert_refused(good | {name: value}, word)


@pytest.mark.parametrize("value", ["8080", "localhost:8080", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "::1:80",
                                   "127.0.0.1:80 ", ""])
def test_an_address_that_is_none(good, value):
    assert_refused(good | {"CLINICD_LISTEN": value}, "CLINICD_LISTEN", commands=("serve",))


@pytest.mark.parametrize("would_share", [0, 1])
def test_a_port_that_is_taken(good, would_share):
    """Also by another of our own: two on one port would each get some of the requests, and nobody would know."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, would_share)
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        assert_refused(good | {"CLINICD_LISTEN": address}, address, commands=("serve",))


def test_weak_and_odd_keys(good, tmp_path):
    """Named by their file, never by what is in it."""
    def pem(name, key):
        path = tmp_path / name
        path.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM,
                                                       serialization.PublicFormat.SubjectPublicKeyInfo))
        return path
    short = tmp_path / "short"
    short.write_text("quite-a-short-secret-of-31-byte")
    note = tmp_path / "note.pem"
    note.write_text("-----BEGIN NOTE-----\nnothing\n")
    jwks = tmp_path / "keys.json"
    jwks.write_text('{"keys": [{"kty": "oct", "k": ')
    for entry, path in ((f"secret-file:{short}", short), (str(note), note), (str(jwks), jwks),
                        (str(pem("small.pem", rsa.generate_private_key(65537, 1024))), tmp_path / "small.pem"),
                        (str(pem("curve.pem", ec.generate_private_key(ec.SECP384R1()))), tmp_path / "curve.pem")):
        done = clinicd("check", **good | {"CLINICD_JWT_KEYS": entry})
        assert done.returncode == 1 and str(path) in done.stderr, done
        assert "quite-a-short" not in done.stderr


def test_a_settings_file(good, tmp_path):
    """The environment wins over the file; what is wrong in the file is told with its line."""
    path = tmp_path / "settings"
    path.write_text("# ours\n\n  CLINICD_JWT_ISSUER=\nCLINICD_LOG_LEVEL=error\n")
    assert clinicd("check", CLINICD_CONFIG=str(path), **good).returncode == 0
    for text, words in (("CLINICD_LOG_LEVEL=info\nCLINICD_NOTHING=1\n", ":2: "), ("hello\n", ":1: "),
                        ("CLINICD_TEST_CLOCK=maybe\n", "on or off")):
        path.write_text(text)
        assert_refused(good | {"CLINICD_CONFIG": str(path)}, words, commands=("check",))


# ---------------------------------------------------------------------- the database

@pytest.mark.parametrize("make, word", [
    ("create role start_bypass login bypassrls", "BYPASSRLS"),
    ("create role start_super login superuser", "superuser"),
    ("create role start_member login in role clinicd_owner", "owns"),
    ("create role start_bypass_too login bypassrls in role clinicd_service", "BYPASSRLS"),
], ids=["bypassrls", "superuser", "member of the owner", "bypassrls and the service's rights"])
def test_a_role_that_row_security_does_not_hold(good, postgres, template, make, word):
    role = make.split()[2]
    postgres.execute(make)
    try:
        assert_refused(good | {"CLINICD_DATABASE_URL": template.url(role)}, role, word)
    finally:
        postgres.execute(f"drop role {role}")


def test_the_owner_may_not_serve(good, template):
    assert_refused(good | {"CLINICD_DATABASE_URL": template.owner_url}, "clinicd_owner", "owns")


def test_the_worker_is_held_to_the_same(good, template, database):
    def refused(url, *words):
        assert_refused(good | {"CLINICD_DATABASE_WORKER_URL": url}, "CLINICD_DATABASE_WORKER_URL", *words)

    refused("nonsense")
    refused(template.owner_url, "clinicd_owner", "owns")
    database.fetch("alter function app.work_forget_answers(int) rename to work_forget_everything")
    refused(database.worker_url, "sql/queries/work.sql", "query workForgetAnswers does not prepare", "42883")


def test_a_database_without_its_schema(good, postgres):
    empty = postgres.empty_database()
    try:
        assert_refused(good | {"CLINICD_DATABASE_URL": empty.service_url}, "clinicd migrate")
    finally:
        empty.drop()


def test_a_schema_that_is_too_old(good, database):
    database.fetch("delete from app.migration where name = (select max(name) from app.migration)")
    assert_refused(good | {"CLINICD_DATABASE_URL": database.service_url}, "this program needs", "clinicd migrate")


def test_a_query_that_does_not_prepare_is_named(good, database):
    database.fetch("alter table app.location rename column phone to telephone")
    database.fetch("alter table app.treatment rename column version to revision")
    assert_refused(good | {"CLINICD_DATABASE_URL": database.service_url}, "sql", "query", "does not prepare", "42703")


# ---------------------------------------------------------------------- the command line

@pytest.mark.parametrize("arguments", [
    ["token"], ["token", "--scope", "directory:read"], ["token", "--sub"], ["token", "--sub", ""],
    ["token", "--sub", "a", "--ttl", "soon"], ["token", "--sub", "a", "--ttl", "-1h"], ["token", "--sub", "a", "--ttl", "0"],
    ["token", "--sub", "a", "--ttl", "99999999999999999999"], ["token", "--sub", "a", "--ttl", "11000d"],
    ["token", "--sub", "a", "more"], ["token", "--sub", "a", "--unknown"],
    ["token", "--sub", "a", "--all-clinics", "--clinic", BRUSSELS], ["token", "--sub", "a", *["--clinic", BRUSSELS] * 300],
    ["check", "--alive"], ["check", "a", "b"], ["serve", "now"], ["migrate", "--force"], ["demo", "twice"],
    ["help", "no-such-topic"], ["no-such-command"], [""],
], ids=lambda arguments: " ".join(arguments)[:40])
def test_wrong_usage_ends_with_2(good, arguments):
    done = clinicd(*arguments, **good)
    assert done.returncode == 2, done
    assert done.stderr.startswith("clinicd") and not done.stdout


@pytest.mark.parametrize("arguments, word", [
    (["--sub", "a", "--clinic", "no-uuid"], "clinic"), (["--sub", "a", "--scope", "a  b"], "scope"),
    (["--sub", "a\nb"], "sub"), (["--sub", "a" * 256], "sub"), (["--sub", "a", "--kid", "nobody"], "of that name"),
])
def test_no_token_is_made_that_would_be_refused(good, arguments, word):
    done = clinicd("token", *arguments, **good)
    assert done.returncode == 1 and word in done.stderr and not done.stdout, done


def test_help_needs_no_settings():
    for arguments in (["help"], ["--help"], ["-h"], ["help", "token"], ["help", "settings"], ["help", "keys"], ["version"]):
        done = clinicd(*arguments, CLINICD_BROKEN="yes")
        assert done.returncode == 0 and done.stdout and not done.stderr, done
    assert "CLINICD_JWT_KEYS" in clinicd("help", "settings").stdout


def test_a_minted_token_is_accepted(shared_client, good):
    """By whoever has the same key; with what was asked for, and for as long."""
    done = clinicd("token", "--sub", "partner-a", "--scope", "availability:read bookings:write", "--clinic", BRUSSELS,
                   "--ttl", "15m", **good)
    assert done.returncode == 0, done.stderr
    token = done.stdout.strip()
    me = shared_client.get("/v1/me", token=token).json()
    assert (me["sub"], me["scopes"], me["clinics"]) == ("partner-a", ["availability:read", "bookings:write"], [BRUSSELS])
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 900
    everywhere = clinicd("token", "--sub", "admin", "--all-clinics", **good).stdout.strip()
    assert shared_client.get("/v1/me", token=everywhere).json()["clinics"] == "*"


def test_check_live(shared_service, database, work_folder, tokens, contract):
    """0 while the service there is ready; 1 when it is not, or nobody is there."""
    listen = {"CLINICD_LISTEN": f"127.0.0.1:{shared_service.port}"}
    done = clinicd("check", "--live", **listen)
    assert done.returncode == 0, done.stderr
    assert clinicd("check", "--live", CLINICD_LISTEN=f"0.0.0.0:{shared_service.port}").returncode == 0
    nobody = clinicd("check", "--live", CLINICD_LISTEN=f"127.0.0.1:{free_port()}")
    assert nobody.returncode == 1 and "no service is ready" in nobody.stderr
    service = _make_service(work_folder, tokens, database, {
        "CLINICD_DATABASE_URL": "host=/nonexistent dbname=x user=y"}).start(ready=False)
    try:
        assert Client(service.url, contract).get("/readyz").status_code == 503
        assert clinicd("check", "--live", CLINICD_LISTEN=f"127.0.0.1:{service.port}").returncode == 1
        service.stop()
    finally:
        service.kill9()


def test_check_live_does_not_wait_for_ever(tmp_path):
    """Somebody listens and says nothing."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        done = clinicd("check", "--live", CLINICD_LISTEN=f"127.0.0.1:{deaf.getsockname()[1]}")
        assert done.returncode == 1


def test_check_of_a_database_that_is_not_there(nowhere):
    """serve comes up all the same (test_database_away.py). What is said does not hold the password."""
    text = nowhere.communicate(timeout=30 * PATIENCE)[0]
    assert nowhere.returncode == 1
    assert text.splitlines()[-1] == "clinicd: the database is away"
    assert "geheim" not in text
