"""Nothing of the directory is left out of an export: every column of its tables has a member, and every table a reason."""
import json
import subprocess

import pytest

from harness import ROOT

#: Table and the schema of the body that creates its rows, which is what a line carries.
KINDS = {"clinic": "ClinicCreate", "location": "LocationCreate", "room": "RoomCreate", "practitioner": "PractitionerCreate",
         "offering": "OfferingCreate", "schedule": "ScheduleCreate", "exception": "ExceptionCreate"}
#: Tables whose rows are members of a line: which one, and the columns that say whose and where in the list.
LISTS = {"qualification": ("practitioner", "qualifications"), "practitioner_location": ("practitioner", "location_ids"),
         "offering_practitioner": ("offering", "practitioner_ids"), "offering_location": ("offering", "location_ids")}
#: What a line says beside its data, and what belongs to the database that keeps it.
OUTSIDE = {"id", "clinic_id", "status", "version", "intake_version", "created_at", "updated_at"}
#: Columns that the API gives another form.
ALIAS = {"latitude": "geo", "longitude": "geo", "price_amount": "price", "price_currency": "price"}
#: Tables with a clinic that are no part of its directory.
NOT_THE_DIRECTORY = {
    "booking": "who comes when", "occupancy": "what bookings block", "charge": "what bookings cost",
    "change": "the log", "audit": "the trail", "booking_order": "bookings made together", "series": "bookings that follow each other",
    "session": "what a group takes", "waitlist_entry": "who waits", "waitlist_freed": "times that came free for them", "client": "who came", "partner_rule": "what a partner of this service may do",
    "intake_form": "the versions of what an offering asks; the present one is the offering's member `intake`",
}


@pytest.fixture(scope="module")
def schemas(tmp_path_factory):
    path = tmp_path_factory.mktemp("contract") / "openapi.json"
    subprocess.run(["/usr/bin/python3", ROOT / "openapi/bundle.py", ROOT / "openapi/openapi.yaml", path], check=True)
    return json.loads(path.read_text())["components"]["schemas"]


def columns(database, table):
    return {name for name, in database.fetch(
        "select attname from pg_attribute where attrelid = ('app.' || %s)::regclass and attnum > 0 and not attisdropped and attgenerated = ''", [table])}


@pytest.mark.parametrize("table", KINDS)
def test_every_column_is_a_member_of_the_line(table, shared_database, schemas):
    members = set(schemas[KINDS[table]]["properties"])
    expected = {ALIAS.get(name, name) for name in columns(shared_database, table) - OUTSIDE}
    if table == "clinic":
        expected.remove("external_id")  # stands beside the data
    missing = expected - members
    assert not missing, f"{KINDS[table]} lacks {missing}: an export would lose it"


@pytest.mark.parametrize("table", KINDS)
def test_the_record_shows_all_that_a_create_takes(table, shared_database, schemas):
    """The line is made of the record; what the record lacks would be lost."""
    function = "clinic_json" if table == "clinic" else f"{table}_record"
    record = shared_database.value(f"select app.{function}(t) from app.{table} as t limit 1")
    missing = set(schemas[KINDS[table]]["properties"]) - set(record)
    assert not missing, f"app.{function} lacks {missing}: an export would lose it"


def test_members_of_lists_are_carried_whole(shared_database, schemas):
    held = columns(shared_database, "qualification") - {"clinic_id", "practitioner_id", "position"}
    assert held == set(schemas["Qualification"]["properties"])
    for table, (kind, member) in LISTS.items():
        assert member in schemas[KINDS[kind]]["properties"]
        if table != "qualification":
            assert len(columns(shared_database, table)) == 3, f"{table} says more than who belongs to whom"


def test_every_table_of_a_clinic_is_exported_or_known_not_to_be(shared_database):
    tables = {name for name, in shared_database.fetch(
        "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'clinic_id' and not a.attisdropped"
        " where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition")} | {"clinic"}
    unknown = tables - set(KINDS) - set(LISTS) - set(NOT_THE_DIRECTORY)
    assert not unknown, f"{unknown}: part of the directory, or not?"
