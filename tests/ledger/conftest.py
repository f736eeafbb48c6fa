"""Places for tests of the log, in memory where there is such a place: hundreds of syncs are not the point here."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")


def _make() -> Path:
    return Path(tempfile.mkdtemp(prefix="countenance-", dir=MEMORY if MEMORY.is_dir() else None))


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """In the place of pytest's own; what is to meet a real disk takes ``tmp_path_factory``."""
    path = _make()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def quick_place() -> Iterator[Callable[[], Path]]:
    """Makes many directories that do not exist yet."""
    made: list[Path] = []

    def make() -> Path:
        made.append(_make())
        return made[-1] / "data"

    yield make
    for path in made:
        shutil.rmtree(path, ignore_errors=True)
