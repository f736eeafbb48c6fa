"""The integrator: turns what the journal made durable into tree, vault and signed checkpoints. One thread.

Order for each stretch of entries, which ends early at the close of an epoch: vault rows; full tiles and bundles staged,
synced, read back and hashed again; at an epoch's close the partial ones too, and the checkpoint signed over them; then
the commit point by compare-and-swap. Only then is the journal's front dropped. A crash anywhere before the commit
leaves the journal as it was, and the next start does the same work again, to the same bytes.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from countenance.ledger.books import Books
from countenance.ledger.commit_point import CommitPoint, CommitPoints, KeptCheckpoint
from countenance.ledger.disk import unwritable
from countenance.ledger.draft import name_of
from countenance.ledger.entry import Entry, parse
from countenance.ledger.journal import Journal
from countenance.ledger.segment import Record
from countenance.ledger.shelf import Shelf
from countenance.ledger.tree import Tree, check_tiles
from countenance.ledger.vault import Row, Vault
from countenance.terms.errors import CountenanceError

STRETCH = 4096
"""Entries that wait in the journal before they are built into the tree without anybody asking."""
MOST_PENDING = 8 * STRETCH
"""Entries that may wait; whoever appends beyond it is slowed down to what the disk can build."""
SEGMENT_BYTES = 1 << 20
"""A journal segment larger than this is closed and dropped once its entries are in the tree."""

_log = logging.getLogger(__name__)


class Integrator:
    """``sign`` gives the signed note of a checkpoint of (origin, size, root); ``on_commit`` runs after each commit,
    before anybody who waits for it is told.

    ``shelf_of`` gives the files of a shard by its origin.
    """

    def __init__(
        self,
        *,
        point: CommitPoint,
        points: CommitPoints,
        vault: Vault,
        shelf_of: Callable[[str], Shelf],
        sign: Callable[[str, int, bytes], str],
        on_commit: Callable[[CommitPoint, KeptCheckpoint | None], None],
        tree: Tree,
    ) -> None:
        self.point = point
        self._points = points
        self._vault = vault
        self._shelf_of = shelf_of
        self._shelf = shelf_of(point.origin)
        self._sign = sign
        self._on_commit = on_commit
        self._tree = tree
        self._books = Books.load(point.books)
        self._pending: deque[tuple[Record, Entry]] = deque()
        self._awake = threading.Condition()
        self._wanted = 0
        self._running = False
        self._closing = False
        self._thread: threading.Thread | None = None
        self.journal: Journal | None = None
        self.dead: Exception | None = None
        self.anchored = bool(point.anchored)
        """Set once an anchor was written; the next commit remembers it."""

    def offer(self, _first: int, records: Sequence[Record]) -> None:
        """Take what the journal made durable, in order. Quick."""
        with self._awake:
            taken = [(record, record.entry or parse(record.public)) for record in records]
            self._pending.extend(taken)
            if len(self._pending) >= STRETCH or any(entry.kind == "epoch" for _, entry in taken):
                self._wake(self.point.next + len(self._pending))

    def admit(self) -> None:
        """Wait while so much is durable and not built yet that memory would grow without bound."""
        if len(self._pending) > MOST_PENDING:
            with self._awake:
                self._wake(self.point.next + len(self._pending))
                self._awake.wait_for(
                    lambda: len(self._pending) <= MOST_PENDING or self.dead is not None or self._closing
                )

    def flush(self, number: int) -> CommitPoint:
        """Wait until every entry below sequence number ``number`` is in the tree; raises what stopped it."""
        with self._awake:
            while self.point.next < number:
                if self.dead is not None:
                    raise self.dead
                self._wake(number)
                self._awake.wait()
            return self.point

    def snapshot(self) -> tuple[CommitPoint, list[Record]]:
        """The commit point, and the entries that are durable and not yet in its tree."""
        with self._awake:
            return self.point, [record for record, _ in self._pending]

    def begin_shard(self, origin: str, year: int, before: str, epoch: int) -> None:
        """Begin another tree after the last entry; called when everything is in this one and nothing is on its way."""
        with self._awake:
            self._tree = Tree()
            self.point = self._points.swap(
                replace(
                    self.point,
                    origin=origin,
                    year=year,
                    before=before,
                    shard_first=self.point.next,
                    size=0,
                    root=self._tree.root(),
                    edge=b"",
                    tail=b"",
                    epoch=epoch,
                    books=self._books.dump(),
                    restore="",
                )
            )
            self._shelf = self._shelf_of(origin)

    def close(self) -> None:
        """Finish what was asked for, then stop."""
        with self._awake:
            self._closing = True
            self._awake.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _wake(self, number: int) -> None:
        self._wanted = max(self._wanted, number)
        if self._thread is None and not self._closing:
            self._thread = threading.Thread(target=self._run, name="integrator", daemon=True)
            self._thread.start()
        self._awake.notify_all()

    def _run(self) -> None:
        while True:
            with self._awake:
                while self.point.next >= self._wanted and not self._closing:
                    self._awake.wait()
                if self.point.next >= self._wanted:
                    return
                stretch = self._stretch()
                if not stretch:  # asked for entries that are still on their way to the journal
                    self._awake.wait()
                    continue
            try:
                point, checkpoint = self._integrate(stretch)
            except Exception as error:  # everything: whatever it was, the log's state is unknown and it must stop
                _log.critical("the log could not be built further and will promise nothing more: %s", error)
                self.fail(error)
                return
            self._on_commit(point, checkpoint)
            with self._awake:
                for _ in stretch:
                    self._pending.popleft()
                self.point = point
                self._awake.notify_all()

    def _stretch(self) -> list[tuple[Record, Entry]]:
        stretch = []
        for record, entry in self._pending:
            stretch.append((record, entry))
            if entry.kind == "epoch" or len(stretch) == STRETCH:
                break
        return stretch

    def _integrate(self, stretch: list[tuple[Record, Entry]]) -> tuple[CommitPoint, KeptCheckpoint | None]:
        point = self.point
        self._vault.store(
            Row(number, name_of(entry), record.sealed, record.words)
            for number, (record, entry) in enumerate(stretch, point.next)
        )
        made = {}
        for record, entry in stretch:
            made.update(self._tree.append(record.public))
            self._books.note(entry, record.gallery)
        last = stretch[-1][1]
        closes = last.kind == "epoch"
        if closes:
            made.update(self._tree.partial())
        self._shelf.stage(made)
        check_tiles(self._shelf.read_back(made), made)
        root = self._tree.root()
        checkpoint = self._checkpoint(point, last, root) if closes else None
        moved = replace(
            point,
            size=self._tree.size,
            root=root,
            edge=self._tree.edge,
            tail=self._tree.tail,
            epoch=last.fields["ep"] + 1 if closes else last.fields["ep"],
            opened=self._closed_at(stretch[-1]) if closes else point.opened,
            books=self._books.dump(),
            anchored=int(self.anchored),
        )
        moved = self._points.swap(moved, checkpoint)
        self._trim(moved)
        return moved, checkpoint

    def _checkpoint(self, point: CommitPoint, last: Entry, root: bytes) -> KeptCheckpoint:
        said, size = last.fields, self._tree.size
        return KeptCheckpoint(
            origin=point.origin,
            shard_first=point.shard_first,
            size=size,
            root=root,
            epoch=said["ep"],
            start=said["start"],
            end=said["end"],
            early=said["early"],
            note=self._sign(point.origin, size, root),
        )

    def _closed_at(self, closing: tuple[Record, Entry]) -> int:
        """When the epoch was closed, and the next one began: said in the sealed detail alone."""
        record, entry = closing
        return int(self._vault.unseal(name_of(entry), record.sealed).values()["closed"])

    def _trim(self, point: CommitPoint) -> None:
        if self.journal is not None:
            if self.journal.segment_size > SEGMENT_BYTES:
                self.journal.rotate()
            self.journal.drop_before(point.next)

    def fail(self, error: Exception) -> None:
        """End the log for this process: whoever waits is told, and so is whoever comes."""
        known = error if isinstance(error, CountenanceError) else unwritable(error, self._shelf.staged)
        if self.journal is not None:
            self.journal.fail(known)
        with self._awake:
            self.dead = self.dead or known
            self._awake.notify_all()
