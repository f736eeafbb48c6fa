"""Choose which of the found faces are meant."""

from __future__ import annotations

import numpy as np

from countenance.terms.acquisition import FaceChoice, FailureReason, FailureToAcquire
from countenance.vision.decode import Picture
from countenance.vision.found import Found

LEAST_INTER_EYE = 10.0
"""Pixels between the eyes from which on a template is made (docs/decisions/0022 has the error rates by size)."""


def choose(picture: Picture, found: Found, choice: FaceChoice) -> tuple[int, ...] | FailureToAcquire:
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
        return FailureToAcquire(
            FailureReason.FACE_TOO_SMALL,
            f"the eyes of the largest face are {eyes[0]:.0f} pixels apart; {LEAST_INTER_EYE:.0f} are needed",
            "Use a larger picture, or one taken from nearer.",
            faces=len(found),
        )
    match choice:
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
