"""``faceLandmarks``: Azure's names of 27 points, of which five are measured."""

from __future__ import annotations

from countenance.terms.face import Landmarks, Point

MEASURED = ("pupilLeft", "pupilRight", "noseTip", "mouthLeft", "mouthRight")


def landmarks_of(found: Landmarks) -> dict[str, dict[str, float]]:
    """Points in pixels of the upright picture; left and right as in the picture, as Azure has them."""
    return {name: _point(point) for name, point in zip(MEASURED, found.points, strict=True)}


def _point(point: Point) -> dict[str, float]:
    return {"x": round(point[0], 1), "y": round(point[1], 1)}
