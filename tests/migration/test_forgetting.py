"""Forgetting: the ways back to what did not come in are emptied in time, or with their subject; the account stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.migration.conftest import ADA, BEA, CID, INTAKE, Mover
from tests.migration.test_run import published

from countenance.migration.book import Book, Run
from countenance.migration.forgetting import DAY, forget_ways
from countenance.migration.intake import Intake
from countenance.service.erase import Erased
from countenance.service.erase import erase as erase_subject


def ways(book: Book, run: Run) -> set[str]:
    """The units to which lines lead back."""
    return {str(line.where["unit"]) for line in book.every(run) if line.where}


def test_ways_are_emptied_when_their_time_is_over(mover: Mover, people: Path) -> None:
    """Not while a batch is staged, not before the days have passed; then all, and what was decided is the same."""
    ran, book, rooms = mover.run(people), mover.house.migrations, mover.house.rooms
    later = replace(rooms, clock=lambda: rooms.clock() + 91 * DAY)
    there = {f"{CID}/cat.jpg", f"{CID}/notes.txt", "representations_vgg.pkl"}
    assert forget_ways(later, book, 90) == 0
    published(mover)
    assert forget_ways(rooms, book, 90) == 0
    assert ways(book, ran.run) == there
    told, codes = book.account(ran.run), mover.codes(ran)
    assert forget_ways(later, book, 90) == len(there)
    assert not ways(book, ran.run)
    assert (book.account(ran.run), mover.codes(ran)) == (told, codes)


def test_erasing_a_subject_empties_their_ways(mover: Mover, people: Path) -> None:
    """Those of a picture of theirs that did not come in too; nobody else's."""
    ran, book = mover.run(people), mover.house.migrations
    gone = erase_subject(mover.house.rooms, mover.asks, gallery="moved", subject=CID)
    assert isinstance(gone, Erased)
    assert f"{CID}/cat.jpg" not in ways(book, ran.run)
    assert "representations_vgg.pkl" in ways(book, ran.run)


def test_what_changed_around_a_picture_is_noted(mover: Mover, people: Path) -> None:
    """Another name in the source, other terms of the operator: unchanged, and counted as that."""
    manifest = people / "rows.csv"

    def notes(name: str, intake: Intake = INTAKE) -> list[tuple[str, ...]]:
        manifest.write_text(f"path,person,id\n{ADA}/1.jpg,{name},1\n", encoding="utf-8")
        ran = mover.run(manifest, "manifest", intake)
        assert ran.account.balanced
        return [line.notes for line in mover.house.migrations.every(ran.run)]

    assert notes(ADA) == notes(ADA) == [()]
    assert notes(BEA) == [("other_name",)]
    assert notes(BEA, replace(INTAKE, basis="contract")) == [("other_name", "other_terms")]
    assert notes(ADA) == [()]
