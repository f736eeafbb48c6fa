"""The galleries in memory: loaded at their first search, dropped where a change did not reach its end.

Where other nodes change the store too, a copy knows the number of the last change that it has. Every use asks the
store for that number first, and follows before it answers where there is a newer one: so whoever was enrolled or
erased anywhere, before a search was asked for here, is so for that search.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row, bindparam, select

from countenance.gallery.cache import Cache
from countenance.gallery.changed import removed_since
from countenance.gallery.index.index import NOBODY, Index
from countenance.gallery.load import load, load_some, load_subject
from countenance.gallery.register import Register
from countenance.gallery.saving import Saving
from countenance.gallery.tables import gallery
from countenance.keys.keyring import Keyring
from countenance.storage.database import Database
from countenance.terms.errors import CountenanceError, SealBroken, UnknownName
from countenance.terms.template import Vector

_log = logging.getLogger(__name__)
_PLACE = select(gallery.c.id, gallery.c.space, gallery.c.seq).where(gallery.c.pseudonym == bindparam("value"))


@dataclass(slots=True)
class Opened:
    """A gallery whose templates are in memory. ``space`` is None while it is empty.

    ``seq`` is the last change that it has; only where the store is shared is it kept up to date.
    """

    space: str | None
    index: Index
    seq: int = 0


class Memory:
    """A copy of the store, never the truth. ``writing`` is held by whoever changes a gallery.

    Who changes a store of its own changes the copy too; a copy of a shared one follows the store alone.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        register: Register,
        spool: Path | None,
        part: tuple[int, int] | None = None,
        cache: Cache | None = None,
    ) -> None:
        """``part``: of every gallery only the references whose number leaves this remainder when divided by that."""
        self.writing = threading.RLock()
        # Following does not wait for a writer who waits for other nodes.
        self._copying = threading.RLock() if database.shared else self.writing
        self._database = database
        self._keyring = keyring
        self._register = register
        self._spool = spool  # the folder for what big galleries need not have in memory
        self._part = part
        self._cache = cache
        self._saving = Saving(self._save)
        self._ids: dict[str, str] = {}  # gallery ids by pseudonym, as the database has them
        self._opened: dict[tuple[str, str], Opened] = {}  # by pseudonym, and batch where it is one's alone

    def id_of(self, pseudonym: str) -> str:
        """The id that the database has for a pseudonym: a receipt binds to it, whatever a Gallery value says."""
        known = self._ids.get(pseudonym)
        if known is None:
            known = self._ids[pseudonym] = self._register.by_pseudonym(pseudonym).id
        return known

    def open(self, pseudonym: str, batch: str = "") -> Opened:
        """A gallery's templates that are seen, or a batch's, loaded if need be; raises UnknownName, SealBroken.

        Where the store is shared they are as it has them now; raises Unwritable where it cannot be asked.
        """
        opened = self._opened.get((pseudonym, batch))
        if opened is None or (self._database.shared and opened.seq != self._place(pseudonym).seq):
            with self._copying:  # so that nothing is enrolled between the reading and the keeping
                opened = self._opened.get((pseudonym, batch))
                if opened is None:
                    opened = self._load(pseudonym, batch)
                elif self._database.shared:
                    opened = self._follow(pseudonym, batch, opened)
        return opened

    def changes(self, pseudonym: str) -> int:
        """The number of a gallery's last change, as the store has it now; raises UnknownName."""
        return int(self._place(pseudonym).seq)

    def removed_since(self, pseudonym: str, seq: int) -> bool:
        """Whether anybody was taken out of a gallery, or others are seen in it, since that change."""
        place = self._place(pseudonym)
        return place.seq != seq and bool(removed_since(self._database, place.id, seq))

    def of_subject(self, pseudonym: str, subject: str) -> tuple[str | None, list[Vector]]:
        """A gallery's space, and the templates of one subject's references that are seen."""
        place = self._place(pseudonym)
        return place.space, load_subject(self._database, self._keyring, place.id, subject)

    def follow(self, place: str, pseudonym: str) -> None:
        """Another node changed this gallery (by id and pseudonym), or, without one, any: follow what is in memory."""
        if pseudonym and self._database.ask(_PLACE, {"value": pseudonym}) is None:
            self._keyring.forget(place)
        for name, batch in list(self._opened):
            if pseudonym in ("", name):
                try:
                    self.open(name, batch)
                except UnknownName:  # it was deleted
                    self.forget(name)

    def is_open(self, pseudonym: str) -> bool:
        """Whether a gallery's templates are in memory."""
        return (pseudonym, "") in self._opened

    def templates(self, pseudonym: str, references: Sequence[str]) -> list[tuple[str, Vector]]:
        """Subject (by id) and numbers of these references, seen or not; raises UnknownName, SealBroken."""
        place = self.id_of(pseudonym)
        found = load_some(self._database, self._keyring, place, references)
        for missing in set(references) - found.keys():
            raise UnknownName("there is no such reference in this gallery", where=missing)
        return [found[each] for each in references]

    def load_again(self, pseudonym: str) -> None:
        """Where others are seen than before: searches go on over the old copy until the new one is there."""
        if self.is_open(pseudonym):
            self._load(pseudonym, "")

    def close_batches(self, pseudonym: str) -> None:
        """Drop all that is in memory of a gallery but its own copy."""
        for name, batch in list(self._opened):
            if name == pseudonym and batch:
                self.close_batch(name, batch)

    @contextmanager
    def changing(self, pseudonym: str) -> Iterator[Mapping[str, Opened]]:
        """A change of a gallery, with the copies of it that are in memory, by batch; its own under the empty one.

        Whatever goes wrong on the way, also an interrupt after the commit: the copy is dropped and made again from
        the store at the next search, so that the two never differ.
        """
        whole = False
        shared = self._database.shared
        try:
            yield {} if shared else {batch: each for (name, batch), each in self._opened.items() if name == pseudonym}
            if shared:
                self._follow_all(pseudonym)
            whole = True
        finally:
            if not whole:
                self._drop(pseudonym)

    def take_out(
        self,
        pseudonym: str,
        copies: Mapping[str, Opened],
        subjects: Collection[str] = (),
        references: Mapping[str, str] = NOBODY,
    ) -> None:
        """Whole subjects, and single references with their subjects, are in these copies no more."""
        try:
            for each in copies.values():
                each.index.remove(subjects=subjects, references=references)
        except SealBroken:  # nothing may keep anybody from being erased
            self.distrust(pseudonym, list(copies.values()))

    def forget(self, pseudonym: str, place: str | None = None) -> None:
        """Drop a gallery (by pseudonym, and id where that is known) that is no more."""
        self._drop(pseudonym)
        place = self._ids.pop(pseudonym, place)
        if self._cache is not None and place is not None:
            self._cache.forget(place)

    def distrust(self, pseudonym: str, copies: Sequence[Opened]) -> None:
        """A file that these have on the disk was changed by others: what it was is made anew from the store."""
        with self._copying:
            if any(self._opened.get((pseudonym, "")) is each for each in copies):
                _log.warning("a file of gallery %s was changed: all is read from the database again", pseudonym)
                if self._cache is not None:
                    self._cache.forget(self.id_of(pseudonym))
            self._drop(pseudonym)

    def close(self) -> None:
        """Save what is to be saved and drop all templates."""
        self._saving.close()
        self._opened.clear()

    def close_batch(self, pseudonym: str, batch: str) -> None:
        """Drop a batch's copy."""
        self._opened.pop((pseudonym, batch), None)

    def _load(self, pseudonym: str, batch: str) -> Opened:
        place = self._place(pseudonym)

        def fill(index: Index, after: int = 0) -> Index:
            return load(
                self._database,
                self._keyring,
                place.id,
                batch=batch,
                after=after,
                until=place.seq,
                into=index,
                part=self._part,
                space=place.space,
            )

        index = None if batch or self._cache is None else self._cache.load(place, fill, self._spool)
        opened = Opened(place.space, index or fill(Index(spool=self._spool)), place.seq)
        self._opened[pseudonym, batch] = opened
        if self._cache is not None:
            self._saving.begin()
        return opened

    def _save(self) -> None:
        """Bring to the disk what it has not; searches and writers go on, but for the end of it."""
        cache = self._cache
        for (pseudonym, batch), opened in list(self._opened.items()):
            segments = opened.index.snapshot.segments
            if cache is None or cache.refused or batch or not segments or opened.index.sealed is None:
                continue
            place = self._place(pseudonym)
            if cache.complete(place.id, segments) or (kept := cache.write(segments)) is None:
                continue
            with self._copying:
                index, sealed = opened.index, opened.index.sealed
                place = self._place(pseudonym)
                as_it_was = index.snapshot.segments is segments and self._opened.get((pseudonym, "")) is opened
                if sealed is not None and as_it_was and (not self._database.shared or opened.seq == place.seq):
                    index.adopt(tuple(kept.values()), sealed)
                    cache.register(place, sealed, kept)

    def _follow(self, pseudonym: str, batch: str, opened: Opened) -> Opened:
        """The copy, or another one, as the store has it now. Of who came and went meanwhile nothing is left."""
        place = self._place(pseudonym)
        if opened.seq == place.seq:
            return opened
        gone = removed_since(self._database, place.id, opened.seq)
        if gone.everything or opened.space not in (None, place.space) or opened.seq > place.seq:
            return self._load(pseudonym, batch)
        try:
            load(
                self._database,
                self._keyring,
                place.id,
                batch=batch,
                after=opened.seq,
                until=place.seq,
                into=opened.index,
                part=self._part,
                space=place.space,
            )
            if gone.subjects or gone.references:
                opened.index.remove(subjects=gone.subjects, references=gone.references)
            opened.space, opened.seq = place.space, place.seq
        except BaseException:
            self._drop(pseudonym)
            raise
        return opened

    def _follow_all(self, pseudonym: str) -> None:
        """After a change of our own, which is done whatever comes of this."""
        for name, batch in list(self._opened):
            if name == pseudonym:
                try:
                    self.open(name, batch)
                except CountenanceError:
                    self._drop(name)

    def _place(self, pseudonym: str) -> Row[Any]:
        row = self._database.ask(_PLACE, {"value": pseudonym})
        if row is None:
            self.forget(pseudonym)
            raise UnknownName("there is no gallery of this pseudonym")
        return row

    def _drop(self, pseudonym: str) -> None:
        for key in [key for key in list(self._opened) if key[0] == pseudonym]:
            self._opened.pop(key, None)
