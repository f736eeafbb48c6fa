"""The galleries in memory: loaded at their first search, dropped where a change did not reach its end."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from countenance.gallery.index.index import Index
from countenance.gallery.load import load, load_some
from countenance.gallery.register import Register
from countenance.keys.keyring import Keyring
from countenance.storage.database import Database
from countenance.terms.errors import UnknownName
from countenance.terms.template import Vector


@dataclass(slots=True)
class Opened:
    """A gallery whose templates are in memory. ``space`` is None while it is empty."""

    space: str | None
    index: Index


class Memory:
    """A copy of the store, never the truth. ``writing`` is held by whoever changes a gallery."""

    def __init__(self, database: Database, keyring: Keyring, register: Register, spool: Path | None) -> None:
        self.writing = threading.RLock()
        self._database = database
        self._keyring = keyring
        self._register = register
        self._spool = spool  # the folder for what big galleries need not have in memory
        self._ids: dict[str, str] = {}  # gallery ids by pseudonym, as the database has them
        self._opened: dict[tuple[str, str], Opened] = {}  # by pseudonym, and batch where it is one's alone

    def id_of(self, pseudonym: str) -> str:
        """The id that the database has for a pseudonym: a receipt binds to it, whatever a Gallery value says."""
        known = self._ids.get(pseudonym)
        if known is None:
            known = self._ids[pseudonym] = self._register.by_pseudonym(pseudonym).id
        return known

    def open(self, pseudonym: str, batch: str = "") -> Opened:
        """A gallery's templates that are seen, or a batch's, loaded if need be; raises UnknownName, SealBroken."""
        opened = self._opened.get((pseudonym, batch))
        if opened is None:
            with self.writing:  # so that nothing is enrolled between the reading and the keeping
                opened = self._opened.get((pseudonym, batch)) or self._load(pseudonym, batch)
        return opened

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

    @contextmanager
    def changing(self, pseudonym: str) -> Iterator[Mapping[str, Opened]]:
        """A change of a gallery, with the copies of it that are in memory, by batch; its own under the empty one.

        Whatever goes wrong on the way, also an interrupt after the commit: the copy is dropped and made again from
        the store at the next search, so that the two never differ.
        """
        whole = False
        try:
            yield {batch: opened for (place, batch), opened in self._opened.items() if place == pseudonym}
            whole = True
        finally:
            if not whole:
                self._drop(pseudonym)

    def forget(self, pseudonym: str) -> None:
        """Drop a gallery that is no more."""
        self._drop(pseudonym)
        self._ids.pop(pseudonym, None)

    def clear(self) -> None:
        """Drop all templates."""
        self._opened.clear()

    def close_batch(self, pseudonym: str, batch: str) -> None:
        """Drop a batch's copy."""
        self._opened.pop((pseudonym, batch), None)

    def _load(self, pseudonym: str, batch: str) -> Opened:
        place = self._register.by_pseudonym(pseudonym)
        index = load(self._database, self._keyring, place.id, self._spool, batch=batch)
        opened = self._opened[pseudonym, batch] = Opened(place.space, index)
        return opened

    def _drop(self, pseudonym: str) -> None:
        for key in [key for key in list(self._opened) if key[0] == pseudonym]:
            self._opened.pop(key, None)
