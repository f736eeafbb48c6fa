"""Pages: walked through they give everything once, in the order of ids or names, whatever their size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from tests.gallery.house import House, sample_of, vector_of

from countenance.terms.action import Action
from countenance.terms.errors import Malformed
from countenance.terms.gallery import Keep


def walked(page: Callable[[str, int], Sequence[Any]], limit: int, key: str = "id") -> list[Any]:
    """Everything, a page at a time."""
    found: list[Any] = []
    after = ""
    while some := page(after, limit):
        assert len(some) <= limit
        found += some
        after = getattr(some[-1], key)
    return found


@pytest.mark.parametrize("limit", [1, 3, 7, 1000])
def test_a_walk_gives_everything_once(house: House, limit: int) -> None:
    """Subjects and references by id; the same values as when they are looked up one by one."""
    gallery, other = house.gallery(), house.gallery("other")
    for number in range(6):
        house.enrol(gallery, f"s{number % 4}", vector_of(number), sample_of(number), about={"n": str(number)})
    house.galleries.add_subject(
        house.receipt(Action.MANAGE, gallery=gallery), gallery, None, metadata={"a": "b"}, basis="consent"
    )
    house.enrol(other, "elsewhere", vector_of(9), sample_of(9))
    subjects = walked(lambda after, most: house.galleries.subjects_page(gallery, after, most), limit)
    assert subjects == sorted(house.galleries.subjects(gallery), key=lambda each: each.id)
    references = walked(lambda after, most: house.galleries.references_page(gallery, after, most), limit)
    every = [r for s in subjects for r in house.galleries.references(gallery, s.id)]
    assert references == sorted(every, key=lambda each: each.id)
    assert house.galleries.reference_ids(gallery, [s.id for s in subjects]) == {
        s.id: tuple(r.id for r in house.galleries.references(gallery, s.id)) for s in subjects
    }


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_galleries_by_name_and_only_those_that_belong(house: House, limit: int) -> None:
    """New ones come in, deleted ones are gone, others' are passed over and do not shorten a page."""
    names = ["a", "b/a", "b/c", "ä", "b/b", "c"]
    for name in names:
        house.galleries.create(house.receipt(Action.MANAGE), name, Keep.NONE, {"n": name})

    def belongs(name: str) -> bool:
        return name.startswith("b/")

    mine = walked(lambda after, most: house.galleries.page(after, most, belongs), limit, "name")
    assert [each.name for each in mine] == ["b/a", "b/b", "b/c"]
    assert [each.metadata["n"] for each in mine] == ["b/a", "b/b", "b/c"]
    gone = house.galleries.find("b/b")
    house.galleries.delete(house.receipt(Action.DELETE, gallery=gone), "b/b")
    house.gallery("b/aa")
    mine = walked(lambda after, most: house.galleries.page(after, most, belongs), limit, "name")
    assert [each.name for each in mine] == ["b/a", "b/aa", "b/c"]
    assert walked(house.galleries.page, limit, "name") == list(house.galleries.list())


def test_a_subject_whose_erasure_is_under_way_is_passed_over(house: House) -> None:
    """Its key is destroyed, its rows are still there: it is gone, and the page is as long as it can be."""
    gallery = house.gallery()
    for number in range(3):
        house.enrol(gallery, f"s{number}", vector_of(number), sample_of(number))
    first, *others = house.galleries.subjects_page(gallery, "", 3)
    with house.database.read() as connection:
        key = connection.exec_driver_sql(f"SELECT key FROM subject WHERE id = '{first.id}'").scalar_one()
    house.keys.destroy(key)
    assert house.galleries.subjects_page(gallery, "", 2) == tuple(others)
    assert {r.subject for r in house.galleries.references_page(gallery, "", 2)} == {s.id for s in others}


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_bounds(house: House, limit: int) -> None:
    """Of galleries, subjects and references alike."""
    gallery = house.gallery()
    for page in (
        lambda: house.galleries.page("", limit),
        lambda: house.galleries.subjects_page(gallery, "", limit),
        lambda: house.galleries.references_page(gallery, "", limit),
    ):
        with pytest.raises(Malformed):
            page()
