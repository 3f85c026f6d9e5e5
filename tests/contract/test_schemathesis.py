"""schemathesis tries every operation with what the document allows and with what it forbids
(schemathesis.toml says how), against the running service, on the demo practice."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import BUILD, FLAVOUR

HERE = Path(__file__).parent


@pytest.mark.timeout(1500)
def test_the_service_keeps_its_contract(service, tokens, contract, tmp_path):
    command = [Path(sys.executable).with_name("schemathesis"), "--no-color", "--config-file", HERE / "schemathesis.toml",
               "run", service.url + "/openapi.json"]
    environment = os.environ | {"CLINICD_TEST_TOKEN": tokens.admin(), "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path)}
    done = subprocess.run(command, env=environment, cwd=HERE, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=1400, check=False)
    report = BUILD / "test" / f"schemathesis-{FLAVOUR}.log"
    report.write_text(done.stdout)
    summary = done.stdout.partition("= SUMMARY =")[2]
    assert done.returncode == 0, f"{report} tells all:\n{summary or done.stdout[-3000:]}"
    service.wait("/readyz")
