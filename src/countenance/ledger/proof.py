"""Proofs of inclusion in a file (C2SP tlog-proof v1): what a receipt becomes when its epoch closes."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import NamedTuple

from countenance.ledger import ed25519
from countenance.ledger.checkpoint import SignedCheckpoint, open_checkpoint
from countenance.ledger.merkle import leaf_hash, root_from_inclusion
from countenance.ledger.note import BadSignature, Check, VerifierKey
from countenance.ledger.unreadable import Unreadable

HEADER = "c2sp.org/tlog-proof@v1"
MAX_BYTES = 96 << 10
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


class Proof(NamedTuple):
    """The entry at ``position`` lies in the tree of ``checkpoint`` (the bytes of the signed note).

    ``extra`` may carry anything and proves nothing.
    """

    position: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def __str__(self) -> str:
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode('ascii')}")
        lines.append(f"index {self.position}")
        lines += [base64.b64encode(h).decode("ascii") for h in self.hashes]
        return "\n".join([*lines, "", self.checkpoint.decode("utf-8")])


def parse_proof(data: bytes) -> Proof:
    """Read a ``.tlog-proof``; raises Unreadable."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"a proof has at most {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"a proof is UTF-8: {error.reason}", f"byte {error.start}") from None
    head, blank, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or lines.pop(0) != HEADER:
        raise Unreadable(f"a proof starts with {HEADER} and ends in a checkpoint", "line 1")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = _base64(lines.pop(0)[len("extra ") :], "extra")
    match = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if match is None:
        raise Unreadable("a proof names its index", "index")
    if len(lines) > 63:
        raise Unreadable("has more than 63 hashes", "path")
    hashes = tuple(_base64(line, f"hash {i}") for i, line in enumerate(lines))
    if any(len(h) != 32 for h in hashes):
        raise Unreadable("a hash has 32 bytes", "path")
    return Proof(int(match[1]), hashes, checkpoint.encode(), extra)


def check_proof(
    proof: Proof, entry: bytes, log: VerifierKey, witnesses: Iterable[VerifierKey] = (), check: Check = ed25519.verify
) -> SignedCheckpoint:
    """The checkpoint that holds ``entry``; raises Unreadable, or BadSignature where the path does not lead to it."""
    signed = open_checkpoint(proof.checkpoint, log, witnesses, check)
    size, root = signed.checkpoint.size, signed.checkpoint.root
    if root_from_inclusion(proof.position, size, leaf_hash(entry), proof.hashes) != root:
        raise BadSignature(f"the path of entry {proof.position} does not lead to the root of the tree of {size}")
    return signed


def _base64(text: str, where: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Unreadable("is no base64", where) from None
    if base64.b64encode(data).decode("ascii") != text:
        raise Unreadable("is base64 in another than its one spelling", where)
    return data
