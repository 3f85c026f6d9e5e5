"""Who may see and do what: tokens are bound to clinics, partners to their own bookings, and the database keeps both even
when a query forgets to."""
import re
import uuid

import pytest

from harness.tokens import ALL, DESK, PARTNER

NINE, TEN, ELEVEN = (f"2027-03-08T{hour:02}:00:00+01:00" for hour in (9, 10, 11))
MONDAY = {"from": "2027-03-08", "to": "2027-03-08"}


def problem(reply, status, slug):
    assert reply.status_code == status, reply.text
    assert reply.json()["type"] == f"/problems/{slug}", reply.text


@pytest.fixture
def ours(make_practice, clock):
    return make_practice().simple()


@pytest.fixture
def theirs(make_practice):
    return make_practice().simple()


def of_clinic(contract, method=None):
    """The operations at a clinic's own paths."""
    return [operation for operation in contract.operations if operation.path.startswith("/v1/clinics/{clinic_id}")
            and method in (None, operation.method)]


def address(operation, clinic):
    return re.sub(r"\{[^}]*\}", lambda _: str(uuid.uuid4()), operation.path.replace("{clinic_id}", clinic))


# ---------------------------------------------------------------- the gate

def test_every_operation_asks_for_a_token_and_its_scopes(shared_client, tokens, contract):
    nothing = shared_client.with_token(tokens.mint(scope="events:read"))
    asked = 0
    for operation in contract.operations:
        sets = [needed["jwt"] for needed in operation.item.get("security", []) if "jwt" in needed]
        if not sets:
            continue
        path = re.sub(r"\{[^}]*\}", lambda _: str(uuid.uuid4()), operation.path)
        without = shared_client.request(operation.method, path, check=True)
        problem(without, 401, "unauthorized")
        assert without.headers["www-authenticate"].startswith("Bearer")
        if all(sets) and not any("events:read" in needed for needed in sets):
            reply = nothing.request(operation.method, path)
            problem(reply, 403, "insufficient-scope")
            assert 'error="insufficient_scope"' in reply.headers["www-authenticate"]
            asked += 1
    assert asked > 50


def test_a_token_may_act_only_at_its_clinics(ours, theirs, contract):
    """The same 403 whether such a clinic exists or not, on every operation at a clinic's path, and before its body is read."""
    everything = ours.client.with_token(ours.tokens.mint(scope=ALL, clinics=[ours.id]))
    nowhere = ours.client.with_token(ours.tokens.mint(scope=ALL, clinics=[]))
    operations = of_clinic(contract)
    assert len(operations) > 35
    for operation in operations:
        for clinic, client in ((theirs.id, everything), (str(uuid.uuid4()), everything), (ours.id, nowhere)):
            problem(client.request(operation.method, address(operation, clinic)), 403, "clinic-not-allowed")
    other_spelling = everything.get(f"/v1/clinics/{ours.id.upper()}/locations")
    assert other_spelling.status_code in (200, 403) and theirs.id not in other_spelling.text


def test_what_belongs_to_the_platform(ours):
    """The staff of a clinic change their clinic, but neither make nor archive one, nor touch what all share."""
    assert ours.desk.patch(ours.path, json={"name": "A new name"}, if_match="*").status_code == 200
    for reply in (ours.desk.delete(ours.path, if_match="*"), ours.desk.post(f"{ours.path}/restore", if_match="*"),
                  ours.desk.post("/v1/clinics", json={"slug": "x", "name": "X", "timezone": "UTC"}),
                  ours.desk.put("/v1/treatments/x", json={"name": {"en": "X"}, "modality": "manual"}, headers={"If-None-Match": "*"}),
                  ours.desk.patch("/v1/complaints/sciatica", json={"felt_in": []}, if_match="*")):
        problem(reply, 403, "insufficient-scope")
    bound = ours.client.with_token(ours.tokens.mint(scope=ALL, clinics=[ours.id]))
    problem(bound.post("/v1/clinics", json={"slug": "x", "name": "X", "timezone": "UTC"}), 403, "forbidden")
    problem(ours.website.patch(ours.path, json={"name": "X"}, if_match="*"), 403, "insufficient-scope")


# ---------------------------------------------------------------- what is read across clinics

def test_reads_and_searches_keep_to_the_tokens_clinics(ours, theirs):
    for path in (f"/v1/locations/{theirs.site['id']}", f"/v1/practitioners/{theirs.person['id']}"):
        for who in (ours.website, ours.partner, ours.desk):
            problem(who.get(path), 404, "not-found")
            problem(who.get(path, params={"include": "archived"}), 404, "not-found")
        assert theirs.website.get(path).status_code == 200
    for path, record in (("/v1/locations", ours.site), ("/v1/practitioners", ours.person), ("/v1/clinics", ours.clinic)):
        assert [item["id"] for item in ours.website.items(path)] == [record["id"]]
    for path in ("/v1/locations", "/v1/practitioners"):
        assert ours.website.items(path, clinic_id=theirs.id) == []
    assert ours.website.items("/v1/clinics", slug=theirs.clinic["slug"]) == []
    assert ours.website.items("/v1/practitioners", location_id=theirs.site["id"]) == []
    nowhere = ours.client.with_token(ours.tokens.mint(clinics=[]))
    for path in ("/v1/locations", "/v1/practitioners", "/v1/clinics", "/v1/bookings"):
        assert nowhere.items(path) == []


def test_ids_of_another_clinic_say_nothing_at_ours(ours, theirs):
    """With a token for both, a record is found only under the clinic that has it."""
    both = ours.client.with_token(ours.tokens.mint(scope=ALL, clinics=[ours.id, theirs.id]))
    for kind, record in (("location", theirs.site), ("practitioner", theirs.person), ("offering", theirs.massage), ("schedule", theirs.hours)):
        wrong = f"{ours.collection(kind)}/{record['id']}"
        problem(both.get(wrong), 404, "not-found")
        problem(both.patch(wrong, json={}, if_match="*"), 404, "not-found")
        problem(both.delete(wrong, if_match="*"), 404, "not-found")
        problem(both.post(f"{wrong}/restore", if_match="*"), 404, "not-found")
        assert both.get(f"{theirs.collection(kind)}/{record['id']}").json()["status"] == "active"


def test_availability_keeps_to_the_tokens_clinics(ours, theirs):
    for filters in ({"clinic_id": theirs.id}, {"location_id": theirs.site["id"]}, {"practitioner_id": theirs.person["id"]},
                    {"offering_id": theirs.massage["id"]}, {"clinic_id": theirs.id, "offering_id": theirs.massage["id"]}):
        assert ours.partner.items("/v1/availability", **MONDAY, **filters) == []
        assert ours.partner.get("/v1/availability/days", params=MONDAY | filters).json()["items"] == []
        assert theirs.partner.items("/v1/availability", **MONDAY, **filters)
    assert {slot["clinic_id"] for slot in ours.partner.items("/v1/availability", **MONDAY)} == {ours.id}
    assert {slot["clinic_id"] for slot in ours.partner.items("/v1/availability", treatment="trigger-point-massage", **MONDAY)} == {ours.id}
    near = {"near": "50.0,4.0", "radius_km": 500}
    assert {slot["clinic_id"] for slot in ours.partner.items("/v1/availability", **MONDAY, **near)} <= {ours.id}
    nowhere = ours.client.with_token(ours.tokens.mint(clinics=[]))
    assert nowhere.items("/v1/availability", **MONDAY) == []


# ---------------------------------------------------------------- bookings

def acts_on(booking, who):
    path = f"/v1/bookings/{booking['id']}"
    return who.get(path), who.post(f"{path}/confirm", json={"client": {"name": "Me", "email": "me@example.org"}}), who.post(f"{path}/cancel", json={})


def test_bookings_keep_to_the_tokens_clinics(ours, theirs):
    problem(ours.partner.post("/v1/bookings", json=theirs.booking(NINE)), 404, "not-found")
    problem(ours.desk.post("/v1/bookings", json=theirs.booking(NINE)), 404, "not-found")
    foreign = theirs.booked(NINE, client=None)
    for who in (ours.partner, ours.desk, ours.client.with_token(ours.tokens.mint(scope=DESK, clinics=[]))):
        for reply in acts_on(foreign, who):
            problem(reply, 404, "not-found")
        assert who.items("/v1/bookings") == who.items("/v1/bookings", clinic_id=theirs.id) == []
        assert who.items("/v1/bookings", reference=foreign["reference"]) == []
    assert theirs.partner.get(f"/v1/bookings/{foreign['id']}").json() == foreign

    sub = theirs.partner.get("/v1/me").json()["sub"]
    elsewhere = ours.client.with_token(ours.tokens.partner(sub, [ours.id]))
    for reply in acts_on(foreign, elsewhere):
        problem(reply, 404, "not-found")
    assert elsewhere.items("/v1/bookings") == [], "the same partner with a token for another clinic"


def test_a_partner_sees_its_own_and_the_desk_sees_all(ours):
    rival = ours.another_partner()
    mine, hold = ours.booked(NINE), ours.booked(TEN, client=None)
    desks = ours._made(ours.desk.post("/v1/bookings", json=ours.booking(ELEVEN)))
    for booking in (mine, hold, desks):
        for reply in acts_on(booking, rival):
            problem(reply, 404, "not-found")
    assert rival.items("/v1/bookings") == rival.items("/v1/bookings", clinic_id=ours.id, status=["held", "confirmed"]) == []
    for reply in acts_on(desks, ours.partner):
        problem(reply, 404, "not-found")
    assert [one["id"] for one in ours.partner.items("/v1/bookings")] == [mine["id"], hold["id"]]
    assert [one["id"] for one in ours.desk.items("/v1/bookings")] == [mine["id"], hold["id"], desks["id"]]
    assert [one["id"] for one in ours.desk.items("/v1/bookings", external_ref="nobody")] == []
    shown, confirmed, cancelled = acts_on(hold, ours.desk)
    assert (shown.status_code, confirmed.status_code, cancelled.status_code) == (200, 200, 200)
    assert cancelled.json()["source"] == hold["source"] != ours.desk.get("/v1/me").json()["sub"]


def test_a_desk_of_two_clinics_gets_one_list(ours, theirs):
    both = ours.client.with_token(ours.tokens.desk([ours.id, theirs.id]))
    expected = []
    for practice, start in ((ours, NINE), (theirs, TEN), (ours, ELEVEN)):
        expected.append(practice.booked(start)["id"])
    assert [one["id"] for one in both.items("/v1/bookings", limit=1)] == expected
    assert [one["id"] for one in both.items("/v1/bookings", clinic_id=theirs.id)] == [expected[1]]
    everywhere = ours.client.with_token(ours.tokens.desk("*"))
    assert {one["id"] for one in everywhere.items("/v1/bookings", limit=100)} >= set(expected)


def test_reading_is_not_writing(ours):
    reader = ours.client.with_token(ours.tokens.mint(ours.partner.get("/v1/me").json()["sub"], "bookings:read", [ours.id]))
    booking = ours.booked(NINE)
    shown, confirmed, cancelled = acts_on(booking, reader)
    assert shown.status_code == 200
    for reply in (confirmed, cancelled, reader.post("/v1/bookings", json=ours.booking(TEN))):
        problem(reply, 403, "insufficient-scope")
    writer = ours.client.with_token(ours.tokens.mint("w", "bookings:write", [ours.id]))
    problem(writer.get(f"/v1/bookings/{booking['id']}"), 403, "insufficient-scope")
    assert writer.post("/v1/bookings", json=ours.booking(TEN)).status_code == 201
    desk = ours.client.with_token(ours.tokens.mint("d", "bookings:desk", [ours.id]))
    assert desk.get(f"/v1/bookings/{booking['id']}").status_code == 200
    assert desk.post(f"/v1/bookings/{booking['id']}/cancel", json={}).status_code == 200


def test_a_scope_is_a_whole_word(ours):
    """bookings:desk-like words are no bookings:desk, for the gate, the query and the row policy."""
    booking = ours.booked(NINE)
    for scope in ("bookings:read bookings:desks", "bookings:read xbookings:desk", "bookings:read bookings:desk,x"):
        who = ours.client.with_token(ours.tokens.mint("someone", scope, [ours.id]))
        problem(who.get(f"/v1/bookings/{booking['id']}"), 404, "not-found")
        assert who.items("/v1/bookings") == []


# ---------------------------------------------------------------- the second wall

def as_service(database, sub, scopes, clinics, statement, *arguments):
    """What the service's role gets from a statement that forgot its WHERE, under the settings of a principal."""
    with database.connect("clinicd_service", autocommit=False) as connection:
        if sub is not None:
            connection.execute("select set_config('app.sub', %s, true), set_config('app.scopes', %s, true), set_config('app.clinics', %s, true)",
                               [sub, scopes, clinics])
        cursor = connection.execute(statement, arguments)
        found = cursor.fetchall() if cursor.description else cursor.rowcount
        connection.rollback()
        return found


def test_row_policies_alone_keep_everything_apart(ours, theirs, clock, shared_service):
    database = shared_service.database
    mine, rivals, foreign = ours.booked(NINE, key="k-1"), ours.booked(TEN, who=ours.another_partner()), theirs.booked(NINE)
    clock("2027-03-08T07:30:00Z")
    for practice, booking in ((ours, mine), (theirs, foreign)):
        assert practice.partner.post(f"/v1/bookings/{booking['id']}/cancel", json={}).json()["charge"]
    everyone = {mine["id"], rivals["id"], foreign["id"]}

    def sees(sub, scopes, clinics):
        rows = as_service(database, sub, scopes, clinics, "select id::text, client::text from app.booking where true")
        return {row[0] for row in rows} & everyone

    sub = mine["source"]
    assert sees(sub, PARTNER, "{%s}" % ours.id) == sees(sub, PARTNER, "*") == {mine["id"]}
    assert sees(sub, PARTNER, "{%s}" % theirs.id) == sees(sub, PARTNER, "{}") == set()
    assert sees("desk", DESK, "{%s}" % ours.id) == {mine["id"], rivals["id"]}
    assert sees("desk", DESK, "{%s,%s}" % (ours.id, theirs.id)) == sees("desk", DESK, "*") == everyone
    assert sees(None, None, None) == sees("", "", "") == sees("nobody", PARTNER, "*") == sees("desk", DESK, "{}") == set()

    charges = "select booking_id::text from app.charge"
    assert as_service(database, sub, PARTNER, "*", charges) == [(mine["id"],)]
    assert (foreign["id"],) not in as_service(database, "desk", DESK, "{%s}" % ours.id, charges)
    records = "select sub from app.idempotency_record"
    assert {row[0] for row in as_service(database, sub, ALL, "*", records)} == {sub}
    assert as_service(database, None, None, None, records) == as_service(database, None, None, None, charges) == []
    audit = "select distinct clinic_id::text from app.audit"
    assert as_service(database, sub, PARTNER, "*", audit) == []
    assert as_service(database, "desk", DESK, "{%s}" % ours.id, audit) == [(ours.id,)]

    steal = "update app.booking set source = 'thief'"
    assert as_service(database, sub, PARTNER, "{%s}" % ours.id, steal + " where id = %s", foreign["id"]) == 0
    assert as_service(database, "desk", DESK, "{%s}" % theirs.id, "update app.booking set note = 'x' where id = %s", mine["id"]) == 0
    for forged in (steal, "insert into app.booking select (jsonb_populate_record(b, jsonb_build_object('source', 'thief', 'id', app.new_id(), "
                          "'reference', 'XXXXXXXX'))).* from app.booking b"):
        with pytest.raises(Exception, match="row-level security"):
            as_service(database, sub, PARTNER, "{%s}" % ours.id, forged)


def test_the_services_role_can_do_no_more_than_it_must(shared_service):
    database = shared_service.database
    role = database.fetch("select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = 'clinicd_service'")
    assert role == [(False, False, False, False)]
    assert database.value("select count(*) from pg_class where relnamespace = 'app'::regnamespace and relowner = 'clinicd_service'::regrole") == 0
    person = {"booking", "charge", "idempotency_record", "audit"}
    guarded = {row[0] for row in database.fetch("select relname from pg_class where relnamespace = 'app'::regnamespace and relrowsecurity")}
    assert guarded >= person
    for statement in ("delete from app.booking", "delete from app.audit", "update app.audit set who = 'x'", "update app.change set kind = 'x'",
                      "drop table app.booking", "alter table app.booking disable row level security", "create table app.mine ()",
                      "truncate app.occupancy"):
        with pytest.raises(Exception, match="permission denied|must be owner"):
            as_service(database, "desk", DESK, "*", statement)


# ---------------------------------------------------------------- what several clinics, or several people, have a part in

SECRET = {"name": "Greta Geheim", "email": "greta.geheim@example.org", "phone": "+32 470 99 88 77"}


@pytest.fixture
def everything(ours, theirs, clock):
    """One partner of two clinics with one of each: an order over both, one that is held, a series, an entry of the waiting list."""
    sub = f"both-{uuid.uuid4().hex}"
    both = ours.client.with_token(ours.tokens.partner(sub, [ours.id, theirs.id]))

    def item(practice, start):
        return {"offering_id": practice.massage["id"], "location_id": practice.site["id"], "start": start}

    def made(path, **body):
        reply = both.post(path, json=body, key=uuid.uuid4().hex)
        assert reply.status_code == 201, reply.text
        return reply.json()

    return sub, {
        "orders": made("/v1/orders", client=SECRET, note="Geheim", external_ref="geheim-1", items=[item(ours, NINE), item(theirs, NINE)]),
        "held": made("/v1/orders", external_ref="geheim-1", items=[item(ours, TEN), item(theirs, TEN)]),
        "series": made("/v1/series", offering_id=ours.massage["id"], location_id=ours.site["id"], sessions=2, first_date="2027-03-15",
                       time="09:00", client=SECRET, hold=True, external_ref="geheim-1"),
        "waitlist": made("/v1/waitlist", clinic_id=ours.id, offering_ids=[ours.massage["id"]], date_from="2027-03-08",
                         date_to="2027-03-08", client=SECRET, note="Geheim", external_ref="geheim-1")}


def acts_on_parts(parts):
    """Every act on one of them: method, path, body."""
    for path in (f"/v1/orders/{parts['held']['id']}", f"/v1/series/{parts['series']['id']}"):
        yield from (("GET", path, None), ("POST", f"{path}/confirm", {"client": SECRET}), ("POST", f"{path}/extend", None),
                    ("POST", f"{path}/cancel", {}))
    entry = f"/v1/waitlist/{parts['waitlist']['id']}"
    yield from (("GET", entry, None), ("POST", f"{entry}/accept", {}), ("POST", f"{entry}/decline", {}), ("DELETE", entry, None))
    booking = f"/v1/bookings/{parts['orders']['bookings'][0]['id']}"
    yield from (("GET", booking, None), ("PATCH", booking, {"note": "mine now"}))


def test_what_others_made_is_not_there_in_any_way(ours, theirs, everything):
    """To another partner, a partner of the other clinic, and the same partner with a token for nowhere: the answer about what others
    made is that about what nobody made, and lists and totals count nothing of it."""
    sub, parts = everything
    strangers = [ours.another_partner(), theirs.partner, ours.client.with_token(ours.tokens.partner(sub, []))]
    nobodys = str(uuid.uuid4())
    for who in strangers:
        for method, path, body in acts_on_parts(parts):
            more = ({} if body is None else {"json": body}) | ({"if_match": "*"} if method == "PATCH" else {})
            reply, other = who.request(method, path, **more), who.request(method, path.replace(path.split("/")[3], nobodys), **more)
            problem(reply, 404, "not-found")
            assert reply.json() | {"instance": ""} == other.json() | {"instance": ""}, path
        for path in ("/v1/orders", "/v1/series", "/v1/waitlist", "/v1/bookings"):
            for filters in ({}, {"external_ref": "geheim-1"}, {"clinic_id": ours.id}):
                assert who.get(path, params=filters).json()["items"] == [], (path, filters)
        for filters in ({"client_email": SECRET["email"]}, {"order_id": parts["orders"]["id"]}, {"series_id": parts["series"]["id"]}):
            totals = who.get("/v1/bookings", params=filters | {"totals": "true"}).json()["totals"]
            assert totals["bookings"] == 0 and totals["by_status"] == {}, filters


def test_each_clinic_sees_its_part_of_an_order_and_cannot_act_for_the_other(ours, theirs, everything):
    sub, parts = everything
    elsewhere = theirs.client.with_token(theirs.tokens.partner(sub, [theirs.id]))
    for desk, own, other in ((ours.desk, ours, theirs), (theirs.desk, theirs, ours), (elsewhere, theirs, ours)):
        for reply in (desk.get(f"/v1/orders/{parts['orders']['id']}"), desk.get("/v1/orders")):
            assert own.site["id"] in reply.text and not any(
                hidden in reply.text for hidden in (other.id, other.site["id"], other.massage["id"], other.person["id"]))
        assert desk.get(f"/v1/orders/{parts['orders']['id']}").json()["totals"] == [{"amount": 6500, "currency": "EUR"}]
        problem(desk.post(f"/v1/orders/{parts['held']['id']}/confirm", json={"client": SECRET}), 403, "forbidden")
        problem(desk.post(f"/v1/orders/{parts['held']['id']}/extend"), 403, "forbidden")
    left = theirs.desk.post(f"/v1/orders/{parts['orders']['id']}/cancel", json={})
    assert left.status_code == 200 and {b["clinic_id"] for b in left.json()["bookings"]} == {theirs.id}
    assert ours.desk.get(f"/v1/orders/{parts['orders']['id']}").json()["status"] == "confirmed"


def test_clients_are_each_clinics_own(ours, theirs, everything):
    def officer(practice):
        return practice.client.with_token(practice.tokens.mint("officer", "clients:read clients:erase", [practice.id]))

    found = {practice.id: officer(practice).get("/v1/clients", params={"email": SECRET["email"]}).json()["items"] for practice in (ours, theirs)}
    (mine,), (other,) = found[ours.id], found[theirs.id]
    assert mine["id"] != other["id"]
    for reply in (officer(ours).get(f"/v1/clients/{other['id']}"), officer(ours).get(f"/v1/clients/{other['id']}/export"),
                  officer(ours).delete(f"/v1/clients/{other['id']}")):
        problem(reply, 404, "not-found")
    there = next(b["id"] for b in everything[1]["orders"]["bookings"] if b["clinic_id"] == theirs.id)
    for filters in ({"booking_id": there}, {"clinic_id": theirs.id}):
        assert officer(ours).get("/v1/clients", params=filters).json()["items"] == []


def test_whoever_keeps_the_directory_learns_of_nobody(ours, everything, shared_service):
    """Nor does the log of the service, nor its figures."""
    keeper = ours.client.with_token(ours.tokens.mint("keeper", "directory:read directory:write", [ours.id]))
    for path in ("orders", "series", "waitlist", "clients", "charges", "bookings"):
        problem(keeper.get(f"/v1/{path}"), 403, "insufficient-scope")
    seen = "".join(keeper.get(path).text for path in ("/v1/audit", f"{ours.path}/export", f"{ours.path}/partners", f"{ours.path}/schedules"))
    seen += shared_service.log_text(None) + keeper.get("/metrics").text
    assert not [trace for trace in ("geheim", "470 99 88", "32470998877") if trace in seen.lower()]


def test_row_policies_alone_keep_all_that_is_personal_apart(ours, theirs, everything, shared_service):
    database, sub = shared_service.database, everything[0]
    personal = {row[0] for row in database.fetch(
        "select distinct table_name from information_schema.columns where table_schema = 'app' "
        "and column_name in ('client', 'client_id', 'source', 'sub', 'email', 'intake')")}
    guarded = {row[0] for row in database.fetch("select relname from pg_class where relnamespace = 'app'::regnamespace and relrowsecurity")}
    assert {"booking", "booking_order", "series", "waitlist_entry", "client", "charge", "idempotency_record"} <= personal <= guarded
    for table in personal - {"idempotency_record"}:
        for who in (("stranger", PARTNER, "*"), (sub, PARTNER, "{}"), ("desk", DESK, "{}"), ("keeper", "directory:write", "{%s}" % ours.id),
                    ("reader", "clients:read", "{}"), (None, None, None)):
            assert as_service(database, *who, f"select * from app.{table}") == [], (table, who)
    for table in ("booking_order", "series", "waitlist_entry", "client"):
        clinics = {str(row[0]) for row in as_service(database, "desk", DESK, "{%s}" % ours.id, f"select clinic_id from app.{table}")}
        assert clinics == {ours.id}, table
