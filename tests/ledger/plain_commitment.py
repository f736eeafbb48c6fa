"""Commitments as their definition says, one field at a time: what the faster code of the ledger is compared with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from countenance.ledger.commitment import SALT_BYTES, field_leaf
from countenance.ledger.detail import DETAIL
from countenance.ledger.unreadable import Unreadable


def value_texts(kind: str, detail: Mapping[str, Any]) -> dict[str, str]:
    """The JSON text of every sealed field of ``kind``; what is absent is ``null``. Raises Unreadable."""
    names = DETAIL.get(kind, ())
    for name in detail:
        if name not in names:
            raise Unreadable(f"an entry of kind {kind} has no such sealed field", f"field {name}")
    return {
        name: json.dumps(detail.get(name), sort_keys=True, separators=(",", ":"), ensure_ascii=True) for name in names
    }


def fresh_salts(kind: str, random: Callable[[int], bytes]) -> dict[str, bytes]:
    """A salt for every sealed field of ``kind``; ``random`` must be the operating system's."""
    return {name: random(SALT_BYTES) for name in DETAIL.get(kind, ())}


def field_leaves(values: Mapping[str, str], salts: Mapping[str, bytes]) -> list[bytes]:
    """The leaf hashes of all fields, sorted by name."""
    return [field_leaf(name, values[name], salts[name]) for name in sorted(values)]
