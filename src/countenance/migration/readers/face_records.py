"""Face records of ISO/IEC 19794-5, bare or in a passport's data group 2: a file or a folder of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import IO, Self

from countenance.migration.by_file import ByFile, whole
from countenance.migration.iso.container import contents_of
from countenance.migration.legacy_record import LegacyRecord
from countenance.migration.person_in_path import person_in, read_person_in_path


class Iso19794Reader(ByFile):
    """A record for each file. It has no ids of its own: its digest is one, and a table may find the person's name.

    What is read is told by the bytes; the kind only says what the source was named as.
    """

    kind = "iso-19794-5"
    version = "1"

    def __init__(self, person: re.Pattern[str] | None = None) -> None:
        self._person = person

    def with_map(self, text: str) -> Self:
        """With an expression for the person's name; raises Malformed."""
        return type(self)(read_person_in_path(text))

    def records(self, file: IO[bytes], unit: str) -> Iterator[LegacyRecord]:
        """The record."""
        data = whole(file)
        found = contents_of(data)
        digest = hashlib.sha256(data).hexdigest()
        yield LegacyRecord(
            self.kind,
            unit,
            (("sha256", digest),),
            person_in(unit, self._person),
            found.images,
            length=len(data),
            sha256=digest,
            verdict=found.verdict,
            detail=found.detail,
            notes=found.notes,
        )


class Dg2Reader(Iso19794Reader):
    """The same for sources that are named as passports' data groups."""

    kind = "dg2"
