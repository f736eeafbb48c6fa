"""JSON bodies are bounded before anything is built of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.http.edge.body import deeper_than, parse_json
from countenance.http.edge.refusals import BadRequest

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


def depth_of(value: object) -> int:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inside is None else 1 + max(map(depth_of, inside), default=0)


@given(values)
def test_what_is_json_comes_out_as_it_went_in(value: object) -> None:
    """Any JSON value within the bounds is read as it was written."""
    assert parse_json(json.dumps(value).encode(), depth=100) == value


@given(values, st.integers(0, 6))
def test_depth_is_told_without_parsing(value: object, depth: int) -> None:
    """Brackets inside strings do not count, all others do."""
    assert deeper_than(json.dumps(value).encode(), depth) == (depth_of(value) > depth)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\xff"}',
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"[" + b"[]," * 50_000 + b"[]]",
        b'{"a":' * 1000 + b"1" + b"}" * 1000,
        b"1" * 5000,
    ],
    ids=lambda body: body[:20].decode("latin-1"),
)
def test_what_could_be_read_two_ways_or_never_is_refused(body: bytes) -> None:
    """NaN, infinities, repeated names, bad UTF-8, endless nesting and digits end in one clear error."""
    with pytest.raises(BadRequest):
        parse_json(body)
