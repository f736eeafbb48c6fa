"""The journal: what makes a promise durable. Group commit of records into segments, one writing thread.

A record is promised once the frame that holds it is on the disk; callers wait on a ticket. While one frame is being
synced, whatever arrives queues up for the next, so that many callers share a sync and a single one waits for one.
The journal is short: what has been built into the tree and the vault is dropped from its front.

Any error of writing or syncing ends the journal for this process: what is then on the disk is unknown, every waiter
is told Unwritable, and only a new start, which reads what is there, may go on.
"""

from __future__ import annotations

import itertools
import logging
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue

from countenance.ledger.disk import Disk, make_directories, unwritable, write_files
from countenance.ledger.segment import (
    HEADER_SIZE,
    MAX_BODY,
    SUFFIX,
    Record,
    Segment,
    frame,
    header,
    path_of,
    read_segment,
)
from countenance.terms.errors import CountenanceError, LogDamaged, Malformed, Unwritable

MAX_GROUP = 256
"""Most entries of one group commit, but that a batch is never split."""
MAX_GROUP_BYTES = 4 << 20
"""Most bytes of one, with the same exception."""
ALLOCATION = 1 << 20
"""Bytes reserved ahead at a time."""
SEGMENT_LIMIT = 32 << 20
"""A segment that has grown past this many bytes is followed by a new one."""

_log = logging.getLogger(__name__)


class Ticket:
    """A batch of records on its way to the disk; ``first`` is its first sequence number once it is there.

    One without records is a wish: to ``rotate``, to ``stop``, or (neither) to know when everything before it is there.
    """

    __slots__ = ("_error", "_gate", "first", "records", "size", "wish")

    def __init__(self, records: Sequence[Record], wish: str = "") -> None:
        self.records = records
        self.wish = wish
        self.size = sum(record.size for record in records)
        self.first = -1
        self._error: Exception | None = None
        self._gate = threading.Lock()
        self._gate.acquire()

    def wait(self) -> int:
        """Wait until the batch is durable, then its first sequence number; raises Unwritable."""
        with self._gate:
            if self._error is not None:
                raise self._error
            return self.first

    def settle(self, first: int, error: Exception | None = None) -> None:
        """Wake the waiter; called once, by the writing thread or by whoever ends the journal."""
        self.first, self._error = first, error
        self._gate.release()


OnDurable = Callable[[int, Sequence[Record]], None]


class Journal:
    """An open journal. Its directory is trusted: who can write there can forge what is not yet in a checkpoint.

    ``on_durable`` is called by the writing thread with each frame's first number and records, in order, before the
    waiters wake; it must be quick.
    """

    def __init__(self, directory: Path, installation: bytes, last: Segment, on_durable: OnDurable, disk: Disk) -> None:
        self._directory = directory
        self._installation = installation
        self._disk = disk
        self._on_durable = on_durable
        self._path = last.path
        self._descriptor = disk.open(last.path)
        self._open = True
        self._end = last.end
        self._allocated = last.path.stat().st_size
        self.next = last.next
        self._queue: SimpleQueue[Ticket] = SimpleQueue()
        self._held: Ticket | None = None
        self._door = threading.Lock()
        """Whoever puts something into the queue holds it, so that nothing is put there after its end."""
        self._thread: threading.Thread | None = None
        self._closing = False
        self.dead: Exception | None = None

    def append(self, records: Sequence[Record]) -> Ticket:
        """Queue a batch; it will be in one frame.

        Raises Unwritable where the journal is dead or closed, Malformed where the batch is too large to be read back.
        """
        ticket = Ticket(records)
        if ticket.size > MAX_BODY:
            raise Malformed(f"a batch of {ticket.size} bytes is too large for one frame of the journal")
        self._put(ticket)
        return ticket

    def rotate(self) -> int:
        """Begin a new segment, unless the last one is still empty; returns its first sequence number."""
        ticket = Ticket((), "rotate")
        self._put(ticket)
        return ticket.wait()

    def barrier(self) -> int:
        """Wait until everything queued so far is durable; the sequence number after it."""
        return self.append(()).wait()

    @property
    def segment_size(self) -> int:
        """Bytes in the segment that is being written."""
        return self._end

    def drop_before(self, number: int) -> None:
        """Overwrite and remove the closed segments whose every entry is below ``number``.

        Overwriting is an effort, not a promise: disks copy on write. What makes the sealed bytes unreadable for good
        is the destruction of the month's key.
        """
        segments = segment_paths(self._directory)
        removed = False
        for (first, path), (after, _) in itertools.pairwise(segments):
            if after <= number and path != self._path and first < after:
                _overwrite(self._disk, path)
                self._disk.unlink(path)
                removed = True
        if removed:
            self._disk.sync_directory(self._directory)

    def close(self) -> None:
        """Write what is queued, then let go. Idempotent."""
        with self._door:
            if not self._closing and self._thread is not None:
                self._queue.put(Ticket((), "stop"))
            self._closing = True
        if self._thread is not None:
            self._thread.join()
        if self._open:
            self._open = False
            self._disk.close(self._descriptor)

    def fail(self, error: Exception) -> None:
        """End the journal's ability to promise, also from outside: something that it serves has failed."""
        with self._door:
            self.dead = self.dead or error
            if not self._closing and self._thread is not None:
                self._queue.put(Ticket((), "stop"))
            self._closing = True

    def _put(self, ticket: Ticket) -> None:
        with self._door:
            if self.dead is not None:
                raise self.dead
            if self._closing:
                raise Unwritable("the log is closed", where=str(self._directory))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
                self._thread.start()
            self._queue.put(ticket)

    def _run(self) -> None:
        while True:
            group, wish = self._gather()
            waiting = [*group, *([wish] if wish else [])]
            try:
                if self.dead is not None:
                    raise self.dead
                if group:
                    self._commit(group)
                if (wish and wish.wish == "rotate") or self._end > SEGMENT_LIMIT:
                    self._begin_segment()
            except Exception as error:  # everything: whatever it was, no waiter may hang and nothing more be promised
                self._end_with(error, [ticket for ticket in waiting if ticket.first < 0])
                return
            if wish:
                wish.settle(self.next)
                if wish.wish == "stop":
                    return

    def _gather(self) -> tuple[list[Ticket], Ticket | None]:
        """What is queued, up to the limits of a group or to a wish, which comes after it; waits for the first."""
        group: list[Ticket] = []
        entries = size = 0
        ticket, self._held = self._held or self._queue.get(), None
        while not ticket.wish:
            entries += len(ticket.records)
            size += ticket.size
            if group and (entries > MAX_GROUP or size > MAX_GROUP_BYTES):
                self._held = ticket
                return group, None
            group.append(ticket)
            if self._queue.empty():
                return group, None
            ticket = self._queue.get()
        return group, ticket

    def _end_with(self, error: Exception, waiting: list[Ticket]) -> None:
        """Tell everybody who waits, and whoever is still in the queue; nothing comes after them."""
        dead = error if isinstance(error, CountenanceError) else unwritable(error, self._path)
        _log.critical("the journal failed and will promise nothing more: %s", error)
        with self._door:
            self.dead = self.dead or dead
            self._closing = True
        if self._held is not None:
            waiting.append(self._held)
        while not self._queue.empty():
            waiting.append(self._queue.get())
        for ticket in waiting:
            ticket.settle(-1, self.dead)

    def _commit(self, group: list[Ticket]) -> None:
        records = [record for ticket in group for record in ticket.records]
        first = self.next
        if not records:
            for ticket in group:
                ticket.settle(first)
            return
        data = frame(self._installation, first, records)
        if self._end + len(data) > self._allocated:
            room = -(-len(data) // ALLOCATION) * ALLOCATION
            self._disk.allocate(self._descriptor, self._end, room)
            self._allocated = self._end + room
        self._disk.write(self._descriptor, data, self._end)
        self._disk.sync(self._descriptor)
        self._end += len(data)
        self.next += len(records)
        self._on_durable(first, records)
        for ticket in group:
            ticket.settle(first)
            first += len(ticket.records)

    def _begin_segment(self) -> None:
        if self._end == HEADER_SIZE:
            return
        path = create_segment(self._disk, self._directory, self._installation, self.next)
        self._disk.close(self._descriptor)
        self._path, self._descriptor = path, self._disk.open(path)
        self._end = self._allocated = HEADER_SIZE


def segment_paths(directory: Path) -> list[tuple[int, Path]]:
    """Every segment by its first sequence number, in order; raises LogDamaged for a file of another name."""
    found = []
    for path in directory.glob("*" + SUFFIX):
        if not path.stem.isdigit():
            raise LogDamaged("a file in the journal has a name that is not a number", where=str(path))
        found.append((int(path.stem), path))
    return sorted(found)


def create_segment(disk: Disk, directory: Path, installation: bytes, first: int) -> Path:
    """Make a new, empty segment durably; its header is whole before it has its name."""
    make_directories(disk, directory)
    path = path_of(directory, first)
    write_files(disk, {path: header(installation, first)}, mode=0o600)
    return path


def read_journal(directory: Path, installation: bytes, floor: int) -> tuple[list[Record], Segment]:
    """The records from sequence number ``floor`` on, and the last segment. Changes nothing.

    Raises LogDamaged where entries below ``floor`` + 1 would be missing: nothing that was built into the tree may be
    gone from here before its segment is, and each segment must begin where the one before it ended.
    """
    paths = segment_paths(directory)
    if not paths:
        raise LogDamaged("the journal is missing", where=str(directory))
    records: list[Record] = []
    expected: int | None = None
    last: Segment | None = None
    for number, path in paths:
        following = [n for n, _ in paths if n > number]
        if following and following[0] <= floor:
            continue
        last = read_segment(path, installation)
        if expected is None and last.first > floor:
            raise LogDamaged(f"the journal begins at entry {last.first}, the tree ends at {floor}", where=str(path))
        if expected is not None and last.first != expected:
            raise LogDamaged(f"the journal lacks the entries from {expected} to {last.first}", where=str(path))
        if last.torn and following:
            raise LogDamaged("a journal segment is damaged before the last one", where=str(path))
        records.extend(last.records[max(0, floor - last.first) :])
        expected = last.next
    if last is None or last.next < floor:
        raise LogDamaged(f"the journal ends before entry {floor}, which the tree holds", where=str(directory))
    return records, last


def settle(disk: Disk, segment: Segment) -> None:
    """Cut the torn end that a crash left, which was never acknowledged, and make sure of what stays.

    A frame that was written and not synced when its process died is read like any other; it must be on the disk before
    anything is built on it.
    """
    descriptor = disk.open(segment.path)
    try:
        if segment.torn:
            _log.warning("the journal's torn end was cut at byte %d: it had not been acknowledged", segment.end)
            disk.truncate(descriptor, segment.end)
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)


def _overwrite(disk: Disk, path: Path) -> None:
    descriptor = disk.open(path)
    try:
        disk.write(descriptor, bytes(os.fstat(descriptor).st_size), 0)
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)
