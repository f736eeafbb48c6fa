"""Receipts: an entry's inclusion proof, once its epoch is published."""

from __future__ import annotations

from fastapi.responses import Response

from countenance.http.native.call import Call
from countenance.http.native.operation import Operation
from countenance.http.native.problems import Kind
from countenance.http.native.shapes_answers import Proof
from countenance.ledger.entry import parse
from countenance.ledger.ledger import Ledger, NotYet


async def prove_receipt(call: Call) -> Response:
    """The proof of an entry by its id (of what came of it: `ID.outcome`), or `pending` until its epoch is published.

    Any key may ask: an entry says nothing that its epoch's publication does not tell to everybody.
    """
    return call.answer(await call.read(_proof, call.house.ledger, call.path("entry")))


def _proof(ledger: Ledger, entry: str) -> Proof:
    public = ledger.entry(entry)
    epoch = int(parse(public).fields["ep"])
    proof = ledger.proof(entry)
    if isinstance(proof, NotYet):
        return Proof(entry=entry, state="pending", epoch=epoch, detail=proof.reason)
    return Proof(entry=entry, state="proven", epoch=epoch, public=public.decode("ascii"), proof=proof)


OPERATIONS = (
    Operation("GET", "/receipts/{entry}", prove_receipt, Proof, "accountability", problems=(Kind.UNKNOWN_NAME,)),
)
