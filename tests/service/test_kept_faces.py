"""Kept faces: detect once, then verify, identify, find similar and group by id, each through the gate."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from tests.service.conftest import asks

from countenance.assembly import House
from countenance.gallery import kernel
from countenance.ledger.entry import parse
from countenance.service.asking import Asking, NotAcquired, Refused
from countenance.service.enrol import Enrolled, EnrolRequest, Known, enrol
from countenance.service.erase import Erased, erase
from countenance.service.find_similar_faces import FaceSimilarity, find_similar_faces
from countenance.service.group_faces import FaceGrouping, group_faces
from countenance.service.identify_faces import FaceIdentification, identify_faces
from countenance.service.keep_faces import KeptFaces, keep_faces
from countenance.service.kept_faces import FaceUnknown, find_faces
from countenance.service.manage import Managed, create_gallery
from countenance.service.manage_subjects import SubjectManaged, add_subject
from countenance.service.verify_faces import FaceVerification, verify_face_subject, verify_faces
from countenance.terms.acquisition import FailureReason
from countenance.terms.errors import Malformed
from countenance.terms.gallery import Gallery
from countenance.terms.sample import Sample

OWNER = "key:one/missing-person"
TWO = ("obama.jpg", "obama2.jpg")


def keep(house: House, sample: Sample, owner: str = OWNER, **more: Any) -> str:
    """The id of the largest face of a sample."""
    kept = keep_faces(house.rooms, asks(house), sample=sample, owner=owner, ttl=600, **more)
    assert isinstance(kept, KeptFaces)
    return kept.faces[0].id


Act = Callable[[House, Asking, str, str], object]
ACTS: dict[str, Act] = {
    "verify": lambda h, a, one, two: verify_faces(h.rooms, a, OWNER, two, one),
    "verify a subject": lambda h, a, one, _: verify_face_subject(h.rooms, a, OWNER, one, gallery="g", subject="Ada"),
    "identify": lambda h, a, one, two: identify_faces(h.rooms, a, OWNER, [two, one], gallery="g", most=5),
    "find similar": lambda h, a, one, two: find_similar_faces(h.rooms, a, OWNER, two, among=[one], most=5),
    "find similar in a gallery": lambda h, a, one, _: find_similar_faces(h.rooms, a, OWNER, one, gallery="g", most=5),
    "group": lambda h, a, one, two: group_faces(h.rooms, a, OWNER, [two, one]),
}
"""Every act that compares kept faces, with one face and another."""


def stocked(house: House, samples: dict[str, Sample]) -> tuple[Gallery, str]:
    """A gallery with one subject, and the subject's id."""
    made = create_gallery(house.rooms, asks(house), name="g", metadata={"kind": "test"})
    assert isinstance(made, Managed)
    subject = add_subject(house.rooms, asks(house), gallery="g")
    assert isinstance(subject, SubjectManaged)
    assert subject.subject.name == subject.subject.id
    request = EnrolRequest(samples["obama.jpg"], subject.subject.id, by_id=True, reference_metadata={"k": "v"})
    enrolled = enrol(house.rooms, asks(house), gallery=made.gallery, request=request)
    assert isinstance(enrolled, Enrolled)
    again = enrol(house.rooms, asks(house), gallery=made.gallery, request=request)
    assert isinstance(again, Known)
    assert (again.subject_id, again.reference) == (subject.subject.id, enrolled.reference.id)
    assert house.galleries.reference(made.gallery, enrolled.reference.id).metadata == {"k": "v"}
    return house.galleries.find("g"), subject.subject.id


def test_a_story_by_ids(house: House, samples: dict[str, Sample]) -> None:
    """Every use-case finds the same man, says so by ids, and leaves one intent with one outcome."""
    rooms, asking = house.rooms, asks(house)
    place, subject = stocked(house, samples)
    one, two = (keep(house, samples[name], label="m") for name in TWO)
    other = keep(house, samples["biden.jpg"])
    before = len(list(house.ledger.entries()))

    same = verify_faces(rooms, asking, OWNER, one, two)
    assert isinstance(same, FaceVerification)
    assert same.match
    person = verify_face_subject(rooms, asking, OWNER, other, gallery="g", subject=subject)
    assert isinstance(person, FaceVerification)
    assert not person.match
    found = identify_faces(rooms, asking, OWNER, [two, other], gallery="g", most=5)
    assert isinstance(found, FaceIdentification)
    assert [[c.subject for c in s.result.candidates] for s in found.searched] == [[subject], []]
    assert [s.id for s in found.searched] == [two, other]
    near = find_similar_faces(rooms, asking, OWNER, one, among=[other, two], most=9)
    assert isinstance(near, FaceSimilarity)
    assert [s.id for s in near.similar] == [two]
    every = find_similar_faces(rooms, asking, OWNER, one, among=[other, two], most=9, every=True)
    assert isinstance(every, FaceSimilarity)
    assert [s.id for s in every.similar] == [two, other]
    listed = find_similar_faces(rooms, asking, OWNER, two, gallery="g", most=9)
    assert isinstance(listed, FaceSimilarity)
    assert [s.id for s in listed.similar] == [r.id for r in house.galleries.references(place, subject)]
    grouped = group_faces(rooms, asking, OWNER, [one, two, other])
    assert isinstance(grouped, FaceGrouping)
    assert (set(grouped.groups[0]), grouped.single) == ({one, two}, (other,))

    kinds = [parse(data).kind for _, data in house.ledger.entries()][before:]
    assert kinds.count("intent") == kinds.count("outcome") == 7


def test_a_threshold_raises_the_bar_and_never_lowers_it(house: House, samples: dict[str, Sample]) -> None:
    """A stranger stays one at any threshold; a known one is lost at a high one."""
    stocked(house, samples)
    known, stranger = keep(house, samples["obama2.jpg"]), keep(house, samples["biden.jpg"])
    for threshold, expected in ((-1.0, [1, 0]), (0.999, [0, 0])):
        found = identify_faces(
            house.rooms, asks(house), OWNER, [known, stranger], gallery="g", most=5, threshold=threshold
        )
        assert isinstance(found, FaceIdentification)
        assert [len(s.result.candidates) for s in found.searched] == expected


def test_another_owners_face_is_not_there(house: House, samples: dict[str, Sample]) -> None:
    """For another key or purpose, and after the subject of its sample is erased, an id says nothing."""
    _, subject = stocked(house, samples)
    one, two = keep(house, samples["obama.jpg"]), keep(house, samples["obama2.jpg"])
    assert verify_faces(house.rooms, asks(house), "key:two/x", one, two) == FaceUnknown((one, two))
    assert identify_faces(house.rooms, asks(house), OWNER, [one, "no"], gallery="g", most=1) == FaceUnknown(("no",))
    assert isinstance(erase(house.rooms, asks(house), gallery="g", subject=subject), Erased)
    assert find_faces(house.rooms, OWNER, [one, two]) == FaceUnknown((one,))


def test_a_refused_purpose_keeps_nothing(house: House, samples: dict[str, Sample]) -> None:
    """Keeping is asked; comparing what was kept is asked again, under whatever purpose is said then."""
    refused = asks(house, purpose="family-separation")
    kept = keep_faces(house.rooms, refused, sample=samples["obama.jpg"], owner=OWNER, ttl=600)
    assert isinstance(kept, Refused)
    assert house.galleries.faces.count() == 0
    one = keep(house, samples["obama.jpg"])
    assert isinstance(verify_faces(house.rooms, refused, OWNER, one, one), Refused)


def test_what_cannot_be_kept(house: House, samples: dict[str, Sample]) -> None:
    """No face is an answer; too short and too long a life are mistakes, found before anything is asked."""
    none = keep_faces(house.rooms, asks(house), sample=samples["chelsea.png"], owner=OWNER, ttl=60)
    assert isinstance(none, NotAcquired)
    assert none.failure.reason is FailureReason.NO_FACE
    entries = len(list(house.ledger.entries()))
    for ttl in (59, 86_401):
        with pytest.raises(Malformed):
            keep_faces(house.rooms, asks(house), sample=samples["obama.jpg"], owner=OWNER, ttl=ttl)
    assert len(list(house.ledger.entries())) == entries


def test_a_face_that_was_declared_a_minors_is_one_whoever_compares_it(house: House, samples: dict[str, Sample]) -> None:
    """Beside others too: a purpose that reaches no minors is refused, whatever is said later; the other is not."""
    assert isinstance(create_gallery(house.rooms, asks(house), name="g"), Managed)
    enrolled = enrol(
        house.rooms, asks(house), gallery=house.galleries.find("g"), request=EnrolRequest(samples["obama2.jpg"], "Ada")
    )
    assert isinstance(enrolled, Enrolled)
    other, grown = keep(house, samples["biden.jpg"]), keep(house, samples["obama.jpg"])
    kept = keep_faces(house.rooms, replace(asks(house), minor=True), sample=samples["obama.jpg"], owner=OWNER, ttl=600)
    assert isinstance(kept, KeptFaces)
    measures, finds = asks(house, "evaluation", "dataset:lfw"), asks(house)
    for name, act in ACTS.items():
        refused = act(house, measures, kept.faces[0].id, other)
        assert isinstance(refused, Refused), name
        assert refused.refusal.policies == ("gate-minors",), name
        for permitted in (act(house, measures, grown, other), act(house, finds, kept.faces[0].id, other)):
            assert not isinstance(permitted, Refused | FaceUnknown), name


@pytest.mark.parametrize("name", ACTS)
def test_an_erasure_during_a_comparison_leaves_no_answer(
    house: House, samples: dict[str, Sample], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The kernel has compared when the subject of a face is erased: the outcome says so, and no score leaves."""
    assert isinstance(create_gallery(house.rooms, asks(house), name="g"), Managed)
    place = house.galleries.find("g")
    for picture, subject in (("obama.jpg", "Ada"), ("obama2.jpg", "Bob")):
        request = EnrolRequest(samples[picture], subject)
        assert isinstance(enrol(house.rooms, asks(house), gallery=place, request=request), Enrolled)
    one, other = keep(house, samples["obama2.jpg"]), keep(house, samples["biden.jpg"])
    compared, erased = threading.Event(), threading.Event()

    def slow(function: Callable[..., Any]) -> Callable[..., Any]:
        def scored(*rest: Any) -> Any:
            found = function(*rest)
            found = list(found) if inspect.isgenerator(found) else found
            compared.set()
            assert erased.wait(30)
            return found

        return scored

    for each in ("scores", "best_of", "nearest", "pairs_at_or_above"):
        monkeypatch.setattr(kernel, each, slow(getattr(kernel, each)))
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(ACTS[name], house, asks(house), one, other)
        assert compared.wait(30)
        assert isinstance(erase(house.rooms, asks(house), gallery="g", subject="Bob"), Erased)
        erased.set()
        assert answer.result() == FaceUnknown((one,))
    outcomes = [parse(data).fields for _, data in house.ledger.entries() if parse(data).kind == "outcome"]
    assert outcomes[-1]["res"] == "aborted"
    assert outcomes[-1]["ctr"] is not None, "that it was compared is counted"
    assert house.ledger.detail(f"{outcomes[-1]['of']}.outcome")["candidates"] is None


def test_a_subject_without_references_is_nobodys_match(house: House, samples: dict[str, Sample]) -> None:
    """There is no score, and that is an answer."""
    assert isinstance(create_gallery(house.rooms, asks(house), name="g"), Managed)
    made = add_subject(house.rooms, asks(house), gallery="g", name="Ada")
    assert isinstance(made, SubjectManaged)
    one = keep(house, samples["obama.jpg"])
    answer = verify_face_subject(house.rooms, asks(house), OWNER, one, gallery="g", subject="Ada")
    assert isinstance(answer, FaceVerification)
    assert (answer.score, answer.match) == (None, False)
