"""The row policy of the audit trail, as the only wall: the query with its own condition taken out still shows nobody else's."""
import json
import uuid

import pytest

from clinic_kit import Clinic, Desk

FILTERS = ("case when everywhere then '(a.clinic_id <> app.no_clinic() or a.clinic_id = any ($1))' "
           "else 'a.clinic_id = any ($1)' end")


@pytest.fixture
def owner(database):
    connection = database.connect("clinicd_owner", autocommit=True)
    yield connection
    connection.close()


@pytest.fixture
def two(database, owner):
    """Two clinics with a location that each has written down, and a treatment of the catalogue."""
    clinics = [Clinic(owner), Clinic(owner)]
    for clinic in clinics:
        desk = Desk(database, sub=f"desk-{clinic.id}", scopes="directory:write", clinics="{%s}" % clinic.id)
        made = desk.run("createLocation", clinic_id=clinic.id, body={"slug": "site", "name": "Site"})
        assert made.status == 201
        desk.close()
    desk = Desk(database, sub="platform", scopes="platform:write")
    desk.run("putTreatment", treatment=f"t-{uuid.uuid4().hex[:8]}", body={"name": {"en": "T"}, "modality": "other"})
    desk.close()
    return clinics


@pytest.fixture
def unguarded(owner):
    """A copy of the query's function without the condition on clinics."""
    text = owner.execute("select pg_get_functiondef('app.list_audit'::regproc)").fetchone()[0]
    assert text.count(FILTERS) == 1 and text.count("app.list_audit(") == 1
    owner.execute(text.replace(FILTERS, "'true'").replace("app.list_audit(", "app.list_audit_unguarded("))
    owner.execute("grant execute on function app.list_audit_unguarded(jsonb) to clinicd_service")
    yield "app.list_audit_unguarded"


def seen(database, function, scopes, clinics, role="clinicd_service", **filters):
    """The clinics whose entries such a token gets, as strings; None is the catalogue."""
    with database.connect(role, autocommit=True) as connection, connection.transaction():
        for name, value in (("sub", "x"), ("scopes", scopes), ("clinics", clinics)):
            connection.execute("select set_config(%s, %s, true)", [f"app.{name}", value])
        body = connection.execute(f"select (a).body from {function}(%s) as a",
                                  [json.dumps({"scopes": scopes, "clinics": clinics, "limit": "100"} | filters)]).fetchone()[0]
        return {item["clinic_id"] for item in body["items"]}


def test_the_policy_alone_keeps_clinics_apart(database, owner, two, unguarded):
    mine, theirs = (str(clinic.id) for clinic in two)
    token = "{%s}" % mine
    assert seen(database, unguarded, "directory:write", token) == {mine}
    assert seen(database, unguarded, "directory:write", token, clinic_id=theirs) == set()
    assert seen(database, unguarded, "directory:write", "{}") == set()
    assert seen(database, unguarded, "directory:read bookings:desk", token) == set()
    assert seen(database, unguarded, "", "*") == set()
    assert seen(database, unguarded, "directory:write", "*") == {mine, theirs}
    assert seen(database, unguarded, "platform:write", token) == {None}
    assert seen(database, unguarded, "directory:write platform:write", token) == {mine, None}
    # The control: without the policy the copy shows everything, so the above could have failed.
    owner.execute("alter table app.audit disable row level security")
    assert seen(database, unguarded, "directory:write", token) == {mine, theirs, None}


def test_the_condition_alone_keeps_clinics_apart(database, owner, two):
    owner.execute("alter table app.audit disable row level security")
    mine, theirs = (str(clinic.id) for clinic in two)
    token = "{%s}" % mine
    assert seen(database, "app.list_audit", "directory:write", token) == {mine}
    assert seen(database, "app.list_audit", "directory:write", token, clinic_id=theirs) == set()
    assert seen(database, "app.list_audit", "directory:write", "{}") == set()
    assert seen(database, "app.list_audit", "directory:read", "*") == set()
    assert seen(database, "app.list_audit", "directory:write", "*") == {mine, theirs}
    assert seen(database, "app.list_audit", "platform:write", token) == {None}
    assert seen(database, "app.list_audit", "directory:write platform:write", "*") == {mine, theirs, None}


def test_nobody_rewrites_the_trail(database, two):
    with database.connect("clinicd_service", autocommit=True) as connection:
        connection.execute("select set_config('app.scopes', 'directory:write platform:write', false), set_config('app.clinics', '*', false)")
        for statement in ("update app.audit set who = 'nobody'", "delete from app.audit", "truncate app.audit"):
            with pytest.raises(Exception, match="permission denied"):
                connection.execute(statement)
