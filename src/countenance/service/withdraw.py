"""Withdraw a subject: erase them, and keep them out until two principals have lifted that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from countenance.gallery.tombstones import Traces
from countenance.gallery.withdrawals import Lifted, Proposed, Withdrawal
from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, Refused
from countenance.service.erase import erase
from countenance.service.forget import Basis
from countenance.service.rooms import Rooms
from countenance.terms.action import Action
from countenance.terms.errors import UnknownName
from countenance.terms.gallery import Gallery, Subject
from countenance.terms.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Withdrew:
    """The subject as it was, and what keeps them out. ``erasures`` are the log's entries that say they are erased."""

    subject: Subject
    withdrawal: Withdrawal
    receipt: Receipt
    erasures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LiftAnswer:
    """``outcome`` says whether it is lifted or waits for a second principal; ``entry`` is the log's entry of that."""

    outcome: Lifted | Proposed
    entry: str
    receipt: Receipt


def withdraw(rooms: Rooms, asking: Asking, *, gallery: str, subject: str) -> Withdrew | Refused:
    """Erase one subject, by name or id, and leave a tombstone of name and samples; raises UnknownName.

    A crash after the tombstone was listed is completed by the next start, and asking again then says so.
    """
    place = rooms.galleries.find(gallery)
    try:
        answer = erase(rooms, asking, gallery=gallery, subject=subject, basis=Basis.WITHDRAWAL)
    except UnknownName as unknown:
        try:
            before = rooms.galleries.withdrawals.find(place.name, subject)
        except UnknownName:
            raise unknown from None
        raise UnknownName(f"this subject withdrew on {day_of(before)} and is erased", where=before.id) from None
    if isinstance(answer, Refused):
        return answer
    made = rooms.galleries.withdrawals.find(place.name, answer.subject.name)
    return Withdrew(answer.subject, made, answer.receipt, answer.erasures)


def keep_out(rooms: Rooms, asking: Asking, *, gallery: Gallery, removed: Sequence[Traces]) -> int | Refused:
    """Keep out of a gallery who was removed where others keep them; how many were not kept out already.

    Who is enrolled stays so: to erase them is an act of its own. It is lifted like every withdrawal.
    """
    withdrawals = rooms.galleries.withdrawals
    done = rooms.gate.manage(
        asking, gallery, lambda receipt: withdrawals.keep_out(receipt, gallery, removed, int(rooms.clock()))
    )
    return done if isinstance(done, Refused) else done[0]


def lift_withdrawal(rooms: Rooms, asking: Asking, *, gallery: str, withdrawal: str) -> LiftAnswer | Refused:
    """Propose to lift a withdrawal (by its id or the subject's name), or lift it where another principal has.

    Both are acts of the gate, and entries of the log before they take effect. Raises UnknownName, NameTaken.
    """
    place = rooms.galleries.find(gallery)
    which = rooms.galleries.withdrawals.find(place.name, withdrawal)
    passage = rooms.gate.ask(asking, Action.MANAGE, gallery=place, samples=(), bound=0)
    if isinstance(passage, Refused):
        return passage
    now, principal = int(rooms.clock()), asking.principal.id
    with passage:
        outcome = rooms.galleries.withdrawals.lift(
            passage.receipt,
            place,
            which,
            principal,
            now,
            record=lambda event: rooms.gate.ledger.record(
                "withdrawal",
                {"ev": event},
                {"at": now, "principal": principal, "reason": asking.reason or None, "withdrawal": which.id},
            ),
        )
        passage.conclude(OutcomeResult.DONE)
        return LiftAnswer(outcome, outcome.entry, passage.receipt)


def day_of(withdrawal: Withdrawal) -> str:
    """Since when it stands: a date in UTC."""
    return datetime.fromtimestamp(withdrawal.since, UTC).date().isoformat()
