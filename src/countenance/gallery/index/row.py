"""A row: one reference as the index holds it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from countenance.terms.template import Vector


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One reference. ``vector`` is float32, shape (dimension,), of unit length."""

    reference: str
    subject: str
    vector: Vector


def owner_of(subject: str) -> int:
    """A 32-bit number for a subject (int32), the same in every process.

    Two subjects may share one: then the search counts them as one while it narrows down, so it keeps more rows than
    it must, never fewer; the answer itself goes by the subjects' ids.
    """
    return int.from_bytes(hashlib.blake2b(subject.encode(), digest_size=4).digest(), "little", signed=True)
