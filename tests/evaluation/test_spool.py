"""An interrupted measurement goes on where it stopped: sealed meanwhile, bound to its run, forgotten at its end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from countenance.evaluation import spool as module
from countenance.evaluation.pictures import Picture
from countenance.evaluation.spool import SECONDS, Spool, Spools, Taken
from countenance.service.backup import _belongs
from countenance.terms.acquisition import FaceChoice, FailureReason
from countenance.terms.recipe import Recipe
from countenance.terms.sample import SampleRef
from countenance.terms.template import Template

RECIPE = Recipe("drawn", "d", "0", "a", "r", "1", "p", 16, "numpy", "f32")
OTHER = Recipe("drawn", "d", "0", "a", "r", "1", "p", 16, "numpy", "bf16")
PICTURES = [Picture(f"{i}.jpg", Path("nowhere"), "p", f"{i:064x}") for i in range(8)]
KEY = bytes(range(32))


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOGETHER", 2)


def taken() -> Iterator[Taken]:
    """Two templates, a failure, and so on."""
    random = np.random.default_rng(4)
    for picture in PICTURES:
        if int(picture.digest, 16) % 3 == 2:
            yield Taken(None, {}, FailureReason.NO_FACE)
        else:
            vector = random.standard_normal(16).astype(np.float32)
            yield Taken(Template(vector, RECIPE, SampleRef(picture.digest, "1")), {"sharpness": 70}, None)


def opened(folder: Path, recipe: Recipe = RECIPE, *, key: bytes = KEY, now: float = 0.0, dataset: str = "d") -> Spool:
    found = Spools(folder, key, lambda: now).open(dataset, PICTURES, FaceChoice.CENTRAL, recipe)
    assert found is not None
    return found


def interrupted(folder: Path, many: int) -> Path:
    """A run that stopped after so many pictures; the file that it left."""
    run = opened(folder)
    for each, _ in zip(taken(), range(many), strict=False):
        run.add(each)
    run.close()
    (path,) = folder.iterdir()
    return path


def test_what_was_acquired_is_found_again_and_lies_sealed(tmp_path: Path) -> None:
    """Templates to the last bit, failures and qualities; no byte of a template and no digest stands in the file."""
    path = interrupted(tmp_path, 6)
    held, everything = path.read_bytes(), list(taken())
    for each in everything[:6]:
        if each.template is not None:
            assert each.template.vector.tobytes()[:8] not in held
            assert each.template.sample.digest.encode() not in held
    assert path.stat().st_mode & 0o777 == 0o600
    assert not _belongs(path, ())  # no backup takes it along
    run = opened(tmp_path)
    assert len(run.taken) == 6
    for mine, theirs in zip(run.taken, everything, strict=False):
        assert (mine.failure, mine.quality) == (theirs.failure, theirs.quality)
        if theirs.template is not None:
            assert mine.template is not None
            assert np.array_equal(mine.template.vector, theirs.template.vector)
            assert (mine.template.sample, mine.template.recipe) == (theirs.template.sample, RECIPE)
    for each in everything[6:]:
        run.add(each)
    run.close()
    assert len(opened(tmp_path).taken) == 8


@pytest.mark.parametrize(("cut", "left"), [(1, 4), (300, 2), (10_000, 0)])
def test_a_record_that_was_not_written_whole_ends_what_is_read(tmp_path: Path, cut: int, left: int) -> None:
    """Killed while it wrote: whole pictures are kept, whole batches of them, and the run goes on behind them."""
    path = interrupted(tmp_path, 5)
    os.truncate(path, max(0, path.stat().st_size - cut))
    run = opened(tmp_path)
    assert len(run.taken) == left
    for each in list(taken())[left:]:
        run.add(each)
    run.close()
    assert len(opened(tmp_path).taken) == 8


def test_a_changed_byte_ends_what_is_read(tmp_path: Path) -> None:
    path = interrupted(tmp_path, 6)
    held = bytearray(path.read_bytes())
    held[-3] ^= 1
    path.write_bytes(held)
    assert len(opened(tmp_path).taken) == 4


def test_another_recipe_data_set_or_key_finds_nothing(tmp_path: Path) -> None:
    """A recipe that changed between the runs begins anew, and what the first had acquired stays its own."""
    interrupted(tmp_path, 6)
    assert opened(tmp_path, OTHER).taken == []
    assert opened(tmp_path, dataset="e").taken == []
    assert opened(tmp_path, key=bytes(32)).taken == []
    assert len(opened(tmp_path).taken) == 6


def test_two_runs_of_one_measurement_do_not_share_a_spool(tmp_path: Path) -> None:
    """The second one works without."""
    run = opened(tmp_path)
    assert Spools(tmp_path, KEY, lambda: 0.0).open("d", PICTURES, FaceChoice.CENTRAL, RECIPE) is None
    run.close()
    assert Spools(tmp_path, KEY, lambda: 0.0).open("d", PICTURES, FaceChoice.CENTRAL, RECIPE) is not None


def test_a_run_that_is_through_is_forgotten_key_first(tmp_path: Path) -> None:
    """Also through a second name of the file: what is left of it opens no more."""
    path = interrupted(tmp_path, 6)
    other = tmp_path / "copy"
    os.link(path, other)
    opened(tmp_path).forget()
    assert not path.exists()
    other.rename(path)
    assert opened(tmp_path).taken == []


def test_what_nobody_goes_on_with_for_a_day_is_forgotten(tmp_path: Path) -> None:
    path = interrupted(tmp_path, 6)
    written = path.stat().st_mtime
    assert Spools(tmp_path, KEY, lambda: written + SECONDS - 1).sweep() == 0
    held = opened(tmp_path)
    assert Spools(tmp_path, KEY, lambda: written + SECONDS + 1).sweep() == 0  # a run is at work on it
    held.close()
    assert Spools(tmp_path, KEY, lambda: path.stat().st_mtime + SECONDS + 1).sweep() == 1
    assert list(tmp_path.iterdir()) == []
