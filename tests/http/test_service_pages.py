"""What the service says about itself: health, figures, its contract, its documentation, its problems, who asks, the clock."""
import datetime
import json
import re
import time

import httpx
import pytest

from harness import ROOT

TABLE = (ROOT / "include" / "tbl" / "problem.h").read_text()
PROBLEMS = re.findall(r'^PROBLEM\(\w+, "([a-z-]+)", (\d+), "([^"]+)"', TABLE, re.M)


def test_health_and_readiness(shared_client):
    health = shared_client.get("/healthz")
    assert health.json()["status"] == "ok" and health.headers["cache-control"] == "no-store"
    ready = shared_client.get("/readyz")
    assert ready.json() == {"status": "ready", "checks": {"database": "ok", "draining": "no"}}
    for path in ("/healthz", "/readyz", "/metrics", "/docs", "/openapi.json", "/problems/not-found"):
        head = shared_client.head(path)
        assert head.status_code == 200 and head.content == b""
        refused = shared_client.post(path)
        assert refused.status_code == 405 and "GET" in refused.headers["allow"]


def test_the_served_document_is_the_contract(shared_client, contract):
    reply = shared_client.get("/openapi.json")
    served = reply.json()
    assert served["openapi"].startswith("3.1") and served["paths"] == contract.document["paths"]
    assert served["components"] == contract.document["components"]
    etag = reply.headers["etag"]
    assert re.fullmatch(r'"[A-Za-z0-9_-]+"', etag)
    again = shared_client.get("/openapi.json", headers={"If-None-Match": etag})
    assert again.status_code == 304 and again.content == b"" and again.headers["etag"] == etag
    assert shared_client.get("/openapi.json", headers={"If-None-Match": '"another"'}).status_code == 200


def test_what_exists_only_with_the_test_clock_is_not_shown_without_it(database, start_service, tokens):
    service = start_service(database, CLINICD_TEST_CLOCK="off")
    assert "/v1/test-clock" not in httpx.get(service.url + "/openapi.json").json()["paths"]
    headers = {"Authorization": f"Bearer {tokens.admin()}"}
    assert httpx.post(service.url + "/v1/test-clock", json={}, headers=headers).status_code == 404


def test_the_documentation_needs_nothing_from_elsewhere(shared_client):
    reply = shared_client.get("/docs")
    page = reply.text
    assert reply.headers["content-type"].startswith("text/html") and "</html>" in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page), "no script, style or font of somebody else"
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "'unsafe-inline'" not in policy and "'none'" not in policy.split("script-src")[1].split(";")[0]
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_the_table_of_problems_was_read():
    assert len(PROBLEMS) > 20 and len({slug for slug, _, _ in PROBLEMS}) == len(PROBLEMS)


@pytest.mark.parametrize("slug, status, title", PROBLEMS)
def test_every_problem_has_a_page(shared_client, slug, status, title):
    reply = shared_client.get(f"/problems/{slug}")
    assert reply.status_code == 200 and reply.headers["content-type"].startswith("text/html")
    assert f"<code>{slug}</code>" in reply.text and f"HTTP status {status}" in reply.text and f"<h1>{title}</h1>" in reply.text
    known = shared_client.get(f"/problems/{slug}", headers={"If-None-Match": reply.headers["etag"]})
    assert known.status_code == 304


def test_no_other_problem_has_one(shared_client):
    for slug in ("nothing", "NOT-FOUND", "none", "not-found%20"):
        reply = shared_client.get(f"/problems/{slug}")
        assert reply.status_code in (400, 404) and reply.json()["type"] in ("/problems/not-found", "/problems/invalid-request")
    assert shared_client.get("/problems/%3Cscript%3E").headers["content-type"].startswith("application/problem+json")


def figures(client):
    """The metrics as {name with labels: value}; their format is held against the Prometheus text format 0.0.4."""
    reply = client.get("/metrics")
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8" and reply.text.endswith("\n")
    found, types, helps, last = {}, {}, set(), None
    for line in reply.text.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ", 3)[2]
            assert name not in helps and line.split(" ", 3)[3]
            helps.add(name)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types and kind in ("counter", "gauge", "histogram", "summary", "untyped")
            types[name], last = kind, name
        else:
            match = re.fullmatch(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?[0-9.e+-]+|\+Inf|NaN)', line)
            assert match, line
            family = match[1] if match[1] in types else re.sub("_(bucket|sum|count)$", "", match[1])
            assert family == last and types[family], f"{line} stands outside its family"
            assert match[1] + (match[2] or "") not in found, f"{line} comes twice"
            found[match[1] + (match[2] or "")] = float(match[3])
    assert set(types) == helps and all(name.startswith("clinicd_") or name.startswith("process_") for name in types)
    check_histograms(found, types)
    return found


def check_histograms(found, types):
    for family in (name for name, kind in types.items() if kind == "histogram"):
        series = {}
        for name, value in found.items():
            if name.startswith(f"{family}_bucket{{"):
                bound = re.search(r'le="([^"]+)"', name)[1]
                series.setdefault(re.sub(r',?le="[^"]+"', "", name), []).append((float(bound), value))
        assert series, family
        for name, buckets in series.items():
            assert [count for _, count in sorted(buckets)] == sorted(count for _, count in buckets), f"{name} is not cumulative"
            total = name.replace("_bucket", "_count").replace("{}", "")
            assert sorted(buckets)[-1] == (float("inf"), found[total]), name


def test_metrics_count_what_happens(shared_client, tokens):
    before = figures(shared_client)
    partner = shared_client.with_token(tokens.partner())
    for _ in range(5):
        assert partner.get("/v1/treatments").status_code == 200
    shared_client.get("/v1/treatments")
    after = figures(shared_client)
    grown = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
    assert any(value >= 6 for value in grown.values()), grown
    assert not re.search("partner|tester|Bearer|example", json.dumps(after)), "figures name nobody"


def test_me(shared_client, tokens):
    clinic = "01900000-0000-7000-8000-000000000001"
    me = shared_client.with_token(tokens.partner("partner-x", [clinic])).get("/v1/me")
    assert me.json()["sub"] == "partner-x" and me.json()["clinics"] == [clinic]
    assert set(me.json()["scopes"]) == {"directory:read", "availability:read", "bookings:read", "bookings:write"}
    ends = datetime.datetime.fromisoformat(me.json()["expires_at"]).timestamp()
    assert 3500 < ends - time.time() <= 3600 and me.headers["cache-control"] == "no-store"
    assert shared_client.with_token(tokens.admin()).get("/v1/me").json()["clinics"] == "*"
    bare = shared_client.with_token(tokens.mint("bare", scope=None, clinics=[])).get("/v1/me").json()
    assert (bare["scopes"], bare["clinics"]) == ([], []), "none means none"


def test_the_test_clock(shared_client, tokens, clock):
    partner = shared_client.with_token(tokens.partner())

    def set_clock(**body):
        return partner.post("/v1/test-clock", json=body)

    there = set_clock(now="2027-05-01T12:00:00+02:00").json()
    assert there["now"].startswith("2027-05-01T10:00:0") and there["offset_seconds"] > 0
    onward = set_clock(advance_seconds=86400).json()
    assert onward["now"].startswith("2027-05-02T10:00:0") and onward["offset_seconds"] - there["offset_seconds"] == 86400
    back = set_clock(advance_seconds=-86400).json()
    assert back["offset_seconds"] == there["offset_seconds"]
    for body in ({}, {"now": None, "advance_seconds": 1}, {"advance_seconds": 1.5}, {"now": "tomorrow"}, {"then": 1}):
        assert set_clock(**body).status_code == 400, body
    real = set_clock(now=None).json()
    assert real["offset_seconds"] == 0
    website = shared_client.with_token(tokens.website())
    assert website.post("/v1/test-clock", json={"now": None}).status_code == 403


def test_without_the_setting_there_is_no_test_clock(database, start_service, tokens, contract):
    from harness.client import Client
    service = start_service(database, CLINICD_TEST_CLOCK="off")
    client = Client(service.url, contract, tokens.admin())
    reply = client.post("/v1/test-clock", json={"now": None}, check=False)
    assert reply.status_code == 404 and reply.json()["type"] == "/problems/not-found"
    client.close()
