"""Keep keys over the service: an operator's key makes, rotates and revokes those of its own tenant that act."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from countenance.access.api_key import ApiKey
from countenance.access.api_keys import ApiKeys
from countenance.policy.charter import Charter
from countenance.terms.errors import RoleRequired, UnknownName
from countenance.terms.key_role import ALONE, KeyRole

ABOVE = ALONE | {KeyRole.OPERATOR}
"""Roles of keys that an operator neither makes nor rotates nor revokes: the command line alone does."""


def list_keys(keys: ApiKeys, who: ApiKey) -> tuple[ApiKey, ...]:
    """Every key within reach of the operator's, revoked and expired ones too, by the time they were made."""
    return tuple(each for each in keys.list() if _reaches(who, each))


def show_key(keys: ApiKeys, who: ApiKey, identity: str) -> ApiKey:
    """One key; raises UnknownName, also where it is another tenant's."""
    found = keys.get(identity)
    if not _reaches(who, found):
        raise UnknownName("there is no such key", where=identity[:80])
    return found


def make_key(keys: ApiKeys, who: ApiKey, **fields: Any) -> tuple[ApiKey, str]:
    """A key of the operator's tenant (fields as ``ApiKeys.create`` takes them) and its secret.

    Raises RoleRequired for a role that an operator gives nobody, and where the operator's key is bound to galleries
    and the new one would reach others; Malformed.
    """
    _want_acting(fields["roles"])
    if not _reaches_galleries(who, fields["galleries"]):
        raise RoleRequired("this key is bound to galleries, and makes keys that are bound to some of these")
    return keys.create(tenant=who.tenant, **fields)


def rotate_key(keys: ApiKeys, who: ApiKey, identity: str, overlap: int) -> tuple[ApiKey, str]:
    """Give a key a new secret, good beside the old one for ``overlap`` seconds; raises as ``make_key`` does."""
    _want_acting(show_key(keys, who, identity).roles)
    return keys.rotate(identity, overlap)


def revoke_key(keys: ApiKeys, who: ApiKey, identity: str) -> ApiKey:
    """Revoke a key for good; raises UnknownName, RoleRequired."""
    _want_acting(show_key(keys, who, identity).roles)
    return keys.revoke(identity)


def remarks_on(charter: Charter, key: ApiKey) -> list[str]:
    """What would surprise whoever uses the key; the charter may change, so that none of it is an error."""
    unknown = [name for name in key.purposes if name not in charter.purposes]
    found = [f"the charter in force does not register the purpose {name}; it will be refused" for name in unknown]
    if key.authority and (kind := key.authority.partition(":")[0]) not in charter.classes:
        found.append(f"the charter in force has no class of authority {kind}; it will be refused")
    if key.standing:
        found.append(f"have its authority put on file: countenance authority register … --for {key.principal.id}")
    return found


def _want_acting(roles: Collection[KeyRole]) -> None:
    above = sorted(ABOVE.intersection(roles))
    if above:
        raise RoleRequired(
            f"keys with the role {' or '.join(above)} are kept on the command line alone",
            remedy="countenance keys create, rotate, revoke",
        )


def _reaches(who: ApiKey, key: ApiKey) -> bool:
    return key.tenant == who.tenant and _reaches_galleries(who, key.galleries)


def _reaches_galleries(who: ApiKey, galleries: Collection[str]) -> bool:
    return not who.galleries or bool(galleries and set(galleries) <= set(who.galleries))
