"""What manages a gallery passes the gate, and what it leaves in the log goes with whom it names."""

from __future__ import annotations

import json

import pytest
from tests.service.conftest import asks

from countenance.assembly import House
from countenance.service.asking import Refused
from countenance.service.enrol import Enrolled, EnrolRequest, Known, enrol
from countenance.service.erase import Erased, erase
from countenance.service.manage import Managed, change_gallery, create_gallery, delete_gallery
from countenance.service.manage_subjects import (
    ReferenceManaged,
    SubjectManaged,
    add_subject,
    change_reference,
    change_subject,
    erase_reference,
)
from countenance.terms.acquisition import FaceChoice, FaceNear
from countenance.terms.errors import BrokenInput, NameTaken, UnknownName
from countenance.terms.face import Box
from countenance.terms.gallery import Gallery
from countenance.terms.sample import Sample

Samples = dict[str, Sample]
FORMER, LATER = "Isidora Quillfeather", "Isidora Marchbanks"


@pytest.fixture
def place(house: House) -> Gallery:
    made = create_gallery(house.rooms, asks(house), name="g", metadata={"kind": "large"})
    assert isinstance(made, Managed)
    return made.gallery


def put(house: House, place: Gallery, sample: Sample, subject: str, faces: FaceChoice | FaceNear) -> str:
    """Enrol; the reference's id."""
    made = enrol(house.rooms, asks(house), gallery=place, request=EnrolRequest(sample, subject), faces=faces)
    assert isinstance(made, Enrolled)
    return made.reference.id


def named(house: House, *words: str) -> list[str]:
    """The entries whose sealed detail has one of these words."""
    details = {entry: json.dumps(house.ledger.detail(entry) or {}) for entry in house.ledger.ids()}
    return [entry for entry, detail in details.items() if any(word in detail for word in words)]


def test_words_change_and_a_refused_purpose_changes_nothing(house: House, place: Gallery, samples: Samples) -> None:
    """Gallery, subject and reference; each answer has its receipt."""
    rooms, asking, refused = house.rooms, asks(house), asks(house, "family-separation")
    reference = put(house, place, samples["obama.jpg"], "Ada", FaceChoice.ONE)
    assert isinstance(change_gallery(rooms, refused, name="g", metadata={"kind": None}), Refused)
    assert isinstance(add_subject(rooms, refused, gallery="g"), Refused)
    assert isinstance(change_subject(rooms, refused, gallery="g", subject="Ada", name="Eve"), Refused)
    assert isinstance(change_reference(rooms, refused, gallery="g", reference=reference, metadata={"a": "1"}), Refused)
    assert isinstance(erase_reference(rooms, refused, gallery="g", reference=reference), Refused)
    before = house.galleries.find("g")
    assert (before.metadata, before.subjects, before.references) == ({"kind": "large"}, 1, 1)

    gallery = change_gallery(rooms, asking, name="g", metadata={"trained": "now"})
    assert isinstance(gallery, Managed)
    assert gallery.gallery.metadata == {"kind": "large", "trained": "now"}
    changed = change_subject(rooms, asking, gallery="g", subject="Ada", name="Eve", metadata={"b": "2"})
    assert isinstance(changed, SubjectManaged)
    assert (changed.subject.name, changed.subject.metadata) == ("Eve", {"b": "2"})
    worded = change_reference(rooms, asking, gallery="g", reference=reference, metadata={"a": "1"})
    assert isinstance(worded, ReferenceManaged)
    assert worded.reference.metadata == {"a": "1"}
    entries = {answer.receipt.entry for answer in (gallery, changed, worded)}
    assert {f"{entry}.outcome" for entry in entries} <= set(house.ledger.ids())
    with pytest.raises(NameTaken):
        add_subject(rooms, asking, gallery="g", name="Eve")
    with pytest.raises(BrokenInput, match="the service's own"):
        change_subject(rooms, asking, gallery="g", subject="Eve", metadata={"countenance.minor": None})


def test_a_former_name_is_forgotten_too(house: House, place: Gallery, samples: Samples) -> None:
    """Enrolled under one name, erased under another: nothing behind the log names either."""
    put(house, place, samples["obama.jpg"], FORMER, FaceChoice.ONE)
    changed = change_subject(house.rooms, asks(house), gallery="g", subject=FORMER, name=LATER)
    assert isinstance(changed, SubjectManaged)
    assert named(house, FORMER)
    gone = erase(house.rooms, asks(house), gallery="g", subject=LATER)
    assert isinstance(gone, Erased)
    assert named(house, FORMER, LATER) == []


def test_erasing_a_reference_forgets_its_sample(house: House, place: Gallery, samples: Samples) -> None:
    """The subject stays, also without any; the same picture can be enrolled again."""
    one = put(house, place, samples["obama.jpg"], "Ada", FaceChoice.ONE)
    two = put(house, place, samples["obama2.jpg"], "Ada", FaceChoice.ONE)
    digests = [samples[name].digest for name in ("obama.jpg", "obama2.jpg")]
    assert [bool(named(house, digest)) for digest in digests] == [True, True]
    assert isinstance(erase_reference(house.rooms, asks(house), gallery="g", reference=one), ReferenceManaged)
    assert [bool(named(house, digest)) for digest in digests] == [False, True]
    assert isinstance(erase_reference(house.rooms, asks(house), gallery="g", reference=two), ReferenceManaged)
    with pytest.raises(UnknownName):
        erase_reference(house.rooms, asks(house), gallery="g", reference=two)
    assert house.galleries.subject(place, "Ada").references == 0
    put(house, place, samples["obama.jpg"], "Ada", FaceChoice.ONE)
    assert isinstance(delete_gallery(house.rooms, asks(house), name="g"), Managed)


def test_the_face_of_a_rectangle_is_enrolled(house: House, place: Gallery, samples: Samples) -> None:
    """Of a picture of several, each for another subject; the same face again is known, whoever is named."""
    group = samples["t1.jpg"]
    detection = house.rooms.vision().detect(group)
    boxes = [each.box for each in detection.faces][:2]  # type: ignore[union-attr]  # the demo's group has faces
    ids = [put(house, place, group, name, FaceNear(box)) for name, box in zip(("Ada", "Eve"), boxes, strict=True)]
    references = [house.galleries.reference(place, each) for each in ids]
    assert [each.face for each in references] == ["0", "1"]
    for subject in ("Ada", "Somebody"):
        again = enrol(
            house.rooms,
            asks(house),
            gallery=place,
            request=EnrolRequest(group, subject),
            faces=FaceNear(Box(boxes[0].left + 3, boxes[0].top - 2, boxes[0].width, boxes[0].height)),
        )
        assert isinstance(again, Known)
        assert (again.subject, again.reference) == ("Ada", ids[0])
    assert house.galleries.find("g").subjects == 2


def test_whether_a_picture_is_enrolled_is_not_told_to_the_refused(
    house: House, place: Gallery, samples: Samples
) -> None:
    """The refusal comes first, for a known picture as for an unknown one; a permitted retry is told, and recorded."""
    put(house, place, samples["obama.jpg"], "Ada", FaceChoice.ONE)
    request = EnrolRequest(samples["obama.jpg"], "Ada")
    assert isinstance(enrol(house.rooms, asks(house, "curiosity"), gallery=place, request=request), Refused)
    known = enrol(house.rooms, asks(house), gallery=place, request=request)
    assert isinstance(known, Known)
    assert f"{known.receipt.entry}.outcome" in set(house.ledger.ids())
