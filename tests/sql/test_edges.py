"""Local edges of working windows as instants, against Python's zoneinfo by brute force: every five minutes of the days on
which clocks change, opening and closing."""
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

CASES = [("Europe/Brussels", "2027-03-28"), ("Europe/Brussels", "2027-10-31"), ("America/New_York", "2027-03-14"),
         ("America/New_York", "2027-11-07"), ("Australia/Lord_Howe", "2027-10-03"), ("Australia/Lord_Howe", "2027-04-04"),
         ("Africa/Cairo", "2027-04-30"), ("Africa/Cairo", "2027-10-28"), ("Africa/Cairo", "2027-10-29"),
         ("Asia/Kolkata", "2027-03-28"), ("Europe/Dublin", "2027-03-28"), ("Europe/Dublin", "2027-10-31"),
         ("Africa/Casablanca", "2027-02-07"), ("Africa/Casablanca", "2027-03-14"), ("America/Santiago", "2027-09-05"),
         ("America/Santiago", "2027-04-03"), ("Asia/Beirut", "2027-03-28"), ("America/Havana", "2027-03-14"),
         ("America/Havana", "2027-11-07"), ("America/St_Johns", "2027-03-14"), ("America/St_Johns", "2027-11-07")]


def expected_edges(zone, locals_wanted):
    """{local: (opening, closing)} by looking at what the clock shows every five minutes."""
    instant = locals_wanted[0].replace(tzinfo=timezone.utc) - timedelta(hours=20)
    end = locals_wanted[-1].replace(tzinfo=timezone.utc) + timedelta(hours=20)
    shown, gaps, before = {}, [], None
    while instant < end:
        local = instant.astimezone(zone).replace(tzinfo=None)
        shown.setdefault(local, []).append(instant)
        if before and local - before > timedelta(minutes=5):
            gaps.append((before, local, instant))
        before, instant = local, instant + timedelta(minutes=5)
    edges = {}
    for local in locals_wanted:
        after_gap = [at for low, high, at in gaps if low < local < high]
        hits = shown.get(local) or after_gap
        edges[local] = (hits[0], hits[-1])
    return edges


@pytest.mark.parametrize("zone, day", CASES)
def test_edges(shared_database, zone, day):
    locals_wanted = [datetime.fromisoformat(day) + timedelta(minutes=minute) for minute in range(-60, 1501, 5)]
    rows = shared_database.fetch(
        "select l, app.edge(l, %s, false), app.edge(l, %s, true), "
        "app.edge_near(l, %s, false, app.day_offset(l::date, %s)), app.edge_near(l, %s, true, app.day_offset(l::date, %s)) "
        "from unnest(%s::timestamp[]) as l", [zone] * 6 + [locals_wanted])
    found = {row[0]: row[1:3] for row in rows}
    assert found == expected_edges(ZoneInfo(zone), locals_wanted)
    assert all(row[1:3] == row[3:5] for row in rows), "the short way differs"


@pytest.mark.parametrize("instant, zone, written", [
    ("2027-03-29T07:00:00Z", "Europe/Brussels", "2027-03-29T09:00:00+02:00"),
    ("2027-01-29T07:00:00Z", "America/St_Johns", "2027-01-29T03:30:00-03:30"),
    ("2027-07-29T07:00:00Z", "Asia/Kolkata", "2027-07-29T12:30:00+05:30"),
    ("2027-01-29T07:00:00Z", "UTC", "2027-01-29T07:00:00+00:00"),
])
def test_instants_carry_the_offset_of_their_place(shared_database, instant, zone, written):
    assert shared_database.value("select app.local_instant(%s::timestamptz, %s)", [instant, zone]) == written


@pytest.mark.parametrize("texts, wanted, fallback, found", [
    ('{"en": "a", "fr": "b"}', ["fr"], [], "fr"),
    ('{"en": "a", "fr": "b"}', ["fr-BE"], [], "fr"),
    ('{"en": "a", "fr": "b", "fr-BE": "c"}', ["fr-BE"], [], "fr-BE"),
    ('{"en": "a", "fr-CA": "b"}', ["fr"], [], "fr-CA"),
    ('{"en": "a", "fr-CA": "b", "fr-BE": "c"}', ["fr-CH"], [], "fr-BE"),
    ('{"en": "a", "nl": "b"}', ["de", "nl"], ["en"], "nl"),
    ('{"en": "a", "nl": "b"}', ["de"], ["nl", "en"], "nl"),
    ('{"nl": "a", "fr": "b"}', ["de"], ["it"], "fr"),
    ('{"zh-Hant": "a", "en": "b"}', ["zh-hant-x-private"], [], "zh-Hant"),
    ('{"en": "a"}', ["*"], [], "en"),
    ('{"en": "a", "nl": "b"}', [], ["nl"], "nl"),
    ('{}', ["en"], ["en"], None),
])
def test_languages_fall_back(shared_database, texts, wanted, fallback, found):
    assert shared_database.value("select app.text_language(%s::jsonb, %s::text[], %s::text[])", [texts, wanted, fallback]) == found


def test_uuids_are_version_7_and_in_order_of_time(shared_database):
    first, later = (shared_database.value("select app.new_id() from pg_sleep(0.01)") for _ in range(2))
    assert first.version == later.version == 7 and first.variant == later.variant
    assert first < later


@pytest.mark.parametrize("here, there, metres", [
    ("50.8503,4.3517", "50.8503,4.3517", 0), ("50.8503,4.3517", "51.2194,4.4025", 41_200), ("0,0", "0,180", 20_015_109)])
def test_distance_is_over_the_globe(shared_database, here, there, metres):
    found = shared_database.value("select app.distance_m(app.near_point(%s), app.near_point(%s))", [here, there])
    assert abs(found - metres) <= metres * 0.002
