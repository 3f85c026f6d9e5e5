"""Runs last: an operation, or one of its statuses, that no test has ever seen is not tested."""
import pytest


def test_every_operation_and_status_was_seen(contract, full_run):
    if not full_run:
        pytest.skip("only part of the suite ran")
    missing = contract.missing()
    assert not missing, f"{len(missing)} never seen:\n" + "\n".join(missing)
