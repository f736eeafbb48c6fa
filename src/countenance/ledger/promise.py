"""A promised receipt: an intent on its way to the disk, and the log's signature that is given once it is there."""

from __future__ import annotations

from dataclasses import replace

from countenance.keys.signing import SigningKey
from countenance.ledger.journal import Ticket
from countenance.terms.receipt import Receipt


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
