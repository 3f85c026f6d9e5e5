"""Many callers at once, without the cost of checking each reply against the contract: for races,
faults and drains. A caller has one connection and one thread."""
import http.client
import json
import threading


class Reply:
    """A status, headers and a body; `status` 0 says that the connection broke before the answer."""

    def __init__(self, status, headers=None, content=b""):
        self.status, self.headers, self.content = status, headers or {}, content

    def json(self):
        return json.loads(self.content)


class Caller:
    def __init__(self, port, token, timeout=30):
        self.port, self.token, self.timeout = port, token, timeout
        self.connection = None

    def call(self, method, path, body=None, headers=None):
        """One try; a broken connection is given up and made anew by the next call."""
        headers = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        content = None
        if body is not None:
            content = json.dumps(body)
            headers["Content-Type"] = "application/json"
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        try:
            self.connection.request(method, path, content, headers)
            response = self.connection.getresponse()
            content = response.read()
            if response.will_close:
                self.close()
            return Reply(response.status, dict(response.headers), content)
        except (OSError, http.client.HTTPException):
            self.close()
            return Reply(0)

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def together(count, work, seconds=300):
    """Runs work(index) in `count` threads that start at the same moment; returns what each returned.
    The first exception of any is raised; no end within the limit is a failure."""
    barrier = threading.Barrier(count)
    results, errors = [None] * count, []

    def run(index):
        try:
            barrier.wait(seconds)
            results[index] = work(index)
        except BaseException as error:  # handed over to the test's thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
        assert not thread.is_alive(), f"no end after {seconds} s"
    if errors:
        raise errors[0]
    return results
