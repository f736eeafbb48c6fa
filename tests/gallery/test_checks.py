"""What a doctor finds: nothing where all is well, and each kind of trouble by its name."""

from __future__ import annotations

import numpy as np
from tests.gallery.house import House, sample_of, vector_of

from countenance.gallery.index.row import Row
from countenance.terms.gallery import Keep


def stocked(house: House) -> None:
    gallery = house.gallery(keep=Keep.CROP)
    house.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    house.enrol(gallery, "Ada", vector_of(2), sample_of(2))
    house.enrol(gallery, "Grace", vector_of(3), sample_of(3))
    house.enrol(gallery, "Gone", vector_of(4), sample_of(4))
    house.erase(gallery, "Gone", withdraw=True)
    house.search(gallery, vector_of(1))


def test_all_is_well(house: House) -> None:
    """The counts are those of the store, and there is nothing to report."""
    stocked(house)
    for deep in (False, True):
        seen = house.galleries.examine(deep=deep)
        assert seen.findings == ()
        assert (seen.galleries, seen.subjects, seen.references, seen.pictures) == (1, 2, 3, 3)
        assert (seen.withdrawals, seen.erasures, seen.unused_keys) == (1, 1, 0)


def test_a_changed_byte_is_found(house: House) -> None:
    """In a name, a template, a digest or a picture: by a deep look, which says in which row."""
    stocked(house)
    for table, column in (
        ("subject", "about"),
        ("reference", "template"),
        ("reference", "source"),
        ("picture", "sealed"),
    ):
        where = f"rowid = (SELECT min(rowid) FROM {table})"
        with house.database.write() as connection:
            was = connection.exec_driver_sql(f"SELECT {column} FROM {table} WHERE {where}").scalar_one()
            changed = bytes([was[0], was[1] ^ 1]) + was[2:]
            connection.exec_driver_sql(f"UPDATE {table} SET {column} = ? WHERE {where}", (changed,))
        found = house.galleries.examine(deep=True).findings
        assert found, f"{table}.{column}"
        assert any(f.where.startswith(("reference", "subject")) for f in found)
        with house.database.write() as connection:
            connection.exec_driver_sql(f"UPDATE {table} SET {column} = ? WHERE {where}", (was,))
    assert house.galleries.examine(deep=True).findings == ()


def test_lost_and_unused_keys_are_told_apart(house: House) -> None:
    """A key without rows is only counted; rows without a key are a loss."""
    stocked(house)
    gallery = house.galleries.find("staff")
    house.keyring().create_subjects(gallery.id, ["nobody's"])
    seen = house.galleries.examine(deep=True)
    assert (seen.findings, seen.unused_keys) == ((), 1)
    lost = next(key for key in house.keys.subject_ids() if key != "nobody's")
    house.keys.discard([lost])
    seen = house.galleries.examine(deep=True)
    assert f"key {lost}" in {f.where for f in seen.findings}


def test_an_index_that_differs_is_found(house: House) -> None:
    """A reference too many, or a number that is another."""
    stocked(house)
    gallery = house.galleries.find("staff")
    index = house.galleries._memory.open(gallery.pseudonym).index
    index.add([Row("stray", "stray", vector_of(9))])
    assert [f.where for f in house.galleries.examine().findings] == [f"gallery {gallery.pseudonym}"]
    index.remove(references={"stray": "stray"})
    assert house.galleries.examine().findings == ()
    next(index.rows()).vector[0] = np.float32(0)
    assert [f.where for f in house.galleries.examine().findings] == [f"gallery {gallery.pseudonym}"]


def test_an_erasure_that_did_not_reach_its_end_is_found(house: House) -> None:
    """The key is destroyed, the rows are still there: said until a restart has completed it."""
    stocked(house)
    house.keys.destroy(next(iter(house.keys.subject_ids())))
    assert house.galleries.examine().findings != ()
    house.reopen()
    assert house.galleries.examine(deep=True).findings == ()
