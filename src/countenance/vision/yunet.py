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
    kind, objectness, shape, points = (_all_grids(outputs, name) for name in ("cls", "obj", "bbox", "kps"))
    scores = np.sqrt(kind[:, 0].clip(0, 1) * objectness[:, 0].clip(0, 1))
    cells = np.flatnonzero(scores >= least)
    ends = np.cumsum([len(outputs[f"cls_{stride}"][0]) for stride in STRIDES])
    grid = np.searchsorted(ends, cells, side="right")
    stride = np.array(STRIDES)[grid]
    row, column = np.divmod(cells - np.concatenate([[0], ends])[grid], columns // stride)
    place = np.stack([column, row], axis=1).astype(np.float32)
    step = stride.astype(np.float32)[:, None]
    shape, points = shape[cells], points[cells].reshape(-1, 5, 2)
    with np.errstate(over="ignore"):
        size = np.exp(shape[:, 2:]) * step
    corner = (place + shape[:, :2]) * step - size / 2
    found = Found(np.hstack([corner, size]), (points + place[:, None]) * step[:, None], scores[cells])
    return found.take(np.flatnonzero(_is_sound(found)))


def _all_grids(outputs: Mapping[str, Floats], name: str) -> Floats:
    """The cells of one output, grid after grid, (cells, values)."""
    return np.concatenate([outputs[f"{name}_{stride}"][0] for stride in STRIDES])


def _is_sound(found: Found) -> NDArray[np.bool_]:
    """Whether numbers are finite and boxes have an area, which a network owes nobody on hostile pixels."""
    finite = np.isfinite(found.boxes).all(axis=1) & np.isfinite(found.points).all(axis=(1, 2))
    return np.asarray(finite & (found.boxes[:, 2:] > 0).all(axis=1))
