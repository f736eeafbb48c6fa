"""Sealed detail: what lies behind an entry's commitment, as it is packed, sealed, opened and pruned.

Plain form, before sealing: the kind and a zero byte, then for each field of the kind in order of its name
``1``, the 32-byte salt, a 4-byte length and the value's JSON text; or ``0`` and the 32-byte leaf hash of a field that
was erased. The leaf is all that is left of an erased field: without its salt it says nothing, and the other fields
can still be shown.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from countenance.ledger.commitment import SALT_BYTES, Opening, place_of
from countenance.ledger.detail import DETAIL
from countenance.ledger.entry import parse
from countenance.ledger.merkle_proofs import inclusion_proof, node_in
from countenance.terms.errors import Malformed, SealBroken, UnknownName

Json = Any
"""What JSON can say: None, bool, int, float, str, lists and string-keyed mappings of these."""

Random = Callable[[int], bytes]
"""Gives so many bytes of the operating system's randomness, each once."""

_LENGTH = struct.Struct(">I")
_LEAF = b"\x00countenance/field/v1\x00"
_NODE = b"\x01"
_NAMES = {kind: tuple((name, name.encode("ascii") + b"\0") for name in sorted(names)) for kind, names in DETAIL.items()}
_text = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


@dataclass(frozen=True, slots=True)
class SealedDetail:
    """The fields of one entry, sorted by name: each its value's JSON text and salt, or None and its leaf hash."""

    kind: str
    fields: dict[str, tuple[bytes | None, bytes]]

    @property
    def leaves(self) -> list[bytes]:
        """The fields' leaf hashes in that order.

        Every request waits for this, so it hashes in one loop what ``commitment.field_leaf`` says of one field.
        """
        labelled = zip(_NAMES.get(self.kind, ()), self.fields.values(), strict=True)
        return [
            b if value is None else hashlib.sha256(_LEAF + b + label + value).digest()
            for (_, label), (value, b) in labelled
        ]

    @classmethod
    def make(cls, kind: str, detail: Mapping[str, Json], random: Random = os.urandom) -> SealedDetail:
        """All fields of ``kind`` with fresh salts; absent ones are null. Raises Malformed for a name it has not."""
        names = _NAMES.get(kind, ())
        salts = random(SALT_BYTES * len(names))
        fields: dict[str, tuple[bytes | None, bytes]] = {}
        given = at = 0
        for name, _ in names:
            value = detail.get(name)
            if value is None:
                text = b"null"
                given += name in detail
            else:
                text = _text(value).encode("ascii")
                given += 1
            fields[name] = text, salts[at : at + SALT_BYTES]
            at += SALT_BYTES
        if given != len(detail):
            unknown = ", ".join(sorted(detail.keys() - fields.keys()))
            raise Malformed(f"an entry of kind {kind} has no sealed field {unknown}")
        return cls(kind, fields)

    def commitment(self) -> str:
        """What the entry says of all of it: its field ``c``."""
        return base64.urlsafe_b64encode(_root(self.leaves)).decode("ascii").rstrip("=")

    def opening(self, entry: bytes, name: str) -> Opening:
        """Lay one field open; raises UnknownName where there is none of that name or it was erased."""
        if name not in self.fields:
            raise UnknownName(f"an entry of kind {self.kind} has no sealed field {name!r}")
        value, salt = self.fields[name]
        if value is None:
            raise UnknownName(f"the field {name} of this entry was erased")
        return open_field(entry, name, value.decode("ascii"), salt, self.leaves)

    def without(self, names: Collection[str]) -> SealedDetail:
        """The same with these fields' values and salts gone."""
        kept: dict[str, tuple[bytes | None, bytes]] = {
            name: (None, leaf) if name in names else kept
            for (name, kept), leaf in zip(self.fields.items(), self.leaves, strict=True)
        }
        return SealedDetail(self.kind, kept)

    def values(self) -> dict[str, Json]:
        """The values that are still there."""
        return {name: json.loads(value) for name, (value, _) in self.fields.items() if value is not None}

    def pack(self) -> bytes:
        """The plain form."""
        parts = [self.kind.encode("ascii"), b"\0"]
        for value, b in self.fields.values():
            if value is None:
                parts += (b"0", b)
            else:
                parts += (b"1", b, _LENGTH.pack(len(value)), value)
        return b"".join(parts)

    @classmethod
    def unpack(cls, data: bytes) -> SealedDetail:
        """Read the plain form; raises SealBroken where it is none."""
        name, zero, rest = data.partition(b"\0")
        kind = name.decode("ascii", "replace")
        fields: dict[str, tuple[bytes | None, bytes]] = {}
        offset = 0
        for field_name, _ in _NAMES.get(kind, ()):
            mark, b = rest[offset : offset + 1], rest[offset + 1 : offset + 1 + SALT_BYTES]
            offset += 1 + SALT_BYTES
            value = None
            if mark == b"1":
                (length,) = _LENGTH.unpack_from(rest.ljust(offset + _LENGTH.size, b"\0"), offset)
                value = rest[offset + _LENGTH.size : offset + _LENGTH.size + length]
                offset += _LENGTH.size + length
            fields[field_name] = value, b
        if not zero or not fields or offset != len(rest):
            raise SealBroken("sealed detail does not have the form that it should")
        return cls(kind, fields)


def _root(hashes: Sequence[bytes]) -> bytes:
    """``merkle.root_of``, level by level: an odd last node is carried up as it is."""
    level = list(hashes)
    while len(level) > 1:
        above = [hashlib.sha256(_NODE + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
        if len(level) & 1:
            above.append(level[-1])
        level = above
    return level[0]


def open_field(entry: bytes, name: str, value: str, salt: bytes, leaves: Sequence[bytes]) -> Opening:
    """Lay one field open. ``leaves`` are those of all fields; what was erased is there as its leaf alone."""
    place = place_of(parse(entry).kind, name)
    path = inclusion_proof(place, len(leaves), node_in(leaves))
    return Opening(entry.decode("ascii"), name, value, salt, tuple(path))
