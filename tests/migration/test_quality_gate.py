"""The quality gate: what is low waits for a person or stays out, by bounds that somebody chose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.migration.conftest import INTAKE, Mover

from countenance.migration.book import Line
from countenance.migration.code import Code
from countenance.migration.exits import Exit
from countenance.migration.held import decide, waiting
from countenance.migration.plan import plan
from countenance.migration.publishing import erase, open_ends
from countenance.migration.quality_gate import EYES, QualityGate
from countenance.migration.source import Source
from countenance.terms.errors import Malformed
from countenance.vision.vision import Vision


def anew(mover: Mover, people: Path, gate: QualityGate) -> dict[str, int]:
    """The codes of a run under these bounds, after whatever was staged is erased."""
    if mover.house.galleries.batches.of(mover.gallery):
        assert isinstance(erase(mover.house.rooms, mover.house.migrations, mover.asks, gallery=mover.gallery), int)
    ran = mover.run(people, intake=replace(INTAKE, gate=gate))
    assert ran.account.balanced
    return mover.codes(ran)


def test_bands_of_quality(mover: Mover, people: Path, vision: Vision) -> None:
    """In, held and rejected, by the values that were measured, and as a plan tells; a person lets in what is held."""
    book = mover.house.migrations
    ran = mover.run(people)
    found = sorted(line.quality for line in book.every(ran.run, Exit.ENROLLED) if line.quality is not None)
    assert len(found) == 4
    assert found[0] < found[-1]
    low = sum(each < found[-1] for each in found)
    for bound, exit_ in (({"reject_below": found[-1]}, "rejected"), ({"hold_below": found[-1]}, "held")):
        told = plan(Source("folder", people), replace(INTAKE, gate=QualityGate(**bound)), vision=vision)
        assert told["codes"] == {"no_face": 1, "quality_below_gate": low, "not_a_picture": 1, "pickle_refused": 1}
        assert told["exits"]["admissible"] == len(found) - low
        assert told["exits"][exit_] >= low
    assert anew(mover, people, QualityGate(reject_below=found[-1]))["quality_below_gate"] == low
    assert anew(mover, people, QualityGate(hold_below=found[-1]))["quality_below_gate"] == low
    batch = mover.house.galleries.batches.of(mover.gallery)
    run = book.runs(mover.gallery.id)[-1]
    assert run.batch is not None
    assert run.held is not None
    assert {each.id for each in batch} >= {run.batch, run.held}
    assert len(mover.house.galleries.batches.references(mover.gallery, run.held)) == low
    assert any("wait for a person" in each for each in open_ends(book, mover.gallery, run.batch))
    assert {each.line.code for each in waiting(book, mover.gallery)} == {Code.QUALITY_BELOW_GATE}
    one = waiting(book, mover.gallery)[0]
    let = decide(mover.house.rooms, book, mover.asks, gallery=mover.gallery, number=one.number, let_in=True)
    assert isinstance(let, Line)
    assert len(mover.house.galleries.batches.references(mover.gallery, run.held)) == low - 1
    again = mover.run(people, intake=replace(INTAKE, gate=QualityGate(hold_below=found[-1])))
    assert mover.images(again) == {"unchanged": 5}, "what a person let in is not held again"
    assert len(waiting(book, mover.gallery)) == low - 1


def test_eyes_and_one_component(mover: Mover, people: Path) -> None:
    """Pixels between the eyes have a bound of their own; a component is named as it is reported, or not at all."""
    assert anew(mover, people, QualityGate(eyes=9_000)) == {
        "face_too_small": 4, "no_face": 1, "not_a_picture": 1, "pickle_refused": 1,
    }  # fmt: skip
    assert "quality_below_gate" not in anew(mover, people, QualityGate(reject_below=1, component=EYES))
    erase(mover.house.rooms, mover.house.migrations, mover.asks, gallery=mover.gallery)
    with pytest.raises(Malformed, match="component"):
        mover.try_run(people, intake=replace(INTAKE, gate=QualityGate(reject_below=1, component="Beauty")))
