"""Trials: many comparisons of one set under one receipt, with the scores that they have one by one."""

from __future__ import annotations

import numpy as np
import pytest
from tests.gallery.house import DIMENSION, House, probe_of, sample_of, vector_of
from tests.gallery.test_search import exact

from countenance.gallery import kernel
from countenance.gallery.trials import Crossing, ScoredTrials
from countenance.terms.action import Action
from countenance.terms.errors import Malformed, ReceiptRefused
from countenance.terms.template import Template

MANY = 7
PAIRS = np.asarray([[0, 1], [5, 2], [3, 3]], dtype=np.int64)
ROWS = np.asarray([0, 2, 3, 6], dtype=np.int64)


def templates() -> list[Template]:
    return [probe_of(vector_of(seed), sample_of(f"t{seed}")).template for seed in range(MANY)]


def score(house: House, bound: int, crossing: Crossing | None, pairs: np.ndarray = PAIRS) -> ScoredTrials:
    made = templates()
    samples = tuple(t.sample for t in made)
    return house.galleries.trials(house.receipt(Action.GROUP, samples, bound=bound), samples, made, pairs, crossing)


@pytest.mark.parametrize("cells", [1, 5, 1 << 21])
def test_every_trial_is_scored_once_whatever_the_size_of_a_block(
    house: House, monkeypatch: pytest.MonkeyPatch, cells: int
) -> None:
    """Pairs to the last bit, blocks within the margin of float32; all pairs of rows, or rows with columns."""
    monkeypatch.setattr(kernel, "_TRIAL_CELLS", cells)
    made = templates()
    scored = score(house, 3 + 6, Crossing(ROWS))
    assert list(scored.pairs) == [exact(made[a].vector, made[b].vector) for a, b in PAIRS.tolist()]
    assert (scored.comparisons, scored.use) == (9, 1)
    seen = {}
    for block in scored.blocks:
        for (i, j), value in np.ndenumerate(block.scores):
            if block.column + j > block.row + i:
                key = (block.row + i, block.column + j)
                assert key not in seen
                seen[key] = float(value)
    assert set(seen) == {(i, j) for i in range(4) for j in range(i + 1, 4)}
    for (i, j), value in seen.items():
        one, other = made[int(ROWS[i])].vector, made[int(ROWS[j])].vector
        assert abs(value - exact(one, other)) <= kernel.margin(DIMENSION)
    columns = np.asarray([1, 4], dtype=np.int64)
    across = np.vstack([b.scores for b in score(house, 11, Crossing(ROWS, columns)).blocks])
    assert across.shape == (4, 2)
    assert across[2, 1] == pytest.approx(exact(made[3].vector, made[4].vector), abs=1e-6)


def test_a_receipt_bounds_the_comparisons_and_is_used_up(house: House) -> None:
    """One too many, another action, a sample that is not named, a second use: refused, and nothing is scored."""
    made = templates()
    samples = tuple(t.sample for t in made)
    with pytest.raises(ReceiptRefused, match="allows 8 comparisons"):
        score(house, 8, Crossing(ROWS))
    searching = house.receipt(Action.SEARCH, samples, bound=100)
    with pytest.raises(ReceiptRefused, match="not for group"):
        house.galleries.trials(searching, samples, made, PAIRS)
    short = samples[:-1]
    with pytest.raises(ReceiptRefused, match="does not name"):
        house.galleries.trials(house.receipt(Action.GROUP, short, bound=100), short, made, PAIRS)
    once = house.receipt(Action.GROUP, samples, bound=100)
    house.galleries.trials(once, samples, made, PAIRS)
    with pytest.raises(ReceiptRefused, match="used already"):
        house.galleries.trials(once, samples, made, PAIRS)


def test_positions_must_be_there(house: House) -> None:
    """A trial of a template that was not given is a malformed plan, and uses no receipt up."""
    for wrong in ([[0, MANY]], [[-1, 0]]):
        with pytest.raises(Malformed, match="not there"):
            score(house, 100, None, np.asarray(wrong, dtype=np.int64))
    assert score(house, 100, None, np.empty((0, 2), dtype=np.int64)).pairs.shape == (0,)
