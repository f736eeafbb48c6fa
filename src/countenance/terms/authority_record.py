"""An authority as a record: what was put on file, by whom, and how far it reaches."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.terms.authority import Authority


@dataclass(frozen=True, slots=True)
class AuthorityRecord:
    """A registered authority. Times are Unix seconds; only its class may ever become public.

    ``document`` is the SHA-256 (hex) of the document itself or empty; ``registrar`` the id of the principal that
    put it on file. ``principal`` is set where the record is bound to one principal (a *standing* authority, such as
    an API key's), which then needs no words of the caller. Scope: an empty tuple or None stands for no limit;
    ``galleries`` and ``subjects`` are names, ``comparisons`` the number of acts that compare (verify, search, group,
    watch), of which ``used`` are spent.
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

    @property
    def authority(self) -> Authority:
        """The words by which a caller names this record."""
        return Authority(self.kind, self.reference)
