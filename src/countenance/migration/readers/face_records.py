"""Face records of ISO/IEC 19794-5, bare or in a passport's data group 2: a file or a folder of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import IO

from countenance.migration.by_file import whole
from countenance.migration.iso.container import contents_of
from countenance.migration.legacy_record import LegacyRecord
from countenance.migration.sole_record import SoleRecord


class Iso19794Reader(SoleRecord):
    """A record for each file. It has no ids of its own: its digest is one, and a table may find the person's name.

    What is read is told by the bytes; the kind only says what the source was named as.
    """

    kind = "iso-19794-5"
    version = "1"

    def records(self, file: IO[bytes], unit: str) -> Iterator[LegacyRecord]:
        """The record."""
        data = whole(file)
        found = contents_of(data)
        yield replace(
            self.record(unit, data), images=found.images, verdict=found.verdict, detail=found.detail, notes=found.notes
        )


class Dg2Reader(Iso19794Reader):
    """The same for sources that are named as passports' data groups."""

    kind = "dg2"
