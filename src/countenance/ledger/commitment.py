"""Commitments: one salted hash for each sealed field, one root for all, and openings of single fields.

Each field has its own 256-bit salt, so that one can be shown or destroyed and the others stay sealed.
Leaf of a field: SHA-256(0x00 || "countenance/field/v1" 0x00 || salt || name || 0x00 || value as JSON text);
commitment: the RFC 6962 root over the leaves, sorted by name. The JSON text is hashed as it stands in the opening;
nobody who checks one has to serialise anything.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from countenance.ledger import merkle
from countenance.ledger.detail import DETAIL
from countenance.ledger.entry import parse
from countenance.ledger.unreadable import Unreadable

SALT_BYTES = 32
FORMAT = "countenance-opening/v1"
MAX_OPENING_BYTES = 4 << 20
_DOMAIN = b"countenance/field/v1\x00"
_SHAPE = {"format": str, "entry": str, "field": str, "value": str, "salt": str, "path": list, "proof": str}


class Opening(NamedTuple):
    """One field of one entry, laid open. ``entry`` is the entry's exact text, ``value`` the field's JSON text.

    ``proof`` is the text of a ``.tlog-proof`` for the entry, empty while its epoch is open: the opening shows that
    the value belongs to the entry, the proof that the entry belongs to the log. ``_replace`` it when it is there.
    """

    entry: str
    field: str
    value: str
    salt: bytes
    path: tuple[bytes, ...]
    proof: str = ""


def field_leaf(name: str, value: str, salt: bytes) -> bytes:
    """The leaf hash of one field; ``value`` is JSON text."""
    if len(salt) != SALT_BYTES:
        raise Unreadable(f"a salt has {SALT_BYTES} bytes", f"field {name}")
    return merkle.leaf_hash(_DOMAIN + salt + name.encode("ascii") + b"\x00" + value.encode("utf-8"))


def commitment(leaves: Sequence[bytes]) -> str:
    """The field ``c`` of an entry: the root over the fields' leaves, in base64url."""
    return base64.urlsafe_b64encode(merkle.root_of(leaves)).decode("ascii").rstrip("=")


def check_opening(opening: Opening) -> Any:
    """The opened value, where it is what the entry committed to; raises Unreadable."""
    entry = parse(opening.entry.encode("utf-8", "replace"))
    place = place_of(entry.kind, opening.field)
    leaf = field_leaf(opening.field, opening.value, opening.salt)
    root = merkle.root_from_inclusion(place, len(DETAIL[entry.kind]), leaf, opening.path)
    if root is None or commitment([root]) != entry.fields["c"]:
        raise Unreadable("value, salt and path do not lead to the entry's commitment", f"opening of {opening.field}")
    try:
        return json.loads(opening.value)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the value is no JSON: {error}", f"opening of {opening.field}") from None


def opening_text(opening: Opening) -> str:
    """The opening as a file that a court can keep."""
    body = {
        "format": FORMAT,
        "entry": opening.entry,
        "field": opening.field,
        "value": opening.value,
        "salt": base64.b64encode(opening.salt).decode("ascii"),
        "path": [base64.b64encode(h).decode("ascii") for h in opening.path],
        "proof": opening.proof,
    }
    return json.dumps(body, indent=2) + "\n"


def parse_opening(data: bytes) -> Opening:
    """Read an opening file; raises Unreadable."""
    if len(data) > MAX_OPENING_BYTES:
        raise Unreadable(f"an opening has at most {MAX_OPENING_BYTES} bytes")
    try:
        body = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"an opening is one JSON object: {error}") from None
    if not isinstance(body, dict) or set(body) != set(_SHAPE):
        raise Unreadable(f"an opening is one JSON object with {', '.join(_SHAPE)}")
    for name, shape in _SHAPE.items():
        if not isinstance(body[name], shape):
            raise Unreadable(f"is not a {shape.__name__}", f"opening, {name}")
    if body["format"] != FORMAT:
        raise Unreadable(f"is not {FORMAT}", "opening, format")
    if len(body["path"]) > 64:
        raise Unreadable("is longer than any proof", "opening, path")
    path = tuple(_base64(h, "path", 32) for h in body["path"])
    salt = _base64(body["salt"], "salt", SALT_BYTES)
    opening = Opening(body["entry"], body["field"], body["value"], salt, path, body["proof"])
    if opening_text(opening).encode("utf-8", "replace") != data:
        raise Unreadable("is not in its one spelling (order of keys, two spaces of indent)", "opening")
    return opening


def place_of(kind: str, name: str) -> int:
    """Which of the fields of ``kind``, sorted by name, this one is; raises Unreadable."""
    names = sorted(DETAIL.get(kind, ()))
    if name not in names:
        raise Unreadable(f"an entry of kind {kind} has no such sealed field", f"field {name[:80]!r}")
    return names.index(name)


def _base64(text: Any, field: str, length: int) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (TypeError, ValueError):
        raise Unreadable("is no base64", f"opening, {field}") from None
    if len(data) != length:
        raise Unreadable(f"does not have {length} bytes", f"opening, {field}")
    return data
