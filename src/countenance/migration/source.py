"""Source: what is to be read, where it lies, and whether it stayed the same while it was read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from countenance.migration.legacy_record import LegacyRecord
from countenance.migration.reader import Census, Reader, reader_of
from countenance.migration.sandbox import census_in_sandbox, steps_in_sandbox
from countenance.migration.source_files import files_of


@dataclass(frozen=True, slots=True)
class Source:
    """``name`` is what it is called in every run, wherever it lies; ``table`` the customer's map of fields."""

    kind: str
    path: Path
    name: str = ""
    table: str = ""

    @property
    def called(self) -> str:
        """Its name, or where none was given that of its folder or file."""
        return self.name or self.path.resolve().name

    def reader(self) -> Reader:
        """To ask which one and of which version; it reads nothing here. Raises UnknownName, BrokenInput, Malformed."""
        return reader_of(self.kind, self.table)

    def census(self) -> Census:
        """Counted by a pass of its own; raises BrokenInput."""
        return census_in_sandbox(self.kind, self.path, table=self.table)

    def steps(self, start: int = 0) -> Iterator[tuple[int, LegacyRecord]]:
        """Every record with the number of its step, from step ``start`` on where the source can be entered there."""
        return steps_in_sandbox(self.kind, self.path, table=self.table, start=start)

    def manifest(self) -> str:
        """SHA-256 (hex) of names, sizes and times of its files: another one, and it was written to meanwhile."""
        digest = hashlib.sha256()
        for name, file in files_of(self.path):
            found = file.lstat()
            line = f"{name}\0{found.st_size}\0{found.st_mtime_ns}\0{found.st_mode}\n"
            digest.update(os.fsencode(line))
        return digest.hexdigest()
