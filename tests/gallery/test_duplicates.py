"""Duplicates: every pair of subjects at or above the bar, and no other, whoever comes or goes meanwhile."""

from __future__ import annotations

import numpy as np
import pytest
from tests.gallery.house import House, probe_of, sample_of, vector_of
from tests.gallery.oracle import score, unit

from countenance.terms.action import Action
from countenance.terms.errors import ReceiptRefused, UnknownName
from countenance.terms.gallery import Gallery
from countenance.terms.sample import SampleRef

BAR = 0.6


def found_in(house: House, gallery: Gallery, references: list[str]) -> dict[tuple[str, str], float]:
    """Pairs of subjects by id with their scores, asked for under one receipt."""
    samples = [SampleRef(sample_of(each).digest, "0") for each in references]
    receipt = house.receipt(Action.GROUP, samples, gallery=gallery, bound=len(references))
    results = house.galleries.duplicates(receipt, samples, references, BAR)
    best: dict[tuple[str, str], float] = {}
    for reference, result in zip(references, results, strict=True):
        mine = house.galleries.reference(gallery, reference).subject
        for other in result.candidates:
            pair = min(mine, other.subject), max(mine, other.subject)
            best[pair] = max(best.get(pair, -1.0), other.score)
    return best


def test_all_pairs_and_no_others(house: House) -> None:
    """As by comparing every two references exactly; a subject is no duplicate of themselves."""
    gallery, random = house.gallery(), np.random.default_rng(1)
    vectors: dict[str, tuple[str, np.ndarray]] = {}
    for number in range(40):
        base = vector_of(number % 15, 32)
        vector = unit(base + random.uniform(0, 0.25) * random.standard_normal(32))
        done = house.enrol(gallery, f"s{number // 2}", vector, sample_of(number))
        vectors[done.reference.id] = (done.reference.subject, vector)
    expected: dict[tuple[str, str], float] = {}
    for a, left in vectors.values():
        for b, right in vectors.values():
            if a < b and score(left, right) >= BAR:
                expected[a, b] = max(expected.get((a, b), -1.0), score(left, right))
    assert 5 < len(expected) < 150
    everything = sorted(vectors)
    assert found_in(house, gallery, everything) == expected
    parts = [found_in(house, gallery, everything[start : start + 7]) for start in range(0, 40, 7)]
    merged: dict[tuple[str, str], float] = {}
    for part in parts:
        for pair, value in part.items():
            merged[pair] = max(merged.get(pair, -1.0), value)
    assert merged == expected


def test_the_receipt_bounds_whom_it_is_about(house: House) -> None:
    """More references than it allows are not compared; who is not there is not either, and it is not used up."""
    gallery = house.gallery()
    ids = [house.enrol(gallery, f"s{n}", vector_of(n), sample_of(n)).reference.id for n in range(3)]
    samples = [probe_of(vector_of(0), sample_of(0)).template.sample]
    receipt = house.receipt(Action.GROUP, samples, gallery=gallery, bound=2)
    with pytest.raises(ReceiptRefused):
        house.galleries.duplicates(receipt, samples, ids, BAR)
    with pytest.raises(UnknownName):
        house.galleries.duplicates(receipt, samples, ["nobody"], BAR)
    house.erase(gallery, "s2")
    with pytest.raises(UnknownName):
        house.galleries.duplicates(receipt, samples, ids[2:], BAR)
    assert len(house.galleries.duplicates(receipt, samples, ids[:2], -1.0)[0].candidates) == 1
