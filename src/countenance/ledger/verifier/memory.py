"""Remembers the last checkpoint of each log that was verified here, and writes down the evidence of a fork."""

from __future__ import annotations

import hashlib
import os
import tempfile

from countenance.ledger.checkpoint import SignedCheckpoint, open_checkpoint
from countenance.ledger.note import MAX_BYTES, BadSignature, VerifierKey, signature_line
from countenance.ledger.unreadable import Unreadable


def default_memory() -> str:
    """A folder of this user's."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(state, "countenance-verify")


class Memory:
    """One small file a log and key in ``directory``; forgetting them loses nothing but the comparison."""

    def __init__(self, directory: str) -> None:
        self.directory = directory

    def recall(self, key: VerifierKey) -> SignedCheckpoint | None:
        """The last checkpoint of this log that was verified here, if there is one that can be read."""
        try:
            with open(self._place(key), "rb") as file:
                return open_checkpoint(file.read(MAX_BYTES), key)
        except (OSError, Unreadable, BadSignature):
            return None

    def keep(self, key: VerifierKey, signed: SignedCheckpoint) -> str:
        """Remember it; gives why not, where that fails."""
        try:
            os.makedirs(self.directory, mode=0o700, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.directory)
            with os.fdopen(handle, "wb") as file:
                file.write(note_of(signed).encode())
            os.replace(name, self._place(key))
        except OSError as error:
            return f"cannot be kept in {self.directory}: {error.strerror}"
        return ""

    def _place(self, key: VerifierKey) -> str:
        name = hashlib.sha256(str(key).encode()).hexdigest()[:32]
        return os.path.join(self.directory, f"{name}.checkpoint")


def write_evidence(directory: str, before: SignedCheckpoint, now: SignedCheckpoint, found: str) -> str:
    """Write both signed checkpoints and what is wrong between them to a new file; gives its path."""
    sizes = f"{before.checkpoint.size}-{now.checkpoint.size}"
    name = hashlib.sha256((note_of(before) + note_of(now)).encode()).hexdigest()[:12]
    path = os.path.join(directory, f"fork-{sizes}-{name}.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write(
            "Two checkpoints under one log's key that do not agree. Keep this file and show it to others.\n\n"
            f"{found}\n\n--- seen before\n{note_of(before)}\n--- published now\n{note_of(now)}"
        )
    return path


def note_of(signed: SignedCheckpoint) -> str:
    """The signed checkpoint as it was read."""
    return signed.note.text + "\n" + "".join(signature_line(s) for s in signed.note.signatures)
