"""What a source says anew of who is here: a nearer date is carried over; about whom it takes back a person decides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.migration.conftest import INTAKE, UNTIL, Mover
from tests.migration.test_run import published, taken_back

from countenance.migration.book import Line
from countenance.migration.code import Code
from countenance.migration.exits import Exit
from countenance.migration.held import decide, waiting
from countenance.migration.intake import seconds_of
from countenance.migration.publishing import open_ends
from countenance.migration.run import Ran
from countenance.service.enrol import Enrolled, EnrolRequest, enrol
from countenance.terms.gallery import Subject
from countenance.terms.sample import Sample

Small = Callable[[str, int], bytes]
HEAD = "path,person,id,basis,retain_until,consent,deleted\n"
NEARER, FARTHER = "2030-06-01", "2039-01-01"


@pytest.fixture
def said(mover: Mover, tmp_path: Path, small: Small) -> Callable[..., Ran]:
    """Run a manifest of Ada and Bea, with what the row of Ada says beyond her name."""
    (tmp_path / "ada.jpg").write_bytes(small("obama.jpg", 90))
    (tmp_path / "bea.jpg").write_bytes(small("biden.jpg", 90))

    def run(basis: str = "", until: str = "", consent: str = "", deleted: str = "") -> Ran:
        rows = f"ada.jpg,Ada,1,{basis},{until},{consent},{deleted}\nbea.jpg,Bea,2,,,,\n"
        (tmp_path / "m.csv").write_text(HEAD + rows)
        ran = mover.run(tmp_path / "m.csv", "manifest")
        assert ran.account.balanced
        return ran

    return run


def ada(mover: Mover, seen: str | None = None) -> Subject:
    return mover.house.galleries.subject(mover.gallery, "Ada", seen)


def decided(mover: Mover, *, let_in: bool) -> Line:
    """About the only one that waits."""
    (one,) = waiting(mover.house.migrations, mover.gallery)
    answer = decide(
        mover.house.rooms, mover.house.migrations, mover.asks, gallery=mover.gallery, number=one.number, let_in=let_in
    )
    assert isinstance(answer, Line)
    assert not waiting(mover.house.migrations, mover.gallery)
    return answer


@pytest.mark.parametrize("publish", [True, False])
def test_another_basis_or_date_of_a_row_is_carried_over(mover: Mover, said: Callable[..., Ran], publish: bool) -> None:
    """Counted as updated, once; the date comes nearer and never goes away again, staged or published."""
    first = said()
    assert (ada(mover).basis, ada(mover).retain_until) == ("consent", UNTIL)
    if publish:
        published(mover)
    for basis, until, keeps in (("contract", NEARER, NEARER), ("consent", FARTHER, NEARER)):
        ran = said(basis, until)
        assert mover.images(ran) == {"updated": 1, "unchanged": 1}
        (line,) = mover.house.migrations.every(ran.run, Exit.UPDATED)
        assert line.notes == (Code.OTHER_ROW,)
        assert (ada(mover).basis, ada(mover).retain_until) == (basis, seconds_of(keeps))
        assert mover.images(said(basis, until)) == {"unchanged": 2}
    assert ran.run.batch == (None if publish else first.run.batch)
    assert mover.house.galleries.subject(mover.gallery, "Bea", None).retain_until == UNTIL


def test_a_subject_who_was_there_keeps_their_own_basis(mover: Mover, said: Callable[..., Ran], small: Small) -> None:
    """The date that a batch brought holds for them as long as it is published."""
    sample = Sample(small("obama2.jpg", 90))
    request = EnrolRequest(sample, "Ada", basis="contract", retain_until=UNTIL + 5)
    assert isinstance(enrol(mover.house.rooms, mover.asks, gallery=mover.gallery, request=request), Enrolled)
    said()
    published(mover, "somebody")
    said("consent", NEARER)
    assert (ada(mover, "").basis, ada(mover, "").retain_until) == ("contract", seconds_of(NEARER))
    taken_back(mover)
    assert ada(mover, "").retain_until == UNTIL + 5


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"consent": "no"}, Code.CONSENT_MISSING),
        ({"deleted": "yes"}, Code.SOURCE_SOFT_DELETED),
        ({"until": "2020-01-01"}, Code.RETENTION_EXPIRED),
    ],
)
def test_a_picture_that_is_taken_back_is_held(
    mover: Mover, said: Callable[..., Ran], row: dict[str, str], code: Code
) -> None:
    """Nothing is erased by a source; who lets it stay is not asked again."""
    said()
    published(mover)
    ran = said(**row)
    assert mover.images(ran) == {"held": 1, "unchanged": 1}
    assert mover.codes(ran) == {code.value: 1}
    assert decided(mover, let_in=True).exit is Exit.UNCHANGED
    assert mover.images(said(**row)) == {"unchanged": 2}
    assert (ada(mover, "").references, ada(mover, "").retain_until) == (1, UNTIL)


def test_a_picture_that_is_taken_back_and_dropped_is_gone(mover: Mover, said: Callable[..., Ran]) -> None:
    """With its subject, of whom nothing else is there, and no later dump brings it back."""
    said()
    published(mover)
    said(consent="no")
    assert decided(mover, let_in=False).exit is Exit.TOMBSTONED
    assert [each.name for each in mover.house.galleries.subjects(mover.gallery)] == ["Bea"]
    assert mover.images(said()) == {"tombstoned": 1, "unchanged": 1}


def test_what_is_taken_back_waits_before_it_is_published(mover: Mover, said: Callable[..., Ran]) -> None:
    said()
    ran = said(deleted="yes")
    assert ran.run.batch is not None
    assert any("wait for a person" in each for each in open_ends(mover.house.migrations, mover.gallery, ran.run.batch))
    assert ran.account.clean is False
    decided(mover, let_in=True)
    published(mover)
    assert ada(mover, "").references == 1
    assert INTAKE.retain_until == ada(mover).retain_until
