"""What the quality components look at: one face, aligned, with its landmarks and its place in the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from countenance.terms.quality import QualityComponent

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]

Finding = tuple[QualityComponent, str]
"""A component and what to tell the person in front of the camera; empty where nothing is wrong."""

POOR = 50
"""The value below which advice is given."""

_CODES = np.arange(256) / 255
_LINEAR = np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4)
_WEIGHTED = (np.outer((0.2126, 0.7152, 0.0722), _LINEAR) * 255).astype(np.float32)
"""IEC 61966-2-1 (sRGB) to linear light, times the weights of ITU-R BT.709: what a code adds to luminance, 0–255."""


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """Head angles in degrees. Yaw is positive where the face turns to the right of the picture, pitch where it looks
    up, roll where the picture's right eye is the lower one.
    """

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True, eq=False)
class FaceView:
    """``crop`` is uint8 (112, 112, 3), RGB, aligned to the canvas "arcface-5"; ``points`` are float64 (5, 2) in pixels
    of the whole picture of ``width`` × ``height``; ``other`` is the area of the largest other face over this one's.
    """

    crop: Pixels = field(repr=False)
    points: Points = field(repr=False)
    pose: Pose
    width: int
    height: int
    other: float
    luminance: Pixels = field(init=False, repr=False)
    """Linear light, uint8 (112, 112), rounded."""

    def __post_init__(self) -> None:
        red, green, blue = (_WEIGHTED[i][self.crop[..., i]] for i in range(3))
        object.__setattr__(self, "luminance", (red + green + blue + np.float32(0.5)).astype(np.uint8))

    @property
    def eyes(self) -> Points:
        """The middle between the eyes, (2,)."""
        middle: Points = (self.points[0] + self.points[1]) / 2
        return middle

    @property
    def inter_eye(self) -> float:
        """Pixels between the eyes, as they would be if the head were not turned."""
        seen = math.dist(self.points[0], self.points[1])
        return seen / max(math.cos(math.radians(self.pose.yaw)), 0.2)

    @property
    def eyes_to_chin(self) -> float:
        """Pixels from the eyes to the chin, taken as 1.8 times the way to the mouth, since the chin is no landmark."""
        return 1.8 * math.dist(self.eyes, (self.points[3] + self.points[4]) / 2)


def sigmoid(x: float, middle: float, width: float) -> float:
    """1 / (1 + e^((middle - x) / width)), the shape that most of the standard's mappings have; 0–1."""
    return 1 / (1 + math.exp(min((middle - x) / width, 700)))


def component(name: str, value: float, raw: float, unit: str) -> QualityComponent:
    """A component with its value held in 0–100 and rounded."""
    return QualityComponent(name, round(min(max(value, 0.0), 100.0)), float(raw), unit)
