"""Batches: what is staged is found by nobody, published and taken back by one row, and erased like all else."""

from __future__ import annotations

from typing import Any

import pytest
from tests.gallery.house import House, probe_of, sample_of, vector_of

from countenance.gallery.enrolment import AlreadyEnrolled, EnrolItem, Enrolment
from countenance.gallery.neighbours import Neighbours
from countenance.terms.action import Action
from countenance.terms.candidate import Candidate
from countenance.terms.errors import Malformed, NameTaken, UnknownName
from countenance.terms.gallery import BatchState, Gallery
from countenance.terms.sample import SampleRef

THRESHOLD = 0.9


def begin(house: House, gallery: Gallery, *, held: bool = False) -> str:
    """The id of a new batch."""
    return house.galleries.batches.begin(manage(house, gallery), gallery, held=held).id


def manage(house: House, gallery: Gallery) -> Any:
    """A receipt with which a gallery is managed."""
    return house.receipt(Action.MANAGE, gallery=gallery)


def stage(house: House, gallery: Gallery, batch: str, name: str, seed: int, label: object, **more: Any) -> Any:
    """Stage a face (a seed) of a picture (a label) under a name."""
    sample = sample_of(label)
    probe = probe_of(vector_of(seed), sample)
    receipt = house.receipt(Action.ENROL, [probe.template.sample], gallery=gallery)
    item = EnrolItem(receipt, name, probe, sample, more.pop("basis", "consent"), batch=batch, **more)
    return house.galleries.enrol_many(gallery, [item])[0]


def find(house: House, gallery: Gallery, seed: int, batch: str = "") -> tuple[Candidate, ...]:
    """Who is found by a face."""
    probe = probe_of(vector_of(seed), sample_of("probe"))
    ref = SampleRef(probe.template.sample.digest, "*")
    receipt = house.receipt(Action.SEARCH, [ref], gallery=gallery, bound=1)
    return house.galleries.search_many(receipt, [ref], [probe.template], 5, THRESHOLD, batch=batch)[0].candidates


def seen(house: House, gallery: Gallery) -> Any:
    """All that the door tells of a gallery."""
    doors = house.galleries
    subjects = doors.subjects(gallery)
    return (
        doors.find(gallery.name),
        subjects,
        doors.subjects_page(gallery, "", 100),
        doors.references_page(gallery, "", 100),
        [doors.references(gallery, each.id) for each in subjects],
        doors.reference_ids(gallery, [each.id for each in subjects]),
        [find(house, gallery, seed) for seed in range(6)],
    )


@pytest.mark.parametrize("loaded", [False, True])
def test_nobody_finds_what_is_staged(house: House, loaded: bool) -> None:
    """No door tells of it, neither with the gallery in memory nor after a restart; the batch's own search does."""
    gallery = house.gallery()
    house.enrol(gallery, "Ada", vector_of(1), sample_of("Ada 1"), metadata={"k": "v"})
    if loaded:
        find(house, gallery, 1)
    before = seen(house, gallery)
    batch = begin(house, gallery)
    staged = stage(house, gallery, batch, "Bob", 2, "Bob 1", retain_until=1, about={"legacy": "7"})
    stage(house, gallery, batch, "Ada", 3, "Ada 2", basis="contract", retain_until=1, metadata={"k": "w"})
    assert seen(house, gallery) == before
    house.reopen()
    assert seen(house, gallery) == before
    doors, bob = house.galleries, staged.reference.subject
    for ask in (
        lambda: doors.subject(gallery, "Bob"),
        lambda: doors.subject_by_id(gallery, bob),
        lambda: doors.reference(gallery, staged.reference.id),
        lambda: doors.verify(
            house.receipt(Action.VERIFY, [SampleRef(sample_of("probe").digest, "0")], gallery=gallery, bound=1),
            probe_of(vector_of(2), sample_of("probe")).template,
            bob,
        ),
    ):
        with pytest.raises(UnknownName):
            ask()
    assert not doors.subjects_named(gallery, ["Bob"])
    assert not doors.references_with(gallery, [sample_of("Bob 1").digest])
    assert [c.subject for c in find(house, gallery, 2, batch)] == [bob]
    assert len(find(house, gallery, 1, batch)) == 1, "the gallery is looked at beside the batch"


def test_publishing_and_taking_back_are_each_others_reverse(house: House) -> None:
    """Published, all is seen and what is superseded is not; taken back, everything is as it was, again and again."""
    gallery = house.gallery()
    old = house.enrol(gallery, "Ada", vector_of(1), sample_of("Ada 1"))
    house.enrol(gallery, "Cid", vector_of(4), sample_of("Cid 1"))
    find(house, gallery, 1)
    before = seen(house, gallery)
    batch = begin(house, gallery)
    stage(house, gallery, batch, "Ada", 3, "Ada 2", retain_until=5, supersedes=(old.reference.id,))
    stage(house, gallery, batch, "Bob", 2, "Bob 1")
    batches = house.galleries.batches
    for _ in range(2):
        assert batches.publish(manage(house, gallery), gallery, batch).state is BatchState.PUBLISHED
        assert [s.name for s in house.galleries.subjects(gallery)] == ["Ada", "Bob", "Cid"]
        assert [len(find(house, gallery, seed)) for seed in (1, 2, 3, 4)] == [0, 1, 1, 1]
        assert house.galleries.subject(gallery, "Ada").retain_until == 5, "the new photograph's date holds too"
        assert house.galleries.find(gallery.name).references == 3
        house.reopen()
        assert [len(find(house, gallery, seed)) for seed in (1, 2, 3, 4)] == [0, 1, 1, 1]
        batches = house.galleries.batches
        assert batches.roll_back(manage(house, gallery), gallery, batch).state is BatchState.WITHDRAWN
        assert seen(house, gallery) == before
    with pytest.raises(Malformed):
        batches.roll_back(manage(house, gallery), gallery, batch)


def test_live_traffic_neither_meets_nor_loses_what_is_staged(house: House) -> None:
    """The same name and the same picture are enrolled as if nothing were staged; the staged words do not show."""
    gallery = house.gallery()
    batch = begin(house, gallery)
    stage(house, gallery, batch, "Bob", 2, "Bob 1", basis="contract", retain_until=9, metadata={"k": "staged"})
    made = stage(house, gallery, "", "Bob", 2, "Bob 1", metadata={"k": "live"})
    assert isinstance(made, Enrolment)
    bob = house.galleries.subject(gallery, "Bob")
    assert (bob.references, bob.basis, bob.retain_until, bob.metadata) == (1, "consent", None, {"k": "live"})
    assert isinstance(stage(house, gallery, batch, "Eve", 2, "Bob 1"), AlreadyEnrolled)
    house.galleries.batches.publish(manage(house, gallery), gallery, batch)
    assert house.galleries.subject(gallery, "Bob").references == 2
    house.galleries.batches.roll_back(manage(house, gallery), gallery, batch)
    assert house.galleries.subject(gallery, "Bob").references == 1
    with pytest.raises(UnknownName):
        raise stage(house, gallery, batch, "Zoe", 5, "Zoe 1")


def test_erasing_reaches_what_is_staged(house: House) -> None:
    """By name and by retention date: what nobody is shown is still held, and goes with its key."""
    gallery = house.gallery()
    batch = begin(house, gallery)
    stage(house, gallery, batch, "Bob", 2, "Bob 1", retain_until=1)
    stage(house, gallery, batch, "Eve", 3, "Eve 1")
    assert len(find(house, gallery, 2, batch)) == 1
    assert [s.name for s in house.galleries.overdue(gallery)] == ["Bob"]
    for name in ("Bob", "Eve"):
        house.galleries.erase(house.receipt(Action.DELETE, gallery=gallery), gallery, name)
    assert not find(house, gallery, 2, batch)
    assert not find(house, gallery, 3, batch)
    assert not house.galleries.batches.references(gallery, batch)
    house.galleries.batches.publish(manage(house, gallery), gallery, batch)
    assert not house.galleries.subjects(gallery)


def test_what_waits_for_a_person_is_not_published(house: House) -> None:
    """A reference that is kept back takes its subject along unless another stays, and both come in when decided."""
    gallery, batches = house.gallery(), house.galleries.batches
    batch, held = begin(house, gallery), begin(house, gallery, held=True)
    bob = stage(house, gallery, batch, "Bob", 2, "Bob 1").reference
    eve = [stage(house, gallery, batch, "Eve", seed, f"Eve {seed}").reference for seed in (3, 4)]
    batches.move(manage(house, gallery), gallery, [bob.id, eve[1].id], batch, held)
    assert not find(house, gallery, 2, batch)
    batches.publish(manage(house, gallery), gallery, batch)
    assert [(s.name, s.references) for s in house.galleries.subjects(gallery)] == [("Eve", 1)]
    with pytest.raises(Malformed):
        batches.move(manage(house, gallery), gallery, [bob.id], held, batch)
    batches.roll_back(manage(house, gallery), gallery, batch)
    batches.move(manage(house, gallery), gallery, [bob.id, eve[1].id], held, batch)
    batches.publish(manage(house, gallery), gallery, batch)
    assert [(s.name, s.references) for s in house.galleries.subjects(gallery)] == [("Bob", 1), ("Eve", 2)]


def test_one_batch_at_a_time(house: House) -> None:
    """Another begins when the last one is published: there is never a question of what is beside what."""
    gallery = house.gallery()
    batch = begin(house, gallery)
    stage(house, gallery, batch, "Bob", 2, "Bob 1")
    with pytest.raises(NameTaken):
        begin(house, gallery)
    house.galleries.batches.publish(manage(house, gallery), gallery, batch)
    assert begin(house, gallery) != batch
    house.galleries.delete(house.receipt(Action.DELETE, gallery=gallery), gallery.name)


def test_neighbours_are_told_and_nothing_is_changed(house: House) -> None:
    """The nearest under another name, in the batch or the gallery, and how near a subject's other faces are."""
    gallery = house.gallery()
    ada = house.enrol(gallery, "Ada", vector_of(1), sample_of("Ada 1")).reference.subject
    batch = begin(house, gallery)
    staged = {
        "twin of Ada": stage(house, gallery, batch, "Bob", 1, "Bob 1"),
        "alone": stage(house, gallery, batch, "Cid", 5, "Cid 1"),
        "one": stage(house, gallery, batch, "Dan", 6, "Dan 1"),
        "another": stage(house, gallery, batch, "Dan", 7, "Dan 2"),
        "again Ada": stage(house, gallery, batch, "Ada", 1, "Ada 2"),
    }
    ids = [each.reference.id for each in staged.values()]
    samples = [SampleRef(each.reference.sample_digest, "0") for each in staged.values()]
    receipt = house.receipt(Action.SEARCH, samples, gallery=gallery, bound=len(ids))
    found = house.galleries.neighbours(receipt, samples, ids, batch=batch, least=0.95)
    told = dict(zip(staged, found, strict=True))
    bob = staged["twin of Ada"].reference.subject
    assert told["alone"] == Neighbours(None, None, None)
    assert (told["twin of Ada"].other, told["again Ada"].other) == (ada, bob)
    assert told["twin of Ada"].score == pytest.approx(1)
    assert told["again Ada"].own == pytest.approx(1)
    expected = float(vector_of(6) @ vector_of(7))
    assert told["one"].own == told["another"].own == pytest.approx(expected, abs=1e-6)


def test_begun_within_a_second_they_have_an_order(house: House) -> None:
    """The last one begun is the last one told: taking back goes by it."""
    place = house.gallery()
    begun = [begin(house, place, held=True) for _ in range(6)]
    assert [each.id for each in house.galleries.batches.of(place)] == begun
