"""The figures of the fault suite: what each test did, as a table at the end (RACE_TABLE=1), and in README.md (RACE_WRITE=1)."""
import collections
import os
from pathlib import Path

import pytest

README = Path(__file__).with_name("README.md")
COLUMNS = ("what happens meanwhile", "seconds", "acts", "done (2xx)", "refused (409)", "asked again", "replayed", "changes",
           "kills", "found")
_rows = []


@pytest.fixture
def figures():
    """figures(title, traffic, found, kills=0): one row of the table."""
    def add(title, traffic, found, kills=0):
        history = traffic.history
        statuses = collections.Counter(act.status for act in history)
        writes = [act for act in history if act.what != "read"]
        lines = ", ".join(f"{rule} {len(sentences)}" for rule, sentences in found.items()) or "nothing"
        row = (title, round(traffic.seconds), len(history), sum(act.done for act in writes), statuses[409],
               sum(len(act.statuses) - 1 for act in history), sum(act.replayed for act in history),
               traffic.changes, kills, lines)
        _rows.append(row)
        print(dict(zip(COLUMNS, row)))
    return add


def table():
    lines = [COLUMNS, ["---"] + ["---:"] * (len(COLUMNS) - 2) + ["---"], *_rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]


def pytest_terminal_summary(terminalreporter):
    if not _rows or not (os.environ.get("RACE_TABLE") or os.environ.get("RACE_WRITE")):
        return
    terminalreporter.write_line("")
    for line in table():
        terminalreporter.write_line(line)
    if os.environ.get("RACE_WRITE"):
        before, _, rest = README.read_text().partition("<!-- figures -->\n")
        _, _, after = rest.partition("<!-- end of figures -->\n")
        README.write_text(before + "<!-- figures -->\n" + "\n".join(table()) + "\n<!-- end of figures -->\n" + after)
