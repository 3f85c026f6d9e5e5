"""What holds for every request, whatever it asks for: its id, its errors, its log line, HEAD, OPTIONS, CORS, entity
tags, pages, repetition."""
import json
import re
import time
from urllib.parse import parse_qsl, urlencode

import pytest

from harness.raw import exchange, request_bytes
from harness.slots import BRUSSELS, booking_of, slots_apart

ID = "01900000-0000-7001-8000-000100000001"
NOBODY = "01900000-0000-7001-8000-00ffffffffff"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def admin(shared_client, tokens):
    return shared_client.with_token(tokens.admin())


def readable_paths(client, contract):
    """Every GET operation with a path that answers 200 on the demo practice."""
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 4 * 86400))
    collection = f"/v1/clinics/{BRUSSELS}/"
    first = {"clinic_id": BRUSSELS, "treatment": "dry-needling", "complaint": "sciatica", "slug": "slot-taken"}
    for kind in ("location", "practitioner", "room", "offering", "schedule", "exception"):
        items = client.get(f"{collection}{kind}s", params={"limit": 1}).json()["items"]
        first[f"{kind}_id"] = items[0]["id"] if items else None
    bookings = client.get("/v1/bookings", params={"limit": 1}).json()["items"]
    first["booking_id"] = bookings[0]["id"] if bookings else None
    slot = client.get("/v1/availability", params={"from": day, "to": day, "clinic_id": BRUSSELS, "mode": "first"}).json()["items"]
    queries = {"findAvailability": {"from": day, "to": day}, "countAvailableDays": {"from": day, "to": day},
               "explainAvailability": {name: slot[0][name] for name in ("offering_id", "location_id", "start")} if slot else None}
    for operation in contract.operations:
        names = re.findall(r"\{([^}]*)\}", operation.path)
        query = queries.get(operation.id, {})
        if operation.method != "GET" or query is None or any(not first.get(name) for name in names):
            continue
        path = re.sub(r"\{([^}]*)\}", lambda found: first[found[1]], operation.path)
        yield operation, path + (f"?{urlencode(query)}" if query else "")


# ---------------------------------------------------------------------- problems

@pytest.mark.parametrize("method, path, options, status, slug", [
    ("GET", "/v1/nothing", {}, 404, "not-found"),
    ("GET", f"/v1/locations/{NOBODY}", {}, 404, "not-found"),
    ("GET", "/problems/no-such-problem", {}, 404, "not-found"),
    ("DELETE", "/v1/locations", {}, 405, "method-not-allowed"),
    ("BREW", "/v1/locations", {}, 405, "method-not-allowed"),
    ("GET", "/v1/locations", {"headers": {"Accept": "text/html"}}, 406, "not-acceptable"),
    ("GET", "/v1/locations?limit=0", {}, 400, "invalid-request"),
    ("GET", "/v1/locations/%00", {}, 400, "malformed-request"),
    ("POST", "/v1/bookings", {"content": b"{"}, 415, "unsupported-media-type"),
    ("POST", "/v1/bookings", {"content": b"{", "headers": {"Content-Type": "application/json"}}, 400, "invalid-request"),
    ("POST", "/v1/bookings", {"content": b" " * 70000}, 413, "body-too-large"),
    ("GET", "/v1/me", {"token": None}, 401, "unauthorized"),
    ("PATCH", f"/v1/clinics/{BRUSSELS}/locations/{ID}", {"json": {}}, 428, "precondition-required"),
    ("PATCH", f"/v1/clinics/{BRUSSELS}/locations/{ID}", {"json": {}, "if_match": '"99"'}, 412, "version-mismatch"),
])
def test_errors_are_problems(admin, method, path, options, status, slug):
    """RFC 9457, with the request's id as instance and a type that leads to a page."""
    response = admin.request(method, path, headers={"X-Request-Id": "my-id.1", **options.pop("headers", {})}, **options)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (problem["type"], problem["status"]) == (f"/problems/{slug}", status)
    assert problem["instance"] == "urn:request:my-id.1"
    assert response.headers["cache-control"] == "no-store"
    page = admin.get(problem["type"])
    assert page.status_code == 200 and problem["title"] in page.text


def test_every_path_names_its_methods(admin, contract):
    """405 with Allow for what a path does not offer, 204 with Allow for OPTIONS: exactly the document's methods."""
    for path, item in contract.document["paths"].items():
        offered = {method.upper() for method in item if method in ("get", "post", "put", "patch", "delete")}
        allowed = offered | {"OPTIONS"} | ({"HEAD"} if "GET" in offered else set())
        target = re.sub(r"\{[^}]*\}", ID, path)
        options = admin.request("OPTIONS", target, token=None)
        assert options.status_code == 204 and not options.content
        assert set(options.headers["allow"].split(", ")) == allowed
        for method in sorted({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - allowed):
            response = admin.request(method, target)
            assert response.status_code == 405, (method, target)
            assert set(response.headers["allow"].split(", ")) == allowed
            assert method == "HEAD" or response.json()["detail"] == f"this path takes {response.headers['allow']}"
    assert admin.request("OPTIONS", "/v1/nothing").status_code == 404


def test_methods_are_told_apart_by_case(shared_service):
    for method in ("get", "Get", "gET"):
        [answer] = exchange(shared_service.port, request_bytes(method, "/healthz", ["Connection: close"]))
        assert answer.status == 405 and answer.is_problem


def test_options_for_the_whole_service(shared_service):
    [answer] = exchange(shared_service.port, request_bytes("OPTIONS", "*", ["Connection: close"]), finish=False)
    assert answer.status == 204 and "GET" in answer.headers["allow"]


# ---------------------------------------------------------------------- ids and the log

def tail(service, most=100_000):
    """The end of its log; the whole may be long, for many tests share the service."""
    with open(service.log_path, "rb") as log:
        log.seek(0, 2)
        log.seek(max(0, log.tell() - most))
        return log.read().decode()


def entries(service, event, request_id):
    """Log lines of this event and request; waits a little, for a line is written behind the answer."""
    until = time.monotonic() + 5
    while True:
        found = [json.loads(line) for line in tail(service).splitlines() if f'"{request_id}"' in line]
        found = [entry for entry in found if entry["event"] == event and entry["request_id"] == request_id]
        if found or time.monotonic() > until:
            return found
        time.sleep(0.01)


def test_a_request_id_is_taken_answered_and_logged(shared_service, admin):
    response = admin.get("/v1/me", headers={"X-Request-Id": "Order_118.a-B", "traceparent": TRACE})
    assert response.headers["x-request-id"] == "Order_118.a-B"
    [entry] = entries(shared_service, "request", request_id="Order_118.a-B")
    assert (entry["method"], entry["operation"], entry["status"], entry["step"]) == ("GET", "readMe", 200, "run")
    assert entry["traceparent"] == TRACE and entry["level"] == "info" and entry["duration_us"] >= 0


def test_a_request_without_an_id_gets_one(shared_service, admin):
    ids = {admin.get("/v1/me").headers["x-request-id"] for _ in range(20)}
    assert len(ids) == 20
    for one in ids:
        assert re.fullmatch(r"[0-9a-f-]{32,36}", one)
        assert len(entries(shared_service, "request", request_id=one)) == 1


@pytest.mark.parametrize("given", ["", "a b", "a" * 129, "a\"b", "{}", "a,b", "a/b", "a\tb", "<script>", "a@b.example"])
def test_an_id_that_is_not_safe_is_replaced(admin, given):
    response = admin.get("/v1/me", headers={"X-Request-Id": given})
    assert response.status_code == 200
    assert re.fullmatch(r"[0-9a-f-]{32,36}", response.headers["x-request-id"])


def test_two_ids_are_none(shared_service):
    [answer] = exchange(shared_service.port, request_bytes("GET", "/healthz", [
        "X-Request-Id: one", "x-request-id: two", "Connection: close"]))
    assert answer.status == 200 and answer.headers["x-request-id"] not in ("one", "two")


@pytest.mark.parametrize("given", ["00", "00-" + "0" * 52, TRACE + "-x", TRACE.upper().replace("F", "G"), "-" * 55,
                                   "f" * 55, TRACE.replace("0af76519", "anna@abc")])
def test_a_traceparent_that_is_none_is_not_carried(shared_service, admin, given):
    response = admin.get("/v1/me", headers={"traceparent": given})
    [entry] = entries(shared_service, "request", request_id=response.headers["x-request-id"])
    assert not entry.get("traceparent")


def test_the_log_names_the_step_where_a_request_ended(shared_service, admin, tokens):
    for step, path, options in (
            ("frame", "/v1/me", {"headers": {"Host": "a b"}}), ("route", "/v1/nothing", {}),
            ("authenticate", "/v1/me", {"token": "x"}), ("authorize", "/v1/bookings", {"token": tokens.website()}),
            ("validate", "/v1/me?x=1", {}), ("run", "/v1/me", {})):
        response = admin.get(path, **options)
        [entry] = entries(shared_service, "request", request_id=response.headers["x-request-id"])
        assert entry["step"] == step, entry
        if response.status_code != 200:
            assert entry["problem"] == response.json()["type"].removeprefix("/problems/")


SECRETS = ["Zebedeus", "Quintessa", "zebedeus.q@private.example", "private.example", "+32499123987", "499123987",
           "haemophilia", "remember-me", "knee-operation"]


def test_nothing_personal_is_ever_logged(database, start_service, contract, tokens):
    """Names, addresses, numbers, notes and tokens in good requests and in all the wrong places, with the log at
    its most talkative; also what PostgreSQL has to say."""
    from harness.client import Client

    service = start_service(database, CLINICD_LOG_LEVEL="debug")
    client = Client(service.url, contract)
    token = tokens.partner("partner-a")
    partner = client.with_token(token)
    slot, other = slots_apart(client, token, 2, days=5)
    person = {"name": "Zebedeus Quintessa", "email": "zebedeus.q@private.example", "phone": "+32499123987"}
    desk = client.with_token(tokens.desk([slot["clinic_id"]]))
    asks = {"intake": [{"code": "remark", "type": "text", "label": {"en": "Anything else?"}}]}
    assert desk.patch(f"/v1/clinics/{slot['clinic_id']}/offerings/{slot['offering_id']}", json=asks, if_match="*").status_code == 200
    intimate = {"client": person, "note": "haemophilia", "intake": {"remark": "knee-operation"}}
    made = partner.post("/v1/bookings", json=booking_of(slot, **intimate), key="remember-me")
    assert made.status_code == 201
    assert partner.post("/v1/bookings", json=booking_of(slot, **intimate), key="remember-me").status_code == 201
    assert partner.post("/v1/bookings", json=booking_of(other, **intimate), key="remember-me").status_code == 422
    assert partner.post("/v1/bookings", json=booking_of(slot, **intimate)).status_code == 409
    booking = f"/v1/bookings/{made.json()['id']}"
    assert partner.get(booking).json()["client"]["name"] == person["name"]
    assert partner.post(f"{booking}/cancel", json={"reason": "haemophilia"}).status_code == 200
    partner.post(f"{booking}/cancel", json={"reason": "haemophilia"})
    for wrong in ({**intimate, "client": {**person, "email": "zebedeus.q@private.example@"}}, {"Zebedeus": person},
                  {**intimate, "client": {**person, "Quintessa": 1}}, intimate, {**intimate, "start": "+32499123987"}):
        partner.post("/v1/bookings", json=booking_of(slot) | wrong)
    for path in ("/v1/bookings?external_ref=Zebedeus", "/v1/bookings?reference=zebedeus.q@private.example",
                 "/v1/locations?q=Zebedeus%20Quintessa", "/v1/bookings?Zebedeus=Quintessa", "/v1/Zebedeus/Quintessa",
                 "/v1/bookings/zebedeus.q@private.example", "/v1/bookings?cursor=Zebedeus", "/Zebedeus%00"):
        partner.get(path, check=False)
    for header in ("User-Agent", "Referer", "Cookie", "X-Request-Id", "traceparent", "Origin", "If-None-Match", "From",
                   "Accept-Language", "Forwarded", "Accept", "Host", "Content-Type"):
        partner.get("/v1/me", headers={header: "zebedeus.q@private.example"}, check=False)
    for wrong in (token[:-3], token + "x", "Zebedeus", "a.b.c"):
        assert partner.get("/v1/me", token=wrong).status_code == 401
    partner.get("/v1/me", headers={"Authorization": "Basic WmViZWRldXM6cHJpdmF0ZQ=="})
    partner.request("Zebedeus", "/v1/me")
    exchange(service.port, request_bytes("zebedeus.q@private.example", "/v1/me"))
    exchange(service.port, request_bytes("GET", "/v1/me", ["Zebedeus Quintessa"]))
    exchange(service.port, request_bytes("GET", "/v1/Zebedeus" + "a" * 40000))
    client.close()
    service.stop()
    log = service.log_text(None)
    parts = [token, *token.split("."), "WmViZWRldXM6cHJpdmF0ZQ"]
    for secret in [*SECRETS, *parts]:
        assert secret.lower() not in log.lower(), next(line for line in log.splitlines() if secret.lower() in line.lower())
    assert len([entry for entry in service.log() if entry["event"] == "request"]) > 40
    for line in log.splitlines():
        assert {"time", "level", "event"} <= set(json.loads(line)), line


def test_metrics_are_prometheus_text(admin):
    """Every line is a comment or a sample, every sample has its TYPE, and requests are counted."""
    def counted():
        text = admin.get("/metrics").text
        samples = re.findall(r'^clinicd_requests_total\{[^}]*\} (\d+)$', text, re.M)
        return text, sum(map(int, samples))
    text, before = counted()
    types = set(re.findall(r"^# TYPE (\w+) (?:counter|gauge|histogram)$", text, re.M))
    for line in text.splitlines():
        found = re.fullmatch(r"(\w+?)(_bucket|_sum|_count)?(\{.*\})? -?[0-9.e+]+", line)
        assert line.startswith("#") or found and (found[1] in types or found[1] + (found[2] or "") in types), line
    admin.get("/v1/me")
    assert counted()[1] >= before + 2


# ---------------------------------------------------------------------- HEAD, tags, caching

def test_head_is_get_without_its_body(admin, contract):
    """Same status and same headers, the length of what GET would send, and nothing behind them."""
    seen = 0
    for operation, path in readable_paths(admin, contract):
        got, head = admin.get(path), admin.head(path)
        assert got.status_code == head.status_code == 200, (path, got.text)
        assert head.content == b""
        differ = {"date", "x-request-id"} | ({"content-length", "etag"} if operation.id == "metrics" else set())
        assert {k: v for k, v in got.headers.items() if k not in differ} == \
               {k: v for k, v in head.headers.items() if k not in differ}, path
        seen += 1
    assert seen >= 25
    for path in ("/v1/nothing", "/v1/locations?limit=0", f"/v1/locations/{NOBODY}"):
        assert admin.head(path).status_code == admin.get(path).status_code
    assert admin.head("/v1/me", token=None).headers["www-authenticate"]


def test_what_has_not_changed_is_304(admin, contract):
    """The tag of every read, alone, weak, in a list, or *; another tag, or none, gets the body."""
    for operation, path in readable_paths(admin, contract):
        if operation.id in ("metrics", "readyz", "healthz"):
            continue
        tag = admin.get(path).headers["etag"]
        assert re.fullmatch(r'"[^"]+"', tag), path
        for given in (tag, f"W/{tag}", f'"x", {tag}', f'"x",{tag} , "y"', "*"):
            again = admin.get(path, headers={"If-None-Match": given}, check=False)
            assert again.status_code == 304, (path, given, again.text)
            assert not again.content and again.headers["etag"] == tag and "cache-control" in again.headers
            assert "content-type" not in again.headers
        for given in ('"x"', tag.strip('"'), tag[:-2] + '"', f'W/{tag}x'):
            assert admin.get(path, headers={"If-None-Match": given}).status_code == 200, (path, given)
        assert admin.head(path, headers={"If-None-Match": tag}, check=False).status_code == 304


def test_the_tag_of_a_public_read_follows_the_language(admin):
    french = admin.get("/v1/treatments/dry-needling", headers={"Accept-Language": "fr"})
    english = admin.get("/v1/treatments/dry-needling", headers={"Accept-Language": "en"})
    assert french.headers["content-language"] == "fr" and english.headers["content-language"] == "en"
    assert french.headers["etag"] != english.headers["etag"]
    assert "accept-language" in french.headers["vary"].lower()


def test_what_is_personal_is_not_kept_by_caches(admin):
    for path in ("/v1/bookings", "/v1/me"):
        assert admin.get(path).headers["cache-control"] == "no-store", path
    directory = admin.get("/v1/locations").headers
    assert directory["cache-control"] == "private, no-cache" and "authorization" in directory["vary"].lower()
    for path in ("/healthz", "/readyz", "/metrics"):
        assert admin.get(path, token=None).headers["cache-control"] == "no-store", path


def test_pages_of_ours_run_nothing_foreign(admin):
    for path in ("/docs", "/problems/slot-taken"):
        page = admin.get(path, token=None)
        assert page.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
    assert admin.get("/openapi.json", token=None).json()["openapi"].startswith("3.1")


# ---------------------------------------------------------------------- pages

@pytest.mark.parametrize("path", ["/v1/locations", "/v1/practitioners?language=fr", "/v1/treatments", "/v1/complaints",
                                  f"/v1/clinics/{BRUSSELS}/practitioners", f"/v1/clinics/{BRUSSELS}/schedules",
                                  "/v1/locations?near=50.84,4.43"])
def test_link_leads_through_all_pages(admin, path):
    """Following Link gives each item once, in the order of large pages."""
    glue = "&" if "?" in path else "?"
    place, _, query = path.partition("?")
    whole = admin.items(place, limit=100, **dict(parse_qsl(query)))
    found, target, pages = [], f"{path}{glue}limit=2", 0
    while target:
        response = admin.get(target)
        found += response.json()["items"]
        pages += 1
        link = response.headers.get("link")
        assert bool(link) == bool(response.json()["next"])
        if link:
            target, rel = re.fullmatch(r'<([^>]+)>; rel="(\w+)"', link).groups()
            assert rel == "next" and "limit=2" in target and target.count("cursor=") == 1
            assert response.json()["next"] in target
        else:
            target = None
    assert found == whole
    assert pages == (len(whole) + 1) // 2


# ---------------------------------------------------------------------- CORS

@pytest.fixture(scope="module")
def cors(postgres, template, work_folder, tokens):
    """A service that knows two origins."""
    from harness.plugin import _make_service

    database = postgres.create_database()
    service = _make_service(work_folder, tokens, database,
                            {"CLINICD_CORS_ORIGINS": "https://booking.example  http://localhost:3000"})
    service.start()
    yield service
    try:
        service.stop()
    finally:
        service.kill9()
        database.drop()


def test_a_preflight_is_answered(cors, contract):
    from harness.client import Client

    client = Client(cors.url, contract)
    for origin in ("https://booking.example", "http://localhost:3000"):
        response = client.request("OPTIONS", f"/v1/clinics/{BRUSSELS}/locations/{ID}", headers={
            "Origin": origin, "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization,content-type,if-match,idempotency-key"})
        assert response.status_code == 204
        assert response.headers["access-control-allow-origin"] == origin
        assert {"GET", "PATCH", "DELETE"} <= set(response.headers["access-control-allow-methods"].split(", "))
        allowed = {name.lower() for name in response.headers["access-control-allow-headers"].split(", ")}
        assert {"authorization", "content-type", "if-match", "if-none-match", "idempotency-key", "accept-language",
                "x-request-id"} <= allowed
        assert int(response.headers["access-control-max-age"]) > 0
        assert "origin" in response.headers["vary"].lower()


def test_answers_and_errors_are_shown_to_known_origins_only(cors, contract, tokens):
    from harness.client import Client

    client = Client(cors.url, contract, tokens.website())
    exposed = {"etag", "location", "link", "retry-after", "content-language", "x-request-id", "idempotency-replayed"}
    for path, options, status in (("/v1/locations", {}, 200), ("/v1/nothing", {}, 404), ("/v1/me", {"token": None}, 401),
                                  ("/v1/locations?limit=0", {}, 400), ("/v1/locations/%00", {}, 400),
                                  ("/v1/bookings", {}, 403)):
        response = client.get(path, headers={"Origin": "https://booking.example"}, **options)
        assert response.status_code == status
        assert response.headers["access-control-allow-origin"] == "https://booking.example"
        shown = {name.lower() for name in response.headers["access-control-expose-headers"].split(", ")}
        assert exposed <= shown
        for origin in ("https://evil.example", "https://booking.example.evil.example", "null", "http://booking.example",
                       "https://booking.example:444", "", "*"):
            stranger = client.get(path, headers={"Origin": origin}, **options)
            assert stranger.status_code == status
            assert "access-control-allow-origin" not in stranger.headers, origin
            assert "origin" in stranger.headers["vary"].lower()
        assert "access-control-allow-origin" not in client.get(path, **options).headers


def test_without_origins_there_is_no_cors(admin):
    response = admin.request("OPTIONS", "/v1/locations", headers={
        "Origin": "https://booking.example", "Access-Control-Request-Method": "GET"})
    assert response.status_code == 204
    assert not [name for name in response.headers if name.startswith("access-control")]


# ---------------------------------------------------------------------- repetition

def test_a_repetition_gets_the_first_answer(client, tokens, database):
    """Whatever happened since: the same status, tag, place and bytes, and nothing is done twice."""
    partner = client.with_token(tokens.partner("partner-a"))
    slot, other = slots_apart(client, tokens.website(), 2, days=5)
    first = partner.post("/v1/bookings", json=booking_of(slot), key="order-118")
    assert first.status_code == 201 and "idempotency-replayed" not in first.headers
    partner.post(f"/v1/bookings/{first.json()['id']}/cancel", json={})
    reordered = dict(reversed(list(booking_of(slot).items())))
    again = partner.post("/v1/bookings", content=json.dumps(reordered, indent=3).encode(), key="order-118",
                         headers={"Content-Type": "application/json; charset=utf-8"})
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.headers["location"], again.headers["etag"]) == (first.headers["location"], first.headers["etag"])
    reused = partner.post("/v1/bookings", json=booking_of(other), key="order-118")
    assert (reused.status_code, reused.json()["type"]) == (422, "/problems/idempotency-key-reused")
    stranger = client.with_token(tokens.partner("partner-b")).post("/v1/bookings", json=booking_of(other),
                                                                  key="order-118")
    assert stranger.status_code == 201 and "idempotency-replayed" not in stranger.headers
    assert database.value("select count(*) from app.booking") == 2


def test_a_refusal_that_time_may_heal_can_be_tried_again(client, tokens):
    """400 is not remembered under the key: the corrected request goes through with it."""
    partner = client.with_token(tokens.partner("partner-a"))
    slot = slots_apart(client, tokens.website(), 1, days=5)[0]
    assert partner.post("/v1/bookings", json=booking_of(slot) | {"start": "now"}, key="k").status_code == 400
    assert partner.post("/v1/bookings", json=booking_of(slot), key="k").status_code == 201


def test_a_key_counts_for_the_thing_it_was_used_on(client, tokens):
    """The same key and body on another booking is another request."""
    partner = client.with_token(tokens.partner("partner-a"))
    one, two = (partner.post("/v1/bookings", json=booking_of(slot)).json()["id"]
                for slot in slots_apart(client, tokens.website(), 2, days=5))
    assert partner.post(f"/v1/bookings/{one}/cancel", json={}, key="k").status_code == 200
    assert partner.post(f"/v1/bookings/{two}/cancel", json={}, key="k").status_code == 422
    again = partner.post(f"/v1/bookings/{one}/cancel", json={}, key="k")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
