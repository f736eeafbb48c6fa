"""What a request says: fields and pictures, whether they came as JSON, as a form, or as bare bytes with a query."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from countenance.http.edge.body import DEPTH, parse_json, read_body
from countenance.http.edge.refusals import BadRequest
from countenance.http.native.multipart import parts_of
from countenance.http.native.problem import Objection
from countenance.http.native.problems import Kind
from countenance.http.native.shapes_asked import MOST_SAMPLES
from countenance.terms.errors import Malformed
from countenance.terms.sample import Sample

JSON, FORM, BYTES = "application/json", "multipart/form-data", "application/octet-stream"
MOST_NAME = 1000
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that an operation takes: one, or with ``many`` a list of named ones."""

    name: str
    many: bool = False
    most: int = MOST_SAMPLES


@dataclass(frozen=True, slots=True)
class Form:
    """``fields`` as they were sent, and pictures by the name of their field."""

    fields: dict[str, Any] = field(default_factory=dict)
    pictures: dict[str, list[Sample]] = field(default_factory=dict)


async def form_of(request: Request, model: type[BaseModel], pictures: Sequence[Picture], limit: int) -> Form:
    """Read a request; raises Malformed, BadRequest and Objection (415) where it is not in a form that is taken."""
    form = Form()
    body = await read_body(request, limit)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body or pictures:
        if kind == JSON or kind.endswith("+json"):
            if not body:
                raise BadRequest("the JSON body is empty")
            _from_json(form, await request.json(), pictures)  # as the edge parsed it
        elif kind == FORM and pictures:
            # In a thread: taking it apart, and the digests of the pictures, are work for as long as it is large.
            await run_in_threadpool(_from_form, form, body, request.headers["content-type"], model, pictures)
        elif kind == BYTES and len(pictures) == 1:
            form.pictures[pictures[0].name] = [Sample(body)]
        else:
            takes = [JSON] if not pictures else [JSON, FORM, BYTES][: 3 if len(pictures) == 1 else 2]
            raise Objection(Kind.MEDIA_TYPE, f"this is sent as {', '.join(takes)}")
    for name, value in request.query_params.multi_items():
        if name in form.fields:
            raise BadRequest("a field is said twice, or both in the address and in the body")
        form.fields[name] = _valued(model, name, value)
    _check(form, pictures)
    return form


def validated(model: type[M], fields: Mapping[str, Any]) -> M:
    """The fields as the operation's model; raises Objection with each field that is wrong."""
    try:
        return model.model_validate_json(json.dumps(fields), strict=True)
    except ValidationError as error:
        errors = [
            {
                "pointer": "".join(f"/{str(p).replace('~', '~0').replace('/', '~1')}" for p in e["loc"]),
                "detail": e["msg"],
            }
            for e in error.errors(include_url=False, include_context=False, include_input=False)
        ][:20]
        detail = f"{len(error.errors())} fields are not as documented" if len(errors) > 1 else errors[0]["detail"]
        raise Objection(Kind.BAD_REQUEST, detail, errors=errors) from None


def _from_json(form: Form, said: Any, pictures: Sequence[Picture]) -> None:
    if not isinstance(said, dict):
        raise BadRequest("the body is a JSON object")
    wanted = {picture.name: picture for picture in pictures}
    for name, value in said.items():
        if name not in wanted:
            form.fields[name] = value
        elif not wanted[name].many:
            form.pictures[name] = [_decoded(value, "")]
        elif isinstance(value, list):
            form.pictures[name] = [_named(each) for each in value]
        else:
            raise BadRequest(f"{name} is a list of objects with name and image")


def _named(said: Any) -> Sample:
    if not isinstance(said, dict) or not said.keys() <= {"name", "image"} or not isinstance(said.get("name", ""), str):
        raise BadRequest("each of many pictures is an object with name and image")
    return _decoded(said.get("image"), said.get("name", ""))


def _decoded(said: Any, name: str) -> Sample:
    if not isinstance(said, str):
        raise BadRequest("a picture in JSON is a string in base64")
    try:
        return Sample(base64.b64decode(said, validate=True), name)
    except (binascii.Error, ValueError) as error:
        raise BadRequest("a picture in JSON is base64 (RFC 4648 section 4)") from error


def _from_form(form: Form, body: bytes, content_type: str, model: type[BaseModel], pictures: Sequence[Picture]) -> None:
    wanted = {picture.name for picture in pictures}
    for part in parts_of(body, content_type):
        if part.name in wanted:
            form.pictures.setdefault(part.name, []).append(Sample(bytes(part.data), part.file or ""))
        elif part.name in form.fields:
            raise BadRequest("a field of the form is said twice")
        else:
            try:
                form.fields[part.name] = _valued(model, part.name, part.data.decode("utf-8"))
            except UnicodeDecodeError as error:
                raise BadRequest("fields of a form are UTF-8") from error


def _valued(model: type[BaseModel], name: str, text: str) -> Any:
    """A field that came as text: what is no text by its model is read as JSON (a number, true, an object)."""
    known = model.model_fields.get(name)
    if known is None or ("str" in str(known.annotation) and "dict" not in str(known.annotation)):
        return text
    try:
        return parse_json(text.encode("utf-8", "surrogatepass"), DEPTH)
    except BadRequest:
        return text


def _check(form: Form, pictures: Sequence[Picture]) -> None:
    """Every picture that is wanted is there, once, and those of many are named apart."""
    for picture in pictures:
        found = form.pictures.get(picture.name, [])
        if not found or (len(found) > 1 and not picture.many):
            raise BadRequest(f"{'at least one' if picture.many else 'exactly one'} picture is sent as {picture.name}")
        if len(found) > picture.most:
            raise BadRequest(f"at most {picture.most} pictures are sent as {picture.name}")
        if picture.many:
            named = [each if each.name else Sample(each.data, str(place)) for place, each in enumerate(found)]
            if len({each.name for each in named}) < len(named):
                raise Malformed("two pictures have one name", remedy="Give each file a name of its own.")
            if any(len(each.name) > MOST_NAME for each in named):
                raise Malformed(f"a picture's name has at most {MOST_NAME} characters")
            form.pictures[picture.name] = named
