"""Looking: what a run would make of a picture, as far as that can be told without a template or a trace of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from countenance.migration.code import Code
from countenance.migration.exits import FAILURES, Exit, exit_of
from countenance.migration.found import face_meant
from countenance.migration.legacy_record import LegacyImage
from countenance.migration.quality_gate import QualityGate, values
from countenance.terms.acquisition import FaceChoice, FailureReason, FailureToAcquire
from countenance.terms.sample import Sample
from countenance.vision.in_order import in_order
from countenance.vision.runtime.choose import usable_cores
from countenance.vision.vision import Vision


@dataclass(frozen=True, slots=True)
class Looked:
    """``exit`` and ``code`` are None for one that would be enrolled; ``quality`` is what the bounds are over."""

    exit: Exit | None = None
    code: Code | None = None
    quality: int | None = None


def look(vision: Vision, gate: QualityGate, images: Iterable[LegacyImage], threads: int = 0) -> Iterator[Looked]:
    """Decode each picture and look for its face, in their order, on all cores; a few are held in memory."""

    def one(image: LegacyImage) -> Looked:
        found = vision.faces(Sample(image.data or b""), face_meant(image) or FaceChoice.ONE)
        if isinstance(found, FailureToAcquire):
            return _failed(found.reason)
        (face,) = found
        if (unfit := gate.unfit(face)) is not None:
            return _failed(unfit.reason)
        quality = values(face)
        value = gate.value(quality)
        return Looked(Exit.HELD, Code.QUALITY_BELOW_GATE, value) if gate.holds(quality) else Looked(quality=value)

    with vision.many():
        yield from in_order(one, images, threads or usable_cores())


def _failed(reason: FailureReason) -> Looked:
    code, _ = FAILURES[reason]
    return Looked(exit_of(code), code)
