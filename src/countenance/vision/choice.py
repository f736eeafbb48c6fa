"""Choose which of the found faces are meant."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from countenance.terms.acquisition import Choice, FaceAt, FaceChoice, FaceNear, FailureReason, FailureToAcquire
from countenance.terms.face import Box
from countenance.vision.decode import Picture
from countenance.vision.found import Found

LEAST_INTER_EYE = 10.0
"""Pixels between the eyes from which on a template is made (docs/decisions/0022 has the error rates by size)."""


def choose(picture: Picture, found: Found, choice: Choice) -> tuple[int, ...] | FailureToAcquire:
    """Rows of ``found`` (largest face first), at least one; faces too small for a template are passed over."""
    if not len(found):
        return FailureToAcquire(
            FailureReason.NO_FACE,
            "no face was found",
            "Use a picture that shows the face from the front, not too small, in good light.",
        )
    eyes = np.linalg.norm(found.points[:, 1] - found.points[:, 0], axis=1) / picture.scale
    usable = [int(row) for row in np.flatnonzero(eyes >= LEAST_INTER_EYE)]
    if not usable:
        return _too_small("largest face", eyes[0], found)
    match choice:
        case FaceNear(box):
            shared = _shared(found, box, picture.scale)
            row = int(np.argmax(shared))
            if shared[row] <= 0:
                return FailureToAcquire(
                    FailureReason.NO_FACE,
                    "no face was found in the rectangle that was named",
                    "Name the rectangle that detection gave, in pixels of the upright picture.",
                    faces=len(found),
                )
            return (row,) if row in usable else _too_small("face in the rectangle", eyes[row], found)
        case FaceAt(place):
            if place >= len(found):
                return FailureToAcquire(FailureReason.NO_FACE, "this face was not found again", faces=len(found))
            return (place,) if place in usable else _too_small("face", eyes[place], found)
        case FaceChoice.ALL:
            return tuple(usable)
        case FaceChoice.LARGEST:
            return (usable[0],)
        case FaceChoice.CENTRAL:
            middle = np.array([picture.width, picture.height]) * picture.scale / 2
            away = np.linalg.norm(found.boxes[:, :2] + found.boxes[:, 2:] / 2 - middle, axis=1)
            return (min(usable, key=lambda row: (away[row], row)),)
        case FaceChoice.ONE:
            if len(usable) == 1:
                return (usable[0],)
    return FailureToAcquire(
        FailureReason.SEVERAL_FACES,
        f"{len(usable)} faces were found where one was asked for",
        "Use a picture of one person, or say which face is meant: the largest or the central one.",
        faces=len(usable),
    )


def _too_small(which: str, eyes: float, found: Found) -> FailureToAcquire:
    return FailureToAcquire(
        FailureReason.FACE_TOO_SMALL,
        f"the eyes of the {which} are {eyes:.0f} pixels apart; {LEAST_INTER_EYE:.0f} are needed",
        "Use a larger picture, or one taken from nearer.",
        faces=len(found),
    )


def _shared(found: Found, box: Box, scale: float) -> NDArray[np.float64]:
    """How much each found box shares with ``box`` (of the whole picture): intersection over union, 0 to 1."""
    near = np.array([box.left, box.top, box.left + box.width, box.top + box.height]) * scale
    boxes = found.boxes.astype(np.float64)
    least = np.minimum(boxes[:, :2] + boxes[:, 2:], near[2:])
    sides = np.clip(least - np.maximum(boxes[:, :2], near[:2]), 0, None)
    both = sides[:, 0] * sides[:, 1]
    union = boxes[:, 2] * boxes[:, 3] + np.prod(near[2:] - near[:2]) - both
    return np.asarray(both / np.maximum(union, 1e-9))
