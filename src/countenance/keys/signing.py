"""Sign and verify: Ed25519 (RFC 8032)."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from countenance.storage.durable import write_durably
from countenance.storage.faults import unwritable
from countenance.terms.errors import Malformed, MissingPart, NameTaken, SealBroken


class SigningKey:
    """An Ed25519 key. Trusted to speak for its holder; it leaves the process only by ``save``."""

    __slots__ = ("_private", "public")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public: bytes = private.public_key().public_bytes_raw()
        """32 bytes, RFC 8032 5.1.5."""

    @classmethod
    def generate(cls) -> Self:
        """A new key from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The key of a 32-byte seed (RFC 8032 5.1.5 calls it the private key); raises Malformed."""
        try:
            return cls(Ed25519PrivateKey.from_private_bytes(seed))
        except ValueError:
            raise Malformed(f"an Ed25519 seed has 32 bytes, this one {len(seed)}") from None

    @classmethod
    def load(cls, path: Path, passphrase: bytes | None = None) -> Self:
        """Read a PEM file (PKCS #8, RFC 5958); raises MissingPart, Malformed, or SealBroken at a wrong passphrase."""
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise MissingPart("there is no signing key", where=str(path), remedy="Put the key file back.") from None
        except OSError as error:
            raise unwritable(error, path, "read") from error
        encrypted = b"ENCRYPTED" in data
        if encrypted and passphrase is None:
            raise SealBroken("this signing key wants its passphrase", where=str(path))
        try:
            private = load_pem_private_key(data, passphrase if encrypted else None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            if encrypted:
                raise SealBroken("the passphrase does not open this signing key", where=str(path)) from error
            raise Malformed("this is no signing key", where=str(path), remedy="An Ed25519 key in PEM.") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise Malformed("this key is not an Ed25519 key", where=str(path))
        return cls(private)

    def save(self, path: Path, passphrase: bytes | None = None) -> None:
        """Write a new PEM file of mode 0600, durably; raises NameTaken (a key is never overwritten), Unwritable."""
        sealing: KeySerializationEncryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
        try:
            write_durably(
                path, self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealing), 0o600, replace=False
            )
        except FileExistsError:
            raise NameTaken("there is a key of this name already", where=str(path)) from None

    def sign(self, message: bytes) -> bytes:
        """64 bytes; the same key and message give the same signature."""
        return self._private.sign(message)


def verify_signature(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` (64 bytes) is of ``message`` under ``public`` (32 bytes); never raises on bad bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
