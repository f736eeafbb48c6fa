"""Durable files: whole or not there, whatever the disk does."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from countenance.storage.durable import sweep_temporaries, write_durably
from countenance.terms.errors import Unwritable


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process may grow beyond ``size`` bytes: a disk that is full, for any user."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_it_writes_with_the_mode_that_was_asked(tmp_path: Path) -> None:
    """Whatever the umask says; nothing else is left in the directory."""
    before = os.umask(0o077)
    try:
        write_durably(tmp_path / "a", b"one", 0o644)
        write_durably(tmp_path / "key", b"two", 0o600)
    finally:
        os.umask(before)
    assert {p.name: (p.read_bytes(), p.stat().st_mode & 0o777) for p in tmp_path.iterdir()} == {
        "a": (b"one", 0o644),
        "key": (b"two", 0o600),
    }


def test_it_replaces_or_refuses_to(tmp_path: Path) -> None:
    """A key is never overwritten, also not by two at once; other files are exchanged whole."""
    path = tmp_path / "a"
    write_durably(path, b"one")
    with pytest.raises(FileExistsError):
        write_durably(path, b"two", replace=False)
    assert path.read_bytes() == b"one"
    write_durably(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    """The old bytes stay, no temporary file does, and the error says what, where and what to do."""
    path = tmp_path / "a"
    write_durably(path, b"old")
    with largest_file(4096), pytest.raises(Unwritable) as failed:
        write_durably(path, b"new" * 100_000)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert failed.value.what
    assert failed.value.where == str(path)
    assert failed.value.remedy


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_failed_fsync_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """The kernel may have dropped the pages: one failure is final, and the old file stays."""
    path = tmp_path / "a"
    write_durably(path, b"old")
    calls: list[int] = []

    def fail(descriptor: int) -> None:
        calls.append(descriptor)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(Unwritable):
        write_durably(path, b"new")
    assert len(calls) == 1
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("where", ["missing/a", "file/a"])
def test_a_place_that_is_none_is_said_to_be_none(tmp_path: Path, where: str) -> None:
    """No such directory, or a file where the directory should be."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unwritable) as failed:
        write_durably(tmp_path / where, b"x")
    assert failed.value.remedy


def test_what_killed_writers_left_is_swept(tmp_path: Path) -> None:
    """Temporary files of ours go; everything else stays."""
    for name in (".countenance-0011.tmp", ".countenance-ff.tmp", "a.tmp", ".countenance"):
        (tmp_path / name).write_bytes(b"")
    assert sweep_temporaries(tmp_path) == 2
    assert {p.name for p in tmp_path.iterdir()} == {"a.tmp", ".countenance"}
