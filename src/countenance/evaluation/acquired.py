"""What came of the pictures: templates under one receipt, qualities, and failures to acquire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from countenance.evaluation.pictures import Picture, read_samples
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
    step: Callable[[], None],
) -> Acquired:
    """A template of each picture, all under the set receipt of ``promise`` that names ``among``."""
    taken: list[Picture] = []
    templates: list[Template] = []
    qualities: list[dict[str, int]] = []
    failed: list[tuple[Picture, FailureReason]] = []
    answers = vision.acquire_many(read_samples(pictures), promise, faces, among=among)
    for picture, (_, answer) in zip(pictures, answers, strict=True):
        step()
        if isinstance(answer, FailureToAcquire):
            failed.append((picture, answer.reason))
        else:
            taken.append(picture)
            templates.append(answer.probe.template)
            qualities.append({c.name: c.value for c in answer.probe.face.quality.components})
    names = tuple(qualities[0]) if qualities else ()
    quality = {name: np.asarray([each[name] for each in qualities], dtype=np.float64) for name in names}
    return Acquired(vision.recipe, tuple(taken), tuple(templates), quality, tuple(failed))
