"""The ledger: the one door to writing the log.

Nothing is promised before it is durable. Where the log cannot be written the answer is an error and nothing was
compared; after such an error this process promises nothing more, and a new one begins with what is on the disk.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from countenance.keys.signing import SigningKey
from countenance.ledger.anchor import Anchor, write_anchor
from countenance.ledger.commit_point import CommitPoint, KeptCheckpoint
from countenance.ledger.commitment import Opening
from countenance.ledger.disk import Disk
from countenance.ledger.draft import draft, draft_intent, draft_outcome
from countenance.ledger.epochs import DAY, MINIMUM, EpochRule, month_of
from countenance.ledger.erasure import Eraser
from countenance.ledger.forgotten import list_beside
from countenance.ledger.intent import Intent
from countenance.ledger.issue import Issued, NotStated, epochs_between, issue
from countenance.ledger.note import VerifierKey
from countenance.ledger.outcome import Outcome
from countenance.ledger.promise import PromisedReceipt, promised
from countenance.ledger.publisher import Collect, Publisher
from countenance.ledger.randomness import Randomness
from countenance.ledger.reader import Reader
from countenance.ledger.sealed_detail import Json
from countenance.ledger.sequencer import Overtaken, Placed, Sequencer, TooFew
from countenance.ledger.start import OpenParts, open_parts, verifier_key
from countenance.terms.errors import CountenanceError, Malformed
from countenance.terms.receipt import Receipt

OWN_KINDS = frozenset({"intent", "outcome", "epoch", "shard", "tally", "erasure", "hold"})
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
    """Not now; why. ``empty``: an epoch without entries is not closed, and nothing waits for it."""

    reason: str
    empty: bool = False


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
        sequencer: Sequencer,
        publisher: Publisher,
        forgotten: Path | None,
    ) -> None:
        self._parts = parts
        self._key = signing_key
        self._clock = clock
        self._sequencer = sequencer
        self._publisher = publisher
        self._closed = False
        self._random = Randomness()
        self.origin = parts.integrator.point.name
        self.public_key = signing_key.public
        self._reader = Reader(parts)
        self._eraser = Eraser(
            vault=parts.vault,
            sequencer=sequencer,
            integrator=parts.integrator,
            journal=parts.journal,
            forgotten=forgotten,
        )
        self._eraser.settle()
        self.close_if_due()

    @property
    def epoch(self) -> int:
        """The running epoch."""
        return self._sequencer.epoch

    @property
    def shard_origin(self) -> str:
        """The origin of the running shard, as its checkpoints say it: the log's own name until its first new year."""
        return self._parts.integrator.point.origin

    @property
    def verifier_key(self) -> str:
        """The running shard's key on one line (C2SP signed-note vkey), for whoever verifies its checkpoints."""
        return str(verifier_key(self.shard_origin, self._key))

    @property
    def charter(self) -> Mapping[str, Any] | None:
        """Public fields of the charter entry adopted last, in force from its epoch ``from``; None before the first."""
        return self._sequencer.charter

    @property
    def running_since(self) -> float | None:
        """When the running epoch began (Unix seconds); None while it has no request, so that nothing is left out."""
        return self._sequencer.running_since

    def last_use(self, gallery: str) -> int:
        """The largest use counter that an outcome about this gallery carried; 0 where none did."""
        return self._sequencer.last_use(gallery)

    def intend(self, intent: Intent) -> PromisedReceipt | Overtaken:
        """Put a permitted request on its way to the disk; Overtaken, not written, where another charter holds."""
        if not intent.allowed:
            raise Malformed("a refused request gets no receipt to compare with: use refuse()")
        made = self.request_many([intent])
        return made if isinstance(made, Overtaken) else made[0]

    def refuse(self, intent: Intent) -> Receipt | Overtaken:
        """Write a refused request; durable on return. Its receipt proves the entry and permits nothing."""
        if intent.allowed:
            raise Malformed("this request was permitted: use intend()")
        made = self.request_many([intent])
        return made if isinstance(made, Overtaken) else made[0].result()

    def request_many(self, intents: Sequence[Intent]) -> list[PromisedReceipt] | Overtaken:
        """Put requests that one charter judged on their way, all or none, with one sync."""
        if len({intent.charter for intent in intents}) != 1:
            raise Malformed("these requests were not judged by one charter")
        now, take = self._clock(), self._random.take
        drafts = [draft_intent(intent, now, take) for intent in intents]
        placed = self._sequencer.append_judged(drafts, intents[0].charter)
        if isinstance(placed, Overtaken):
            return placed
        return promised(intents, drafts, placed, self.origin, self._key)

    def conclude(self, receipt: Receipt, outcome: Outcome) -> None:
        """Write what came of a permitted request; durable on return. Raises, and the answer is then to be withheld.

        Raises Malformed where the request is not one of this run or has an outcome already: there is at most one.
        """
        self.conclude_many([(receipt, outcome)])

    def conclude_many(self, outcomes: Sequence[tuple[Receipt, Outcome]]) -> None:
        """``conclude`` for several, all or none, with one sync."""
        now, take = self._clock(), self._random.take
        self._sequencer.append([draft_outcome(r.entry, outcome, now, take) for r, outcome in outcomes]).ticket.wait()

    def record(self, kind: str, public: Mapping[str, Any], detail: Mapping[str, Json] | None = None) -> str:
        """Write an entry of another kind; durable on return. ``public`` without v, k, ep, c. Gives the entry's id."""
        return self.record_many([(kind, public, detail or {})])[0]

    def record_many(self, entries: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Json]]]) -> list[str]:
        """Write entries of other kinds, all or none, one after the other; durable on return. Gives their ids."""
        for kind, _, _ in entries:
            if kind in OWN_KINDS:
                raise Malformed(f"entries of kind {kind} are written by a door of their own")
        for name in (public["id"] for _, public, _ in entries if "id" in public):
            if self._reader.has(name):
                raise Malformed("there is an entry of this id already", where=name)
        drafts = [draft(kind, public, detail) for kind, public, detail in entries]
        if drafts:
            self._sequencer.append(drafts).ticket.wait()
        return [d.name for d in drafts]

    def close_epoch(
        self, *, early: bool = False, principal: str | None = None, reason: str | None = None, wait: float = 30.0
    ) -> Closed | NotYet:
        """Close the running epoch and publish it, waiting up to ``wait`` seconds for its witnesses.

        With fewer requests than the charter's minimum it is closed only where ``early`` is asked for, and the entry
        then says so. An epoch without any entry is not closed on the day on which it began.
        """
        match self._sequencer.close_epoch(early=early, principal=principal, reason=reason):
            case TooFew(epoch=epoch, entries=0):
                return NotYet(f"epoch {epoch} began today and has no entries", empty=True)
            case TooFew() as few:
                return NotYet(f"epoch {few.epoch} has {few.requests} requests; the charter asks for {few.minimum}")
            case Placed() as placed:
                placed.ticket.wait()
                self.flush()
                self._publisher.wait(self._publisher.ask(), wait)
        kept = next(k for k in reversed(self._parts.points.checkpoints()) if k.epoch == placed.epoch)
        return Closed(kept.epoch, kept.size, kept.early, kept.published is not None)

    def close_if_due(self) -> None:
        """Close the epoch if its time has come: done at each start and entry; an idle server does it by a timer."""
        self._sequencer.close_if_due()

    def proof(self, entry: str) -> str | NotYet:
        """The ``.tlog-proof`` of an entry by its id, once its epoch is published. Raises UnknownName."""
        proof = self._reader.proof(entry)
        return NotYet("its epoch is not closed and published yet") if proof is None else str(proof)

    def entry(self, entry: str) -> bytes:
        """The exact public bytes of an entry by its id (``ID.outcome`` for what came of it); raises UnknownName."""
        return self._reader.entry(entry)

    def has(self, entry: str) -> bool:
        """Whether there is an entry of this id."""
        return self._reader.has(entry)

    def detail(self, entry: str) -> Mapping[str, Json] | None:
        """The sealed values of an entry, as far as they were not erased; None where nothing is left or ever was."""
        return None if (detail := self._reader.detail(entry)) is None else detail.values()

    def open_fields(self, entry: str, names: Iterable[str]) -> list[Opening]:
        """Lay sealed fields of an entry open, each with its proof; raises UnknownName where one was erased."""
        return self._reader.open_fields(entry, names)

    def entries(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """The entries of the running shard from index ``start``, with their indices, the running epoch too."""
        return self._reader.entries(start)

    def ids(self, about: Collection[str] | None = None, start: int = 0) -> Iterator[str]:
        """The ids of entries of all shards from the number ``start`` on, in order; an outcome's is ``ID.outcome``.

        All, or at the cost of what is found those ``about`` these subjects (names, ids) or samples that came with one.
        """
        return self._reader.ids(about, start)

    def state(
        self, start: str, end: str, *, key: SigningKey, witnesses: Sequence[VerifierKey] = (), wait: float = 30.0
    ) -> Issued | NotStated:
        """A signed statement over the closed and published epochs from the day ``start`` to ``end`` (YYYY-MM-DD, UTC).

        ``key`` signs statements, and the log must know it; ``witnesses`` are the cosigners that it may name. The
        statement gets an entry of its own. Days of two years are two statements, one of each year's log. An epoch that
        is closed and not public yet is waited for, up to ``wait`` seconds.
        """
        self.flush()
        if self._parts.points.waiting():
            self._publisher.wait(self._publisher.ask(), wait)
        kept = self.checkpoints()
        match epochs_between(kept, start, end, self.epoch):
            case NotStated() as refused:
                return refused
            case (first, last):
                known = [k for k in kept if first <= k.epoch <= last]
                if known[0].origin != known[-1].origin:
                    return NotStated(f"these days lie in two logs, {known[0].origin} and {known[-1].origin}")
                newest = [k for k in kept if k.origin == known[-1].origin and k.published is not None][-1]
        shelf = self._parts.places.shelf(newest.origin, self._parts.disk)
        return issue(shelf, newest, first, last, key=key, witnesses=witnesses, record=self.record)

    def erase(
        self, entries: Collection[str], *, fields: Collection[str] = (), basis: str, detail: Mapping[str, Json]
    ) -> str:
        """Destroy the sealed detail of entries, or only the named ``fields`` of it; the id of the erasure's entry.

        ``basis`` is a word of the entry's schema (``withdrawal``, ``order``, …), ``detail`` of its sealed fields.
        All earlier proofs stay valid. Raises Malformed where a legal hold is on one of them.
        """
        return self._eraser.erase(entries, fields, basis=basis, detail=detail, month=month_of(self._clock()))

    def expire(self, before: float, *, detail: Mapping[str, Json]) -> str:
        """Destroy all detail of the months before that of ``before`` (Unix seconds), with the months' keys."""
        return self.expire_months(month_of(before), basis="retention", detail=detail)

    def expire_months(self, before: int, *, basis: str, detail: Mapping[str, Json]) -> str:
        """The same, by the number of the first month that stays (``epochs.month_of``)."""
        return self._eraser.expire(before, basis=basis, detail=detail, month=month_of(self._clock()))

    def hold(self, entries: Collection[str], *, lift: bool = False, detail: Mapping[str, Json]) -> str:
        """Put entries under a legal hold, or lift it; durable on return. Gives the id of the hold's entry."""
        made = draft("hold", {"ev": "lifted" if lift else "set"}, {"entries": sorted(entries), **detail})
        if not lift:
            self._parts.vault.hold(entries)
        self._sequencer.append([made]).ticket.wait()
        if lift:
            self._parts.vault.lift(entries)
        return made.name

    def checkpoints(self) -> list[KeptCheckpoint]:
        """Every checkpoint ever signed, oldest first."""
        return self._parts.points.checkpoints()

    def flush(self) -> CommitPoint:
        """Build everything that is durable into the tree; what stands then is the commit point."""
        return self._parts.integrator.flush(self._parts.journal.barrier())

    def close(self, wait: float = 10.0) -> None:
        """End in order: what was acknowledged is on the disk. Waits up to ``wait`` seconds for a publication."""
        if self._closed:
            return
        self._closed = True
        parts = self._parts
        try:
            if len(parts.integrator.snapshot()[1]) >= TIDY:
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
    forgotten: Path | None = None,
    collect: Collect | None = None,
    wait: float = 10.0,
    disk: Disk | None = None,
) -> Ledger:
    """Open the log of the data directory ``directory`` for writing; it is founded where there is none.

    ``origin`` names the log in receipts and, until its first new year, in its checkpoints; later shards begin with it.
    ``vault_key`` (32 bytes) wraps the keys of the sealed detail. ``minimum`` holds where no charter is adopted,
    ``boundary`` are the seconds between possible ends of epochs. ``anchor`` is a file outside ``directory``,
    ``forgotten`` the list of erasures (default: beside it). ``collect`` asks witnesses. ``wait`` is in seconds.
    Raises InUse, Unwritable, Malformed (another name), or LogDamaged: damaged, copied, forked, gone backwards.
    """
    made: list[Publisher] = []
    ready = threading.Event()

    def on_commit(point: CommitPoint, kept: KeptCheckpoint | None) -> None:
        if anchor is not None:
            try:
                write_anchor(anchor, Anchor(point.origin, point.size, point.root))
                parts.integrator.anchored = True
            except CountenanceError as error:
                _log.error("the log's anchor could not be written: %s", error)
        if kept is not None:
            ready.wait()
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
    made.append(Publisher(parts.points, parts.places, parts.disk, collect, parts.integrator.fail))
    ready.set()
    try:
        sequencer = Sequencer(
            journal=parts.journal,
            integrator=parts.integrator,
            vault=parts.vault,
            rule=EpochRule(boundary, minimum),
            clock=clock,
            tail=parts.tail,
            own_key=verifier_key(origin, signing_key),
        )
        ledger = Ledger(
            parts,
            signing_key=signing_key,
            clock=clock,
            sequencer=sequencer,
            publisher=made[0],
            forgotten=forgotten or (list_beside(anchor) if anchor else None),
        )
    except BaseException:
        parts.abandon()
        raise
    if parts.points.waiting():
        made[0].ask()
    return ledger
