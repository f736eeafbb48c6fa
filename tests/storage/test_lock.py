"""The lock of a data directory: one process at a time, and none that is dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from countenance.storage.lock import DirectoryLock
from countenance.terms.errors import InUse, Unwritable

HOLD = """
import sys, pathlib, time
from countenance.storage.lock import DirectoryLock
with DirectoryLock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_two_processes_do_not_share_a_directory(tmp_path: Path) -> None:
    """The second is told who is there; when the first is killed the lock is free at once."""
    with holder(tmp_path) as process:
        with pytest.raises(InUse) as refused:
            DirectoryLock(tmp_path).acquire(timeout=0.05)
        assert f"pid {process.pid}" in refused.value.what
        assert refused.value.where == str(tmp_path)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with DirectoryLock(tmp_path):
            assert (tmp_path / "lock").read_text() == f"pid {os.getpid()}\n"


def test_waiting_ends_when_the_holder_leaves(tmp_path: Path) -> None:
    """Within its timeout the second takes over from the first."""
    first, second = DirectoryLock(tmp_path), DirectoryLock(tmp_path)
    first.acquire()
    timer = threading.Timer(0.1, first.release)
    timer.start()
    begun = time.monotonic()
    second.acquire(timeout=10)
    assert 0.05 < time.monotonic() - begun < 9
    second.release()
    second.release()  # once more is no error


def test_a_place_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    """A missing directory, or a file in its place."""
    (tmp_path / "file").write_bytes(b"")
    for where in ("missing", "file"):
        with pytest.raises(Unwritable):
            DirectoryLock(tmp_path / where).acquire()
