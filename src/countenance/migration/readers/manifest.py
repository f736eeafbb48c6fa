"""A manifest: a row for each picture, in CSV or JSON Lines; the join for every system that keeps no pictures."""

from __future__ import annotations

import csv
import itertools
import json
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

from countenance.migration.code import Code
from countenance.migration.legacy_record import Box, LegacyImage, LegacyRecord, Note
from countenance.migration.reader import Census
from countenance.migration.readers.folder import image_within
from countenance.terms.errors import BrokenInput, Malformed

FIELDS = (
    "path", "person", "id", "captured", "basis", "retain_until", "minor", "consent", "pose", "box", "deleted",
)  # fmt: skip
"""What a row can say; every other column is metadata."""
ROW_BYTES = 1 << 20
_YES, _NO = frozenset({"yes", "true", "1", "y"}), frozenset({"no", "false", "0", "n"})


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file, from 1, and its values by column; None where it is none."""

    number: int
    values: Mapping[str, str] | None
    why: str = ""


class ManifestReader:
    """A record for each row; its path is relative to the manifest's folder and stays within it."""

    kind = "manifest"
    version = "1"

    def __init__(self, columns: Mapping[str, str] | None = None) -> None:
        self._columns = dict(columns or {})  # by field, the column that has it

    def with_map(self, text: str) -> Self:
        """With a table ``[columns]`` (TOML) of field to column; raises Malformed."""
        try:
            columns = tomllib.loads(text).get("columns")
        except tomllib.TOMLDecodeError as error:
            raise Malformed(f"the map is not TOML: {error}") from error
        if not isinstance(columns, dict) or not all(isinstance(each, str) for each in columns.values()):
            raise Malformed("the map of a manifest is a table [columns] of texts")
        if unknown := sorted(columns.keys() - set(FIELDS)):
            raise Malformed(f"a manifest has no field {unknown[0]}", remedy=f"Fields: {', '.join(FIELDS)}.")
        return type(self)(columns)

    def census(self, path: Path) -> Census:
        """How many rows, and whom they name, by a pass that looks at nothing else in them."""
        rows, persons = 0, set()
        for rows, told in enumerate(self._told(path), start=1):
            named = [(field, value) for field, value in told if value and _is_text(value)]
            field, value = named[0] if named else ("row", f"{path.name}:{rows}")
            persons.add(unicodedata.normalize("NFC", value if field == "person" else f"{field}:{value}"))
        return Census(rows, len(persons), rows)

    def _told(self, path: Path) -> Iterator[list[tuple[str, str]]]:
        """Of each row what can say whose it is, the best first."""
        columns = {field: self._columns.get(field, field) for field in ("person", "id", "path")}
        if _is_csv(path):
            cells = _cells(path)
            heads = next(cells, [])
            places = [(field, heads.index(name)) for field, name in columns.items() if name in heads]
            for row in cells:
                yield [(field, row[at].strip()) for field, at in places] if len(row) == len(heads) else []
            return
        for line in _lines(path):
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                found = None
            values = found if isinstance(found, dict) else {}
            told = ((field, values.get(name)) for field, name in columns.items())
            yield [(field, _text(value).strip()) for field, value in told if value is not None]

    def read(self, path: Path) -> Iterator[LegacyRecord]:
        """Every row. Raises BrokenInput where the file is no manifest: no CSV with a path column, no JSON Lines."""
        return self.read_rows(path, 0)

    def read_rows(self, path: Path, start: int) -> Iterator[LegacyRecord]:
        """The same, but for the first ``start`` rows."""
        for row in itertools.islice(self._csv(path) if _is_csv(path) else self._json(path), start, None):
            yield self._record(path.parent, f"{path.name}:{row.number}", row)

    def _csv(self, path: Path) -> Iterator[Row]:
        rows = _cells(path)
        heads = next(rows, [])
        needed = self._columns.get("path", "path")
        if needed not in heads or len(set(heads)) != len(heads):
            raise BrokenInput(
                f"the first line must name different columns, one of them {needed!r}",
                where=f"{path}:1",
                remedy=f"Columns: {', '.join(FIELDS)}; others become metadata. Or name yours in a --map.",
            )
        for number, cells in enumerate(rows, start=1):
            values = dict(zip(heads, cells, strict=True)) if len(cells) == len(heads) else None
            yield Row(number, values, f"{len(cells)} cells, {len(heads)} columns")

    def _json(self, path: Path) -> Iterator[Row]:
        for number, line in enumerate(_lines(path), start=1):
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                yield Row(number, None, "not JSON")
                continue
            if not isinstance(found, dict):
                yield Row(number, None, "not a JSON object")
                continue
            yield Row(number, {str(key): _text(value) for key, value in found.items() if value is not None})

    def _record(self, folder: Path, unit: str, row: Row) -> LegacyRecord:
        if row.values is None:
            image = LegacyImage("", None, verdict=Code.CONTAINER_UNREADABLE, detail=row.why)
            return LegacyRecord(self.kind, unit, (("row", unit),), None, (image,))
        told = {field: row.values.get(self._columns.get(field, field), "").strip() for field in FIELDS}
        taken = {self._columns.get(field, field) for field in FIELDS}
        metadata = {key: value for key, value in row.values.items() if key not in taken and value}
        notes = []
        if garbled := [key for key, value in row.values.items() if not _is_text(key + value)]:
            notes.append(Note(Code.CHARACTER_SET, f"{len(garbled)} cells are not UTF-8"))
            metadata = {key: value for key, value in metadata.items() if _is_text(key + value)}
            told = {field: value if _is_text(value) else "" for field, value in told.items()}
        for field in ("captured", "retain_until"):
            if told[field] and not _is_date(told[field]):
                notes.append(Note(Code.CAPTURE_DATE_INVALID, field))
                told[field] = ""
        if told["consent"].lower() in _NO:
            metadata["consent"] = "no"
        minor = True if told["minor"].lower() in _YES else False if told["minor"].lower() in _NO else None
        native = ("id", told["id"]) if told["id"] else ("path", told["path"])
        return LegacyRecord(
            self.kind,
            unit,
            (native,) if native[1] else (("row", unit),),
            told["person"] or None,
            (_image(folder, told),),
            metadata=metadata,
            basis=told["basis"] or None,
            retain_until=told["retain_until"] or None,
            minor=minor,
            notes=tuple(notes),
        )


def _image(folder: Path, told: Mapping[str, str]) -> LegacyImage:
    """The picture of a row; the path may be of another system, but never leads out of the folder."""
    name = told["path"]
    declared = {"pose": told["pose"]} if told["pose"] else {}
    box, captured = box_in(told["box"]), told["captured"] or None
    if told["deleted"].lower() in _YES:
        return LegacyImage(name, None, verdict=Code.SOURCE_SOFT_DELETED)
    if not name:
        return LegacyImage(name, None, verdict=Code.TEMPLATE_ONLY_NO_IMAGE, detail="the row names no picture")
    found = image_within(folder, name)
    return LegacyImage(
        name,
        found.data,
        box=box,
        captured=captured,
        declared=declared,
        length=found.length,
        verdict=found.verdict,
        detail=found.detail,
    )


def box_in(text: str) -> Box | None:
    """``left top width height``, apart by spaces, commas or semicolons."""
    parts = text.replace(",", " ").replace(";", " ").split()
    if len(parts) != 4 or not all(each.isdigit() and len(each) < 6 for each in parts):
        return None
    return Box(*(int(each) for each in parts))


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _cells(path: Path) -> Iterator[list[str]]:
    """Each row's cells, the first line's too; empty lines are none."""
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            yield from (row for row in csv.reader(file) if row)
    except (OSError, csv.Error) as error:
        raise BrokenInput(f"this manifest cannot be read: {error}", where=str(path)) from error


def _lines(path: Path) -> Iterator[bytes]:
    """Each line that is not empty; one that is longer than ROW_BYTES is several."""
    try:
        with path.open("rb") as file:
            while line := file.readline(ROW_BYTES):
                if line.strip():
                    yield line
    except OSError as error:
        raise BrokenInput(f"this manifest cannot be read: {error.strerror}", where=str(path)) from error


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
