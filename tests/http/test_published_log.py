"""Which files the published log has, and that nothing beside them is ever served."""

from __future__ import annotations

from pathlib import Path

import pytest

from countenance.http.published_log import published_file


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a running log and one of a past year."""
    for place in ("log", "shards/example.org_2025"):
        for name in (
            "checkpoint",
            "tile/0/000",
            "tile/entries/x001/234",
            "tile/1/000.p/7",
            "tile/0/.000.tmp",
            "secret",
        ):
            path = tmp_path / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{place} {name}")
    (tmp_path / "root.key").write_text("key")
    (tmp_path / "shards" / "checkpoint").write_text("no shard's")
    return tmp_path


@pytest.mark.parametrize("name", ["checkpoint", "tile/0/000", "tile/entries/x001/234", "tile/1/000.p/7"])
@pytest.mark.parametrize("shard", [None, "example.org_2025"])
def test_what_is_published(data: Path, name: str, shard: str | None) -> None:
    """Checkpoint and tiles, of the running log and of a past one."""
    found = published_file(data, name, shard)
    assert found is not None
    assert found.read_text() == f"{'log' if shard is None else 'shards/example.org_2025'} {name}"


@pytest.mark.parametrize(
    ("name", "shard"),
    [
        ("secret", None),
        ("", None),
        ("tile", None),
        ("tile/0", None),
        ("tile/0/001", None),
        ("tile/0/.000.tmp", None),
        ("tile/0/000/", None),
        ("tile/0/000\n", None),
        ("tile/\u0660/000", None),
        ("/checkpoint", None),
        ("../root.key", None),
        ("tile/../../root.key", None),
        ("checkpoint", ""),
        ("checkpoint", "."),
        ("checkpoint", ".."),
        ("checkpoint", "../log"),
        ("checkpoint", "another"),
        ("checkpoint", "a" * 300),
        ("checkpoint", "example.org_2025\x00"),
        ("secret", "example.org_2025"),
    ],
)
def test_what_is_not(data: Path, name: str, shard: str | None) -> None:
    """Anything else in the directory, or outside of it, is not there."""
    assert published_file(data, name, shard) is None
