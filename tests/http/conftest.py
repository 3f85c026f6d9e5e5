"""What the stories share: practices of their own on one service, and the clock."""
import pytest

from harness.practice import Practice

MORNING = "2027-03-01T06:00:00Z"  # a Monday, four weeks before clocks change in Europe


@pytest.fixture
def make_practice(shared_client, tokens):
    """make_practice(zone=..., policy=...): a clinic that nobody else touches."""
    return lambda **settings: Practice(shared_client, tokens, **settings)


@pytest.fixture
def clock(shared_client, tokens):
    """clock(instant) moves the shared service's time; it starts on MORNING and ends as the real one."""
    admin = shared_client.with_token(tokens.admin())

    def go(now):
        reply = admin.post("/v1/test-clock", json={"now": now})
        assert reply.status_code == 200, reply.text

    go(MORNING)
    yield go
    go(None)


@pytest.fixture
def admin(shared_client, tokens):
    """Everything, everywhere."""
    return shared_client.with_token(tokens.admin())
