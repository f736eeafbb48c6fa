"""The whole log, the running epoch too, as a source that the verifier reads; changes nothing and needs no lock.

What is published can be verified by anybody. The entries of the open epoch lie in private files and in the journal;
this puts them together with the rest, under a checkpoint that is signed for the one verification and given to nobody.
It may run beside a writer: what is read is the log as it stood at one moment.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from countenance.keys.signing import SigningKey, verify_signature
from countenance.ledger.commit_point import FILE_NAME, CommitPoint, KeptCheckpoint, read_commit_point
from countenance.ledger.disk import Disk
from countenance.ledger.journal import read_journal
from countenance.ledger.note import VerifierKey, parse_note
from countenance.ledger.segment import Record
from countenance.ledger.shelf import CHECKPOINT, Shelf
from countenance.ledger.start import Places, note_signer, verifier_key
from countenance.ledger.tile_files import parse_path
from countenance.ledger.tiles import Tile
from countenance.ledger.tree import Tree
from countenance.ledger.unreadable import Unreadable
from countenance.ledger.verifier.check import Asked, Say, check_log
from countenance.ledger.verifier.failure import Missing, Tampered
from countenance.ledger.verifier.source import Source
from countenance.terms.errors import LogDamaged, MissingPart

ATTEMPTS = 5
"""Reading is begun anew where a writer has moved on meanwhile."""


class WholeLog(Source):
    """The running shard of the log in the data directory ``directory``, as it stands now.

    Without ``journal`` to its commit point alone, for a backup, which has no journal.
    """

    def __init__(self, directory: Path, signing_key: SigningKey, *, journal: bool = True) -> None:
        super().__init__(str(directory))
        self.places = Places(directory)
        point, self.kept, tail = _read_moment(self.places, journal=journal)
        self._shelf = self.places.shelf(point.origin, Disk())
        tree = Tree(point.size, point.edge, point.tail)
        self._made: dict[Tile, bytes] = {}
        for record in tail:
            self._made.update(tree.append(record.public))
        self._made.update(tree.partial())
        self.key = verifier_key(point.origin, signing_key)
        self._checkpoint = note_signer(signing_key)(point.origin, tree.size, tree.root()).encode()

    def read(self, path: str, most: int) -> bytes:
        """One file of the C2SP layout; what the journal and the commit point hold is made as it would be written."""
        return self._checkpoint if path == CHECKPOINT else _tile(self._shelf, path, most, self._made)


class PastLog(Source):
    """A shard that has ended, at its last checkpoint, whether or not its witnesses have cosigned that."""

    def __init__(self, shelf: Shelf, last: KeptCheckpoint) -> None:
        super().__init__(str(shelf.public))
        self._shelf = shelf
        self._checkpoint = last.note.encode()

    def read(self, path: str, most: int) -> bytes:
        """One file of the C2SP layout, published or still staged."""
        return self._checkpoint if path == CHECKPOINT else _tile(self._shelf, path, most, {})


def check_whole(directory: Path, signing_key: SigningKey, say: Say, *, journal: bool = True) -> dict[str, Any]:
    """Verify every shard to its last entry, and every checkpoint that was ever signed against it.

    Gives the verifier's findings (``size``, ``root``, ``entries``, ``cosigned`` …) for the running shard, with
    ``published``, the size of what is public, and ``past``, the findings of the shards that have ended. Raises the
    verifier's Failure, MissingPart where there is no log, LogDamaged where the writer's own files are not sound.
    """
    whole = WholeLog(directory, signing_key, journal=journal)
    past = []
    for origin in dict.fromkeys(k.origin for k in whole.kept if k.origin != whole.key.name):
        kept = [k for k in whole.kept if k.origin == origin]
        source = PastLog(whole.places.shelf(origin, Disk()), kept[-1])
        past.append(check_log(source, _asked(verifier_key(origin, signing_key), kept), say))
    kept = [k for k in whole.kept if k.origin == whole.key.name]
    findings = check_log(whole, _asked(whole.key, kept), say)
    public = [k for k in kept if k.published is not None]
    names = _names(public[-1].published, whole.key.name) if public else []
    return {**findings, "published": public[-1].size if public else 0, "cosigned": names, "past": past}


def _asked(key: VerifierKey, kept: Sequence[KeptCheckpoint]) -> Asked:
    seen = tuple((f"signed for epoch {k.epoch}", k.note.encode()) for k in kept)
    return Asked(key=str(key), seen=seen, check=verify_signature)


def _tile(shelf: Shelf, path: str, most: int, made: dict[Tile, bytes]) -> bytes:
    try:
        tile = parse_path(path)
        data = made.get(tile) or shelf.read(tile)
    except (LogDamaged, Unreadable) as error:
        raise Missing(str(error), path) from error
    if len(data) > most:
        raise Tampered(f"has more than {most} bytes", path)
    return data


def _names(note: str | None, log: str) -> list[str]:
    """Whose lines stand under the published checkpoint, beside the log's own."""
    return [s.name for s in parse_note((note or "").encode()).signatures if s.name != log]


def _read_moment(places: Places, *, journal: bool) -> tuple[CommitPoint, Sequence[KeptCheckpoint], Sequence[Record]]:
    for attempt in range(ATTEMPTS):
        try:
            point, kept = read_commit_point(places.private / FILE_NAME)
            tail = read_journal(places.journal, point.installation, point.next)[0] if journal else []
        except sqlite3.Error as error:
            raise MissingPart(f"there is no log here: {error}", where=str(places.data)) from error
        except (LogDamaged, FileNotFoundError):
            if attempt == ATTEMPTS - 1:
                raise
            continue
        return point, kept, tail
    raise LogDamaged("the log moves faster than it can be read", where=str(places.data))
