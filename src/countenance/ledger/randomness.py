"""Random bytes from the operating system, asked for in larger pieces: each asking lets go of the interpreter's lock."""

from __future__ import annotations

import os
import threading

PIECE = 16 << 10
"""Bytes asked for at a time: enough for some twenty requests."""


class Randomness:
    """Gives every byte once. Threads may share it; a forked child must not (the sequencer refuses one)."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._piece = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        """So many fresh random bytes, at most ``PIECE``."""
        with self._turn:
            if self._at + size > len(self._piece):
                self._piece, self._at = os.urandom(PIECE), 0
            start, self._at = self._at, self._at + size
            return self._piece[start : self._at]
