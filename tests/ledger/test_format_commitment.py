"""Commitments: one field can be shown or destroyed, the others stay sealed, nothing can be exchanged."""

from __future__ import annotations

import contextlib
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ledger import plain_commitment

from countenance.ledger import commitment, merkle, sealed_detail
from countenance.ledger.detail import DETAIL, INTENT_DETAIL
from countenance.ledger.entry import encode, entry_id
from countenance.ledger.unreadable import Unreadable

DETAIL_OF_ONE: dict[str, Any] = {"case": "case-3", "samples": [["ab", "0"]], "principal": "os:alice", "cap": 5}


def sealed(detail: dict[str, Any]) -> tuple[bytes, dict[str, str], dict[str, bytes], list[bytes]]:
    values = plain_commitment.value_texts("intent", detail)
    salts = plain_commitment.fresh_salts("intent", os.urandom)
    leaves = plain_commitment.field_leaves(values, salts)
    entry = encode(
        "intent",
        {
            "id": entry_id(os.urandom(16)), "ep": 0, "act": "verify", "pur": "access-control", "auth": "consent",
            "ak": "standing", "gal": "", "band": "", "cap": "1", "dec": "allow", "det": [], "pol": "0" * 64,
            "c": commitment.commitment(leaves),
        },
    )  # fmt: skip
    return entry, values, salts, leaves


def test_every_field_opens_alone() -> None:
    """Each with its own path; the opened value is what was sealed, and null where nothing was."""
    entry, values, salts, leaves = sealed(DETAIL_OF_ONE)
    for name in INTENT_DETAIL:
        opening = sealed_detail.open_field(entry, name, values[name], salts[name], leaves)
        again = commitment.parse_opening(commitment.opening_text(opening).encode())
        assert again == opening
        assert commitment.check_opening(again) == DETAIL_OF_ONE.get(name)


def test_what_was_erased_does_not_hinder_the_rest() -> None:
    """Erasing keeps a field's leaf and destroys its salt: the other fields still open."""
    entry, values, salts, leaves = sealed(DETAIL_OF_ONE)
    del salts["principal"], values["principal"]
    opening = sealed_detail.open_field(entry, "case", values["case"], salts["case"], leaves)
    assert commitment.check_opening(opening) == "case-3"


def test_nothing_in_an_opening_can_be_exchanged() -> None:
    """Neither value, salt, name nor path."""
    entry, values, salts, leaves = sealed(DETAIL_OF_ONE)
    opening = sealed_detail.open_field(entry, "case", values["case"], salts["case"], leaves)
    other = sealed_detail.open_field(entry, "cap", values["cap"], salts["cap"], leaves)
    for wrong in (
        opening._replace(value='"case-4"'),
        opening._replace(salt=bytes(32)),
        opening._replace(field="cap"),
        opening._replace(path=other.path),
        opening._replace(path=opening.path[1:]),
        opening._replace(field="no-such"),
        opening._replace(salt=b""),
        opening._replace(entry="{}"),
    ):
        with pytest.raises(Unreadable):
            commitment.check_opening(wrong)


@given(st.integers(0, 10**6))
@settings(max_examples=150, deadline=None)
def test_no_bit_of_an_opening_changes_unseen(bit: int) -> None:
    """But in the rest of the entry, which its inclusion proof guards, any flipped bit is refused."""
    entry, values, salts, leaves = sealed(DETAIL_OF_ONE)
    data = commitment.opening_text(
        sealed_detail.open_field(entry, "case", values["case"], salts["case"], leaves)
    ).encode()
    hurt = bytearray(data)
    hurt[bit // 8 % len(data)] ^= 1 << bit % 8
    try:
        opening = commitment.parse_opening(bytes(hurt))
        commitment.check_opening(opening)
    except Unreadable:
        return
    assert opening.entry.encode() != entry or opening.proof


def test_equal_details_look_different() -> None:
    """Fresh salts: nobody sees that two entries are of one principal, nor guesses a case number."""
    first, second = sealed(DETAIL_OF_ONE), sealed(DETAIL_OF_ONE)
    assert not set(first[3]) & set(second[3])
    guess = merkle.leaf_hash(b"case-3")
    assert guess not in first[3]


def test_the_number_of_fields_says_nothing() -> None:
    """An empty detail has as many leaves as a full one; names outside the kind's are refused."""
    assert len(sealed({})[3]) == len(sealed(DETAIL_OF_ONE)[3]) == len(INTENT_DETAIL)
    with pytest.raises(Unreadable, match="field colour: an entry of kind intent"):
        plain_commitment.value_texts("intent", {"colour": "red"})


def test_the_names_are_sorted_and_distinct() -> None:
    """The order of the leaves is the order of the names."""
    for kind, names in DETAIL.items():
        assert list(names) == sorted(set(names)), kind


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(lambda v: str(v).encode()))
def test_hostile_openings_raise_nothing_else(data: bytes) -> None:
    """Fuzz."""
    for each in (data, b'{"format":' + data):
        with contextlib.suppress(Unreadable):
            commitment.check_opening(commitment.parse_opening(each))
