"""Make a key for one purpose from a key for many: HKDF-SHA256 (RFC 5869), and keyed digests."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from countenance.keys.seal import KEY_BYTES


def derive(key: bytes, purpose: str) -> bytes:
    """32 bytes for ``purpose``, from a uniformly random key (so RFC 5869 3.3 lets the extract step go)."""
    return HKDFExpand(SHA256(), KEY_BYTES, b"countenance/v1/" + purpose.encode("ascii")).derive(key)


def keyed_digest(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA256: equal data have equal digests, and without the key nothing can be looked up or guessed."""
    return hmac.digest(key, data, hashlib.sha256)
