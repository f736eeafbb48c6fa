"""Who vouches for people: an OIDC issuer, and what its groups stand for here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from countenance.access.api_key import ApiKey
from countenance.terms.errors import Malformed
from countenance.terms.key_role import KeyRole

LOOPBACK = ("http://127.0.0.1:", "http://[::1]:", "http://localhost:")


@dataclass(frozen=True, slots=True)
class Group:
    """What people of one group may ask for; the fields are those of an API key, and raise Malformed like them."""

    roles: tuple[KeyRole, ...]
    purposes: tuple[str, ...] = ()
    galleries: tuple[str, ...] = ()
    tenant: str = ""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012  read by the settings: a misspelt field is an error

    def __post_init__(self) -> None:
        ApiKey("", "a group", self.tenant, frozenset(self.roles), self.purposes, self.galleries)


@dataclass(frozen=True, slots=True)
class Issuer:
    """``issuer`` and ``audience`` are what a token's ``iss`` and ``aud`` must say (OpenID Connect Core 1.0, 3.1.3.7).

    ``keys`` is a file with the issuer's JSON Web Key Set; empty: fetched from the issuer (OpenID Connect Discovery
    1.0). ``claim`` is the claim that lists a person's groups; the first of ``groups`` among them counts. Raises
    Malformed.
    """

    issuer: str
    audience: str
    groups: Mapping[str, Group]
    claim: str = "groups"
    keys: str = ""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012  as above

    def __post_init__(self) -> None:
        if not self.audience or not self.claim:
            raise Malformed("an OIDC issuer's audience and claim are not empty")
        if not safe(self.issuer):
            raise Malformed("an OIDC issuer is an https:// address", where=self.issuer[:200])


def safe(address: str) -> bool:
    """Whether keys that come from this address can be believed: by TLS, or from this machine itself."""
    return address.startswith(("https://", *LOOPBACK))


def group_of(claims: Mapping[str, Any], issuer: Issuer) -> Group | None:
    """The first group of the settings that a token names.

    Never several together: what one may ask for here and another there would become everything everywhere.
    """
    said = claims.get(issuer.claim)
    named = {said} if isinstance(said, str) else {each for each in said or () if isinstance(each, str)}
    return next((group for name, group in issuer.groups.items() if name in named), None)
