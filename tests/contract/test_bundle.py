"""The bundler refuses a contract that is wrong, and says where: each row breaks a copy of openapi/ in one way."""
import shutil
import subprocess
from pathlib import Path

import pytest

OPENAPI = Path(__file__).parents[2] / "openapi"

BROKEN = [
    # what is wrong, file, text there, text instead, what the bundler says
    ("dangling", "schemas/room.yaml", "'common.yaml#/LineName'", "'common.yaml#/LineNam'", "schemas/room.yaml: $ref common.yaml#/LineNam is dangling"),
    ("outside", "schemas/room.yaml", "'common.yaml#/LineName'", "'../../README.md#/Name'", "leaves the folder"),
    ("deep reference", "schemas/room.yaml", "'common.yaml#/LineName'", "'location.yaml#/Geo/properties'", "does not name an entry"),
    ("id twice", "paths/rooms.yaml", "operationId: createRoom", "operationId: patchRoom", "operationId patchRoom stands at"),
    ("path twice", "openapi.yaml", "  /v1/me:", "  /v1/locations/{id}: {$ref: 'paths/service.yaml#/me'}\n  /v1/me:", "cannot be told apart"),
    ("key twice", "schemas/booking.yaml", "  maxLength: 100", "  minLength: 1", "minLength stands twice"),
    ("no security", "paths/service.yaml", "    security: [{jwt: []}]\n", "", "says nothing about security"),
    ("unused", "schemas/booking.yaml", "Reference:", "Unused: {type: string}\n\nReference:", "Unused is used nowhere"),
    ("no summary", "paths/rooms.yaml", "    summary: A new room\n", "", "createRoom: has no summary"),
    ("required but unknown", "schemas/room.yaml", "required: [location_id", "required: [loc", "requires loc, which it does not know"),
    ("unknown keyword", "schemas/common.yaml", "uniqueItems: true", "uniqueItem: true", "uniqueItem is no keyword of the validator"),
    ("wrong example", "schemas/booking.yaml", "examples: [K7QM2XRT]", "examples: [k7]", "Reference: example /"),
    ("open object", "schemas/slot.yaml", "  additionalProperties: false\n", "", "is an object without additionalProperties"),
    ("unbounded text", "schemas/booking.yaml", "  maxLength: 2000\n  examples: [First", "  examples: [First", "Note: is a text without maxLength"),
    ("undescribed", "parameters.yaml", "  description: How many items at most.\n", "", "parameter limit has no description"),
    ("undeclared in the path", "openapi.yaml", "/v1/bookings/{booking_id}:", "/v1/bookings/{id}:", "are not those of"),
    ("spelling", "schemas/room.yaml", "    kind: {$ref", "    kindOf: {$ref", "member kindOf is not snake_case"),
    ("lane", "paths/availability.yaml", "x-lane: search", "x-lane: slow", "x-lane is none of"),
]


def lint(folder):
    return subprocess.run(["/usr/bin/python3", folder / "bundle.py", "--lint", folder / "openapi.yaml"], text=True,
                          capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize(("file", "text", "instead", "said"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_broken_contract_is_refused(tmp_path, file, text, instead, said):
    folder = Path(shutil.copytree(OPENAPI, tmp_path / "openapi"))
    before = (folder / file).read_text()
    assert text in before
    (folder / file).write_text(before.replace(text, instead, 1))
    done = lint(folder)
    assert done.returncode != 0
    assert said in done.stderr


def test_the_contract_as_it_is_passes():
    done = lint(OPENAPI)
    assert (done.returncode, done.stderr) == (0, "")


def test_scalars_are_those_of_yaml_1_2(tmp_path):
    (tmp_path / "one.yaml").write_text("time: 12:30\nno: no\nnumber: 017\nword: 'yes'\n")
    done = subprocess.run(["/usr/bin/python3", "-c", "import sys; sys.path.insert(0, sys.argv[1]); import bundle, pathlib;"
                           "print(bundle.load(pathlib.Path(sys.argv[2])))", OPENAPI, tmp_path / "one.yaml"],
                          text=True, capture_output=True, timeout=60, check=True)
    assert done.stdout.strip() == "{'time': '12:30', 'no': 'no', 'number': 17, 'word': 'yes'}"
