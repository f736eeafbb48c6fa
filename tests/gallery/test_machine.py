"""A machine that cannot: clear errors, nothing half-written, and on it goes once it can."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests.gallery.house import House, sample_of, vector_of
from tests.storage.test_database import ordinary_user
from tests.storage.test_durable import largest_file

from countenance.keys.root import read_root_key
from countenance.keys.subject_keys import SubjectKeys
from countenance.storage.database import open_database
from countenance.terms.errors import CountenanceError, Malformed, MissingPart, SealBroken, Unwritable
from countenance.terms.gallery import Keep


def helps(error: CountenanceError) -> None:
    """It says what, where and what to do."""
    assert error.what
    assert error.where
    assert error.remedy


@pytest.mark.parametrize("size", [0, 4_096, 65_536, 131_072])
def test_a_disk_that_is_full(house: House, size: int) -> None:
    """At whatever write it happens: the enrolment is there whole or not at all, and works when there is room."""
    gallery = house.gallery(keep=Keep.IMAGE)
    house.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    big = sample_of("x" * 200_000)
    with largest_file(size), pytest.raises(Unwritable) as failed:
        house.enrol(gallery, "Grace", vector_of(2), big)
    helps(failed.value)
    assert [s.name for s in house.galleries.subjects(gallery)] == ["Ada"]
    assert house.galleries.examine(deep=True).findings == ()
    house.reopen()
    assert [s.name for s in house.galleries.subjects(gallery)] == ["Ada"]
    house.enrol(gallery, "Grace", vector_of(2), big)
    assert [s.name for s in house.galleries.subjects(gallery)] == ["Ada", "Grace"]
    assert house.galleries.examine(deep=True).findings == ()


def test_erasing_on_a_full_disk(house: House) -> None:
    """Either nothing has happened or the subject is gone for every answer; when there is room it is completed."""
    gallery = house.gallery()
    house.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    house.enrol(gallery, "Grace", vector_of(2), sample_of(2))
    house.search(gallery, vector_of(1))
    for size in (0, 8_192, 40_000, 60_000):
        with largest_file(size):
            try:
                house.erase(gallery, "Ada")
            except Unwritable as error:
                helps(error)
        names = [s.name for s in house.galleries.subjects(gallery)]
        found = house.search(gallery, vector_of(1), threshold=0.999).candidates
        assert len(found) == names.count("Ada")
        if "Ada" not in names:
            break
    else:
        house.erase(gallery, "Ada")
    house.reopen()
    assert [s.name for s in house.galleries.subjects(gallery)] == ["Grace"]
    assert house.galleries.examine(deep=True).findings == ()


def test_a_read_only_directory() -> None:
    """It says what is the matter, and nothing is lost."""
    with ordinary_user() as directory:
        house = House(directory)
        gallery = house.gallery()
        house.enrol(gallery, "Ada", vector_of(1), sample_of(1))
        house.close()
        for path in (house.database_file, house.keys_file):
            path.chmod(0o400)
        directory.chmod(0o500)
        house.keys_file.parent.chmod(0o500)
        try:
            with pytest.raises(Unwritable) as failed:
                house.open()
            helps(failed.value)
        finally:
            house.keys_file.parent.chmod(0o700)
            directory.chmod(0o700)
            for path in (house.database_file, house.keys_file):
                path.chmod(0o600)
        house.open()
        assert [s.name for s in house.galleries.subjects(gallery)] == ["Ada"]
        house.close()


@pytest.mark.parametrize("which", ["database_file", "keys_file"])
@pytest.mark.parametrize("what", ["directory", "text", "empty"])
def test_a_file_that_was_replaced(house: House, which: str, what: str) -> None:
    """By a directory, by text, by nothing: refused before anything is written into it."""
    house.enrol(house.gallery(), "Ada", vector_of(1), sample_of(1))
    house.close()
    path: Path = getattr(house, which)
    kept = path.with_suffix(".kept")
    path.rename(kept)
    match what:
        case "directory":
            path.mkdir()
        case "text":
            path.write_text("this is no database, but somebody's notes " * 40)
        case "empty":
            path.touch()
    try:
        if which == "database_file" and what == "empty":  # a new, empty store beside the old keys is a fresh start
            house.open()
            assert house.galleries.list() == ()
            house.close()
        else:
            with pytest.raises((Unwritable, Malformed, MissingPart)) as failed:
                house.open()
            helps(failed.value)
            house.database.close()
            house.keys.close()
    finally:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        kept.rename(path)
    house.open()
    assert house.galleries.find("staff").subjects == 1


def test_another_key_store_is_not_taken_for_ours(house: House, tmp_path: Path) -> None:
    """A key store that was left behind in a move is missed at once, not replaced by an empty one in silence."""
    gallery = house.gallery()
    house.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    house.close()
    (tmp_path / "other").mkdir()
    other = House(tmp_path / "other")
    other.close()
    kept = house.keys_file.rename(tmp_path / "kept")
    shutil.copy(house.root_file, other.root_file)
    with pytest.raises(MissingPart, match="does not belong") as failed:
        house.open()
    helps(failed.value)
    house.database.close()
    house.keys.close()
    os.replace(kept, house.keys_file)
    house.open()
    assert house.search(gallery, vector_of(1)).candidates


def test_another_root_key_is_not_taken_for_ours(house: House, tmp_path: Path) -> None:
    """It opens nothing, and is told so before anything new is sealed under it."""
    house.close()
    (tmp_path / "other").mkdir()
    other = House(tmp_path / "other")
    other.close()
    with pytest.raises(SealBroken) as failed:
        SubjectKeys.open(house.keys_file, read_root_key(f"file:{other.root_file}"))
    helps(failed.value)


def test_moved_rows_do_not_open(house: House) -> None:
    """A template that somebody put into another subject's row is broken, and search says so instead of naming him."""
    gallery = house.gallery()
    house.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    house.enrol(gallery, "Grace", vector_of(2), sample_of(2))
    house.close()
    database = open_database(house.database_file)
    with database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE reference SET template = (SELECT template FROM reference WHERE seq = 1) WHERE seq = 2"
        )
    database.close()
    house.open()
    with pytest.raises(SealBroken):
        house.search(gallery, vector_of(1))
    assert [f.what for f in house.galleries.examine(deep=True).findings] != []
