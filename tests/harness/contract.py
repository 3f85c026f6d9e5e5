"""The OpenAPI document as a judge: does this reply keep what the document promises, and which
operations and statuses were never seen?"""
import json
import re
import uuid
from datetime import date, datetime
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

METHODS = ("get", "put", "post", "delete", "patch")
BASE = "urn:clinicd:contract"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z")

formats = FormatChecker(formats=())


@formats.checks("date-time", raises=ValueError)
def _is_instant(value):
    if isinstance(value, str):
        if not INSTANT.match(value):
            return False
        datetime.fromisoformat(value)
    return True


@formats.checks("date", raises=ValueError)
def _is_date(value):
    if isinstance(value, str):
        date.fromisoformat(value)
    return True


@formats.checks("uuid", raises=ValueError)
def _is_uuid(value):
    if isinstance(value, str):
        return str(uuid.UUID(value)) == value.lower()
    return True


@formats.checks("uri")
def _is_uri(value):
    return not isinstance(value, str) or bool(re.match(r"[a-z][a-z0-9+.-]*:[^\s]+\Z", value))


def pointer(*parts):
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


class Operation:
    def __init__(self, method, path, item):
        self.id, self.method, self.path = item["operationId"], method.upper(), path
        self.responses = item.get("responses", {})
        self.item = item
        literal = [re.escape(part) for part in re.split(r"\{[^}]*\}", path)]
        self.pattern = re.compile("[^/]+".join(literal) + r"\Z")
        self.wildcards = len(literal) - 1

    def place(self, status):
        """Where the response of this status stands: (key to count it by, pointer), or (None, None)."""
        for code in (str(status), f"{status // 100}XX", "default"):
            response = self.responses.get(code)
            if response is None:
                continue
            if "$ref" in response:
                target = response["$ref"].removeprefix("#")
                return target.rsplit("/", 1)[-1], target
            return f"{self.id} {code}", pointer("paths", self.path, self.method.lower(), "responses", code)
        return None, None


class Contract:
    """A bundled document. `check` raises AssertionError; `missing` tells what was never seen."""

    def __init__(self, document):
        if isinstance(document, (str, Path)):
            document = json.loads(Path(document).read_text())
        self.document = document
        self.operations = [Operation(method, path, item[method]) for path, item in document["paths"].items()
                           for method in METHODS if method in item]
        self.operations.sort(key=lambda operation: operation.wildcards)
        self.registry = Registry().with_resource(BASE, DRAFT202012.create_resource(document))
        self.validators = {}
        self.seen = set()

    def route(self, method, path):
        """The operation, or None; and whether the path is known with another method."""
        method = "GET" if method == "HEAD" else method
        here = [operation for operation in self.operations if operation.pattern.match(path)]
        found = next((operation for operation in here if operation.method == method), None)
        return found, bool(here)

    def _resolve(self, place):
        node = self.document
        for part in place.split("/")[1:]:
            node = node[part.replace("~1", "/").replace("~0", "~")]
        return self._resolve(node["$ref"].removeprefix("#")) if "$ref" in node else node

    def _validate(self, place, value, what):
        if place not in self.validators:
            self.validators[place] = Draft202012Validator({"$ref": f"{BASE}#{place}"}, registry=self.registry,
                                                          format_checker=formats)
        faults = [f"{fault.json_path}: {fault.message[:300]}" for fault in self.validators[place].iter_errors(value)]
        assert not faults, f"{what} breaks its schema:\n" + "\n".join(faults[:10])

    def check(self, method, path, status, headers, body):
        """Holds one reply against the document. `headers` is case-insensitive, `body` bytes."""
        what = f"{method} {path} -> {status}"
        assert status < 500 or status == 503, f"{what}: {body[:500]!r}"
        assert headers.get("x-request-id"), f"{what}: X-Request-Id is missing"
        operation, known = self.route(method, path)
        if operation is None:
            self._check_unrouted(method, known, status, headers, body, what)
            return
        key, place = operation.place(status)
        assert key, f"{what}: {operation.id} does not declare this status"
        self.seen.add(key)
        response = self._resolve(place)
        for name, header in response.get("headers", {}).items():
            header = self._resolve(header["$ref"].removeprefix("#")) if "$ref" in header else header
            assert name in headers or not header.get("required"), f"{what}: {name} is missing"
        self._check_body(method, response, place, headers, body, what)

    def _check_body(self, method, response, place, headers, body, what):
        content = response.get("content")
        if not content or method == "HEAD":
            assert not body, f"{what}: declares no body and has {body[:200]!r}"
            return
        media_type = headers.get("content-type", "").split(";")[0].strip()
        assert media_type in content, f"{what}: {media_type or 'no content type'}, declared: {', '.join(content)}"
        if media_type.endswith("json") and "schema" in content[media_type]:
            if "$ref" in self._at(place):
                place = self._at(place)["$ref"].removeprefix("#")
            place += pointer("content", media_type, "schema")
            for value in body.splitlines() if media_type == "application/x-ndjson" else [body]:
                self._validate(place, json.loads(value), what)

    def _at(self, place):
        node = self.document
        for part in place.split("/")[1:]:
            node = node[part.replace("~1", "/").replace("~0", "~")]
        return node

    def _check_unrouted(self, method, known, status, headers, body, what):
        if method == "OPTIONS":
            return
        assert 400 <= status < 500, f"{what}: no operation, yet it succeeded"
        assert not known or status != 404, f"{what}: the path exists, expected 405"
        assert headers.get("content-type", "").startswith("application/problem+json"), f"{what}: not a problem"
        assert status != 405 or headers.get("allow"), f"{what}: Allow is missing"
        shared = {404: "NotFound", 405: "MethodNotAllowed"}.get(status)
        if shared in self.document["components"].get("responses", {}):
            self.seen.add(shared)
        if method != "HEAD":
            self._validate("/components/schemas/Problem", json.loads(body), what)

    def promised(self):
        """Every operation's own statuses, and each shared response once."""
        return {operation.place(int(code))[0] for operation in self.operations for code in operation.responses
                if code.isdigit()}

    def missing(self):
        return sorted(self.promised() - self.seen)
