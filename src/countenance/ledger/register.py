"""The register: which charter is in force in which epoch, and what it registers or forbids, by the log alone."""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

from countenance.ledger import ed25519
from countenance.ledger.entry import charter_message
from countenance.ledger.note import Check
from countenance.ledger.unreadable import Unreadable


class Charter(NamedTuple):
    """An adopted charter: in force from epoch ``start``; ``minimum`` requests make an epoch that is not early.

    ``purposes`` says for each purpose whether it is forbidden; ``expected`` is how many the adoption announced.
    """

    id: str
    digest: str
    start: int
    minimum: int
    governors: int
    expected: int
    purposes: dict[str, bool]


class Register:
    """Fed with charter and purpose entries in the log's order; raises Unreadable where they break the rules."""

    def __init__(self, check: Check = ed25519.verify) -> None:
        self._check = check
        self.charters: list[Charter] = []
        self.current: Charter | None = None

    def adopt(self, f: dict[str, Any]) -> None:
        """Take a charter entry; each governor's signature is verified here."""
        message = charter_message(f["digest"])
        for key, signature in zip(f["gov"], f["sig"]):  # noqa: B905 - the format holds them to one length
            if not self._check(_bytes(key), message, _bytes(signature)):
                raise Unreadable("a governor's signature under the charter does not verify", "field sig")
        if self.charters and f["from"] <= f["ep"]:
            raise Unreadable("a charter after the first takes effect at an epoch's boundary", "field from")
        if not self.charters and f["from"] != f["ep"]:
            raise Unreadable("the first charter takes effect at once", "field from")
        charter = Charter(f["id"], f["digest"], f["from"], f["min"], len(f["gov"]), f["n"], {})
        self.charters.append(charter)
        if len(self.charters) == 1:
            self.current = charter

    def add(self, f: dict[str, Any]) -> None:
        """Take a purpose entry of a charter that is not in force yet, or of the first one."""
        charter = self.charters[-1] if self.charters else None
        if charter is None or charter.id != f["of"]:
            raise Unreadable("does not belong to the charter adopted last", "field of")
        if f["pur"] in charter.purposes:
            raise Unreadable("this purpose is in the charter's register already", "field pur")
        if len(charter.purposes) == charter.expected:
            raise Unreadable(f"the charter announced {charter.expected} purposes", "field pur")
        charter.purposes[f["pur"]] = f["forbidden"]

    def in_force(self) -> Charter:
        """The charter in force now, with its whole register."""
        if self.current is None:
            raise Unreadable("no charter is in force", "field pol")
        if len(self.current.purposes) != self.current.expected:
            missing = self.current.expected - len(self.current.purposes)
            raise Unreadable(f"{missing} of the charter's purposes are not in the log", "field pol")
        return self.current

    def enter(self, epoch: int) -> None:
        """A new epoch begins: whichever charter was adopted last of those that hold from it, or from before it."""
        self.current = self.of(epoch)

    def of(self, epoch: int) -> Charter | None:
        """The charter in force in ``epoch``."""
        holding = [charter for charter in self.charters if charter.start <= epoch]
        return max(reversed(holding), key=lambda charter: charter.start) if holding else None

    def between(self, first: int, last: int) -> list[Charter]:
        """The charters in force in some epoch from ``first`` to ``last``, in their order."""
        begun = self.of(first)
        held = {c.start: c for c in self.charters if first < c.start <= last}
        return [*([begun] if begun else []), *(held[start] for start in sorted(held))]


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
