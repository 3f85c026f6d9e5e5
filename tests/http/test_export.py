"""The whole directory of a clinic as lines: what goes out comes back, byte for byte, in another database and in this one."""
import json
import os
import random
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import BINARY
from harness.client import Client

NDJSON = {"Content-Type": "application/x-ndjson"}
HEAD, END = {"type": "directory", "format": 1}, {"type": "end"}
#: Names that a careless reader or writer of lines would break.
HOSTILE = ["Ünï çødé", "Zeile\neins\r\nzwei", 'Zum "Löwen" \\ hinten', "{\"type\": \"end\"}", "a\u2028b\u2029c\u0085d", "\t\x01\x7f", "鍼灸院 🦴",
           "'; drop table app.clinic; --", "</script>", "%s %1$s $1", "Ａ\u0301\u200b", " "]
LINE = [name for name in HOSTILE if "\n" not in name and name.strip() and min(name) >= " " and not set(name) & set("\x7f\u2028\u2029\u0085")]


def exported(client, clinic, **params):
    """All pages one after another, as bytes."""
    response = client.get(f"/v1/clinics/{clinic}/export", params=params)
    whole = b""
    while True:
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/x-ndjson" and len(response.content) <= 1 << 20
        whole += response.content
        if "next" not in response.links:
            return whole
        response = client.get(response.links["next"]["url"])


def imported(client, clinic, lines, status=200, **params):
    """The answer to an import of bytes, or of lines."""
    if isinstance(lines, list):
        lines = "".join(json.dumps(line) + "\n" for line in lines).encode()
    response = client.post(f"/v1/clinics/{clinic}/import", params=params, content=lines, headers=NDJSON)
    assert response.status_code == status, response.text
    return response.json()


def counts(answer):
    return {name: answer[name] for name in ("created", "updated", "unchanged", "refused") if answer[name]}


def refusals(answer):
    return {row["line"]: [(fault["pointer"], fault["detail"]) for fault in row["errors"]] for row in answer["rows"] if "errors" in row}


def parsed(whole):
    return [json.loads(line) for line in whole.splitlines()]


def some_id():
    return str(uuid.uuid4())


def line(type, status="active", /, id=None, **data):
    return {"type": type, "id": id or some_id(), "status": status, "data": data}


def practice_lines(seed, clinic):
    """A directory that uses everything, with hostile names, in a random order of values."""
    chance = random.Random(seed)

    def texts():
        return {tag: chance.choice(HOSTILE) for tag in chance.sample(["en", "fr-BE", "nl", "de", "zh-Hant"], chance.randint(1, 5))}

    def status():
        return chance.choice(["active", "active", "archived"])

    def some(items, most=4):
        return [item["id"] for item in chance.sample(items, chance.randint(1, min(most, len(items))))]

    head = line("clinic", id=clinic, slug=f"export-{some_id()}", name=chance.choice(LINE), timezone="Europe/Brussels", languages=["fr-BE", "nl"],
                contact={"phone": "+32 2 000 01 06", "email": "a@example.org"}, policy={"hold_minutes": 15})
    locations = [line("location", status(), slug=f"site-{number}", name=chance.choice(HOSTILE), external_id=chance.choice(HOSTILE) + str(number),
                      address={"street": chance.choice(HOSTILE), "postal_code": "1950", "city": "Köln", "region": None, "country": "BE"},
                      geo={"latitude": chance.uniform(-90, 90), "longitude": chance.choice([4, 50.856, -1e-7, 180])}, timezone="Europe/Berlin",
                      phone="+32 2 000 01 06", directions=texts(), accessibility=["wheelchair", "hearing-loop"],
                      opening_hours=[{"weekday": 1, "from": "08:00", "to": "00:00"}]) for number in range(6)]
    rooms = [line("room", status(), location_id=chance.choice(locations)["id"], name=chance.choice(LINE), kind="treatment-room")
             for _ in range(6)]
    people = [line("practitioner", status(), name=chance.choice(LINE), title="Dr. Œ", languages=["fr", "en"], biography=texts(),
                   accepts_new_clients=chance.random() < 0.5, location_ids=some(locations), qualifications=[
                       {"code": "dry-needling-certificate", "name": chance.choice(LINE), "issuer": "x", "number": "7", "issued_on": "2020-02-29",
                        "expires_on": "2030-01-01"}, {"code": "another"}]) for _ in range(6)]
    offerings = [line("offering", status(), treatment="dry-needling", name=texts(), duration_minutes=45, buffer_before_minutes=5,
                      buffer_after_minutes=10, step_minutes=30, price={"amount": 6500, "currency": "EUR"}, practitioner_ids=some(people),
                      location_ids=some(locations), room_kind="treatment-room", self_bookable=chance.random() < 0.5, seats=chance.choice([1, 8]),
                      intake=[{"code": "where", "type": "choice", "label": {"en": chance.choice(HOSTILE)}, "help": {}, "required": False,
                               "multiple": True, "choices": [{"code": "neck", "label": {"en": "Neck"}}]},
                              {"code": "risks", "type": "consent", "required": True, "label": {"en": "Risks"}, "help": {"fr": "?"},
                               "consent": {"version": "2027-1", "text": {"en": chance.choice(HOSTILE)}}}]) for _ in range(4)]
    schedules = [line("schedule", status(), practitioner_id=chance.choice(people)["id"], location_id=chance.choice(locations)["id"], weekday=7,
                      valid_from="2027-01-01", valid_until="2027-12-31", every_weeks=2, desk_only_until_hours_before=chance.choice([None, 0, 24]),
                      **{"from": "22:00", "to": "02:00"}) for _ in range(4)]
    exceptions = [line("exception", status(), kind="close", location_id=chance.choice(locations)["id"], date_from="2027-01-01", date_to="2027-01-02",
                       reason=chance.choice(HOSTILE), windows=[{"from": "09:00", "to": "10:00"}]),
                  line("exception", status(), kind="replace", location_id=chance.choice(locations)["id"],
                       practitioner_id=chance.choice(people)["id"], date_from="2027-01-01", date_to="2027-01-02",
                       windows=[{"from": "09:00", "to": "10:00", "desk_only_until_hours_before": 48}])]
    return [HEAD, head, *locations, *rooms, *people, *offerings, *schedules, *exceptions, END]


def forget_clinics(database):
    with database.connect() as connection:
        connection.execute("truncate app.clinic cascade")


@pytest.fixture
def elsewhere(client, database, tokens):
    """Another database, with the catalogue and no clinic."""
    forget_clinics(database)
    return client.with_token(tokens.admin())


# ------------------------------------------------------------------ out and in

@pytest.mark.parametrize("seed", range(3))
def test_a_directory_survives_the_way_to_another_database_byte_for_byte(seed, admin, elsewhere):
    clinic = some_id()
    lines = practice_lines(seed, clinic)
    made = imported(admin, clinic, lines, mode="all")
    assert counts(made) == {"created": len(lines) - 2} and made["clinics_created"] == 1 and made["written"]
    first = exported(admin, clinic)
    said = {one["id"]: one for one in parsed(first)[1:-1]}
    for wanted in lines[1:-1]:
        found = said[wanted["id"]]
        for name, value in wanted["data"].items():
            kept = found["data"].get(name)
            value = {key: text for key, text in value.items() if text is not None} if isinstance(value, dict) else value
            assert kept == (sorted(value) if name.endswith("_ids") else value), (name, kept, value)
        assert (found["type"], found["status"]) == (wanted["type"], wanted["status"])

    moved = imported(elsewhere, clinic, first)
    assert counts(moved) == {"created": len(lines) - 2}, refusals(moved)
    assert exported(elsewhere, clinic) == first
    for client in (admin, elsewhere):
        again = imported(client, clinic, first)
        assert counts(again) == {"unchanged": len(lines) - 2} and not again["written"]
        assert exported(client, clinic) == first


def test_the_demo_practices_survive_it(admin, elsewhere):
    for clinic in [one["id"] for one in admin.items("/v1/clinics") if one["id"].startswith("01900000-0000-7000-8000-")]:
        whole = exported(admin, clinic)
        assert parsed(whole)[0] == HEAD and parsed(whole)[-1] == END and len(parsed(whole)) > 10
        moved = imported(elsewhere, clinic, whole, mode="all")
        assert set(counts(moved)) == {"created"}
        assert exported(elsewhere, clinic) == whole


def test_a_copy_beside_the_original_gets_ids_of_its_own(admin, shared_service):
    original, copy = some_id(), some_id()
    lines = practice_lines(9, original)
    imported(admin, original, lines)
    whole = exported(admin, original)
    made = imported(admin, copy, whole)
    assert set(counts(made)) == {"created"}, refusals(made)
    assert exported(admin, original) == whole, "the original is as it was"
    again = imported(admin, copy, whole)
    assert set(counts(again)) == {"unchanged"}
    ids = {one["id"]: row["id"] for one, row in zip(parsed(whole)[1:-1], again["rows"])}
    assert not set(ids) & set(ids.values()) and ids[original] == copy
    replaced = exported(admin, original).decode()
    for old, new in ids.items():
        replaced = replaced.replace(old, new)

    def told(one):
        data = one.get("data", {})
        return one | {"data": data | {name: sorted(data[name]) for name in data if name.endswith("_ids")} | {"slug": ""}}

    assert sorted(map(str, map(told, parsed(exported(admin, copy))))) == sorted(map(str, map(told, map(json.loads, replaced.strip().split("\n")))))
    assert admin.get(f"/v1/clinics/{copy}").json()["slug"] != admin.get(f"/v1/clinics/{original}").json()["slug"]
    assert shared_service.database.value("select count(*) from app.practitioner_location where clinic_id = %s", [copy]) > 0


def test_copies_that_are_made_at_once_share_no_id(admin, contract, shared_service, tokens):
    lines = practice_lines(11, some_id())
    clinics = [some_id() for _ in range(4)] * 2  # each of them twice

    def copy(clinic):
        client = Client(shared_service.url, contract, tokens.admin())
        try:
            return imported(client, clinic, lines)
        finally:
            client.close()

    with ThreadPoolExecutor(len(clinics)) as pool:
        answers = list(pool.map(copy, clinics))
    assert not [refusals(answer) for answer in answers if answer["refused"]]
    for clinic in set(clinics):
        made, kept = sorted((answer for name, answer in zip(clinics, answers) if name == clinic), key=lambda answer: answer["unchanged"])
        assert (set(counts(made)), set(counts(kept))) == ({"created"}, {"unchanged"})
    ids = [row["id"] for answer in answers if answer["created"] for row in answer["rows"]]
    assert len(ids) == len(set(ids)) == 4 * (len(lines) - 2)


def test_an_import_restores_what_was_changed_since(admin, make_practice):
    practice = make_practice().simple()
    room = practice.make("room", location_id=practice.site["id"], name="Room", kind="treatment-room")
    away = practice.location(name="Away", directions={"fr": "A", "nl": "B"}, address={"city": "Gent", "street": "X"})
    practice.archive("location", away["id"])
    before = exported(practice.desk, practice.id)
    practice.change("location", practice.site["id"], directions={"en": "New"}, phone="+32 2 000 01 06", address={"region": "R"})
    practice.change("practitioner", practice.person["id"], location_ids=[])
    practice.archive("room", room["id"])
    practice.archive("offering", practice.massage["id"])
    restored = practice.desk.post(f"{practice.path}/locations/{away['id']}/restore", if_match="*")
    assert restored.status_code == 200
    practice.change("location", away["id"], directions={"fr": None, "de": "C"}, name="Elsewhere")
    newer = practice.location(name="Newer")
    tried = imported(practice.desk, practice.id, before, dry_run="true")
    assert counts(tried) == {"updated": 5, "unchanged": 2} and not tried["written"] and tried["dry_run"]
    assert exported(practice.desk, practice.id) != before
    assert counts(imported(practice.desk, practice.id, before)) == {"updated": 5, "unchanged": 2}
    after = [one for one in parsed(exported(practice.desk, practice.id)) if one.get("id") != newer["id"]]
    assert after == parsed(before), "and what has no line stays"
    trail = practice.desk.items("/v1/audit", clinic_id=practice.id, entity_id=room["id"])
    assert [row["what"] for row in trail][:2] == ["restoreRoom", "archiveRoom"]


def test_an_archived_clinic_goes_out_and_comes_back_as_it_is(admin, elsewhere, make_practice):
    practice = make_practice().simple()
    assert admin.delete(practice.path, if_match="*").status_code == 200
    whole = exported(admin, practice.id)
    assert parsed(whole)[1]["status"] == "archived"
    assert set(counts(imported(elsewhere, practice.id, whole))) == {"created"}
    assert exported(elsewhere, practice.id) == whole
    assert set(counts(imported(elsewhere, practice.id, whole))) == {"unchanged"}
    active = parsed(whole)
    active[1]["status"] = "active"
    assert counts(imported(elsewhere, practice.id, active[1:2])) == {"updated": 1}
    assert elsewhere.get(practice.path).json()["status"] == "active"
    assert imported(elsewhere, practice.id, whole)["updated"] == 1 and exported(elsewhere, practice.id) == whole


def test_bookings_that_an_import_strands_are_told(make_practice, clock):
    practice = make_practice().simple()
    booking = practice.booked("2027-03-08T09:00:00+01:00")
    lines = parsed(exported(practice.desk, practice.id))
    next(one for one in lines if one["type"] == "schedule")["data"]["from"] = "10:30"
    tried = imported(practice.desk, practice.id, lines, dry_run="true")
    assert [late["id"] for late in tried["affected_bookings"]] == [booking["id"]]
    assert counts(tried) == {"updated": 1, "unchanged": 4}
    next(one for one in lines if one["type"] == "location")["status"] = "archived"
    done = imported(practice.desk, practice.id, lines)
    assert [late["id"] for late in done["affected_bookings"]] == [booking["id"]], "each once"


# ------------------------------------------------------------------ pages

def test_pages_are_the_whole_in_pieces_that_an_import_takes(admin, elsewhere):
    clinic = some_id()
    imported(admin, clinic, practice_lines(4, clinic))
    whole = exported(admin, clinic)
    for limit in (1, 2, 7, 500):
        assert exported(admin, clinic, limit=limit) == whole
    target = f"/v1/clinics/{clinic}/export"
    response = admin.get(target, params={"limit": 9})
    while True:
        answer = imported(elsewhere, clinic, response.content)
        assert not answer["refused"], refusals(answer)
        if "next" not in response.links:
            break
        response = admin.get(response.links["next"]["url"])
    assert exported(elsewhere, clinic) == whole
    assert admin.get(target, params={"cursor": "bm9uZQ"}).status_code == 400


def test_a_page_is_at_most_a_megabyte(admin):
    """Biographies of full length in every language that fits: also such a line can be taken back."""
    clinic = some_id()
    biography = {f"x{chr(97 + number)}": "🦴" * 4000 for number in range(20)}
    lines = [HEAD, line("clinic", id=clinic, slug=f"long-{clinic}", name="Long", timezone="Europe/Brussels"),
             *(line("practitioner", name=f"P{number}", biography=biography) for number in range(2))]
    imported(admin, clinic, "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines).encode())
    for number in range(2, 4):
        one = line("practitioner", name=f"P{number}", biography=biography)
        imported(admin, clinic, json.dumps(one, ensure_ascii=False).encode())
    first = admin.get(f"/v1/clinics/{clinic}/export")
    assert "next" in first.links
    whole = exported(admin, clinic)
    assert len(whole) > 1 << 20 and len(parsed(whole)) == 7
    assert counts(imported(admin, clinic, first.content)) == {"unchanged": len(parsed(first.content)) - 1}


def test_pages_are_of_one_moment_or_none(make_practice):
    practice = make_practice().simple()
    first = practice.desk.get(f"{practice.path}/export", params={"limit": 2})
    following = first.links["next"]["url"]
    assert practice.desk.get(following).status_code == 200
    assert practice.book("2027-03-29T09:00:00+02:00").status_code in (201, 409), "bookings do not count"
    assert practice.desk.get(following).status_code == 200
    practice.change("location", practice.site["id"], name="Another")
    refused = practice.desk.get(following)
    assert refused.status_code == 409 and refused.json()["type"] == "/problems/directory-changed"


# ------------------------------------------------------------------ refusals

def test_a_wrong_line_is_refused_with_its_place_and_spoils_no_other(admin, make_practice):
    practice = make_practice().simple()
    site, nobody, twice = practice.site["id"], some_id(), some_id()
    lines = [
        {"type": "directory", "format": 2},
        line("room", location_id=nobody, name="Room", kind="x"),
        line("room", location_id=site, name="Room", kind="No Code"),
        line("practitioner", name="P", location_ids=[site, nobody]),
        line("offering", treatment="unheard-of", duration_minutes=45, price={"amount": 1, "currency": "EUR"}),
        line("location", slug=practice.site["slug"], name="Other"),
        line("schedule", practitioner_id=practice.person["id"], location_id=site, weekday=1, **{"from": "09:00", "to": "09:00"}),
        line("location", "gone", slug="a", name="A"),
        line("planet"),
        line("room", id=twice, location_id=site, name="One", kind="x"),
        line("room", id=twice, location_id=site, name="Two", kind="x"),
        line("clinic", id=some_id(), slug="x", name="Y", timezone="Mars/Olympus"),
        line("location", slug="b", name="B", colour="red"),
    ]
    tried = imported(practice.desk, practice.id, lines, mode="all", status=422)
    assert tried["type"] == "/problems/import-refused" and not tried["written"]
    answer = imported(practice.desk, practice.id, lines)
    found = refusals(answer)
    assert counts(answer) == {"created": 1, "refused": 12}
    assert found[1][0][0] == "/format"
    assert found[2] == [("/data/location_id", "is not known here")]
    assert found[3][0][0] == "/data/kind"
    assert found[4] == [("/data/location_ids/" + str(sorted([site, nobody]).index(nobody)), "is not known here")]
    assert found[5] == [("/data/treatment", "is not known here")]
    assert found[6][0][0] == "/data/slug"
    assert found[7] == [("/data/to", 'must differ from "from"')]
    assert found[8][0][0] == "/status"
    assert found[9][0][0] == "/type" and "schedule" in found[9][0][1]
    assert found[11] == [("/id", "is the same as in line 10 of this import")]
    assert found[12][0][0] == "/data/timezone"
    assert found[13][0][0] == "/data/colour"
    nothing = imported(practice.desk, practice.id, lines[1:3])
    assert nothing["refused"] == 2 and nothing["written"] is False, "nothing was written"


def test_limits(admin, make_practice):
    practice = make_practice()
    many = [line("location", slug=f"s-{number}", name="A") for number in range(501)]
    assert "500 rows" in imported(admin, practice.id, many, status=413)["detail"]
    assert imported(admin, practice.id, b"x" * (1 << 20) + b"\n", status=413)
    assert imported(admin, practice.id, b"[" * 60000 + b"\n" + b'"' + b"x" * 600000)["refused"] == 2


# ------------------------------------------------------------------ who may

def test_only_who_writes_the_directory_of_that_clinic(shared_client, make_practice, tokens):
    mine, theirs = make_practice().simple(), make_practice().simple()
    for client, status in ((theirs.desk, 403), (mine.website, 403), (mine.partner, 403), (mine.desk, 200)):
        assert client.get(f"{mine.path}/export").status_code == status
        imported(client, mine.id, [HEAD, END], status=status)
    unknown = some_id()
    lines = [line("clinic", id=unknown, slug=unknown, name="New", timezone="Europe/Brussels")]
    imported(shared_client.with_token(tokens.desk([unknown])), unknown, lines, status=404)
    imported(shared_client.with_token(tokens.mint(scope="directory:write")), unknown, lines, status=404)
    assert shared_client.with_token(tokens.admin()).get(f"/v1/clinics/{unknown}/export").status_code == 404
    assert imported(shared_client.with_token(tokens.admin()), unknown, lines[:0] + [line("location", slug="a", name="A")])["refused"] == 1
    assert imported(shared_client.with_token(tokens.admin()), unknown, lines)["clinics_created"] == 1
    # a line may name things of another clinic; they stay there
    taken = imported(mine.desk, mine.id, [line("location", id=theirs.site["id"], slug="stolen", name="Stolen"),
                                          line("room", location_id=theirs.site["id"], name="R", kind="x")])
    assert counts(taken) == {"created": 2} and taken["rows"][0]["id"] != theirs.site["id"]
    assert theirs.desk.get(f"{theirs.path}/locations/{theirs.site['id']}").json()["name"] == "Main site"


# ------------------------------------------------------------------ the command line

def run(tokens, database, *words):
    return subprocess.run([BINARY, *words], capture_output=True, check=False, env={
        **{name: value for name, value in os.environ.items() if not name.startswith("CLINICD_")},
        "CLINICD_DATABASE_URL": database.service_url, **tokens.settings()})


def test_the_command_line_writes_and_takes_back_a_large_directory(database, tokens, tmp_path):
    clinic = some_id()
    lines = [HEAD, line("clinic", id=clinic, slug=clinic, name="Large", timezone="Europe/Brussels"),
             *(line("location", slug=f"s-{number}", name=f"Praxis für Rücken\n{number}", geo={"latitude": 50 + number / 997, "longitude": number % 89})
               for number in range(1200))]
    last = lines[-1]["id"]
    lines += [line("room", location_id=last, name="R", kind="x"), END]
    file = tmp_path / "large.ndjson"
    file.write_text("".join(json.dumps(one, ensure_ascii=False, separators=(", ", ": ")) + "\n" for one in lines), encoding="utf-8")
    done = run(tokens, database, "import", str(file), "--directory")
    assert done.returncode == 0 and b"1202 created" in done.stderr and b"1 clinics created" in done.stderr, done.stderr
    whole = run(tokens, database, "export", "--clinic", clinic)
    assert whole.returncode == 0 and len(parsed(whole.stdout)) == 1204, whole.stderr
    out = tmp_path / "out.ndjson"
    assert run(tokens, database, "export", "--clinic", clinic, "--output", str(out)).returncode == 0
    assert out.read_bytes() == whole.stdout
    forget_clinics(database)
    again = run(tokens, database, "import", str(out), "--directory")
    assert b"1202 created" in again.stderr, again.stderr
    assert run(tokens, database, "export", "--clinic", clinic).stdout == whole.stdout
    assert b"1202 unchanged" in run(tokens, database, "import", str(out), "--directory").stderr
    copy = run(tokens, database, "import", str(out), "--directory", "--clinic", some_id())
    assert b"1202 created" in copy.stderr


@pytest.mark.parametrize("words, status, told", [
    (["export"], 2, "--clinic takes the id"),
    (["export", "--clinic", "x"], 2, "--clinic takes the id"),
    (["export", "--colour"], 2, "unknown option"),
    (["export", "rest", "--clinic", "01900000-0000-7000-8000-000000000001"], 2, "options only"),
    (["export", "--clinic", "01900000-0000-7000-8000-00000000dead"], 1, "status 404"),
    (["export", "--clinic", "01900000-0000-7000-8000-000000000001", "--output", "/nowhere/at/all"], 1, "cannot be written"),
    (["export", "--clinic", "01900000-0000-7000-8000-000000000001", "--token-file", "/nowhere"], 1, "holds no token"),
    (["import", "CUT", "--directory"], 1, "is cut off"),
    (["import", "NOBODY", "--directory"], 1, "begins with no clinic"),
    (["import", "NOBODY", "--directory", "--set", "name:a"], 2, "takes the lines of an export"),
    (["import", "LONG", "--directory", "--mode", "all"], 1, "more than one request"),
])
def test_wrong_calls_are_told(words, status, told, database, tokens, tmp_path):
    (tmp_path / "CUT").write_text('{"type": "directory", "format": 1}\n')
    (tmp_path / "NOBODY").write_text('{"type": "directory", "format": 1}\n{"type": "end"}\n')
    (tmp_path / "LONG").write_text('{"type": "directory", "format": 1}\n' * 600 + '{"type": "end"}\n')
    done = run(tokens, database, *(str(tmp_path / word) if word.isupper() else word for word in words))
    assert done.returncode == status and told in done.stderr.decode(), done.stderr


def test_all_or_nothing_on_the_command_line(database, tokens, tmp_path):
    clinic = some_id()
    head = line("clinic", id=clinic, slug=clinic, name="Small", timezone="Europe/Brussels")
    file = tmp_path / "small.ndjson"
    for bad, status in ((True, 1), (False, 0)):
        lines = [HEAD, head, line("location", slug="a", name="A"), *([line("room", name="R", kind="x")] if bad else []), END]
        file.write_text("".join(json.dumps(one) + "\n" for one in lines))
        tried = run(tokens, database, "import", str(file), "--directory", "--dry-run")
        assert b"a dry run" in tried.stderr and tried.returncode == status
        done = run(tokens, database, "import", str(file), "--directory", "--mode", "all")
        assert done.returncode == status, done.stderr
        assert database.value("select count(*) from app.clinic where id = %s", [clinic]) == 1 - status
