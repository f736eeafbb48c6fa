"""An approval: a principal's word that one precise request, of somebody else, may be made."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.terms.action import Action


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is approved: an act on ``gallery`` (a name, None for none) for a purpose, on an authority.

    ``authority`` is the id of its record, or ``class:reference`` where none is on file. ``sample`` is the SHA-256
    (hex) of the one picture that it holds for; empty: whichever picture is brought.
    """

    authority: str
    purpose: str
    action: Action
    gallery: str | None
    sample: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """``approver`` is a principal's id, ``roles`` what the service said of that principal then. Unix seconds.

    ``id`` is empty until it is on file; ``used`` and ``revoked`` are None until they happen.
    """

    id: str
    wanted: Wanted
    approver: str
    roles: tuple[str, ...]
    given: int
    expires: int
    reason: str = ""
    used: int | None = None
    revoked: int | None = None
