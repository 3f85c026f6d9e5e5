#!/usr/bin/python3
"""Bundles openapi/ into the one JSON document that the service embeds, obeys and serves.

    /usr/bin/python3 openapi/bundle.py [--lint] openapi/openapi.yaml [OUT.json]

Where a part stands in the bundle follows from its file:

    paths/*.yaml      inlined at the path that refers to them
    schemas/*.yaml    #/components/schemas/<name>
    <section>.yaml    #/components/<section>/<name>      (parameters, headers, responses)

What every operation has in common is written once, here (`complete`), and not in each file:
the shared errors, X-Request-Id on every response, and the parameters of a path.
"""
import json
import re
import sys
from pathlib import Path

import yaml

sys.dont_write_bytecode = True

METHODS = ("get", "put", "post", "delete", "patch")


class Refused(Exception):
    """The document is wrong; the text names the place."""


# ------------------------------------------------------------------ YAML 1.2

class Loader(yaml.SafeLoader):
    """YAML with the scalars of version 1.2: 12:30 and no are strings, and a key stands once."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            if key.value in seen:
                raise Refused(f"{key.start_mark.name}:{key.start_mark.line + 1}: {key.value} stands twice")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", list("-+.0123456789")),
    ("merge", r"^<<$", ["<"]),
):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)
Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))


def load(path):
    try:
        with path.open(encoding="utf-8") as stream:
            return yaml.load(stream, Loader)
    except (OSError, yaml.YAMLError) as error:
        raise Refused(f"{path}: {error}") from error


# ------------------------------------------------------------------ references

def section_of(path):
    """The section of components whose entries this file holds; None for paths."""
    if path.parent.name == "paths":
        return None
    return "schemas" if path.parent.name == "schemas" else path.stem


class Bundle:
    def __init__(self, root):
        self.root = root.resolve()
        self.files = {}
        self.components = {}
        self.origin = {}

    def read(self, path):
        if path not in self.files:
            self.files[path] = load(path)
        return self.files[path]

    def show(self, path):
        return path.relative_to(self.root.parent)

    def target(self, reference, here):
        """The file and the entry that a reference names: "../schemas/money.yaml#/Money"."""
        name, mark, pointer = reference.partition("#/")
        path = (here.parent / name).resolve() if name else here
        entry = pointer.replace("~1", "/").replace("~0", "~")
        if not mark or "/" in pointer:
            raise Refused(f"{self.show(here)}: $ref {reference} does not name an entry of a file")
        if path != self.root and self.root.parent not in path.parents:
            raise Refused(f"{self.show(here)}: $ref {reference} leaves the folder")
        if not path.exists() or entry not in self.read(path):
            raise Refused(f"{self.show(here)}: $ref {reference} is dangling")
        return path, entry

    def resolve(self, node, here):
        if isinstance(node, list):
            return [self.resolve(item, here) for item in node]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            return self.follow(node, here)
        return {str(key): self.resolve(value, here) for key, value in node.items()}  # 200: is "200"

    def follow(self, node, here):
        path, entry = self.target(node["$ref"], here)
        section = section_of(path)
        if section is None:
            return self.resolve(self.read(path)[entry], path)
        beside = {key: self.resolve(value, here) for key, value in node.items() if key != "$ref"}
        return {"$ref": self.place(section, entry, path), **beside}

    def place(self, section, entry, path):
        origin = self.origin.setdefault((section, entry), path)
        if origin != path:
            raise Refused(f"{self.show(path)}: {entry} is also in {self.show(origin)}")
        entries = self.components.setdefault(section, {})
        if entry not in entries:
            entries[entry] = None  # holds the place: schemas may refer to themselves
            entries[entry] = self.resolve(self.read(path)[entry], path)
        return f"#/components/{section}/{entry}"

    def shared(self, name):
        return {"$ref": self.place("responses", name, self.root.parent / "responses.yaml")}

    def refuse_unused(self):
        for path in sorted(self.root.parent.rglob("*.yaml")):
            section = section_of(path)
            if path == self.root or section is None:
                continue
            for entry in self.read(path):
                if (section, entry) not in self.origin:
                    raise Refused(f"{self.show(path)}: {entry} is used nowhere")


# ------------------------------------------------------------------ what all operations share

def shared_errors(method, path, operation, parameters):
    """The errors that the service answers before or around an operation, by what it takes."""
    yield "400", "BadRequest"
    if operation["security"]:
        yield "401", "Unauthorized"
        yield "403", "Forbidden"
    if "{" in path:
        yield "404", "NotFound"
    yield "405", "MethodNotAllowed"
    if operation["security"]:
        yield "406", "NotAcceptable"
    if method != "get" and "x-when" not in operation:
        yield "409", "Conflict"
    if "Idempotency-Key" in parameters:
        yield "422", "Unprocessable"
    if "If-Match" in parameters:
        yield "412", "PreconditionFailed"
    if "x-missing-status" in parameters.get("If-Match", {}):
        yield "428", "PreconditionRequired"
    if "requestBody" in operation:
        yield "413", "ContentTooLarge"
        yield "415", "UnsupportedMediaType"
        yield "422", "Unprocessable"
    yield "503", "Unavailable"


def complete(bundle, paths):
    """Gives every operation its path's parameters, the shared errors and the shared headers."""
    request_id = {"$ref": bundle.place("headers", "X-Request-Id", bundle.root.parent / "headers.yaml")}
    for path, item in paths.items():
        common = item.pop("parameters", [])
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            parameters = common + operation.get("parameters", [])
            if parameters:
                operation["parameters"] = parameters
            found = [look_up(bundle.components, parameter) for parameter in parameters]
            responses = operation.setdefault("responses", {})
            operation.setdefault("security", None)
            if operation["security"] is None:
                raise Refused(f"{method.upper()} {path}: says nothing about security")
            for status, name in shared_errors(method, path, operation, {parameter["name"]: parameter for parameter in found}):
                if status not in responses:
                    responses[status] = bundle.shared(name)
            operation["responses"] = dict(sorted(responses.items()))
            if method == "get" and "ETag" in responses.get("200", {}).get("headers", {}):
                responses["304"] = bundle.shared("NotModified")
                operation["responses"] = dict(sorted(responses.items()))
    for path, item in paths.items():
        for method in METHODS:
            for response in item.get(method, {}).get("responses", {}).values():
                if "$ref" not in response:
                    response.setdefault("headers", {})["X-Request-Id"] = request_id
    for response in bundle.components.get("responses", {}).values():
        response.setdefault("headers", {})["X-Request-Id"] = request_id


def look_up(components, node):
    """The entry that an in-document reference names, or the node itself."""
    while isinstance(node, dict) and "$ref" in node:
        _, _, section, entry = node["$ref"].split("/")
        node = components[section][entry]
    return node


def refuse_twins(paths):
    """No operationId twice, no two templates that match the same targets."""
    ids, shapes = {}, {}
    for path, item in paths.items():
        twin = shapes.setdefault(re.sub(r"\{[^}]*\}", "{}", path), path)
        if twin != path:
            raise Refused(f"{path} and {twin} cannot be told apart")
        for method in METHODS:
            name = item.get(method, {}).get("operationId")
            if name and ids.setdefault(name, f"{method.upper()} {path}") != f"{method.upper()} {path}":
                raise Refused(f"operationId {name} stands at {ids[name]} and {method.upper()} {path}")


def bundle_document(root, lint=False):
    bundle = Bundle(Path(root))
    source = bundle.read(bundle.root)
    document = {key: bundle.resolve(value, bundle.root) for key, value in source.items() if key != "components"}
    refuse_twins(document["paths"])
    complete(bundle, document["paths"])
    if lint:
        bundle.refuse_unused()
    document["components"] = {**source.get("components", {}),
                              **{section: dict(sorted(entries.items()))
                                 for section, entries in sorted(bundle.components.items())}}
    return document


def main(arguments):
    lint = "--lint" in arguments
    names = [argument for argument in arguments if argument != "--lint"]
    if len(names) not in (1, 2):
        sys.exit(__doc__)
    try:
        document = bundle_document(names[0], lint)
    except Refused as refusal:
        sys.exit(f"openapi: {refusal}")
    if lint:
        from lint import lint_document
        findings = lint_document(document)
        for finding in findings:
            print(f"openapi: {finding}", file=sys.stderr)
        if findings:
            sys.exit(f"openapi: {len(findings)} findings")
    if len(names) == 2:
        Path(names[1]).write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
