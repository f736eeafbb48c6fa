"""The body of ``add-checkpoint`` (C2SP tlog-witness): an old size, a consistency proof, a signed checkpoint."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import NamedTuple

from countenance.ledger.note import MAX_BYTES as MAX_NOTE
from countenance.ledger.unreadable import Unreadable

MAX_PROOF = 63
MAX_BYTES = MAX_NOTE + (MAX_PROOF + 1) * 64
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


class Submission(NamedTuple):
    """``proof`` leads from the tree of ``old`` leaves to the one of ``checkpoint`` (the bytes of a signed note)."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes


def parse_submission(data: bytes) -> Submission:
    """Read a body; raises Unreadable with the line."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"a submission has at most {MAX_BYTES} bytes")
    head, blank, checkpoint = data.partition(b"\n\n")
    if not blank:
        raise Unreadable("an empty line stands before the checkpoint")
    lines = head.decode("latin-1").split("\n")
    old = _OLD.fullmatch(lines[0])
    if old is None:
        raise Unreadable("a submission starts with its old size", "line 1")
    if len(lines) - 1 > MAX_PROOF:
        raise Unreadable(f"a proof has at most {MAX_PROOF} hashes")
    return Submission(int(old[1]), tuple(_hash(line, i) for i, line in enumerate(lines[1:], 2)), checkpoint)


def submission_bytes(old: int, proof: Sequence[bytes], checkpoint: bytes) -> bytes:
    """The body that a log sends."""
    lines = [f"old {old}\n", *(f"{base64.b64encode(h).decode('ascii')}\n" for h in proof), "\n"]
    return "".join(lines).encode("ascii") + checkpoint


def _hash(line: str, number: int) -> bytes:
    try:
        data = base64.b64decode(line, validate=True)
    except ValueError:
        data = b""
    if len(data) != 32 or base64.b64encode(data).decode("ascii") != line:
        raise Unreadable("is no hash in base64", f"line {number}")
    return data
