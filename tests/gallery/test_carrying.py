"""What a whole gallery is given out for: a receipt for exporting it, once, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import select
from tests.gallery.house import House, sample_of, vector_of

from countenance.gallery.sealing import ProofElsewhere
from countenance.gallery.tables import proof_elsewhere
from countenance.terms.action import Action
from countenance.terms.errors import ReceiptRefused
from countenance.terms.sample import SampleRef


def test_every_subject_comes_with_the_very_numbers(house: House) -> None:
    """Of more subjects than are in memory at a time; whoever is erased is not among them."""
    gallery = house.gallery()
    for number in range(45):
        house.enrol(gallery, f"subject {number:02}", vector_of(number), sample_of(number))
    house.galleries.erase(house.receipt(Action.DELETE, (), gallery=gallery), gallery, "subject 07")
    out = list(house.galleries.carrying.out(house.receipt(Action.EXPORT, (), gallery=gallery), gallery))
    assert sorted(subject.name for subject, _ in out) == [f"subject {n:02}" for n in range(45) if n != 7]
    for subject, (one,) in out:
        number = int(subject.name[-2:])
        assert one.reference.sample_digest == sample_of(number).digest
        ((recipe, vector),) = one.templates.items()
        assert recipe.digest == one.reference.recipe
        assert np.array_equal(vector, vector_of(number))


def test_without_a_receipt_that_fits_nothing_comes(house: House) -> None:
    """Another act's, another gallery's, that of one sample, or one that was used."""
    gallery = house.gallery()
    house.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    good = house.receipt(Action.EXPORT, (), gallery=gallery)
    for receipt in (
        house.receipt(Action.MANAGE, (), gallery=gallery),
        house.receipt(Action.EXPORT, (), gallery=house.gallery("other")),
        house.receipt(Action.EXPORT, (SampleRef(sample_of(1).digest),), gallery=gallery),
    ):
        with pytest.raises(ReceiptRefused):
            house.galleries.carrying.out(receipt, gallery)
    assert list(house.galleries.carrying.out(good, gallery))
    with pytest.raises(ReceiptRefused):
        house.galleries.carrying.out(good, gallery)


def test_proofs_stay_with_their_reference_alone(house: House) -> None:
    """Sealed anew with the others when one reference is erased, and gone with their own, their subject and gallery."""
    gallery = house.gallery()
    ada, too, bob = (
        house.enrol(gallery, name, vector_of(n), sample_of(n)).reference for n, name in enumerate(("Ada", "Ada", "Bob"))
    )
    first, second = ProofElsewhere("log+1+a", "proof 1"), ProofElsewhere("log+1+a", "proof 2")
    carrying = house.galleries.carrying
    carrying.keep_proofs(gallery, {ada.id: [first], too.id: [first], bob.id: [second], "nobody": [first]})
    carrying.keep_proofs(gallery, {ada.id: [first, second]})
    assert carrying.proofs(gallery, ada.subject) == {ada.id: (first, second), too.id: (first,)}
    assert carrying.proofs(house.gallery("other"), ada.subject) == {}
    assert b"proof 1" not in house.database_file.read_bytes()
    house.galleries.erase_reference(house.receipt(Action.DELETE, gallery=gallery), gallery, too.id)
    house.reopen()
    carrying = house.galleries.carrying
    assert carrying.proofs(gallery, ada.subject) == {ada.id: (first, second)}
    assert house.galleries.examine(deep=True).findings == ()
    out = list(carrying.out(house.receipt(Action.EXPORT, gallery=gallery), gallery))
    assert {each.reference.id: each.proofs for _, some in out for each in some} == {
        ada.id: (first, second),
        bob.id: (second,),
    }
    house.erase(gallery, "Ada")
    house.galleries.delete(house.receipt(Action.DELETE, gallery=gallery), gallery.name)
    with house.database.read() as connection:
        assert connection.execute(select(proof_elsewhere)).all() == []
