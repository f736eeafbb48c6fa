"""Signed notes (C2SP signed-note v1.0.0): a text and lines of signatures, read strictly.

A note is UTF-8 without control characters but the line feed; the text ends at the last blank line; each signature is
``— name base64`` over a 4-byte key id and the signature. Lines of unknown keys are ignored; a line of a known key that
does not verify spoils the whole note. Base64 has one spelling, so no bit of a note can change unseen.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from countenance.ledger import ed25519
from countenance.ledger.unreadable import Unreadable

MAX_BYTES = 64 << 10
MAX_LINES = 64
ED25519 = 0x01
COSIGNATURE = 0x04
"""C2SP tlog-cosignature v1.0.1: a 64-bit time before the signature."""
MAX_TIME = 2**63 - 1
_DASH = "\u2014 "
_NAME = re.compile(r"[^\s+\ud800-\udfff]{1,200}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")

Check = Callable[[bytes, bytes, bytes], bool]
"""``check(public, message, signature)``: an Ed25519 verification."""


class BadSignature(Exception):
    """A known key's signature does not verify, or no known key signed; says which."""


class Signature(NamedTuple):
    """One line: who, under which key id (8 hex digits), and the bytes after the id."""

    name: str
    key_id: str
    payload: bytes


class Note(NamedTuple):
    """The text with its final line feed, and the signature lines in their order."""

    text: str
    signatures: tuple[Signature, ...]


class VerifierKey(NamedTuple):
    """A public key by name: ``kind`` is ``ED25519`` or ``COSIGNATURE``, ``public`` 32 bytes."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> str:
        """The first 4 bytes of SHA-256(name || LF || kind || public), in hex. An identifier, no protection."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4].hex()

    def __str__(self) -> str:
        public = base64.b64encode(bytes([self.kind]) + self.public).decode("ascii")
        return f"{self.name}+{self.key_id}+{public}"


class Verified(NamedTuple):
    """A key that signed; ``time`` (Unix seconds) is what a cosignature says, else None."""

    key: VerifierKey
    time: int | None


def parse_vkey(text: str) -> VerifierKey:
    """Read ``name+id+base64``; raises Unreadable."""
    parts = text.split("+", 2)
    if len(parts) != 3 or not _NAME.fullmatch(parts[0]):
        raise Unreadable(f"a verifier key is name+id+base64, not {text[:80]!r}")
    data = _base64(parts[2], "verifier key")
    if len(data) != 33 or data[0] not in (ED25519, COSIGNATURE):
        raise Unreadable("is no Ed25519 key (0x01) or cosigner's key (0x04)", f"verifier key {parts[0]}")
    key = VerifierKey(parts[0], data[0], data[1:])
    if key.key_id != parts[1]:
        raise Unreadable(f"its id is {key.key_id}, not {parts[1][:80]}", f"verifier key {parts[0]}")
    return key


def parse_note(data: bytes, most: int = MAX_BYTES) -> Note:
    """Read a note of at most ``most`` bytes without judging it; raises Unreadable with the line."""
    if len(data) > most:
        raise Unreadable(f"a note has at most {most} bytes; this one has {len(data)}")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"a note is UTF-8: {error.reason}", f"byte {error.start}") from None
    found = _CONTROL.search(whole)
    if found:
        raise Unreadable("a note has no control characters", f"line {whole.count(chr(10), 0, found.start()) + 1}")
    text, blank, tail = whole.rpartition("\n\n")
    if not blank or not tail.endswith("\n") or not text:
        raise Unreadable("a note is a text, an empty line, and lines of signatures")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_LINES:
        raise Unreadable(f"a note has at most {MAX_LINES} signatures; this one has {len(lines)}")
    first = text.count("\n") + 3
    return Note(text + "\n", tuple(_signature(line, first + i) for i, line in enumerate(lines)))


def check_note(note: Note, keys: Iterable[VerifierKey], check: Check = ed25519.verify) -> list[Verified]:
    """Who of ``keys`` signed, in the order of the lines; raises BadSignature for a known key's false signature."""
    known = {(key.name, key.key_id): key for key in keys}
    verified: dict[VerifierKey, Verified] = {}
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key is None:
            continue
        time = None
        message, signature = note.text.encode(), line.payload
        if key.kind == COSIGNATURE:
            time = int.from_bytes(signature[:8], "big")
            message, signature = cosigned_message(note.text, time), signature[8:]
        if (time is not None and time > MAX_TIME) or not check(key.public, message, signature):
            raise BadSignature(f"the signature of {key.name} (key {key.key_id}) does not verify")
        verified.setdefault(key, Verified(key, time))
    return list(verified.values())


def cosigned_message(text: str, time: int) -> bytes:
    """What a cosigner signs: the time and the whole text of the checkpoint."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def sign(text: str, key: VerifierKey, signer: Callable[[bytes], bytes], time: int | None = None) -> str:
    """A signature line (with its line feed) over ``text``; a cosignature needs its ``time`` in Unix seconds."""
    if key.kind == COSIGNATURE:
        if time is None or not 0 < time <= MAX_TIME:
            raise ValueError("a cosignature says its time")
        payload = time.to_bytes(8, "big") + signer(cosigned_message(text, time))
    else:
        payload = signer(text.encode())
    return signature_line(Signature(key.name, key.key_id, payload))


def signature_line(signature: Signature) -> str:
    """One line with its line feed."""
    payload = base64.b64encode(bytes.fromhex(signature.key_id) + signature.payload).decode("ascii")
    return f"{_DASH}{signature.name} {payload}\n"


def note_bytes(text: str, lines: Iterable[str]) -> bytes:
    """A whole note of a text that ends in a line feed, and its signature lines."""
    return (text + "\n" + "".join(lines)).encode()


def _signature(line: str, number: int) -> Signature:
    where = f"line {number}"
    if not line.startswith(_DASH):
        raise Unreadable("a signature starts with an em dash and a space", where)
    name, space, encoded = line[len(_DASH) :].partition(" ")
    if not space or not _NAME.fullmatch(name):
        raise Unreadable("a signature names its key, without spaces or plus signs", where)
    payload = _base64(encoded, where)
    if len(payload) < 5:
        raise Unreadable("a signature has a key id of 4 bytes and more", where)
    return Signature(name, payload[:4].hex(), payload[4:])


def _base64(text: str, where: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Unreadable("is no base64", where) from None
    if base64.b64encode(data).decode("ascii") != text:
        raise Unreadable("is base64 in another than its one spelling", where)
    return data
