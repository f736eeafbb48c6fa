"""Words change under a receipt: metadata of galleries, subjects and references, names, subjects without a face."""

from __future__ import annotations

from typing import Any

import pytest
from tests.gallery.house import House, probe_of, sample_of, vector_of

from countenance.gallery.enrolment import EnrolItem, Enrolment
from countenance.gallery.metadata import MAX_METADATA_BYTES
from countenance.terms.action import Action
from countenance.terms.errors import Malformed, NameTaken, UnknownName
from countenance.terms.gallery import Gallery, Keep, Subject


def manage(house: House, gallery: Gallery) -> Any:
    return house.receipt(Action.MANAGE, gallery=gallery)


def add(house: House, gallery: Gallery, name: str | None = None, **more: Any) -> Subject:
    return house.galleries.add_subject(manage(house, gallery), gallery, name, **{"basis": "consent", **more})


def rename(house: House, gallery: Gallery, subject: str, name: str) -> Subject:
    return house.galleries.change_subject(manage(house, gallery), gallery, subject, name=name)


def test_a_gallerys_metadata_are_merged(house: House) -> None:
    """What is named is set or taken out, all else stays, also after a restart and beside references."""
    receipt = house.receipt(Action.MANAGE)
    gallery = house.galleries.create(receipt, "staff", Keep.NONE, {"name": "Staff", "kind": "large"})
    assert house.galleries.find("staff").metadata == {"name": "Staff", "kind": "large"}
    changed = house.galleries.change_gallery(manage(house, gallery), gallery, {"name": None, "trained": "5", "ü": "ö"})
    assert changed.metadata == {"kind": "large", "trained": "5", "ü": "ö"}
    house.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    house.reopen()
    assert house.galleries.find("staff").metadata == changed.metadata
    emptied = house.galleries.change_gallery(manage(house, gallery), gallery, dict.fromkeys(changed.metadata))
    assert emptied.metadata == {}


def test_metadata_lie_sealed(house: House) -> None:
    """None of the words can be read in the files."""
    words = ["gallery-word", "subject-word", "reference-word"]
    gallery = house.galleries.create(house.receipt(Action.MANAGE), "staff", Keep.NONE, {"k": words[0]})
    subject = add(house, gallery, "Ada", metadata={"k": words[1]})
    house.enrol(gallery, subject.id, vector_of(1), sample_of(1), by_id=True, about={"k": words[2]})
    assert house.galleries.references(gallery, subject.id)[0].metadata == {"k": words[2]}
    files = [path for place in (house.directory, house.keys_file.parent) for path in place.glob("*.db*")]
    stored = b"".join(path.read_bytes() for path in files)
    assert [word for word in words if word.encode() in stored] == []


def test_a_subject_without_references(house: House) -> None:
    """Is there by id and name, is found by no search, takes references by its id, and is erased like any other."""
    gallery = house.gallery()
    house.search(gallery, vector_of(1))
    nameless = add(house, gallery)
    ada = add(house, gallery, "Ada", metadata={"a": "1"}, retain_until=2_000)
    assert nameless.name == nameless.id
    assert (ada.references, ada.metadata, ada.retain_until) == (0, {"a": "1"}, 2_000)
    assert house.galleries.find("staff").subjects == 2
    assert house.search(gallery, vector_of(1)).candidates == ()
    made = house.enrol(gallery, nameless.id, vector_of(1), sample_of(1), by_id=True)
    assert (made.reference.subject, made.new_subject) == (nameless.id, False)
    assert [c.subject for c in house.search(gallery, vector_of(1)).candidates] == [nameless.id]
    assert not house.enrol(gallery, "Ada", vector_of(2), sample_of(2)).new_subject
    house.erase(gallery, nameless.id)
    assert [s.id for s in house.galleries.subjects(gallery)] == [ada.id]
    assert house.galleries.examine(deep=True).findings == ()


def test_enrolling_by_id_makes_nobody(house: House) -> None:
    """An id that is nobody's is an error of its own item, whatever names there are."""
    gallery = house.gallery()
    ada = add(house, gallery, "Ada")
    with pytest.raises(UnknownName):
        house.enrol(gallery, "Ada", vector_of(1), sample_of(1), by_id=True)
    items = []
    for number, (subject, by_id) in enumerate(((ada.id, True), ("nobody", True), ("Ada", False), ("Eve", False))):
        probe = probe_of(vector_of(number), sample_of(number))
        receipt = house.receipt(Action.ENROL, [probe.template.sample], gallery=gallery)
        items.append(EnrolItem(receipt, subject, probe, sample_of(number), "consent", by_id=by_id))
    outcomes = house.galleries.enrol_many(gallery, items)
    assert [type(each) for each in outcomes] == [Enrolment, UnknownName, Enrolment, Enrolment]
    assert {s.name: s.references for s in house.galleries.subjects(gallery)} == {"Ada": 2, "Eve": 1}


def test_a_subject_changes_its_name_and_the_former_ones_are_known(house: House) -> None:
    """References and id stay; the old name is free for another; a name that is back is no former one."""
    gallery = house.gallery()
    made = house.enrol(gallery, "Ada", vector_of(1), sample_of(1), metadata={"a": "1"}).reference
    changed = rename(house, gallery, made.subject, "Ada Lovelace")
    assert (changed.id, changed.name, changed.former) == (made.subject, "Ada Lovelace", ("Ada",))
    assert (changed.metadata, changed.references) == ({"a": "1"}, 1)
    with pytest.raises(UnknownName):
        house.galleries.subject(gallery, "Ada")
    house.reopen()
    assert house.galleries.subject(gallery, "Ada Lovelace") == changed
    back = rename(house, gallery, made.subject, "Ada")
    assert (back.name, back.former) == ("Ada", ("Ada Lovelace",))
    add(house, gallery, "Ada Lovelace")
    with pytest.raises(NameTaken):
        rename(house, gallery, made.subject, "Ada Lovelace")
    with pytest.raises(NameTaken):
        add(house, gallery, "Ada")
    assert [c.subject for c in house.search(gallery, vector_of(1), threshold=0.9).candidates] == [made.subject]


def test_a_references_metadata_survive_a_new_key(house: House) -> None:
    """When another reference of the same subject is erased, everything is sealed anew."""
    gallery = house.gallery()
    first = house.enrol(gallery, "Ada", vector_of(1), sample_of(1), about={"n": "1"}).reference
    gone = house.enrol(gallery, "Ada", vector_of(2), sample_of(2), about={"n": "2"}).reference
    assert house.galleries.reference(gallery, first.id) == first
    house.galleries.change_reference(manage(house, gallery), gallery, first.id, {"m": "3"})
    rename(house, gallery, first.subject, "Grace")
    house.galleries.erase_reference(house.receipt(Action.DELETE, gallery=gallery), gallery, gone.id)
    assert house.galleries.reference(gallery, first.id).metadata == {"n": "1", "m": "3"}
    assert house.galleries.subject(gallery, "Grace").former == ("Ada",)
    with pytest.raises(UnknownName):
        house.galleries.reference(gallery, gone.id)
    assert house.galleries.examine(deep=True).findings == ()


@pytest.mark.parametrize(
    "metadata",
    [{"k": "v" * (MAX_METADATA_BYTES + 1)}, {f"k{i}": "v" for i in range(65)}, {"": "v"}, {"k": "\udcff"}],
    ids=["long", "many", "nameless", "no text"],
)
def test_unusable_metadata_change_nothing(house: House, metadata: dict[str, str]) -> None:
    """Too much, or not text; the receipt is not used up by it."""
    gallery = house.gallery()
    made = house.enrol(gallery, "Ada", vector_of(1), sample_of(1)).reference
    receipt = manage(house, gallery)
    for act in (
        lambda: house.galleries.change_gallery(receipt, gallery, metadata),
        lambda: house.galleries.add_subject(receipt, gallery, "Eve", metadata=metadata, basis="consent"),
        lambda: house.galleries.change_subject(receipt, gallery, made.subject, metadata=metadata),
        lambda: house.galleries.change_reference(receipt, gallery, made.id, metadata),
        lambda: house.galleries.create(house.receipt(Action.MANAGE), "new", Keep.NONE, metadata),
    ):
        with pytest.raises(Malformed):
            act()
    assert house.galleries.change_gallery(receipt, gallery, {"k": "v" * 65_536}).metadata["k"][-1] == "v"
    assert [g.name for g in house.galleries.list()] == ["staff"]


def test_what_is_not_there_cannot_be_changed(house: House) -> None:
    """A deleted gallery, somebody else's subject, another gallery's reference."""
    gallery, other = house.gallery(), house.gallery("other")
    made = house.enrol(other, "Ada", vector_of(1), sample_of(1)).reference
    gone = house.gallery("gone")
    house.galleries.delete(house.receipt(Action.DELETE, gallery=gone), "gone")
    for act in (
        lambda: house.galleries.change_gallery(manage(house, gone), gone, {}),
        lambda: add(house, gone, "Eve"),
        lambda: rename(house, gallery, made.subject, "Eve"),
        lambda: house.galleries.change_reference(manage(house, gallery), gallery, made.id, {}),
        lambda: house.galleries.reference(gallery, made.id),
        lambda: house.galleries.subject_by_id(other, "Ada"),
    ):
        with pytest.raises(UnknownName):
            act()
