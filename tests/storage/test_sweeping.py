"""Killed writers' temporary files are gone after the next start; some hold keys."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from countenance.assembly import House, open_house
from countenance.settings import read_settings
from countenance.vision.models.workplace import workplace

WRITER = """
import os, signal, sys
from pathlib import Path
from countenance.storage.durable import write_durably
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
write_durably(Path(sys.argv[1]), b"secret")
"""


def killed_writer(path: Path) -> Path:
    """A process is killed while it writes ``path``; the temporary file that it leaves."""
    done = subprocess.run([sys.executable, "-c", WRITER, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = path.parent.glob(".countenance-*.tmp")
    assert not path.exists()
    return left


@pytest.mark.parametrize("place", ["new.key", "charters/new.json", "charters/0a/charter.toml"])
def test_a_data_directory_is_swept_when_it_is_opened(data: Path, place: str) -> None:
    """Wherever in it something is written by name."""
    (data / place).parent.mkdir(exist_ok=True)
    left = killed_writer(data / place)
    with open_house(data):
        assert not left.exists()


def test_nothing_is_swept_while_another_process_holds_the_directory(data: Path) -> None:
    """It may be that process's own."""
    from countenance.terms.errors import InUse

    left = killed_writer(data / "new.key")
    with open_house(data):
        left.write_bytes(b"being written")
        with pytest.raises(InUse):
            House.open(read_settings(data).model_copy(update={"wait": 0}))
        assert left.exists()


def test_a_models_directory_is_swept_when_something_is_fetched(tmp_path: Path) -> None:
    """Of what is long abandoned: records of acceptance are written without the lock."""
    (tmp_path / "tiny").mkdir()
    left = killed_writer(tmp_path / "tiny" / "acceptance.json")
    with workplace(tmp_path):
        assert left.exists()
    os.utime(left, (time.time() - 4000,) * 2)
    with workplace(tmp_path):
        assert not left.exists()
