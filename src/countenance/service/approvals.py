"""Approve what somebody else will ask for, see what was approved, and take an approval back."""

from __future__ import annotations

from dataclasses import replace

from countenance.cases.approval import Approval, Wanted
from countenance.cases.approvals import Approvals
from countenance.cases.authorities import Authorities
from countenance.service.govern import Charters
from countenance.service.grounds import APPROVED, approves
from countenance.terms.authority import Authority
from countenance.terms.errors import BrokenInput, RoleRequired
from countenance.terms.principal import Principal

LONGEST = 30 * 86_400
"""Seconds that an approval may hold: who approved it must still remember why."""


def give_approval(
    approvals: Approvals,
    authorities: Authorities,
    charters: Charters,
    who: Principal,
    wanted: Wanted,
    *,
    now: int,
    expires: int,
    reason: str = "",
) -> Approval:
    """Put the approval of ``who`` on file; ``wanted.authority`` is written ``class:reference``.

    Raises RoleRequired where no role of ``who`` approves, BrokenInput where the charter asks for no such approval.
    It counts for requests of others alone: nobody approves what they ask for themselves.
    """
    charter = charters.judge().charter
    _require(approves(charter, who), who)
    purpose = charter.purposes.get(wanted.purpose)
    if purpose is None:
        raise BrokenInput(
            f"the purpose {wanted.purpose[:64]!r} is not in the charter's register",
            remedy=f"Name one of {', '.join(sorted(charter.purposes))}.",
        )
    if wanted.action not in APPROVED or wanted.action not in purpose.actions:
        raise BrokenInput(f"{wanted.action} for {purpose.id} is not approved beforehand")
    if not now < expires <= now + LONGEST:
        raise BrokenInput(f"an approval holds for at most {LONGEST // 86_400} days")
    words = Authority.parse(wanted.authority)
    record = authorities.find(words)
    precise = replace(wanted, authority=record.id if record is not None else str(words))
    return approvals.give(Approval("", precise, who.id, tuple(sorted(who.roles)), now, expires, reason))


def list_approvals(approvals: Approvals, charters: Charters, who: Principal) -> tuple[Approval, ...]:
    """Every approval on file, for whoever approves; of others only those that they gave."""
    found = approvals.list()
    return found if approves(charters.judge().charter, who) else tuple(a for a in found if a.approver == who.id)


def revoke_approval(approvals: Approvals, charters: Charters, who: Principal, identity: str, now: int) -> Approval:
    """Take an approval back, one's own or, with a role that approves, another's; one that was used stays used."""
    if approvals.get(identity).approver != who.id:
        _require(approves(charters.judge().charter, who), who)
    return approvals.revoke(identity, now)


def _require(holds: bool, who: Principal) -> None:
    if not holds:
        raise RoleRequired(
            f"{who.id} has no role that approves", remedy="The charter's roles with approves = true may."
        )
