"""The sequencer: gives each entry its epoch and its place, in one order for all threads, and ends epochs and shards.

The order in which entries enter the journal is the order of the log. An entry's bytes are made before its place is
taken; where the epoch ended in between they are made again, so epochs only ever rise along the log.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from countenance.ledger.books import Books
from countenance.ledger.checkpoint import Checkpoint, parse_checkpoint
from countenance.ledger.draft import Draft, draft, name_of
from countenance.ledger.entry import Entry, parse
from countenance.ledger.epochs import EpochRule, day_of, month_of
from countenance.ledger.integrator import Integrator
from countenance.ledger.journal import Journal, Ticket
from countenance.ledger.mentions import words_of
from countenance.ledger.note import VerifierKey, parse_vkey
from countenance.ledger.segment import Record
from countenance.ledger.vault import Vault
from countenance.terms.errors import Malformed, Unwritable

TURN_SECONDS = 60.0
"""So long a new year waits for the requests that are under way; those that take longer stay without an outcome."""

MAX_WAITING = 1 << 20
"""So many requests may be under way; beyond it the oldest can have no outcome any more, and memory stays bounded."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Placed:
    """Drafts that have their place: a ticket to wait on, their bytes, their epoch."""

    ticket: Ticket
    data: tuple[bytes, ...]
    epoch: int


@dataclass(frozen=True, slots=True)
class TooFew:
    """The epoch is not to be closed now: it has no ``entries``, or fewer ``requests`` than the ``minimum``."""

    epoch: int
    entries: int
    requests: int
    minimum: int


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Not placed: another charter than the one that judged, ``charter`` (hex), is in force in the running epoch."""

    charter: str


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A draft's detail for the vault, and whom it speaks of: to be read out of it later would be to open it again."""

    data: bytes = b""
    words: frozenset[bytes] = frozenset()


class Sequencer:
    """One to a log. Threads may share it; it does not survive a fork of the process."""

    def __init__(
        self,
        *,
        journal: Journal,
        integrator: Integrator,
        vault: Vault,
        rule: EpochRule,
        clock: Callable[[], float],
        tail: Sequence[Record],
        own_key: VerifierKey,
    ) -> None:
        self._journal = journal
        self._integrator = integrator
        self._vault = vault
        self._rule = rule
        self._clock = clock
        self._pid = os.getpid()
        self._order = threading.Lock()
        self._look_again = 0.0
        point = integrator.point
        self.epoch, self._opened = point.epoch, point.opened
        self._books = Books.load(point.books)
        for record in tail:
            self._recover(record)
        self._waiting: dict[str, str] = {}
        """Permitted intents of this run without an outcome, with their gallery; those of earlier runs stay so."""
        with self._order:
            if point.restore:
                todo = json.loads(point.restore)
                self.epoch = max(self.epoch, int(todo["epoch"]))
                self._begin_shard(todo["origin"], parse_checkpoint(todo["before"]))
            elif point.before and not point.size and not tail:
                self._open_shard()
            elif self._books.ended:
                self._follow_year()
            elif not point.next and not tail:
                made = draft("key", {"ev": "added", "use": "checkpoint", "vkey": str(own_key)}, {})
                self._queue([made.entry(self.epoch)], [_Sealed()])

    @property
    def charter(self) -> dict[str, Any] | None:
        """Public fields of the charter entry adopted last; None before the first."""
        with self._order:
            return self._books.charters[-1] if self._books.charters else None

    @property
    def running_since(self) -> float | None:
        """When the running epoch began (Unix seconds); None while it has no request."""
        with self._order:
            return float(self._opened) if self._books.requests else None

    def last_use(self, gallery: str) -> int:
        """The largest use counter that an outcome about this gallery carried; 0 where none did."""
        with self._order:
            return self._books.uses.get(gallery, 0)

    def append(self, drafts: Sequence[Draft]) -> Placed:
        """Queue drafts as one batch, all or none. Raises Malformed, or Unwritable where nothing is promised any more.

        An outcome whose intent does not wait for one is refused: there is at most one.
        """
        placed = self.append_judged(drafts, None)
        assert isinstance(placed, Placed)  # noqa: S101  nothing can overtake what nobody judged
        return placed

    def append_judged(self, drafts: Sequence[Draft], charter: str | None) -> Placed | Overtaken:
        """The same, for what the charter of this digest judged: not placed in an epoch under another one.

        The charter in force is looked at under the lock that gives the place, so that none comes in between.
        """
        if os.getpid() != self._pid:
            raise Unwritable("the log was opened by another process", remedy="Open it after the fork, not before.")
        self._integrator.admit()
        now = self._clock()
        sealed = [self._sealed(d, now) for d in drafts]
        if now >= self._look_again:
            self._close_if_due(now)
        epoch = self.epoch
        made = [d.entry(epoch) for d in drafts]
        with self._order:
            if self.epoch != epoch:
                epoch = self.epoch
                made = [d.entry(epoch) for d in drafts]
            in_force = self._books.charter(epoch) if charter is not None else None
            if in_force is not None and in_force["digest"] != charter:
                return Overtaken(str(in_force["digest"]))
            ticket = self._queue(made, sealed)
        return Placed(ticket, tuple(data for data, _ in made), epoch)

    def close_epoch(self, *, early: bool, principal: str | None, reason: str | None) -> Placed | TooFew:
        """End the running epoch; with too few requests only where ``early`` is asked for, and it then says so."""
        with self._order:
            epoch, minimum, now = self.epoch, self._minimum(), self._clock()
            few = self._books.requests < minimum and not self._rule.long_enough(self._opened, now)
            bare = not self._books.entries and day_of(now) <= day_of(self._opened)
            if bare or (few and not early):
                return TooFew(epoch, self._books.entries, self._books.requests, minimum)
            return Placed(self._close(principal, reason), (), epoch)

    def _queue(self, made: Sequence[tuple[bytes, Entry]], sealed: Sequence[_Sealed]) -> Ticket:
        """Put encoded entries next in the log; called with the order held."""
        concluded: set[str] = set()
        for _, entry in made:
            if entry.kind == "outcome":
                request = entry.fields["of"]
                if request not in self._waiting or request in concluded:
                    raise Malformed("no permitted request of this run waits for an outcome", where=request)
                concluded.add(request)
        records = [
            Record(
                data,
                each.data,
                entry,
                self._waiting.get(entry.fields["of"], "") if entry.kind == "outcome" else "",
                each.words,
            )
            for (data, entry), each in zip(made, sealed, strict=True)
        ]
        ticket = self._journal.append(records)
        for record, (_, entry) in zip(records, made, strict=True):
            self._books.note(entry, record.gallery)
            if entry.kind == "intent" and entry.fields["dec"] == "allow":
                self._waiting[entry.fields["id"]] = entry.fields["gal"]
                if len(self._waiting) > MAX_WAITING:
                    del self._waiting[next(iter(self._waiting))]
            elif entry.kind == "outcome":
                self._waiting.pop(entry.fields["of"], None)
        return ticket

    def _sealed(self, each: Draft, now: float) -> _Sealed:
        if each.sealed is None:
            return _Sealed()
        return _Sealed(self._vault.seal(each.name, month_of(now), each.sealed), words_of(each.sealed))

    def _minimum(self) -> int:
        charter = self._books.charter(self.epoch)
        return int(charter["min"]) if charter is not None else self._rule.minimum

    def close_if_due(self) -> None:
        """Close the running epoch if its time has come; also a log that nobody writes to is to be published."""
        self._close_if_due(self._clock())

    def _close_if_due(self, now: float) -> None:
        with self._order:
            if not self._rule.due(self._opened, self._books.requests, self._minimum(), now):
                self._look_again = self._rule.next_boundary(now)
                return
            since = now - (self._rule.next_boundary(now) - self._rule.length)
            if self._turns(now) and self._waiting and since < TURN_SECONDS:
                self._look_again = now + 0.05  # an outcome must lie in the same shard as its intent
                return
            self._look_again = self._rule.next_boundary(now)
            self._close(None, None)

    def _turns(self, now: float) -> bool:
        """Whether the next epoch is one of another year, and so of another shard."""
        return time.gmtime(now).tm_year > self._integrator.point.year

    def _close(self, principal: str | None, reason: str | None) -> Ticket:
        """Write the tallies, where the year is over the next shard's origin, and the end of the epoch, as one batch."""
        epoch, now = self.epoch, self._clock()
        if now < self._opened:
            _log.warning("the clock went backwards: epoch %d began later than now", epoch)
            reason = reason or "the clock went backwards"
            now = float(self._opened)
        early = self._books.requests < self._minimum() and not self._rule.long_enough(self._opened, now)
        drafts = [draft("tally", {"pur": purpose, **_tally(row)}, {}) for purpose, row in self._books.tallies.items()]
        point, year = self._integrator.point, time.gmtime(now).tm_year
        if year > point.year:
            drafts.append(
                draft("shard", {"ev": "ends", "origin": f"{point.name}/{year}", "size": None, "root": None}, {})
            )
        drafts.append(
            draft(
                "epoch",
                {"start": day_of(self._opened), "end": day_of(now), "early": early},
                {"opened": self._opened, "closed": int(now), "principal": principal, "reason": reason},
            )
        )
        ticket = self._queue([d.entry(epoch) for d in drafts], [self._sealed(d, now) for d in drafts])
        self.epoch, self._opened = epoch + 1, int(now)
        self._follow_year()
        return ticket

    def _follow_year(self) -> None:
        """Where the running shard has said that it ends, begin the next one."""
        if self._books.ended:
            origin, point = self._books.ended, self._integrator.flush(self._journal.barrier())
            before = Checkpoint(point.origin, point.size, point.root)
            self._begin_shard(origin, before)

    def _begin_shard(self, origin: str, before: Checkpoint) -> None:
        """The one moment at which appending waits for the tree: once a year."""
        self._integrator.flush(self._journal.barrier())
        year = time.gmtime(self._clock()).tm_year
        self._integrator.begin_shard(origin, year, before.text, self.epoch)
        self._open_shard()

    def _open_shard(self) -> None:
        """A shard's first entries, in one batch: what it continues, and what holds on from there."""
        point = self._integrator.point
        before = parse_checkpoint(point.before)
        said = {"ev": "continues", "origin": before.origin, "size": before.size, "root": before.root.hex()}
        drafts = [draft("shard", said, {}), *self._carried(point.origin)]
        self._waiting.clear()
        now = self._clock()
        self._queue([d.entry(self.epoch) for d in drafts], [self._sealed(d, now) for d in drafts])

    def _carried(self, origin: str) -> list[Draft]:
        drafts = [
            draft("key", {"ev": "added", "use": key["use"], "vkey": _renamed(key, origin)}, {})
            for key in self._books.keys
        ]
        in_force = self._books.charter(self.epoch)
        for charter in self._books.charters:
            public = {name: charter[name] for name in ("digest", "min", "n", "gov", "sig")}
            public["from"] = self.epoch if charter is in_force else charter["from"]
            adopted = draft("charter", public, {"adopted": None, "governors": None})
            drafts.append(adopted)
            for each in charter["register"]:
                drafts.append(
                    draft("purpose", {**{n: each[n] for n in ("pur", "forbidden", "text")}, "of": adopted.name}, {})
                )
        for gallery in sorted({*self._books.galleries, *self._books.uses}):
            band, use = self._books.galleries.get(gallery, "0"), self._books.uses.get(gallery, 0)
            drafts.append(draft("gallery", {"gal": gallery, "ev": "carried", "band": band, "ctr": use}, {}))
        return drafts

    def _recover(self, record: Record) -> None:
        """Take in an entry that a start found in the journal."""
        entry = record.entry or parse(record.public)
        self._books.note(entry, record.gallery)
        if entry.kind == "epoch":
            self.epoch = entry.fields["ep"] + 1
            self._opened = int(self._vault.unseal(name_of(entry), record.sealed).values()["closed"])


def _tally(row: Sequence[int]) -> dict[str, int]:
    return dict(zip(("registered", "standing", "self", "none", "refused"), row, strict=True))


def _renamed(key: dict[str, Any], origin: str) -> str:
    """The same key under the next shard's name."""
    known = parse_vkey(key["vkey"])
    return str(VerifierKey(origin + ("/statements" if key["use"] == "statements" else ""), known.kind, known.public))
