"""State: a signed statement of use and of non-use over closed epochs, recorded in the log that it speaks of."""

from __future__ import annotations

from datetime import date

from countenance.keys.signing import SigningKey
from countenance.ledger.issue import Issued, NotStated
from countenance.ledger.ledger import Closed, Ledger
from countenance.ledger.note import VerifierKey
from countenance.ledger.note import parse_vkey as read_verifier_key
from countenance.policy.charter import Charter
from countenance.terms.principal import Principal


def governs(charter: Charter, who: Principal) -> bool:
    """Whether the charter lets ``who`` close an epoch below its minimum."""
    return any(charter.roles[name].governs for name in who.roles if name in charter.roles)


def state_use(
    ledger: Ledger,
    key: SigningKey,
    charter: Charter,
    who: Principal,
    *,
    first_day: date,
    last_day: date,
    close_epoch: bool = False,
) -> Issued | NotStated:
    """State the use from ``first_day`` to ``last_day`` (UTC): over every epoch that reaches into these days.

    An epoch is stated whole or not at all; its days stand in the statement. One that still runs is closed first where
    ``close_epoch`` says so, below the charter's minimum only by somebody who governs, and then named for ever. Days
    that are still to come are then left out: the statement ends with the epoch that was closed.
    """
    if close_epoch:
        done = ledger.close_epoch(early=governs(charter, who), principal=who.id, reason="statement")
        kept = ledger.checkpoints()
        if kept and (isinstance(done, Closed) or done.empty):
            last_day = min(last_day, date.fromisoformat(kept[-1].end))
    return ledger.state(first_day.isoformat(), last_day.isoformat(), key=key, witnesses=witnesses_of(charter))


def witnesses_of(charter: Charter) -> list[VerifierKey]:
    """The witnesses that the charter names: who else's signature under a tree counts."""
    return [read_verifier_key(peer.key) for peer in charter.witnesses]
