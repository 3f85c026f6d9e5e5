"""A database that an earlier version filled is brought up to date by `clinicd migrate`: its bookings stay, can be read and
cancelled, and keep their time."""
import datetime
import hashlib

import pytest

from harness import ROOT
from harness.client import Client
from harness.postgres import run_command

# What the first version had, and rows in it as it wrote them.
FIRST = "0007"
CLINIC, SITE, PERSON, OFFERING, BOOKING, HOLD = (f"00000000-0000-7000-8000-00000000000{n}" for n in range(1, 7))
START = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=9)).replace(hour=9, minute=0, second=0, microsecond=0)
ROWS = f"""
insert into app.treatment (code, name, modality) values ('old-massage', '{{"en": "Old massage"}}', 'manual');
insert into app.clinic (id, slug, name, timezone) values ('{CLINIC}', 'old', 'Old practice', 'UTC');
insert into app.location (clinic_id, id, slug, name, latitude, longitude, timezone)
values ('{CLINIC}', '{SITE}', 'site', 'Old site', 50.8, 4.4, 'UTC');
insert into app.practitioner (clinic_id, id, name) values ('{CLINIC}', '{PERSON}', 'Old hand');
insert into app.practitioner_location values ('{CLINIC}', '{PERSON}', '{SITE}');
insert into app.offering (clinic_id, id, treatment, duration_minutes, price_amount, price_currency)
values ('{CLINIC}', '{OFFERING}', 'old-massage', 60, 6500, 'EUR');
insert into app.offering_practitioner values ('{CLINIC}', '{OFFERING}', '{PERSON}');
insert into app.offering_location values ('{CLINIC}', '{OFFERING}', '{SITE}');
insert into app.schedule (clinic_id, practitioner_id, location_id, weekday, "from", "to")
values ('{CLINIC}', '{PERSON}', '{SITE}', {START.isoweekday()}, '09:00', '12:00');
insert into app.booking (clinic_id, id, reference, status, location_id, practitioner_id, offering_id, treatment, starts_at, ends_at,
                         timezone, price_amount, price_currency, policy, free_cancel_until, remind_at, hold_expires_at, client, source)
select '{CLINIC}', id::uuid, reference, status, '{SITE}', '{PERSON}', '{OFFERING}', 'old-massage', starts_at, starts_at + interval '1 hour',
       'UTC', 6500, 'EUR', '{{"late_cancellation_fee_percent": 100, "hold_minutes": 10, "no_show_fee_percent": 100}}',
       starts_at - interval '24 hours', starts_at - interval '28 hours', hold_expires_at,
       '{{"name": "Ada Example", "email": "ada@example.org"}}', 'partner'
from (values ('{BOOKING}', 'AAAAAAAA', 'confirmed', timestamptz '{START}', null::timestamptz),
             ('{HOLD}', 'BBBBBBBB', 'held', timestamptz '{START}' + interval '1 hour', now() + interval '10 minutes'))
     as old (id, reference, status, starts_at, hold_expires_at);
insert into app.occupancy (clinic_id, resource_id, booking_id, blocked_from, blocked_to, expires_at)
select clinic_id, practitioner_id, id, starts_at, ends_at, hold_expires_at from app.booking;
"""


@pytest.fixture
def old_database(postgres):
    database = postgres.empty_database()
    files = [path for path in sorted((ROOT / "sql" / "migrations").glob("*.sql")) if path.name[:4] <= FIRST]
    postgres.psql(database.name, *files, role="clinicd_owner")
    database.fetch("create table app.migration (name text collate \"C\" primary key, digest text not null, at timestamptz not null default now())")
    database.fetch("alter table app.migration owner to clinicd_owner")
    for path in files:
        database.fetch(f"insert into app.migration values ('{path.name}', '{hashlib.sha256(path.read_bytes()).hexdigest()}')")
    database.fetch(ROWS)
    yield database
    database.drop()


def test_bookings_of_an_earlier_version_live_on(old_database, start_service, contract, tokens):
    run_command(old_database, "migrate")
    service = start_service(old_database)
    partner = Client(service.url, contract, tokens.partner("partner"))
    booking, hold = (partner.get(f"/v1/bookings/{one}").json() for one in (BOOKING, HOLD))
    assert (booking["status"], booking["client"]["name"], hold["status"]) == ("confirmed", "Ada Example", "held")
    slots = [slot["start"] for slot in partner.items("/v1/availability", clinic_id=CLINIC, **{"from": f"{START:%F}", "to": f"{START:%F}"})]
    assert slots == [f"{START:%F}T11:00:00+00:00"]  # the two keep their hours
    wanted = {"offering_id": OFFERING, "location_id": SITE, "start": booking["start"], "client": {"name": "Bea Example"}}
    assert partner.post("/v1/bookings", json=wanted).status_code == 409
    assert partner.post(f"/v1/bookings/{HOLD}/confirm", json={}).json()["status"] == "confirmed"
    assert partner.post(f"/v1/bookings/{BOOKING}/cancel", json={}).json()["status"] == "cancelled"
    assert partner.post("/v1/bookings", json=wanted).status_code == 201
    assert partner.get("/v1/bookings", params={"clinic_id": CLINIC}).status_code == 200
    officer = partner.with_token(tokens.admin())
    client, = officer.items("/v1/clients", email="ADA@example.org")
    assert officer.get(f"/v1/clients/{client['id']}").json()["bookings"] == 2, "whoever had booked before is known"
    partner.close()


def test_types_get_the_members_that_came_later(database):
    """They are made only when they are missing, and functions of this version need what an earlier one did not have."""
    members = ("select attname::text from pg_attribute where attrelid = to_regclass('app.booking_filter') and attname = 'session_id' "
               "and not attisdropped")
    database.fetch("alter type app.booking_filter drop attribute session_id")
    run_command(database, "migrate")
    assert len(database.fetch(members)) == 1
