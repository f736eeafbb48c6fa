"""The first key of a house: an operator's, made once, at the first start of the service."""

from __future__ import annotations

from typing import Protocol

from countenance.access.api_keys import ApiKeys
from countenance.terms.key_role import KeyRole

FIRST_NAME = "first operator"


class HasKeys(Protocol):
    """A house, of which only the keys are needed here."""

    @property
    def api_keys(self) -> ApiKeys:
        """Its API keys."""


def first_key(house: HasKeys) -> str | None:
    """The secret of a new operator's key where there is no key at all yet, else None; durable on return.

    It makes and revokes keys and looks after the service; it asks for nothing that has a purpose. Keys that were
    revoked count too: nobody gets a new first key by revoking all others.
    """
    return house.api_keys.create_first(name=FIRST_NAME, roles={KeyRole.OPERATOR})
