"""Enrolling: what is kept, what is not kept twice, what is refused."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.gallery.house import RECIPE, House, probe_of, sample_of, vector_of

from countenance.gallery.enrolment import AlreadyEnrolled, EnrolItem, Enrolment, Tombstoned
from countenance.terms.acquisition import Probe
from countenance.terms.action import Action
from countenance.terms.errors import Malformed, NameTaken, RecipeMismatch, SealBroken, UnknownName
from countenance.terms.gallery import Gallery, Keep
from countenance.terms.sample import Sample, SampleRef


def item(house: House, gallery: Gallery, subject: str, probe: Probe, sample: Sample, **more: Any) -> EnrolItem:
    receipt = house.receipt(Action.ENROL, [probe.template.sample], gallery=gallery)
    return EnrolItem(receipt, subject, probe, sample, "consent", **more)


def test_what_was_enrolled_is_there_after_a_restart(house: House) -> None:
    """Every field of a subject and of its references comes back as it was given."""
    gallery = house.gallery()
    one = house.enrol(
        gallery, "Ada", vector_of(1), sample_of(1), retain_until=1_800_000_000, metadata={"case": "7", "note": "ü"}
    )
    two = house.enrol(gallery, "Ada", vector_of(2), sample_of(2))
    house.reopen()
    ada = house.galleries.subject(gallery, "Ada")
    assert (ada.name, ada.basis, ada.retain_until, ada.references) == ("Ada", "consent", 1_800_000_000, 2)
    assert ada.metadata == {"case": "7", "note": "ü"}
    assert house.galleries.subjects(gallery) == (ada,)
    assert house.galleries.references(gallery, ada.id) == (one.reference, two.reference)
    assert one.reference.sample_digest == sample_of(1).digest
    assert one.reference.quality == {"Sharpness": 71}
    assert (one.new_subject, two.new_subject) == (True, False)
    assert house.galleries.find("staff").references == 2
    assert house.galleries.find("staff").space == replace(RECIPE).space


def test_the_same_face_of_the_same_sample_is_kept_once(house: House) -> None:
    """Enrolling again adds nothing and says whose it is; another face of the same sample is another matter."""
    gallery = house.gallery()
    first = house.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    again = house.enrol(gallery, "Someone else", vector_of(1), sample_of(1))
    assert again == AlreadyEnrolled(first.reference.subject, "Ada", first.reference.id)
    assert isinstance(house.enrol(gallery, "Grace", vector_of(2), sample_of(1), face="1"), Enrolment)
    assert {s.name for s in house.galleries.subjects(gallery)} == {"Ada", "Grace"}
    there = house.galleries.references_with(gallery, [sample_of(1).digest])[sample_of(1).digest]
    assert [each.face for each in there] == ["0", "1"]
    assert there[0] == first.reference
    assert house.galleries.references_with(gallery, [sample_of(9).digest]) == {}


def test_a_batch_decides_for_each_item(house: House) -> None:
    """In one batch: a new one, its double, a known one, a withdrawn one, and one of another recipe."""
    gallery = house.gallery()
    house.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    house.enrol(gallery, "Gone", vector_of(2), sample_of(2))
    house.erase(gallery, "Gone", withdraw=True)
    other = replace(RECIPE, recogniser="another")
    outcomes = house.galleries.enrol_many(
        gallery,
        [
            item(house, gallery, "New", probe_of(vector_of(3), sample_of(3)), sample_of(3)),
            item(house, gallery, "New", probe_of(vector_of(3), sample_of(3)), sample_of(3)),
            item(house, gallery, "New", probe_of(vector_of(4), sample_of(4)), sample_of(4)),
            item(house, gallery, "Ada", probe_of(vector_of(1), sample_of(1)), sample_of(1)),
            item(house, gallery, "Gone", probe_of(vector_of(2), sample_of(2)), sample_of(2)),
            item(house, gallery, "Odd", probe_of(vector_of(5), sample_of(5), recipe=other), sample_of(5)),
        ],
    )
    assert [type(o) for o in outcomes] == [
        Enrolment, AlreadyEnrolled, Enrolment, AlreadyEnrolled, Tombstoned, RecipeMismatch
    ]  # fmt: skip
    assert [o.new_subject for o in outcomes if isinstance(o, Enrolment)] == [True, False]
    assert {s.name: s.references for s in house.galleries.subjects(gallery)} == {"Ada": 1, "New": 2}


def test_a_set_receipt_enrols_what_it_names(house: House) -> None:
    """Several faces under one receipt; each must be on its list."""
    gallery = house.gallery()
    refs = tuple(SampleRef(sample_of(i).digest, "0") for i in range(3))
    receipt = house.receipt(Action.ENROL, refs, gallery=gallery)
    items = [
        EnrolItem(receipt, f"s{i}", probe_of(vector_of(i), sample_of(i)), sample_of(i), "consent", samples=refs)
        for i in range(3)
    ]
    assert all(isinstance(o, Enrolment) for o in house.galleries.enrol_many(gallery, items))
    assert house.galleries.find("staff").subjects == 3


def test_another_recipe_is_an_error_not_a_number(house: House) -> None:
    """The first enrolment fixes the gallery's space; neither enrolment nor search crosses it."""
    gallery = house.gallery()
    house.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    probe = probe_of(vector_of(2), sample_of(2), recipe=replace(RECIPE, recogniser="another"))
    receipt = house.receipt(Action.ENROL, [probe.template.sample], gallery=gallery)
    with pytest.raises(RecipeMismatch):
        house.galleries.enrol(receipt, gallery, "Ada", probe, sample_of(2), basis="consent")
    receipt = house.receipt(Action.SEARCH, [probe.template.sample], gallery=gallery, bound=1)
    with pytest.raises(RecipeMismatch):
        house.galleries.search(receipt, probe.template, 1, None)
    assert house.galleries.find("staff").references == 1


def test_retention_comes_nearer_only(house: House) -> None:
    """A later photograph does not keep a subject longer than was first said, and metadata add up."""
    gallery = house.gallery()
    house.enrol(gallery, "Ada", vector_of(1), sample_of(1), retain_until=2_000, metadata={"a": "1", "b": "1"})
    house.enrol(gallery, "Ada", vector_of(2), sample_of(2), retain_until=3_000, metadata={"b": "2"})
    house.enrol(gallery, "Ada", vector_of(3), sample_of(3))
    ada = house.galleries.subject(gallery, "Ada")
    assert (ada.retain_until, ada.metadata) == (2_000, {"a": "1", "b": "2"})
    house.enrol(gallery, "Ada", vector_of(4), sample_of(4), retain_until=1_000)
    assert house.galleries.subject(gallery, "Ada").retain_until == 1_000
    assert house.galleries.overdue(gallery) == (house.galleries.subject(gallery, "Ada"),)


@pytest.mark.parametrize("keep", list(Keep))
def test_a_gallery_keeps_what_it_was_told(house: House, keep: Keep) -> None:
    """Nothing, the aligned crop, or the sample's own bytes."""
    gallery = house.gallery(keep=keep)
    sample = sample_of(1)
    made = house.enrol(gallery, "Ada", vector_of(1), sample).reference
    assert made.kept is keep
    receipt = house.receipt(Action.EXPORT, [SampleRef(sample.digest, "0")], gallery=gallery)
    kept = house.galleries.picture(receipt, gallery, made)
    match keep:
        case Keep.NONE:
            assert kept is None
        case Keep.CROP:
            assert kept is not None
            assert np.array_equal(np.load(io.BytesIO(kept[1])), probe_of(vector_of(1), sample).crop)
        case Keep.IMAGE:
            assert kept == (Keep.IMAGE, sample.data)


def test_names_are_the_same_where_they_look_the_same(house: House) -> None:
    """Composed and decomposed letters are one name; upper and lower case are two."""
    gallery = house.gallery("Büro")
    house.enrol(gallery, unicodedata.normalize("NFC", "Zoë"), vector_of(1), sample_of(1))
    house.enrol(gallery, unicodedata.normalize("NFD", "Zoë"), vector_of(2), sample_of(2))
    house.enrol(gallery, "zoë", vector_of(3), sample_of(3))
    assert [s.references for s in house.galleries.subjects(gallery)] == [2, 1]
    assert house.galleries.find(unicodedata.normalize("NFD", "Büro")) == house.galleries.find("Büro")
    with pytest.raises(NameTaken):
        house.gallery(unicodedata.normalize("NFD", "Büro"))


@pytest.mark.parametrize("name", ["", " ", " a", "a\n", "a\x00b", "\udcff", "x" * 257, "\u202etxt"])
def test_unusable_names_are_refused(house: House, name: str) -> None:
    """Also what a file name that is not UTF-8 becomes; nothing is enrolled."""
    gallery = house.gallery()
    with pytest.raises(Malformed) as refused:
        house.enrol(gallery, name, vector_of(1), sample_of(1))
    str(refused.value).encode("utf-8")  # the message itself can be printed
    with pytest.raises(Malformed):
        house.gallery(name)
    assert house.galleries.find("staff").references == 0


@pytest.mark.parametrize(
    "more",
    [
        {"metadata": {"k": "v" * 82_000}},
        {"metadata": {f"k{i}": "v" for i in range(65)}},
        {"metadata": {"": "v"}},
        {"metadata": {"k": "\udcff"}},
        {"basis": ""},
        {"basis": "x" * 65},
    ],
)
def test_unusable_words_are_refused(house: House, more: dict[str, Any]) -> None:
    """Too many, too long, or not text."""
    gallery = house.gallery()
    with pytest.raises(Malformed):
        house.enrol(gallery, "Ada", vector_of(1), sample_of(1), **more)


@pytest.mark.parametrize(
    "vector",
    [
        np.zeros(16, dtype=np.float32),
        np.full(16, np.nan, dtype=np.float32),
        np.full(16, np.inf, dtype=np.float32),
        vector_of(1) * np.float32(1.01),
    ],
)
def test_a_template_that_is_none_is_refused(house: House, vector: np.ndarray) -> None:
    """Not of length 1, or not numbers."""
    gallery = house.gallery()
    with pytest.raises(Malformed):
        house.enrol(gallery, "Ada", vector, sample_of(1))


def test_a_template_of_another_sample_is_refused(house: House) -> None:
    """The probe must come from the sample that is kept with it."""
    gallery = house.gallery()
    probe = probe_of(vector_of(1), sample_of(1))
    receipt = house.receipt(Action.ENROL, [probe.template.sample], gallery=gallery)
    with pytest.raises(Malformed):
        house.galleries.enrol(receipt, gallery, "Ada", probe, sample_of(2), basis="consent")


def test_galleries_come_and_go(house: House) -> None:
    """A deleted gallery takes its subjects along; its name is free again, under another pseudonym."""
    first = house.gallery("one")
    house.gallery("two")
    house.enrol(first, "Ada", vector_of(1), sample_of(1))
    house.search(first, vector_of(1))
    gone = house.galleries.delete(house.receipt(Action.DELETE, gallery=first), "one")
    assert (gone.name, gone.subjects) == ("one", 1)
    assert [g.name for g in house.galleries.list()] == ["two"]
    for act in (
        lambda: house.galleries.find("one"),
        lambda: house.search(first, vector_of(1)),
        lambda: house.enrol(first, "Ada", vector_of(1), sample_of(1)),
        lambda: house.galleries.subjects(first),
    ):
        with pytest.raises(UnknownName):
            act()
    again = house.gallery("one")
    assert again.pseudonym != first.pseudonym
    assert isinstance(house.enrol(again, "Ada", vector_of(1), sample_of(1)), Enrolment)


def test_unknown_names_are_said_to_be_unknown(house: House) -> None:
    """A gallery, a subject, a subject to erase."""
    gallery = house.gallery()
    for act in (
        lambda: house.galleries.find("nowhere"),
        lambda: house.galleries.subject(gallery, "nobody"),
        lambda: house.galleries.subject(gallery, "\udcff"),
        lambda: house.galleries.find("\udcff"),
        lambda: house.erase(gallery, "nobody"),
    ):
        with pytest.raises(UnknownName) as unknown:
            act()
        str(unknown.value).encode("utf-8")  # the message itself can be printed


def test_a_lost_key_is_not_passed_over(house: House) -> None:
    """A subject whose key is neither there nor destroyed is an error, wherever its rows are needed."""
    gallery = house.gallery()
    house.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    house.keys.discard(house.keys.subject_ids())
    house.reopen()
    for act in (
        lambda: house.search(gallery, vector_of(1)),
        lambda: house.galleries.subjects(gallery),
        lambda: house.galleries.subject(gallery, "Ada"),
        lambda: house.enrol(gallery, "Ada", vector_of(2), sample_of(2)),
    ):
        with pytest.raises(SealBroken):
            act()


def test_names_are_told_by_id(house: House) -> None:
    """Of those who are there: not of the erased, and not of another gallery's."""
    gallery, other = house.gallery(), house.gallery("others")
    ids = {
        n: house.enrol(gallery, n, vector_of(at), sample_of(n)).reference.subject for at, n in enumerate(("Ada", "Bea"))
    }
    elsewhere = house.enrol(other, "Cid", vector_of(7), sample_of("Cid")).reference.subject
    asked = [*ids.values(), elsewhere, "nobody"]
    assert house.galleries.names(gallery, asked) == {identity: name for name, identity in ids.items()}
    house.erase(gallery, "Ada")
    assert house.galleries.names(gallery, asked) == {ids["Bea"]: "Bea"}
    assert house.galleries.names(gallery, []) == {}
