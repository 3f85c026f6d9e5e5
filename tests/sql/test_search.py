"""Searching the directory the way it hurts: free text, the map, open doors, people, next free starts, facets, and its limits.

The demo practice is in the database: three clinics, ten complaints in four languages."""
import json
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from clinic_kit import Clinic, Desk, set_clock

NOW = datetime(2027, 3, 1, 8, 0, tzinfo=timezone.utc)  # a Monday
READER = "directory:read availability:read"


@pytest.fixture
def owner(database):
    connection = database.connect("clinicd_owner", options="-c app.test_clock=on", autocommit=True)
    set_clock(connection, NOW)
    yield connection
    connection.close()


@pytest.fixture
def desk(database, owner):
    desk = Desk(database, sub="website", scopes=READER)
    yield desk
    desk.close()


@pytest.fixture
def clinic(owner):
    return Clinic(owner)


@pytest.fixture(scope="module")
def shared(postgres, template):
    """A database, its owner and a desk for the tests of tables, which do not mind each other."""
    database = postgres.create_database()
    owner = database.connect("clinicd_owner", autocommit=True)
    desk = Desk(database, sub="website", scopes=READER)
    yield owner, desk
    desk.close()
    owner.close()
    database.drop()


def names(answer):
    assert answer.status == 200, answer
    return [item["name"] for item in answer["items"]]


def ids(answer):
    assert answer.status == 200, answer
    return [item["id"] for item in answer["items"]]


def pages(desk, query, **arguments):
    items, cursor = [], None
    for _ in range(10000):
        page = desk.run(query, cursor=cursor, **arguments)
        assert page.status == 200 and len(page["items"]) <= arguments["limit"]
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items
    raise AssertionError("the pages never end")


# ---------------------------------------------------------------- free text

MEANT = [
    ("Kopfschmerzen", "tension-headache"), ("KOPFSCHMERZEN", "tension-headache"), ("kopfschmezen", "tension-headache"),
    ("maux de tête", "tension-headache"), ("maux de tete", "tension-headache"), ("hoofdpijn", "tension-headache"),
    ("mal au dos", "low-back-pain"), ("Rückenschmerzen", "low-back-pain"), ("ruckenschmerzen", "low-back-pain"),
    ("back pain", "low-back-pain"), ("lage rugpijn", "low-back-pain"), ("sciatika", "sciatica"), ("Ischias", "sciatica"),
    ("tenis elbow", "tennis-elbow"), ("gonalgie", "knee-pain"), ("I have a headache", "tension-headache"),
]


@pytest.mark.parametrize("q, code", MEANT)
def test_a_complaint_is_found_in_any_language(shared, q, code):
    owner, desk = shared
    assert [c["code"] for c in desk.run("listComplaints", q=q)["items"]] == [code]


def test_where_it_hurts_and_where_it_may_come_from(desk):
    def complaints(q):
        return {c["code"] for c in desk.run("listComplaints", q=q)["items"]}

    assert {"stiff-neck", "tension-headache"} <= complaints("neck"), "the headache comes from the neck"
    assert complaints("mollet") >= {"achilles-pain"} and "achilles-pain" not in complaints("neck")
    assert {"knee-pain", "runners-knee"} == complaints("genou") == complaints("knie")
    assert complaints("%") == complaints("xqzzkw") == complaints("—") == set()


def test_text_finds_treatments_places_people_and_slots(desk, owner):
    wanted = sorted(row[0] for row in owner.execute("select treatment from app.complaint_treatment where complaint = 'tension-headache'"))
    assert sorted(t["code"] for t in desk.run("listTreatments", q="Kopfschmerzen")["items"]) == wanted
    assert [t["code"] for t in desk.run("listTreatments", q="schröpfen")["items"]] == ["cupping"]
    by_code = {t: set(ids(desk.run("listPractitioners", treatment=t, limit=100))) for t in wanted}
    assert set(ids(desk.run("listPractitioners", q="Kopfschmerzen", limit=100))) == set.union(*by_code.values())
    assert set(ids(desk.run("listLocations", q="Kopfschmerzen"))) == set(ids(desk.run("listLocations", complaint="tension-headache")))
    week = {"from": "2027-03-01", "to": "2027-03-07", "limit": 500}
    by_text = desk.run("findAvailability", q="mal au dos", near="50.85,4.4", **week)
    assert by_text["items"] and by_text.body == desk.run("findAvailability", complaint="low-back-pain", near="50.85,4.4", **week).body
    assert desk.run("countAvailableDays", q="mal au dos", near="50.85,4.4", **{k: week[k] for k in ("from", "to")})["items"]
    only = desk.run("findAvailability", q="mal au dos", treatment="cupping", near="50.85,4.4", **week)["items"]
    assert {slot["treatment"] for slot in only} == {"cupping"}
    assert desk.run("findAvailability", q="xqzzkw", near="50.85,4.4", **week)["items"] == []


def test_places_by_name_and_by_what_stands_about_them(desk):
    assert names(desk.run("listLocations", q="kraainem")) == names(desk.run("listLocations", q="krainem")) == ["Trigger Point Kraainem"]
    assert names(desk.run("listLocations", q="bosvoorde")) == names(desk.run("listLocations", q="bosvorde")) == ["Trigger Point Watermael-Boitsfort"]
    assert names(desk.run("listLocations", q="bosvoorde", near="50.85,4.4")) == ["Trigger Point Watermael-Boitsfort"]
    assert names(desk.run("listPractitioners", q="lambrecht")) == names(desk.run("listPractitioners", q="Lambrect")) == ["Camille Lambrecht"]


def test_whoever_is_called_so_comes_before_whoever_gives_what_it_means(desk, clinic):
    named = [str(clinic.add("location", slug=f"k{n}", name=f"Kopfschmerzen {n}", timezone="UTC")) for n in range(3)]
    for limit in (1, 2, 3, 4, 100):
        found = [item["id"] for item in pages(desk, "listLocations", q="Kopfschmerzen", limit=limit)]
        assert set(found[:3]) == set(named) and len(found) == len(set(found)) > 3
    near = [item["id"] for item in pages(desk, "listLocations", q="Kopfschmerzen", near="50.85,4.4", limit=2)]
    assert near == [id for id in near if id in found and id not in named], "without a point on the map they are not near"


def test_more_than_a_literal_name_does_not_count_as_its_typing_error(desk, clinic):
    exact = str(clinic.add("practitioner", name="Ischia Sart"))
    assert ids(desk.run("listPractitioners", q="Ischia Sart")) == [exact], "the likeness to Ischias does not count then"


# ---------------------------------------------------------------- places

def test_a_box_of_the_map(desk, clinic):
    fiji = str(clinic.location(latitude=-17.0, longitude=179.5))
    samoa = str(clinic.location(latitude=-14.0, longitude=-171.0))
    brussels = str(clinic.location(latitude=50.8, longitude=4.4))
    clinic.location()  # nowhere

    def found(bbox, query="listLocations"):
        return set(ids(desk.run(query, bbox=bbox, clinic_id=clinic.id)))

    assert found("4,50,5,51") == {brussels} and found("5,50,6,51") == set()
    assert found("179,-20,-170,-10") == {fiji, samoa} and found("-180,-90,180,90") == {fiji, samoa, brussels}
    person = str(clinic.practitioner(fiji))
    assert found("179,-20,-170,-10", "listPractitioners") == {person} and found("4,50,5,51", "listPractitioners") == set()
    refused = desk.run("listLocations", bbox="4,51,5,50")
    assert (refused.status, refused["type"], refused["errors"][0]["parameter"]) == (422, "unprocessable", "bbox")


def test_all_that_is_needed_to_get_in(desk, clinic):
    both = str(clinic.location(accessibility=["wheelchair", "hearing-loop"]))
    one = str(clinic.location(accessibility=["wheelchair"]))
    clinic.location()
    assert set(ids(desk.run("listLocations", clinic_id=clinic.id, accessibility=["wheelchair"]))) == {both, one}
    assert ids(desk.run("listLocations", clinic_id=clinic.id, accessibility=["hearing-loop", "wheelchair"])) == [both]
    person = str(clinic.practitioner(both))
    assert ids(desk.run("listPractitioners", clinic_id=clinic.id, accessibility=["hearing-loop"])) == [person]


OPEN = [  # zone, window, local moment (fold 1: the second time), whether the door is open
    ("Europe/Brussels", (1, "08:00", "19:00"), "2027-03-01T08:00", 0, True),
    ("Europe/Brussels", (1, "08:00", "19:00"), "2027-03-01T19:00", 0, False),
    ("Europe/Brussels", (1, "08:00", "19:00"), "2027-03-02T12:00", 0, False),
    ("Europe/Brussels", (1, "20:00", "02:00"), "2027-03-02T01:55", 0, True),      # past midnight, it is Monday's window
    ("Europe/Brussels", (1, "20:00", "02:00"), "2027-03-01T01:00", 0, False),
    ("Europe/Brussels", (7, "20:00", "00:00"), "2027-03-07T23:59", 0, True),
    ("Europe/Brussels", (7, "20:00", "00:00"), "2027-03-08T00:00", 0, False),
    ("Europe/Brussels", (7, "01:00", "02:30"), "2027-03-28T03:00", 0, False),     # 02:30 does not exist: until 03:00
    ("Europe/Brussels", (7, "01:00", "02:30"), "2027-03-28T01:59", 0, True),
    ("Europe/Brussels", (7, "02:30", "05:00"), "2027-03-28T03:00", 0, True),
    ("Europe/Brussels", (7, "01:00", "02:30"), "2027-10-31T02:20", 1, True),      # 02:30 comes twice: until the second
    ("Europe/Brussels", (7, "02:30", "05:00"), "2027-10-31T02:40", 0, True),      # and from the first on
    ("America/New_York", (1, "08:00", "19:00"), "2027-03-01T18:59", 0, True),
]


@pytest.mark.parametrize("zone, window, moment, fold, is_open", OPEN)
def test_the_door_is_open_by_the_place_s_own_clock(shared, zone, window, moment, fold, is_open):
    owner, desk = shared
    clinic = Clinic(owner)
    weekday, opens, closes = window
    place = clinic.location(zone=zone)
    owner.execute("update app.location set opening_hours = jsonb_build_array(jsonb_build_object('weekday', %s::int, 'from', %s::text, 'to', %s::text)) "
                  "where id = %s", [weekday, opens, closes, place])
    clinic.location(zone=zone)  # gave no hours
    instant = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(timezone.utc)
    found = ids(desk.run("listLocations", clinic_id=clinic.id, open_at=instant.isoformat()))
    assert found == ([str(place)] if is_open else [])


def test_a_closed_day_is_not_open(desk, clinic, owner):
    place = clinic.location()
    owner.execute("""update app.location set opening_hours = '[{"weekday": 1, "from": "08:00", "to": "19:00"}]' where id = %s""", [place])

    def is_open(moment):
        return ids(desk.run("listLocations", clinic_id=clinic.id, open_at=moment)) == [str(place)]

    assert is_open("2027-03-08T10:00:00+01:00")
    person = clinic.practitioner(place)
    clinic.add("exception", kind="close", practitioner_id=person, location_id=place, date_from="2027-03-08", date_to="2027-03-08")
    assert is_open("2027-03-08T10:00:00+01:00"), "one person's holiday closes no door"
    clinic.add("exception", kind="close", location_id=place, date_from="2027-03-08", date_to="2027-03-08", windows=[{"from": "09:00", "to": "12:00"}])
    assert not is_open("2027-03-08T10:00:00+01:00") and is_open("2027-03-08T12:00:00+01:00")
    clinic.add("exception", kind="close", location_id=place, date_from="2027-03-06", date_to="2027-03-09")
    assert not is_open("2027-03-08T12:00:00+01:00") and is_open("2027-03-15T12:00:00+01:00")


# ---------------------------------------------------------------- people

def test_a_certificate_on_a_date_and_new_clients(desk, clinic, owner):
    place = clinic.location(latitude=50.0, longitude=4.0)
    old = str(clinic.practitioner(place, languages=["fr"], accepts_new_clients=False))
    new = str(clinic.practitioner(place, languages=["fr", "nl"]))
    for person, since, until in ((old, None, "2027-04-30"), (new, "2027-05-01", None)):
        clinic.add("qualification", practitioner_id=person, position=1, code="needles-x", issued_on=since, expires_on=until)
    offering = clinic.offering([old, new], [place], certificate="needles-x")
    treatment = owner.execute("select treatment from app.offering where id = %s", [offering]).fetchone()[0]

    def people(**arguments):
        return ids(desk.run("listPractitioners", **arguments))

    for wish in ({"qualification": "needles-x"}, {"treatment": treatment}, {"offering_id": offering}):
        assert people(**wish) == people(on="2027-04-30", **wish) == [old], wish
        assert people(on="2027-05-01", **wish) == people(on="2027-05-01", near="50,4", **wish) == [new]
        assert people(on="2027-05-01", language="nl", location_id=place, accepts_new_clients="true", **wish) == [new]
        assert people(on="2027-05-01", accepts_new_clients="false", **wish) == people(language="nl", **wish) == []
    assert people(clinic_id=clinic.id, accepts_new_clients="false") == [old]


@pytest.mark.parametrize("asked, found", [
    ("fr", {"fr", "fr-BE", "fr-CA"}), ("fr-BE", {"fr", "fr-BE"}), ("fr-be", {"fr", "fr-BE"}), ("fr-CH", {"fr"}), ("de", {"de"}),
    ("zh", {"zh-Hant-TW"}), ("zh-Hant", {"zh-Hant-TW"}), ("zh-Hans", set()), ("zh-Hant-TW-x", {"zh-Hant-TW"}), ("f", set()),
])
def test_a_language_finds_whoever_speaks_it(desk, clinic, asked, found):
    place = clinic.location(latitude=50.0, longitude=4.0)
    people = {tag: clinic.practitioner(place, languages=[tag]) for tag in ("fr", "fr-BE", "fr-CA", "de", "zh-Hant-TW", "fro")}
    sites = {tag: clinic.location(latitude=51.0, longitude=4.0) for tag in people}
    for tag, person in people.items():
        clinic.add("practitioner_location", practitioner_id=person, location_id=sites[tag])
        clinic.schedule(person, place, 1, "09:00", "10:00")
    clinic.offering(list(people.values()), [place])
    wish = {"clinic_id": clinic.id, "language": asked}
    for order in ({}, {"near": "50,4"}, {"q": "Somebody"}):
        assert sorted(ids(desk.run("listPractitioners", **wish, **order))) == sorted(str(people[tag]) for tag in found), order
    for order in ({}, {"near": "50,4"}):
        assert set(ids(desk.run("listLocations", **wish, **order))) == {str(sites[tag]) for tag in found} | ({str(place)} if found else set())
    day = {"from": "2027-03-08", "to": "2027-03-08", "limit": 500}
    slots = desk.run("findAvailability", clinic_id=[str(clinic.id)], language=[asked], **day)["items"]
    assert {slot["practitioner_id"] for slot in slots} == {str(people[tag]) for tag in found}
    both = desk.run("findAvailability", clinic_id=[str(clinic.id)], language=[asked, "de"], **day)["items"]
    assert {slot["practitioner_id"] for slot in both} == {str(people[tag]) for tag in found | {"de"}}


def test_a_facet_of_languages_counts_what_a_search_for_it_finds(desk, clinic):
    place = clinic.location()
    for tags in (["fr"], ["fr-BE", "nl"], ["fr-CA"]):
        clinic.practitioner(place, languages=tags)
    facets = desk.run("listPractitioners", clinic_id=clinic.id, facets=["language"])["facets"]
    assert facets["language"] == [{"value": "fr", "count": 3}, {"value": "fr-BE", "count": 2}, {"value": "fr-CA", "count": 2}, {"value": "nl", "count": 1}]


# ---------------------------------------------------------------- next free starts

def test_the_next_free_start_is_that_of_the_search_for_slots(desk):
    wish = {"treatment": "dry-needling", "near": "50.85,4.4"}
    for query, whose, mode in (("listPractitioners", "practitioner_id", "first_per_practitioner"), ("listLocations", "location_id", "first_per_location")):
        first = {slot[whose]: slot for slot in desk.run("findAvailability", mode=mode, limit=100, radius_km=500, **wish,
                                                        **{"from": "2027-03-01", "to": "2027-03-28"})["items"]}
        items = desk.run(query, include=["next_available"], **wish)["items"]
        assert items and {item["id"] for item in items} == first.keys()
        for item in items:
            expected = {name: value for name, value in first[item["id"]].items() if name != "distance_m"}
            assert item["next_available"] == expected
            assert datetime.fromisoformat(item["next_available"]["start"]) < datetime.fromisoformat(item["searched_until"])


def test_where_all_is_full_for_weeks(desk, clinic, owner):
    place = clinic.location()
    busy, free_later, never = (clinic.practitioner(place) for _ in range(3))
    offering = clinic.offering([busy, free_later, never], [place])
    for person in (busy, free_later):
        for weekday in range(1, 8):
            clinic.schedule(person, place, weekday, "08:00", "18:00")
    for day in range(90):
        start = NOW.replace(hour=6) + timedelta(days=day)
        for person in (busy, free_later):
            if person == busy or day != 20:
                clinic.block([person], offering, place, person, start, start + timedelta(hours=12))
    items = {item["id"]: item for item in desk.run("listPractitioners", offering_id=offering, include=["next_available"])["items"]}
    assert items.keys() == {str(busy), str(free_later), str(never)}
    assert items[str(busy)]["next_available"] is None and items[str(never)]["next_available"] is None
    until = datetime.fromisoformat(items[str(busy)]["searched_until"])
    assert timedelta(0) <= until - (NOW + timedelta(days=28)) < timedelta(minutes=2), "the clock runs on during the test"
    assert items[str(free_later)]["next_available"]["start"] == "2027-03-21T08:00:00+01:00"
    at_place = desk.run("listLocations", offering_id=offering, include=["next_available"])["items"]
    assert [item["next_available"]["practitioner_id"] for item in at_place] == [str(free_later)]


@pytest.mark.parametrize("arguments, status, parameter", [
    ({}, 422, "include"), ({"complaint": "sciatica"}, 422, "include"), ({"treatment": "cupping", "limit": 21}, 422, "limit"),
    ({"treatment": "cupping", "scopes": "directory:read"}, 403, None)])
def test_when_next_free_starts_are_not_given(desk, arguments, status, parameter):
    for query in ("listLocations", "listPractitioners"):
        refused = desk.run(query, include=["next_available"], **arguments)
        assert refused.status == status
        assert parameter is None or refused["errors"][0]["parameter"] == parameter


# ---------------------------------------------------------------- one question, one answer

def test_the_first_free_slot_of_each_place_for_a_complaint(desk):
    wish = {"complaint": "tension-headache", "near": "50.85,4.4", "radius_km": 20, "language": ["fr"],
            "qualification": ["dry-needling-certificate"], "from": "2027-03-01", "to": "2027-03-07", "limit": 500}
    every = pages(desk, "findAvailability", **wish)
    first = {}
    for slot in every:
        first.setdefault(slot["location_id"], slot)
    answer = desk.run("findAvailability", mode="first_per_location", **wish)
    assert len(first) == 2 and answer["items"] == list(first.values())


# ---------------------------------------------------------------- facets

def test_facets_count_what_the_search_finds(desk):
    for query in ("listLocations", "listPractitioners"):
        wish = {"near": "50.85,4.4", "radius_km": 50}
        answer = desk.run(query, facets=["treatment", "language", "city"], limit=1, **wish)
        facets = answer["facets"]
        assert len(answer["items"]) == 1 and facets["complete"]
        assert facets["counted"] == len(ids(desk.run(query, limit=100, **wish)))
        for facet, parameter in (("treatment", "treatment"), ("language", "language"), ("city", "city")):
            assert facets[facet]
            for entry in facets[facet]:
                narrowed = desk.run(query, limit=100, **{parameter: entry["value"]}, **wish)
                assert len(narrowed["items"]) == entry["count"], (query, entry)
    assert desk.run("listLocations", q="xqzzkw", facets=["city"])["facets"] == {"counted": 0, "complete": True, "city": []}
    assert "facets" not in desk.run("listLocations").body


# ---------------------------------------------------------------- limits and indexes

def test_a_page_ends_early_and_the_next_goes_on(database, desk, clinic, owner):
    """With little effort allowed, the pages of a rare wish are short or empty; together they hold it all."""
    sites = [clinic.location(latitude=50 + n % 7 / 10, longitude=4.0, accessibility=["throne"] if n % 13 == 0 else []) for n in range(60)]
    people = [clinic.practitioner(site, languages=["tlh"] if n % 13 == 0 else ["fr"], accepts_new_clients=n % 13 != 0)
              for n, site in enumerate(sites)]
    hurried = Desk(database, scopes=READER)
    hurried.connection.execute("set app.search_effort = 50")
    for order in ({}, {"near": "50.3,4"}, {"q": "site"}):
        for wish in ({"language": "tlh"}, {"accessibility": ["throne"]}):
            assert sorted(i["id"] for i in pages(hurried, "listLocations", limit=3, **wish, **order)) == sorted(str(s) for s in sites[::13])
    for order in ({}, {"near": "50.3,4"}):
        for wish in ({"language": "tlh"}, {"accepts_new_clients": "false"}):
            found = pages(hurried, "listPractitioners", limit=3, **wish, **order)
            found = [i["id"] for i in found if i["clinic_id"] == str(clinic.id)]  # the demo practice has somebody, too
            assert sorted(found) == sorted(str(p) for p in people[::13]), (wish, order)
    first = hurried.run("listLocations", limit=3, accessibility=["throne"])
    assert len(first["items"]) < 3 and first["next"], "it did end early"
    hurried.close()


@pytest.fixture(scope="module")
def many(postgres, template):
    database = postgres.create_database()
    with database.connect("clinicd_owner") as connection:
        clinic = Clinic(connection)
        connection.execute(
            "insert into app.location (clinic_id, slug, name, timezone, latitude, longitude, accessibility) "
            "select %s, 'n' || n, (array['Linden','Moulin','Sonnen','Kirch'])[1 + n %% 4] || (array['hof','garten','weg'])[1 + n %% 3] || ' ' || n, "
            "'UTC', 40 + n * 7919 %% 10000 / 1000.0, n * 9973 %% 10000 / 1000.0, case when n %% 3 = 0 then '{wheelchair}' else '{}' end::text[] "
            "from generate_series(1, 8000) as n", [clinic.id])
        connection.execute("analyze")
        connection.execute("insert into app.practitioner (clinic_id, name, languages) values (%s, 'Everywhere', '{fr}')", [clinic.id])
        connection.execute("insert into app.practitioner_location (clinic_id, practitioner_id, location_id) "
                           "select p.clinic_id, p.id, l.id from app.practitioner p join app.location l on l.clinic_id = p.clinic_id "
                           "where p.clinic_id = %s and l.slug like 'n%%7'", [clinic.id])
        connection.execute("analyze")
    yield database
    database.drop()


def plans(database, **arguments):
    """The plans of every statement inside one search, as the service's connections make them."""
    told = []
    with database.connect() as connection:
        connection.add_notice_handler(lambda notice: told.append(notice.message_primary))
        connection.execute("load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on; "
                           "set client_min_messages = log; set plan_cache_mode = force_generic_plan")
        text = connection.execute("select body from app.list_directory('location', jsonb_build_object('clinics', '*', 'lang', '{en}') || %s::jsonb)",
                                  [json.dumps(arguments)]).fetchone()[0]
    return text["items"], "\n".join(told)


def test_near_with_two_filters_walks_along_the_index(many):
    items, plan = plans(many, near="45,10", accessibility='["wheelchair"]', language="fr")
    assert len(items) == 20 and "Index Scan using location_position on location" in plan
    assert "Seq Scan on location" not in plan


def test_text_with_a_typing_error_uses_the_index_of_trigrams(many):
    items, plan = plans(many, q="lindnhof 1200")
    assert items[0]["name"] == "Lindenhof 1200"
    assert "Bitmap Index Scan on location_words" in plan and "Seq Scan on location" not in plan


def test_a_rare_language_is_known_from_its_own_index(many):
    """However many are called so: the few who speak it are looked at."""
    with many.connect() as connection:
        connection.execute("insert into app.practitioner (clinic_id, name, languages) select clinic_id, 'Rare', '{tlh-KX}' from app.location where slug = 'n4321'")
        connection.execute("insert into app.practitioner_location (clinic_id, practitioner_id, location_id) "
                           "select p.clinic_id, p.id, l.id from app.practitioner p join app.location l on l.clinic_id = p.clinic_id "
                           "where p.name = 'Rare' and l.slug = 'n4321'")
    for wish in ({"q": "hof"}, {"q": "garten"}, {"q": "weg"}):
        items, plan = plans(many, language="tlh", **wish)
        assert [item["slug"] for item in items] == (["n4321"] if wish["q"] == "garten" else [])
        assert "Bitmap Index Scan on practitioner_tongues" in plan and "Seq Scan on location" not in plan, wish
    many.fetch("delete from app.practitioner_location pl using app.practitioner p where p.id = pl.practitioner_id and p.name = 'Rare'")
    many.fetch("delete from app.practitioner where name = 'Rare'")


def test_what_nobody_has_is_known_from_its_own_index(many):
    for wish in ({"treatment": "dry-needling-x"}, {"complaint": "none"}, {"q": "xqzzkw"}, {"city": "nowhere"}, {"bbox": "100,0,101,1"}):
        items, plan = plans(many, near="45,10", **wish)
        assert items == [] and "Seq Scan on location" not in plan, wish
