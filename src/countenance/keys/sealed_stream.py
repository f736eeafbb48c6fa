"""A sealed stream: a file of any size under a passphrase, signed, of which no part can be changed, moved or left out.

::

    head       one line of JSON: format, the signer's public key and what the caller says, in clear; a salt
    chunks     AES-256-GCM of 64 KiB each, the last one shorter: STREAM of Hoang, Reyhanitabar, Rogaway and Vizár
               (CRYPTO 2015): the nonce is 7 zero bytes, the number of the chunk (4, big-endian), and 1 for the last
               chunk, else 0; the associated data are the SHA-256 of the head; the key is scrypt (RFC 7914) of the
               passphrase, and of no other file, for the salt is random
    signature  64 bytes, Ed25519, of "countenance/sealed-stream/v1\\n" and the SHA-256 of all before it
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from countenance.keys.seal import KEY_BYTES
from countenance.keys.signing import SigningKey, verify_signature
from countenance.terms.errors import Malformed, SealBroken

FORMAT = "countenance-sealed-stream/1"
CHUNK = 64 * 1024
SHORTEST = 12
"""Characters of a passphrase, at least: whoever has the file can try for as long as they like."""
_COST = 2**17
"""scrypt's N; with r = 8 a try takes 128 MiB and about half a second."""
_HEAD, _TAG, _SIGNATURE = 4096, 16, 64
_SIGNED = b"countenance/sealed-stream/v1\n"


@dataclass(frozen=True, slots=True)
class Head:
    """What a stream says in clear. ``key`` is the signer's (32 bytes), ``digest`` the SHA-256 (hex) that it signed."""

    said: dict[str, str]
    key: bytes
    salt: bytes
    line: bytes
    digest: str


def write_stream(out: BinaryIO, said: dict[str, str], parts: Iterable[bytes], passphrase: str, key: SigningKey) -> str:
    """Write a whole stream; its digest (hex). Raises Malformed for a short passphrase, and OSError."""
    salt = os.urandom(16)
    body = {"format": FORMAT, "key": key.public.hex(), "salt": salt.hex()}
    head = json.dumps(said | body, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"
    cipher, place = _cipher(passphrase, salt), hashlib.sha256(head).digest()
    digest = hashlib.sha256()

    def put(data: bytes) -> None:
        digest.update(data)
        out.write(data)

    put(head)
    left, number = bytearray(), 0
    for part in parts:
        left += part
        while len(left) > CHUNK:  # what may be the last one stays
            put(cipher.encrypt(_nonce(number, last=False), bytes(left[:CHUNK]), place))
            del left[:CHUNK]
            number += 1
    put(cipher.encrypt(_nonce(number, last=True), bytes(left), place))
    out.write(key.sign(_SIGNED + digest.digest()))
    return digest.hexdigest()


def check_stream(file: BinaryIO) -> Head:
    """Read all of it, from its start: that it is whole, and as it was signed. What is in it stays shut.

    Raises Malformed where this is no such stream, SealBroken where it was changed or cut short.
    """
    end = file.seek(0, os.SEEK_END) - _SIGNATURE
    file.seek(0)
    line = file.readline(_HEAD)
    try:
        said = json.loads(line)
        key, salt = bytes.fromhex(said.pop("key")), bytes.fromhex(said.pop("salt"))
        if said.pop("format") != FORMAT or not all(isinstance(each, str) for each in said.values()):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Malformed("this is no export of this program, or of a version that this one does not know") from None
    digest, at = hashlib.sha256(line), len(line)
    while at < end and (data := file.read(min(CHUNK, end - at))):
        digest.update(data)
        at += len(data)
    if at != end or not verify_signature(key, _SIGNED + digest.digest(), file.read(_SIGNATURE)):
        raise SealBroken("this export was changed or cut short: its signature does not fit")
    return Head(said, key, salt, line, digest.hexdigest())


def read_stream(file: BinaryIO, head: Head, passphrase: str) -> Iterator[bytes]:
    """What is in it, a line at a time without its end; ``head`` is of ``check_stream``.

    Each is authentic when it is given out; only after the last one it is sure that there is no more. Raises
    SealBroken, at the first for a wrong passphrase.
    """
    end = file.seek(0, os.SEEK_END) - _SIGNATURE
    at = file.seek(len(head.line))
    cipher, place, number = _cipher(passphrase, head.salt), hashlib.sha256(head.line).digest(), 0
    left = list[bytes]()  # a line that is not at its end yet, in pieces
    while at < end:
        sealed = file.read(min(CHUNK + _TAG, end - at))
        at += len(sealed)
        try:
            opened = cipher.decrypt(_nonce(number, last=at == end), sealed, place)
        except InvalidTag:
            what = "the passphrase does not open this export" if not number else "this export was changed meanwhile"
            raise SealBroken(what) from None
        number += 1
        first, *more = opened.split(b"\n")
        left.append(first)
        for each in more:
            yield b"".join(left)
            left = [each]
    if any(left) or not number:
        raise SealBroken("this export ends in the middle of a line")


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    if len(passphrase) < SHORTEST:
        raise Malformed(
            f"a passphrase has {SHORTEST} characters or more",
            remedy="Let a program draw one, of 20 characters or six words.",
        )
    return AESGCM(Scrypt(salt, KEY_BYTES, n=_COST, r=8, p=1).derive(passphrase.encode("utf-8", "surrogatepass")))


def _nonce(number: int, *, last: bool) -> bytes:
    return struct.pack(">7xIB", number, last)
