"""The COPY blocks of a plain PostgreSQL dump, row by row (PostgreSQL manual, COPY, "Text Format")."""

from __future__ import annotations

import binascii
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from countenance.migration.limits import IMAGE_BYTES

LINE = 2 * IMAGE_BYTES + (1 << 20)
"""Bytes of a row that are read: a picture in hex, and its other columns."""
_HEADER = re.compile(rb'COPY (?:"?\w+"?\.)?"?(\w+)"? \(([^()]*)\) FROM stdin;\r?\n\Z')
_CHARSET = re.compile(rb"SET client_encoding = '(\w+)';")
_CHARSETS = {b"UTF8": "utf-8", b"LATIN1": "latin-1", b"LATIN9": "iso8859-15", b"WIN1252": "cp1252"}
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|x[0-9A-Fa-f]{1,2}|.)", re.DOTALL)
_CONTROLS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its values by column as they are written, None for null; ``cut`` where the file ends in it."""

    table: str
    values: Mapping[str, bytes | None]
    offset: int
    length: int
    too_long: bool = False
    cut: bool = False


def rows(file: IO[bytes], tables: Collection[str]) -> Iterator[Row]:
    """Every row of these tables from the beginning of the file; one longer than LINE has only what fits."""
    file.seek(0)
    table, columns, offset = "", [""], 0
    while line := file.readline(LINE):
        length, ended = len(line), line.endswith(b"\n")
        while not ended and (rest := file.readline(LINE)):
            length, ended = length + len(rest), rest.endswith(b"\n")
        if columns == [""]:
            header = _HEADER.match(line)
            if header is not None:
                table, columns = header[1].decode("ascii", "replace"), _names(header[2])
        elif line.rstrip(b"\r\n") == b"\\.":
            columns = [""]
        elif table in tables:
            cells = [None if each == b"\\N" else each for each in line.rstrip(b"\r\n").split(b"\t")]
            values = dict(zip(columns, cells, strict=False))
            yield Row(table, values, offset, length, length > len(line), not ended)
        offset += length


def charset_of(file: IO[bytes]) -> str:
    """The codec of the dump's text; ASCII (and so UTF-8 by proof) where it does not say."""
    file.seek(0)
    found = _CHARSET.search(file.read(1 << 16))
    return _CHARSETS.get(found[1], "ascii") if found else "ascii"


def unescaped(value: bytes) -> bytes:
    """A value without its backslashes."""
    return _ESCAPE.sub(_escape, value) if b"\\" in value else value


def bytea(value: bytes) -> bytes | None:
    """The bytes of a ``bytea`` in hex, which is how dumps are written since PostgreSQL 9.0; None for anything else."""
    if value[:3] != b"\\\\x":
        return None
    try:
        return binascii.unhexlify(value[3:])
    except binascii.Error:
        return None


def _names(columns: bytes) -> list[str]:
    return [each.strip().strip('"') for each in columns.decode("utf-8", "replace").split(",")]


def _escape(found: re.Match[bytes]) -> bytes:
    text = found[1]
    if text[:1].isdigit() and text < b"8":
        return bytes([int(text, 8) & 0xFF])
    if text[:1] == b"x" and len(text) > 1:
        return bytes([int(text[1:], 16)])
    return _CONTROLS.get(text, text)
