"""Bytes over a socket: for requests that no HTTP client would send, and for clients that are slow."""
import json
import socket
import time

from . import PATIENCE


class Answer:
    """One answer as it came. `headers` has lower-case names."""

    def __init__(self, status, headers, body, version):
        self.status, self.headers, self.body, self.version = status, headers, body, version

    def json(self):
        return json.loads(self.body)

    @property
    def is_problem(self):
        return self.headers.get("content-type", "").startswith("application/problem+json")

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:300]!r}>"


class Raw:
    """A connection to a service. `ended` says after a read that the other side closed it."""

    def __init__(self, port, timeout=10):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout * PATIENCE)
        self.rest, self.ended = b"", False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Sends what the other side takes: it may have closed already."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            self.ended = True
        return self

    def drip(self, data, pause):
        """A byte now and then, until all is sent or the other side has had enough; returns the seconds."""
        started = time.monotonic()
        self.socket.setblocking(False)
        for byte in data:
            try:
                self.socket.send(bytes([byte]))
                if self.socket.recv(1, socket.MSG_PEEK) == b"":
                    self.ended = True
                    break
            except BlockingIOError:
                pass
            except OSError:
                self.ended = True
                break
            time.sleep(pause)
        self.socket.settimeout(10 * PATIENCE)
        return time.monotonic() - started

    def _more(self):
        try:
            piece = self.socket.recv(65536)
        except ConnectionResetError:
            piece = b""
        self.ended = self.ended or not piece
        self.rest += piece
        return bool(piece)

    def _until(self, mark):
        while mark not in self.rest:
            if not self._more():
                return None
        found, self.rest = self.rest.split(mark, 1)
        return found

    def _take(self, count):
        while len(self.rest) < count and self._more():
            pass
        found, self.rest = self.rest[:count], self.rest[count:]
        return found

    def read(self, head_only=False):
        """The next answer, or None when the connection ends first. TimeoutError when nothing comes."""
        head = self._until(b"\r\n\r\n")
        if head is None:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status = first.split(" ")[:2]
        headers = {}
        for line in lines:
            name, value = line.split(":", 1)
            name = name.lower()
            assert name not in headers, f"{name} came twice: {lines}"
            headers[name] = value.strip()
        status = int(status)
        if status == 100:
            return self.read(head_only)
        length = 0 if head_only or status in (204, 304) else headers.get("content-length")
        assert length is not None, f"an answer without a length: {headers}"
        return Answer(status, headers, self._take(int(length)), version)

    def read_all(self):
        """All answers until the connection ends; TimeoutError when it never does."""
        answers = []
        while (answer := self.read()) is not None:
            answers.append(answer)
        return answers


def request_bytes(method="GET", target="/healthz", headers=(), body=None, version="HTTP/1.1", host="clinicd"):
    """A well-formed request; what should be wrong about it, the caller says."""
    lines = [f"{method} {target} {version}".encode("utf-8", "surrogateescape")]
    if host is not None:
        lines.append(b"Host: " + host.encode())
    for header in headers:
        lines.append(header if isinstance(header, bytes) else header.encode())
    if body is not None:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


def exchange(port, data, timeout=10, finish=True):
    """Sends it all, says that nothing follows (finish), and returns every answer until the end."""
    with Raw(port, timeout) as raw:
        raw.send(data)
        if finish and not raw.ended:
            try:
                raw.socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        return raw.read_all()
