"""A promised receipt: an intent on its way to the disk, and the log's signature that is given once it is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from countenance.keys.signing import SigningKey
from countenance.ledger.draft import Draft
from countenance.ledger.intent import Intent
from countenance.ledger.journal import Ticket
from countenance.ledger.merkle import leaf_hash
from countenance.ledger.sequencer import Placed
from countenance.terms.receipt import Receipt
from countenance.terms.sample import digest_of_samples


class PromisedReceipt:
    """``result`` may be called by several threads, any number of times; it gives the same receipt.

    The signature is computed while the disk works, and leaves here only once the disk is done.
    """

    __slots__ = ("_key", "_receipt", "_ticket")

    def __init__(self, ticket: Ticket, receipt: Receipt, key: SigningKey) -> None:
        self._ticket = ticket
        self._receipt = receipt
        self._key = key

    def result(self) -> Receipt:
        """Wait until the intent is durable, then its receipt; raises Unwritable where it could not be made so."""
        if not self._receipt.signature:
            signature = self._key.sign(self._receipt.signed_bytes()).hex()
            self._receipt = replace(self._receipt, signature=signature)
        self._ticket.wait()
        return self._receipt


def promised(
    intents: Sequence[Intent], drafts: Sequence[Draft], placed: Placed, log: str, key: SigningKey
) -> list[PromisedReceipt]:
    """The promises of requests that have their place; the receipt of a refused one permits nothing."""
    return [
        PromisedReceipt(
            placed.ticket,
            Receipt(
                log=log,
                entry=draft.name,
                leaf=leaf_hash(data).hex(),
                epoch=placed.epoch,
                action=intent.action,
                gallery=intent.gallery,
                samples=digest_of_samples(intent.samples),
                bound=intent.bound if intent.allowed else 0,
                session=intent.session if intent.allowed else "",
            ),
            key,
        )
        for intent, draft, data in zip(intents, drafts, placed.data, strict=True)
    ]
