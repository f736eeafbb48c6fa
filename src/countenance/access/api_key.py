"""An API key as the house knows it: for whom, for what, how far; never its secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from countenance.terms.action import Action
from countenance.terms.authority import Authority
from countenance.terms.binding import Binding
from countenance.terms.errors import Malformed
from countenance.terms.key_role import ACTS, ALONE, DEFAULT, KeyRole
from countenance.terms.principal import Principal

MAX_NAME = 256
MAX_LISTED = 1000
"""Purposes or galleries of one key."""
MAX_RATE = 1_000_000.0
MAX_TIME = 253_402_300_799
"""Unix seconds of the last second of the year 9999."""

_TENANT = re.compile(r"(?:[a-z0-9][a-z0-9-]{0,62})?\Z")
_PURPOSE = re.compile(r"[a-z][a-z0-9-]{0,62}\Z")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Times are Unix seconds, ``rate`` is requests a second, ``concurrency`` requests at once; None for no limit.

    ``tenant`` "" is the default one. Without ``purposes`` the key cannot ask for anything that needs one; without
    ``galleries`` it reaches every gallery of its tenant. ``authority`` (``class:reference``) stands for callers that
    name none, and then no other may be named. ``standing``: the caller's words do not count at all, only a standing
    authority on file that is bound to ``key:<id>``. ``minors``: whoever it sends is declared to be a minor.
    ``deletes_withdraw``: an erasure that it asks for is a withdrawal, which leaves a tombstone. Raises Malformed.
    """

    id: str
    name: str
    tenant: str = ""
    roles: frozenset[KeyRole] = DEFAULT
    purposes: tuple[str, ...] = ()
    galleries: tuple[str, ...] = ()
    authority: str | None = None
    standing: bool = False
    expires: int | None = None
    rate: float | None = None
    concurrency: int | None = None
    minors: bool = False
    deletes_withdraw: bool = False
    created: int = 0
    revoked: int | None = None
    overlap_until: int | None = None
    """Until when the secret before the last rotation is good too."""

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > MAX_NAME or not self.name.isprintable():
            raise Malformed(f"a key's name is printable text of 1 to {MAX_NAME} characters")
        if not _TENANT.match(self.tenant):
            raise Malformed("a tenant is 1 to 63 small letters, digits and hyphens; leave it out for the default one")
        if not self.roles:
            raise Malformed("a key has at least one role", remedy=f"The roles are {', '.join(KeyRole)}.")
        if self.roles & ALONE and len(self.roles) > 1:
            raise Malformed(
                "auditor and governor are never beside another role on one key: who watches does not act",
                remedy="Make two keys.",
            )
        if max(len(self.purposes), len(self.galleries)) > MAX_LISTED:
            raise Malformed(f"a key names at most {MAX_LISTED} purposes and {MAX_LISTED} galleries")
        for purpose in self.purposes:
            if not _PURPOSE.match(purpose):
                raise Malformed(f"a purpose is named by its id in the charter's register; got {purpose[:80]!a}")
        for gallery in self.galleries:
            if not gallery or len(gallery) > MAX_NAME or not gallery.isprintable() or "/" in gallery:
                raise Malformed(f"a key's gallery is named as its callers name it, without a tenant: {gallery[:80]!a}")
        if self.authority is not None:
            Authority.parse(self.authority)
        if self.standing and self.authority is not None:
            raise Malformed(
                "a key for standing authorities alone names none of its own",
                remedy="Leave the authority out and have a standing one registered for the key.",
            )
        if self.rate is not None and not 0 < self.rate <= MAX_RATE:
            raise Malformed(f"a rate is a number of requests a second, above 0 and at most {MAX_RATE:g}")
        if self.concurrency is not None and not 1 <= self.concurrency <= MAX_RATE:
            raise Malformed("a concurrency is a whole number of requests at once, at least 1")
        if self.expires is not None and not self.created < self.expires <= MAX_TIME:
            raise Malformed("a key expires after it was made, and before the year 10000")

    @property
    def principal(self) -> Principal:
        """The principal ``key:<id>`` with the roles that a charter may name as ``key-role:…``."""
        return Principal(f"key:{self.id}", frozenset(role.named for role in self.roles))

    @property
    def binding(self) -> Binding:
        """The purposes and authorities that its callers may name."""
        return Binding(self.purposes, self.authority, self.standing)

    def may_ask(self, action: Action) -> bool:
        """Whether one of its roles asks for such acts; whether they are permitted is the charter's to say."""
        return any(action in ACTS[role] for role in self.roles)

    def may_name(self, purpose: str) -> bool:
        """Whether it is bound to this purpose."""
        return self.binding.may_name(purpose)

    def may_cite(self, authority: str) -> bool:
        """Whether a caller may name this authority: its own, or any where it has none of its own."""
        return self.binding.may_cite(authority)

    def valid_at(self, now: float) -> bool:
        """Neither revoked nor expired, whatever the clock said earlier."""
        return self.revoked is None and (self.expires is None or now < self.expires)

    def state_at(self, now: float) -> str:
        """``valid``, ``expired`` or ``revoked``."""
        return "revoked" if self.revoked is not None else "valid" if self.valid_at(now) else "expired"


SEALED = tuple(
    each.name for each in fields(ApiKey) if each.name not in {"id", "created", "expires", "revoked", "overlap_until"}
)
"""Fields that lie sealed at rest: a name may be a person's, a purpose and an authority tell what is done with it."""


def to_stored(key: ApiKey) -> dict[str, object]:
    """The sealed fields as JSON values."""
    values = {name: getattr(key, name) for name in SEALED}
    return values | {"roles": sorted(key.roles), "purposes": list(key.purposes), "galleries": list(key.galleries)}


def from_stored(stored: Mapping[str, object], **clear: object) -> ApiKey:
    """The key from its sealed and its clear fields."""
    values: dict[str, object] = {**stored, **clear}
    values["roles"] = frozenset(map(KeyRole, _texts(stored["roles"])))
    for name in ("purposes", "galleries"):
        values[name] = tuple(_texts(stored[name]))
    return ApiKey(**values)  # type: ignore[arg-type]  # the fields were written by to_stored and sealed


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
