"""Trust policies (C2SP tlog-policy): which log and which witnesses a reader trusts, and how many must agree.

Lines ``log <vkey> [url]``, ``witness <name> <vkey> [url]``, ``group <name> all|any|<k> <member>…`` and exactly one
``quorum <name>|none``; ``#`` starts a comment line. Names refer backwards only; a witness and a log are told apart by
their keys, so a key stands once among the logs and once among the witnesses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from countenance.ledger.note import COSIGNATURE, ED25519, VerifierKey, parse_vkey
from countenance.ledger.unreadable import Unreadable

MAX_BYTES = 256 << 10
NO_QUORUM = "none"


class Witness(NamedTuple):
    """A cosigner by its name in the policy, and where it takes checkpoints (empty where the policy does not say)."""

    name: str
    key: VerifierKey
    url: str


class Group(NamedTuple):
    """``threshold`` of ``members``, which are names of witnesses or earlier groups."""

    name: str
    threshold: int
    members: tuple[str, ...]


class TrustPolicy(NamedTuple):
    """Logs (key and url), witnesses and groups by name, and the name whose agreement is asked (or ``none``)."""

    logs: tuple[tuple[VerifierKey, str], ...]
    witnesses: dict[str, Witness]
    groups: dict[str, Group]
    quorum: str

    def logs_of(self, origin: str) -> tuple[VerifierKey, ...]:
        """The keys of the log with this origin."""
        return tuple(key for key, _ in self.logs if key.name == origin)

    def met_by(self, cosigners: Iterable[VerifierKey]) -> bool:
        """Whether these keys make up the quorum; always where it is ``none``."""
        if self.quorum == NO_QUORUM:
            return True
        present = set(cosigners)
        return self._agrees(self.quorum, present)

    def _agrees(self, name: str, present: set[VerifierKey]) -> bool:
        if name in self.witnesses:
            return self.witnesses[name].key in present
        group = self.groups[name]
        return sum(self._agrees(member, present) for member in group.members) >= group.threshold


def parse_policy(data: bytes) -> TrustPolicy:
    """Read a policy file; raises Unreadable with the line."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"a policy has at most {MAX_BYTES} bytes")
    if re.search(rb"[^\x09\x0a\x20-\x7e\x80-\xff]", data):
        raise Unreadable("a policy has no control characters")
    text = data.decode("utf-8", "surrogateescape")
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        words = [word for word in re.split("[ \t]+", line) if word]
        if words and not words[0].startswith("#"):
            try:
                reader.read(words)
            except Unreadable as error:
                raise Unreadable(str(error), f"line {number}") from None
    if reader.quorum is None:
        raise Unreadable("a policy has exactly one quorum line")
    return TrustPolicy(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum)


class _Reader:
    """What has been read so far."""

    def __init__(self) -> None:
        self.logs: list[tuple[VerifierKey, str]] = []
        self.witnesses: dict[str, Witness] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self._taken: set[str] = set()
        self._keys: set[tuple[int, bytes]] = set()

    def read(self, words: list[str]) -> None:
        kind, count = words[0], len(words)
        if kind == "log" and count in (2, 3):
            self.logs.append((self._key(words[1], ED25519), "".join(words[2:])))
        elif kind == "witness" and count in (3, 4):
            self._new(words[1])
            self.witnesses[words[1]] = Witness(words[1], self._key(words[2], COSIGNATURE), "".join(words[3:]))
        elif kind == "group" and count > 3:
            self._new(words[1])
            members = self._members(words[3:])
            self.groups[words[1]] = Group(words[1], _threshold(words[2], len(members)), members)
        elif kind == "quorum" and count == 2 and self.quorum is None:
            if words[1] != NO_QUORUM:
                self._known(words[1])
            self.quorum = words[1]
        elif kind == "quorum" and count == 2:
            raise Unreadable("a policy has exactly one quorum line")
        else:
            raise Unreadable(f"no line of a policy: {' '.join(words)[:80]!r}")

    def _new(self, name: str) -> None:
        if name == NO_QUORUM or name in self.witnesses or name in self.groups:
            raise Unreadable(f"the name {name[:80]!r} is taken")

    def _known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise Unreadable(f"nothing above is called {name[:80]!r}")

    def _members(self, names: list[str]) -> tuple[str, ...]:
        for name in names:
            self._known(name)
            if name in self._taken:
                raise Unreadable(f"{name[:80]!r} is a member already")
            self._taken.add(name)
        return tuple(names)

    def _key(self, vkey: str, kind: int) -> VerifierKey:
        key = parse_vkey(vkey)
        if key.kind != kind:
            raise Unreadable(f"the key of {key.name} is of type 0x{key.kind:02x}, not 0x{kind:02x}")
        if (kind, key.public) in self._keys:
            raise Unreadable(f"the key of {key.name} stands twice")
        self._keys.add((kind, key.public))
        return key


def _threshold(text: str, members: int) -> int:
    if text in ("all", "any"):
        return members if text == "all" else 1
    if not re.fullmatch("[1-9][0-9]{0,3}", text) or int(text) > members:
        raise Unreadable(f"a group asks for all, any, or a number up to {members}, not {text[:40]!r}")
    return int(text)
