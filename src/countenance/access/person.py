"""A person whom an issuer vouches for: for the rest of the house the same as a key, under another principal."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from countenance.access.api_key import ApiKey
from countenance.access.issuer import Group
from countenance.terms.errors import Malformed
from countenance.terms.principal import Principal

_SUBJECT = re.compile(r"[!-)+-~]{1,255}\Z")
"""Printable ASCII without a blank (OpenID Connect Core 1.0, 2) and without the wildcard of charters."""


@dataclass(frozen=True, slots=True)
class Person(ApiKey):
    """``subject`` is the token's ``sub``; ``id`` is a digest of issuer and subject, and no key's id."""

    subject: str = ""

    @property
    def principal(self) -> Principal:
        """The principal ``oidc:<sub>``."""
        return Principal(f"oidc:{self.subject}", frozenset(role.named for role in self.roles))


def person_of(issuer: str, subject: str, group: Group, expires: int) -> Person:
    """The person of this subject with the rights of a group; raises Malformed where ``subject`` is no name."""
    if not _SUBJECT.match(subject):
        raise Malformed("a token's subject is 1 to 255 printable ASCII characters without blanks and asterisks")
    return Person(
        id="oidc-" + hashlib.sha256(f"{issuer} {subject}".encode()).hexdigest()[:32],
        name=subject,
        tenant=group.tenant,
        roles=frozenset(group.roles),
        purposes=group.purposes,
        galleries=group.galleries,
        expires=expires,
        subject=subject,
    )
