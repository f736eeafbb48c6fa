"""The compiled sum: where it gives a number, that is the exact sum rounded once; where it cannot tell, it says so."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gallery.oracle import unit

from countenance.gallery.index.exact_sum import products_summed
from countenance.gallery.index.rerank import exact

FLOATS = st.floats(-2, 2, width=32)


def summed(rows: np.ndarray, probe: np.ndarray) -> list[float]:
    """By the compiled code alone."""
    scores = np.empty(len(rows))
    products_summed()(rows, probe, scores)
    found: list[float] = scores.tolist()
    return found


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 40).flatmap(lambda d: st.tuples(*[st.lists(FLOATS, min_size=d, max_size=d)] * 3)))
def test_what_it_gives_is_the_exact_sum(vectors: tuple[list[float], ...]) -> None:
    """Zeros, denormals, numbers that cancel each other and numbers half way between two others included."""
    rows, probe = np.array(vectors[:2], dtype=np.float32), np.array(vectors[2], dtype=np.float32)
    wanted = [math.fsum(row) for row in (rows.astype(np.float64) * probe.astype(np.float64)).tolist()]
    for found, want in zip(summed(rows, probe), wanted, strict=True):
        assert math.isnan(found) or found == want
    assert exact(rows, probe) == wanted


def test_it_knows_the_sums_of_templates() -> None:
    """Of templates it leaves next to none to the slow way."""
    rng = np.random.default_rng(5)
    for dimension in (128, 512, 2048):
        rows, probe = unit(rng.normal(size=(500, dimension))), unit(rng.normal(size=(1, dimension)))[0]
        assert sum(map(math.isnan, summed(rows, probe))) < 3


def test_half_way_between_two_numbers() -> None:
    """The rest decides, or the even one where there is none; what is too small to be kept is for the slow way."""
    rows = np.array([[1, 2**-53, 2**-55], [1, 2**-53, 0], [1, 2**-53, -(2**-55)], [1, 2**-53, 2**-120]])
    wanted = [1 + 2**-52, 1.0, 1.0, 1 + 2**-52]
    found = summed(rows.astype(np.float32), np.ones(3, dtype=np.float32))
    assert found[:3] == wanted[:3]
    assert math.isnan(found[3])
    assert exact(rows.astype(np.float32), np.ones(3, dtype=np.float32)) == wanted
