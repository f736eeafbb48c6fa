"""CompreFace by its database's plain dump (``pg_dump -Fp``): pictures, the subjects they are of, and what has none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from countenance.migration.by_file import ByFile
from countenance.migration.code import Code
from countenance.migration.compreface import census
from countenance.migration.compreface.copy_blocks import Row, bytea, charset_of, rows, unescaped
from countenance.migration.legacy_record import LegacyImage, LegacyRecord, Note
from countenance.migration.picture import picture
from countenance.migration.reader import Census
from countenance.migration.source_files import opened
from countenance.migration.text import claim, decode
from countenance.terms.errors import BrokenInput, Malformed

_TABLES = ("model", "subject", "img", "embedding")
_ADVICE = "Write it as text with COPY blocks: pg_dump -Fp, without --inserts; unpack what is compressed."


@dataclass(frozen=True, slots=True)
class _Subject:
    """``name`` has the service's name before it where a dump has several services; those may name alike."""

    id: str
    name: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class _Template:
    """A row of ``embedding`` without its vector; keys are ids as they are written."""

    id: str
    subject: bytes
    picture: bytes
    calculator: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a row of ``img`` is; its picture is in the ``column``-th of its cells."""

    id: bytes
    row: Row
    column: int


class CompreFaceReader(ByFile):
    """A record for each picture, each template without one, each subject without either, and a missing end."""

    kind = "compreface"
    version = "1"

    def count(self, file: IO[bytes]) -> tuple[int, int | None]:
        """Of one dump, by its rows."""
        found = census.count(file)
        return found.units, found.images

    def census_file(self, file: Path) -> Census:
        """The same, with the persons; raises BrokenInput for a dump that only PostgreSQL itself can read."""
        try:
            with opened(file) as stream:
                if other := _other_format(stream):
                    raise BrokenInput(other, where=str(file), remedy=_ADVICE)
                found = census.count(stream)
        except OSError:
            return Census(1, 0, 0)
        return Census(max(1, found.units), found.persons, found.images)

    def records(self, file: IO[bytes], unit: str) -> Iterator[LegacyRecord]:
        """Pictures as they come in the file, then what has none."""
        if other := _other_format(file):
            raise Malformed(other, remedy=_ADVICE)
        seen: Counter[str] = Counter()
        for record in _Dump(file).records():
            seen[record.unit] += 1
            again = f"#{seen[record.unit]}" if seen[record.unit] > 1 else ""
            yield replace(record, unit=f"{unit}:{record.unit}{again}")


class _Dump:
    """One dump: all of it but pictures and vectors is held, and the places of the pictures."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._charset = charset_of(file)
        self._places: list[_Place] = []
        self._templates: list[_Template] = []
        self._seen: set[str] = set()
        self._of_picture: dict[bytes, list[_Template]] = defaultdict(list)
        services: dict[bytes, str] = {}
        subjects: dict[bytes, tuple[bytes, bytes]] = {}
        for row in rows(file, ("model", "subject", "img", "embedding")):
            values = {name: value or b"" for name, value in row.values.items() if name != "content"}
            key = values.get("id", b"")
            match row.table:
                case "img":
                    column = list(row.values).index("content") if "content" in row.values else -1
                    self._places.append(_Place(key, replace(row, values={}), column))
                case "model":
                    services[values.get("api_key", b"")] = claim(values.get("name", b""))
                case "subject":
                    subjects[key] = values.get("subject_name", b""), values.get("api_key", b"")
                case _:
                    subject, image = values.get("subject_id", b""), values.get("img_id", b"")
                    made = _Template(claim(key), subject, image, claim(values.get("calculator", b"")))
                    self._templates.append(made)
                    self._of_picture[image].append(made)
        if not (self._places or self._templates or subjects):
            raise Malformed("no dump of CompreFace: no rows of its tables subject, img, embedding")
        # An API key is a credential: it finds the service's name here and goes nowhere.
        several = len({service for _, service in subjects.values()}) > 1
        self._subjects = {
            key: self._subject(key, name, services.get(service, "") if several else "")
            for key, (name, service) in subjects.items()
        }

    def records(self) -> Iterator[LegacyRecord]:
        """Every record; its unit is without the file's name."""
        for place in self._places:
            image = self._image(place)
            yield self._record(f"img/{image.native_id}", self._of_picture.get(place.id, ()), image)
        there = {place.id for place in self._places}
        for each in (each for each in self._templates if each.picture not in there):
            verdict, detail = Code.TEMPLATE_ONLY_NO_IMAGE, "CompreFace kept the template alone"
            yield self._record(f"embedding/{each.id}", [each], LegacyImage("", None, verdict=verdict, detail=detail))
        for subject in (each for each in self._subjects.values() if each.id not in self._seen):
            detail = "a subject without a picture or template of its own"
            yield self._bare(f"subject/{subject.id}", subject, Code.TEMPLATE_ONLY_NO_IMAGE, detail)
        if not census.is_complete(self._file):
            yield self._bare("end", None, Code.RECORD_TRUNCATED, "the dump does not end as a whole one does")

    def _record(self, unit: str, templates: Sequence[_Template], image: LegacyImage) -> LegacyRecord:
        owners = {each.subject for each in templates}
        subject = self._subjects.get(next(iter(owners))) if len(owners) == 1 else None
        if subject is not None:
            self._seen.add(subject.id)
        # The live interface calls a picture by its template's id; of several, the least is always the same.
        ids = [("embedding", each) for each in sorted(each.id for each in templates)]
        ids += [("img", image.native_id)] if image.native_id else []
        ids += [("subject", subject.id)] if subject is not None else []
        if subject is None and image.verdict is None:
            detail = "of no subject that is in the dump" if len(owners) < 2 else "of several subjects"
            image = replace(image, data=None, verdict=Code.NO_NATIVE_ID, detail=detail)
        calculators = " ".join(sorted({each.calculator for each in templates}))
        return LegacyRecord(
            CompreFaceReader.kind,
            unit,
            tuple(ids[:8]),
            None if subject is None else subject.name,
            (image,),
            metadata={"calculator": calculators} if calculators else {},
            offset=image.offset,
            length=image.length,
            notes=() if subject is None else subject.notes,
        )

    def _bare(self, unit: str, subject: _Subject | None, verdict: Code, detail: str) -> LegacyRecord:
        ids, name = ((("subject", subject.id),), subject.name) if subject is not None else ((), None)
        return LegacyRecord(CompreFaceReader.kind, unit, ids, name, (), verdict=verdict, detail=detail)

    def _subject(self, key: bytes, name: bytes, service: str) -> _Subject:
        text, note = decode(unescaped(name), self._charset)
        number = claim(key)
        called = text or f"subject {number}"
        return _Subject(number, f"{service}/{called}" if service else called, () if note is None else (note,))

    def _image(self, place: _Place) -> LegacyImage:
        row, name = place.row, claim(place.id)
        image = LegacyImage(name, None, offset=row.offset, length=row.length)
        if row.cut:
            return replace(image, verdict=Code.RECORD_TRUNCATED, detail="the file ends in this row")
        if row.too_long:
            return replace(image, verdict=Code.IMAGE_TOO_LARGE, detail=f"a row of {row.length} bytes")
        self._file.seek(row.offset)
        cells = self._file.read(row.length).rstrip(b"\r\n").split(b"\t")
        cell = cells[place.column] if 0 <= place.column < len(cells) else b"\\N"
        if cell == b"\\N":
            return replace(image, verdict=Code.TEMPLATE_ONLY_NO_IMAGE, detail="a picture's row without its bytes")
        data = bytea(cell)
        if data is None:
            return replace(image, verdict=Code.IMAGE_UNDECODABLE, detail="no bytea in hex")
        found = picture(data)
        return replace(image, data=found.data, verdict=found.verdict, detail=found.detail, notes=found.notes)


def _other_format(file: IO[bytes]) -> str:
    """What else of PostgreSQL's this is; empty where it may be a plain dump."""
    file.seek(0)
    head = file.read(1 << 16)
    if head.startswith(b"PGDMP") or head[:8] == b"toc.dat\0":
        return "a dump in PostgreSQL's custom, directory or tar format; only a plain one is read"
    if head[:2] == b"\x1f\x8b":
        return "a compressed dump; only an unpacked one is read"
    if b"\nINSERT INTO " in head and b"\nCOPY " not in head:
        return "a dump of INSERT statements; only one of COPY blocks is read"
    return ""
