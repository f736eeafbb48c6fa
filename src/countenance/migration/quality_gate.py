"""The quality gate: by what is measured of a face it comes in, waits for a person, or is rejected. Off by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from countenance.terms.acquisition import FailureReason, FailureToAcquire
from countenance.terms.errors import Malformed
from countenance.terms.face import Face

EYES = "InterEyeDistance"


@dataclass(frozen=True, slots=True)
class QualityGate:
    """Bounds of 0–100 over the ``component`` of this name, or over the weakest of all where none is named.

    ``eyes``: the least distance between the eyes, in pixels of the picture. Nothing is bounded by 0.
    """

    hold_below: int = 0
    reject_below: int = 0
    component: str = ""
    eyes: int = 0

    def said(self) -> list[Any]:
        """What decides; part of a run's terms."""
        return [self.hold_below, self.reject_below, self.component, self.eyes]

    def value(self, quality: Mapping[str, int]) -> int | None:
        """The value that the bounds are over; None where nothing was measured. Raises Malformed for an unknown name."""
        if not self.component:
            return min(quality.values(), default=None)
        if quality and self.component not in quality:
            raise Malformed(
                "there is no such component of quality", where=self.component, remedy=f"One of: {', '.join(quality)}."
            )
        return quality.get(self.component)

    def unfit(self, face: Face) -> FailureToAcquire | None:
        """Why a face is not to be enrolled; None where it may be."""
        apart = next((each.raw for each in face.quality.components if each.name == EYES), None)
        if apart is not None and apart < self.eyes:
            said = f"the eyes are {apart:.0f} pixels apart; {self.eyes} are asked for"
            return FailureToAcquire(FailureReason.FACE_TOO_SMALL, said, faces=1)
        value = self.value(values(face))
        if value is not None and value < self.reject_below:
            said = f"{self.component or 'the weakest component'} is {value}; {self.reject_below} is asked for"
            return FailureToAcquire(FailureReason.QUALITY_TOO_LOW, said, faces=1)
        return None

    def holds(self, quality: Mapping[str, int]) -> bool:
        """Whether one that is enrolled is to wait for a person."""
        value = self.value(quality)
        return value is not None and value < self.hold_below


OFF = QualityGate()


def values(face: Face) -> dict[str, int]:
    """By component, 0–100."""
    return {each.name: each.value for each in face.quality.components}
