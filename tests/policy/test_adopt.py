"""Adopting a charter: distinct keys, the right charter, and the governors of the one in force."""

from __future__ import annotations

import json

import pytest
from tests.policy.charters import changed, sound

from countenance.keys.signing import SigningKey
from countenance.ledger.entry import charter_message
from countenance.policy.adopt import (
    Adoption,
    GovernorSignature,
    NotAdopted,
    adopt,
    adopt_demo,
    adoption_message,
    read_signature,
    sign_charter,
)
from countenance.policy.charter import Charter
from countenance.policy.template import Answers, charter_files, demo_files
from countenance.terms.errors import Malformed

KEYS = {name: SigningKey.from_seed(bytes([number]) * 32) for number, name in enumerate(("ann", "ben", "cem", "dee"))}


def charter_of(*governors: str, operator: str = "o") -> Charter:
    keys = {name: KEYS[name].public for name in governors}
    return sound(charter_files(Answers("access-control", operator, "c", ("os:a",), ("os:b",), 9, keys)))


def signed(charter: Charter, *governors: str) -> list[GovernorSignature]:
    return [read_signature(sign_charter(charter, KEYS[name]), charter) for name in governors]


def test_two_governors_adopt() -> None:
    charter = charter_of("ann", "ben", "cem")
    adoption = adopt(charter, signed(charter, "ben", "ann"), None)
    assert isinstance(adoption, Adoption)
    assert not adoption.single
    assert set(adoption.governors) == {"ann", "ben"}
    assert [each.public for each in adoption.signatures] == sorted(KEYS[name].public for name in ("ann", "ben"))


def test_what_is_signed_is_what_the_log_s_verifier_checks() -> None:
    """Two rooms that may not import each other agree on the bytes."""
    assert adoption_message("ab" * 32) == charter_message("ab" * 32)


NOT_ENOUGH = [
    (("ann", "ben"), (), "2 more of its own governors must sign: ann, ben"),
    (("ann", "ben"), ("ann",), "1 more of its own governors must sign: ben"),
    (("ann", "ben"), ("ann", "ann"), "1 more of its own governors must sign: ben"),
    (("ann", "ben"), ("ann", "dee"), "is the key of no governor"),
    (("ann",), ("ann",), "1 more of its own governors must sign"),
    ((), (), "2 more of its own governors must sign"),
]


@pytest.mark.parametrize(("governors", "signers", "says"), NOT_ENOUGH)
def test_one_key_is_not_enough_however_often_it_signs(
    governors: tuple[str, ...], signers: tuple[str, ...], says: str
) -> None:
    charter = charter_of(*governors)
    found = adopt(charter, signed(charter, *signers), None)
    assert isinstance(found, NotAdopted)
    assert any(says in reason for reason in found.reasons)


def test_a_signature_of_another_charter_is_refused() -> None:
    """As a file by what it says; as a value by its bytes."""
    charter, other = charter_of("ann", "ben"), charter_of("ann", "ben", operator="somebody else")
    with pytest.raises(Malformed, match="this signature is of the charter"):
        read_signature(sign_charter(other, KEYS["ann"]), charter)
    found = adopt(charter, signed(other, "ann", "ben"), None)
    assert isinstance(found, NotAdopted)
    assert sum("does not verify" in reason for reason in found.reasons) == 2


def test_one_flipped_bit_of_a_signature_is_seen() -> None:
    charter = charter_of("ann", "ben")
    first, second = signed(charter, "ann", "ben")
    for place in range(0, 512, 37):
        bad = bytearray(second.signature)
        bad[place // 8] ^= 1 << place % 8
        found = adopt(charter, [first, GovernorSignature(second.public, bytes(bad))], None)
        assert isinstance(found, NotAdopted)


def test_new_governors_cannot_take_over_alone() -> None:
    """Who writes a charter could name governors of their own: those of the charter in force must agree."""
    old, new = charter_of("ann", "ben"), charter_of("cem", "dee")
    alone = adopt(new, signed(new, "cem", "dee"), old)
    assert isinstance(alone, NotAdopted)
    assert alone.reasons == ("2 more governors of the charter in force must sign: ann, ben",)
    departing = adopt(new, signed(new, "ann", "ben"), old)
    assert isinstance(departing, NotAdopted)
    together = adopt(new, signed(new, "ann", "ben", "cem", "dee"), old)
    assert isinstance(together, Adoption)
    assert set(together.governors) == {"cem", "dee", KEYS["ann"].public.hex(), KEYS["ben"].public.hex()}


def test_governors_who_stay_sign_once() -> None:
    old, new = charter_of("ann", "ben"), charter_of("ann", "ben", "cem")
    assert isinstance(adopt(new, signed(new, "ann", "ben"), old), Adoption)
    assert isinstance(adopt(new, signed(new, "ann", "cem"), old), NotAdopted)


def test_no_more_signatures_are_taken_than_are_needed() -> None:
    """Four at most, where both governors change; those who stay are taken first."""
    old, new = charter_of("ann", "ben", "cem"), charter_of("ben", "cem", "dee")
    adoption = adopt(new, signed(new, "ann", "ben", "cem", "dee"), old)
    assert isinstance(adoption, Adoption)
    assert set(adoption.governors) == {"ben", "cem"}


def test_an_old_charter_does_not_come_back_by_its_old_signatures() -> None:
    """Adopted before is adopted no more; a changed byte makes it another, which is signed anew."""
    first, second = charter_of("ann", "ben"), charter_of("ann", "ben", operator="stricter")
    kept = signed(first, "ann", "ben")
    assert isinstance(adopt(first, kept, second), Adoption)
    for found in (adopt(first, kept, second, {first.digest}), adopt(first, kept, first)):
        assert isinstance(found, NotAdopted)
        assert "it was adopted before" in found.reasons[0]


def test_the_demo_is_adopted_by_one_key_and_nothing_else_is() -> None:
    key = KEYS["ann"]
    files = demo_files(key.public)
    adoption = adopt_demo(sound(files), key)
    assert isinstance(adoption, Adoption)
    assert (adoption.single, adoption.governors) == (True, ("owner",))
    altered = changed(files, "demo.cedar", "What the demo permits", "What my demo permits")
    assert isinstance(adopt_demo(sound(altered), key), NotAdopted)
    assert isinstance(adopt_demo(sound(files), KEYS["ben"]), NotAdopted)
    assert isinstance(adopt(sound(files), signed(sound(files), "ann"), None), NotAdopted)


def test_from_the_demo_its_one_governor_lets_go() -> None:
    """The first real charter needs two governors of its own and the demo's one."""
    demo, real = sound(demo_files(KEYS["ann"].public)), charter_of("ben", "cem")
    assert isinstance(adopt(real, signed(real, "ben", "cem"), demo), NotAdopted)
    assert isinstance(adopt(real, signed(real, "ann", "ben", "cem"), demo), Adoption)


BAD_FILES = [
    "",
    "{",
    "[]",
    "null",
    '{"format": "countenance-charter-signature/v2"}',
    '{"format": "countenance-charter-signature/v1"}',
    '{"format": "countenance-charter-signature/v1", "governor": 1, "signature": "00"}',
    '{"format": "countenance-charter-signature/v1", "governor": "zz", "signature": "00"}',
    "[" * 4000,
    " " * 5000,
]


@pytest.mark.parametrize("text", BAD_FILES)
def test_a_file_that_is_no_signature_is_told(text: str) -> None:
    with pytest.raises(Malformed, match="no signature of a governor"):
        read_signature(text, charter_of("ann", "ben"))


def test_a_signature_file_says_what_it_is() -> None:
    charter = charter_of("ann", "ben")
    body = json.loads(sign_charter(charter, KEYS["ann"]))
    assert body["charter"] == charter.digest
    assert body["governor"] == KEYS["ann"].public.hex()
