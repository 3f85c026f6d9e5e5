"""The service itself: its pages, who asks, and what it says while its database is away."""
import time
import uuid

import pytest

from harness.client import Client
from harness.postgres import Postgres


def test_me_says_who_the_token_is(shared_client, tokens):
    clinic = str(uuid.uuid4())
    me = shared_client.with_token(tokens.mint("partner-x", "availability:read bookings:write", [clinic])).get("/v1/me").json()
    assert (me["sub"], me["scopes"], me["clinics"]) == ("partner-x", ["availability:read", "bookings:write"], [clinic])


def test_the_pages_of_the_service(shared_client):
    assert shared_client.get("/healthz").status_code == 200
    assert shared_client.get("/readyz").status_code == 200
    metrics = shared_client.get("/metrics")
    assert metrics.status_code == 200 and "clinicd_" in metrics.text
    document = shared_client.get("/openapi.json")
    assert document.json()["openapi"] == "3.1.0"
    assert shared_client.get("/openapi.json", headers={"If-None-Match": document.headers["etag"]}).status_code == 304
    page = shared_client.get("/docs")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")


def test_a_problem_type_is_a_page(shared_client):
    refused = shared_client.get("/v1/me").json()
    page = shared_client.get(refused["type"])
    assert page.status_code == 200 and refused["title"] in page.text
    assert shared_client.get("/problems/no-such").status_code == 404


@pytest.mark.timeout(300)
def test_without_its_database_it_stays_and_says_so(tmp_path, start_service, contract, tokens):
    """Away at start, there, away again: the process lives, /readyz tells, requests get 503 with Retry-After."""
    server = Postgres(tmp_path).start()
    client = None
    try:
        server.make_template()
        database = server.create_database()
        server.stop()
        service = start_service(database, ready=False)
        client = Client(service.url, contract, tokens.admin())
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        refused = client.get("/v1/treatments")
        assert refused.status_code == 503 and int(refused.headers["retry-after"]) > 0

        server.start()
        service.wait("/readyz", 200, 20)
        assert client.get("/v1/treatments").status_code == 200

        server.kill9()
        time.sleep(0.2)
        assert client.get("/healthz").status_code == 200
        assert client.get("/v1/treatments").status_code == 503
        service.wait("/readyz", 503, 20)
        server.start()
        service.wait("/readyz", 200, 20)
        assert client.get("/v1/treatments").status_code == 200
    finally:
        if client:
            client.close()
        server.erase()
