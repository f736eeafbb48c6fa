"""The fixture of this room's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.gallery.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A fresh data directory, closed in the end."""
    made = House(tmp_path)
    yield made
    made.close()
