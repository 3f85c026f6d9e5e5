"""A database with kit.sql: the small practice that the specs race over, and every named query."""
import re
from pathlib import Path

import pytest

from sql.clinic_kit import QUERIES


@pytest.fixture(scope="session")
def race_database(postgres, template):
    database = postgres.create_database()
    postgres.psql(database.name, Path(__file__).with_name("kit.sql"))
    with database.connect() as connection:
        for name, (text, arguments, guarded) in QUERIES.items():
            # What the kit has as an array of texts, in place of $1, $2 ...
            statement = re.sub(r"%\(a(\d+)\)s", r"($1)[\1]", text).replace("%%", "%")
            connection.execute("insert into race.query values (%s, %s, %s, %s)", [name, statement, arguments, guarded])
    yield database
    database.drop()
