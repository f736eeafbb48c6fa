"""What the tests of the use-cases share: a fresh house, and a small registry; models are loaded once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from countenance.assembly import House, load_vision, open_house
from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking
from countenance.service.enrol import Enrolled, EnrolRequest, enrol, gallery_for
from countenance.service.gate import Passage
from countenance.service.samples import ref_of
from countenance.settings import Settings, read_settings
from countenance.terms.acquisition import Acquisition, FaceChoice
from countenance.terms.action import Action
from countenance.terms.authority import Authority
from countenance.terms.gallery import Gallery
from countenance.terms.sample import Sample
from countenance.vision.vision import Vision

OBAMA, BIDEN = "Barack Obama", "Joe Biden"
Opened = Callable[[], AbstractContextManager[House]]


@dataclass(frozen=True)
class Registry:
    """``opened()`` gives the house; the others are ids of entries."""

    data: Path
    opened: Opened
    enrolments: Mapping[str, str]
    search: str


def asking(house: House, authority: str = "guardian-request:case-3") -> Asking:
    return house.asking("missing-person", authority)


def sample_of(path: Path) -> Sample:
    return Sample(path.read_bytes(), path.name)


@pytest.fixture(scope="session")
def vision() -> Vision:
    return load_vision(Settings())


def put(house: House, place: Gallery, name: str, picture: Path) -> str:
    """Enrol; the entry's id."""
    made = enrol(house.rooms, asking(house), gallery=place, request=EnrolRequest(sample_of(picture), name))
    assert isinstance(made, Enrolled)
    return made.receipt.entry


def look(house: House, place: Gallery, picture: Path, most: int = 1) -> str:
    """Search as the use-case does, without an operating point: the nearest are the candidates."""
    sample, rooms = sample_of(picture), house.rooms
    ref = ref_of(sample, FaceChoice.ONE)
    passage = rooms.gate.ask(asking(house), Action.SEARCH, gallery=place, samples=(ref,), bound=1, most=most)
    assert isinstance(passage, Passage)
    with passage:
        acquired = rooms.vision().acquire(sample, passage.promise, FaceChoice.ONE)
        assert isinstance(acquired, Acquisition)
        found = rooms.galleries.search(passage.receipt, acquired.probe.template, most, None)
        passage.conclude(
            OutcomeResult.CANDIDATES,
            count=len(found.candidates),
            use=found.use,
            candidates=[[c.subject, round(c.score, 6)] for c in found.candidates],
            compared=found.compared,
            threshold=0.5,
        )
        return passage.receipt.entry


@pytest.fixture
def registry(data: Path, vision: Vision, pictures: Mapping[str, Path]) -> Registry:
    @contextmanager
    def opened():  # type: ignore[no-untyped-def]  # the type stands in Opened
        with open_house(data) as house:
            yield replace(house, rooms=replace(house.rooms, vision=lambda: vision))

    with opened() as house:
        place = gallery_for(house.rooms, asking(house), "r")
        assert isinstance(place, Gallery)
        entries = {
            name: put(house, place, name, pictures[p]) for name, p in ((OBAMA, "obama.jpg"), (BIDEN, "biden.jpg"))
        }
        search = look(house, house.galleries.find("r"), pictures["obama2.jpg"])
    return Registry(data, opened, entries, search)


@pytest.fixture
def house(tmp_path: Path, vision: Vision) -> Iterator[House]:
    """A house with the demo charter and nobody in it."""
    with House.found(read_settings(tmp_path / "data")) as made:
        yield replace(made, rooms=replace(made.rooms, vision=lambda: vision))


@pytest.fixture(scope="session")
def samples(pictures: Mapping[str, Path]) -> dict[str, Sample]:
    """The demo's pictures, read."""
    return {name: sample_of(path) for name, path in pictures.items()}


def asks(house: House, purpose: str = "missing-person", authority: str = "guardian-request:case-3") -> Asking:
    """What the owner of the data directory asks, for any purpose."""
    return replace(house.asking(purpose, authority), authority=Authority.parse(authority))
