"""Fill a gallery with drawn templates: through the gate and under receipts, as everything else comes in."""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray

from countenance.assembly import House
from countenance.gallery.enrolment import EnrolItem
from countenance.ledger.outcome import OutcomeResult
from countenance.service.enrol import gallery_for
from countenance.service.gate import Act, Passage
from countenance.terms.acquisition import Probe
from countenance.terms.action import Action
from countenance.terms.face import Box, Face, Landmarks
from countenance.terms.gallery import Gallery
from countenance.terms.quality import Quality
from countenance.terms.recipe import Recipe
from countenance.terms.sample import Sample, SampleRef
from countenance.terms.template import Template

TOGETHER = 1_000
POINT = (1.0, 1.0)
FACE = Face(Box(0, 0, 10, 10), Landmarks(POINT, POINT, POINT, POINT, POINT), 0.9, Quality(()))
CROP = np.zeros((8, 8, 3), dtype=np.uint8)


def directions(number: int, dimension: int, seed: int = 1) -> NDArray[np.float32]:
    """Unit vectors without any direction before another, (number, dimension), float32."""
    drawn = np.random.default_rng(seed).standard_normal((number, dimension), dtype=np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn


def fill(
    house: House, name: str, vectors: NDArray[np.float32], recipe: Recipe, purpose: str, authority: str
) -> Gallery:
    """Enrol one subject for each row; the gallery is made if need be. Subject ``n7`` has the template of row 7."""
    asking = house.asking(purpose, authority)
    gallery = gallery_for(house.rooms, asking, name)
    if not isinstance(gallery, Gallery):
        sys.exit(gallery.refusal.sentence)
    for at in range(0, len(vectors), TOGETHER):
        rows = range(at, min(at + TOGETHER, len(vectors)))
        samples = [Sample(f"{name}/{row}".encode(), f"{row}") for row in rows]
        refs = [SampleRef(sample.digest, "0") for sample in samples]
        acts = [Act((ref,), (f"n{row}",), minor=False) for row, ref in zip(rows, refs, strict=True)]
        passages = house.rooms.gate.ask_each(asking, Action.ENROL, acts, gallery=gallery, bound=0)
        items, permitted = [], []
        for row, sample, ref, passage in zip(rows, samples, refs, passages, strict=True):
            if not isinstance(passage, Passage):
                sys.exit(passage.refusal.sentence)
            probe = Probe(FACE, Template(vectors[row].copy(), recipe, ref), CROP)
            items.append(EnrolItem(passage.receipt, f"n{row}", probe, sample, passage.permit.authority_class))
            permitted.append(passage)
        house.rooms.galleries.enrol_many(gallery, items)
        house.rooms.gate.conclude([each.ending(OutcomeResult.ENROLLED) for each in permitted])
    return house.rooms.galleries.find(name)
