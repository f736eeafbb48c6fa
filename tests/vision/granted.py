"""A promise that is kept at once."""

from __future__ import annotations

from collections.abc import Sequence

from countenance.terms.action import Action
from countenance.terms.receipt import Receipt
from countenance.terms.sample import SampleRef, digest_of_samples


class Granted:
    """A promise of a receipt for these samples; it says whether it was asked for."""

    def __init__(self, refs: Sequence[SampleRef], action: Action = Action.ACQUIRE) -> None:
        self._receipt = Receipt("log", "entry", "leaf", 1, action, "", digest_of_samples(refs), 1, "session")
        self.asked = 0

    def result(self) -> Receipt:
        self.asked += 1
        return self._receipt
