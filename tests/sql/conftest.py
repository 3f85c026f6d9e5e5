"""One migrated database for tests that only read or only call functions."""
import pytest


@pytest.fixture(scope="session")
def shared_database(postgres, template):
    database = postgres.create_database()
    yield database
    database.drop()
