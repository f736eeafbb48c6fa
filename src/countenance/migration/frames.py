"""Frames: how records cross the pipe from a reader's process; lengths, JSON and bytes, nothing that could act.

A frame is one byte that says what it is, four bytes of length (big-endian), and that much JSON. The images' bytes of
a record follow it, as long as it says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from countenance.migration.code import Code
from countenance.migration.legacy_record import Box, LegacyImage, LegacyRecord, Note
from countenance.migration.limits import Limits

Take = Callable[[int], bytes]


class Kind(Enum):
    """What a frame says."""

    UNIT = b"U"
    """A file or row is begun: its number and name."""
    RECORD = b"R"
    CENSUS = b"C"
    REFUSED = b"B"
    """The path is no such source: what, where and the remedy."""
    FAILED = b"F"
    """The reader raised something else: the type of it and where."""
    END = b"E"


@dataclass(frozen=True, slots=True)
class Frame:
    """``header`` is checked for its shape by who uses it; ``record`` only where the kind is RECORD."""

    kind: Kind
    header: Mapping[str, Any]
    record: LegacyRecord | None = None


def frame(kind: Kind, **header: object) -> bytes:
    """The bytes of a frame without images."""
    body = json.dumps(header, separators=(",", ":")).encode("ascii")
    return kind.value + len(body).to_bytes(4, "big") + body


def record_frame(record: LegacyRecord) -> Iterator[bytes]:
    """The pieces of a record's frame, images last; they are not copied together."""
    plain = {each: getattr(record, each) for each in _RECORD}
    images = [
        {each: getattr(image, each) for each in _IMAGE}
        | {
            "declared": dict(image.declared),
            "box": image.box and [image.box.left, image.box.top, image.box.width, image.box.height],
            "notes": [[note.code.value, note.detail] for note in image.notes],
            "bytes": None if image.data is None else len(image.data),
        }
        for image in record.images
    ]
    notes = [[note.code.value, note.detail] for note in record.notes]
    yield frame(Kind.RECORD, **plain, metadata=dict(record.metadata), notes=notes, images=images)
    for image in record.images:
        if image.data:
            yield image.data


_RECORD = (
    "source", "unit", "native_ids", "person", "basis", "retain_until", "minor", "offset", "length", "sha256",
    "verdict", "detail", "tombstone",
)  # fmt: skip
_IMAGE = ("native_id", "captured", "offset", "length", "verdict", "detail")


def next_frame(take: Take, limits: Limits) -> Frame:
    """Read one frame by ``take(n)``, which gives n bytes or raises; raises ValueError for what is none.

    The other side may have been taken over by the file it read: every length and type is checked here.
    """
    kind = Kind(take(1))
    length = int.from_bytes(take(4), "big")
    if length > limits.header:
        raise ValueError("a frame is too long")
    try:
        header = json.loads(take(length))
        if not isinstance(header, dict):
            raise ValueError("a frame is no object")
        return Frame(kind, header, _record(header, take, limits) if kind is Kind.RECORD else None)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("a frame has another shape") from error


def _record(header: dict[str, Any], take: Take, limits: Limits) -> LegacyRecord:
    return LegacyRecord(
        **{each: _is(header[each], str) for each in ("source", "unit", "sha256", "detail")},
        **{each: _is(header[each], str, type(None)) for each in ("person", "basis", "retain_until")},
        **{each: _is(header[each], int) for each in ("offset", "length")},
        native_ids=tuple((_is(kind, str), _is(value, str)) for kind, value in header["native_ids"]),
        images=tuple(_image(each, take, limits) for each in header["images"]),
        metadata=_texts(header["metadata"]),
        minor=_is(header["minor"], bool, type(None)),
        verdict=header["verdict"] and Code(header["verdict"]),
        tombstone=_is(header["tombstone"], bool),
        notes=_notes(header["notes"]),
    )


def _image(header: dict[str, Any], take: Take, limits: Limits) -> LegacyImage:
    length, box = _is(header["bytes"], int, type(None)), header["box"]
    if length is not None and not 0 <= length <= limits.image:
        raise ValueError("an image is too long")
    return LegacyImage(
        native_id=_is(header["native_id"], str),
        data=None if length is None else take(length),
        box=box and Box(*(_is(each, int) for each in box)),
        captured=_is(header["captured"], str, type(None)),
        declared=_texts(header["declared"]),
        offset=_is(header["offset"], int),
        length=_is(header["length"], int),
        verdict=header["verdict"] and Code(header["verdict"]),
        detail=_is(header["detail"], str),
        notes=_notes(header["notes"]),
    )


def _notes(pairs: list[list[str]]) -> tuple[Note, ...]:
    return tuple(Note(Code(code), _is(detail, str)) for code, detail in pairs)


def _texts(values: dict[str, str]) -> dict[str, str]:
    return {_is(key, str): _is(value, str) for key, value in values.items()}


def _is(value: object, *kinds: type) -> Any:
    if not isinstance(value, kinds):
        raise TypeError
    return value
