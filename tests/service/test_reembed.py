"""Re-embedding: the very face that was enrolled is looked at again, under a block's receipt, and forgotten with it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from tests.service.conftest import asks, renamed

from countenance.assembly import House
from countenance.gallery import sealing
from countenance.gallery.tables import other_template, reference, subject
from countenance.ledger.entry import parse
from countenance.ledger.outcome import OutcomeResult
from countenance.service.duplicates import Block, duplicates
from countenance.service.enrol import Enrolled, EnrolRequest, enrol, gallery_for
from countenance.service.erase import Erased, erase
from countenance.service.gate import Passage
from countenance.service.reembed import Reembedded, Switched, Why, lacking, reembed, switch
from countenance.terms.acquisition import FaceAt, FaceNear, FailureReason, FailureToAcquire
from countenance.terms.action import Action
from countenance.terms.face import Detection
from countenance.terms.gallery import Gallery, Keep
from countenance.terms.sample import Sample, SampleRef


def stocked(house: House, samples: dict[str, Sample], keep: Keep) -> Gallery:
    """Two people of one picture of several, neither of them its largest face, and another."""
    asking, group = asks(house), samples["t1.jpg"]
    place = gallery_for(house.rooms, asking, "g", keep)
    assert isinstance(place, Gallery)
    seen = house.rooms.vision().detect(group)
    assert isinstance(seen, Detection)
    for number in (1, 2):
        request = EnrolRequest(group, f"t{number}", faces=FaceNear(seen.faces[number].box))
        assert isinstance(enrol(house.rooms, asking, gallery=place, request=request), Enrolled)
    assert isinstance(
        enrol(house.rooms, asking, gallery=place, request=EnrolRequest(samples["obama.jpg"], "obama")), Enrolled
    )
    return place


def pairs(house: House, place: Gallery) -> list[Any]:
    """Of each reference both its templates."""
    keyring = house.galleries._keyring
    with house.database.read() as connection:
        rows = connection.execute(
            select(reference.c.id, reference.c.template, subject.c.key, other_template.c.sealed)
            .join_from(reference, subject)
            .join(other_template, other_template.c.reference == reference.c.id)
        ).all()
    return [
        tuple(sealing.open_template(keyring.seal_of(place.id, row.key), row.id, each) for each in (row[1], row.sealed))
        for row in rows
    ]


@pytest.mark.parametrize("keep", [Keep.CROP, Keep.IMAGE])
def test_it_is_the_face_that_was_enrolled(house: House, samples: dict[str, Sample], keep: Keep) -> None:
    """The same models make the same template again, of the very face; a block at a time, each with its two entries."""
    place = stocked(house, samples, keep)
    vision, last, blocks = renamed(house.rooms.vision()), "", []
    while (block := reembed(house.rooms, asks(house), gallery="g", vision=vision, after=last, most=2)) is not None:
        assert isinstance(block, Reembedded)
        blocks.append(block)
        last = block.last
    assert [(each.made, dict(each.failed), each.references) for each in blocks] == [(2, {}, 2), (1, {}, 1)]
    assert list(lacking(house.rooms, gallery="g", vision=vision)) == []
    both = pairs(house, place)
    assert len(both) == 3
    assert all(first @ second > 0.999 for first, second in both)
    for block in blocks:
        entries = [parse(house.ledger.entry(f"{block.receipt.entry}{each}")) for each in ("", ".outcome")]
        assert (entries[0].fields["act"], entries[1].fields["res"]) == ("enrol", "enrolled")
        detail = house.ledger.detail(block.receipt.entry)
        assert detail is not None
        assert len(detail["subject"]) == block.references
    assert isinstance(switch(house.rooms, asks(house), gallery="g", vision=vision), Switched)


def test_a_face_that_is_not_there_again_is_no_other(house: House, samples: dict[str, Sample]) -> None:
    """Asked for at a place that detection does not list, none is taken instead."""
    sample = samples["obama.jpg"]
    ref = SampleRef.of(sample.digest, 7)
    passage = house.rooms.gate.ask(asks(house), Action.ACQUIRE, gallery=None, samples=(ref,), bound=0)
    assert isinstance(passage, Passage)
    with passage:
        answer = house.rooms.vision().acquire(sample, passage.promise, FaceAt(7))
        passage.conclude(OutcomeResult.FAILURE)
    assert isinstance(answer, FailureToAcquire)
    assert answer.reason is FailureReason.NO_FACE


def test_the_log_forgets_with_the_subject(house: House, samples: dict[str, Sample]) -> None:
    """Erased, nobody reads in a block's entry whom it was about; that it was stays."""
    stocked(house, samples, Keep.CROP)
    block = reembed(house.rooms, asks(house), gallery="g", vision=renamed(house.rooms.vision()))
    assert isinstance(block, Reembedded)
    assert isinstance(erase(house.rooms, asks(house), gallery="g", subject="obama"), Erased)
    detail = house.ledger.detail(block.receipt.entry)
    assert detail is None or not detail.get("subject")
    assert parse(house.ledger.entry(block.receipt.entry)).fields["act"] == "enrol"


@pytest.mark.parametrize(
    ("keep", "changes", "why"),
    [
        (Keep.CROP, {"alignment": "another@112x112"}, Why.OTHER_CROP),
        (Keep.IMAGE, {"detector_sha256": "0" * 64}, Why.OTHER_DETECTOR),
    ],
)
def test_what_does_not_fit_is_not_guessed(
    house: House, samples: dict[str, Sample], keep: Keep, changes: dict[str, str], why: Why
) -> None:
    """A crop of another canvas, a picture whose faces another detector counts: they are told, and left out by name."""
    stocked(house, samples, keep)
    vision = renamed(house.rooms.vision(), **changes)
    block = reembed(house.rooms, asks(house), gallery="g", vision=vision)
    assert isinstance(block, Reembedded)
    assert (block.made, set(block.failed.values()), len(block.failed)) == (0, {why}, 3)
    ids = [each.id for each in lacking(house.rooms, gallery="g", vision=vision)]
    assert sorted(ids) == sorted(block.failed)
    assert isinstance(duplicates(house.rooms, asks(house), gallery="g"), Block)
    assert isinstance(switch(house.rooms, asks(house), gallery="g", vision=vision, without=ids), Switched)
    assert duplicates(house.rooms, asks(house), gallery="g", most=1) is None
