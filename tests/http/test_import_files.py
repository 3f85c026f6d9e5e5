"""clinicd import, and the real files: every row of all three ends created, updated or refused with a reason,
and a second import changes nothing. The files are not part of the project; CLINIC_FILES names their folder."""
import csv
import json
import os
import random
import re
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from harness import BINARY, PATIENCE, ROOT

FILES = Path(os.environ.get("CLINIC_FILES", ROOT.parent / "shared" / "data"))
TABLES = ["external_id:id", "name:name", "address.street:address", "address.city:city", "address.region:state",
          "address.postal_code:zip", "geo.latitude:LAT", "geo.longitude:LON", "phone:phone"]
REAL = {
    "us-rehab.csv": (12698, ["external_id:npi", "external_id:provider_type_code", "external_id:address", "external_id:zip",
                             *TABLES[1:6], "geo.latitude:lat", "geo.longitude:lon", "phone:phone"],
                     ["address.country:US", "timezone:America/New_York"]),
    "be-primary-care.csv": (427, TABLES, ["address.country:BE", "timezone:Europe/Brussels"]),
    "de-primary-care.csv": (4274, TABLES, ["address.country:DE", "timezone:Europe/Berlin"]),
}


def peak_megabytes(pid):
    """The most that a running process has had in memory; None when it has just ended."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else None


class Import:
    """One run of `clinicd import`: what it counted, the rows that it refused, seconds, megabytes."""

    def __init__(self, tokens, database, file, *options, status=None):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CLINICD_")}
        environment |= {"CLINICD_DATABASE_URL": database.service_url, **tokens.settings()}
        started = time.monotonic()
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as words:
            child = subprocess.Popen([BINARY, "import", str(file), *options], env=environment, stdout=out, stderr=words)
            self.megabytes = 0
            while child.poll() is None:
                self.megabytes = peak_megabytes(child.pid) or self.megabytes
                time.sleep(0.02)
            self.status, self.seconds = child.returncode, time.monotonic() - started
            out.seek(0)
            words.seek(0)
            self.refused = [json.loads(line) for line in out]
            self.words = words.read()
        self.counts = {}
        if "created" in self.words:
            parts = self.words.split("clinicd: ")[-1].split(", in ")[0].split(", ")
            self.counts = {name: int(count) for count, _, name in (part.partition(" ") for part in parts)}
        assert status is None or self.status == status, self.words

    def count(self, name):
        return self.counts[name]


def options(mapping, constants):
    return [word for entry in mapping for word in ("--map", entry)] + [word for entry in constants for word in ("--set", entry)]


@pytest.fixture
def clinic(database):
    return str(database.value("insert into app.clinic (slug, name, timezone) values ('imported', 'Imported', 'Europe/Brussels') returning id"))


def rows_of(path):
    if not path.exists():
        pytest.skip(f"{path} is not here: CLINIC_FILES names the folder of the real files")
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def state(database):
    """All that an import may write, as one value."""
    return database.fetch("select (select jsonb_agg(l order by id) from app.location l), (select jsonb_agg(c order by id) from app.clinic c),"
                          " (select count(*) from app.audit), (select count(*) from app.change)")


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] if name.startswith("us") else []) for name in REAL])
def test_a_real_file_into_one_clinic(name, database, clinic, tokens):
    rows = rows_of(FILES / name)
    wanted, mapping, constants = REAL[name]
    assert len(rows) == wanted
    words = ["--clinic", clinic, *options(mapping, constants)]
    first = Import(tokens, database, FILES / name, *words)
    print(f"{name}: {first.words.strip()}, at most {first.megabytes:.0f} MB")
    assert sum(first.count(outcome) for outcome in ("created", "updated", "unchanged", "refused")) == len(rows)
    assert first.count("refused") == len(first.refused) < len(rows) / 20
    assert all(row["errors"][0]["detail"] and row["line"] > 1 for row in first.refused)
    before = state(database)
    second = Import(tokens, database, FILES / name, *words)
    assert second.count("unchanged") == first.count("created") and second.refused == first.refused
    assert state(database) == before, "the second import changes nothing"

    stored = dict(database.fetch("select external_id, name from app.location where clinic_id = %s", [clinic]))
    columns = [entry.split(":")[1] for entry in mapping if entry.startswith("external_id:")]
    kept = [row for row in rows if " ".join(row[column] for column in columns if row[column]) in stored]
    assert len(kept) >= len(stored)
    names = {row["name"] for row in rows}
    assert set(stored.values()) <= names, "names survive byte for byte"
    if name.startswith("de"):
        assert any("\n" in text for text in stored.values())
        assert any("ä" in text for text in stored.values())
    slugs = database.fetch("select count(*), count(distinct slug), max(length(slug)) from app.location where clinic_id = %s", [clinic])[0]
    assert slugs[0] == slugs[1] == first.count("created") and slugs[2] <= 80


@pytest.mark.slow
def test_sites_of_one_name_become_one_clinic(database, tokens):
    rows = rows_of(FILES / "us-rehab.csv")
    _, mapping, constants = REAL["us-rehab.csv"]
    words = ["--group-by", "name", *options(mapping, constants)]
    first = Import(tokens, database, FILES / "us-rehab.csv", *words)
    print(f"{first.words.strip()}, at most {first.megabytes:.0f} MB")
    made = dict(database.fetch("select c.external_id, count(*) from app.clinic c join app.location l on l.clinic_id = c.id"
                               " where c.external_id is not null group by 1"))
    assert set(made) <= {row["name"] for row in rows}
    assert first.count("clinics created") == len(made) and sum(made.values()) == first.count("created")
    assert max(made.values()) > 100
    before = state(database)
    second = Import(tokens, database, FILES / "us-rehab.csv", *words)
    assert second.count("unchanged") == first.count("created") and second.count("clinics created") == 0
    assert state(database) == before


# ------------------------------------------------------------------ the command

def write(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_key_that_comes_twice_is_refused_wherever_it_stands(database, clinic, tokens, tmp_path):
    """Also when a whole request lies between the two: otherwise each import would change it to and fro."""
    rows = [{"external_id": str(number), "name": f"Site {number}"} for number in range(2500)]
    rows.append({"external_id": "3", "name": "Another name"})
    file = write(tmp_path / "rows.ndjson", rows)
    done = Import(tokens, database, file, "--clinic", clinic, status=1)
    assert (done.count("created"), done.count("refused")) == (2500, 1)
    assert done.refused == [{"line": 2501, "errors": [{"pointer": "/external_id", "detail": "is the same as in line 4 of this import"}],
                             "row": rows[-1]}]


def test_all_or_nothing_looks_at_the_whole_file_first(database, clinic, tokens, tmp_path):
    rows = [{"external_id": str(number), "name": "A"} for number in range(2200)]
    bad = write(tmp_path / "bad.ndjson", [*rows, {"external_id": "x"}])
    done = Import(tokens, database, bad, "--clinic", clinic, "--mode", "all", "--refused", str(tmp_path / "refused"), status=1)
    assert "nothing was written" in done.words and not done.refused
    assert json.loads((tmp_path / "refused").read_text())["line"] == 2201
    assert database.value("select count(*) from app.location where clinic_id = %s", [clinic]) == 0
    tried = Import(tokens, database, write(tmp_path / "good.ndjson", rows), "--clinic", clinic, "--dry-run", status=0)
    assert tried.count("created") == 2200 and "a dry run" in tried.words
    assert database.value("select count(*) from app.location where clinic_id = %s", [clinic]) == 0
    assert Import(tokens, database, tmp_path / "good.ndjson", "--clinic", clinic, "--mode", "all", status=0).count("created") == 2200


def test_a_token_of_ones_own_decides(database, clinic, tokens, tmp_path):
    file = write(tmp_path / "rows.ndjson", [{"slug": "a", "name": "A"}])
    (tmp_path / "token").write_text(tokens.desk(["01900000-0000-7000-8000-000000000001"]) + "\n")
    done = Import(tokens, database, file, "--clinic", clinic, "--token-file", str(tmp_path / "token"), status=1)
    assert "403" in done.words and not done.counts
    (tmp_path / "token").write_text(tokens.desk([clinic]) + "\n")
    assert Import(tokens, database, file, "--clinic", clinic, "--token-file", str(tmp_path / "token"), status=0).count("created") == 1


@pytest.mark.parametrize("words, status, told", [
    ([], 2, "name one file"),
    (["FILE", "--mode", "some"], 2, "--mode"),
    (["FILE", "--clinic", "x"], 2, "--clinic takes the id"),
    (["FILE", "--colour"], 2, "unknown option"),
    (["/nowhere.csv"], 1, "cannot be read"),
    (["/"], 1, "cannot be read"),
    (["FILE", "--format", "csv", "--map", "name:nothing"], 1, "must begin with a line that names the columns"),
    (["FILE", "--map", "name:a"], 1, "is for text/csv"),
    (["FILE", "--token-file", "/nowhere"], 1, "holds no token"),
    (["FILE", "--refused", "/nowhere/at/all"], 1, "cannot be written"),
])
def test_wrong_calls_are_told(words, status, told, database, tokens, tmp_path):
    file = write(tmp_path / "rows.ndjson", [{"slug": "a", "name": "A"}])
    done = subprocess.run([BINARY, "import", *(str(file) if word == "FILE" else word for word in words)], text=True, capture_output=True,
                          env={**os.environ, "CLINICD_DATABASE_URL": database.service_url, **tokens.settings()}, check=False)
    assert done.returncode == status and told in done.stderr, done.stderr


@pytest.mark.slow
def test_a_hundred_thousand_rows(database, clinic, tokens, tmp_path):
    """Under a minute and under 100 MB. IMPORT_ROWS sets how many (100,000 for the record)."""
    count = int(os.environ.get("IMPORT_ROWS", "6000"))
    random.seed(20270329)
    with open(tmp_path / "rows.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["external_id", "name", "address.street", "address.postal_code", "address.city", "geo.latitude", "geo.longitude"])
        for number in range(count):
            writer.writerow([number, f"Praxis für Rücken {number % 5000}", f"Straße {number}", f"{number % 90000 + 10000}", "Köln",
                             round(random.uniform(47, 55), 6), round(random.uniform(6, 15), 6)])
    done = Import(tokens, database, tmp_path / "rows.csv", "--clinic", clinic, status=0)
    print(f"{count} rows in {done.seconds:.1f} s, at most {done.megabytes:.0f} MB")
    assert done.count("created") == count
    assert done.seconds < 60 * max(1, count / 100_000) * PATIENCE and done.megabytes < 100
