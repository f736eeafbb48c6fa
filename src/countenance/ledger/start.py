"""Opening a log to write it: found it where there is none, check it and recover it where there is one."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from countenance.keys.signing import SigningKey
from countenance.ledger import guard
from countenance.ledger.books import Books
from countenance.ledger.checkpoint import Checkpoint, parse_checkpoint
from countenance.ledger.commit_point import FILE_NAME as COMMIT_FILE
from countenance.ledger.commit_point import CommitPoint, CommitPoints, KeptCheckpoint
from countenance.ledger.disk import TEMPORARY, Disk, make_directories, sweep, sync_names, unwritable
from countenance.ledger.entry import parse
from countenance.ledger.epochs import day_of
from countenance.ledger.integrator import Integrator
from countenance.ledger.journal import Journal, create_segment, read_journal, segment_paths, settle
from countenance.ledger.merkle import EMPTY_ROOT
from countenance.ledger.note import ED25519, VerifierKey, note_bytes, parse_note, sign
from countenance.ledger.segment import HEADER_SIZE, Record
from countenance.ledger.shelf import CHECKPOINT, Shelf
from countenance.ledger.tiles import WIDTH, Tile, unpack_bundle
from countenance.ledger.tree import Tree
from countenance.ledger.vault import FILE_NAME as VAULT_FILE
from countenance.ledger.vault import Vault
from countenance.storage.lock import DirectoryLock
from countenance.terms.errors import LogDamaged, Malformed

PUBLIC = "log"
"""Within the data directory: what is published, in the layout of C2SP tlog-tiles."""
PRIVATE = "ledger"
"""Within the data directory: journal, vault, commit point, and what is not yet published."""
PAST = "shards"
"""Within the data directory: what the logs of past years published, each under the last part of its origin."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the parts of a log lie within its data directory."""

    data: Path

    @property
    def private(self) -> Path:
        """The writer's own directory."""
        return self.data / PRIVATE

    @property
    def journal(self) -> Path:
        """The journal's segments."""
        return self.private / "journal"

    def shelf(self, origin: str, disk: Disk) -> Shelf:
        """The files of one shard: among the past ones, once the next one has taken its public place."""
        leaf = origin.replace("/", "_")
        past = self.data / PAST / leaf
        return Shelf(past if past.is_dir() else self.data / PUBLIC, self.private / "staged" / leaf, disk)

    def published(self, origin: str, disk: Disk) -> str | None:
        """The origin of what lies where ``origin`` publishes: an earlier shard's until it does; None for nothing."""
        data = self.shelf(origin, disk).published_checkpoint()
        return None if data is None else parse_checkpoint(parse_note(data).text).origin

    def make_way(self, origin: str, disk: Disk) -> None:
        """Move what an earlier shard published out of the public place, before ``origin`` publishes there. Idempotent.

        One rename: after a crash it lies in the one place or in the other.
        """
        published = self.published(origin, disk)
        if published not in (None, origin):
            make_directories(disk, self.data / PAST)
            disk.rename(self.data / PUBLIC, self.data / PAST / str(published).replace("/", "_"))
            disk.sync_directory(self.data / PAST)
            disk.sync_directory(self.data)


@dataclass(frozen=True, slots=True)
class OpenParts:
    """A log that was found good: its parts, ready to write."""

    places: Places
    lock: DirectoryLock
    points: CommitPoints
    vault: Vault
    integrator: Integrator
    journal: Journal
    tail: list[Record]
    disk: Disk

    def abandon(self) -> None:
        """Let everything go without writing."""
        self.integrator.close()
        self.journal.close()
        _abandon([self.points, self.vault], self.lock)


def open_parts(
    directory: Path,
    *,
    name: str,
    signing_key: SigningKey,
    vault_key: bytes,
    anchor: Path | None,
    now: float,
    wait: float,
    disk: Disk,
    on_commit: Callable[[CommitPoint, KeptCheckpoint | None], None],
) -> OpenParts:
    """Open the log of a data directory for writing, founding it where there is none.

    Raises InUse where another process writes it, LogDamaged where it is damaged, copied, forked or went backwards,
    Malformed where it has another name, Unwritable where the disk does not let us.
    """
    places = Places(directory)
    try:
        make_directories(disk, places.private)
        places.private.chmod(0o700)  # what is staged there is public later, and until then tells times
    except OSError as error:
        raise unwritable(error, directory) from error
    lock = DirectoryLock(places.private)
    lock.acquire(wait)
    opened: list[CommitPoints | Vault] = []
    try:
        sweep([places.private])
        (directory / PUBLIC / f"{CHECKPOINT}{TEMPORARY}").unlink(missing_ok=True)
        points = CommitPoints(places.private / COMMIT_FILE, disk)
        opened.append(points)
        point = points.load() or _found(places, points, name, now, disk)
        if point.name != name:
            raise Malformed(f"this log is named {point.name}, not {name}", where=str(directory))
        tree = _check(places, point, points, anchor, disk)
        tail, last = read_journal(places.journal, point.installation, point.next)
        settle(disk, last)
        vault = Vault(places.private / VAULT_FILE, vault_key, disk)
        opened.append(vault)
        tail = _read_tail(tail, point, vault, places.shelf(point.origin, disk))
        sync_names(disk, [places.private])
        disk.sync_directory(directory)
        integrator = Integrator(
            point=point,
            points=points,
            vault=vault,
            shelf_of=lambda origin: places.shelf(origin, disk),
            sign=note_signer(signing_key),
            on_commit=on_commit,
            tree=tree,
        )
        journal = Journal(places.journal, point.installation, last, integrator.offer, disk)
        integrator.journal = journal
        integrator.offer(point.next, tail)
    except OSError as error:
        _abandon(opened, lock)
        raise unwritable(error, places.private) from error
    except BaseException:
        _abandon(opened, lock)
        raise
    return OpenParts(places, lock, points, vault, integrator, journal, tail, disk)


def verifier_key(origin: str, key: SigningKey) -> VerifierKey:
    """The public key by which checkpoints of ``origin`` are checked."""
    return VerifierKey(origin, ED25519, key.public)


def note_signer(key: SigningKey) -> Callable[[str, int, bytes], str]:
    """Signs checkpoints: (origin, size, root) to the text of the signed note."""

    def signed(origin: str, size: int, root: bytes) -> str:
        text = Checkpoint(origin, size, root).text
        return note_bytes(text, [sign(text, verifier_key(origin, key), key.sign)]).decode()

    return signed


def _abandon(opened: list[CommitPoints | Vault], lock: DirectoryLock) -> None:
    for each in opened:
        each.close()
    lock.release()


def _found(places: Places, points: CommitPoints, name: str, now: float, disk: Disk) -> CommitPoint:
    """Begin a new log. A crash before the row is there leaves a journal without entries, which is begun anew."""
    if (places.data / PUBLIC / CHECKPOINT).exists():
        raise LogDamaged(
            "a log is published here, and the writer's own files are gone",
            where=str(places.private),
            remedy="Restore them from a backup; a published log cannot be begun anew.",
        )
    for _, path in segment_paths(places.journal) if places.journal.is_dir() else ():
        if path.read_bytes()[HEADER_SIZE:].strip(b"\0"):
            raise LogDamaged("a journal with entries lies here without its commit point", where=str(path))
        disk.unlink(path)
    installation = os.urandom(16)
    create_segment(disk, places.journal, installation, 0)
    point = CommitPoint(
        version=1,
        installation=installation,
        directory=guard.identity(places.private),
        name=name,
        origin=name,
        year=int(day_of(now)[:4]),
        before="",
        shard_first=0,
        size=0,
        root=EMPTY_ROOT,
        edge=b"",
        tail=b"",
        epoch=1,
        opened=int(now),
        books=Books().dump(),
        anchored=0,
        restore="",
    )
    points.found(point)
    return point


def _read_tail(tail: Sequence[Record], point: CommitPoint, vault: Vault, shelf: Shelf) -> list[Record]:
    """The journal's entries read, each outcome with its intent's gallery, wherever that intent lies."""
    galleries: dict[str, str] = {}
    records = []
    for record in tail:
        entry, gallery = parse(record.public), ""
        if entry.kind == "intent":
            galleries[entry.fields["id"]] = entry.fields["gal"]
        elif entry.kind == "outcome":
            of = entry.fields["of"]
            gallery = galleries[of] if of in galleries else _gallery_of(of, point, vault, shelf)
        records.append(Record(record.public, record.sealed, entry, gallery))
    return records


def _gallery_of(intent: str, point: CommitPoint, vault: Vault, shelf: Shelf) -> str:
    index, full = vault.number_of(intent) - point.shard_first, point.size // WIDTH * WIDTH
    if index < full:
        data = shelf.entry(index, full)
    else:
        data = unpack_bundle(point.tail, Tile(None, full // WIDTH, point.size - full))[index - full]
    return str(parse(data).fields["gal"])


def _check(places: Places, point: CommitPoint, points: CommitPoints, anchor: Path | None, disk: Disk) -> Tree:
    shelf = places.shelf(point.origin, disk)
    guard.check_place(point, places.private)
    if not point.restore:
        guard.check_published(point, points, lambda origin: places.shelf(origin, disk))
    kept = points.checkpoints(point.origin)
    tree = Tree(point.size, point.edge, point.tail)
    guard.check_edge(point, tree, kept[-1] if kept else None, shelf)
    if anchor is not None and not point.restore:
        guard.check_anchor(anchor, point, tree, points, shelf)
    return tree
