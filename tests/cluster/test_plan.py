"""The plan: what the cost model says, to the byte and the millisecond."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import Countenance

from countenance.gallery.shards.plan import GATHER_MS, plan
from countenance.terms.errors import Malformed


@pytest.mark.parametrize(
    ("references", "dimension", "nodes", "ms"),
    [
        (1_000_000, 128, 1, 2.6),
        (10_000_000, 128, 1, 26.0),
        (10_000_000, 512, 3, 36.3),
        (100_000_000, 128, 6, 45.3),
        (1_000_000_000, 128, 55, 49.3),
    ],
)
def test_known_sizes_within_fifty_milliseconds(references: int, dimension: int, nodes: int, ms: float) -> None:
    """Computed by hand from 65 and 257 bytes a reference, 25 GB/s and 2 ms."""
    found = plan(references, dimension, 50.0)
    assert (found.nodes, round(found.ms, 1)) == (nodes, ms)


@given(st.integers(1, 10**10), st.integers(1, 4096), st.floats(3, 1e4), st.floats(1, 1000), st.floats(1, 1e4))
def test_the_plan_keeps_its_word_with_the_fewest_nodes(
    references: int, dimension: int, latency: float, bandwidth: float, memory: float
) -> None:
    """In time and in memory; and with one node fewer it would not be."""
    found = plan(references, dimension, latency, bandwidth=bandwidth, memory=memory)
    assert found.ms <= latency * (1 + 1e-9)
    assert found.node_bytes <= memory * 1e9 + 1
    fewer = found.nodes - 1
    if fewer:
        ms = found.scanned_bytes / (bandwidth * 1e6) / fewer + (GATHER_MS if fewer > 1 else 0)
        assert ms > latency * (1 - 1e-9) or found.resident_bytes / fewer > memory * 1e9 * (1 - 1e-9)


def test_what_cannot_be_planned_is_refused() -> None:
    """More speed than several machines can have between them, and figures without sense."""
    with pytest.raises(Malformed, match="put their answers together"):
        plan(10_000_000, 128, 2.0)
    for references, dimension, latency in ((0, 128, 50.0), (1, 0, 50.0), (1, 128, 0.0)):
        with pytest.raises(Malformed):
            plan(references, dimension, latency)


def test_the_verb_prints_the_plan(countenance: Countenance) -> None:
    """As a line of JSON, and in words."""
    words = ("cluster", "plan", "--references", 100_000_000, "--dim", 128, "--latency-ms", 50)
    said = countenance(*words, "--json")
    assert said.code == 0
    assert said.json["nodes"] == 6
    assert said.json["scanned_bytes"] == 6_500_000_000
    assert "6 nodes, 45.3 ms a search" in countenance(*words).out
    assert countenance("cluster", "plan", "--references", 0).code == 12
