"""Entries: one spelling each, nothing unknown, nothing of a caller's words, and every refusal says where."""

from __future__ import annotations

import contextlib
import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ledger.samples import SAMPLES, any_entry

from countenance.ledger import band
from countenance.ledger.detail import DETAIL
from countenance.ledger.entry import (
    ACTIONS,
    AUTHORITY_KINDS,
    KINDS,
    MAX_BYTES,
    MAX_GOVERNORS,
    MAX_POLICIES,
    cited,
    encode,
    entry_id,
    parse,
)
from countenance.ledger.unreadable import Unreadable
from countenance.terms.action import Action
from countenance.terms.permit import AuthorityKind

INTENT = encode("intent", SAMPLES["intent"])


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_written_and_read_back(kind: str) -> None:
    """The bytes are canonical JSON, and the fields come back with their types."""
    data = encode(kind, SAMPLES[kind])
    assert data.decode("ascii") == canonical({"v": 1, "k": kind, **SAMPLES[kind]})
    assert parse(data) == (kind, {"v": 1, "k": kind, **SAMPLES[kind]})


def test_there_is_a_sample_of_every_kind_and_it_seals_what_is_sealed() -> None:
    """So that the tests above leave nothing out; a commitment stands exactly where there is detail."""
    assert set(SAMPLES) == set(KINDS)
    assert {kind for kind in KINDS if "c" in KINDS[kind]} == set(DETAIL)


def test_the_closed_lists_are_those_of_the_terms() -> None:
    """This room's formats import nothing, so their lists are held together here."""
    assert set(ACTIONS) == {a.value for a in Action}
    assert set(AUTHORITY_KINDS) == {k.value for k in AuthorityKind}


@given(any_entry())
@settings(max_examples=400, deadline=None)
def test_what_is_read_has_one_spelling(text: str) -> None:
    """Whatever parses is the canonical JSON of its own fields: nothing can hide in it."""
    with contextlib.suppress(Unreadable):
        parse(text.encode("ascii"))
        assert canonical(json.loads(text)) == text


@given(st.sampled_from(sorted(KINDS)), st.integers(0, MAX_BYTES * 8))
@settings(max_examples=400)
def test_a_flipped_bit_is_refused_or_still_canonical(kind: str, bit: int) -> None:
    """No flipped bit gives a second spelling of the same fields."""
    data = encode(kind, SAMPLES[kind])
    hurt = bytearray(data)
    hurt[bit // 8 % len(hurt)] ^= 1 << bit % 8
    try:
        again = parse(bytes(hurt))
    except Unreadable:
        return
    assert canonical(again.fields).encode() == bytes(hurt) != data


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda t: t.encode("utf-8", "replace")), st.integers(0, 400))
@settings(max_examples=300)
def test_hostile_bytes_raise_nothing_else(data: bytes, at: int) -> None:
    """Fuzz: alone, and let into a valid entry."""
    for each in (data, INTENT[:at] + data + INTENT[at:], INTENT[:at] + data, b'{"k":"intent",' + data):
        with contextlib.suppress(Unreadable):
            parse(each)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.replace('"ep":3', '"ep":3.0'), "field ep"),
        (lambda t: t.replace('"ep":3', '"ep":"3"'), "field ep"),
        (lambda t: t.replace('"ep":3', '"ep":-3'), "field ep"),
        (lambda t: t.replace('"ep":3', '"ep":03'), "one JSON object"),
        (lambda t: t.replace('"ep":3', '"ep":1000000000000000'), "field ep"),
        (lambda t: t.replace('"ep":3', '"ep":true'), "field ep"),
        (lambda t: t.replace('"ep":3', '"ep": 3'), "canonical"),
        (lambda t: t.replace("search", "se\\u0061rch", 1), "canonical"),
        (lambda t: t.replace("search", "sea-rch", 1), "field act"),
        (lambda t: t.replace("missing-person", "missing person"), "field pur"),
        (lambda t: t.replace("missing-person", "x" * 64), "field pur"),
        (lambda t: t.replace('"v":1', '"v":2'), "field v"),
        (lambda t: t.replace('"v":1', '"v":1,"w":1'), "field 'w'"),
        (lambda t: t.replace('"v":1', '"v":1,"v":1'), "field 'v'"),
        (lambda t: t.replace(',"v":1', ""), "field v"),
        (lambda t: t.replace('"k":"intent"', '"k":"intend"'), "field k"),
        (lambda t: t.replace('"k":"intent"', '"k":["intent"]'), "field k"),
        (lambda t: t.replace('["permit-search"]', '["permit-search",]'), "one JSON object"),
        (lambda t: t.replace('["permit-search"]', "[" + ",".join(['"p"'] * 7) + "]"), "field det"),
        (lambda t: t.replace('["permit-search"]', '["Permit"]'), "field det"),
        (lambda t: "{" + ",".join(reversed(t[1:-1].split(","))) + "}", "canonical"),
        (lambda t: t + "\n", "canonical"),
        (lambda t: t + " " * 1024, "at most 1024"),
        (lambda t: "[" * 1000, "one JSON object"),
        (lambda t: "", "one JSON object"),
        (lambda t: "[]", "one JSON object"),
        (lambda t: t.replace("k2J9xQ_a", ""), "field band"),
        (lambda t: t.replace("missing-person", "unregistered"), "field pur"),
        (lambda t: t.replace("guardian-request", "unregistered"), "field auth"),
        (lambda t: t.replace("guardian-request", "none"), "field ak"),
        (lambda t: t.replace('"pol":"ab', '"pol":"AB'), "field pol"),
        (lambda t: t.replace("search", "s\u00e9arch"), "field"),
    ],
)
def test_a_spoilt_entry_says_where(change: object, says: str) -> None:
    """Wrong types, wrong values, unknown, missing and double keys, another spelling, too long."""
    assert callable(change)
    hurt = change(INTENT.decode()).encode()
    assert hurt != INTENT
    with pytest.raises(Unreadable, match=says):
        parse(hurt)


@pytest.mark.parametrize(
    ("kind", "fields", "says"),
    [
        ("charter", {"gov": ["B" * 43, "A" * 43], "sig": ["A" * 86] * 2}, "field gov"),
        ("charter", {"gov": ["A" * 43, "A" * 43], "sig": ["A" * 86] * 2}, "field gov"),
        ("charter", {"sig": ["A" * 86] * 2}, "field sig"),
        ("charter", {"gov": [], "sig": []}, "field gov"),
        ("charter", {"ep": 5, "from": 4}, "field from"),
        ("purpose", {"pur": "unregistered"}, "field pur"),
        ("purpose", {"text": "a\u0000b"}, "field text"),
        ("purpose", {"text": "a\ud800b"}, "field text"),
        ("epoch", {"start": "2026-02-30", "end": "2026-03-01"}, "field start"),
        ("epoch", {"start": "2026-10-03"}, "field end"),
        ("statement", {"first": 4}, "field last"),
        ("gap", {"first": 8}, "field last"),
        ("shard", {"size": None}, "field size"),
        ("shard", {"ev": "ends"}, "field size"),
        ("outcome", {"ctr": 1.5}, "field ctr"),
        ("outcome", {"note": "words of a caller"}, "field 'note'"),
    ],
)
def test_the_rules_across_fields(kind: str, fields: dict[str, object], says: str) -> None:
    """Governors distinct, epochs in order, days real, shards whole."""
    with pytest.raises(Unreadable, match=says):
        encode(kind, {**SAMPLES[kind], **fields})


def test_the_longest_entries_fit() -> None:
    """The charter's longest words still make an entry: the service is never refused by its own format."""
    most = 10**15 - 1
    longest = {
        **SAMPLES["intent"], "ep": most, "pur": "a" * 63, "auth": "b" * 63, "ak": "self-declared", "gal": "c" * 64,
        "band": "10000001-100000000", "cap": "21-50", "det": ["d" * 79 + str(i) for i in range(MAX_POLICIES)],
    }  # fmt: skip
    assert len(encode("intent", longest)) <= MAX_BYTES
    governors = [entry_id(bytes([i]) * 32) for i in range(MAX_GOVERNORS)]
    charter = {**SAMPLES["charter"], "gov": sorted(governors), "sig": ["A" * 86] * MAX_GOVERNORS, "min": most}
    assert len(encode("charter", {**charter, "ep": most, "from": most, "n": most})) <= MAX_BYTES


def test_text_has_one_spelling_too() -> None:
    """An escape that JSON does not need is another spelling, and refused."""
    data = encode("purpose", SAMPLES["purpose"])
    with pytest.raises(Unreadable, match="field text"):
        parse(data.replace(b"Finden", b"\\u0046inden"))


def test_ids_are_random_bits_in_one_spelling() -> None:
    """22 characters; the four spare bits are zero, so one id has one text."""
    fresh = entry_id(os.urandom(16))
    assert parse(encode("hold", {**SAMPLES["hold"], "id": fresh})).fields["id"] == fresh
    with pytest.raises(Unreadable, match="field id"):
        encode("hold", {**SAMPLES["hold"], "id": fresh[:-1] + "B"})


def test_policies_are_cited_sorted_and_never_too_many() -> None:
    """All of them lie in the sealed detail."""
    assert cited(("b", "a", "b")) == ["a", "b"]
    assert len(cited(tuple(f"p{i}" for i in range(20)))) == MAX_POLICIES


@given(st.integers(0, 10**12))
def test_bands_hold_their_number_and_grow_with_it(number: int) -> None:
    """Every count has one band; a larger count never has a lower one."""
    for of, bands in ((band.cap_band, band.CAP_BANDS), (band.size_band, band.SIZE_BANDS)):
        name = of(number)
        low, _, high = name.rstrip("+").partition("-")
        assert int(low) <= number
        assert name.endswith("+") or number <= int(high or low)
        assert bands.index(of(number + 1)) >= bands.index(name)
        assert of(None) == ""


def test_a_negative_count_is_a_fault() -> None:
    """It has no band."""
    with pytest.raises(ValueError, match="not for -1"):
        band.cap_band(-1)
