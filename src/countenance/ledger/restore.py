"""Restore: go on from a backup or a copy, openly: a new origin that cites the last known tree, and a gap.

A backup may not go on under its old origin: what was signed after it would make two trees of one size. The log of the
new origin says in its first entry which tree it continues, as far as that is known, and then that the service may have
run without this log. What was erased since the backup is erased again.

``prepare_restore`` only writes down what is to be done; the next ordinary opening does it, so that a crash at any
point is recovered like any other.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from time import gmtime

from countenance.keys.signing import SigningKey, verify_signature
from countenance.ledger import guard
from countenance.ledger.anchor import read_anchor
from countenance.ledger.checkpoint import Checkpoint, open_checkpoint
from countenance.ledger.commit_point import FILE_NAME, CommitPoint, CommitPoints
from countenance.ledger.disk import Disk
from countenance.ledger.draft import draft
from countenance.ledger.entry import parse
from countenance.ledger.epochs import month_of
from countenance.ledger.erasure import owed_entry
from countenance.ledger.forgotten import read_forgotten
from countenance.ledger.journal import create_segment, read_journal, segment_paths
from countenance.ledger.ledger import Ledger
from countenance.ledger.note import BadSignature
from countenance.ledger.sealed_detail import Json
from countenance.ledger.shelf import Shelf
from countenance.ledger.start import Places, verifier_key
from countenance.ledger.tree import Tree
from countenance.ledger.unreadable import Unreadable
from countenance.ledger.vault import FILE_NAME as VAULT_FILE
from countenance.ledger.vault import Vault
from countenance.storage.lock import DirectoryLock
from countenance.terms.errors import LogDamaged, Malformed, MissingPart


def prepare_restore(
    directory: Path,
    *,
    signing_key: SigningKey,
    vault_key: bytes,
    now: float,
    detail: Mapping[str, Json],
    published: Path | None = None,
    anchor: Path | None = None,
    wait: float = 10.0,
) -> str:
    """Let the log of a data directory that is a copy or a backup go on here; the origin under which it will.

    ``published`` is a directory with the newest publication of the log as it was, where one is at hand (a mirror's);
    ``anchor`` the anchor's file. ``detail`` are sealed fields of the gap's entry (``principal``, ``reason``). Open the
    log afterwards, then call ``forget_again``. Raises MissingPart where there is no log, LogDamaged where what must be
    sound in itself is not, Malformed where what is given is not of this log.
    """
    places, disk = Places(directory), Disk()
    if not (places.private / FILE_NAME).is_file():
        raise MissingPart("there is no log here to restore", where=str(directory))
    with _locked(places, wait):
        points = CommitPoints(places.private / FILE_NAME, disk)
        vault = Vault(places.private / VAULT_FILE, vault_key, disk)
        try:
            point = points.load()
            if point is None:
                raise MissingPart("there is no log here to restore", where=str(directory))
            tree = Tree(point.size, point.edge, point.tail)
            shelf = places.shelf(point.origin, disk)
            guard.check_edge(point, tree, None, shelf)
            before, epoch = _last_known(point, places, published, anchor, signing_key, disk)
            _keep_journal(places, point, disk)
            gap = draft(
                "gap", {"first": min(point.epoch, epoch), "last": epoch, "why": "restore"}, {"at": int(now), **detail}
            )
            vault.owe(owed_entry(vault, gap, month_of(now)))
            origin = f"{point.name}/{gmtime(now).tm_year}-{secrets.token_hex(3)}"
            todo = {"origin": origin, "before": before.text, "epoch": epoch + 1}
            points.swap(replace(point, directory=guard.identity(places.private), restore=json.dumps(todo)))
        finally:
            vault.close()
            points.close()
    return origin


def forget_again(ledger: Ledger, forgotten: Path, detail: Mapping[str, Json]) -> int:
    """Repeat every erasure on the list ``forgotten``; how many. Entries that are not here are passed over."""
    known = read_forgotten(forgotten)
    for each in known:
        if each.before is not None:
            ledger.expire_months(each.before, basis="restore", detail=detail)
        here = [entry for entry in each.entries if ledger.has(entry)]
        if here:
            ledger.erase(here, fields=each.fields, basis="restore", detail=detail)
    return len(known)


def _last_known(
    point: CommitPoint, places: Places, published: Path | None, anchor: Path | None, key: SigningKey, disk: Disk
) -> tuple[Checkpoint, int]:
    """The largest tree of this log that is known to have been, and the last epoch that is."""
    before, epoch = Checkpoint(point.origin, point.size, point.root), point.epoch
    mine = [places.shelf(point.origin, disk).public] if places.published(point.origin, disk) == point.origin else []
    for place in (*mine, *([published] if published else [])):
        found = _published(Shelf(place, place, disk), point, key)
        if found is not None:
            said, closed = found
            before, epoch = max(before, said, key=lambda c: c.size), max(epoch, closed)
    anchored = read_anchor(anchor) if anchor is not None else None
    if anchored is not None and anchored.origin == point.origin and anchored.size > before.size:
        before = Checkpoint(anchored.origin, anchored.size, anchored.root)
    return before, epoch


def _published(shelf: Shelf, point: CommitPoint, key: SigningKey) -> tuple[Checkpoint, int] | None:
    data = shelf.published_checkpoint()
    if data is None:
        return None
    try:
        said = open_checkpoint(data, verifier_key(point.origin, key), (), verify_signature).checkpoint
        last = parse(shelf.entry(said.size - 1, said.size)).fields
    except (Unreadable, BadSignature) as error:
        raise Malformed(
            f"this publication is not of the log {point.origin}: {error}", where=str(shelf.public)
        ) from error
    return said, int(last["ep"])


def _keep_journal(places: Places, point: CommitPoint, disk: Disk) -> None:
    """Keep the journal where it fits the tree; a backup that was made of a running log may have another one."""
    try:
        read_journal(places.journal, point.installation, point.next)
    except LogDamaged:
        for _, path in segment_paths(places.journal):
            disk.unlink(path)
        create_segment(disk, places.journal, point.installation, point.next)


def _locked(places: Places, wait: float) -> DirectoryLock:
    lock = DirectoryLock(places.private)
    lock.acquire(wait)
    return lock
