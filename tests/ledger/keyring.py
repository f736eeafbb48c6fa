"""Test keys made of counted seeds; never for anything but tests."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from countenance.ledger.note import ED25519, VerifierKey, sign


class TestKey:
    """A named signer."""

    __test__ = False

    def __init__(self, name: str, seed: int, kind: int = ED25519) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.seed = bytes([seed]) * 32
        self.key = VerifierKey(name, kind, self._private.public_key().public_bytes_raw())

    @property
    def signer(self) -> Callable[[bytes], bytes]:
        return self._private.sign

    def line(self, text: str, time: int | None = None) -> str:
        return sign(text, self.key, self.signer, time)
