"""What came of the pictures: templates under one receipt, qualities, and failures to acquire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from countenance.evaluation.pictures import Picture, read_samples
from countenance.evaluation.spool import Spool, Taken
from countenance.terms.acquisition import FaceChoice, FailureReason, FailureToAcquire
from countenance.terms.receipt import Promise
from countenance.terms.recipe import Recipe
from countenance.terms.sample import SampleRef
from countenance.terms.template import Template
from countenance.vision.vision import Vision


@dataclass(frozen=True, slots=True, eq=False)
class Acquired:
    """``pictures`` that gave a template, in the order of ``templates``; ``quality`` by component name, 0–100.

    ``failed``: the others, each with its reason.
    """

    recipe: Recipe
    pictures: tuple[Picture, ...] = field(repr=False)
    templates: tuple[Template, ...] = field(repr=False)
    quality: dict[str, NDArray[np.float64]] = field(repr=False)
    failed: tuple[tuple[Picture, FailureReason], ...] = field(repr=False)

    @property
    def place(self) -> dict[str, int]:
        """The position of a picture's template, by the picture's name."""
        return {picture.name: at for at, picture in enumerate(self.pictures)}


def acquire(
    vision: Vision,
    promise: Promise,
    pictures: Sequence[Picture],
    faces: FaceChoice,
    among: tuple[SampleRef, ...],
    step: Callable[[int], None],
    spool: Spool | None = None,
) -> Acquired:
    """A template of each picture, all under the set receipt of ``promise`` that names ``among``.

    What an interrupted run left in ``spool`` is not acquired again; what is acquired is kept there.
    """
    found = [] if spool is None else spool.taken
    step(len(found))
    answers = vision.acquire_many(read_samples(pictures[len(found) :]), promise, faces, among=among)
    for _, answer in answers:
        if isinstance(answer, FailureToAcquire):
            taken = Taken(None, {}, answer.reason)
        else:
            probe = answer.probe
            taken = Taken(probe.template, {c.name: c.value for c in probe.face.quality.components}, None)
        found.append(taken)
        if spool is not None:
            spool.add(taken)
        step(1)
    named = list(zip(pictures, found, strict=True))
    qualities = [taken.quality for taken in found if taken.template is not None]
    return Acquired(
        vision.recipe,
        tuple(picture for picture, taken in named if taken.template is not None),
        tuple(taken.template for taken in found if taken.template is not None),
        {
            name: np.asarray([each[name] for each in qualities], dtype=np.float64)
            for name in (qualities[0] if qualities else ())
        },
        tuple((picture, taken.failure) for picture, taken in named if taken.failure is not None),
    )
