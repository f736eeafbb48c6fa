"""Keep one box of each face: greedy non-maximum suppression."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from countenance.vision.found import Floats, Found

MOST_OVERLAP = 0.3
"""Intersection over union above which the lower score yields; the value that YuNet is published with."""


def suppress(found: Found, most: int) -> Found:
    """At most ``most`` faces, best score first; equal scores keep their order."""
    order = np.argsort(-found.scores, kind="stable")
    kept: list[int] = []
    while len(order) and len(kept) < most:
        best, rest = order[0], order[1:]
        kept.append(int(best))
        order = rest[_overlap(found.boxes[best], found.boxes[rest]) <= MOST_OVERLAP]
    return found.take(np.array(kept, dtype=np.intp))


def _overlap(box: Floats, others: Floats) -> NDArray[np.float32]:
    """Intersection over union of one box (4,) with others (n, 4)."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    union = box[2] * box[3] + others[:, 2] * others[:, 3] - shared
    return np.asarray(shared / np.maximum(union, np.float32(1e-9)), dtype=np.float32)
