"""What a whole gallery is given out for: a receipt for exporting it, once, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from tests.gallery.house import House, sample_of, vector_of

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
