"""What a reader is, and which there are: a new source is one file in ``readers`` and one line here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast, runtime_checkable

from countenance.migration.legacy_record import LegacyRecord
from countenance.terms.errors import BrokenInput, UnknownName


@dataclass(frozen=True, slots=True)
class Census:
    """How much a source holds, counted by a pass of its own and not by the reading: one side of the account.

    ``units``: files, transactions or rows. ``persons`` and ``images`` as the source itself tells them (a count field,
    a listing, the number of rows); None where it does not say and only the reading can.
    """

    units: int
    persons: int | None
    images: int | None


def total(parts: Iterable[Census]) -> Census:
    """The sum; what one part does not tell, the sum does not."""
    units, persons, images = 0, 0, 0
    silent = set()
    for each in parts:
        units += each.units
        persons += each.persons or 0
        images += each.images or 0
        silent |= {name for name in ("persons", "images") if getattr(each, name) is None}
    return Census(units, None if "persons" in silent else persons, None if "images" in silent else images)


class Reader(Protocol):
    """Reads one kind of source. Never writes, opens no connection that was not asked for, loads no code."""

    kind: str
    version: str

    def census(self, path: Path) -> Census:
        """Count without parsing what is counted; raises BrokenInput where there is no such source at all."""

    def read(self, path: Path) -> Iterator[LegacyRecord]:
        """Every record, in an order that is the same at each run. What cannot be read is a record with a verdict.

        Raises BrokenInput only where the path as a whole is no such source.
        """


@runtime_checkable
class FileReader(Reader, Protocol):
    """A reader whose source is a file, or a folder of files that stand alone: one that kills it costs no other."""

    def read_file(self, file: Path, unit: str) -> Iterator[LegacyRecord]:
        """The records of one file, at least one; never raises for what the file holds."""

    def census_files(self, path: Path) -> Iterator[tuple[str, Census]]:
        """The census of each file, by its name; never raises for what a file holds."""


@runtime_checkable
class RowReader(Reader, Protocol):
    """A reader whose source is one file of rows, which can be entered at any of them."""

    def read_rows(self, path: Path, start: int) -> Iterator[LegacyRecord]:
        """One record for each row, but for the first ``start`` of them."""


@runtime_checkable
class MappedReader(Reader, Protocol):
    """A reader whose source has fields that mean nothing without a table of the customer's."""

    def with_map(self, text: str) -> Reader:
        """The same reader with that table; raises Malformed."""


READERS = {
    "ansi-nist": "countenance.migration.readers.ansi_nist:AnsiNistReader",
    "azure-face": "countenance.migration.readers.azure_face:AzureFaceReader",
    "cbeff": "countenance.migration.readers.cbeff:CbeffReader",
    "compreface": "countenance.migration.readers.compreface:CompreFaceReader",
    "deepface": "countenance.migration.readers.deepface:DeepfaceReader",
    "dg2": "countenance.migration.readers.face_records:Dg2Reader",
    "face_recognition": "countenance.migration.readers.face_recognition:FaceRecognitionReader",
    "folder": "countenance.migration.readers.folder:FolderReader",
    "iso-19794-5": "countenance.migration.readers.face_records:Iso19794Reader",
    "manifest": "countenance.migration.readers.manifest:ManifestReader",
    "niem-xml": "countenance.migration.readers.niem_xml:NiemXmlReader",
    "pfif": "countenance.migration.readers.pfif:PfifReader",
    "rekognition": "countenance.migration.readers.rekognition:RekognitionReader",
    "xmp": "countenance.migration.readers.xmp:XmpReader",
}


def reader_of(kind: str, table: str = "") -> Reader:
    """The reader of a kind, with the text of a customer's ``table`` where the source takes one.

    Raises UnknownName with the kinds that there are, BrokenInput for a table where none is read, Malformed.
    """
    where = READERS.get(kind)
    if where is None:
        raise UnknownName(
            "there is no reader for this kind of source",
            where=kind,
            remedy=f"Use one of: {', '.join(sorted(READERS))}.",
        )
    module, _, name = where.partition(":")
    reader = cast(Reader, getattr(import_module(module), name)())
    if not table:
        return reader
    if isinstance(reader, MappedReader):
        return reader.with_map(table)
    raise BrokenInput("this kind of source takes no map of fields", where=kind)
