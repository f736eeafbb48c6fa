"""An authority as a record: what was put on file, by whom, and how far it reaches."""

from __future__ import annotations

import re
from dataclasses import dataclass

from countenance.terms.authority import Authority
from countenance.terms.errors import Malformed

MAX_TEXT = 512
MAX_SCOPE = 1000
"""Names in one list of a record's scope."""

MAX_TIME = 253_402_300_799
"""Unix seconds of the last second of the year 9999."""

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class AuthorityRecord:
    """A registered authority. Times are Unix seconds; only its class may ever become public.

    ``document`` is the SHA-256 (hex) of the document itself or empty; ``registrar`` the id of the principal that
    put it on file. ``principal`` is set where the record is bound to one principal (a *standing* authority, such as
    an API key's), which then needs no words of the caller. Scope: an empty tuple or None stands for no limit;
    ``galleries`` and ``subjects`` are names, ``comparisons`` the number of acts that compare (verify, search, group,
    watch), of which ``used`` are spent. ``id`` is empty until it is on file. Raises Malformed.
    """

    id: str
    kind: str
    reference: str
    issuer: str
    document: str
    issued: int
    expires: int | None
    registrar: str
    registered: int
    principal: str | None = None
    purposes: tuple[str, ...] = ()
    galleries: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    comparisons: int | None = None
    used: int = 0
    revoked: int | None = None

    def __post_init__(self) -> None:
        Authority.parse(f"{self.kind}:{self.reference}")
        texts = (self.issuer, self.registrar, self.principal or "", *self.purposes, *self.galleries, *self.subjects)
        if any(len(text) > MAX_TEXT or not text.isprintable() for text in texts):
            raise Malformed(f"the texts of an authority are printable and at most {MAX_TEXT} characters long")
        if max(map(len, (self.purposes, self.galleries, self.subjects))) > MAX_SCOPE:
            raise Malformed(f"a scope names at most {MAX_SCOPE} of a kind")
        if not self.issuer.strip() or not self.registrar:
            raise Malformed("an authority names who issued it and who put it on file")
        if self.document and not _SHA256.match(self.document):
            raise Malformed("the digest of an authority's document is a SHA-256 in hex, 64 small digits")
        if not 0 <= self.issued <= MAX_TIME or not 0 <= (self.expires or 0) <= MAX_TIME:
            raise Malformed("the dates of an authority lie between the years 1970 and 9999")
        if self.expires is not None and self.expires <= self.issued:
            raise Malformed("an authority expires after it was issued")
        if self.comparisons is not None and self.comparisons < 1:
            raise Malformed("an authority's number of comparisons is at least 1; leave it out for no limit")
        if self.principal is not None and (self.expires is None or not self.purposes):
            raise Malformed(
                "a standing authority, bound to one principal, must expire and name its purposes",
                remedy="Give it an end and at least one purpose.",
            )

    @property
    def authority(self) -> Authority:
        """The words by which a caller names this record."""
        return Authority(self.kind, self.reference)
