"""Ed25519 in plain Python: the vectors of RFC 8032, another library as oracle, and what must be refused."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from countenance.ledger import ed25519

# RFC 8032, section 7.1, tests 1 to 3: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe2"
            "4655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302ae"
            "eb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28"
            "dc027beceea1ec40a"
        ),
    ),
]
# Encodings of points whose order divides 8, and three that are not canonical (y ≥ p).
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
]
NOT_CANONICAL = [
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000080",
]


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_the_vectors_of_rfc_8032(public: str, message: str, signature: str) -> None:
    """They verify, and no longer with one bit of anything flipped."""
    parts = [bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)]
    assert ed25519.verify(*parts)
    for which, part in enumerate(parts):
        if part:
            hurt = list(parts)
            hurt[which] = bytes([part[0] ^ 1]) + part[1:]
            assert not ed25519.verify(*hurt)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511))
@settings(max_examples=25, deadline=None)
def test_it_agrees_with_another_library(seed: bytes, message: bytes, bit: int) -> None:
    """Whatever `cryptography` signs verifies; with any bit of the signature flipped it does not."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert ed25519.verify(public, message, signature)
    hurt = bytearray(signature)
    hurt[bit // 8] ^= 1 << bit % 8
    assert not ed25519.verify(public, message, bytes(hurt))


def test_a_signature_has_one_spelling() -> None:
    """S + L would verify under a lax equation; it is refused."""
    public, message, signature = map(bytes.fromhex, VECTORS[1])
    s = int.from_bytes(signature[32:], "little") + ed25519.L
    assert not ed25519.verify(public, message, signature[:32] + s.to_bytes(32, "little"))


@pytest.mark.parametrize("public", SMALL_ORDER + NOT_CANONICAL)
def test_keys_that_would_sign_for_anybody_are_refused(public: str) -> None:
    """With S = 0 and a fitting R a small-order key would accept a signature that nobody made."""
    forged = [bytes.fromhex(r) + bytes(32) for r in SMALL_ORDER]
    assert not any(ed25519.verify(bytes.fromhex(public), m, f) for f in forged for m in (b"a", b"b", b"c"))


def test_wrong_lengths_are_refused() -> None:
    """Neither a short key nor a long signature raises anything."""
    public, message, signature = map(bytes.fromhex, VECTORS[1])
    assert not ed25519.verify(public[:31], message, signature)
    assert not ed25519.verify(public, message, signature + b"\x00")
    assert not ed25519.verify(b"\xff" * 32, message, signature)
