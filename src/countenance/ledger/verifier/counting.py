"""Count every entry as it comes by, and keep what the log looked like at the size that a statement speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from countenance.ledger.entry import parse
from countenance.ledger.note import BadSignature, Check, Note, VerifierKey, check_note, parse_note, parse_vkey
from countenance.ledger.recount import Recount
from countenance.ledger.statement import MAX_BYTES, Statement, differences, parse_statement, state
from countenance.ledger.tiles import WIDTH, Tile
from countenance.ledger.unreadable import Unreadable
from countenance.ledger.verifier.failure import FalseStatement, Tampered


class Stated(NamedTuple):
    """A statement as it was given: its signed note, and what it says."""

    note: Note
    says: Statement


class Counting:
    """Fed with authenticated bundles. ``wrong`` is the first broken rule: it is raised once the root is seen to hold,
    since a changed log is the graver finding.
    """

    def __init__(self, origin: str, stated: Stated | None, check: Check) -> None:
        self.recount = Recount(origin, check)
        self.wrong: FalseStatement | None = None
        self._check = check
        self._stated = stated
        self._then: Statement | None = None
        self._keys: list[VerifierKey] = []

    def take(self, bundle: Sequence[bytes]) -> None:
        """The next entries."""
        if self.wrong is not None:
            return
        try:
            cut = self._stated.says.size - self.recount.size if self._stated else -1
            if self._stated is not None and 0 <= cut <= len(bundle) and self._then is None:
                self._add(bundle[:cut])
                self._look(self._stated.says)
                bundle = bundle[cut:]
            self._add(bundle)
        except Unreadable as error:
            at = self.recount.size
            within = f", {error.where}" if error.where else ""
            self.wrong = FalseStatement(error.what, f"entry {at} ({Tile(None, at // WIDTH).path}{within})")
        except FalseStatement as error:
            self.wrong = error

    def judge(self, stated: Stated, root: bytes, cosigned: frozenset[str] | None) -> str:
        """Hold the statement against what was counted; ``root`` is that of its tree.

        ``cosigned`` are the names on the checkpoint, where it is of the statement's very size. Gives by which key it
        is signed; raises Tampered or FalseStatement.
        """
        note, says = stated
        try:
            signers = check_note(note, self._keys, self._check)
        except BadSignature as error:
            raise Tampered(str(error), "statement") from None
        if not signers or self._then is None:
            raise Tampered("is not signed by a statement key that the log introduces", "statement")
        found = self._then._replace(root=root, cosigned=says.cosigned)
        wrong = differences(says, found)
        if wrong:
            raise FalseStatement("the log does not say so\n  " + "\n  ".join(wrong), "statement")
        if cosigned is not None and not cosigned.issuperset(says.cosigned):
            raise FalseStatement(
                "names witnesses whose lines the checkpoint does not carry", "statement, line cosigned"
            )
        return str(signers[0].key)

    def _add(self, entries: Sequence[bytes]) -> None:
        add = self.recount.add
        for data in entries:
            add(parse(data))

    def _look(self, says: Statement) -> None:
        try:
            self._then = state(self.recount, says.first, says.last, b"")
        except Unreadable as error:
            raise FalseStatement(error.what, "statement, line epochs") from None
        self._keys = [parse_vkey(text) for text in sorted(self.recount.keys["statements"])]


def read_statement(data: bytes) -> Stated:
    """A signed statement; raises Tampered where it does not parse."""
    try:
        note = parse_note(data, MAX_BYTES)
        return Stated(note, parse_statement(note.text))
    except Unreadable as error:
        raise Tampered(error.what, f"statement, {error.where}" if error.where else "statement") from None
