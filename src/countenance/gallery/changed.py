"""Changed: every change of who is in a gallery takes its next number, and what is no addition says what it was.

Whoever has the gallery in memory follows by these numbers: this process, and other nodes over the same database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from countenance.gallery.tables import gallery, removal
from countenance.storage.database import Database

_EVERYTHING = ""


@dataclass(frozen=True, slots=True)
class Removed:
    """What went since a number: whole subjects, and single references with their subjects (all by id)."""

    subjects: frozenset[str]
    references: dict[str, str]
    everything: bool
    """Others are seen than before: what is in memory is to be loaded anew."""

    def __bool__(self) -> bool:
        return bool(self.subjects or self.references or self.everything)


def note_removed(connection: Connection, place: str, subject: str, reference: str | None = None) -> None:
    """A subject of the gallery ``place`` (all by id) goes, or that one reference alone."""
    connection.execute(update(gallery).where(gallery.c.id == place).values(seq=gallery.c.seq + 1))
    seq = select(gallery.c.seq).where(gallery.c.id == place).scalar_subquery()
    connection.execute(insert(removal).values(gallery=place, seq=seq, subject=subject, reference=reference))


def note_seen_anew(connection: Connection, place: str) -> None:
    """Others are seen than before: what was counted or copied at an earlier number is to be made again."""
    note_removed(connection, place, _EVERYTHING)


def removed_since(database: Database, place: str, seq: int) -> Removed:
    """What went from a gallery after the number ``seq``."""
    statement = select(removal.c.subject, removal.c.reference).where(removal.c.gallery == place, removal.c.seq > seq)
    with database.read() as connection:
        rows: Sequence[tuple[str, str | None]] = [(row.subject, row.reference) for row in connection.execute(statement)]
    return Removed(
        frozenset(subject for subject, reference in rows if reference is None),
        {reference: subject for subject, reference in rows if reference is not None},
        any(subject == _EVERYTHING for subject, _ in rows),
    )
