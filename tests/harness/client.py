"""An HTTP client whose every reply is held against the contract."""
import uuid

import httpx

from . import PATIENCE


class Client:
    """Speaks to one service with one token. Replies are httpx.Response; the contract has checked
    them before the test sees them."""

    def __init__(self, url, contract, token=None, http=None):
        self.url, self.contract, self.token = url, contract, token
        self.http = http or httpx.Client(base_url=url, timeout=20 * PATIENCE)

    def with_token(self, token):
        """The same connections with another token (None: without one)."""
        return Client(self.url, self.contract, token, self.http)

    def request(self, method, path, token=..., headers=None, key=None, if_match=None, check=True, **options):
        """`key` is the Idempotency-Key (True makes one), `if_match` the ETag; other options are
        httpx's (params, json, content). check=False only for replies outside the contract."""
        headers = httpx.Headers(headers or {})
        token = self.token if token is ... else token
        if token is not None and "authorization" not in headers:
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = str(uuid.uuid4()) if key is True else key
        if if_match:
            headers["If-Match"] = if_match
        if isinstance(options.get("params"), dict):
            options["params"] = {name: value for name, value in options["params"].items() if value is not None}
        if method == "PATCH" and "json" in options:
            headers.setdefault("Content-Type", "application/merge-patch+json")
        response = self.http.request(method, path, headers=headers, **options)
        if check:
            self.contract.check(method, response.request.url.path, response.status_code, response.headers,
                                response.content)
        return response

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def head(self, path, **options):
        return self.request("HEAD", path, **options)

    def post(self, path, **options):
        return self.request("POST", path, **options)

    def put(self, path, **options):
        return self.request("PUT", path, **options)

    def patch(self, path, **options):
        return self.request("PATCH", path, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def items(self, path, most=100_000, **params):
        """All items of a collection, page after page."""
        found = []
        while len(found) < most:
            response = self.get(path, params=params)
            assert response.status_code == 200, response.text
            page = response.json()
            found += page["items"]
            if page["next"] is None:
                break
            params["cursor"] = page["next"]
        return found

    def close(self):
        self.http.close()
