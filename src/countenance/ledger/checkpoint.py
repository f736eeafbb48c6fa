"""Checkpoints (C2SP tlog-checkpoint v1.0.0): a log's origin, size and root, signed as a note."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import NamedTuple

from countenance.ledger import ed25519
from countenance.ledger.merkle import EMPTY_ROOT
from countenance.ledger.note import (
    COSIGNATURE,
    ED25519,
    BadSignature,
    Check,
    Note,
    Verified,
    VerifierKey,
    check_note,
    parse_note,
)
from countenance.ledger.unreadable import Unreadable

MAX_SIZE = 2**63 - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_ROOT = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=")


class Checkpoint(NamedTuple):
    """The tree of log ``origin`` has ``size`` leaves and this ``root`` (32 bytes).

    Extension lines of others are kept, since they are signed; our logs write none (they cannot be audited).
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def root64(self) -> str:
        """The root as checkpoints spell it."""
        return base64.b64encode(self.root).decode("ascii")

    @property
    def text(self) -> str:
        """The note text: what is signed."""
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), self.root64, *self.extensions))


class SignedCheckpoint(NamedTuple):
    """A checkpoint with the note that it came in, and who of the known keys signed it."""

    checkpoint: Checkpoint
    note: Note
    signers: tuple[Verified, ...]

    @property
    def witnesses(self) -> tuple[Verified, ...]:
        """The known cosigners."""
        return tuple(v for v in self.signers if v.key.kind == COSIGNATURE)


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a note text as a checkpoint; raises Unreadable with the line."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop():
        raise Unreadable("a checkpoint has a line each for origin, size and root")
    origin, size, root, *extensions = lines
    if not origin or len(origin) > 200 or origin.strip() != origin:
        raise Unreadable("the origin is not empty, has no space around it and at most 200 characters", "line 1")
    if not _SIZE.fullmatch(size) or int(size) > MAX_SIZE:
        raise Unreadable(f"a size is a decimal number below 2^63, not {size[:40]!r}", "line 2")
    if not _ROOT.fullmatch(root):
        raise Unreadable("a root is 32 bytes in base64", "line 3")
    for number, line in enumerate(extensions, 4):
        if not line:
            raise Unreadable("an extension line is not empty", f"line {number}")
    return Checkpoint(origin, int(size), base64.b64decode(root), tuple(extensions))


def open_checkpoint(
    data: bytes, log: VerifierKey, witnesses: Iterable[VerifierKey] = (), check: Check = ed25519.verify
) -> SignedCheckpoint:
    """Read and verify a signed checkpoint; raises Unreadable, or BadSignature where the log's key did not sign it.

    The log's key must bear the checkpoint's origin as its name: a key signs for no other log.
    """
    note = parse_note(data)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise Unreadable("the root of an empty tree is the SHA-256 of nothing", "line 3")
    if checkpoint.origin != log.name:
        raise BadSignature(f"the checkpoint is of {checkpoint.origin!r}, the key is of {log.name!r}")
    signers = tuple(check_note(note, (log, *witnesses), check))
    if not any(v.key == log and log.kind == ED25519 for v in signers):
        raise BadSignature(f"the log's key {log} did not sign this checkpoint")
    return SignedCheckpoint(checkpoint, note, signers)
