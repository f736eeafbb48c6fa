"""Enrol many: pictures share syncs and calls of the models, and each still stands for itself."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing

import pytest
from tests.service.conftest import asks

from countenance.assembly import House
from countenance.ledger.disk import Disk
from countenance.ledger.entry import parse
from countenance.service.asking import NotAcquired, Refused
from countenance.service.enrol import EnrolAnswer, Enrolled, EnrolRequest, Known, Withdrawn, enrol_together, gallery_for
from countenance.service.enrol_many import Item, Pending, enrol_many
from countenance.service.withdraw import Withdrew, withdraw
from countenance.terms.errors import BrokenInput, Malformed, Unwritable
from countenance.terms.gallery import Gallery
from countenance.terms.sample import Sample

Samples = Mapping[str, Sample]


@pytest.fixture
def place(house: House) -> Gallery:
    made = gallery_for(house.rooms, asks(house), "people")
    assert isinstance(made, Gallery)
    return made


def copy(sample: Sample, number: int) -> Sample:
    """The same photograph with other bytes after its end."""
    return Sample(sample.data + number.to_bytes(4, "big"), f"{number}")


def pending(samples: list[Sample], subject: str = "obama") -> Iterator[Pending]:
    for sample in samples:
        yield Pending(sample.name, subject, lambda sample=sample: EnrolRequest(sample, subject))  # type: ignore[misc]


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one at each sync of the log."""
    syncs: list[int] = []
    real = Disk.sync

    def sync(disk: Disk, descriptor: int) -> None:
        syncs.append(descriptor)
        real(disk, descriptor)

    monkeypatch.setattr(Disk, "sync", sync)
    return syncs


def outcomes(house: House) -> Counter[str]:
    """The results that the log holds, and ``none yet`` for a permitted request without one."""
    counted: Counter[str] = Counter()
    for identity in list(house.ledger.ids()):
        entry = parse(house.ledger.entry(identity))
        if entry.kind == "intent" and entry.fields["dec"] == "allow" and entry.fields["act"] == "enrol":
            outcome = f"{identity}.outcome"
            has = house.ledger.has(outcome)
            counted[parse(house.ledger.entry(outcome)).fields["res"] if has else "none yet"] += 1
    return counted


def test_each_of_a_batch_gets_its_own_answer_and_outcome(house: House, place: Gallery, samples: Samples) -> None:
    """Good, twice the same, no picture, two names that cannot be kept, one enrolled before: told in their order."""
    obama, biden = samples["obama.jpg"], samples["biden.jpg"]
    before = EnrolRequest(copy(obama, 1), "obama")
    assert isinstance(_together(house, place, [before])[0], Enrolled)
    asked = [
        EnrolRequest(obama, "obama"),
        EnrolRequest(obama, "obama"),
        EnrolRequest(Sample(b"no picture", "x"), "x"),
        EnrolRequest(copy(biden, 1), "a\nb"),
        before,
        EnrolRequest(copy(biden, 2), "\ud800"),
        EnrolRequest(biden, "biden", metadata={"k": "v"}),
    ]
    answers = _together(house, place, asked)
    kinds = [Enrolled, Known, NotAcquired, Malformed, Known, Malformed, Enrolled]
    assert [type(answer) for answer in answers] == kinds
    assert {s.name: s.references for s in house.galleries.subjects(place)} == {"obama": 2, "biden": 1}
    assert outcomes(house) == {"enrolled": 3, "none": 2, "failure": 1, "error": 2}
    known = [answer.subject for answer in answers if isinstance(answer, Known)]
    assert known == ["obama", "obama"]


def test_a_refused_batch_is_refused_one_by_one(house: House, place: Gallery, samples: Samples) -> None:
    """An entry for each, no pixel looked at, nobody enrolled."""
    asking = asks(house, "family-separation")
    requests = [EnrolRequest(copy(samples["obama.jpg"], n), "obama") for n in range(3)]
    answers = enrol_together(house.rooms, asking, gallery=place, requests=requests)
    receipts = {answer.receipt.entry for answer in answers if isinstance(answer, Refused)}
    assert len(receipts) == 3
    assert not outcomes(house)
    assert house.galleries.subjects(place) == ()


def test_pictures_share_the_syncs_of_the_disk(
    house: House, place: Gallery, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch's intents are one write of the journal, and so are its outcomes."""
    syncs = counted(monkeypatch)
    many = [copy(samples["obama.jpg"], n) for n in range(4)]
    assert all(isinstance(item.answer, Enrolled) for item in _many(house, place, many, few=True))
    assert len(syncs) == 2


def test_where_the_outcomes_cannot_be_written_no_answer_is_given(
    house: House, place: Gallery, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The intents got to the disk, the outcomes did not: the whole batch is an error."""
    left = [1]
    real = Disk.sync

    def sync(disk: Disk, descriptor: int) -> None:
        if not left[0]:
            raise OSError(errno.EIO, "Input/output error")
        left[0] -= 1
        real(disk, descriptor)

    monkeypatch.setattr(Disk, "sync", sync)
    told: list[Item] = []
    with pytest.raises(Unwritable):
        told.extend(_many(house, place, [copy(samples["obama.jpg"], n) for n in range(3)], few=True))
    assert told == []
    monkeypatch.undo()
    with pytest.raises(Unwritable):  # and this process promises nothing more
        _many(house, place, [samples["biden.jpg"]])


def test_an_error_inside_leaves_each_with_an_outcome_that_says_so(
    house: House, place: Gallery, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store fails between the intents and the outcomes: nobody is enrolled, no intent stays open."""

    def broken(*_: object) -> None:
        raise Unwritable("no space", where="here", remedy="Make room.")

    monkeypatch.setattr("countenance.gallery.galleries.enrol", broken)
    with pytest.raises(Unwritable):
        _together(house, place, [EnrolRequest(copy(samples["obama.jpg"], n), "obama") for n in range(3)])
    assert outcomes(house) == {"error": 3}
    assert house.galleries.subjects(place) == ()


def test_stopping_leaves_nothing_half_done_and_another_run_completes_it(
    house: House, place: Gallery, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the first answer the caller goes away: what was begun is whole; a second run adds only the others."""
    monkeypatch.setattr("countenance.service.enrol_many.TOGETHER", 2)
    many = [copy(samples["obama.jpg"], n) for n in range(16)]
    drawn: list[str] = []

    def drawing() -> Iterator[Pending]:
        for one in pending(many):
            drawn.append(one.name)
            yield one

    with closing(enrol_many(house.rooms, asks(house), gallery=place, pending=drawing(), threads=1)) as run:  # type: ignore[type-var]
        assert isinstance(next(run).answer, Enrolled)
    done = house.galleries.find("people").references
    assert 0 < done < len(many)
    assert len(drawn) < len(many)
    assert outcomes(house) == {"enrolled": done}
    again = Counter(type(item.answer) for item in _many(house, place, many))
    assert again == {Known: done, Enrolled: len(many) - done}
    assert house.galleries.find("people").references == len(many)


@pytest.mark.parametrize("few", [False, True])
def test_a_bad_file_stops_nothing(house: House, place: Gallery, samples: Samples, few: bool) -> None:
    """One that cannot be read is told; the others of its batch are enrolled."""

    def gone() -> EnrolRequest:
        raise BrokenInput("there is no such file", where="gone.jpg")

    asked = [*pending([samples["obama.jpg"]]), Pending("gone", "g", gone), *pending([samples["biden.jpg"]], "biden")]
    items = list(enrol_many(house.rooms, asks(house), gallery=place, pending=asked, few=few))
    assert sorted((item.name, type(item.answer).__name__) for item in items) == [
        ("biden.jpg", "Enrolled"),
        ("gone", "Unreadable"),
        ("obama.jpg", "Enrolled"),
    ]


def test_large_pictures_do_not_lie_in_memory_together(
    house: House, place: Gallery, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read at once is bounded by its bytes; all are enrolled all the same."""
    monkeypatch.setattr("countenance.service.enrol_many.TOGETHER_BYTES", 1)
    syncs = counted(monkeypatch)
    items = _many(house, place, [copy(samples["obama.jpg"], n) for n in range(3)], few=True)
    assert [type(item.answer) for item in items] == [Enrolled] * 3
    assert len(syncs) == 6


def test_a_withdrawn_picture_does_not_come_back_in_a_batch(house: House, place: Gallery, samples: Samples) -> None:
    """Its neighbours are enrolled; it is told as withdrawn."""
    _together(house, place, [EnrolRequest(samples["obama.jpg"], "obama")])
    assert isinstance(withdraw(house.rooms, asks(house), gallery="people", subject="obama"), Withdrew)
    answers = _together(
        house, place, [EnrolRequest(samples["biden.jpg"], "biden"), EnrolRequest(samples["obama.jpg"], "obama")]
    )
    assert [type(answer) for answer in answers] == [Enrolled, Withdrawn]


def _together(house: House, place: Gallery, requests: list[EnrolRequest]) -> list[EnrolAnswer | Malformed]:
    return enrol_together(house.rooms, asks(house), gallery=place, requests=requests)


def _many(house: House, place: Gallery, samples: list[Sample], *, few: bool = False) -> list[Item]:
    return list(enrol_many(house.rooms, asks(house), gallery=place, pending=pending(samples), few=few))
