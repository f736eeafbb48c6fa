"""The tally: what each stage left is counted, and said where it is much."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from tests.gallery.oracle import gallery_of

from countenance.gallery.index.index import Index
from countenance.gallery.index.ladder import climb
from countenance.gallery.index.tally import Stages, Tally, tally


def test_searches_by_codes_are_counted() -> None:
    """Each stage leaves no more than the one before; what the tail holds is not met as codes."""
    rows, probes = gallery_of("random", 300, 32)
    index, before = Index(rows[:290], tail=16, segment=300), tally().stages
    index.add(rows[290:])
    climb(index.snapshot, np.stack(probes[:3]), 2, None, 1e-5)
    now = tally().stages
    made = Stages(now.scanned - before.scanned, now.coarse - before.coarse, now.fine - before.fine)
    assert made.scanned == 3 * 290
    assert 6 <= made.fine <= made.coarse <= made.scanned


def test_much_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """Above one in twenty of at least 100,000; never of a small gallery."""
    mine = Tally()
    with caplog.at_level(logging.WARNING):
        for one in (Stages(99_999, 99_999, 1), Stages(100_000, 5_000, 1)):
            mine.add(one)
        assert not caplog.records
        for _ in range(2):
            mine.add(Stages(100_000, 5_001, 1))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert mine.stages == Stages(399_999, 99_999 + 5_000 + 2 * 5_001, 4)
