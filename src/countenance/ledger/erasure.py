"""Erasure: destroy what lies behind commitments, then say so in the log; every earlier proof stays valid.

Order: what is durable goes into the vault; the rows are overwritten, in one transaction with a note that the erasure's
entry is owed; the entry is written; the journal's old segments, which hold the same sealed bytes, are overwritten and
dropped; then the debt is struck out. A start finds the debts of a crash and goes on from there.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from countenance.ledger.band import cap_band
from countenance.ledger.draft import Draft, draft
from countenance.ledger.forgotten import add_forgotten
from countenance.ledger.integrator import Integrator
from countenance.ledger.journal import Journal
from countenance.ledger.sealed_detail import Json, SealedDetail
from countenance.ledger.sequencer import Sequencer
from countenance.ledger.vault import Owed, Vault
from countenance.terms.errors import Malformed, UnknownName


class Eraser:
    """Works on a log that is open for writing; ``forgotten`` is the list beside the anchor, where there is one."""

    def __init__(
        self,
        *,
        vault: Vault,
        sequencer: Sequencer,
        integrator: Integrator,
        journal: Journal,
        forgotten: Path | None,
    ) -> None:
        self._vault = vault
        self._forgotten = forgotten
        self._sequencer = sequencer
        self._integrator = integrator
        self._journal = journal
        self._turn = threading.RLock()  # one erasure after the other: each pays the debts of all, once

    def erase(
        self, entries: Collection[str], fields: Collection[str], *, basis: str, detail: Mapping[str, Json], month: int
    ) -> str:
        """Erase the detail of these entries, or of it only ``fields``; the id of the erasure's own entry.

        Raises Malformed where an entry is under a legal hold, UnknownName where one is not in the log.
        """
        with self._turn:
            held = self._vault.held(entries)
            if held:
                raise Malformed("an entry is under a legal hold, which beats erasure", where=", ".join(held))
            self._integrator.flush(self._journal.barrier())
            for entry in entries:
                self._vault.number_of(entry)
            made = draft(
                "erasure",
                {"basis": basis, "n": cap_band(len(entries))},
                {"entries": sorted(entries), "fields": sorted(fields), **detail},
            )
            if self._forgotten is not None:
                add_forgotten(self._forgotten, entries, fields)
            self._vault.forget(entries, fields, owed_entry(self._vault, made, month))
            self.settle()
            return made.name

    def expire(self, before: int, *, basis: str, detail: Mapping[str, Json], month: int) -> str:
        """Erase everything that was sealed in months before ``before``, and its keys; the id of the erasure's entry.

        What is under a legal hold stays. Raises Malformed where a month is not over yet.
        """
        if before > month:
            raise Malformed("only months that are over can be forgotten whole")
        with self._turn:
            self._integrator.flush(self._journal.barrier())
            made = draft(
                "erasure",
                {"basis": basis, "n": cap_band(self._vault.sealed_before(before))},
                {"entries": None, "fields": None, **detail},
            )
            if self._forgotten is not None:
                add_forgotten(self._forgotten, (), (), before)
            self._vault.forget_months_before(before, owed_entry(self._vault, made, month))
            self.settle()
            return made.name

    def settle(self) -> None:
        """Write every entry that is owed and not in the log yet, and do what must follow it."""
        with self._turn:
            owed = self._vault.owed()
            if not owed:
                return
            for each in owed:
                self._integrator.flush(self._journal.barrier())
                try:
                    self._vault.number_of(each.id)
                except UnknownName:
                    self._sequencer.append([self._draft_of(each)]).ticket.wait()
            self._journal.rotate()
            self._journal.drop_before(self._integrator.flush(self._journal.barrier()).next)
            for each in owed:
                self._vault.paid(each.id)

    def _draft_of(self, owed: Owed) -> Draft:
        said: dict[str, Any] = json.loads(owed.said)
        sealed: SealedDetail | None = self._vault.unseal(owed.id, owed.sealed) if owed.sealed else None
        return Draft(owed.kind, owed.id, said, sealed)


def owed_entry(vault: Vault, made: Draft, month: int) -> Owed:
    """What the vault keeps of an entry until it is written."""
    sealed = b"" if made.sealed is None else vault.seal(made.name, month, made.sealed)
    return Owed(made.name, made.kind, json.dumps(made.said), sealed)
