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
from countenance.ledger.note import parse_note
from countenance.ledger.segment import Record
from countenance.ledger.shelf import CHECKPOINT, Shelf
from countenance.ledger.start import Places, note_signer, verifier_key
from countenance.ledger.tiles import Tile, parse_path
from countenance.ledger.tree import Tree
from countenance.ledger.unreadable import Unreadable
from countenance.ledger.verifier.check import Asked, Say, check_log
from countenance.ledger.verifier.failure import Missing, Tampered
from countenance.ledger.verifier.source import Source
from countenance.terms.errors import LogDamaged, MissingPart

ATTEMPTS = 5
"""Reading is begun anew where a writer has moved on meanwhile."""


class WholeLog(Source):
    """The running shard of the log in the data directory ``directory``, as it stands now."""

    def __init__(self, directory: Path, signing_key: SigningKey) -> None:
        super().__init__(str(directory))
        places = Places(directory)
        point, kept, tail = _read_moment(places)
        self._shelf: Shelf = places.shelf(point.origin, Disk())
        tree = Tree(point.size, point.edge, point.tail)
        self._made: dict[Tile, bytes] = {}
        for record in tail:
            self._made.update(tree.append(record.public))
        self._made.update(tree.partial())
        self.kept = kept
        self.key = verifier_key(point.origin, signing_key)
        self._checkpoint = note_signer(signing_key)(point.origin, tree.size, tree.root()).encode()

    def read(self, path: str, most: int) -> bytes:
        """One file of the C2SP layout; what the journal and the commit point hold is made as it would be written."""
        if path == CHECKPOINT:
            return self._checkpoint
        try:
            tile = parse_path(path)
            data = self._made.get(tile) or self._shelf.read(tile)
        except (LogDamaged, Unreadable) as error:
            raise Missing(str(error), path) from error
        if len(data) > most:
            raise Tampered(f"has more than {most} bytes", path)
        return data


def check_whole(directory: Path, signing_key: SigningKey, say: Say) -> dict[str, Any]:
    """Verify everything of the running shard, and every checkpoint that it ever signed against it.

    Gives the verifier's findings (``size``, ``root``, ``entries``, ``cosigned`` …), with ``published`` the size of
    what is public; raises the verifier's Failure, MissingPart where there is no log, LogDamaged where the writer's own
    files are not sound.
    """
    whole = WholeLog(directory, signing_key)
    seen = tuple((f"signed for epoch {k.epoch}", k.note.encode()) for k in whole.kept)
    findings = check_log(whole, Asked(key=str(whole.key), seen=seen, check=verify_signature), say)
    public = [k for k in whole.kept if k.published is not None]
    names = _names(public[-1].published, whole.key.name) if public else []
    return {**findings, "published": public[-1].size if public else 0, "cosigned": names}


def _names(note: str | None, log: str) -> list[str]:
    """Whose lines stand under the published checkpoint, beside the log's own."""
    return [s.name for s in parse_note((note or "").encode()).signatures if s.name != log]


def _read_moment(places: Places) -> tuple[CommitPoint, Sequence[KeptCheckpoint], Sequence[Record]]:
    for attempt in range(ATTEMPTS):
        try:
            point, kept = read_commit_point(places.private / FILE_NAME)
            tail, _ = read_journal(places.journal, point.installation, point.next)
        except sqlite3.Error as error:
            raise MissingPart(f"there is no log here: {error}", where=str(places.data)) from error
        except (LogDamaged, FileNotFoundError):
            if attempt == ATTEMPTS - 1:
                raise
            continue
        return point, [k for k in kept if k.origin == point.origin], tail
    raise LogDamaged("the log moves faster than it can be read", where=str(places.data))
