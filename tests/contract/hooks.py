"""What schemathesis cannot know from the document."""
import json

import schemathesis
from schemathesis.generation import GenerationMode


@schemathesis.serializer("application/x-ndjson")
def one_line(context, value):
    """A body of one line, which is what its schema describes."""
    return value if isinstance(value, bytes) else (json.dumps(value) + "\n").encode()


@schemathesis.serializer("text/csv")
def table(context, value):
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.deserializer("application/x-ndjson")
def lines(context, response):
    """The last line of an export; tests/http holds each of them against the schema."""
    return json.loads(response.content.splitlines()[-1])


@schemathesis.hook
def filter_case(context, case):
    """Headers that fill the connection's memory (32 KiB) are answered by the HTTP library itself, with
    431 and without a problem document; tests/http holds that down."""
    return sum(len(str(value)) + 50 for values in (case.query or {}).values()
               for value in (values if isinstance(values, list) else [values])) < 16_000


@schemathesis.hook
def before_call(context, case, kwargs):
    if not case.meta or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    # A cursor is opaque: only one that the service gave is valid, so requests that are meant to be
    # valid begin at the first page. tests/http follows the real ones.
    if isinstance(case.query, dict):
        case.query.pop("cursor", None)
        # These name columns of the very body that is sent (tests/http/test_import.py does).
        case.query.pop("map", None)
        case.query.pop("set", None)
    # The coverage phase drops the quotes of an entity tag in an optional header.
    if case.headers and str(case.headers.get("If-Match", "")).isdigit():
        case.headers["If-Match"] = f'"{case.headers["If-Match"]}"'
