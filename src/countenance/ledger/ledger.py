"""The ledger: the one door to writing the log.

Nothing is promised before it is durable. Where the log cannot be written the answer is an error and nothing was
compared; after such an error this process promises nothing more, and a new one begins with what is on the disk.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from countenance.keys.signing import SigningKey
from countenance.ledger.anchor import Anchor, write_anchor
from countenance.ledger.books import Books
from countenance.ledger.commit_point import CommitPoint, KeptCheckpoint
from countenance.ledger.commitment import Opening
from countenance.ledger.disk import Disk
from countenance.ledger.draft import Draft, draft, draft_intent, draft_outcome, name_of
from countenance.ledger.entry import parse
from countenance.ledger.epochs import DAY, MINIMUM, EpochRule, day_of
from countenance.ledger.intent import Intent
from countenance.ledger.journal import Ticket
from countenance.ledger.merkle import inclusion_proof, leaf_hash
from countenance.ledger.outcome import Outcome
from countenance.ledger.promise import PromisedReceipt
from countenance.ledger.proof import Proof
from countenance.ledger.publisher import Collect, Publisher
from countenance.ledger.sealed_detail import Json
from countenance.ledger.segment import Record
from countenance.ledger.shelf import Shelf
from countenance.ledger.start import OpenParts, open_parts, verifier_key
from countenance.ledger.tiles import WIDTH, Tile, tile_at, unpack_bundle
from countenance.terms.errors import CountenanceError, Malformed, UnknownName, Unwritable
from countenance.terms.receipt import Receipt
from countenance.terms.sample import digest_of_samples

OWN_KINDS = frozenset({"intent", "outcome", "epoch", "shard", "tally", "erasure"})
"""Kinds that the ledger writes itself, each by its own door."""
TIDY = 512
"""Entries in the journal above which an orderly end builds them into the tree, to keep the next start short."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Closed:
    """The epoch is closed: its tree has ``size`` entries. ``published`` is false while witnesses are waited for."""

    epoch: int
    size: int
    early: bool
    published: bool


@dataclass(frozen=True, slots=True)
class NotYet:
    """Not now; why."""

    reason: str


class Ledger:
    """Open for writing; made by ``open_ledger``. Threads may share it; it does not survive a fork of the process.

    Trusted with the log's key: who holds it can sign another log, which witnesses and anchors show.
    """

    def __init__(
        self,
        parts: OpenParts,
        *,
        signing_key: SigningKey,
        clock: Callable[[], float],
        rule: EpochRule,
        publisher: Publisher,
    ) -> None:
        self._parts = parts
        self._key = signing_key
        self._clock = clock
        self._rule = rule
        self._publisher = publisher
        self._pid = os.getpid()
        self._order = threading.Lock()
        point = parts.integrator.point
        self.origin = point.name
        self.public_key = signing_key.public
        self._books = Books.load(point.books)
        self._epoch, self._opened = point.epoch, point.opened
        for record in parts.tail:
            self._recover(record)
        self._books.open.clear()  # intents of an earlier run stay without an outcome for ever
        self._look_again = 0.0
        self._closed = False

    def _recover(self, record: Record) -> None:
        entry = parse(record.public)
        self._books.note(entry)
        if entry.kind == "epoch":
            self._epoch = entry.fields["ep"] + 1
            closed = self._parts.vault.unseal(name_of(entry), record.sealed).values()["closed"]
            self._opened = int(closed)

    @property
    def epoch(self) -> int:
        """The running epoch."""
        return self._epoch

    @property
    def shard_origin(self) -> str:
        """The origin of the running shard, as its checkpoints say it."""
        return self._parts.integrator.point.origin

    @property
    def verifier_key(self) -> str:
        """The running shard's key on one line (C2SP signed-note vkey), for whoever verifies its checkpoints."""
        return str(verifier_key(self.shard_origin, self._key))

    @property
    def charter(self) -> Mapping[str, Any] | None:
        """Public fields of the charter entry adopted last, in force from its epoch ``from``; None before the first."""
        with self._order:
            return self._books.charter

    def last_use(self, gallery: str) -> int:
        """The largest use counter that an outcome about this gallery carried; 0 where none did."""
        with self._order:
            return self._books.uses.get(gallery, 0)

    def intend(self, intent: Intent) -> PromisedReceipt:
        """Put a permitted request on its way to the disk; its receipt comes once it is there."""
        if not intent.allowed:
            raise Malformed("a refused request gets no receipt to compare with: use refuse()")
        return self._request(intent)

    def refuse(self, intent: Intent) -> Receipt:
        """Write a refused request; durable on return. Its receipt proves the entry and permits nothing."""
        if intent.allowed:
            raise Malformed("this request was permitted: use intend()")
        return self._request(intent).result()

    def conclude(self, receipt: Receipt, outcome: Outcome) -> None:
        """Write what came of a permitted request; durable on return. Raises, and the answer is then to be withheld.

        Raises Malformed where the request is not one of this run or has an outcome already: there is at most one.
        """
        with self._order:
            if receipt.entry not in self._books.open:
                raise Malformed("no permitted request of this run waits for this outcome", where=receipt.entry)
        self._append([draft_outcome(receipt.entry, outcome, self._clock())])[0].wait()

    def record(self, kind: str, public: Mapping[str, Any], detail: Mapping[str, Json] | None = None) -> str:
        """Write an entry of another kind; durable on return. ``public`` without v, k, ep, c. Gives the entry's id."""
        return self.record_many([(kind, public, detail or {})])[0]

    def record_many(self, entries: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Json]]]) -> list[str]:
        """Write entries of other kinds, all or none, one after the other; durable on return. Gives their ids."""
        for kind, _, _ in entries:
            if kind in OWN_KINDS:
                raise Malformed(f"entries of kind {kind} are written by a door of their own")
        drafts = [draft(kind, public, detail) for kind, public, detail in entries]
        if drafts:
            self._append(drafts)[0].wait()
        return [d.name for d in drafts]

    def close_epoch(
        self, *, early: bool = False, principal: str | None = None, reason: str | None = None, wait: float = 30.0
    ) -> Closed | NotYet:
        """Close the running epoch and publish it, waiting up to ``wait`` seconds for its witnesses.

        With fewer requests than the charter's minimum it is closed only where ``early`` is asked for, and the entry
        then says so. An epoch without any entry is not closed.
        """
        with self._order:
            if not self._books.entries:
                return NotYet(f"epoch {self._epoch} has no entries")
            requests, minimum = self._books.requests, self._minimum()
            if requests < minimum and not early and not self._rule.long_enough(self._opened, self._clock()):
                return NotYet(f"epoch {self._epoch} has {requests} requests; the charter asks for {minimum}")
            ticket, epoch = self._close_epoch(principal, reason)
        number = ticket.wait() + len(ticket.records)
        point = self._parts.integrator.flush(number)
        self._publisher.wait(self._publisher.ask(), wait)
        kept = [k for k in self._parts.points.checkpoints() if k.epoch == epoch]
        size, is_early = (kept[-1].size, kept[-1].early) if kept else (point.size, early)
        return Closed(epoch, size, is_early, bool(kept and kept[-1].published is not None))

    def proof(self, entry: str) -> str | NotYet:
        """The ``.tlog-proof`` of an entry by its id, once its epoch is published. Raises UnknownName."""
        number = self._number_of(entry)
        kept = self._parts.points.covering(number)
        if kept is None or kept.published is None:
            return NotYet("its epoch is not closed and published yet")
        shelf = self._shelf_of(kept)
        index = number - kept.shard_first
        path = inclusion_proof(index, kept.size, shelf.nodes(kept.size))
        return str(Proof(index, tuple(path), kept.published.encode()))

    def open_fields(self, entry: str, names: Iterable[str]) -> list[Opening]:
        """Lay sealed fields of an entry open, each with its proof; raises UnknownName where one was erased."""
        public = self.entry(entry)
        detail = self._parts.vault.read(entry)
        if detail is None:
            raise UnknownName("the detail of this entry was erased", where=entry)
        return [detail.opening(public, name) for name in names]

    def entry(self, entry: str) -> bytes:
        """The exact public bytes of an entry by its id; raises UnknownName."""
        number = self._number_of(entry)
        kept = self._parts.points.covering(number)
        if kept is not None:
            return self._shelf_of(kept).entry(number - kept.shard_first, kept.size)
        return next(iter(self.entries(number - self._parts.integrator.point.shard_first)))[1]

    def entries(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """The entries of the running shard from index ``start``, with their indices, the running epoch too."""
        point, pending = self._parts.integrator.snapshot()
        shelf = self._shelf(point.origin, past=False)
        full = point.size // WIDTH
        for bundle in range(start // WIDTH, full):
            tile = tile_at(None, bundle, full * WIDTH)
            for i, data in enumerate(unpack_bundle(shelf.read(tile), tile), bundle * WIDTH):
                if i >= start:
                    yield i, data
        rest = [*unpack_bundle(point.tail, Tile(None, full, point.size % WIDTH)), *(r.public for r in pending)]
        for i, data in enumerate(rest, full * WIDTH):
            if i >= start:
                yield i, data

    def checkpoints(self) -> list[KeptCheckpoint]:
        """Every checkpoint ever signed, oldest first."""
        return self._parts.points.checkpoints()

    def flush(self) -> CommitPoint:
        """Build everything that is durable into the tree; what stands then is the commit point."""
        return self._parts.integrator.flush(self._parts.journal.next)

    def close(self, wait: float = 10.0) -> None:
        """End in order: what was acknowledged is on the disk. Waits up to ``wait`` seconds for a publication."""
        if self._closed:
            return
        self._closed = True
        parts = self._parts
        try:
            if len(parts.integrator.snapshot()[1]) >= TIDY and parts.integrator.dead is None:
                self.flush()
        except CountenanceError as error:
            _log.error("the log's journal could not be tidied: %s", error)
        finally:
            parts.integrator.close()
            parts.journal.close()
            self._publisher.close(wait)
            parts.points.close()
            parts.vault.close()
            parts.lock.release()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _request(self, intent: Intent) -> PromisedReceipt:
        made = draft_intent(intent, self._clock())
        ticket, (data,), epoch = self._append([made])
        receipt = Receipt(
            log=self.origin,
            entry=made.name,
            leaf=leaf_hash(data).hex(),
            epoch=epoch,
            action=intent.action,
            gallery=intent.gallery,
            samples=digest_of_samples(intent.samples),
            bound=intent.bound if intent.allowed else 0,
            session=intent.session if intent.allowed else "",
        )
        return PromisedReceipt(ticket, receipt, self._key)

    def _append(self, drafts: Sequence[Draft]) -> tuple[Ticket, list[bytes], int]:
        """Queue drafts as one batch; the ticket, their bytes and their epoch."""
        if os.getpid() != self._pid:
            raise Unwritable("the log was opened by another process", remedy="Open it after the fork, not before.")
        now = self._clock()
        sealed = [self._sealed(d, now) for d in drafts]
        if now >= self._look_again:
            self._close_if_due(now)
        epoch = self._epoch
        made = [d.entry(epoch) for d in drafts]
        with self._order:
            if self._epoch != epoch:  # it closed in between
                epoch = self._epoch
                made = [d.entry(epoch) for d in drafts]
            return self._queue(made, sealed), [data for data, _ in made], epoch

    def _queue(self, made: Sequence[tuple[bytes, Any]], sealed: Sequence[bytes]) -> Ticket:
        """Put encoded entries next in the log; called with the order held."""
        records = [Record(data, seal, entry) for (data, entry), seal in zip(made, sealed, strict=True)]
        ticket = self._parts.journal.append(records)
        for _, entry in made:
            self._books.note(entry)
        return ticket

    def _sealed(self, each: Draft, now: float) -> bytes:
        if each.sealed is None:
            return b""
        moment = time.gmtime(now)
        return self._parts.vault.seal(each.name, moment.tm_year * 12 + moment.tm_mon - 1, each.sealed)

    def _minimum(self) -> int:
        charter = self._books.charter
        return int(charter["min"]) if charter is not None else self._rule.minimum

    def _close_if_due(self, now: float) -> None:
        with self._order:
            self._look_again = self._rule.next_boundary(now)
            if not self._books.entries or not self._rule.due(self._opened, self._books.requests, self._minimum(), now):
                return
            self._close_epoch(None, None)

    def _close_epoch(self, principal: str | None, reason: str | None) -> tuple[Ticket, int]:
        """Write the entry that ends the epoch; called with the order held."""
        epoch, now = self._epoch, max(self._clock(), float(self._opened))
        early = self._books.requests < self._minimum() and not self._rule.long_enough(self._opened, now)
        made = draft(
            "epoch",
            {"start": day_of(self._opened), "end": day_of(now), "early": early},
            {"opened": self._opened, "closed": int(now), "principal": principal, "reason": reason},
        )
        ticket = self._queue([made.entry(epoch)], [self._sealed(made, now)])
        self._epoch, self._opened = epoch + 1, int(now)
        return ticket, epoch

    def _number_of(self, entry: str) -> int:
        try:
            return self._parts.vault.number_of(entry)
        except UnknownName:
            _, pending = self._parts.integrator.snapshot()
            if not any(entry.partition(".")[0].encode() in record.public for record in pending):
                raise
        self.flush()
        return self._parts.vault.number_of(entry)

    def _shelf_of(self, kept: KeptCheckpoint) -> Shelf:
        return self._shelf(kept.origin, past=kept.origin != self.shard_origin)

    def _shelf(self, origin: str, *, past: bool) -> Shelf:
        return self._parts.places.shelf(origin, past=past, disk=self._parts.disk)


def open_ledger(
    directory: Path,
    *,
    signing_key: SigningKey,
    origin: str,
    vault_key: bytes,
    clock: Callable[[], float] = time.time,
    minimum: int = MINIMUM,
    boundary: int = DAY,
    anchor: Path | None = None,
    collect: Collect | None = None,
    wait: float = 10.0,
    disk: Disk | None = None,
) -> Ledger:
    """Open the log of the data directory ``directory`` for writing; it is founded where there is none.

    ``origin`` names the log in receipts; each year's shard has it as the beginning of its own origin. ``vault_key``
    (32 bytes) wraps the keys of the sealed detail. ``minimum`` holds where no charter is adopted, ``boundary`` are the
    seconds between possible ends of epochs. ``anchor`` is a file outside ``directory``; ``collect`` asks witnesses.
    ``wait`` is how long another process may still hold the log.

    Raises InUse, Unwritable, Malformed (another name), or LogDamaged: damaged, copied, forked, gone backwards.
    """
    made: list[Publisher] = []
    publisher_ready = threading.Event()

    def on_commit(point: CommitPoint, kept: KeptCheckpoint | None) -> None:
        if anchor is not None:
            try:
                write_anchor(anchor, Anchor(point.origin, point.size, point.root))
                parts.integrator.anchored = True
            except CountenanceError as error:
                _log.error("the log's anchor could not be written: %s", error)
        if kept is not None:
            publisher_ready.wait()
            made[0].ask()

    parts = open_parts(
        directory,
        name=origin,
        signing_key=signing_key,
        vault_key=vault_key,
        anchor=anchor,
        now=clock(),
        wait=wait,
        disk=disk or Disk(),
        on_commit=on_commit,
    )
    current = parts.integrator.point.origin
    publisher = Publisher(
        parts.points,
        lambda kept: parts.places.shelf(kept.origin, past=kept.origin != current, disk=parts.disk),
        collect,
    )
    made.append(publisher)
    publisher_ready.set()
    ledger = Ledger(parts, signing_key=signing_key, clock=clock, rule=EpochRule(boundary, minimum), publisher=publisher)
    parts.integrator.offer(parts.integrator.point.next, parts.tail)
    if parts.points.waiting():
        publisher.ask()
    return ledger
