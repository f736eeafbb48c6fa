"""Kept faces: their owner alone finds them, they end when they were said to, and nothing brings them back."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select, update
from tests.gallery.house import RECIPE, House, probe_of, sample_of, vector_of

from countenance.gallery.faces import BUCKET_SECONDS
from countenance.gallery.tables import face_id
from countenance.keys.erasure_list import ErasureList
from countenance.terms.action import Action
from countenance.terms.errors import Malformed, ReceiptRefused, SealBroken
from countenance.terms.sample import SampleRef

START = 1_700_000_000
ADA, BOB = "key:ada/door", "key:bob/door"


class Clock:
    """Stands still until it is told."""

    now = float(START)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path: Path, clock: Clock) -> Iterator[House]:
    made = House(tmp_path, clock=clock)
    yield made
    made.close()


def keep(
    house: House, *numbers: int, owner: str = ADA, seconds: int = 600, of: object = "picture", minor: bool = False
) -> tuple[str, ...]:
    """Keep faces of one sample."""
    sample = sample_of(of)
    probes = [probe_of(vector_of(number), sample, face=str(at)) for at, number in enumerate(numbers)]
    receipt = house.receipt(Action.ACQUIRE, [SampleRef(sample.digest, "*")])
    return house.galleries.faces.keep(receipt, probes, owner, int(house.clock()) + seconds, "word", minor=minor)


def on_the_disk(house: House) -> bytes:
    """All bytes of both stores, write-ahead logs too."""
    places = [house.directory, house.keys_file.parent]
    return b"".join(path.read_bytes() for place in places for path in sorted(place.glob("*.db*")))


def test_what_was_kept_is_found_again_also_after_a_restart(house: House) -> None:
    """Template, recipe, sample, face, label, end and what was declared come back as they were."""
    ids, (child,) = keep(house, 1, 2), keep(house, 3, minor=True)
    house.reopen()
    found = house.galleries.faces.find(ADA, ids)
    assert found.keys() == set(ids)
    for at, (one, number) in enumerate(zip(ids, (1, 2), strict=True)):
        stored = found[one]
        assert np.array_equal(stored.template.vector, vector_of(number))
        assert stored.template.recipe == replace(RECIPE)
        assert stored.template.sample == SampleRef(sample_of("picture").digest, str(at))
        assert (stored.label, stored.expires, stored.minor) == ("word", START + 600, False)
    assert house.galleries.faces.find(ADA, [child])[child].minor


def test_only_its_owner_finds_a_face(house: House) -> None:
    """To anybody else it is as if it had never been."""
    (one,) = keep(house, 1)
    assert house.galleries.faces.find(BOB, [one]) == {}
    assert house.galleries.faces.find("", [one, "no such id"]) == {}
    assert house.galleries.faces.find(ADA, [one]).keys() == {one}


def test_a_row_that_is_given_to_another_owner_does_not_open(house: House) -> None:
    """Nor with a later end: both are bound to what was sealed."""
    (one,) = keep(house, 1)
    (other,) = keep(house, 2, owner=BOB, of="another")
    with house.database.write() as connection:
        bobs = select(face_id.c.owner).where(face_id.c.id == other).scalar_subquery()
        connection.execute(update(face_id).where(face_id.c.id == one).values(owner=bobs))
        connection.execute(update(face_id).where(face_id.c.id == other).values(expires=face_id.c.expires + 9))
    for each in (one, other):
        with pytest.raises(SealBroken):
            house.galleries.faces.find(BOB, [each])


@pytest.mark.parametrize("seconds", [-1, 0, 59, 86_401])
def test_a_life_out_of_bounds_is_malformed(house: House, seconds: int) -> None:
    """And nothing is kept; the bounds themselves are allowed."""
    with pytest.raises(Malformed):
        keep(house, 1, seconds=seconds)
    assert house.galleries.faces.count() == 0
    assert len(keep(house, 1, seconds=60) + keep(house, 1, seconds=86_400)) == 2


def test_a_face_ends_to_the_second(house: House, clock: Clock) -> None:
    """Before it is swept it is not found any more."""
    (one,) = keep(house, 1, seconds=60)
    clock.now += 59
    assert house.galleries.faces.find(ADA, [one])
    assert house.galleries.examine().faces == 1
    clock.now += 1
    assert not house.galleries.faces.find(ADA, [one])
    assert house.galleries.faces.count() == 1
    assert house.galleries.faces.sweep() == 1
    assert house.galleries.faces.sweep() == 0
    assert house.galleries.faces.count() == 0


def test_an_ended_face_cannot_be_brought_back(house: House, clock: Clock, tmp_path: Path) -> None:
    """A copy of the data from before does not open: the key is destroyed. The deleted bytes are gone from the files."""
    (one,) = keep(house, 1, seconds=60)
    with house.database.read() as connection:
        sealed: Any = connection.execute(select(face_id.c.sealed)).scalar_one()
    assert sealed in on_the_disk(house)
    house.database.scrub()
    copy = Path(shutil.copy(house.database_file, tmp_path / "copy"))
    clock.now += 60 + BUCKET_SECONDS
    house.galleries.faces.sweep()
    assert sealed not in on_the_disk(house)
    house.close()
    clock.now = START + 1  # even if somebody turned the clock back
    shutil.copy(copy, house.database_file)
    house.open()
    assert house.galleries.faces.count() == 1
    assert house.galleries.faces.find(ADA, [one]) == {}


def test_an_older_key_store_is_swept_at_the_start(house: House, clock: Clock, tmp_path: Path) -> None:
    """The date alone says that a key has ended: a copy of the store that still has it loses it at once."""
    (one,) = keep(house, 1, seconds=60)
    house.close()
    data, keys = shutil.copy(house.database_file, tmp_path / "data"), shutil.copy(house.keys_file, tmp_path / "keys.db")
    house.open()
    clock.now += 60 + BUCKET_SECONDS
    house.galleries.faces.sweep()
    house.close()
    shutil.copy(data, house.database_file)
    shutil.copy(keys, house.keys_file)
    house.open()
    assert house.galleries.faces.count() == 0
    assert house.keys.passing(-(-(START + 60) // BUCKET_SECONDS) * BUCKET_SECONDS) is None
    assert not house.galleries.faces.find(ADA, [one])


def test_faces_go_with_the_subject_of_their_sample(house: House) -> None:
    """Erasing a subject, a reference or a gallery forgets the faces of the same samples, whoever keeps them."""
    gallery = house.gallery()
    for number in (1, 2, 3, 4):
        name = "Ada" if number < 3 else f"s{number}"
        house.enrol(gallery, name, vector_of(number), sample_of(number))
    kept = {number: keep(house, number, owner=BOB, of=number)[0] for number in (1, 2, 3, 4, 5)}

    def there() -> set[int]:
        return {number for number, one in kept.items() if house.galleries.faces.find(BOB, [one])}

    (first, _) = house.galleries.references(gallery, house.galleries.subject(gallery, "Ada").id)
    house.galleries.erase_reference(house.receipt(Action.DELETE, gallery=gallery), gallery, first.id)
    assert there() == {2, 3, 4, 5}
    house.erase(gallery, "Ada")
    assert there() == {3, 4, 5}
    house.galleries.delete(house.receipt(Action.DELETE, gallery=gallery), gallery.name)
    assert there() == {5}


def test_after_erasures_that_were_made_up_for_no_face_is_left(house: House, tmp_path: Path) -> None:
    """Data from before an erasure bring its faces back with them; nobody could tell them from the others."""
    gallery = house.gallery()
    house.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    (one,) = keep(house, 1, of=1)
    house.close()
    copy = shutil.copy(house.database_file, tmp_path / "copy")
    house.open()
    house.erase(house.galleries.find("staff"), "Ada")
    house.close()
    shutil.copy(copy, house.database_file)
    house.open()
    assert house.galleries.faces.find(ADA, [one]) == {}
    assert house.galleries.faces.count() == 0


def test_a_backup_from_before_an_erasure_brings_no_face_back(tmp_path: Path, clock: Clock) -> None:
    """Not even where the key store is the backup's too: the list of erasures tells, which lies in no backup."""
    (tmp_path / "data").mkdir()
    house = House(tmp_path / "data", clock=clock, erasures=ErasureList(tmp_path / "list"))
    gallery = house.gallery()
    house.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    one, other = keep(house, 1, of=1)[0], keep(house, 2, of=2)[0]
    house.close()
    kept = {path: shutil.copy(path, tmp_path / path.name) for path in (house.database_file, house.keys_file)}
    house.open()
    house.erase(gallery, "Ada")
    assert list(house.galleries.faces.find(ADA, [one, other])) == [other]
    house.close()
    for path, copy in kept.items():
        shutil.copy(copy, path)
    house.open()
    assert house.galleries.faces.find(ADA, [one, other]) == {}
    house.close()


def test_keeping_wants_a_receipt_that_fits(house: House) -> None:
    """For acquiring, of no gallery, of these faces, once; and what was refused kept nothing."""
    gallery = house.gallery()
    probe, other = probe_of(vector_of(1), sample_of(1)), probe_of(vector_of(2), sample_of(2))
    ref = [probe.template.sample]
    fits = house.receipt(Action.ACQUIRE, ref)
    faces = house.galleries.faces
    for receipt, probes in (
        (None, [probe]),
        (house.receipt(Action.ENROL, ref), [probe]),
        (house.receipt(Action.ACQUIRE, ref, gallery=gallery), [probe]),
        (fits, [other]),
        (fits, [probe, other]),
        (replace(fits, signature=""), [probe]),
    ):
        with pytest.raises(ReceiptRefused):
            faces.keep(receipt, probes, ADA, START + 600)  # type: ignore[arg-type]  # None is no receipt
    assert faces.count() == 0
    assert faces.keep(fits, [probe], ADA, START + 600)
    with pytest.raises(ReceiptRefused):
        faces.keep(fits, [probe], ADA, START + 600)


def test_keeping_takes_little(house: House) -> None:
    """Beside tens of milliseconds of inference, one face is kept in a few: no flush to the disk is waited for."""
    keep(house, 1)  # makes the key of this end
    times = []
    for number in range(60):
        sample = sample_of(number)
        receipt = house.receipt(Action.ACQUIRE, [SampleRef(sample.digest, "0")])
        begun = time.perf_counter()
        house.galleries.faces.keep(receipt, [probe_of(vector_of(1), sample)], ADA, START + 600)
        times.append(time.perf_counter() - begun)
    assert sorted(times)[len(times) // 2] < 0.01
