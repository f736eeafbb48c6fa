"""The feed: what other nodes tell of their changes is followed at once, so that hardly a search finds itself behind."""

from __future__ import annotations

import logging
import select
import socket
import threading

from countenance.gallery.memory import Memory
from countenance.storage.database import Database
from countenance.terms.errors import CountenanceError

_log = logging.getLogger(__name__)
_AGAIN = 1.0
"""Seconds until it tries again after the connection was lost."""


class Feed:
    """A thread beside the searches. Nothing hangs from it but time: every search asks the store itself."""

    def __init__(self, database: Database, memory: Memory) -> None:
        self._database = database
        self._memory = memory
        self._end, self._wake = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._end.close()  # which makes the other end readable
        self._thread.join()
        self._wake.close()

    def _run(self) -> None:
        while True:
            try:
                for told in self._database.told(self._wake):
                    place, _, pseudonym = told.partition(" ")
                    self._memory.follow(place, pseudonym)
                return
            except CountenanceError as error:
                _log.warning("not following other nodes for the moment: %s", error.what)
                if select.select([self._wake], [], [], _AGAIN)[0]:
                    return
