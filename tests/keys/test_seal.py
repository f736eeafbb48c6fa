"""Seals: what was sealed opens under its key in its place, and in no other way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.keys.derive import derive, keyed_digest
from countenance.keys.seal import OVERHEAD, Seal, new_key, open_each, seal, unseal
from countenance.terms.errors import SealBroken

KEY = bytes(range(32))


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_a_seal_opens_where_it_was_closed(plain: bytes, context: bytes) -> None:
    """Also nothing at all can be sealed; twice the same is not the same."""
    sealed = seal(KEY, plain, context)
    assert unseal(KEY, sealed, context) == plain
    assert len(sealed) == len(plain) + OVERHEAD
    assert seal(KEY, plain, context) != sealed


@given(st.binary(min_size=1, max_size=60), st.data())
def test_any_flipped_bit_breaks_a_seal(plain: bytes, data: st.DataObject) -> None:
    """In the version, the nonce, the cipher text or the tag; so does cutting it short."""
    sealed = bytearray(seal(KEY, plain, b"here"))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        unseal(KEY, bytes(sealed), b"here")
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        unseal(KEY, bytes(sealed[: data.draw(st.integers(0, len(sealed) - 1))]), b"here")


def test_another_key_or_place_does_not_open() -> None:
    """Sealed bytes that were moved to another row are as good as broken."""
    sealed = seal(KEY, b"plain", b"row 1")
    for key, context in ((KEY, b"row 2"), (KEY, b""), (new_key(), b"row 1")):
        with pytest.raises(SealBroken):
            unseal(key, sealed, context)


def test_derived_keys_are_those_of_the_standard() -> None:
    """HKDF-Expand of RFC 5869, written out: T(1) = HMAC(key, info || 0x01)."""
    assert derive(KEY, "wrap") == keyed_digest(KEY, b"countenance/v1/wrap\x01")
    assert derive(KEY, "wrap") != derive(KEY, "names")


def test_keyed_digests_are_those_of_the_standard() -> None:
    """RFC 4231, test case 2."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert keyed_digest(b"Jefe", b"what do ya want for nothing?").hex() == expected


def test_many_are_opened_as_one_by_one_would_be() -> None:
    """The same bytes; whatever is another key, another place or another byte of either opens nothing."""
    outer = Seal(new_key())
    keys = [new_key() for _ in range(5)]
    rows = [
        (outer.close(key, b"key %d" % n), b"key %d" % n, Seal(key).close(b"text %d" % n, b"at %d" % n), b"at %d" % n)
        for n, key in enumerate(keys)
    ]
    assert open_each(outer, rows) == [b"text %d" % n for n in range(5)]
    assert open_each(outer, []) == []
    wrapped, name, sealed, place = rows[2]
    for broken in (
        (wrapped, b"key 1", sealed, place),
        (wrapped, name, sealed, b"at 1"),
        (rows[1][0], name, sealed, place),
        (wrapped, name, rows[1][2], place),
        (wrapped[:-1], name, sealed, place),
        (wrapped, name, sealed[:5], place),
        (wrapped, name, b"", place),
        (b"\x02" + wrapped[1:], name, sealed, place),
        (wrapped, name, sealed[:-1] + bytes([sealed[-1] ^ 1]), place),
    ):
        with pytest.raises(SealBroken):
            open_each(outer, [rows[0], broken])
    with pytest.raises(SealBroken):
        open_each(Seal(new_key()), rows)


def test_a_wrapped_key_in_another_one_s_place_does_not_open() -> None:
    """Also directly behind its own place: whose key it is said to be is asked of each."""
    outer, key = Seal(new_key()), new_key()
    wrapped = outer.close(key, b"key 1")
    rows = [(wrapped, b"key 1", Seal(key).close(b"text", b"row %d" % n), b"row %d" % n) for n in range(2)]
    assert open_each(outer, rows) == [b"text", b"text"]
    with pytest.raises(SealBroken):
        open_each(outer, [rows[0], (wrapped, b"key 2", *rows[1][2:])])
