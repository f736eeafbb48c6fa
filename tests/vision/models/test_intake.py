"""What is taken in is kept only if it is what its pin says."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.vision.models.conftest import pin_of

from countenance.terms.errors import Unwritable, WrongDigest
from countenance.vision.models.intake import CHUNK, Intake, meets
from countenance.vision.models.origin import Pin


def take_in(path: Path, pin: Pin, chunks: list[bytes]) -> None:
    with Intake(path, pin) as intake:
        for chunk in chunks:
            intake.take(chunk)
        intake.finish()


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_any_cutting_of_the_pinned_bytes_is_good(chunks: list[bytes]) -> None:
    """However the bytes are cut, the file is them and meets its pin."""
    data = b"".join(chunks)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        take_in(path, pin_of(data), chunks)
        assert path.read_bytes() == data
        assert meets(path, pin_of(data))


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_other_bytes_are_refused_with_both_digests(pinned: bytes, came: bytes) -> None:
    """The message names what was expected and what came, and no more than the pinned size is ever written."""
    if came == pinned:
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        with pytest.raises(WrongDigest) as error:
            take_in(path, pin_of(pinned), [came])
        assert hashlib.sha256(pinned).hexdigest() in str(error.value)
        assert hashlib.sha256(came).hexdigest() in str(error.value)
        assert path.stat().st_size <= len(pinned)


def test_a_flood_is_not_read_to_its_end(tmp_path: Path) -> None:
    """Past twice the size and a mebibyte the sender is cut off: an archive cannot fill disk or time."""
    with Intake(tmp_path / "file", pin_of(b"small")) as intake:
        intake.take(bytes(CHUNK))
        with pytest.raises(WrongDigest, match="not read to the end"):
            intake.take(bytes(CHUNK))
    assert (tmp_path / "file").stat().st_size == len(b"small")


def test_a_restart_forgets_what_came(tmp_path: Path) -> None:
    """A sender that begins anew leaves nothing of its first attempt."""
    with Intake(tmp_path / "file", pin_of(b"whole")) as intake:
        intake.take(b"who")
        intake.restart()
        intake.take(b"whole")
        intake.finish()
    assert (tmp_path / "file").read_bytes() == b"whole"


def test_no_place_to_write_says_where(tmp_path: Path) -> None:
    """A path that cannot be written is named, with what to do."""
    with pytest.raises(Unwritable) as error:
        Intake(tmp_path / "none" / "file", pin_of(b""))
    assert "none" in error.value.where
    assert error.value.remedy
