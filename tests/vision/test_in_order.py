"""in_order: answers come in the order asked, on several threads, with a bounded number in work."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from countenance.vision.in_order import AHEAD, in_order


def test_answers_keep_the_order_of_the_items() -> None:
    """However long each takes."""

    def step(item: int) -> int:
        time.sleep(0.002 * (item % 3))
        return item * item

    assert list(in_order(step, range(40), 4)) == [i * i for i in range(40)]


def test_the_workers_really_work_at_once() -> None:
    """Two steps that wait for each other both end."""
    meet = threading.Barrier(2, timeout=10)
    assert len(list(in_order(lambda _: meet.wait(), range(2), 2))) == 2


def test_items_are_drawn_only_a_few_ahead() -> None:
    """A folder of a million pictures is not read into memory."""
    drawn = 0

    def items() -> Iterator[int]:
        nonlocal drawn
        for i in range(100):
            drawn += 1
            yield i

    answers = in_order(lambda item: item, items(), 3)
    next(answers)
    assert drawn <= 3 * AHEAD + 1
    answers.close()


def test_an_error_is_raised_at_its_place() -> None:
    """The answers before it are given, and the threads end."""

    def step(item: int) -> int:
        if item == 3:
            raise ValueError("three")
        return item

    answers = in_order(step, range(9), 2)
    assert [next(answers) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(answers)
    assert not [t for t in threading.enumerate() if t.name.startswith("vision")]
