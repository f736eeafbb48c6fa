"""A policy's answer: a permit or a refusal, with reasons that a person can read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class AuthorityKind(StrEnum):
    """How an authority is known; statements count them apart."""

    REGISTERED = "registered"
    STANDING = "standing"
    SELF_DECLARED = "self-declared"
    NONE = "none"


class RefusalReason(StrEnum):
    """Why a request was refused: a closed list."""

    NO_PURPOSE = "no-purpose"
    UNREGISTERED = "unregistered"
    FORBIDDEN_PURPOSE = "forbidden-purpose"
    AUTHORITY_MISSING = "authority-missing"
    AUTHORITY_EXPIRED = "authority-expired"
    AUTHORITY_OUT_OF_SCOPE = "authority-out-of-scope"
    FORBIDDEN = "forbidden"
    NOT_PERMITTED = "not-permitted"
    NOT_BOUND = "not-bound"
    POLICY_ERROR = "policy-error"


@dataclass(frozen=True, slots=True)
class Principle:
    """A sentence of the charter that a decision rests on."""

    id: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Permit:
    """Permitted. ``purpose`` and ``authority_class`` are the registered ids, fit for the public log."""

    purpose: str
    authority_class: str
    authority_kind: AuthorityKind
    policies: tuple[str, ...]
    charter: str
    candidate_cap: int
    reviewers: int = 0
    retention_days: int | None = None
    authority_expires: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Refused. ``purpose`` and ``authority_class`` are registered ids or ``unregistered``."""

    purpose: str
    authority_class: str
    authority_kind: AuthorityKind
    policies: tuple[str, ...]
    charter: str
    reason: RefusalReason
    sentence: str
    principles: tuple[Principle, ...] = field(default=())
    remedy: str = ""
