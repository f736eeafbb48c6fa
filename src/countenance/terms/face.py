"""A face found in an image: where it is, its five landmarks, its quality."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.terms.quality import Quality

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the upright image (EXIF orientation applied); it may leave the image."""

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * self.height

    @property
    def centre(self) -> Point:
        """The middle of the box, in pixels."""
        return (self.left + self.width / 2, self.top + self.height / 2)


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Five points in pixels; left and right as the viewer sees them in the picture."""

    eye_left: Point
    eye_right: Point
    nose: Point
    mouth_left: Point
    mouth_right: Point

    @property
    def points(self) -> tuple[Point, Point, Point, Point, Point]:
        """In the order of the alignment canvas: eyes, nose, mouth corners, left before right."""
        return (self.eye_left, self.eye_right, self.nose, self.mouth_left, self.mouth_right)


@dataclass(frozen=True, slots=True)
class Face:
    """One detected face. ``detection_score`` is the detector's own score in 0–1, not a probability."""

    box: Box
    landmarks: Landmarks
    detection_score: float
    quality: Quality


@dataclass(frozen=True, slots=True)
class Detection:
    """All faces of one image, largest first; ``width`` and ``height`` are of the upright image."""

    width: int
    height: int
    faces: tuple[Face, ...]
