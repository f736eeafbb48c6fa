"""The authority that a caller names: ``class:reference``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from countenance.terms.errors import Malformed

_CLASS = re.compile(r"[a-z][a-z0-9-]{0,62}\Z")
MAX_REFERENCE = 512


@dataclass(frozen=True, slots=True)
class Authority:
    """``kind`` is its class (``warrant``, ``guardian-request``, …), ``reference`` the caller's own words.

    The class may become public if the charter registers it; the reference is only ever sealed.
    """

    kind: str
    reference: str

    @classmethod
    def parse(cls, text: str) -> Authority:
        """Read ``class:reference``; raises Malformed."""
        kind, colon, reference = text.partition(":")
        if not colon or not reference.strip() or not _CLASS.match(kind):
            raise Malformed(
                f"an authority is written class:reference, for example guardian-request:case-3; got {text[:80]!r}"
            )
        if len(reference) > MAX_REFERENCE or not reference.isprintable():
            raise Malformed(f"an authority's reference is printable text of at most {MAX_REFERENCE} characters")
        return cls(kind, reference)

    def __str__(self) -> str:
        return f"{self.kind}:{self.reference}"
