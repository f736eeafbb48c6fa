"""The list of erasures: what was destroyed, withdrawn or revoked for good, kept where no backup of the data reaches.

A backup that comes back brings back keys and rows of people who were erased since, and makes good again what was
revoked since. This list is not part of it; at every start the stores are made to agree with it, so the erased are
erased again and the revoked are revoked, whichever way the backup came back. It holds random ids and keyed digests:
without the root key it says how many, and nothing of whom.

An act is on the list before it is done, so that a crash in between is completed by the next start.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from countenance.storage.durable import write_durably
from countenance.storage.lines import append_line, read_lines
from countenance.terms.errors import Malformed

NO_KEY = "-"
"""Stands for the key of a subject who was erased long before the list was begun."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A subject withdrew at ``at`` (Unix seconds): their key goes, and nothing that has one of ``digests`` enters."""

    id: str
    at: int
    key: str
    digests: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class KeyElsewhere:
    """With a gallery came another house's withdrawals: the key of their digests, sealed under the root key.

    ``gallery`` is the keyed digest of the gallery's name here, ``id`` one of the key.
    """

    gallery: bytes
    id: bytes
    sealed: bytes


class Revocable(StrEnum):
    """What is revoked by its id."""

    API_KEY = "api-key"
    AUTHORITY = "authority"


@dataclass(frozen=True, slots=True)
class Listed:
    """The whole list. ``keys`` has the kind (``subject`` or ``gallery``) of each destroyed key by its id.

    ``elsewhere`` is by gallery and id. ``revoked`` has for each kind when what was revoked, by its id; ``replaced``
    until when a secret is good that was replaced, by its keyed digest. Times are Unix seconds.
    """

    keys: dict[str, str]
    withdrawals: dict[str, Withdrawn]
    lifted: frozenset[str]
    elsewhere: dict[tuple[bytes, bytes], KeyElsewhere]
    revoked: dict[Revocable, dict[str, int]]
    replaced: dict[bytes, int]


def list_beside(anchor: Path) -> Path:
    """Where the list lies that goes with this anchor of the log."""
    return anchor.with_name(anchor.name + ".erased")


class ErasureList:
    """One file; one process writes it, whose threads may share this. Every method is durable when it returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = threading.Lock()

    def begin(self) -> None:
        """Make the empty list where there is none: one that is not there says nothing, an empty one that none was."""
        if not self.path.exists():
            write_durably(self.path, b"", 0o600)

    def erased(self, kind: str, key: str) -> None:
        """A key is about to be destroyed."""
        self._append(f"erased {kind} {key}")

    def withdrawn(self, one: Withdrawn) -> None:
        """A subject is about to be erased who is not to come back."""
        self._append(f"withdrawn {one.id} {one.at} {one.key} {_hex(one.digests)}")

    def lifted(self, withdrawal: str) -> None:
        """A withdrawal is about to be lifted."""
        self._append(f"lifted {withdrawal}")

    def elsewhere(self, one: KeyElsewhere) -> None:
        """Withdrawals of another house are about to hold here."""
        self._append(f"elsewhere {_hex((one.gallery, one.id, one.sealed))}")

    def revoked(self, kind: Revocable, name: str, at: int) -> None:
        """What has this id is about to be revoked."""
        self._append(f"revoked {kind} {name} {at}")

    def replaced(self, digest: bytes, until: int) -> None:
        """The secret of this keyed digest is about to be replaced, and good until then at the longest."""
        self._append(f"replaced {digest.hex()} {until}")

    def read(self) -> Listed:
        """Everything on the list; raises Malformed where a line is none of ours."""
        keys: dict[str, str] = {}
        withdrawals: dict[str, Withdrawn] = {}
        lifted: set[str] = set()
        elsewhere: dict[tuple[bytes, bytes], KeyElsewhere] = {}
        revoked: dict[Revocable, dict[str, int]] = {kind: {} for kind in Revocable}
        replaced: dict[bytes, int] = {}
        for line in read_lines(self.path):
            try:
                match line.split(" "):
                    case ["erased", ("subject" | "gallery") as kind, key]:
                        keys[key] = kind
                    case ["withdrawn", name, at, key, *digests]:
                        withdrawals[name] = Withdrawn(name, int(at), key, tuple(map(bytes.fromhex, digests)))
                        if key != NO_KEY:
                            keys.setdefault(key, "subject")
                    case ["lifted", name]:
                        lifted.add(name)
                    case ["elsewhere", *parts]:
                        one = KeyElsewhere(*map(bytes.fromhex, parts))
                        elsewhere[one.gallery, one.id] = one
                    case ["revoked", kind, name, at]:
                        revoked[Revocable(kind)].setdefault(name, int(at))
                    case ["replaced", digest, until]:
                        known = bytes.fromhex(digest)
                        replaced[known] = min(int(until), replaced.get(known, int(until)))
                    case _:
                        raise ValueError
            except (ValueError, TypeError):
                raise Malformed(
                    "a line of the list of erasures does not parse",
                    where=str(self.path),
                    remedy="Put it back from the newest copy. Without it a backup may bring back who was erased.",
                ) from None
        return Listed(keys, withdrawals, frozenset(lifted), elsewhere, revoked, replaced)

    def _append(self, line: str) -> None:
        with self._turn:
            append_line(self.path, line)


def _hex(digests: Collection[bytes]) -> str:
    return " ".join(each.hex() for each in digests)
