"""Back up: a consistent, verified copy of a data directory while its process works; never the root key.

The order makes it consistent without stopping anybody. The databases first, so that the log, copied after them, has an
entry for everything that they hold; the key store after the galleries, so that no reference lacks its key; of the log
the commit point first, since files are only added to what it names. Its journal is built into the tree before.

A copy is not there until it is whole: it is made beside its place and renamed last. A killed backup is begun anew.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from countenance.keys.root import holds_root_key
from countenance.keys.signing import SigningKey
from countenance.ledger.commit_point import FILE_NAME as COMMIT_FILE
from countenance.ledger.start import PAST, PRIVATE, PUBLIC
from countenance.ledger.vault import FILE_NAME as VAULT_FILE
from countenance.ledger.verifier.failure import Failure
from countenance.ledger.whole import check_whole
from countenance.storage.copying import copy_database, copy_file, digest_of, files_in, is_database, sync_tree
from countenance.storage.durable import write_durably
from countenance.storage.faults import unwritable
from countenance.terms.errors import LogDamaged, Malformed, MissingPart, NameTaken, WrongDigest

MANIFEST = "backup.json"
VERSION = 1
MAKING = ".making"
"""How the name of a copy ends until it is whole."""
_LEFT_OUT = ("-wal", "-shm", "-journal", ".sock", ".temporary", ".tmp", ".making")
_LOG = (PRIVATE, PUBLIC, PAST)


@dataclass(frozen=True, slots=True)
class Backup:
    """A whole copy: where it is, when it was made (Unix seconds), and what it holds by path."""

    place: Path
    made: int
    origin: str
    size: int
    root: str
    digests: Mapping[str, str]

    @property
    def digest(self) -> str:
        """The manifest's SHA-256, by which this copy is known again."""
        return digest_of(self.place / MANIFEST)


def back_up(
    data: Path,
    out: Path,
    *,
    databases: Sequence[str],
    never: Collection[Path],
    flush: Callable[[], object],
    signing_key: SigningKey,
    now: int,
) -> Backup:
    """Copy ``data`` to the new directory ``out`` and verify the copy; durable when it returns.

    ``databases`` are copied first, in this order; ``never`` are paths that stay where they are; ``flush`` builds the
    log's journal into its tree. Raises NameTaken, Unwritable, LogDamaged or WrongDigest where the copy does not verify.
    """
    out = out.absolute()
    if out.exists():
        raise NameTaken("there is something here already", where=str(out), remedy="Name a place that is not there yet.")
    making = out.with_name(out.name + MAKING)
    try:
        clear(making)
        making.mkdir(mode=0o700, parents=True)
        for name in databases:
            copy_database(data / name, making / name)
        flush()
        _copy_log(data, making)
        for path in files_in(data):
            where = path.relative_to(data)
            if where.parts[0] not in _LOG and str(where) not in databases and _belongs(path, never):
                (copy_database if is_database(path) else copy_file)(path, making / where)
        made = _verified(making, out, signing_key, now)
        sync_tree(making)
        making.rename(out)
        sync_tree(out)
    except sqlite3.Error as error:
        raise WrongDigest(f"a database cannot be copied: {error}", where=str(data)) from error
    except OSError as error:
        raise unwritable(error, making) from error
    return made


def read_backup(place: Path) -> Backup:
    """Read a copy's manifest and every one of its files; raises MissingPart, Malformed, WrongDigest."""
    manifest = place / MANIFEST
    try:
        said = json.loads(manifest.read_text("ascii"))
        version, made, log = int(said["version"]), int(said["made"]), said["log"]
        digests = {str(name): str(digest) for name, digest in said["files"].items()}
        found = Backup(place, made, str(log["origin"]), int(log["size"]), str(log["root"]), digests)
    except FileNotFoundError:
        raise MissingPart(
            "there is no backup here", where=str(place), remedy="Name the directory that `backup` made."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Malformed(f"the backup's list of files does not parse: {error}", where=str(manifest)) from error
    if version != VERSION:
        raise Malformed(f"this backup has version {version}, this program knows {VERSION}", where=str(place))
    for name, digest in digests.items():
        path = place / name
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise Malformed("a path of the list leads out of the backup", where=name)
        if not path.is_file() or path.is_symlink() or digest_of(path) != digest:
            raise WrongDigest("a file of the backup is not the one that was copied", where=str(path))
    return found


def clear(making: Path) -> None:
    """Remove what a killed run of ours left under this name; raises OSError."""
    if making.exists():
        shutil.rmtree(making)


def _copy_log(data: Path, making: Path) -> None:
    """The commit point, the vault, then the files: staged before public, since they move that way meanwhile."""
    for name in (COMMIT_FILE, VAULT_FILE):
        copy_database(data / PRIVATE / name, making / PRIVATE / name)
    for folder in (f"{PRIVATE}/staged", PUBLIC, PAST):
        for path in _moving(data / folder):
            try:
                copy_file(path, making / path.relative_to(data))
            except FileNotFoundError:  # published meanwhile, and copied from there
                (making / path.relative_to(data)).unlink(missing_ok=True)


def _moving(folder: Path) -> Iterator[Path]:
    return (path for path in files_in(folder) if not path.name.endswith(_LEFT_OUT))


def _belongs(path: Path, never: Collection[Path]) -> bool:
    named = path.name.endswith(_LEFT_OUT) or path.name.startswith(".countenance-")
    return not named and path not in never and not holds_root_key(path)


def _verified(making: Path, out: Path, signing_key: SigningKey, now: int) -> Backup:
    """Read the copy back: its log from the first entry to the last, and every file for the list."""
    try:
        found: dict[str, Any] = check_whole(making, signing_key, lambda *_: None, journal=False)
    except Failure as error:
        raise LogDamaged(f"the copied log does not verify: {error}", where=str(making)) from error
    digests = {path.relative_to(making).as_posix(): digest_of(path) for path in files_in(making)}
    log = {"origin": found["origin"], "size": found["size"], "root": found["root"]}
    body = {"version": VERSION, "made": now, "log": log, "files": digests}
    write_durably(making / MANIFEST, (json.dumps(body, indent=1) + "\n").encode("ascii"), 0o600)
    return Backup(out, now, log["origin"], log["size"], log["root"], digests)
