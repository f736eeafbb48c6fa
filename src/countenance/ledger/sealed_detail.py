"""Sealed detail: what lies behind an entry's commitment, as it is packed, sealed, opened and pruned.

Plain form, before sealing: the kind and a zero byte, then for each field of the kind in order of its name
``1``, the 32-byte salt, a 4-byte length and the value's JSON text; or ``0`` and the 32-byte leaf hash of a field that
was erased. The leaf is all that is left of an erased field: without its salt it says nothing, and the other fields
can still be shown.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from countenance.ledger.commitment import SALT_BYTES, Opening, commitment, field_leaf, open_field
from countenance.ledger.detail import DETAIL
from countenance.terms.errors import Malformed, SealBroken, UnknownName

Json = Any
"""What JSON can say: None, bool, int, float, str, lists and string-keyed mappings of these."""

_LENGTH = struct.Struct(">I")
_text = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


@dataclass(frozen=True, slots=True)
class SealedDetail:
    """The fields of one entry, sorted by name: each its value's JSON text and salt, or None and its leaf hash."""

    kind: str
    fields: dict[str, tuple[str | None, bytes]]

    @classmethod
    def make(cls, kind: str, detail: Mapping[str, Json]) -> SealedDetail:
        """All fields of ``kind`` with fresh salts; absent ones are null. Raises Malformed for a name it has not."""
        names = DETAIL.get(kind, ())
        if not detail.keys() <= set(names):
            unknown = ", ".join(sorted(detail.keys() - set(names)))
            raise Malformed(f"an entry of kind {kind} has no sealed field {unknown}")
        salts = os.urandom(SALT_BYTES * len(names))
        fields: dict[str, tuple[str | None, bytes]] = {}
        for i, name in enumerate(sorted(names)):
            value = detail.get(name)
            salt = salts[i * SALT_BYTES : (i + 1) * SALT_BYTES]
            fields[name] = ("null" if value is None else _text(value), salt)
        return cls(kind, fields)

    def leaves(self) -> list[bytes]:
        """The leaf hash of each field, sorted by name."""
        return [b if value is None else field_leaf(name, value, b) for name, (value, b) in self.fields.items()]

    def commitment(self) -> str:
        """What the entry says of all of it: its field ``c``."""
        return commitment(self.leaves())

    def opening(self, entry: bytes, name: str) -> Opening:
        """Lay one field open; raises UnknownName where there is none of that name or it was erased."""
        if name not in self.fields:
            raise UnknownName(f"an entry of kind {self.kind} has no sealed field {name!r}")
        value, salt = self.fields[name]
        if value is None:
            raise UnknownName(f"the field {name} of this entry was erased")
        return open_field(entry, name, value, salt, self.leaves())

    def without(self, names: Collection[str]) -> SealedDetail:
        """The same with these fields' values and salts gone."""
        return SealedDetail(
            self.kind,
            {
                name: (None, field_leaf(name, value, b)) if name in names and value is not None else (value, b)
                for name, (value, b) in self.fields.items()
            },
        )

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
                text = value.encode("ascii")
                parts += (b"1", b, _LENGTH.pack(len(text)), text)
        return b"".join(parts)

    @classmethod
    def unpack(cls, data: bytes) -> SealedDetail:
        """Read the plain form; raises SealBroken where it is none."""
        name, zero, rest = data.partition(b"\0")
        kind = name.decode("ascii", "replace")
        fields: dict[str, tuple[str | None, bytes]] = {}
        offset = 0
        for field in sorted(DETAIL.get(kind, ())):
            mark, b = rest[offset : offset + 1], rest[offset + 1 : offset + 1 + SALT_BYTES]
            offset += 1 + SALT_BYTES
            if mark == b"1":
                (length,) = _LENGTH.unpack_from(rest.ljust(offset + _LENGTH.size, b"\0"), offset)
                offset += _LENGTH.size
                fields[field] = (rest[offset : offset + length].decode("ascii", "replace"), b)
                offset += length
            else:
                fields[field] = (None, b)
        if not zero or not fields or offset != len(rest):
            raise SealBroken("sealed detail does not have the form that it should")
        return cls(kind, fields)
