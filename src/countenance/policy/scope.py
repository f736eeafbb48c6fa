"""How far an authority reaches: how it is known, and whether its record covers this request."""

from __future__ import annotations

from countenance.policy.request import Request
from countenance.terms.action import Action
from countenance.terms.permit import AuthorityKind

COMPARES = frozenset({Action.VERIFY, Action.SEARCH, Action.GROUP, Action.WATCH})
"""The acts that a record's number of comparisons counts."""


def kind_of(request: Request) -> AuthorityKind:
    """How the authority is known.

    A record that the asking principal put on file itself is its own word, and counts as self-declared.
    """
    record = request.record
    if record is None:
        return AuthorityKind.NONE if request.authority is None else AuthorityKind.SELF_DECLARED
    if record.registrar == request.principal.id:
        return AuthorityKind.SELF_DECLARED
    return AuthorityKind.REGISTERED if record.principal is None else AuthorityKind.STANDING


def state_of(request: Request) -> str:
    """``valid``, ``revoked``, ``used-up``, ``out-of-scope`` or ``bound-to-another``; expiry is the policy's own."""
    record = request.record
    if record is None:
        return "valid"
    if record.revoked is not None:  # whatever the clock says: it may have gone backwards
        return "revoked"
    if record.principal not in (None, request.principal.id):
        return "bound-to-another"
    if request.authority is not None and request.authority != record.authority:
        return "out-of-scope"
    if record.principal is not None and record.expires is None:
        return "out-of-scope"
    if record.purposes and request.purpose not in record.purposes:
        return "out-of-scope"
    if record.galleries and request.gallery not in record.galleries:
        return "out-of-scope"
    if record.subjects and not _subjects_covered(request, record.subjects):
        return "out-of-scope"
    if request.action in COMPARES and record.comparisons is not None and record.used >= record.comparisons:
        return "used-up"
    return "valid"


def _subjects_covered(request: Request, subjects: tuple[str, ...]) -> bool:
    # An act that names no subject cannot be seen to stay with the record's subjects.
    return bool(request.subjects) and set(request.subjects) <= set(subjects)
