"""What is wrong with a charter, and where."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.terms.errors import Malformed


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One error of a charter: ``file`` inside its folder, ``line`` from 1, ``what`` in a sentence."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class Faulty:
    """A charter that cannot be used: every fault that was found, by file and line."""

    faults: tuple[Fault, ...]

    def malformed(self, where: str = "") -> Malformed:
        """The same as an error, for those who cannot go on without a charter."""
        count = len(self.faults)
        listed = "\n".join(f"  {fault}" for fault in self.faults)
        return Malformed(
            f"the charter has {count} error{'s' if count != 1 else ''}:\n{listed}",
            where=where,
            remedy="Correct them all, then run `countenance charter check` on the folder.",
        )
