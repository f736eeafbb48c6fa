"""One valid entry of every kind, and strategies for many."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from countenance.ledger import entry
from countenance.ledger.entry import KINDS, entry_id

ID = entry_id(bytes(range(16)))
OTHER_ID = entry_id(bytes(range(1, 17)))
C = entry_id(bytes(range(32)))
SHA = "ab" * 32
KEY = entry_id(bytes(32))
SIGNATURE = "A" * 86

SAMPLES: dict[str, dict[str, Any]] = {
    "intent": {
        "id": ID, "ep": 3, "act": "search", "pur": "missing-person", "auth": "guardian-request", "ak": "registered",
        "gal": "k2J9xQ_a", "band": "101-1000", "cap": "2-5", "dec": "allow", "det": ["permit-search"], "pol": SHA,
        "c": C,
    },
    "outcome": {"of": ID, "ep": 3, "res": "candidates", "n": "2-5", "ctr": 17, "c": C},
    "review": {"id": OTHER_ID, "of": ID, "ep": 3, "res": "confirmed", "by": 2, "c": C},
    "charter": {
        "id": ID, "ep": 0, "digest": SHA, "from": 0, "min": 20, "n": 5, "gov": [KEY], "sig": [SIGNATURE], "c": C,
    },
    "purpose": {
        "id": OTHER_ID, "of": ID, "ep": 0, "pur": "missing-person", "forbidden": False, "text": 'Finden, "Übergabe"',
    },
    "gallery": {"id": ID, "ep": 0, "gal": "k2J9xQ_a", "ev": "created", "band": "0", "ctr": 0, "c": C},
    "authority": {"id": ID, "ep": 1, "auth": "warrant", "ak": "registered", "ev": "registered", "c": C},
    "erasure": {"id": ID, "ep": 1, "basis": "withdrawal", "n": "2-5", "c": C},
    "withdrawal": {"id": ID, "ep": 1, "ev": "lifted", "c": C},
    "batch": {"id": ID, "ep": 1, "gal": "0123456789abcdef", "ev": "published", "band": "11-100", "c": C},
    "hold": {"id": ID, "ep": 1, "ev": "set", "c": C},
    "point": {"id": ID, "ep": 3, "ev": "adopted", "of": "fpir", "sha": SHA, "c": C},
    "statement": {"id": ID, "ep": 4, "first": 0, "last": 3, "size": 99, "sha": SHA, "counts": SHA},
    "tally": {
        "id": ID, "ep": 4, "pur": "missing-person", "registered": 9, "standing": 0, "self": 0, "none": 0, "refused": 2,
    },
    "audit": {
        "id": ID, "ep": 5, "ev": "recorded", "of": 3, "sha": SHA, "n": 59, "opened": 57, "erased": 1, "missing": 1,
        "wrong": 0, "c": C,
    },
    "key": {
        "id": ID, "ep": 0, "ev": "added", "use": "statements",
        "vkey": "example.org/log+98af023b+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
    },
    "build": {"id": ID, "ep": 0, "ver": "0.1.0", "digest": SHA},
    "gap": {"id": ID, "ep": 7, "first": 6, "last": 7, "why": "restore", "c": C},
    "shard": {"id": ID, "ep": 0, "ev": "continues", "origin": "log.example/2026", "size": 70000, "root": SHA},
    "epoch": {"id": ID, "ep": 3, "start": "2026-10-01", "end": "2026-10-02", "early": False, "c": C},
}  # fmt: skip


def entries_of(kind: str) -> st.SearchStrategy[str]:
    """Texts that the kind's grammar matches; its rules across fields may still refuse them."""
    shapes = KINDS[kind]
    values = [st.from_regex(re.compile(shape.pattern, re.ASCII), fullmatch=True) for shape in shapes.values()]
    return st.tuples(*values).map(
        lambda found: "{" + ",".join(f'"{name}":{text}' for name, text in zip(shapes, found, strict=True)) + "}"
    )


def any_entry() -> st.SearchStrategy[str]:
    """Of any kind."""
    return st.sampled_from(sorted(KINDS)).flatmap(entries_of)


__all__ = ["SAMPLES", "any_entry", "entries_of", "entry"]
