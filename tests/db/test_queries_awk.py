"""sql/queries.awk: queries become a C table, and what a reader would trip over is refused with file:line."""
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

GOOD = r"""-- Locations, as the API shows them.

-- name: readLocation
-- args: location_id lang
-- guard: principal
select 200 as status, '$9 it''s "quoted"' || E'\'$8' as body -- $7
     , "odd $3 name", $tag$ $5 $tag$, a\b, tags ?? 'x' /* $6 /* $6 */ $6 */
where id = $1::uuid and $2::text is not null;

-- name: listNothing
-- args:
select 1 as status, null::json as body

-- name: workHard
-- args:
-- worker: every 250 ms
select 200 as status, '{"done": 1}'::json as body
"""

PRINT = r"""
#include <stdio.h>
#include "db.h"
int main(void)
{
    for (size_t i = 0; i < db_query_count; i++) {
        printf("%s:%d:%zu:%d:%d:", db_queries[i].name, db_queries[i].line, db_queries[i].argument_count,
               db_queries[i].guarded, db_queries[i].idle_ms);
        for (size_t j = 0; db_queries[i].arguments[j]; j++)
            printf(" %s", db_queries[i].arguments[j]);
        printf("\n%s\f", db_queries[i].text);
    }
}
"""


def awk(*files):
    return subprocess.run(["awk", "-f", ROOT / "sql" / "queries.awk", *files], text=True, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=20, check=False)


def compile_and_print(folder, generated):
    (folder / "queries.c").write_text(generated)
    (folder / "print.c").write_text(PRINT)
    subprocess.run(["gcc", "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                    "-I", ROOT / "include", "-o", folder / "print", folder / "print.c", folder / "queries.c"],
                   check=True, timeout=60)
    return subprocess.run([folder / "print"], check=True, text=True, capture_output=True).stdout


def test_table_holds_the_text_unchanged(tmp_path):
    (tmp_path / "good.sql").write_text(GOOD)
    done = awk(tmp_path / "good.sql")
    assert done.returncode == 0, done.stderr
    first, second, third, rest = compile_and_print(tmp_path, done.stdout).split("\f")
    head, text = first.split("\n", 1)
    assert head == "readLocation:3:2:1:0: location_id lang"
    assert text == GOOD[GOOD.index("-- name: readLocation"):GOOD.index("-- name: listNothing")]
    assert second.startswith("listNothing:10:0:0:0:\n-- name: listNothing")
    assert third.startswith("workHard:14:0:0:250:\n-- name: workHard")
    assert rest == ""


def test_long_query_survives(tmp_path):
    long = "-- name: long\n-- args: a\nselect 1 as status, '" + "x" * 9000 + "'::json as body, $1::text\n"
    (tmp_path / "long.sql").write_text(long)
    assert "x" * 9000 in compile_and_print(tmp_path, awk(tmp_path / "long.sql").stdout)


def test_no_files_give_an_empty_table(tmp_path):
    done = awk()
    assert done.returncode == 0
    assert compile_and_print(tmp_path, done.stdout) == ""


HEAD = "-- name: q\n-- args: a b\n"


@pytest.mark.parametrize("text, line, words", [
    ("-- name: q\nselect 1\n", 1, "no \"-- args:\" line"),
    ("-- name: q\n-- args:\n", 1, "no statement"),
    (HEAD + "select $1,\n  $2, $3\n", 4, "$3 is out of range, its args are 2"),
    (HEAD + "select $1, $2, $0\n", 3, "$0 is out of range"),
    (HEAD + "select $1\n", 2, "$2 (b) is never used"),
    (HEAD + "select $1, '$2' -- $2\n", 2, "$2 (b) is never used"),
    (HEAD + "select $1, $2\n-- name: q\n-- args:\nselect 1\n", 4, "already at"),
    (HEAD + "select $1, $2; select 3\n", 3, "only one statement"),
    (HEAD + "select $1, $2, 'open\n", 3, "never closed"),
    (HEAD + "-- guard: everyone\nselect $1, $2\n", 3, "only guard"),
    (HEAD + "-- guards: principal\nselect $1, $2\n", 3, "did you mean"),
    (HEAD + "-- Guard: principal\nselect $1, $2\n", 3, "did you mean"),
    (HEAD + "select $1, $2\n-- guard: principal\n", 4, "before the statement"),
    ("-- name: q\n-- args: a a\nselect $1, $2\n", 2, "listed twice"),
    ("-- name: q\n-- args:\n-- worker: sometimes\nselect 1\n", 3, "is how it is written"),
    ("-- name: q\n-- args:\n-- worker: every 0 ms\nselect 1\n", 3, "is how it is written"),
    ("-- name: q\n-- args:\nselect 1\n-- worker: every 5 ms\n", 4, "before the statement"),
    ("-- name: q\n-- args:\n-- workers: every 5 ms\nselect 1\n", 3, "did you mean"),
    ("-- name: q\n-- args: a\n-- worker: every 5 ms\nselect $1\n", 1, "no arguments and no principal"),
    ("-- name: q\n-- args:\n-- guard: principal\n-- worker: every 5 ms\nselect 1\n", 1, "no arguments and no principal"),
    ("-- name: two words\n-- args:\nselect 1\n", 1, "no name of a query"),
    ("-- name: q\n-- args: a-b\nselect $1\n", 2, "no name of an argument"),
    ("select 1;\n", 1, "before the first"),
])
def test_faults_are_named_with_their_line(tmp_path, text, line, words):
    file = tmp_path / "bad.sql"
    file.write_text(text)
    done = awk(file)
    assert done.returncode != 0
    assert done.stdout == ""
    assert any(fault.startswith(f"{file}:{line}: ") and words in fault for fault in done.stderr.splitlines()), done.stderr


def test_duplicate_names_across_files(tmp_path):
    for name in ("a.sql", "b.sql"):
        (tmp_path / name).write_text("-- name: same\n-- args:\nselect 1\n")
    done = awk(tmp_path / "a.sql", tmp_path / "b.sql")
    assert done.returncode != 0
    assert f"{tmp_path}/b.sql:1: query same is already at {tmp_path}/a.sql:1" in done.stderr
