"""Synthetic persons: unit vectors around a middle of each, and their scores as blocks of a crossing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from countenance.gallery.trials import Block


def vectors(
    persons: int, images: int, seed: int, *, noise: float = 0.6, dimension: int = 16, shared: float = 0.4
) -> tuple[np.ndarray, np.ndarray]:
    """float32 (n, dimension) of unit length, and the person of each row."""
    random = np.random.default_rng(seed)
    middles = random.standard_normal((persons, 1, dimension)) + shared * random.standard_normal(dimension)
    made = middles + noise * random.standard_normal((persons, images, dimension))
    flat = (made / np.linalg.norm(made, axis=2, keepdims=True)).reshape(-1, dimension)
    return flat.astype(np.float32), np.repeat(np.arange(persons), images)


def blocks(matrix: np.ndarray, step: int) -> Iterator[Block]:
    """All pairs of rows, as the gallery gives them."""
    for start in range(0, len(matrix), step):
        yield Block(start, start, matrix[start : start + step] @ matrix[start:].T)


def across(rows: np.ndarray, columns: np.ndarray, step: int) -> Iterator[Block]:
    """Rows with columns, as the gallery gives them."""
    for start in range(0, len(rows), step):
        yield Block(start, 0, rows[start : start + step] @ columns.T)
