"""The fixture of this room's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.gallery.house import House
from tests.storage.server import Server

BOTH = (
    *("batches", "changing", "checks", "enrol", "erase", "faces", "other_templates", "pages", "search", "uses"),
    "withdrawals",
)
"""The files whose tests run over SQLite and over PostgreSQL; the others are about files, or know no store."""

ABOUT_FILES = (
    "test_a_backup_of_the_data_does_not_bring_back_the_erased",
    "test_a_changed_byte_is_found",
    "test_an_erased_subject_is_in_no_file",
    "test_an_older_key_store_is_noticed",
    "test_many_erasures_leave_freed_pages_empty",
    "test_nothing_lies_in_clear",
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    name = metafunc.module.__name__.rpartition("test_")[2]
    if "house" in metafunc.fixturenames and name in BOTH and metafunc.definition.name not in ABOUT_FILES:
        there = pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))
        metafunc.parametrize("house", ["sqlite", there], indirect=True)


@pytest.fixture
def house(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    """A fresh data directory, closed in the end."""
    url = None
    if getattr(request, "param", "sqlite") == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        url = server.make(server.migrated())
    made = House(tmp_path, url=url)
    yield made
    made.close()
