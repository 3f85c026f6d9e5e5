"""What a browser's cache and a CDN are told, and that what they then do is right."""
import gzip

import httpx

PRACTICE = "/v1/clinics/01900000-0000-7000-8000-000000000001"
KRAAINEM = "/v1/locations/01900000-0000-7001-8000-000100000001"


def test_a_read_without_a_token_may_be_kept_by_anybody(database, start_service, contract):
    service = start_service(database, CLINICD_ANONYMOUS_SCOPES="directory:read availability:read")
    with httpx.Client(base_url=service.url) as browser:
        reply = browser.get("/v1/treatments", headers={"Accept-Language": "fr"})
        assert reply.headers["Cache-Control"] == "public, max-age=60"
        vary = {name.strip() for name in reply.headers["Vary"].split(",")}
        assert {"Authorization", "Accept-Language", "Accept-Encoding"} <= vary
        slots = browser.get("/v1/availability", params={"from": "2027-03-01", "to": "2027-03-02", "treatment": "cupping"})
        assert slots.headers["Cache-Control"] == "public, max-age=5"
        assert browser.post("/v1/bookings", json={}).status_code == 401


def test_a_read_with_a_token_is_kept_by_its_owner_only(shared_client, tokens):
    client = shared_client.with_token(tokens.website())
    assert client.get(KRAAINEM).headers["Cache-Control"] == "private, no-cache"


def test_what_tells_of_a_person_is_not_kept(shared_client, tokens):
    client = shared_client.with_token(tokens.partner())
    assert client.get("/v1/bookings").headers["Cache-Control"] == "no-store"
    assert client.get("/v1/me").headers["Cache-Control"] == "no-store"


def test_compressed_and_plain_are_the_same_bytes_under_different_tags(shared_client, tokens):
    client = shared_client.with_token(tokens.website())
    plain = client.get("/v1/treatments", headers={"Accept-Encoding": "identity"})
    packed = client.get("/v1/treatments", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content == plain.content  # httpx has unpacked it
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 2
    assert packed.headers["ETag"] == plain.headers["ETag"][:-1] + '-gzip"'


def test_each_tag_is_answered_304_with_itself(shared_client, tokens):
    client = shared_client.with_token(tokens.website())
    for encoding in ("identity", "gzip"):
        first = client.get("/v1/treatments", headers={"Accept-Encoding": encoding})
        again = client.get("/v1/treatments", headers={"Accept-Encoding": encoding, "If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304 and again.content == b""
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers["Vary"] == first.headers["Vary"]
        assert "Content-Encoding" not in again.headers


def test_another_language_is_another_answer(shared_client, tokens):
    client = shared_client.with_token(tokens.website())
    french = client.get(KRAAINEM, headers={"Accept-Language": "fr-BE"})
    dutch = client.get(KRAAINEM, headers={"Accept-Language": "nl", "If-None-Match": french.headers["ETag"]})
    assert (french.headers["Content-Language"], dutch.headers["Content-Language"]) == ("fr", "nl")
    assert dutch.status_code == 200


def test_last_modified_is_when_the_record_changed(client, tokens, database):
    admin = client.with_token(tokens.admin())
    path = PRACTICE + KRAAINEM[3:]
    database.fetch("update app.location set updated_at = '2026-01-02 03:04:05Z' where slug = 'kraainem'")
    first = admin.get(path)
    assert first.headers["Last-Modified"] == "Fri, 02 Jan 2026 03:04:05 GMT"
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    assert admin.get(path, headers=since).status_code == 304
    changed = admin.patch(path, json={"phone": "+32 2 000 01 99"}, if_match=first.headers["ETag"])
    assert changed.status_code == 200
    assert admin.get(path, headers=since).status_code == 200
    stale = admin.get(path, headers=since | {"If-None-Match": first.headers["ETag"]})
    assert stale.status_code == 200


def test_the_tag_of_a_compressed_record_changes_it_too(client, tokens):
    admin = client.with_token(tokens.admin())
    path = PRACTICE + KRAAINEM[3:]
    record = admin.get(path, headers={"Accept-Encoding": "gzip"})
    assert record.headers["ETag"].endswith('-gzip"')
    assert admin.patch(path, json={"phone": "+32 2 000 01 98"}, if_match=record.headers["ETag"]).status_code == 200
    assert admin.patch(path, json={"phone": "+32 2 000 01 97"}, if_match=record.headers["ETag"]).status_code == 412


def test_gzip_on_the_wire_is_gzip(shared_client, tokens):
    client = shared_client.with_token(tokens.website())
    with client.http.stream("GET", "/v1/treatments", headers={
            "Authorization": f"Bearer {client.token}", "Accept-Encoding": "gzip"}) as reply:
        raw = b"".join(reply.iter_raw())
    assert gzip.decompress(raw).startswith(b"{")
