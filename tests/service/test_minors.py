"""Minors: what is declared of a picture, a subject or a gallery takes the stricter rules at every door."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.founded import founded_house

from countenance.assembly import House
from countenance.service.ages import MINOR, Ages, ages_of, is_minor, may_be_minor, visible
from countenance.service.asking import Asking, Refused
from countenance.service.enrol import Enrolled, EnrolRequest, enrol, gallery_for
from countenance.service.erase import Erased, erase
from countenance.service.find_similar import find_similar
from countenance.service.gate import Passage
from countenance.service.group import group
from countenance.service.identify import identify
from countenance.service.manage import Managed, create_gallery
from countenance.service.manage_subjects import SubjectManaged, add_subject
from countenance.service.verify import verify
from countenance.terms.action import Action
from countenance.terms.errors import Malformed
from countenance.terms.gallery import Gallery
from countenance.terms.sample import Sample, SampleRef

ONE, TWO = Sample(b"one", "one"), Sample(b"two", "two")
FACE = SampleRef("ab" * 32)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[House]:
    """A house without models: what is refused needs none."""
    with founded_house(tmp_path / "data") as made:
        yield made


def measures(house: House, *, minor: bool = False) -> Asking:
    """An evaluation, which reaches no minors."""
    return replace(house.asking("evaluation", "dataset:lfw"), minor=minor)


def finds(house: House, authority: str = "guardian-request:case-3", *, minor: bool = False) -> Asking:
    """A search for the missing, which reaches minors at their guardian's request."""
    return replace(house.asking("missing-person", authority), minor=minor)


def made(house: House, name: str, ages: Ages) -> Gallery:
    answer = create_gallery(house.rooms, measures(house), name=name, ages=ages)
    assert isinstance(answer, Managed)
    return house.galleries.find(name)


Door = Callable[[House, Asking], Any]
DOORS: dict[str, Door] = {
    "identify": lambda h, a: identify(h.rooms, a, gallery="adults", sample=ONE),
    "verify": lambda h, a: verify(h.rooms, a, first=ONE, second=TWO),
    "find_similar": lambda h, a: find_similar(h.rooms, a, sample=ONE, among=[TWO], most=5),
    "group": lambda h, a: group(h.rooms, a, samples=[ONE, TWO]),
    "enrol": lambda h, a: enrol(h.rooms, a, gallery=h.galleries.find("adults"), request=EnrolRequest(ONE, "Ada")),
}


def test_a_declared_picture_is_refused_at_every_door_that_does_not_reach_minors(plain: House) -> None:
    """Before a pixel is decoded; the log's sealed detail says that it was about a minor."""
    made(plain, "adults", Ages.ADULTS)
    for name, door in DOORS.items():
        answer = door(plain, measures(plain, minor=True))
        assert isinstance(answer, Refused), name
        assert answer.refusal.policies == ("gate-minors",), name
        assert [each.id for each in answer.refusal.principles] == ["children"]
        detail = plain.ledger.detail(answer.receipt.entry)
        assert detail is not None
        assert detail["minor"] is True


@pytest.mark.parametrize(
    ("ages", "reached"), [(Ages.ADULTS, True), (Ages.MIXED, False), (Ages.MINORS, False)]
)  # fmt: skip
def test_a_search_among_minors_may_find_one(plain: House, ages: Ages, reached: bool) -> None:
    place = made(plain, "g", ages)
    assert ages_of(place) is ages
    for asking, permitted in ((measures(plain), reached), (finds(plain), True)):
        answer = plain.rooms.gate.ask(asking, Action.SEARCH, gallery=place, samples=(FACE,), bound=1, most=5)
        assert isinstance(answer, Passage) is permitted


def test_a_named_adult_among_minors_is_an_adult(plain: House) -> None:
    """And a named minor a minor, and one that was not looked up may be one."""
    mixed, adults = made(plain, "m", Ages.MIXED), made(plain, "a", Ages.ADULTS)
    asking = measures(plain)
    assert not may_be_minor(asking, Action.VERIFY, mixed, named=False)
    assert may_be_minor(asking, Action.VERIFY, mixed, named=True)
    assert may_be_minor(asking, Action.VERIFY, mixed, named=None)
    assert not may_be_minor(asking, Action.VERIFY, adults, named=None)
    assert may_be_minor(replace(asking, minor=True), Action.VERIFY, adults, named=False)
    for action in (Action.DELETE, Action.EXPORT, Action.MANAGE):
        assert not may_be_minor(replace(asking, minor=True), action, mixed, named=True)


def test_a_subject_without_a_face_is_declared_as_well(plain: House) -> None:
    """By the caller, or by a gallery that holds minors alone; not in one for adults."""
    for name in ("adults", "mixed", "minors"):
        made(plain, name, Ages(name))
    told = {}
    for gallery, minor in (("mixed", True), ("mixed", False), ("minors", False), ("adults", False)):
        answer = add_subject(plain.rooms, measures(plain, minor=minor), gallery=gallery, metadata={"case": "7"})
        assert isinstance(answer, SubjectManaged)
        told[gallery, minor] = is_minor(answer.subject)
        assert visible(answer.subject.metadata) == {"case": "7"}
    assert told == {("mixed", True): True, ("mixed", False): False, ("minors", False): True, ("adults", False): False}
    with pytest.raises(Malformed, match="is for adults"):
        add_subject(plain.rooms, measures(plain, minor=True), gallery="adults")


def test_nobody_else_declares_or_takes_it_back_by_metadata(plain: House) -> None:
    made(plain, "g", Ages.MIXED)
    with pytest.raises(Malformed, match="the service's own"):
        add_subject(plain.rooms, measures(plain), gallery="g", metadata={MINOR: "no"})
    with pytest.raises(Malformed, match="the service's own"):
        create_gallery(plain.rooms, measures(plain), name="h", metadata={"countenance.ages": "adults"})


def test_a_story_of_a_child_and_a_guardian(house: House, samples: Mapping[str, Sample]) -> None:
    """Enrolled as a minor, the child is one with every later picture, whoever brings it and whatever they say."""
    asking = finds(house, minor=True)
    place = gallery_for(house.rooms, asking, "found")
    assert isinstance(place, Gallery)
    assert ages_of(place) is Ages.MIXED

    def brings(picture: str, name: str, asking: Asking) -> Any:
        request = EnrolRequest(samples[picture], name)
        return enrol(house.rooms, asking, gallery=house.galleries.find("found"), request=request)

    assert isinstance(brings("obama.jpg", "Child", asking), Enrolled)
    assert is_minor(house.galleries.subject(place, "Child"))
    refused = brings("obama2.jpg", "Child", finds(house, "consent:form 1"))
    assert isinstance(refused, Refused)
    assert refused.refusal.policies == ("gate-minors",)
    assert isinstance(brings("obama2.jpg", "Child", finds(house)), Enrolled)
    assert is_minor(house.galleries.subject(place, "Child"))
    assert isinstance(brings("biden.jpg", "Grown", finds(house, "consent:form 2")), Enrolled)
    assert not is_minor(house.galleries.subject(place, "Grown"))
    with pytest.raises(Malformed, match="enrolled as an adult"):
        brings("astronaut.png", "Grown", asking)
    assert isinstance(erase(house.rooms, finds(house, "consent:form 3"), gallery="found", subject="Child"), Erased)
