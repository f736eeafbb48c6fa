"""Withdrawals: erase somebody and keep them out; let them in again by two keys."""

from __future__ import annotations

from fastapi.responses import Response

from countenance.gallery.withdrawals import Lifted
from countenance.http.edge.visit import visit_of
from countenance.http.native.call import Call
from countenance.http.native.operation import Operation
from countenance.http.native.problems import GATED, Kind
from countenance.http.native.shapes import Receipt, Subject
from countenance.http.native.shapes_answers import SubjectErased, Withdrawal, WithdrawalLifted
from countenance.service.withdraw import LiftAnswer, Withdrew, lift_withdrawal, withdraw


async def withdraw_subject(call: Call) -> Response:
    """Erase a subject and keep them out: neither the name nor these pictures are enrolled again."""
    return await withdrawn(call)


async def withdrawn(call: Call) -> Response:
    """The answer to a withdrawal, also where a key's erasures are withdrawals."""
    done = await call.ask(withdraw, gallery=call.gallery(), subject=call.path("subject"))
    if not isinstance(done, Withdrew):
        return call.otherwise(done)
    # The same request sent again is told that it was done, though what was answered before this is forgotten.
    visit_of(call.request).remembered = answer = call.answer(
        SubjectErased(
            subject=Subject.of(done.subject),
            erasures=list(done.erasures),
            withdrawal=Withdrawal(id=done.withdrawal.id, since=done.withdrawal.since),
            receipt=Receipt.of(done.receipt),
        )
    )
    return answer


async def lift(call: Call) -> Response:
    """Propose to lift a withdrawal (by its id or the subject's name), or lift it where another key has proposed it."""
    done = await call.ask(lift_withdrawal, gallery=call.gallery(), withdrawal=call.path("withdrawal"))
    if not isinstance(done, LiftAnswer):
        return call.otherwise(done)
    which = done.outcome.withdrawal
    return call.answer(
        WithdrawalLifted(
            lifted=isinstance(done.outcome, Lifted),
            withdrawal=Withdrawal(id=which.id, since=which.since),
            entry=done.entry,
            receipt=Receipt.of(done.receipt),
        )
    )


OPERATIONS = (
    Operation(
        "POST",
        "/galleries/{gallery}/subjects/{subject}/withdrawal",
        withdraw_subject,
        SubjectErased,
        "subjects",
        problems=(*GATED, Kind.UNKNOWN_NAME),
    ),
    Operation(
        "POST",
        "/galleries/{gallery}/withdrawals/{withdrawal}/lift",
        lift,
        WithdrawalLifted,
        "subjects",
        problems=(*GATED, Kind.UNKNOWN_NAME, Kind.NAME_TAKEN),
    ),
)
