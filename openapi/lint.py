"""The house rules of the contract: what a bundled document must have beyond being right. Run by `bundle.py --lint`.

    operations   operationId in camelCase, summary, tag, security, a success and the shared errors, described parameters
    parameters   description, schema; query strings are bounded
    bodies       every request and every success in JSON has an example, here or in its schema
    schemas      only keywords that the validator knows; objects are closed; members are snake_case and described;
                 input texts, lists and numbers are bounded; patterns say in words what they want (x-wanted)
    examples     valid against their schema (with python3-jsonschema)
"""
import re

from jsonschema import Draft202012Validator, FormatChecker, RefResolver

from bundle import METHODS, look_up

KEYWORDS = set("""type enum const properties required additionalProperties patternProperties propertyNames minProperties
    maxProperties items prefixItems minItems maxItems uniqueItems contains minContains maxContains minLength maxLength
    pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf allOf anyOf oneOf not if then else
    dependentRequired dependentSchemas $ref $defs format title description default examples example deprecated readOnly
    writeOnly $comment x-wanted""".split())
MAPS = ("properties", "patternProperties", "$defs", "dependentSchemas")
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
SINGLES = ("additionalProperties", "propertyNames", "items", "contains", "not", "if", "then", "else")
CONDITIONS = ("not", "if", "then", "else", "oneOf", "anyOf", "allOf")  # say more about an object that is closed elsewhere
SHARED = ("400", "405", "503")
SECTIONS_OF_JSON = ("application/json", "application/merge-patch+json", "application/problem+json")


def types_of(schema):
    kind = schema.get("type", [])
    return kind if isinstance(kind, list) else [kind]


class Lint:
    def __init__(self, document):
        self.document = document
        self.components = document["components"]
        self.findings = []

    def say(self, place, text):
        self.findings.append(f"{place}: {text}")

    # -------------------------------------------------------------- operations

    def operations(self):
        for path, item in self.document["paths"].items():
            for part in re.findall(r"[^/{}]+", re.sub(r"\{[^}]*\}", "", path)):
                if not re.fullmatch(r"[a-z0-9.-]+", part):
                    self.say(path, f"{part} is not in lower case with hyphens")
            for method in METHODS:
                if method in item:
                    self.operation(path, method, item[method])

    def operation(self, path, method, operation):
        place = operation.get("operationId", f"{method.upper()} {path}")
        if not re.fullmatch(r"[a-z]+([A-Z][a-z]*)*", place):
            self.say(place, "operationId is not camelCase")
        for member in ("summary", "tags", "security", "responses"):
            if member not in operation:
                self.say(place, f"has no {member}")
        if operation.get("summary", "").endswith("."):
            self.say(place, "summary ends with a full stop")
        known = {tag["name"] for tag in self.document["tags"]}
        if not known.issuperset(operation.get("tags", [])) or len(operation.get("tags", [])) != 1:
            self.say(place, "has not exactly one of the document's tags")
        if operation.get("x-lane", "quick") not in ("quick", "search", "booking"):
            self.say(place, "x-lane is none of quick, search, booking")
        if operation.get("x-cache-seconds") and method != "get":
            self.say(place, "x-cache-seconds is for GET")
        self.parameters(place, path, operation)
        self.responses(place, operation)
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            self.media(f"{place} body", kind, media)

    def parameters(self, place, path, operation):
        parameters = [look_up(self.components, p) for p in operation.get("parameters", [])]
        named = [p["name"] for p in parameters if p["in"] == "path"]
        if sorted(named) != sorted(re.findall(r"\{([^}]*)\}", path)):
            self.say(place, f"path parameters {named} are not those of {path}")
        seen = set()
        for parameter in parameters:
            name = (parameter["in"], parameter["name"].lower())
            if name in seen:
                self.say(place, f"parameter {parameter['name']} stands twice")
            seen.add(name)
            if not parameter.get("description"):
                self.say(place, f"parameter {parameter['name']} has no description")
            if parameter["in"] != "header" and not re.fullmatch(r"[a-z][a-z0-9_]*", parameter["name"]):
                self.say(place, f"parameter {parameter['name']} is not snake_case")
            self.schema(f"{place} parameter {parameter['name']}", parameter.get("schema", {}), bounded=True)

    def responses(self, place, operation):
        responses = operation.get("responses", {})
        if not any(status.startswith("2") for status in responses):
            self.say(place, "has no success")
        for status in SHARED:
            if status not in responses:
                self.say(place, f"does not say {status}")
        for status, response in responses.items():
            response = look_up(self.components, response)
            for kind, media in response.get("content", {}).items():
                self.media(f"{place} {status}", kind, media)
            if status == "201" and "Location" not in response.get("headers", {}):
                self.say(place, "201 has no Location")
            for name, header in response.get("headers", {}).items():
                if not look_up(self.components, header).get("description"):
                    self.say(place, f"header {name} has no description")

    def media(self, place, kind, media):
        schema = look_up(self.components, media.get("schema", {}))
        if "example" not in media and not schema.get("examples"):
            self.say(place, f"{kind} has no example")
        if kind in SECTIONS_OF_JSON and "$ref" not in media.get("schema", {}):
            self.say(place, f"{kind}: its schema has no name")

    # -------------------------------------------------------------- schemas

    def schemas(self):
        asked = self.input_schemas()
        for name, schema in self.components["schemas"].items():
            if not re.fullmatch(r"([A-Z][a-z0-9]*)+", name):
                self.say(name, "is not in PascalCase")
            if not schema.get("examples"):
                self.say(name, "has no examples")
            self.schema(name, schema, bounded=name in asked)

    def input_schemas(self):
        """The names of all schemas that something sent to the service is checked against."""
        seen, todo = set(), []
        for item in self.document["paths"].values():
            for method in METHODS:
                operation = item.get(method, {})
                todo.append(operation.get("requestBody", {}))
                todo.extend(look_up(self.components, p) for p in operation.get("parameters", []))
        while todo:
            node = todo.pop()
            if isinstance(node, list):
                todo.extend(node)
            elif isinstance(node, dict):
                todo.extend(node.values())
                name = str(node.get("$ref", "")).removeprefix("#/components/schemas/")
                if name in self.components["schemas"] and name not in seen:
                    seen.add(name)
                    todo.append(self.components["schemas"][name])
        return seen

    def schema(self, place, schema, bounded=False, closed=True):
        if isinstance(schema, bool):
            return
        for keyword in schema:
            if keyword not in KEYWORDS:
                self.say(place, f"{keyword} is no keyword of the validator")
        if closed and "object" in types_of(schema) and "additionalProperties" not in schema:
            self.say(place, "is an object without additionalProperties")
        if bounded:
            self.bounds(place, schema)
        for name, member in schema.get("properties", {}).items():
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                self.say(place, f"member {name} is not snake_case")
            target = look_up(self.components, member)
            if closed and "description" not in member and not target.get("description"):
                self.say(place, f"member {name} has no description")
        for name in schema.get("required", []):
            if closed and "object" in types_of(schema) and name not in schema.get("properties", {}):
                self.say(place, f"requires {name}, which it does not know")
        for keyword in MAPS:
            for name, part in schema.get(keyword, {}).items():
                self.schema(f"{place}/{name}", part, bounded, closed)
        for keyword in LISTS:
            for part in schema.get(keyword, []):
                self.schema(f"{place}/{keyword}", part, bounded, closed and keyword not in CONDITIONS)
        for keyword in SINGLES:
            if keyword in schema:
                self.schema(f"{place}/{keyword}", schema[keyword], bounded, closed and keyword not in CONDITIONS)

    def bounds(self, place, schema):
        kinds = types_of(schema)
        if place.endswith(CONDITIONS) or "enum" in schema or "const" in schema or "/then" in place or "/if" in place or "/else" in place:
            return
        if "string" in kinds and not {"maxLength", "pattern", "format"} & schema.keys():
            self.say(place, "is a text without maxLength, pattern or format")
        if "pattern" in schema and "x-wanted" not in schema:
            self.say(place, "has a pattern and does not say in words what it wants (x-wanted)")
        if "array" in kinds and "maxItems" not in schema:
            self.say(place, "is a list without maxItems")
        if {"integer", "number"} & set(kinds) and not {"maximum", "exclusiveMaximum"} & schema.keys():
            self.say(place, "is a number without maximum")
        if "object" in kinds and schema.get("additionalProperties") not in (False, None) and "maxProperties" not in schema:
            self.say(place, "is a map without maxProperties")

    # -------------------------------------------------------------- examples

    def examples(self):
        resolver = RefResolver.from_schema(self.document)
        for place, schema, example in self.pairs():
            validator = Draft202012Validator(schema, resolver=resolver, format_checker=FormatChecker())
            for error in validator.iter_errors(example):
                pointer = "/".join(str(part) for part in error.absolute_path)
                self.say(place, f"example /{pointer}: {error.message[:200]}")

    def pairs(self):
        for name, schema in self.components["schemas"].items():
            for example in schema.get("examples", []):
                yield name, schema, example
        for path, item in self.document["paths"].items():
            for method in METHODS:
                yield from self.operation_pairs(item.get(method, {}))

    def operation_pairs(self, operation):
        place = operation.get("operationId")
        for parameter in operation.get("parameters", []):
            parameter = look_up(self.components, parameter)
            if "example" in parameter:
                yield f"{place} {parameter['name']}", parameter["schema"], parameter["example"]
        for response in operation.get("responses", {}).values():
            response = look_up(self.components, response)
            for header in response.get("headers", {}).values():
                header = look_up(self.components, header)
                if "example" in header:
                    yield f"{place} header", header["schema"], header["example"]
            for media in response.get("content", {}).values():
                if "example" in media:
                    yield f"{place} response", media["schema"], media["example"]


def lint_document(document):
    lint = Lint(document)
    lint.operations()
    lint.schemas()
    lint.examples()
    return lint.findings
