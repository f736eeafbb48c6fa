"""What a gallery in parts is asked, and what one part answers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from countenance.terms.candidate import Candidate
from countenance.terms.receipt import Receipt
from countenance.terms.sample import SampleRef
from countenance.terms.template import Template


@dataclass(frozen=True, slots=True)
class Question:
    """One search, whole, with its receipt; ``samples`` is the list that a set receipt names, None for a single one."""

    receipt: Receipt
    samples: tuple[SampleRef, ...] | None
    probes: tuple[Template, ...]
    k: int
    threshold: float | None
    only: frozenset[str] | None
    without: frozenset[str]

    @property
    def digest(self) -> bytes:
        """SHA-256 of everything that the answer depends on."""
        said = (self.k, self.threshold, sorted(self.only) if self.only is not None else None, sorted(self.without))
        whole = hashlib.sha256(repr((said, self.samples)).encode())
        for probe in self.probes:
            whole.update(probe.recipe.space.encode() + repr(probe.sample).encode() + probe.vector.tobytes())
        return whole.digest()


@dataclass(frozen=True, slots=True)
class Answer:
    """Of part ``part`` of ``parts``: for each probe its candidates, and how many of its references were compared."""

    part: int
    parts: int
    candidates: tuple[tuple[Candidate, ...], ...]
    compared: int


class Shards(Protocol):
    """All parts of all galleries, wherever they are."""

    def ask(self, question: Question) -> Mapping[int, Answer]:
        """The answers of all parts, by number; raises MissingPart where one does not answer in time."""

    def close(self) -> None:
        """Leave them; they stay where they are."""
