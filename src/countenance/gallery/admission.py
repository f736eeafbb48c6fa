"""Admission: the one place where a receipt is checked and used up; nothing is compared or kept without it.

The gallery trusts the log's public key and nobody else: not the caller, not the process that it runs in. A receipt
of an earlier run does not fit this run's session, so it is enough to remember in memory what was used.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from countenance.gallery.uses import Uses
from countenance.keys.signing import verify_signature
from countenance.terms.action import Action
from countenance.terms.errors import ReceiptRefused
from countenance.terms.receipt import Receipt
from countenance.terms.sample import SampleRef, digest_of_samples

COMPARING = frozenset({Action.VERIFY, Action.SEARCH, Action.GROUP})
"""The actions whose uses are counted: those that end in a comparison."""
SESSION_USES = 1 << 20
"""After so many uses a new session begins (and the one before the last ends), so that memory stays bounded."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A receipt that was checked and is used up: what the kernel wants to see before it compares.

    ``use`` is the gallery's use count where the action compares, else 0.
    """

    receipt: Receipt
    comparisons: int
    use: int


class Admission:
    """Checks receipts under one log's key. Threads may share it; a receipt is used once among all of them."""

    def __init__(self, log_public_key: bytes, log_origin: str, uses: Uses | None) -> None:
        """``uses``: what counts them; None where somebody else does."""
        self._public_key = log_public_key
        self._origin = log_origin
        self._uses = uses
        self._lock = threading.Lock()
        self._spent: dict[str, set[str]] = {}  # entries by session; replaced, never changed, where sessions change
        self.session = ""
        """The nonce that a new intent must carry for its receipt to be usable here."""
        self._begin_session()

    def check(
        self,
        receipt: object,
        action: Action,
        gallery: str | None,
        samples: Iterable[Sequence[SampleRef]],
        comparisons: int = 0,
    ) -> Receipt:
        """Raise ReceiptRefused unless ``receipt`` is unused and of this run and allows exactly this (see ``fitting``).

        It is not used up yet.
        """
        fits = self.fitting(receipt, action, gallery, samples, comparisons)
        where = f"entry {fits.entry}"
        spent = self._spent.get(fits.session)
        if spent is None:
            raise ReceiptRefused("this receipt is of another run of the gallery", where=where)
        if fits.entry in spent:
            raise ReceiptRefused("this receipt was used already", where=where)
        return fits

    def fitting(
        self,
        receipt: object,
        action: Action,
        gallery: str | None,
        samples: Iterable[Sequence[SampleRef]],
        comparisons: int = 0,
    ) -> Receipt:
        """Raise ReceiptRefused unless the log gave ``receipt`` for exactly this.

        ``gallery`` is a pseudonym, or empty for none, or None for whichever the receipt names. ``samples`` are
        the ways in which the receipt may name what takes part; one must fit.
        """
        if not isinstance(receipt, Receipt):
            raise ReceiptRefused("this takes a receipt of the log", remedy="Ask the ledger for an intent first.")
        where = f"entry {receipt.entry}"
        if receipt.log != self._origin:
            raise ReceiptRefused("this receipt is of another log", where=where)
        if not verify_signature(self._public_key, receipt.signed_bytes(), _signature_of(receipt)):
            raise ReceiptRefused("the log did not sign this receipt", where=where)
        if receipt.action is not action:
            raise ReceiptRefused(f"this receipt is for {receipt.action}, not for {action}", where=where)
        if receipt.gallery != gallery and not (gallery is None and receipt.gallery):
            raise ReceiptRefused("this receipt is for another gallery", where=where)
        if not any(digest_of_samples(named) == receipt.samples for named in samples):
            raise ReceiptRefused("this receipt is for other samples", where=where)
        if comparisons > receipt.bound:
            raise ReceiptRefused(
                f"this receipt allows {receipt.bound} comparisons; this would make {comparisons}", where=where
            )
        return receipt

    def spend(self, receipt: Receipt, comparisons: int = 0) -> Admitted:
        """Use a checked receipt up; raises ReceiptRefused where another thread was faster.

        It stays used whatever comes after: what is to be tried again is asked again. The number of the use is
        taken after the receipt is marked, so a failing disk leaves a receipt that is used and a use that is not
        counted, never the reverse.
        """
        with self._lock:
            spent = self._spent.get(receipt.session)
            if spent is None or receipt.entry in spent:
                raise ReceiptRefused("this receipt was used already", where=f"entry {receipt.entry}")
            spent.add(receipt.entry)
            if len(spent) >= SESSION_USES and receipt.session == self.session:
                self._begin_session()
        use = self._uses.take(receipt.gallery) if self._uses and receipt.action in COMPARING else 0
        return Admitted(receipt, comparisons, use)

    def _begin_session(self) -> None:
        before = {self.session: self._spent[self.session]} if self.session else {}
        fresh = secrets.token_hex(16)
        self._spent = before | {fresh: set()}
        self.session = fresh


class Relayed(Admission):
    """Checks the receipts of another process, which gave their session, uses them up and counts their uses."""

    def __init__(self, log_public_key: bytes, log_origin: str) -> None:
        super().__init__(log_public_key, log_origin, None)

    def check(
        self,
        receipt: object,
        action: Action,
        gallery: str | None,
        samples: Iterable[Sequence[SampleRef]],
        comparisons: int = 0,
    ) -> Receipt:
        """Raise ReceiptRefused unless the log gave it for exactly this; whether it was used is not known here."""
        return self.fitting(receipt, action, gallery, samples, comparisons)

    def spend(self, receipt: Receipt, comparisons: int = 0) -> Admitted:
        """Of a checked receipt; the use is counted elsewhere."""
        return Admitted(receipt, comparisons, 0)


def ways_to_name(samples: Sequence[SampleRef]) -> tuple[tuple[SampleRef, ...], ...]:
    """How a receipt may name these faces: each by its index, or as whichever face of its sample is found."""
    whichever = tuple(SampleRef(ref.digest, _WHICHEVER) for ref in samples)
    return (tuple(samples), whichever, tuple(set(whichever)))


def uncovered(samples: Iterable[SampleRef], named: Iterable[SampleRef]) -> SampleRef | None:
    """The first of ``samples`` that the list ``named`` does not name, neither by index nor by whichever face."""
    known = set(named)
    for ref in samples:
        if ref not in known and SampleRef(ref.digest, _WHICHEVER) not in known:
            return ref
    return None


_WHICHEVER: Literal["*"] = "*"


def _signature_of(receipt: Receipt) -> bytes:
    try:
        return bytes.fromhex(receipt.signature)
    except ValueError:
        return b""
