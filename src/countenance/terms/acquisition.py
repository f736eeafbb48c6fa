"""What came of a sample: probes, or a failure to acquire with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from countenance.terms.face import Box, Face
from countenance.terms.look import Look
from countenance.terms.template import Template


class FaceChoice(StrEnum):
    """Which face of an image is meant."""

    ONE = "one"
    """The only one; several faces are a failure to acquire."""
    LARGEST = "largest"
    CENTRAL = "central"
    """The one nearest the middle of the image."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class FaceNear:
    """The face whose box shares most with this rectangle; none that shares anything is a failure to acquire."""

    box: Box


@dataclass(frozen=True, slots=True)
class FaceAt:
    """The face that detection, by the same detector, lists at this place; 0 is the largest."""

    place: int


Choice = FaceChoice | FaceNear | FaceAt


class FailureReason(StrEnum):
    """Why a sample gave no template: a closed list."""

    EMPTY = "empty"
    UNDECODABLE = "undecodable"
    TRUNCATED = "truncated"
    UNSUPPORTED_FORMAT = "unsupported-format"
    TOO_MANY_BYTES = "too-many-bytes"
    TOO_MANY_PIXELS = "too-many-pixels"
    NO_FACE = "no-face"
    SEVERAL_FACES = "several-faces"
    FACE_TOO_SMALL = "face-too-small"
    QUALITY_TOO_LOW = "quality-too-low"
    """Below what was asked for; by itself nothing asks for any."""


@dataclass(frozen=True, slots=True)
class FailureToAcquire:
    """ISO/IEC 2382-37: no usable biometric sample. A value, not an exception."""

    reason: FailureReason
    detail: str
    advice: str = ""
    faces: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """One face with its template. ``crop`` is the aligned face, uint8, (height, width, 3), RGB, read-only."""

    face: Face
    template: Template
    crop: NDArray[np.uint8] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Acquisition:
    """The probes of one sample, largest face first; at least one. Sizes are of the upright image in pixels.

    ``look`` is the picture's, where it was asked for.
    """

    sample_digest: str
    width: int
    height: int
    probes: tuple[Probe, ...]
    look: Look | None = None

    @property
    def probe(self) -> Probe:
        """The first probe: the one, where one was asked for."""
        return self.probes[0]
