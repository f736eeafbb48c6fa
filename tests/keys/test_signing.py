"""Signatures: the standard's, kept in files of their own, verified without ever raising."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.keys.signing import SigningKey, verify_signature
from countenance.terms.errors import Malformed, MissingPart, NameTaken, SealBroken

# RFC 8032 7.1, tests 1 to 3: seed, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("seed", "public", "message", "signature"), VECTORS)
def test_the_standards_vectors(seed: str, public: str, message: str, signature: str) -> None:
    """Key, signature and verification are those of RFC 8032."""
    key = SigningKey.from_seed(bytes.fromhex(seed))
    assert key.public.hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    assert verify_signature(key.public, bytes.fromhex(message), bytes.fromhex(signature))


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=80))
def test_verifying_never_raises(public: bytes, message: bytes, signature: bytes) -> None:
    """Whatever the bytes: random ones are no signature."""
    assert not verify_signature(public, message, signature)


@given(st.integers(0, 64 * 8 - 1))
def test_a_flipped_bit_is_no_signature(bit: int) -> None:
    """In the signature, for the same message and key."""
    key = SigningKey.from_seed(bytes(32))
    signature = bytearray(key.sign(b"message"))
    signature[bit // 8] ^= 1 << bit % 8
    assert not verify_signature(key.public, b"message", bytes(signature))


@pytest.mark.parametrize("passphrase", [None, b"correct horse"])
def test_a_key_file_keeps_a_key(tmp_path: Path, passphrase: bytes | None) -> None:
    """Its owner's alone, never overwritten, opened by its passphrase and by no other."""
    key, path = SigningKey.generate(), tmp_path / "log.key"
    key.save(path, passphrase)
    assert path.stat().st_mode & 0o777 == 0o600
    assert SigningKey.load(path, passphrase).public == key.public
    with pytest.raises(NameTaken):
        SigningKey.generate().save(path, passphrase)
    if passphrase:
        for wrong in (None, b"wrong"):
            with pytest.raises(SealBroken):
                SigningKey.load(path, wrong)


def test_what_is_no_key_is_said_to_be_none(tmp_path: Path) -> None:
    """A missing file, text, a key of another kind, a seed of another length."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    (tmp_path / "text").write_bytes(b"no key")
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "other").write_bytes(other)
    for name, error in (("missing", MissingPart), ("text", Malformed), ("other", Malformed)):
        with pytest.raises(error):
            SigningKey.load(tmp_path / name)
    with pytest.raises(Malformed):
        SigningKey.from_seed(b"short")
