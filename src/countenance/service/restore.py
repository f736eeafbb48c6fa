"""Restore: put a backup in the place of a data directory, openly; who was erased since is erased again.

The copy is laid out beside the data directory, the log's restoring is written down in it (see ``ledger.restore``), and
two renames put it in place; the directory that was there stays beside it under another name, for its entries since the
backup are nowhere else. Then the ordinary opening does the rest, ``finish`` last. Killed anywhere, running it again
goes on: before the renames from the start, between and after them from there.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from countenance.cases.approvals import take_all_back
from countenance.cases.authorities import revoke_counted
from countenance.gallery.uses import at_least
from countenance.keys.erasure_list import ErasureList
from countenance.keys.signing import SigningKey
from countenance.ledger.ledger import Ledger
from countenance.ledger.restore import forget_again, prepare_restore
from countenance.ledger.shelf import CHECKPOINT
from countenance.ledger.start import PRIVATE, PUBLIC
from countenance.service.backup import Backup, clear, read_backup
from countenance.storage.copying import copy_file, files_in, sync_tree
from countenance.storage.database import Database
from countenance.storage.durable import sync_directory, write_durably
from countenance.storage.faults import unwritable
from countenance.storage.lock import DirectoryLock
from countenance.terms.errors import Malformed, MissingPart, NameTaken

NOTE = "restoring.json"
"""In a data directory: it came from a backup, and what follows the log's own restoring is still to be done."""
ROOT_KEY, KEY_STORE, INSIDE = "root.key", "subject-keys.db", ("erasures.erased", "erasures.forgotten")
"""What a data directory may hold that no backup does: a root key for a first try, and the lists of erasures."""
READY = ".restoring"
"""How the name of a directory ends that is laid out and not in place yet."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a directory that was laid out is opened with: its log's keys, its anchor, and its two lists of erasures."""

    signing_key: SigningKey
    vault_key: bytes
    anchor: Path | None
    keys_list: Path
    entries_list: Path


@dataclass(frozen=True, slots=True)
class Placed:
    """The backup is in place, to be opened; ``aside`` is where the directory lies that was there."""

    backup: Backup
    aside: Path | None


def restore(
    data: Path,
    place: Path,
    *,
    means: Callable[[Path], Means],
    published: Path | None,
    may_be_unknown: bool,
    detail: Mapping[str, str | None],
    wait: float,
    now: int,
) -> Placed:
    """Put the backup at ``place`` where ``data`` is; open the house afterwards, which finishes it.

    ``means`` gives what a directory is opened with; ``published`` is a newer publication of the log, a mirror's say.
    With ``may_be_unknown`` it goes on where nothing says who was erased since. Raises InUse where a process holds
    ``data``, MissingPart, Malformed, WrongDigest for a backup that is not whole, NameTaken, Unwritable.
    """
    backup, ready = read_backup(place), data.with_name(data.name + READY)
    try:
        if not data.exists() and _noted(ready, backup):  # killed between the two renames
            ready.rename(data)
            sync_directory(data.parent)
        if _noted(data, backup):
            return Placed(backup, None)
        _want_room(data)
        with _held(data, wait):
            _lay_out(data, ready, backup)
            _prepare(data, ready, backup, means(ready), published, detail, now, may_be_unknown=may_be_unknown)
            sync_tree(ready)
            aside = _free(data.with_name(f"{data.name}.before-restore-{now}")) if data.exists() else None
            if aside is not None:
                data.rename(aside)
            ready.rename(data)
            sync_directory(data.parent)
    except OSError as error:
        raise unwritable(error, data) from error
    return Placed(backup, aside)


def _lay_out(data: Path, ready: Path, backup: Backup) -> None:
    """Copy the backup beside ``data``, and what lies in ``data`` alone and in no backup."""
    clear(ready)
    ready.mkdir(mode=0o700, parents=True)
    for name in backup.digests:
        copy_file(backup.place / name, ready / name)
    if (data / ROOT_KEY).is_file():
        copy_file(data / ROOT_KEY, ready / ROOT_KEY)


def _prepare(
    data: Path,
    ready: Path,
    backup: Backup,
    means: Means,
    published: Path | None,
    detail: Mapping[str, str | None],
    now: int,
    *,
    may_be_unknown: bool,
) -> None:
    """Write down in the directory that was laid out how its log goes on, and that the rest is to be done."""
    if not _carry_lists(data, means) and not may_be_unknown:
        raise MissingPart(
            "nothing here says who was erased since this backup was made",
            where=str(means.keys_list),
            remedy="Put the list of erasures there (it lies beside the log's anchor). If it is lost for good, "
            "--erasures-unknown goes on: who was erased since is back, and is to be erased again.",
        )

    def go_on(newest: Path | None) -> None:
        prepare_restore(
            ready,
            signing_key=means.signing_key,
            vault_key=means.vault_key,
            now=now,
            detail=detail,
            published=newest,
            anchor=means.anchor,
        )

    mine = data / PUBLIC
    if published is not None or not (mine / CHECKPOINT).is_file():
        go_on(published)
    else:
        try:
            go_on(mine)
        except Malformed:  # of another shard, or damaged: perhaps the very reason for restoring
            go_on(None)
        else:
            for path in files_in(mine):  # what is public stays public, as its checkpoint says
                copy_file(path, ready / PUBLIC / path.relative_to(mine))
    note = {"backup": backup.digest, "made": backup.made, "detail": dict(detail)}
    write_durably(ready / NOTE, json.dumps(note).encode("ascii"), 0o600)


@contextmanager
def _held(data: Path, wait: float) -> Iterator[None]:
    """No process works in ``data`` meanwhile; its lock goes with it when it is renamed."""
    if not (data / PRIVATE).is_dir():
        yield
        return
    lock = DirectoryLock(data / PRIVATE)
    lock.acquire(wait)
    with lock:
        yield


def finish(data: Path, ledger: Ledger, database: Database, entries_list: Path, now: int) -> None:
    """What is left to be done at the first opening of a restored directory, before anybody is served; idempotent.

    Does nothing elsewhere. The key store and the gallery erase again by themselves, at this start as at every one, and
    keys and authorities that were revoked are revoked again. What was good for so many uses is good for none: how many
    there were since the backup, nobody knows.
    """
    if not (data / NOTE).exists():
        return
    forget_again(ledger, entries_list, json.loads((data / NOTE).read_text("ascii"))["detail"])
    at_least(database, ledger.last_use, ledger.origin)
    take_all_back(database, now)
    revoke_counted(database, now)
    (data / NOTE).unlink()
    sync_directory(data)


def _want_room(data: Path) -> None:
    if data.exists() and not (data / PRIVATE).is_dir():
        strangers = sorted(name for name in os.listdir(data) if name not in (ROOT_KEY, *INSIDE))
        if strangers:
            raise NameTaken("there is something here that is no data directory", where=str(data / strangers[0]))


def _carry_lists(data: Path, means: Means) -> bool:
    """Bring what ``data`` knows of erasures to where the restored directory looks; whether anything is known."""
    lists = (means.keys_list, means.entries_list)
    for name, target in zip(INSIDE, lists, strict=True):
        if (data / name).is_file() and not target.exists():
            copy_file(data / name, target)
    destroyed = _destroyed(data / KEY_STORE)
    if destroyed is not None:
        erasures = ErasureList(means.keys_list)
        erasures.begin()
        listed = erasures.read().keys
        for key, kind in destroyed:
            if key not in listed:
                erasures.erased(kind, key)
    return means.keys_list.exists()


def _destroyed(store: Path) -> list[tuple[str, str]] | None:
    """What the key store that was there knows of its own; None where it cannot be read any more."""
    try:
        with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return list(connection.execute("SELECT id, kind FROM destroyed ORDER BY n"))
    except sqlite3.Error:
        return None


def _noted(directory: Path, backup: Backup) -> bool:
    try:
        return bool(json.loads((directory / NOTE).read_text("ascii"))["backup"] == backup.digest)
    except FileNotFoundError:
        return False
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed(f"the note of a restoring does not parse: {error}", where=str(directory / NOTE)) from error


def _free(name: Path) -> Path:
    number, free = 0, name
    while free.exists():
        number += 1
        free = name.with_name(f"{name.name}-{number}")
    return free
