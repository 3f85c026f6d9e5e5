"""The directory as a web page searches it, over HTTP. The rules of search are in tests/sql/test_search.py."""
import pytest


@pytest.fixture
def practice(make_practice, clock):
    """Somebody who massages on Mondays at one site; the clock stands at Monday, 2027-03-01."""
    return make_practice().simple()


@pytest.fixture
def website(shared_client, tokens):
    return shared_client.with_token(tokens.website())


def items(client, path, **params):
    reply = client.get(path, params=params)
    assert reply.status_code == 200, reply.text
    return reply.json()["items"]


@pytest.mark.parametrize("q", ["Kopfschmerzen", "kopfschmezen", "maux de tête", "HOOFDPIJN", "headache"])
def test_what_hurts_finds_all_that_helps(website, q):
    assert [c["code"] for c in items(website, "/v1/complaints", q=q)] == ["tension-headache"]
    assert "dry-needling" in [t["code"] for t in items(website, "/v1/treatments", q=q)]
    near = {"near": "50.85,4.4", "radius_km": "30", "limit": "100"}
    assert "Trigger Point Kraainem" in [place["name"] for place in items(website, "/v1/locations", q=q, **near)]
    assert "Camille Lambrecht" in [person["name"] for person in items(website, "/v1/practitioners", q=q, city="kraainem", limit="100")]


def test_slots_by_what_hurts(website, practice):
    span = {"from": "2027-03-08", "to": "2027-03-08", "clinic_id": practice.id}
    found = items(website, "/v1/availability", q="mal au dos", **span)
    assert found and found == items(website, "/v1/availability", treatment="trigger-point-massage", **span)
    assert items(website, "/v1/availability", q="xqzzkw", **span) == []
    assert [day["date"] for day in items(website, "/v1/availability/days", q="Ruckenschmerzen", **span)] == ["2027-03-08"]
    one = items(website, "/v1/availability", q="mal au dos", mode="first_per_location", **span)
    assert [slot["start"] for slot in one] == [found[0]["start"]]


def test_next_free_starts_and_facets_in_one_answer(website, practice):
    for path, ours in (("/v1/locations", practice.site["id"]), ("/v1/practitioners", practice.person["id"])):
        reply = website.get(path, params={"clinic_id": practice.id, "treatment": "trigger-point-massage", "include": "next_available",
                                          "facets": "treatment,language,city"})
        assert reply.status_code == 200, reply.text
        body = reply.json()
        assert [item["id"] for item in body["items"]] == [ours]
        assert body["items"][0]["next_available"]["start"] == "2027-03-01T09:00:00+01:00"
        assert body["facets"]["counted"] == 1 and {"value": "trigger-point-massage", "count": 1} in body["facets"]["treatment"]
        offering = items(website, path, offering_id=practice.massage["id"], include="next_available")
        assert [item["next_available"] for item in offering] == [body["items"][0]["next_available"]]
        assert items(website, path, offering_id=practice.massage["id"], treatment="cupping") == []


def test_places_by_the_map_the_door_and_the_clock(website):
    brussels = {"bbox": "4.3,50.7,4.5,50.9", "q": "trigger point"}
    assert [place["name"] for place in items(website, "/v1/locations", accessibility=["wheelchair", "step-free-entrance"], **brussels)] == [
        "Trigger Point Kraainem"]
    assert len(items(website, "/v1/locations", open_at="2027-03-09T20:30:00+01:00", **brussels)) == 2
    assert items(website, "/v1/locations", open_at="2027-03-07T10:00:00+01:00", **brussels) == [], "on a Sunday"
    assert items(website, "/v1/locations", q="bosvoorde")[0]["name"] == "Trigger Point Watermael-Boitsfort"


def test_people_by_certificate_date_and_new_clients(website):
    wish = {"city": "kraainem", "qualification": "dry-needling-certificate", "limit": "100"}
    today = {person["name"] for person in items(website, "/v1/practitioners", on="2027-03-01", **wish)}
    assert "Camille Lambrecht" in today and "Amina Benkirane" not in today, "hers has run out"
    assert items(website, "/v1/practitioners", on="1990-01-01", **wish) == [], "nobody held one then"
    taking = {p["name"] for p in items(website, "/v1/practitioners", on="2027-03-01", accepts_new_clients="true", **wish)}
    full = {p["name"] for p in items(website, "/v1/practitioners", on="2027-03-01", accepts_new_clients="false", **wish)}
    assert taking | full == today and not taking & full


@pytest.mark.parametrize("path, params, status, place", [
    ("/v1/locations", {"bbox": "4,51,5,50"}, 422, "bbox"),
    ("/v1/locations", {"bbox": "4,51,5"}, 400, "bbox"),
    ("/v1/locations", {"bbox": "4,51,181,52"}, 400, "bbox"),
    ("/v1/locations", {"open_at": "now"}, 400, "open_at"),
    ("/v1/locations", {"facets": "price"}, 400, "facets/0"),
    ("/v1/locations", {"include": "next_available"}, 422, "include"),
    ("/v1/practitioners", {"include": "next_available", "treatment": "cupping", "limit": "21"}, 422, "limit"),
    ("/v1/practitioners", {"on": "2027-02-30"}, 400, "on"),
    ("/v1/practitioners", {"accepts_new_clients": "perhaps"}, 400, "accepts_new_clients"),
    ("/v1/availability", {"q": "", "from": "2027-03-01", "to": "2027-03-02"}, 400, "q")])
def test_what_a_search_refuses(website, path, params, status, place):
    reply = website.get(path, params=params)
    assert reply.status_code == status, reply.text
    assert [fault["parameter"].split("/")[0] for fault in reply.json()["errors"]] == [place.split("/")[0]]


def test_next_free_starts_need_the_scope_of_free_starts(shared_client, tokens):
    reader = shared_client.with_token(tokens.mint(scope="directory:read"))
    for path in ("/v1/locations", "/v1/practitioners"):
        reply = reader.get(path, params={"treatment": "cupping", "include": "next_available"})
        assert (reply.status_code, reply.json()["type"]) == (403, "/problems/forbidden")
        assert reader.get(path, params={"treatment": "cupping"}).status_code == 200
