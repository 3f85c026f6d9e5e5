"""Import of locations: CSV and NDJSON, what each row becomes, who may, and what a second import does."""
import json

import pytest

CSV = {"Content-Type": "text/csv"}
NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def admin(shared_client, tokens):
    return shared_client.with_token(tokens.admin())


@pytest.fixture
def clinic(admin):
    """A clinic without locations."""
    clinic_import.number += 1
    made = admin.post("/v1/clinics", json={"slug": f"imported-{clinic_import.number}", "name": "Imported",
                                           "timezone": "Europe/Brussels"})
    assert made.status_code == 201, made.text
    return made.json()["id"]


def clinic_import(client, clinic, body, headers=CSV, status=200, **params):
    """The answer to an import; `body` is text, bytes, or a list of rows for NDJSON."""
    if isinstance(body, list):
        body, headers = "".join(json.dumps(row) + "\n" for row in body), NDJSON
    response = client.post(f"/v1/clinics/{clinic}/locations/import", params=params,
                           content=body.encode() if isinstance(body, str) else body, headers=headers)
    assert response.status_code == status, response.text
    return response.json()


clinic_import.number = 0


def outcomes(answer):
    return [row["outcome"] for row in answer["rows"]]


def errors(answer):
    return [(row["line"], [(fault["pointer"], fault["detail"]) for fault in row["errors"]])
            for row in answer["rows"] if row["outcome"] == "refused"]


def read(client, clinic, row):
    return client.get(f"/v1/clinics/{clinic}/locations/{row['id']}").json()


# ------------------------------------------------------------------ what rows become

def test_rows_are_created_then_unchanged_then_updated(admin, clinic):
    rows = [{"external_id": "1", "name": "Nord", "address": {"city": "Brussels"}, "phone": "+32 2 000 01 06"},
            {"external_id": "2", "name": "Süd\nHaus B", "geo": {"latitude": 50.5, "longitude": 4}},
            {"slug": "east", "name": "Ost", "timezone": "Europe/Berlin", "directions": {"fr": "Sonnez."}}]
    first = clinic_import(admin, clinic, rows)
    assert outcomes(first) == ["created"] * 3 and first["written"] and first["created"] == 3
    assert [row["line"] for row in first["rows"]] == [1, 2, 3]
    north, south, east = (read(admin, clinic, row) for row in first["rows"])
    assert (north["slug"], north["timezone"], north["external_id"]) == ("nord", "Europe/Brussels", "1")
    assert (south["name"], south["slug"]) == ("Süd\nHaus B", "sud-haus-b")
    assert south["geo"] == {"latitude": 50.5, "longitude": 4}
    assert (east["timezone"], east["external_id"], east["directions"]) == ("Europe/Berlin", None, {"fr": "Sonnez."})

    again = clinic_import(admin, clinic, rows)
    assert outcomes(again) == ["unchanged"] * 3 and again["written"] is False
    refused = clinic_import(admin, clinic, [{"name": "Nobody knows it again"}])
    assert outcomes(refused) == ["refused"] and refused["written"] is False
    assert [row["id"] for row in again["rows"]] == [row["id"] for row in first["rows"]]
    assert read(admin, clinic, first["rows"][0]) == north

    rows[0] = {"external_id": "1", "name": "Nord", "phone": None, "address": {"street": "Dries 53"}}
    changed = clinic_import(admin, clinic, rows)
    assert outcomes(changed) == ["updated", "unchanged", "unchanged"]
    after = read(admin, clinic, changed["rows"][0])
    assert (after["phone"], after["version"]) == (None, 2)
    assert after["address"] == {"street": "Dries 53", "city": "Brussels"}, "what a row does not name stays"


def test_a_write_is_told_and_nothing_else_is(admin, clinic, shared_service):
    def told():
        return shared_service.database.fetch(
            "select a.what, a.who, a.before is null, c.kind from app.audit a join app.change c"
            " on c.clinic_id = a.clinic_id and c.entity_id = a.entity_id and c.xid::text = a.xmin::text"
            " where a.clinic_id = %s and a.entity = 'location' order by a.id", [clinic])
    clinic_import(admin, clinic, [{"slug": "a", "name": "A"}])
    clinic_import(admin, clinic, [{"slug": "a", "name": "A"}])
    clinic_import(admin, clinic, [{"slug": "a", "name": "B"}], dry_run="true")
    assert told() == [("importLocations", "admin", True, "created")]
    clinic_import(admin, clinic, [{"slug": "a", "name": "B"}])
    assert told()[1:] == [("importLocations", "admin", False, "updated")]


def test_slugs_of_one_name_are_told_apart_the_same_way_each_time(admin, clinic):
    rows = [{"external_id": str(number), "name": "Praxis für Körper & Geist " + "x" * 150} for number in range(3)]
    rows.append({"external_id": "9", "name": "鍼灸院"})
    made = [read(admin, clinic, row)["slug"] for row in clinic_import(admin, clinic, rows)["rows"]]
    assert made[0].startswith("praxis-fur-korper-geist-x") and made[3] == "location"
    assert len(set(made)) == 4 and max(map(len, made)) <= 80
    assert made[1].startswith(made[0] + "-") and made[2].startswith(made[0] + "-")


def test_refusals_say_where_and_why(admin, clinic):
    clinic_import(admin, clinic, [{"slug": "taken", "external_id": "0", "name": "Taken"}])
    archived = clinic_import(admin, clinic, [{"slug": "gone", "name": "Gone"}])["rows"][0]["id"]
    admin.delete(f"/v1/clinics/{clinic}/locations/{archived}", if_match="*")
    rows = ['{"external_id": "1", "name": "Good"}',
            '{"external_id": "2"}',
            '{"external_id": "3", "name": "Bad", "phone": "call me", "address": {"country": "Belgium"}}',
            '{"name": "Nobody knows it again"}',
            '{"external_id": "1", "name": "Again"}',
            '{"slug": "gone", "name": "Gone"}',
            '{"external_id": "7", "slug": "taken", "name": "Other"}',
            '{"external_id": "8", "name": "Mars", "timezone": "Mars/Olympus"}',
            '{"external_id": "9", "name": "Half',
            '',
            '{"external_id": "11", "name": "Odd", "colour": "red"}',
            '[]']
    answer = clinic_import(admin, clinic, "\n".join(rows), NDJSON)
    assert (answer["created"], answer["refused"]) == (1, 10)
    found = dict(errors(answer))
    assert found[2] == [("/name", "is required")]
    assert sorted(pointer for pointer, _ in found[3]) == ["/address/country", "/phone"]
    assert found[4][0][0] == "/external_id" and "slug" in found[4][0][1]
    assert found[5] == [("/external_id", "is the same as in line 1 of this import")]
    assert found[6] == [("", "names a location that is archived; restore it first")]
    assert found[7] == [("/slug", "is the slug of another location of this clinic")]
    assert found[8] == [("/timezone", "is no IANA time zone such as Europe/Brussels")]
    assert found[9][0][0] == "" and "not valid JSON" in found[9][0][1]
    assert found[11][0][0] == "/colour"
    assert found[12][0][0] == ""


def test_all_or_nothing(admin, clinic):
    rows = [{"external_id": "1", "name": "Good"}, {"external_id": "2"}]
    problem = clinic_import(admin, clinic, rows, mode="all", status=422)
    assert problem["type"] == "/problems/import-refused" and problem["written"] is False
    assert outcomes(problem) == ["created", "refused"]
    assert admin.items(f"/v1/clinics/{clinic}/locations") == []
    tried = clinic_import(admin, clinic, rows, mode="all", dry_run="true")
    assert outcomes(tried) == ["created", "refused"] and not tried["written"]
    assert clinic_import(admin, clinic, rows[:1], mode="all")["written"] is True
    assert len(admin.items(f"/v1/clinics/{clinic}/locations")) == 1


def test_a_dry_run_writes_nothing(admin, clinic):
    answer = clinic_import(admin, clinic, [{"external_id": "1", "name": "A"}], dry_run="true")
    assert (outcomes(answer), answer["written"], answer["dry_run"]) == (["created"], False, True)
    assert "id" not in answer["rows"][0]
    assert admin.items(f"/v1/clinics/{clinic}/locations") == []


def test_places_in_a_row_along_a_line_are_taken_as_quickly_as_others(admin, clinic):
    """In the order of the line the index of positions would need longer than a query may take."""
    rows = [{"external_id": str(number), "name": "A", "geo": {"latitude": 50 + number / 1000, "longitude": 4.5}} for number in range(2000)]
    assert clinic_import(admin, clinic, rows)["created"] == 2000


# ------------------------------------------------------------------ CSV

def test_csv_with_columns_named_like_members(admin, clinic):
    body = ("\ufeffexternal_id,name,address.street,address.country,geo.latitude,geo.longitude,accessibility,directions.fr\r\n"
            "1,\"Zum \"\"Löwen\"\", hinten\",Rue Haute 1,BE,50.5,4.25,wheelchair hearing-loop,Sonnez\r\n"
            "2,\"Zwei\r\nZeilen\",,,,,,\r\n")
    answer = clinic_import(admin, clinic, body)
    assert outcomes(answer) == ["created", "created"], errors(answer)
    assert [row["line"] for row in answer["rows"]] == [2, 3]
    first, second = (read(admin, clinic, row) for row in answer["rows"])
    assert first["name"] == 'Zum "Löwen", hinten' and first["geo"] == {"latitude": 50.5, "longitude": 4.25}
    assert first["accessibility"] == ["wheelchair", "hearing-loop"] and first["directions"] == {"fr": "Sonnez"}
    assert second["name"] == "Zwei\r\nZeilen" and second["geo"] is None and second["address"] == {}
    assert outcomes(clinic_import(admin, clinic, body)) == ["unchanged", "unchanged"]


def test_csv_with_a_mapping(admin, clinic):
    body = "id,Site,No,Street,zip,LAT,LON,junk\n17,Nord,12,High St,913451237,34.687584,-120.43901754304565,x\n18,Süd,,,1950,,,\n"
    answer = clinic_import(admin, clinic, body, map=["external_id:id", "name:Site", "address.street:No", "address.street:Street",
                                                     "address.postal_code:zip", "geo.latitude:LAT", "geo.longitude:LON"],
                           set=["address.country:US", "timezone:America/New_York", "phone:+1 212 000 0000"])
    assert outcomes(answer) == ["created", "created"], errors(answer)
    first, second = (read(admin, clinic, row) for row in answer["rows"])
    assert first["address"] == {"street": "12 High St", "postal_code": "91345-1237", "country": "US"}
    assert first["geo"] == {"latitude": 34.687584, "longitude": -120.43901754304565}
    assert (first["timezone"], first["phone"]) == ("America/New_York", "+1 212 000 0000")
    assert second["address"] == {"postal_code": "1950", "country": "US"} and second["geo"] is None


@pytest.mark.parametrize("body, params, place, words", [
    ("id,name\n1,A\n", {}, "pointer", "column 1 is not named like a member"),
    ("", {}, "pointer", "a body is required"),
    ("\n\n", {}, "pointer", "must begin with a line that names the columns"),
    ("a\"b\n", {}, "pointer", "must begin with a line that names the columns"),
    ("id,name\n1,A\n", {"map": ["external_id:nr"]}, "parameter", "names a column that the header does not have"),
    ("id,name\n1,A\n", {"map": ["colour:id"]}, "parameter", "names a member that rows do not have"),
    ("id,name\n1,A\n", {"map": ["external_id"]}, "parameter", "must be member:column"),
    ("id,name\n1,A\n", {"map": ["name:name"], "set": ["colour:red"]}, "parameter", "names a member that rows do not have"),
])
def test_a_wrong_header_or_mapping_refuses_the_whole(admin, clinic, body, params, place, words):
    problem = clinic_import(admin, clinic, body, status=400, **params)
    assert any(words in fault["detail"] and place in fault for fault in problem["errors"]), problem


@pytest.mark.parametrize("line, words", [
    (b"1,A,extra", "has 3 fields, and the header 2"),
    (b"1", "has 1 fields, and the header 2"),
    (b"1,\xff\xfe", "UTF-8"),
    (b"1,A\x00B", "UTF-8"),
    (b'1,A"B', "a quote stands inside a field"),
    (b'1,"A"B', "between a closing quote and the next comma"),
    (b'1,"A', "a quote is not closed"),
    (b"1," + b"a" * 201, "200"),
    (b"1," + b"a" * 70000, "64 KiB"),
    (b"1,", "is required"),
])
def test_a_bad_csv_row_is_refused_with_a_reason(admin, clinic, line, words):
    answer = clinic_import(admin, clinic, b"external_id,name\n" + line + b"\n2,Good\n")
    refused = [row for row in answer["rows"] if row["outcome"] == "refused"]
    assert len(refused) == 1 and refused[0]["line"] == 2 and words in refused[0]["errors"][0]["detail"], answer
    assert answer["created"] == (0 if b'"A\n' in line + b"\n" and b'B' not in line else 1)


def test_limits_of_a_request(admin, clinic):
    rows = [{"external_id": str(number), "name": "A"} for number in range(2001)]
    problem = clinic_import(admin, clinic, rows, status=413)
    assert "2000 rows" in problem["detail"]
    assert clinic_import(admin, clinic, "x" * (1 << 20) + "\n", status=413)["type"] == "/problems/body-too-large"
    assert clinic_import(admin, clinic, b"[" * 60000 + b"\n", NDJSON)["refused"] == 1
    assert clinic_import(admin, clinic, "{}", {"Content-Type": "application/json"}, status=415)
    assert clinic_import(admin, clinic, [{"slug": "a", "name": "A"}], map=["name:name"], status=400)


# ------------------------------------------------------------------ who may

def test_a_token_imports_only_at_its_own_clinic(shared_client, admin, clinic, tokens):
    row = [{"slug": "a", "name": "A"}]
    other = admin.items("/v1/clinics")[0]["id"]
    assert clinic_import(shared_client.with_token(tokens.desk([other])), clinic, row, status=403)
    assert clinic_import(shared_client.with_token(tokens.website()), clinic, row, status=403)
    assert clinic_import(shared_client.with_token(tokens.desk([clinic])), clinic, row)["created"] == 1
    assert clinic_import(admin, "01900000-0000-7000-8000-00000000dead", row, status=404)
    admin.delete(f"/v1/clinics/{clinic}", if_match="*")
    assert clinic_import(admin, clinic, row, status=409)["current_status"] == "archived"


# ------------------------------------------------------------------ clinics by name

def test_sites_of_one_name_become_locations_of_one_clinic(shared_client, admin, tokens):
    body = ("practice,id,city\nBack & Neck,1,Gent\nÜbung GmbH,2,Köln\nBack & Neck,3,Brugge\nBack Neck,4,Gent\n")
    params = {"map": ["clinic.name:practice", "name:practice", "external_id:id", "address.city:city"],
              "set": ["timezone:Europe/Brussels", "clinic.languages:nl fr"]}

    def post(client=admin, status=200, body=body, **more):
        answer = client.post("/v1/clinics/import", params={**params, **more}, content=body.encode(), headers=CSV)
        assert answer.status_code == status, answer.text
        return answer.json()

    tried = post(dry_run="true")
    assert tried["clinics_created"] == 3, errors(tried)
    first = post()
    assert (first["created"], first["clinics_created"]) == (4, 3)
    homes = [row["clinic_id"] for row in first["rows"]]
    assert homes[0] == homes[2] and len(set(homes)) == 3
    made = admin.get(f"/v1/clinics/{homes[0]}").json()
    assert (made["name"], made["languages"], made["timezone"]) == ("Back & Neck", ["nl", "fr"], "Europe/Brussels")
    slugs = {admin.get(f"/v1/clinics/{home}").json()["slug"] for home in homes}
    assert len(slugs) == 3 and "back-neck" in slugs
    again = post()
    assert (again["unchanged"], again["clinics_created"]) == (4, 0)
    assert [row["clinic_id"] for row in again["rows"]] == homes
    renamed = admin.patch(f"/v1/clinics/{homes[0]}", json={"name": "Back and Neck"}, if_match="*")
    assert renamed.status_code == 200 and post()["clinics_created"] == 0

    without = post(body="practice,id,city\nNo Zone,1,Gent\n", set=[])
    assert errors(without) == [(2, [("/timezone", "is needed, for the clinic is new")])] and without["clinics_created"] == 0
    post(shared_client.with_token(tokens.admin(clinics=homes)), status=403)
    assert "rows" in post(body="practice,id,city\nBack & Neck,,Gent\nBack & Neck,3,Brugge\n", mode="all", status=422)
