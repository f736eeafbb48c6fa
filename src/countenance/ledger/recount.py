"""Recount: read a log's entries in order, hold them to the log's rules, and count use by purpose and epoch.

The writer of statements and the verifier share it. Memory grows with epochs, purposes, galleries and unpaired intents,
not with entries.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date
from typing import Any, NamedTuple

from countenance.ledger import ed25519
from countenance.ledger.entry import MAX_EPOCH_DAYS, UNREGISTERED, Entry
from countenance.ledger.note import Check
from countenance.ledger.register import Register
from countenance.ledger.unreadable import Unreadable
from countenance.ledger.uses import Uses

COMPARING = frozenset({"search", "verify", "group", "watch"})
_KINDS = {"registered": 3, "standing": 4, "self-declared": 5, "none": 6}


class Count(NamedTuple):
    """Requests under one purpose: permitted ones that compare, permitted others, refused; permitted by authority."""

    comparing: int = 0
    other: int = 0
    refused: int = 0
    registered: int = 0
    standing: int = 0
    self_declared: int = 0
    without: int = 0

    @property
    def permitted(self) -> int:
        """All that were permitted."""
        return self.comparing + self.other

    def plus(self, other: Count) -> Count:
        """The sum."""
        return Count(*(a + b for a, b in zip(self, other)))  # noqa: B905 - one type


class Epoch(NamedTuple):
    """A closed epoch."""

    start: str
    end: str
    early: bool


class Recount:
    """``size`` entries have been read; ``epoch`` is the running one. ``add`` raises Unreadable at a broken rule."""

    def __init__(self, origin: str, check: Check = ed25519.verify) -> None:
        self.origin = origin
        self.size = 0
        self.epoch: int | None = None
        self.kinds: Counter[str] = Counter()
        self.closed: dict[int, Epoch] = {}
        self.gaps: list[tuple[int, int]] = []
        self.crashes: list[int] = []
        self.register = Register(check)
        self.keys: dict[str, set[str]] = {"checkpoint": set(), "statements": set()}
        self.open: dict[str, tuple[int, str]] = {}
        self.uses: dict[str, Uses] = {}
        self.statements = 0
        self._counts: dict[int, dict[str, list[int]]] = {}
        self._rows: dict[str, list[int]] = {}
        self._total: dict[str, Count] = {}
        self._ended = ""
        self._began: int | None = None
        self._rules = {
            "charter": self.register.adopt,
            "purpose": self.register.add,
            "gallery": self._gallery,
            "statement": self._statement,
            "tally": self._tally,
            "key": self._key,
            "gap": self._gap,
            "shard": self._shard,
            "epoch": self._close,
        }

    def add(self, entry: Entry) -> None:
        """Take the next entry."""
        kind, fields = entry
        if fields["ep"] != self.epoch:
            self._begin(fields["ep"])
        if self._ended and kind != "epoch":
            raise Unreadable(f"the log ended; it goes on as {self._ended}")
        if kind == "intent":
            self._intent(fields)
        elif kind == "outcome":
            self._outcome(fields)
        elif kind in self._rules:
            self._rules[kind](fields)
        self.kinds[kind] += 1
        self.size += 1

    def counts(self, first: int, last: int) -> dict[str, Count]:
        """The sum over the epochs ``first`` to ``last``, for every purpose that was asked for."""
        total: dict[str, Count] = {}
        for epoch in range(max(first, min(self._counts, default=0)), min(last, self.epoch or 0) + 1):
            for purpose, row in self._counts.get(epoch, {}).items():
                total[purpose] = total.get(purpose, Count()).plus(Count(*row))
        return total

    def unpaired(self, first: int, last: int) -> int:
        """Permitted requests of these epochs that have no outcome so far."""
        return sum(first <= epoch <= last for epoch, _ in self.open.values())

    @property
    def uses_missing(self) -> int:
        """Uses of galleries that no outcome carries, of all epochs so far."""
        return sum(uses.missing for uses in self.uses.values())

    @property
    def uses_repeated(self) -> int:
        """Uses that more than one outcome carries."""
        return sum(uses.repeated for uses in self.uses.values())

    def _begin(self, epoch: int) -> None:
        if self.epoch is not None:
            raise Unreadable(f"epoch {self.epoch} is running, not {epoch}", "field ep")
        self.epoch = epoch
        self._rows = self._counts[epoch] = {}

    def _intent(self, f: dict[str, Any]) -> None:
        charter = self.register.in_force()
        if f["pol"] != charter.digest:
            raise Unreadable(f"cites another charter than the one in force, {charter.digest}", "field pol")
        purpose, forbidden = f["pur"], charter.purposes.get(f["pur"])
        row = self._rows.get(purpose)
        if row is None:
            row = self._rows[purpose] = [0] * 7
        if f["dec"] == "deny":
            if forbidden is None and purpose != UNREGISTERED:
                raise Unreadable(f"{purpose} is not in the register of the charter in force", "field pur")
            row[2] += 1
            return
        if forbidden is not False:
            how = "forbidden by" if forbidden else "not in the register of"
            raise Unreadable(f"permits {purpose}, which is {how} the charter in force", "field pur")
        if f["id"] in self.open:
            raise Unreadable("two intents have this id", "field id")
        row[0 if f["act"] in COMPARING else 1] += 1
        row[_KINDS[f["ak"]]] += 1
        self.open[f["id"]] = (f["ep"], f["gal"])

    def _outcome(self, f: dict[str, Any]) -> None:
        intent = self.open.pop(f["of"], None)
        if intent is None:
            raise Unreadable("no permitted intent before it waits for this outcome", "field of")
        if f["ctr"] is not None:
            self.uses.setdefault(intent[1], Uses()).take(f["ctr"])

    def _gap(self, f: dict[str, Any]) -> None:
        if f["why"] == "crash":  # of use numbers, not of the log
            self.crashes.append(f["last"])
        else:
            self.gaps.append((f["first"], f["last"]))

    def _gallery(self, f: dict[str, Any]) -> None:
        if f["ev"] == "carried":
            self.uses.setdefault(f["gal"], Uses(f["ctr"]))

    def _statement(self, f: dict[str, Any]) -> None:
        if self._began is not None and f["last"] < self._began:  # of the log that this one continues
            self.statements += 1
            return
        if f["last"] not in self.closed or f["first"] not in self.closed or f["size"] > self.size:
            raise Unreadable("speaks of epochs that were not closed", "field last")
        if f["counts"] != counts_digest(self.counts(f["first"], f["last"])):
            raise Unreadable(f"states other counts of epochs {f['first']} to {f['last']} than the log", "field counts")
        self.statements += 1

    def _tally(self, f: dict[str, Any]) -> None:
        before = self._total.get(f["pur"], Count())
        count = before.plus(Count(*self._rows.get(f["pur"], ())))
        said = (f["registered"], f["standing"], f["self"], f["none"], f["refused"])
        found = (*count[3:], count.refused)
        if said != found:
            raise Unreadable(f"tallies {f['pur']} as {said}; the entries before it give {found}")

    def _key(self, f: dict[str, Any]) -> None:
        name = f["vkey"].partition("+")[0]
        wanted = self.origin + ("/statements" if f["use"] == "statements" else "")
        if name != wanted:
            raise Unreadable(f"a key for {f['use']} of this log is named {wanted}, not {name}", "field vkey")
        if f["ev"] == "added":
            self.keys[f["use"]].add(f["vkey"])
        else:
            self.keys[f["use"]].discard(f["vkey"])

    def _shard(self, f: dict[str, Any]) -> None:
        if f["ev"] == "ends":
            self._ended = f["origin"]
        elif self.size:
            raise Unreadable("a log says what it continues in its first entry", "field ev")
        else:
            self._began = f["ep"]

    def _close(self, f: dict[str, Any]) -> None:
        epoch = f["ep"]
        before = self.closed.get(epoch - 1)
        if before is not None and f["start"] < before.end:
            raise Unreadable(f"epoch {epoch} starts before the end of the one before it", "field start")
        charter = self.register.current
        requests = sum(row[0] + row[1] + row[2] for row in self._rows.values())
        days = (date.fromisoformat(f["end"]) - date.fromisoformat(f["start"])).days
        if charter and requests < charter.minimum and days < MAX_EPOCH_DAYS and not f["early"]:
            few = f"{requests} requests, fewer than the charter's {charter.minimum}"
            raise Unreadable(f"closes with {few}, and does not say that it is early", "field early")
        for purpose, row in self._rows.items():
            self._total[purpose] = self._total.get(purpose, Count()).plus(Count(*row))
        self.closed[epoch] = Epoch(f["start"], f["end"], f["early"])
        self.epoch = None
        self._begin(epoch + 1)
        self.register.enter(epoch + 1)


def counts_digest(counts: dict[str, Count]) -> str:
    """SHA-256 (hex) of the counts, one line a purpose that was asked for: what a statement's entry in the log holds."""
    lines = "".join(f"{purpose} {' '.join(map(str, counts[purpose]))}\n" for purpose in sorted(counts))
    return hashlib.sha256(lines.encode("ascii")).hexdigest()
