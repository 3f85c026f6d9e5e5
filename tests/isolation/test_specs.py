"""Every *.spec of this folder through PostgreSQL's isolationtester, held against expected/. In each order of steps one wins,
the others are told so, and nobody runs into a deadlock or a serialization failure.

ISOLATION_ACCEPT=1 writes what came out to expected/ (read the difference before committing it)."""
import difflib
import os
import re
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TESTER = Path("/usr/lib/postgresql/15/lib/pgxs/src/test/isolation/isolationtester")  # of postgresql-client-15
SPECS = sorted(HERE.glob("*.spec"))
FAULTS = re.compile(r"^(?:\S+: )?(?:ERROR|FATAL|WARNING): .*|invalid permutation.*|unused step name.*", re.M)


def play(database, spec):
    done = subprocess.run([TESTER, database.url("postgres")], stdin=spec.open(), text=True, timeout=60, check=False,
                          capture_output=True, env=os.environ | {"PGISOLATIONTIMEOUT": "20"})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_spec(race_database, spec):
    output = play(race_database, spec)
    expected = HERE / "expected" / f"{spec.stem}.out"
    if os.environ.get("ISOLATION_ACCEPT"):
        expected.write_text(output)
    assert not FAULTS.findall(output)
    verdicts = re.findall(r"^overlaps *\| *(\d+)", output, re.M)
    assert len(verdicts) == len(re.findall(r"^starting permutation", output, re.M)), "the world is looked at after each"
    assert set(verdicts) == {"0"}
    difference = difflib.unified_diff(expected.read_text().splitlines(), output.splitlines(), "expected", "now", lineterm="")
    assert not (lines := list(difference)), "\n".join(lines)
