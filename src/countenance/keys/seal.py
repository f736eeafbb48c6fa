"""Seal bytes under a key: AES-256-GCM (NIST SP 800-38D), bound to the place where they lie."""

from __future__ import annotations

import os
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from countenance.terms.errors import SealBroken

KEY_BYTES = 32
_VERSION = b"\x01"
_NONCE = 12
_TAG = 16
OVERHEAD = len(_VERSION) + _NONCE + _TAG
"""How many bytes longer than the plain text the sealed bytes are."""


def new_key() -> bytes:
    """A random 256-bit key from the operating system."""
    return os.urandom(KEY_BYTES)


class Seal:
    """One key, ready for many seals.

    Each nonce is 96 random bits; SP 800-38D 8.3 allows 2^32 of them under one key, far beyond what one subject's
    references or one gallery's subjects need.
    """

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def close(self, plaintext: bytes, context: bytes) -> bytes:
        """Version byte, nonce, cipher text and tag. Only the same ``context`` opens it: moved bytes do not open."""
        nonce = os.urandom(_NONCE)
        return _VERSION + nonce + self._cipher.encrypt(nonce, plaintext, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """The plain text; raises SealBroken where key, context or a bit of ``sealed`` is another."""
        if len(sealed) < OVERHEAD or sealed[:1] != _VERSION:
            raise SealBroken("these bytes were not sealed by this program, or were cut short")
        try:
            return self._cipher.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], context)
        except InvalidTag:
            raise SealBroken("sealed bytes do not open: another key, another place, or changed bytes") from None


def open_each(outer: Seal, rows: Iterable[tuple[bytes, bytes, bytes, bytes]]) -> list[bytes]:
    """Of (wrapped key, its context, sealed bytes, their context): what is sealed under the key, for each row.

    The same as ``Seal(outer.open(wrapped, context)).open(sealed, context)``, in half the time, for who opens millions.
    """
    unwrap, opened, last, cipher = outer._cipher.decrypt, list[bytes](), (b"", b""), outer._cipher
    start, end = len(_VERSION), len(_VERSION) + _NONCE
    try:
        for wrapped, name, sealed, place in rows:
            if wrapped[:start] != _VERSION or sealed[:start] != _VERSION:
                raise SealBroken("these bytes were not sealed by this program, or were cut short")
            if (wrapped, name) != last:  # one's references often follow one another
                cipher, last = AESGCM(unwrap(wrapped[start:end], wrapped[end:], name)), (wrapped, name)
            opened.append(cipher.decrypt(sealed[start:end], sealed[end:], place))
    except (InvalidTag, ValueError):  # ValueError: cut short
        raise SealBroken("sealed bytes do not open: another key, another place, or changed bytes") from None
    return opened


def seal(key: bytes, plaintext: bytes, context: bytes) -> bytes:
    """Seal once; see ``Seal.close``."""
    return Seal(key).close(plaintext, context)


def unseal(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """Open once; see ``Seal.open``."""
    return Seal(key).open(sealed, context)
