"""Places for tests of the log."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")
def quick_place() -> Iterator[Callable[[], Path]]:
    """Makes directories in memory where there is such a place: for hundreds of runs whose syncs are not the point."""
    made: list[Path] = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="countenance-", dir=MEMORY if MEMORY.is_dir() else None)))
        return made[-1] / "data"

    yield make
    for path in made:
        shutil.rmtree(path, ignore_errors=True)
