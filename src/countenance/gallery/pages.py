"""Pages: what there is, a bounded part at a time, in an order that stays while others come and go."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import Row, Select, select

from countenance.gallery import sealing
from countenance.gallery.register import (
    Register,
    reference_from,
    references_of,
    spaces_of,
    subject_from,
    subjects_of,
)
from countenance.gallery.shown import Seen, references_shown
from countenance.gallery.tables import gallery, reference, subject
from countenance.keys.keyring import Keyring
from countenance.keys.seal import Seal
from countenance.storage.among import among
from countenance.storage.database import Database
from countenance.terms.errors import Malformed, UnknownName
from countenance.terms.gallery import Gallery, Reference, Subject

MOST = 1000


class Pages:
    """Reads; it neither compares nor changes. Threads may share it."""

    def __init__(self, database: Database, keyring: Keyring, register: Register) -> None:
        self._database = database
        self._keyring = keyring
        self._register = register
        # Of galleries, by id: a name is never changed. The dictionary is replaced and never changed either.
        self._names: dict[str, str] = {}

    def galleries(self, after: str, limit: int, belongs: Callable[[str], bool]) -> tuple[Gallery, ...]:
        """The first ``limit`` galleries by name after ``after`` whose name ``belongs``.

        Names are sealed, so all are known before they are in order; only those of the page are opened whole.
        """
        _want_limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(select(gallery.c.id, gallery.c.pseudonym)).all()
            known = self._names
            missing = [row.id for row in rows if row.id not in known]
            sealed = list(among(connection, select(gallery.c.id, gallery.c.name), gallery.c.id, missing))
        there = {row.id: row.pseudonym for row in rows}
        names = {key: name for key, name in known.items() if key in there}
        for row in sealed:
            with contextlib.suppress(UnknownName):  # its deletion is under way
                names[row.id] = sealing.open_name(self._keyring.gallery(row.id).seal, row.id, row.name)
        self._names = names
        named = sorted((name, there[key]) for key, name in names.items() if name > after and belongs(name))
        found: list[Gallery] = []
        for _, pseudonym in named:
            if len(found) == limit:
                break
            with contextlib.suppress(UnknownName):
                found.append(self._register.by_pseudonym(pseudonym))
        return tuple(found)

    def subjects(self, place: str, after: str, limit: int) -> tuple[Subject, ...]:
        """The first ``limit`` subjects by id whose id is after ``after``; those being erased are gone already."""
        rows = self._page(subjects_of(place), subject, place, after, limit)
        return tuple(subject_from(row, seal) for row, seal in rows)

    def saying(self, place: str, words: Mapping[str, str]) -> frozenset[str]:
        """The ids of the subjects whose metadata have all of these values; each subject's metadata are opened."""
        found, after = set[str](), ""
        while page := self.subjects(place, after, MOST):
            found.update(each.id for each in page if words.items() <= each.metadata.items())
            after = page[-1].id
        return frozenset(found)

    def references(self, place: str, after: str, limit: int, seen: Seen = "") -> tuple[Reference, ...]:
        """The first ``limit`` references by id whose id is after ``after``."""
        rows = self._page(references_of(place, seen), reference, place, after, limit)
        with self._database.read() as connection:
            spaces = spaces_of(connection, {row.recipe for row, _ in rows})
        return tuple(reference_from(row, seal, spaces[row.recipe]) for row, seal in rows)

    def reference_ids(self, place: str, subjects: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The ids of the references of each of these subjects, in the order of enrolment; nothing is opened."""
        statement = (
            select(reference.c.id, reference.c.subject)
            .where(reference.c.gallery == place, references_shown())
            .order_by(reference.c.seq)
        )
        found: dict[str, list[str]] = {each: [] for each in subjects}
        with self._database.read() as connection:
            for row in among(connection, statement, reference.c.subject, subjects):
                found[row.subject].append(row.id)
        return {each: tuple(ids) for each, ids in found.items()}

    def _page(
        self, statement: Select[Any], table: Any, place: str, after: str, limit: int
    ) -> list[tuple[Row[Any], Seal]]:
        """Rows with the seals that open them, read on where some are of subjects whose erasure is under way."""
        _want_limit(limit)
        found: list[tuple[Row[Any], Seal]] = []
        while len(found) < limit:
            wanted = limit - len(found)
            with self._database.read() as connection:
                rows = connection.execute(statement.where(table.c.id > after).order_by(table.c.id).limit(wanted)).all()
            seals = self._keyring.some(place, {row.key for row in rows})
            found += [(row, seals[row.key]) for row in rows if row.key in seals]
            if len(rows) < wanted:
                break
            after = rows[-1].id
        return found


def _want_limit(limit: int) -> None:
    if not 1 <= limit <= MOST:
        raise Malformed(f"a page has 1 to {MOST} items, not {limit}")
