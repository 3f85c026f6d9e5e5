"""Bad input of every kind gets a 4xx problem (or a clean close where libmicrohttpd answers by itself):
never a 5xx, never a hang, never a crash, and what follows a refused request is not run."""
import base64
import datetime
import json
import random
import re
import time
from urllib.parse import quote

import pytest

from harness.raw import Raw, exchange, request_bytes
from harness.slots import BRUSSELS, booking_of

ID = "01900000-0000-7001-8000-000100000001"
OWN_ANSWERS_OF_MHD = {400, 413, 414, 431, 505}
HOST = b"Host: clinicd"


@pytest.fixture(autouse=True)
def alive_afterwards(shared_service):
    yield
    assert shared_service.running, shared_service.log_text()
    [answer] = exchange(shared_service.port, request_bytes("GET", "/healthz", ["Connection: close"]))
    assert answer.status == 200


@pytest.fixture(scope="session")
def authorization(tokens):
    return b"Authorization: Bearer " + tokens.admin("bad-input").encode()


def free_slot(client, token):
    """A start that nobody has taken yet."""
    first = datetime.date.today() + datetime.timedelta(days=4)
    response = client.with_token(token).get("/v1/availability", params={
        "clinic_id": BRUSSELS, "from": first.isoformat(), "to": (first + datetime.timedelta(days=6)).isoformat(),
        "limit": 1})
    return response.json()["items"][0]


def lines(first, *headers, body=b""):
    return b"\r\n".join([first, *headers]) + b"\r\n\r\n" + body


def assert_refused(answers, status=None):
    """One answer at most; ours is a problem, and what MHD says itself closes the connection."""
    assert len(answers) <= 1, answers
    for answer in answers:
        if answer.is_problem:
            assert 400 <= answer.status < 500, answer
            assert answer.json()["status"] == answer.status
            assert answer.headers["x-request-id"]
        else:
            assert answer.status in OWN_ANSWERS_OF_MHD, answer
            assert answer.headers["connection"] == "close", answer
    if status:
        assert answers and answers[0].status == status, answers
        assert answers[0].is_problem, answers


# ---------------------------------------------------------------------- framing

JSON = b"Content-Type: application/json"
POST = b"POST /v1/bookings HTTP/1.1"
ME = b"GET /v1/me HTTP/1.1"
SMALL = b'{"a":1}'
LAST_CHUNK = b"0\r\n\r\n"

# What two readers could understand differently: name, request, status of our problem (None: MHD's answer or a close).
FRAMING = [
    ("two lengths", lines(POST, HOST, b"@", b"Content-Length: 5", b"Content-Length: 7", body=SMALL), 400),
    ("two equal lengths", lines(POST, HOST, b"@", b"Content-Length: 7", b"content-length: 7", body=SMALL), 400),
    ("a list of lengths", lines(POST, HOST, b"@", b"Content-Length: 7, 7", body=SMALL), None),
    ("a signed length", lines(POST, HOST, b"@", b"Content-Length: +7", body=SMALL), None),
    ("a negative length", lines(POST, HOST, b"@", b"Content-Length: -7", body=SMALL), None),
    ("a hexadecimal length", lines(POST, HOST, b"@", b"Content-Length: 0x7", body=SMALL), None),
    ("an empty length", lines(POST, HOST, b"@", b"Content-Length:", body=SMALL), None),
    ("a length with a blank", lines(POST, HOST, b"@", b"Content-Length: 7 7", body=SMALL), None),
    ("a length beyond 64 bits", lines(POST, HOST, b"@", b"Content-Length: 1" + b"0" * 30, body=SMALL), None),
    ("a length and chunks", lines(POST, HOST, b"@", b"Content-Length: 7", b"Transfer-Encoding: chunked",
                                  body=LAST_CHUNK), 400),
    ("chunks and a length", lines(POST, HOST, b"@", b"Transfer-Encoding: chunked", b"Content-Length: 7",
                                  body=LAST_CHUNK), 400),
    ("a blank before the colon of the coding", lines(POST, HOST, b"@", b"Transfer-Encoding : chunked",
                                                     body=LAST_CHUNK), 400),
    ("a blank before the colon of the length", lines(POST, HOST, b"@", b"Content-Length : 7", body=SMALL), 400),
    ("a tab before the colon of the length", lines(POST, HOST, b"@", b"Content-Length\t: 7", body=SMALL), 400),
    ("two codings", lines(POST, HOST, b"@", b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity",
                          body=LAST_CHUNK), 400),
    ("chunks before HTTP/1.1", lines(b"POST /v1/bookings HTTP/1.0", HOST, b"@", b"Connection: keep-alive",
                                     b"Transfer-Encoding: chunked", body=LAST_CHUNK), 400),
    ("a folded value", lines(ME, HOST, b"@", b"X-Folded: a\r\n b", b"X-Next: c"), 400),
    ("a value folded by a tab", lines(ME, HOST, b"@", b"X-Folded: a\r\n\tb", b"X-Next: c"), 400),
    ("a folded last header", lines(ME, HOST, b"@", b"X-Folded: a\r\n b"), 400),
    ("a length made by folding", lines(POST, HOST, b"@", b"Content-Len: 7\r\n gth", body=SMALL), 400),
    ("a coding made by folding", lines(POST, HOST, b"@", b"Transfer-Enco: chunked\r\n ding", body=LAST_CHUNK), 400),
    ("a token made by folding", lines(ME, HOST, b"Authoriz: Bearer x\r\n ation", b"X-Next: c"), 400),
    ("a fold before all headers", lines(ME, b" X-A: b", HOST, b"@"), 400),
    ("a bare line feed", lines(ME, HOST, b"@", b"X-A: b\nX-C: d", b"X-Next: c"), 400),
    ("a coding behind a bare line feed", lines(POST, HOST, b"@", b"X-A: b\nTransfer-Encoding: chunked",
                                               body=LAST_CHUNK), 400),
    ("only bare line feeds", lines(ME, HOST, b"@", b"X-A: b").replace(b"\r\n", b"\n"), 400),
    ("a request line with a bare line feed", lines(ME + b"\n" + HOST, b"@", b"X-A: b"), 400),
    ("a bare carriage return", lines(ME, HOST, b"@", b"X-A: b\rX-C: d"), 400),
    ("a coding behind a bare carriage return", lines(POST, HOST, b"@", b"X-A: b\rTransfer-Encoding: chunked"), 400),
    ("NUL in a value", lines(ME, HOST, b"@", b"X-A: b\0c", b"X-Next: c"), 400),
    ("NUL twice in a value", lines(ME, HOST, b"@", b"X-A: b\0\0", b"X-Next: c"), 400),
    ("NUL in the last value", lines(ME, HOST, b"@", b"X-A: b\0c"), 400),
    ("NUL in a length", lines(POST, HOST, b"@", b"Content-Length: 7\0, 8", b"X-Next: c", body=SMALL), 400),
    ("NUL in a name", lines(ME, HOST, b"@", b"X-\0A: b"), None),
    ("NUL in the target", lines(b"GET /v1/me\0 HTTP/1.1", HOST, b"@"), 400),
    ("NUL in the query", lines(b"GET /v1/locations?q=a\0b HTTP/1.1", HOST, b"@"), 400),
    ("a version behind NUL", lines(b"GET /v1/me\0HTTP/1.1\0\0x HTTP/1.1", HOST, b"@"), 400),
    ("a control character in a value", lines(ME, HOST, b"@", b"X-A: b\x01c"), 400),
    ("DEL in a value", lines(ME, HOST, b"@", b"X-A: b\x7fc"), 400),
    ("a header without a colon", lines(ME, HOST, b"@", b"Garbage"), None),
    ("a header without a name", lines(ME, HOST, b"@", b": v", b"X-Next: c"), 400),
    ("a blank in a name", lines(ME, HOST, b"@", b"X A: v"), 400),
    ("a name in UTF-8", lines(ME, HOST, b"@", "X-\u00e9: v".encode()), 400),
    ("no host", lines(ME, b"@"), 400),
    ("two hosts", lines(ME, HOST, b"Host: other", b"@"), 400),
    ("a host that is none", lines(ME, b"Host: a b/c?d", b"@"), 400),
    ("two hosts in one", lines(ME, b"Host: clinicd, other", b"@"), 400),
    ("more headers than we take", lines(ME, HOST, b"@", *[b"X-%d: v" % number for number in range(200)]), 400),
    ("more headers than MHD takes", lines(ME, HOST, b"@", *[b"X-%d: v" % number for number in range(2000)]), None),
    ("a huge header", lines(ME, HOST, b"@", b"X-A: " + b"a" * 40000), None),
    ("a target beyond all limits", lines(b"GET /" + b"a" * 100_000 + b" HTTP/1.1", HOST, b"@"), None),
    ("an unknown version", lines(b"GET /v1/me HTTP/1.x", HOST, b"@"), None),
    ("HTTP/2 without asking", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None),
    ("HTTP/0.9", b"GET /v1/me\r\n\r\n", None),
    ("a blank in the target", lines(b"GET /v1/me x HTTP/1.1", HOST, b"@"), 400),
    ("tabs in the request line", lines(b"GET\t/v1/me\tHTTP/1.1", HOST, b"@"), None),
    ("chunk sizes that are none", lines(POST, HOST, b"@", b"Transfer-Encoding: chunked",
                                        body=b"zz\r\nabc\r\n" + LAST_CHUNK), None),
    ("a negative chunk", lines(POST, HOST, b"@", b"Transfer-Encoding: chunked",
                               body=b"-3\r\nabc\r\n" + LAST_CHUNK), None),
    ("a chunk beyond 64 bits", lines(POST, HOST, b"@", b"Transfer-Encoding: chunked",
                                     body=b"f" * 20 + b"\r\nabc\r\n" + LAST_CHUNK), None),
    ("a chunk with 0x", lines(POST, HOST, b"@", b"Transfer-Encoding: chunked",
                              body=b"0x3\r\nabc\r\n" + LAST_CHUNK), None),
    ("a chunk shorter than it says", lines(POST, HOST, b"@", b"Transfer-Encoding: chunked",
                                           body=b"5\r\nabc\r\n" + LAST_CHUNK), None),
    ("a chunk longer than it says", lines(POST, HOST, b"@", b"Transfer-Encoding: chunked",
                                          body=b"2\r\nabc\r\n" + LAST_CHUNK), None),
    ("460 query parameters", lines(b"GET /v1/locations?" + b"&".join(b"a%d=b" % number for number in range(460))
                                   + b" HTTP/1.1", HOST, b"@"), None),
    ("3000 query parameters", lines(b"GET /v1/locations?" + b"&".join(b"a%d" % number for number in range(3000))
                                    + b" HTTP/1.1", HOST, b"@"), None),
]


@pytest.mark.parametrize("request_, status", [row[1:] for row in FRAMING], ids=[row[0] for row in FRAMING])
def test_framing_in_doubt_is_refused_and_nothing_behind_it_runs(shared_service, authorization, request_, status):
    """The second request is fine by itself; it must not be answered, for nobody knows where the first one ends."""
    request_ = request_.replace(b"@", authorization)
    behind = request_bytes("GET", "/v1/me", [authorization])
    assert_refused(exchange(shared_service.port, request_ + behind), status)


def test_the_request_behind_a_well_formed_one_runs(shared_service, authorization):
    """The control of the test above: pipelining as such works."""
    behind = request_bytes("GET", "/v1/me", [authorization, "Connection: close"])
    answers = exchange(shared_service.port, lines(ME, HOST, authorization, b"X-A: b\tc") + behind, finish=False)
    assert [answer.status for answer in answers] == [200, 200]


@pytest.mark.parametrize("refused", [
    lines(POST, HOST, b"@", JSON, b"Content-Length: 2", b"Content-Length: 3", body=b"{}"),
    lines(POST, HOST, b"@", JSON, b"Content-Length: 2", b"Transfer-Encoding: chunked", body=LAST_CHUNK),
    lines(POST, HOST, b"@", JSON, b"Content-Len: 2\r\n gth", body=b"{}"),
    lines(ME, HOST, b"@", b": v"),
], ids=["two lengths", "length and chunks", "folding", "no name"])
def test_a_booking_hidden_behind_a_refused_request_is_not_made(shared_service, shared_client, tokens, refused):
    slot = free_slot(shared_client, tokens.website())
    smuggler = b"Authorization: Bearer " + tokens.partner("smuggler").encode()
    booking = request_bytes("POST", "/v1/bookings", [smuggler, JSON], json.dumps(booking_of(slot)).encode())
    count = "select count(*) from app.booking where source = 'smuggler'"
    before = shared_service.database.value(count)
    answers = exchange(shared_service.port, refused.replace(b"@", smuggler) + booking)
    assert_refused(answers, 400)
    assert shared_service.database.value(count) == before


def test_bytes_that_are_no_http(shared_service):
    """TLS, noise, nothing at all: an answer of 4xx or a close."""
    noise = random.Random(7)
    for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), b"", b"\r\n" * 50, b"\0" * 1000,
                 b"GET", b"GET /healthz HTTP/1.1\r\nHost", bytes(noise.randrange(256) for _ in range(5000)),
                 b"\x80\x81\xff\r\n\r\n", b"A" * 70000, b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"):
        answers = exchange(shared_service.port, data)
        assert all(answer.status in OWN_ANSWERS_OF_MHD for answer in answers), (data[:50], answers)


# ---------------------------------------------------------------------- request targets

TARGETS = [
    ("/v1/locations/%00", 400), ("/v1/loc%00ations", 400), ("/v1/locations/a%00b", 400), ("/v1/me?x=%00", 400),
    ("/v1/locations?q=%00", 400), ("/v1/locations%2F" + ID, 404), ("/v1%2flocations", 404),
    ("/v1/locations/" + ID + "%2F..", 400), ("//v1/me", 400), ("/v1//me", 400), ("/v1/./me", 400),
    ("/v1/../v1/me", 400), ("/..", 400), ("/v1/%2e%2e/me", 400), ("/v1/%2E/me", 400), ("/v1/locations/%", 400),
    ("/v1/locations/%4", 400), ("/v1/locations/%zz", 400), ("/v1/locations/%C3%28", 400), ("/v1/locations/%FF", 400),
    ("/v1/locations/%ED%A0%80", 400), ("/v1/locations/%C0%AE", 400), ("/v1/locations/%0A", 400),
    ("/v1/locations/%7F", 400), ("/v1/locations/%20", 400), ("/v1/me/", 404), ("/v1", 404), ("/", 404),
    ("/v1/locations/a+b", 400), ("/v1/ME", 404), ("/v1/locations;x=1", 404), ("/v1/locations/" + "a" * 3000, 400),
    ("/" + "/".join("a" * 17), 400), ("/" + "a" * 8192, 400), ("*", 400), ("v1/me", 400), ("clinicd:80", 400),
    ("ftp://clinicd/v1/me", 400), ("http://clinicd", 404), ("http:///v1/me?a=%", 400), ("http://clinicd/v1/%00", 400),
    ("/v1/me#fragment", 400), ("/v1/me?", 200), ("http://clinicd/v1/me", 200), ("HTTP://elsewhere:81/v1/me", 200),
    ("/v1/me?&&&", 200), ("/v1/me?=", 400), ("/v1/me?a", 400), ("/v1/me?a=1", 400), ("/v1/locations?q", 400),
    ("/v1/locations?q=", 400), ("/v1/locations?limit=", 400), ("/v1/locations?%6Cimit=1", 200),
    ("/v1/locations?limit=1&limit=1", 400), ("/v1/locations?limit=%zz", 400), ("/v1/locations?limit=%", 400),
    ("/v1/locations?q=%FF", 400), ("/v1/locations?q=%C3%28", 400), ("/v1/locations?Limit=1", 400),
    ("/v1/locations?limit[]=1", 400), ("/v1/locations?limit=1;q=a", 400), ("/v1/locations?q=" + "a" * 5000, 400),
    ("/v1/locations?" + "&".join(f"a{number}" for number in range(101)), 400), ("/v1/locations?limit=1e400", 400),
    ("/v1/locations?limit=9223372036854775808", 400), ("/v1/locations?limit=" + "9" * 30, 400),
    ("/v1/locations?limit=-1", 400), ("/v1/locations?limit=0x10", 400), ("/v1/locations?limit=+1", 400),
    ("/v1/locations?limit=1.5", 400), ("/v1/locations?limit=null", 400), ("/v1/locations?limit=%201", 400),
    ("/v1/locations?radius_km=NaN&near=1,1", 400), ("/v1/locations?radius_km=Infinity&near=1,1", 400),
    ("/v1/locations?near=91,0", 400), ("/v1/locations?near=0,181", 400), ("/v1/locations?near=1", 400),
    ("/v1/locations?near=90.0,-180", 200), ("/v1/locations?near=-90,180.000&radius_km=1e1", 200),
    ("/v1/\u00e9", 404), ("/v1/locations?q=\u00e9", 200), ("/v1/\udcff", 400), ("/v1/locations?q=\udcff", 400),
]


@pytest.mark.parametrize("target, status", TARGETS, ids=[repr(target[:60]) for target, _ in TARGETS])
def test_request_targets(shared_service, authorization, target, status):
    [answer] = exchange(shared_service.port, request_bytes("GET", target, [authorization, "Connection: close"]),
                        finish=False)
    assert answer.status == status, answer
    if status != 200:
        assert answer.is_problem
        assert "%" not in answer.json().get("detail", "").replace('"%"', ""), "the target is not thrown back"


# ---------------------------------------------------------------------- bodies

def nested(depth, opening="[", closing="]"):
    return (opening * depth + closing * depth).encode()


# Bytes that are no JSON as we take it; refused for every operation with a body.
BAD_JSON = [
    b"{", b"}", b"[", b"nul", b"{]", b'{"a":}', b'{"a" 1}', b"{'a': 1}", b'{"a":1,}', b"[1,]", b'{"a":1}x', b"{}{}", b"//",
    b"\xef\xbb\xbf{}", b"\xff\xfe{\0}\0", b"\0", b"{}\0", b'{"a":"\0"}', b'{"a":"\\u0000"}', b'{"\\u0000":1}',
    b'{"a":"\xff"}', b'{"a":"\xc3\x28"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\xc0\x80"}', b'{"a":"\xf4\x90\x80\x80"}',
    b'{"a":"\\ud800"}', b'{"a":"\\udc00"}', b'{"a":"\\ud800\\u0041"}', b'{"a":"\\x"}', b'{"a":"\n"}', b'{"a":"',
    b'{"a":1,"a":2}', b'{"a":1,"\\u0061":2}', b'{"a":{"b":1,"b":1}}', b'{"a":1e400}', b'{"a":-1e400}',
    b'{"a":9223372036854775808}', b'{"a":-9223372036854775809}', b'{"a":1' + b"0" * 30 + b"}", b'{"a":01}', b'{"a":+1}',
    b'{"a":.5}', b'{"a":1.}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":0x10}', b'{"a":True}', b"[" + b"1," * 30000,
    nested(17), nested(2000), nested(30000), nested(17, '{"a":', "}").replace(b":}", b":1}"), b"[" * 60000,
    b'{"a":' * 10000, b" " * 1000, b"null", b"true", b"1", b'"text"', b"[]", b'[{"a":1}]',
]


def json_type(operation):
    """The first media type of its body that is one JSON value; None when it takes none."""
    types = operation.item.get("requestBody", {}).get("content", {})
    return next((one for one in types if re.fullmatch(r"application/([a-z-]+\+)?json", one)), None)


def with_body(contract):
    return [operation for operation in contract.operations if json_type(operation)]


def path_of(operation):
    """The path with values that name something of the demo practice, or nothing at all."""
    names = {"clinic_id": BRUSSELS, "treatment": "dry-needling", "complaint": "sciatica", "slug": "internal"}
    path = operation.path
    while "{" in path:
        name = path[path.index("{") + 1:path.index("}")]
        path = path.replace("{" + name + "}", names.get(name, ID))
    return path


class Share:
    """All values for what is met the first time, every sixth (another sixth each time) when it is met again: the
    same parameters and members come back in many operations."""

    def __init__(self, values):
        self.values, self.met = values, {}

    def of(self, name, schema):
        times = self.met.setdefault((name, json.dumps(schema, sort_keys=True)), [])
        times.append(name)
        return self.values if len(times) == 1 else self.values[len(times) % 6::6]


def test_every_operation_with_a_body_refuses_what_is_no_json(shared_client, contract, tokens):
    admin = shared_client.with_token(tokens.admin("bad-json"))
    share = Share(BAD_JSON)
    for operation in with_body(contract):
        for body in share.of("body", None):
            response = admin.request(operation.method, path_of(operation), content=body, if_match='"1"',
                                     headers={"Content-Type": json_type(operation)})
            assert response.status_code == 400, (operation.id, body[:80], response.status_code, response.text)
            assert response.json()["errors"], (operation.id, body[:80])


def big_answer(shared_service, authorization, send):
    with Raw(shared_service.port) as raw:
        send(raw)
        answer = raw.read()
        assert answer.status == 413, answer
        assert answer.json()["type"] == "/problems/body-too-large"
        assert answer.headers["connection"] == "close"
        assert raw.read() is None


def test_ten_megabytes(shared_service, authorization):
    big_answer(shared_service, authorization, lambda raw: raw.send(
        request_bytes("POST", "/v1/bookings", [authorization, JSON], b"[" + b"1," * 5_000_000 + b"1]")))


def test_ten_megabytes_in_chunks(shared_service, authorization):
    def send(raw):
        raw.send(request_bytes("POST", "/v1/bookings", [authorization, JSON, "Transfer-Encoding: chunked"]))
        for _ in range(160):
            raw.send(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        raw.send(LAST_CHUNK)
    big_answer(shared_service, authorization, send)


def test_the_limit_of_a_body_is_exact(shared_client, tokens):
    """65,536 bytes are read (and found wanting), one more is too large; also where nobody wants a body."""
    partner = shared_client.with_token(tokens.partner())
    headers = {"Content-Type": "application/json"}
    fits = partner.post("/v1/bookings", content=b'{"a":"' + b"a" * (65536 - 8) + b'"}', headers=headers)
    assert (fits.status_code, fits.json()["type"]) == (400, "/problems/invalid-request")
    assert partner.post("/v1/bookings", content=b'{"a":"' + b"a" * (65536 - 7) + b'"}',
                        headers=headers).status_code == 413
    assert partner.get("/healthz", content=b"a" * 65537, check=False).status_code == 413
    assert partner.get("/v1/me", content=b"a" * 65537, check=False).status_code == 413
    assert partner.get("/v1/me", content=b"a", check=False).status_code == 415


def test_depth_sixteen_is_read(shared_client, tokens):
    response = shared_client.with_token(tokens.partner()).post(
        "/v1/bookings", content=b'{"intake":' + nested(15) + b"}", headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert "nested" not in response.text
    assert any(fault["pointer"] == "/intake" for fault in response.json()["errors"])


@pytest.mark.parametrize("given", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx",
                                   "application/json, text/plain", "multipart/form-data; boundary=x", "json",
                                   "application/merge-patch+json", "text/json;application/json", ""])
def test_other_media_types_are_415(shared_client, tokens, given):
    headers = {} if given is None else {"Content-Type": given}
    response = shared_client.with_token(tokens.partner()).post("/v1/bookings", content=b"a=1&b=2", headers=headers)
    assert response.status_code == 415, response.text


def test_media_types_are_told_apart_as_http_wants_it(shared_client, tokens):
    for given in ("application/json;charset=utf-8", "Application/JSON ; charset=UTF-8"):
        response = shared_client.with_token(tokens.partner()).post("/v1/bookings", content=b"{}",
                                                                  headers={"Content-Type": given})
        assert response.status_code == 400, response.text


def test_all_faults_are_told_at_once(shared_client, tokens):
    """Wrong types, unknown members, missing ones and a parameter: one answer, one pointer each."""
    response = shared_client.with_token(tokens.partner()).post(
        "/v1/bookings?surplus=1", headers={"Idempotency-Key": "k" * 201}, json={
            "location_id": 7, "start": "yesterday", "hold": "yes", "client": {"email": "none", "age": 40},
            "a/b~c": 1, "note": "n" * 2001})
    assert response.status_code == 400
    faults = response.json()["errors"]
    pointers = {fault.get("pointer") for fault in faults}
    assert {"/location_id", "/start", "/hold", "/client/email", "/client/age", "/a~1b~0c", "/note"} <= pointers, faults
    assert any("offering_id" in json.dumps(fault) for fault in faults), faults
    assert any("name" in fault["detail"] or fault.get("pointer") == "/client/name" for fault in faults), faults
    assert {"surplus", "Idempotency-Key"} <= {fault.get("parameter") for fault in faults}, faults


def test_many_faults_are_bounded(shared_client, tokens):
    body = {f"unknown_{number}": number for number in range(3000)}
    response = shared_client.with_token(tokens.partner()).post("/v1/bookings", json=body)
    assert response.status_code == 400
    assert len(response.json()["errors"]) <= 50
    assert len(response.content) < 20_000


# Values that a schema of another type, or a careless one, might let through to the database.
VALUES = [
    None, True, 0, -1, 15.0, -0.0, 1.5, 1e300, 2**63 - 1, "", " ", "a", "\u00e9" * 10, "\U0001f600", "{a,b}", "*", "\\",
    "'; drop table app.booking; --", "now", "infinity", "24:00", "2027-02-30", "0000-01-01", "10000-01-01",
    "1900-01-01", "2999-12-31", "2027-03-22T09:00:60Z", "2027-03-22T24:00:00Z", "2999-12-31T23:59:59+14:00",
    "1900-01-01T00:00:00-14:00", "2027-03-22t09:00:00.123456789z", "2027-03-22", ID, ID.upper(), "{" + ID + "}",
    "a" * 5000, [], [[]], [None], ["a"] * 300, {}, {"a": 1}, {"en": "a"}, {"": ""},
]


def schema_of(contract, node):
    while "$ref" in node:
        node = contract._at(node["$ref"].removeprefix("#"))
    return node


def test_every_member_of_every_body_with_values_of_other_kinds(shared_client, contract, tokens):
    """Each member by itself against a list of odd values, with whatever example the contract gives for the
    rest: whatever is answered, it is what the contract promises and no 5xx; and no value gets as far as
    being refused by the database's types."""
    admin = shared_client.with_token(tokens.admin("odd-values"))
    share = Share(VALUES)
    missed = metric(shared_client, "clinicd_contract_missed_total")
    for operation in with_body(contract):
        if operation.id == "setTestClock":
            continue
        media_type = json_type(operation)
        schema = schema_of(contract, operation.item["requestBody"]["content"][media_type]["schema"])
        example = next(iter(schema.get("examples", [{}])))
        for name, member in schema.get("properties", {}).items():
            for value in share.of(name, member):
                response = admin.request(operation.method, path_of(operation), json={**example, name: value},
                                         if_match='"999999"', headers={"Content-Type": media_type})
                now = metric(shared_client, "clinicd_contract_missed_total") if response.status_code == 422 else missed
                assert now == missed, f"{operation.id}: the contract lets {name}={value!r} through: {response.text}"


def metric(client, name):
    text = client.get("/metrics").text
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(name + " "))


# ---------------------------------------------------------------------- query parameters

QUERY_VALUES = ["", "%20", "a", "'", "\\", "%00", "%FF", "%ED%A0%80", "*", "{a,b}", "null", "true", "0", "-1", "1.5", "1e5",
                "1e400", "9223372036854775807", "9223372036854775808", "NaN", "now", "infinity", "2027-02-30",
                "0000-01-01", "1900-01-01", "2999-12-31", "2999-12-31T23:59:59+14:00", "1900-01-01T00:00:00-14:00",
                "2027-03-22T09:00:00Z", "2027-03-22", ID, ID.upper(), "0,0", "90,180", "a" * 3000, "%F0%9F%98%80",
                "a,b", "fr", "fr-BE-x-y", "dry-needling", "01:00", "24:00", "7"]


def query_parameters(contract, operation):
    here = [*contract.document["paths"][operation.path].get("parameters", []), *operation.item.get("parameters", [])]
    return [parameter for parameter in (schema_of(contract, parameter) for parameter in here)
            if parameter["in"] == "query"]


def required_query(contract, operation):
    day = datetime.date.today() + datetime.timedelta(days=4)
    return {parameter["name"]: day.isoformat() for parameter in query_parameters(contract, operation)
            if parameter.get("required")}


def test_every_query_parameter_with_every_odd_value(shared_client, contract, tokens):
    """No 5xx, no value that only the database refuses; twice is once too often, but for lists."""
    admin = shared_client.with_token(tokens.admin("odd-queries"))
    share = Share(QUERY_VALUES)
    missed = metric(shared_client, "clinicd_contract_missed_total")
    for operation in contract.operations:
        needed = required_query(contract, operation)
        for parameter in query_parameters(contract, operation):
            name = parameter["name"]
            for value in share.of(name, parameter["schema"]):
                pairs = [f"{other}={text}" for other, text in needed.items() if other != name] + [f"{name}={value}"]
                if name == "radius_km":
                    pairs.append("near=50.84,4.43")
                target = f"{path_of(operation)}?{'&'.join(pairs)}"
                assert admin.request(operation.method, target).status_code < 500, target
            twice = admin.request(operation.method, f"{target}&{name}={value}")
            assert twice.status_code == 400 or parameter["schema"].get("type") == "array", twice.request.url
        assert metric(shared_client, "clinicd_contract_missed_total") == missed, f"{operation.id}: see the log"


def encoded(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


# What a cursor could be that nobody was given; some look much like ours.
CURSORS = [
    "a", "AA", "====", "-_-_", "null", "A" * 1000, "A" * 1001, encoded(b""), encoded(b"\0"), encoded(b"\xff\xfe"),
    encoded(b"{"), encoded(None), encoded(1), encoded("a"), encoded([]), encoded({}), encoded([None]), encoded([[]]),
    encoded([1]), encoded(["a"]), encoded(["", ""]), encoded([1, 2, 3]), encoded(["a", "b", "c", "d", "e"]),
    encoded(["a", ID]), encoded([1e300, ID]), encoded(["NaN", ID]), encoded(["infinity", ID]), encoded([0.5, "a", ID]),
    encoded(["2027-03-22T09:00:00Z", ID]), encoded(["infinity", ID]), encoded(["9999999-01-01", ID]),
    encoded(["\u0000", ID]), encoded([{"a": 1}, ID]), encoded({"id": ID}), encoded({"id": 1}), encoded([ID]),
    encoded([ID.replace("0", "g")]), encoded([ID, ID, ID]), encoded([True, ID]), encoded([2**70, ID]),
    encoded(b'["\\ud800"]'), encoded(b"[" * 200), encoded(b"[1e999]"), encoded(["a" * 500]),
]


def test_cursors_that_nobody_was_given(shared_client, contract, tokens):
    """A cursor is opaque, so anything may come back as one: 400, or a page, never a 5xx."""
    admin = shared_client.with_token(tokens.admin("odd-cursors"))
    missed = metric(shared_client, "clinicd_contract_missed_total")
    tried = 0
    for operation in contract.operations:
        if "cursor" not in [parameter["name"] for parameter in query_parameters(contract, operation)]:
            continue
        for near in ({}, {"near": "50.84,4.43"}, {"q": "kraainem"}):
            if not set(near) <= {parameter["name"] for parameter in query_parameters(contract, operation)}:
                continue
            for cursor in CURSORS:
                tried += 1
                response = admin.get(path_of(operation),
                                     params={**required_query(contract, operation), **near, "cursor": cursor})
                assert response.status_code in (200, 400), (operation.id, cursor, response.text)
        assert metric(shared_client, "clinicd_contract_missed_total") == missed, f"{operation.id}: see the log"
    assert tried > 100


def test_parameters_in_headers(shared_client, tokens):
    """Accept-Language, If-Match, If-None-Match, Idempotency-Key, Accept: odd values are 400, 406 or passed over."""
    admin = shared_client.with_token(tokens.admin())
    location = "/v1/locations/" + ID
    for language in ("", "*", ";;;", "fr;q=", "fr;q=9", "fr;q=NaN", "{a},\"", "-", "a" * 500, "en,fr;q=0," * 40,
                     "\u00e9".encode()):
        assert admin.get(location, headers={"Accept-Language": language}).status_code == 200, language
    for language in ("a" * 501, b"\xe9"):
        assert admin.get(location, headers={"Accept-Language": language}).status_code == 400, language
    record = f"/v1/clinics/{BRUSSELS}/locations/{ID}"
    for tag in ("1", "W/\"1\"", '"', '"a"', '"1", "2"', "'1'", '"99999999999999999999"', "**", '"-1"'):
        response = admin.patch(record, json={"phone": None}, if_match=tag)
        assert response.status_code in (400, 412), (tag, response.text)
    assert admin.patch(record, json={"phone": None}).status_code == 428
    for tag in ("", "*x", '"', ",,,", "W/", '"a' * 100):
        assert admin.get(location, headers={"If-None-Match": tag}).status_code == 200, tag
    for key in ("a" * 201, "\u00e9".encode("latin-1"), "a\tb"):
        response = admin.post("/v1/bookings", json={}, headers={"Idempotency-Key": key})
        assert response.status_code == 400, (key, response.text)
    for accept in ("text/html", "application/xml;q=1", "application/json;q=0", "*/*;q=0", "application", ";", "text/*"):
        assert admin.get(location, headers={"Accept": accept}).status_code == 406, accept
    for accept in ("", "*/*", "application/*;q=0.1", "text/html, application/json;q=0.001", "a" * 5000 + ", */*"):
        assert admin.get(location, headers={"Accept": accept}).status_code == 200, accept


# ---------------------------------------------------------------------- random mutations

DICTIONARY = [b"\0", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b" ", b"\t", b":", b";", b",", b"%", b"%00", b"%2F", b"..", b"//",
              b"?", b"&", b"=", b"{", b"}", b"[", b"]", b'"', b"\\", b"\\u0000", b"\\ud800", b"1e400", b"-1", b"9" * 25,
              b"\xff", b"\xc3", b"\xef\xbb\xbf", b"null", b"true", b"[[[[[[[[[[[[[[[[[[", b"A" * 300, b"Content-Length: 3\r\n",
              b"Transfer-Encoding: chunked\r\n", b"\r\n folded", b"HTTP/1.1", b"HTTP/9.9", b"Host: a\r\n", b"0", b"*"]


def mutate(chance, data):
    """One to four changes: bytes flipped, cut out, doubled, or replaced by something telling."""
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(5)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[at:at + chance.choice((1, 2, 8, 64))]
        elif kind == 2:
            data[at:at] = data[at:at + chance.choice((1, 16, 200))]
        else:
            data[at:at + chance.choice((0, 1, 4))] = chance.choice(DICTIONARY)
    return bytes(data)


def test_random_mutations_of_good_requests(shared_service, shared_client, tokens):
    """The same seed every time. Each answer is below 500 (but for 505, MHD's), each connection ends, and each
    line of the log is one JSON object."""
    chance = random.Random(20270322)
    token = "Authorization: Bearer @"  # put in behind the mutation, which would mostly meet the token otherwise
    bearer = b"Bearer " + tokens.admin("mutant").encode()
    slot = free_slot(shared_client, tokens.website())
    end = "Connection: close"
    seeds = [
        request_bytes("GET", "/v1/locations?near=50.84,4.43&radius_km=10&treatment=dry-needling&limit=2", [token, end]),
        request_bytes("GET", f"/v1/availability?from={slot['start'][:10]}&to={slot['start'][:10]}&limit=5", [token, end]),
        request_bytes("GET", f"/v1/clinics/{BRUSSELS}/practitioners?limit=1", [token, end, "Accept-Language: fr;q=0.5"]),
        request_bytes("GET", f"/v1/bookings?status=held&from={quote(slot['start'])}", [token, end]),
        request_bytes("POST", "/v1/bookings", [token, end, JSON, "Idempotency-Key: mutant"],
                      json.dumps(booking_of(slot)).encode()),
        request_bytes("PATCH", f"/v1/clinics/{BRUSSELS}/locations/{ID}",
                      [token, end, 'If-Match: "999"', "Content-Type: application/merge-patch+json"],
                      json.dumps({"directions": {"en": "Ring.", "nl": None}, "geo": {"latitude": 50.8}}).encode()),
        request_bytes("OPTIONS", "/v1/bookings", [token, end, "Origin: https://a.example"]),
    ]
    until = time.monotonic() + 10
    seen = set()
    for _ in range(6000):
        data = mutate(chance, chance.choice(seeds)).replace(b"Bearer @", bearer)
        for answer in exchange(shared_service.port, data):
            seen.add(answer.status)
            assert answer.status < 500 or answer.status == 505, (data, answer)
            assert answer.status < 400 or answer.is_problem or answer.status in OWN_ANSWERS_OF_MHD, (data, answer)
        if time.monotonic() > until:
            break
    assert {200, 400, 401, 404} <= seen, seen
    for line in shared_service.log_text(None).splitlines():
        assert isinstance(json.loads(line), dict), line


def test_nothing_is_left_behind(shared_service, shared_client):
    """Clients that vanish in the middle, and requests that MHD refuses by itself: once they have gone, no request
    counts as being in work and no connection as open."""
    for data in (lines(ME, HOST)[:-2], lines(POST, HOST, b"Content-Length: 100", body=SMALL), lines(ME, HOST, b"Garbage"),
                 lines(ME), b"GET", lines(ME, HOST, b"X-A: " + b"a" * 40000), lines(ME, HOST)):
        for _ in range(20):
            Raw(shared_service.port).send(data).socket.close()
    until = time.monotonic() + 10
    while metric(shared_client, "clinicd_requests_in_work") > 1 or metric(shared_client, "clinicd_connections") > 5:
        assert time.monotonic() < until, shared_client.get("/metrics").text
        time.sleep(0.05)
