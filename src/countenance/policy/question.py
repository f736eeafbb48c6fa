"""A request in the policy engine's own words."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.terms.action import Action

NO_END = 2**53 - 1
"""What ``expires`` says where an authority has no end."""


@dataclass(frozen=True, slots=True)
class Question:
    """Every text is a registered id, ``none`` or ``unregistered``, but ``gallery``, a name or empty."""

    roles: frozenset[str]
    action: Action
    gallery: str
    purpose: str
    authority_class: str
    authority_kind: str
    authority_state: str
    issued: int
    expires: int
    cap: int
    approvals: int
    minor: bool
    now: int
    verifications: int = 0
