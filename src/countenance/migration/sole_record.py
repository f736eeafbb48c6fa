"""A source whose files are one record each and have no ids of their own: what its readers share."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self
from unicodedata import normalize

from countenance.migration.by_file import ByFile
from countenance.migration.legacy_record import LegacyRecord
from countenance.migration.person_in_path import person_in, read_person_in_path
from countenance.migration.reader import Census


class SoleRecord(ByFile):
    """A record for each file; its digest is its id, and a table may find the person's name in the file's."""

    def __init__(self, person: re.Pattern[str] | None = None) -> None:
        self._person = person

    def with_map(self, text: str) -> Self:
        """With an expression for the person's name; raises Malformed."""
        return type(self)(read_person_in_path(text))

    def census_files(self, path: Path) -> Iterator[tuple[str, Census]]:
        """The same of each file, and with an expression whom it names; a person counts with their first file."""
        seen: set[str] = set()
        for unit, part in super().census_files(path):
            person, before = person_in(unit, self._person), len(seen)
            seen.update([] if person is None else [normalize("NFC", person)])
            yield unit, replace(part, persons=None if person is None else len(seen) - before)

    def _rejected(self, unit: str, why: str, images: int = 0) -> LegacyRecord:
        return replace(super()._rejected(unit, why, images), person=person_in(unit, self._person))

    def record(self, unit: str, data: bytes) -> LegacyRecord:
        """The record of a file, still without its images."""
        digest = hashlib.sha256(data).hexdigest()
        person = person_in(unit, self._person)
        return LegacyRecord(self.kind, unit, (("sha256", digest),), person, (), length=len(data), sha256=digest)
