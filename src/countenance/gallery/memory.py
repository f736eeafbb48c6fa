"""The galleries in memory: loaded at their first search, dropped where a change did not reach its end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from countenance.gallery.index.index import Index
from countenance.gallery.load import load
from countenance.gallery.register import Register
from countenance.keys.keyring import Keyring
from countenance.storage.database import Database


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
        self._opened: dict[str, Opened] = {}  # by pseudonym

    def id_of(self, pseudonym: str) -> str:
        """The id that the database has for a pseudonym: a receipt binds to it, whatever a Gallery value says."""
        known = self._ids.get(pseudonym)
        if known is None:
            known = self._ids[pseudonym] = self._register.by_pseudonym(pseudonym).id
        return known

    def open(self, pseudonym: str) -> Opened:
        """A gallery's templates, loaded if need be; raises UnknownName, SealBroken."""
        opened = self._opened.get(pseudonym)
        if opened is None:
            with self.writing:  # so that nothing is enrolled between the reading and the keeping
                opened = self._opened.get(pseudonym)
                if opened is None:
                    place = self._register.by_pseudonym(pseudonym)
                    index = load(self._database, self._keyring, place.id, self._spool)
                    opened = self._opened[pseudonym] = Opened(place.space, index)
        return opened

    def is_open(self, pseudonym: str) -> bool:
        """Whether a gallery's templates are in memory."""
        return pseudonym in self._opened

    @contextmanager
    def changing(self, pseudonym: str) -> Iterator[Opened | None]:
        """A change of a gallery, with its templates if they are in memory.

        Whatever goes wrong on the way, also an interrupt after the commit: the copy is dropped and made again from
        the store at the next search, so that the two never differ.
        """
        whole = False
        try:
            yield self._opened.get(pseudonym)
            whole = True
        finally:
            if not whole:
                self._opened.pop(pseudonym, None)

    def forget(self, pseudonym: str) -> None:
        """Drop a gallery that is no more."""
        self._opened.pop(pseudonym, None)
        self._ids.pop(pseudonym, None)

    def clear(self) -> None:
        """Drop all templates."""
        self._opened.clear()
