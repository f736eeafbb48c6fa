"""Places for tests that need many of them: hundreds of syncs are not the point here."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.founded import new_place


@pytest.fixture(scope="module")
def quick_place() -> Iterator[Callable[[], Path]]:
    """Makes many directories that do not exist yet, in memory where there is such a place."""
    made: list[Path] = []

    def make() -> Path:
        made.append(new_place())
        return made[-1] / "data"

    yield make
    for path in made:
        shutil.rmtree(path, ignore_errors=True)
