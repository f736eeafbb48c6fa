"""Put authorities on file and revoke them; each is an entry of the log, by its class alone."""

from __future__ import annotations

from countenance.cases.authorities import Authorities
from countenance.policy.charter import Charter
from countenance.policy.registering import objections
from countenance.service.govern import Charters
from countenance.service.rooms import Rooms
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.errors import BrokenInput, RoleRequired
from countenance.terms.principal import Principal


def register_authority(
    rooms: Rooms, authorities: Authorities, charters: Charters, who: Principal, record: AuthorityRecord
) -> AuthorityRecord:
    """Put ``record`` on file; raises RoleRequired where ``who`` may not, BrokenInput where the charter objects."""
    _require(charters, who)
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
    """Revoke for good; raises UnknownName, or RoleRequired where the charter does not let ``who``."""
    _require(charters, who)
    before = authorities.get(identity)
    gone = authorities.revoke(identity, int(rooms.clock()))
    if before.revoked is None:
        rooms.gate.record_authority(gone, "revoked", who)
    return gone


def list_authorities(authorities: Authorities, charters: Charters, who: Principal) -> tuple[AuthorityRecord, ...]:
    """Every authority on file, for whoever registers them; of others only those that are bound to them."""
    return authorities.list() if registers(charters.judge().charter, who) else authorities.standing(who.id)


def registers(charter: Charter, who: Principal) -> bool:
    """Whether a role of ``who`` puts authorities on file."""
    return any(charter.roles[name].registers_authorities for name in charter.roles_of(who))


def _require(charters: Charters, who: Principal) -> None:
    if not registers(charters.judge().charter, who):
        raise RoleRequired(
            f"{who.id} has no role that puts authorities on file",
            remedy="The charter's roles with registers_authorities = true may.",
        )
