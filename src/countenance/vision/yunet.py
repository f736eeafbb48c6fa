"""Read YuNet's twelve output tensors: from cells of three grids to boxes, landmarks and scores."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from countenance.vision.found import Floats, Found

STRIDES = (8, 16, 32)
"""Pixels between the cells of each grid; the input's sides are multiples of the last."""


def read_outputs(outputs: Mapping[str, Floats], columns: int, least: float) -> Found:
    """Faces with a score of at least ``least`` in one input of ``columns`` × any number of rows, unordered.

    A grid of stride s has a cell at each (c·s, r·s). From its raw values: score √(cls·obj), each held in 0–1;
    box centre (c + dx)·s, (r + dy)·s, size e^dw·s, e^dh·s; landmark i (c + x_i)·s, (r + y_i)·s
    (Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector", 2023, and the published reader of the model).
    """
    parts = []
    for stride in STRIDES:
        kind = outputs[f"cls_{stride}"][0, :, 0].clip(0, 1) * outputs[f"obj_{stride}"][0, :, 0].clip(0, 1)
        scores = np.sqrt(kind)
        cells = np.flatnonzero(scores >= least)
        place = np.stack(np.divmod(cells, columns // stride)[::-1], axis=1).astype(np.float32)
        shape = outputs[f"bbox_{stride}"][0, cells]
        with np.errstate(over="ignore"):
            size = np.exp(shape[:, 2:]) * np.float32(stride)
        corner = (place + shape[:, :2]) * np.float32(stride) - size / 2
        points = outputs[f"kps_{stride}"][0, cells].reshape(-1, 5, 2)
        found = Found(np.hstack([corner, size]), (points + place[:, None]) * np.float32(stride), scores[cells])
        parts.append(found.take(np.flatnonzero(_is_sound(found))))
    return Found.joined(parts)


def _is_sound(found: Found) -> NDArray[np.bool_]:
    """Whether numbers are finite and boxes have an area, which a network owes nobody on hostile pixels."""
    finite = np.isfinite(found.boxes).all(axis=1) & np.isfinite(found.points).all(axis=(1, 2))
    return np.asarray(finite & (found.boxes[:, 2:] > 0).all(axis=1))
