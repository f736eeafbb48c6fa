"""Sampling: which entries an audit looks at, from a seed that neither operator nor auditor can choose.

The generator is HMAC_DRBG with SHA-256 (NIST SP 800-90A, 10.1.2), instantiated with the seed as its only input and
asked for 8 bytes at a time. docs/audit.md says the same in words that somebody else can program from.
"""

from __future__ import annotations

import hashlib
import hmac

DOMAIN = b"countenance/audit/v1"
_BYTES = 8


def seed_of(checkpoint: str, beacon: bytes) -> bytes:
    """32 bytes: SHA-256 of the domain, the checkpoint's text (up to its last line feed), and the beacon's value."""
    return hashlib.sha256(DOMAIN + checkpoint.encode("utf-8") + beacon).digest()


def sample(seed: bytes, population: int, number: int) -> list[int]:
    """``number`` different positions below ``population`` in the order drawn; all of them where it has no more.

    A number of 64 bits at or above the largest multiple of ``population`` is thrown away, so that none is likelier;
    one that was drawn before is thrown away too.
    """
    generator, drawn = HmacDrbg(seed), dict[int, None]()
    fair = (1 << 8 * _BYTES) // population * population if population else 0
    while len(drawn) < min(number, population):
        value = int.from_bytes(generator.generate(_BYTES), "big")
        if value < fair:
            drawn.setdefault(value % population)
    return list(drawn)


class HmacDrbg:
    """HMAC_DRBG with SHA-256, without reseeding or additional input."""

    def __init__(self, seed: bytes) -> None:
        self._key, self._value = bytes(32), b"\x01" * 32
        self._update(seed)

    def generate(self, length: int) -> bytes:
        """The next ``length`` bytes."""
        out = b""
        while len(out) < length:
            self._value = self._hmac(self._value)
            out += self._value
        self._update(b"")
        return out[:length]

    def _update(self, data: bytes) -> None:
        for mark in (b"\x00", b"\x01") if data else (b"\x00",):
            self._key = self._hmac(self._value + mark + data)
            self._value = self._hmac(self._value)

    def _hmac(self, data: bytes) -> bytes:
        return hmac.digest(self._key, data, "sha256")
