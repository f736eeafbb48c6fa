"""A source whose files stand alone, such as a folder of transactions: what its readers share."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from countenance.migration.code import Code
from countenance.migration.legacy_record import LegacyImage, LegacyRecord
from countenance.migration.limits import FILE_BYTES, MIB, RECORDS
from countenance.migration.reader import Census, total
from countenance.migration.source_files import files_of, opened
from countenance.terms.errors import Malformed


class ByFile(ABC):
    """A reader of files; every file is at least one record, whatever it holds."""

    kind: str
    version: str

    def count(self, _: IO[bytes]) -> tuple[int, int | None]:
        """The units of one file, and its images where something but reading can tell; both without parsing."""
        return 1, None

    @abstractmethod
    def records(self, file: IO[bytes], unit: str) -> Iterator[LegacyRecord]:
        """The records of one file; raises Malformed with the reason, before the first, where it is no such file."""

    def census(self, path: Path) -> Census:
        """Units and images of all files; a file that holds none, or cannot be read, is a unit too."""
        return total(part for _, part in self.census_files(path))

    def census_files(self, path: Path) -> Iterator[tuple[str, Census]]:
        """The same of each file, by its name."""
        for unit, file in files_of(path):
            yield unit, self.census_file(file)

    def census_file(self, file: Path) -> Census:
        """The same of one file."""
        try:
            with opened(file) as stream:
                units, images = self.count(stream)
        except OSError:
            units, images = 1, 0
        return Census(max(1, units), None, images)

    def read(self, path: Path) -> Iterator[LegacyRecord]:
        """The records of every file."""
        for unit, file in files_of(path):
            yield from self.read_file(file, unit)

    def read_file(self, file: Path, unit: str) -> Iterator[LegacyRecord]:
        """The records of one file, or one that says why there is none."""
        rest = unit
        try:
            with opened(file) as stream:
                for record in self.read_stream(stream, unit):
                    yield record
                    rest = f"{unit}#unread"
        except OSError as error:
            yield self._rejected(rest, type(error).__name__)

    def read_stream(self, file: IO[bytes], unit: str) -> Iterator[LegacyRecord]:
        """The records of an open file; one that is rejected whole is given the images that it seems to hold."""
        try:
            yield from self.records(file, unit)
        except Malformed as error:
            file.seek(0)
            _, images = self.count(file)
            yield self._rejected(unit, error.what, min(images or 0, RECORDS))

    def _rejected(self, unit: str, why: str, images: int = 0) -> LegacyRecord:
        verdict = Code.CONTAINER_UNREADABLE
        lost = tuple(LegacyImage(f"?{n}", None, verdict=verdict, detail=why) for n in range(1, images + 1))
        return LegacyRecord(self.kind, unit, (), None, lost, verdict=verdict, detail=why)


def whole(file: IO[bytes]) -> bytes:
    """All of a small file; raises Malformed where it has more than FILE_BYTES."""
    size = file.seek(0, os.SEEK_END)
    if size > FILE_BYTES:
        raise Malformed(f"more than {FILE_BYTES // MIB} MiB")
    file.seek(0)
    return file.read(size)
