"""A form with pictures (RFC 7578), taken apart in memory: no picture of anybody goes to a temporary file."""

from __future__ import annotations

from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from countenance.terms.errors import Malformed

MOST_PARTS = 4096
MOST_BOUNDARY = 70
"""RFC 2046 section 5.1.1."""


@dataclass(slots=True)
class Part:
    """One part; ``file`` is its file name, None for a field."""

    name: str = ""
    file: str | None = None
    data: bytearray = field(default_factory=bytearray)


class _Parts:
    """Collects what the parser calls out."""

    def __init__(self) -> None:
        self.done: list[Part] = []
        self.ended = False
        self._headers: dict[str, bytes] = {}
        self._name = self._value = b""
        self._part = Part()

    def begin(self) -> None:
        if len(self.done) >= MOST_PARTS:
            raise Malformed(f"a form has at most {MOST_PARTS} parts")
        self._part, self._headers = Part(), {}

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        name = self._name.decode("latin-1").lower()
        if name in self._headers:
            raise Malformed("a header of a part stands twice")
        self._headers[name] = self._value
        self._name = self._value = b""

    def headers_finished(self) -> None:
        _, said = parse_options_header(self._headers.get("content-disposition", b""))
        if b"name" not in said:
            raise Malformed("each part of a form has a name")
        if b"content-transfer-encoding" in {n.encode() for n in self._headers} and self._headers[
            "content-transfer-encoding"
        ].strip().lower() not in (b"binary", b"8bit", b"7bit"):
            raise Malformed("parts of a form are sent as they are, without a transfer encoding")
        self._part.name = _text(said[b"name"])
        self._part.file = _text(said[b"filename"]) if b"filename" in said else None

    def data(self, data: bytes, start: int, end: int) -> None:
        self._part.data += data[start:end]

    def finish(self) -> None:
        self.done.append(self._part)

    def end(self) -> None:
        self.ended = True


def parts_of(body: bytes, content_type: str) -> list[Part]:
    """The parts in their order; raises Malformed."""
    _, said = parse_options_header(content_type.encode("latin-1"))
    boundary = said.get(b"boundary", b"")
    if not 0 < len(boundary) <= MOST_BOUNDARY:
        raise Malformed("multipart/form-data needs a boundary of 1 to 70 characters")
    collected = _Parts()
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": collected.begin,
            "on_header_field": collected.header_field,
            "on_header_value": collected.header_value,
            "on_header_end": collected.header_end,
            "on_headers_finished": collected.headers_finished,
            "on_part_data": collected.data,
            "on_part_end": collected.finish,
            "on_end": collected.end,
        },
    )
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise Malformed("the body is not valid multipart/form-data") from error
    if not collected.ended:
        raise Malformed("the form ends before its last boundary")
    return collected.done


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("names in a form are UTF-8") from error
