"""A charter: an operator's principles and purposes as values, read and found sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from countenance.terms.action import Action
from countenance.terms.key_role import PREFIX as KEY_ROLE
from countenance.terms.permit import AuthorityKind, Principle
from countenance.terms.principal import Principal

OWNER = "owner"
"""The wildcard, and the role given by the service, for whoever owns the data directory."""

NO_PURPOSE = "none"
UNREGISTERED = "unregistered"
NO_AUTHORITY = "none"
RESERVED = frozenset({NO_PURPOSE, UNREGISTERED})


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the system and answers for it."""

    name: str
    contact: str


@dataclass(frozen=True, slots=True)
class Cited:
    """Ids of the principles that the rules of the gate itself rest on."""

    purpose: str
    authority: str
    review: str
    minors: str


@dataclass(frozen=True, slots=True)
class AuthorityClass:
    """A class of authority that the charter knows."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """A registered purpose.

    ``approvals``: distinct principals that approve before a search, each search for itself where ``approve_each``,
    else until the approval expires. ``reviewers``: distinct people that judge its candidates afterwards.
    ``verifications``: with how many others one probe may be verified an hour by one principal. ``candidate_cap``:
    the longest candidate list. ``retention_days``: how long what is enrolled under it is kept, None without an end.
    ``minors``: the authority classes under which a subject may be a minor.
    """

    id: str
    text: str
    legal_basis: str
    actions: frozenset[Action]
    classes: tuple[str, ...]
    modes: frozenset[AuthorityKind]
    approvals: int
    approve_each: bool
    reviewers: int
    verifications: int
    candidate_cap: int
    retention_days: int | None
    minors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForbiddenPurpose:
    """A purpose that no policy of this charter can ever permit."""

    id: str
    text: str
    principle: str


@dataclass(frozen=True, slots=True)
class Role:
    """A role with its principals: ids (``os:alice``, ``key:3f…``), ``os:*``, ``key:*`` or ``owner``.

    ``approves``: may approve what others ask for; ``reviews``: may judge the candidates of a search.
    """

    id: str
    text: str
    principals: tuple[str, ...]
    registers_authorities: bool
    governs: bool
    approves: bool
    reviews: bool

    def includes(self, principal: Principal) -> bool:
        """Whether the principal has this role; only the service says who owns the data and what a key was made for."""
        kind = principal.id.partition(":")[0]
        return (
            principal.id in self.principals
            or f"{kind}:*" in self.principals
            or any(each in self.principals for each in principal.roles if each == OWNER or each.startswith(KEY_ROLE))
        )


@dataclass(frozen=True, slots=True)
class Governor:
    """A key that may adopt charters: its Ed25519 public key, 32 bytes."""

    id: str
    public: bytes


@dataclass(frozen=True, slots=True)
class Epochs:
    """An epoch closes at the end of ``days`` days if it holds ``minimum`` requests; else it goes on."""

    days: int
    minimum: int


@dataclass(frozen=True, slots=True)
class Peer:
    """A log or a witness of the deployment: its name, its verifier key (C2SP signed-note vkey), its address or ''."""

    name: str
    key: str
    url: str


@dataclass(frozen=True, slots=True)
class Policy:
    """One hand-written Cedar policy and where it stands."""

    id: str
    principle: str
    effect: Literal["permit", "forbid"]
    text: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Charter:
    """A charter that was found sound. ``digest`` (hex) is what governors sign and every entry names.

    ``quorum`` is the number of witnesses that must cosign before an epoch is published. ``files`` are the bytes of
    the folder, by name.
    """

    operator: Operator
    principles: Mapping[str, Principle]
    cited: Cited
    classes: Mapping[str, AuthorityClass]
    purposes: Mapping[str, Purpose]
    forbidden: Mapping[str, ForbiddenPurpose]
    roles: Mapping[str, Role]
    governors: Mapping[str, Governor]
    epochs: Epochs
    logs: tuple[Peer, ...]
    witnesses: tuple[Peer, ...]
    quorum: int
    policies: tuple[Policy, ...]
    files: Mapping[str, bytes]
    digest: str

    def principal(self, identity: str, *, owner: bool = False) -> Principal:
        """The principal of this id with the roles that the charter gives it; ``owner`` of the data directory."""
        known = Principal(identity, frozenset({OWNER}) if owner else frozenset())
        return Principal(identity, known.roles | self.roles_of(known))

    def roles_of(self, principal: Principal) -> frozenset[str]:
        """The roles that the charter gives a principal, whatever it claims."""
        return frozenset(role.id for role in self.roles.values() if role.includes(principal))
