"""The OpenAPI 3.1 document of the operations: sorted, so that it changes only where they do."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from countenance.http.native.examples import example_of
from countenance.http.native.form import BYTES, FORM, JSON, Picture
from countenance.http.native.operation import Operation
from countenance.http.native.problem import MEDIA_TYPE
from countenance.http.native.problems import Kind
from countenance.http.native.shapes_answers import BatchLine, Problem
from countenance.http.native.shapes_asked import MOST_CASE, MOST_REASON, Asked

Json = dict[str, Any]
REF = "#/components/schemas/{model}"
ABOUT = """Face recognition that asks first. Every enrolment and comparison names a purpose and rests on an authority.
The charter permits or refuses before a picture is decoded. Permitted or refused, it is an entry of a transparency log,
whose receipt is in the answer. Scores are similarities, not probabilities.
Candidates are leads that people review."""
PATHS = {
    "gallery": ("As it was named when it was made.", "registry"),
    "subject": ("A subject's id or name.", "Ada"),
    "reference": ("A reference's id.", "2eea9432-e8dd-4941-b756-50298e280561"),
    "withdrawal": ("A withdrawal's id or the subject's name.", "Ada"),
    "case": ("A review's id, as the answer to a search gives it.", "0c8d7d4ae3a94f06a61c8b1b2f5f6f0e"),
    "approval": ("An approval's id.", "5b2f9f0a7c1d4e6b8a3c2d1e0f9a8b7c"),
    "authority": ("The id of an authority on file.", "9f1c2b3a4d5e6f708192a3b4c5d6e7f8"),
    "key": ("A key's id, which is part of its secret and none itself.", "3f9c1d2e4b5a6978"),
    "entry": ("An entry's id, as receipts carry it.", "jzQInAf2cRIueUEbDMCUGw"),
}
HEADERS = {
    "Countenance-Purpose": "Which of the key's purposes this is for; needed where it has several.",
    "Countenance-Authority": "CLASS:REFERENCE, where the key has no authority of its own.",
    "Countenance-Case": "A case number, percent-encoded UTF-8; sealed in the log.",
    "Countenance-Reason": "Why, percent-encoded UTF-8; sealed in the log.",
    "Countenance-Minor": "true: a face in the pictures is declared a minor's.",
}
IDEMPOTENCY = "Idempotency-Key"
_TOO_LONG = {
    "description": "Path and query are longer than 8 kB; said before any dialect is asked.",
    "content": {"application/json": {"schema": {"type": "object"}}},
}
_BASE64 = {
    "type": "string",
    "contentEncoding": "base64",
    "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
}


def openapi(operations: tuple[Operation, ...]) -> Json:
    """The document."""
    models: list[type[BaseModel]] = sorted(
        {each.gives for each in operations if each.gives} | {each.asks for each in operations} | {BatchLine, Problem},
        key=lambda model: model.__name__,
    )
    _, defined = models_json_schema([(model, "validation") for model in models], ref_template=REF)
    paths: dict[str, Json] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.verb.lower()] = _operation(each, defined["$defs"])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Countenance",
            "version": version("countenance"),
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/v1"}],
        "security": [{"bearer": []}, {"key": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": {name: _plain(schema) for name, schema in sorted(defined["$defs"].items())},
            "parameters": {
                **{name: _part(name) for name in PATHS},
                **{name: _header(name, text) for name, text in HEADERS.items()},
                IDEMPOTENCY: {
                    **_header(IDEMPOTENCY, "The same request sent again within ten minutes gets the same answer."),
                    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
                },
            },
            "responses": {**_problems(operations), "uri-too-long": _TOO_LONG},
            "examples": {kind.slug: {"value": _told(kind)} for kind in Kind},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "`cnt_…`, or a person's token."},
                "key": {"type": "apiKey", "in": "header", "name": "Ocp-Apim-Subscription-Key"},
            },
        },
    }


def _operation(one: Operation, defined: Json) -> Json:
    said: Json = {
        "operationId": one.name,
        "summary": one.summary.partition(". ")[0].rstrip("."),
        "description": one.summary,
        "tags": [one.tag],
        "parameters": _parameters(one, defined),
        "responses": _responses(one),
    }
    if one.open:
        said["security"] = []
    if one.verb in ("POST", "PATCH"):
        needed = bool(one.pictures or defined[one.asks.__name__].get("required"))
        said["requestBody"] = {"required": needed, "content": _bodies(one, defined)}
    return said


def _parameters(one: Operation, defined: Json) -> list[Json]:
    found: list[Json] = [{"$ref": f"#/components/parameters/{name}"} for name in re.findall(r"\{(\w+)\}", one.path)]
    if one.verb in ("GET", "DELETE") and not one.open:
        schema = _plain(defined[one.asks.__name__])
        for name, field in schema["properties"].items():
            if name not in Asked.model_fields:
                required = name in schema.get("required", ())
                text = {k: v for k, v in field.items() if k != "description"}
                about = {"description": field["description"]} if "description" in field else {}
                found.append({"name": name, "in": "query", "required": required, "schema": _sent(text), **about})
    if not one.open:
        found += [{"$ref": f"#/components/parameters/{name}"} for name in HEADERS]
        if one.verb == "POST":
            found.append({"$ref": f"#/components/parameters/{IDEMPOTENCY}"})
    return found


def _sent(schema: Json) -> Json:
    """A query parameter is left out, never null."""
    if "anyOf" in schema:
        kept = [each for each in schema["anyOf"] if each != {"type": "null"}]
        rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
        return {**kept[0], **rest}
    return schema


def _bodies(one: Operation, defined: Json) -> Json:
    model = {"$ref": REF.format(model=one.asks.__name__)}
    example = example_of(one)
    if not one.pictures:
        return {JSON: {"schema": model, **_example(example)}}
    schema = _plain(defined[one.asks.__name__])
    bodies: Json = {
        JSON: {"schema": _with_pictures(one.asks.__name__, schema, one.pictures, in_json=True), **_example(example)},
        FORM: {"schema": _with_pictures(one.asks.__name__, schema, one.pictures, in_json=False)},
    }
    if len(one.pictures) == 1 and not one.pictures[0].many:
        bodies[BYTES] = {"schema": {"type": "string", "format": "binary"}}
    return bodies


def _with_pictures(model: str, schema: Json, pictures: tuple[Picture, ...], *, in_json: bool) -> Json:
    fields: Json = {name: {"$ref": f"{REF.format(model=model)}/properties/{name}"} for name in schema["properties"]}
    for each in pictures:
        one: Json = dict(_BASE64) if in_json else {"type": "string", "format": "binary"}
        named = {
            "type": "object",
            "properties": {"name": {"type": "string", "maxLength": 1000}, "image": one},
            "required": ["image"],
            "additionalProperties": False,
        }
        item = named if in_json else one
        fields[each.name] = {"type": "array", "items": item, "minItems": 1, "maxItems": each.most} if each.many else one
    return {
        "type": "object",
        "properties": fields,
        "required": [*schema.get("required", ()), *(each.name for each in pictures)],
        "additionalProperties": False,
    }


def _responses(one: Operation) -> Json:
    content: Json
    if one.gives is None:
        content = {one.media: {"schema": {"type": "string"}}}
    else:
        content = {one.media: {"schema": {"$ref": REF.format(model=one.gives.__name__)}}}
    if one.streams:
        content["application/x-ndjson"] = {
            "schema": {"type": "string", "description": "A BatchLine a line; last a BatchDone with the counts alone."}
        }
    found: Json = {str(one.status): {"description": "Done.", "content": content}}
    for status in one.also:
        found[str(status)] = {"description": "It was so already.", "content": content}
    found["414"] = {"$ref": "#/components/responses/uri-too-long"}
    for status, kinds in _by_status(one).items():
        found[str(status)] = {"$ref": f"#/components/responses/{_name(kinds)}"}
    return dict(sorted(found.items()))


def _by_status(one: Operation) -> dict[int, list[Kind]]:
    found: dict[int, list[Kind]] = {}
    for kind in one.told:
        found.setdefault(kind.status, []).append(kind)
    return found


def _problems(operations: tuple[Operation, ...]) -> Json:
    """One response for each set of problems that share a status."""
    sets = {_name(kinds): kinds for one in operations for kinds in _by_status(one).values()}
    return {name: _problem(kinds) for name, kinds in sorted(sets.items())}


def _name(kinds: list[Kind]) -> str:
    return ".".join(kind.slug for kind in kinds)


def _problem(kinds: list[Kind]) -> Json:
    shown: Json = {
        "description": " ".join(f"`{kind.type}`: {kind.meaning}" for kind in kinds),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": REF.format(model="Problem")},
                "examples": {kind.slug: {"$ref": f"#/components/examples/{kind.slug}"} for kind in kinds},
            }
        },
    }
    if kinds[0].status in (429, 503):
        shown["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}}
    return shown


def _told(kind: Kind) -> Json:
    return {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.meaning,
        "instance": "urn:countenance:request:0f3c6a52d1f94e0b8a7c5d2e9b1a4f60",
    }


def _part(name: str) -> Json:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": PATHS[name][0],
        "example": PATHS[name][1],
        "schema": {"type": "string", "minLength": 1, "maxLength": 256, "pattern": "^[^/]+$"},
    }


def _header(name: str, text: str) -> Json:
    schema: Json = {"type": "string", "maxLength": MOST_REASON if name == "Countenance-Reason" else MOST_CASE}
    if name == "Countenance-Minor":
        schema = {"type": "string", "enum": ["true", "false"]}
    return {"name": name, "in": "header", "required": False, "description": text, "schema": schema}


def _example(example: Json | None) -> Json:
    return {} if example is None else {"example": example}


def _plain(value: Any) -> Any:
    """Without the titles that only repeat the names."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if not (key == "title" and isinstance(each, str))}
    return [_plain(each) for each in value] if isinstance(value, list) else value
