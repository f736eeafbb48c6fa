"""Put authorities on file and revoke them; each is an entry of the log, by its class alone."""

from __future__ import annotations

from countenance.cases.authorities import Authorities
from countenance.policy.registering import objections
from countenance.service.govern import Charters
from countenance.service.rooms import Rooms
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.errors import BrokenInput
from countenance.terms.principal import Principal


def register_authority(
    rooms: Rooms, authorities: Authorities, charters: Charters, who: Principal, record: AuthorityRecord
) -> AuthorityRecord:
    """Put ``record`` on file; raises BrokenInput where the charter does not let ``who``, or knows no such class."""
    against = objections(charters.judge().charter, who, record)
    if against:
        raise BrokenInput(f"the charter does not let this be put on file: {'; '.join(against)}")
    # On file first: an entry of the log whose record was lost would promise what is not there.
    filed = authorities.register(record)
    rooms.gate.record_authority(filed, "registered", who)
    return filed


def revoke_authority(
    rooms: Rooms, authorities: Authorities, charters: Charters, who: Principal, identity: str
) -> AuthorityRecord:
    """Revoke for good; raises UnknownName, or BrokenInput where the charter does not let ``who``."""
    _may_register(charters, who)
    before = authorities.get(identity)
    gone = authorities.revoke(identity, int(rooms.clock()))
    if before.revoked is None:
        rooms.gate.record_authority(gone, "revoked", who)
    return gone


def _may_register(charters: Charters, who: Principal) -> None:
    roles = charters.judge().charter.roles
    if not any(roles[name].registers_authorities for name in who.roles if name in roles):
        raise BrokenInput(
            f"{who.id} has no role that puts authorities on file",
            remedy="The charter's roles with registers_authorities = true may.",
        )
