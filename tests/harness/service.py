"""The real binary on a free port, with its own log file, watched for crashes and sanitizer reports."""
import json
import os
import random
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx

from . import BINARY, PATIENCE

REPORT = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|: runtime error: |ERROR: LeakSanitizer")
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1:exitcode=99",
              "UBSAN_OPTIONS": "print_stacktrace=1", "TSAN_OPTIONS": "second_deadlock_stack=1:exitcode=66"}


def free_port():
    """A port below the range that outgoing connections take, free at this moment."""
    while True:
        port = random.randint(10000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Service:
    """`clinicd serve`. Settings are CLINICD_* variables; nothing else of them is inherited."""

    def __init__(self, folder, settings, binary=BINARY):
        self.folder, self.binary = Path(folder), binary
        self.settings = {name: str(value) for name, value in settings.items()}
        self.process = self.port = None
        self.log_path = None
        self._starts = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self, ready=True, port=None):
        """Starts, and waits until /readyz says yes (ready), or only until it listens (ready=False)."""
        self._starts += 1
        self.port = port or free_port()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log_path = self.folder / f"service-{self.port}-{self._starts}.log"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CLINICD_")}
        environment |= SANITIZERS | {"CLINICD_LISTEN": f"127.0.0.1:{self.port}"} | self.settings
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([self.binary, "serve"], env=environment, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True)
        self.wait("/readyz" if ready else "/healthz")
        return self

    def wait(self, path="/readyz", status=200, seconds=15):
        """Until GET path answers with this status; fails after the limit or when the service ended."""
        deadline = time.monotonic() + seconds * PATIENCE
        last = None
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the service ended with {self.process.returncode}:\n{self.log_text()}")
            try:
                last = httpx.get(self.url + path, timeout=2).status_code
                if last == status:
                    return
            except httpx.TransportError as error:
                last = repr(error)
            time.sleep(0.02)
        raise AssertionError(f"{path} did not answer {status} in time, but {last}:\n{self.log_text()}")

    def stop(self, seconds=20):
        """SIGTERM, and the assertion that it drained: ended in time with 0 and without a report."""
        if not self.running:
            self.assert_clean()
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise AssertionError(f"SIGTERM did not end the service:\n{self.log_text()}") from None
        self.assert_clean()
        assert code == 0, f"the service ended with {code}:\n{self.log_text()}"

    def kill9(self):
        if self.running:
            self.process.kill()
            self.process.wait(30)

    def assert_clean(self):
        """No sanitizer report and no crash in what it wrote."""
        text = self.log_text(None)
        found = REPORT.search(text)
        assert not found, f"{self.log_path}:\n{text[max(0, found.start() - 500):found.start() + 6000]}"
        if self.process and self.process.returncode not in (None, 0, -signal.SIGKILL):
            raise AssertionError(f"the service ended with {self.process.returncode}:\n{self.log_text()}")

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def log_text(self, lines=60):
        """What it wrote since its last start; the last lines only, or all with None."""
        if not self.log_path or not self.log_path.exists():
            return ""
        text = self.log_path.read_text(errors="replace")
        return text if lines is None else "\n".join(text.splitlines()[-lines:])

    def log(self):
        """Its log lines, parsed; other lines are left out."""
        entries = []
        for line in self.log_text(None).splitlines():
            try:
                entries.append(json.loads(line))
            except ValueError:
                continue
        return entries
