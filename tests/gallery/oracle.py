"""Brute force by subject, and data that tempt an index to be wrong."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from countenance.gallery.index.row import Row
from countenance.terms.candidate import Candidate


def brute_force(rows: list[Row], probe: np.ndarray, k: int, threshold: float | None) -> tuple[Candidate, ...]:
    """Every reference scored exactly, the best of each subject, sorted: no shortcut at all."""
    best: dict[str, tuple[float, str]] = {}
    for row in rows:
        mine = (-score(row.vector, probe), row.reference)
        if row.subject not in best or mine < best[row.subject]:
            best[row.subject] = mine
    order = sorted((negative, subject, reference) for subject, (negative, reference) in best.items())
    wanted = [each for each in order if threshold is None or -each[0] >= threshold]
    return tuple(Candidate(s, r, -n, rank) for rank, (n, s, r) in enumerate(wanted[:k], start=1))


def score(a: np.ndarray, b: np.ndarray) -> float:
    """The exact inner product, rounded once."""
    return math.fsum((a.astype(np.float64) * b.astype(np.float64)).tolist())


def unit(vectors: np.ndarray) -> np.ndarray:
    """Each row of length 1, float32."""
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def _random(random: np.random.Generator, count: int, dimension: int) -> np.ndarray:
    return unit(random.standard_normal((count, dimension)))


def _clustered(random: np.random.Generator, count: int, dimension: int) -> np.ndarray:
    centres = random.standard_normal((5, dimension))
    return unit(centres[random.integers(5, size=count)] + 0.05 * random.standard_normal((count, dimension)))


def _duplicated(random: np.random.Generator, count: int, dimension: int) -> np.ndarray:
    return _random(random, 12, dimension)[random.integers(12, size=count)]


def _equal(random: np.random.Generator, count: int, dimension: int) -> np.ndarray:
    return np.repeat(_random(random, 1, dimension), count, axis=0)


def _flat(random: np.random.Generator, count: int, dimension: int) -> np.ndarray:
    """Most dimensions say nothing at all."""
    vectors = np.zeros((count, dimension))
    vectors[:, :6] = random.standard_normal((count, min(6, dimension)))
    return unit(vectors)


def _outliers(random: np.random.Generator, count: int, dimension: int) -> np.ndarray:
    """One dimension holds nearly everything in some rows: far beyond the grid that fits the others."""
    vectors = _random(random, count, dimension).astype(np.float64)
    some = np.arange(0, count, 7)
    vectors[some] *= 0.02
    vectors[some, random.integers(dimension, size=len(some))] = random.choice([-1.0, 1.0], len(some))
    return unit(vectors)


def _close(random: np.random.Generator, count: int, dimension: int) -> np.ndarray:
    """All within a few float32 steps of one another."""
    vectors = _equal(random, count, dimension)
    return vectors + random.integers(-2, 3, size=vectors.shape).astype(np.float32) * np.spacing(vectors)


DATA: dict[str, Callable[[np.random.Generator, int, int], np.ndarray]] = {
    "random": _random,
    "clustered": _clustered,
    "duplicated": _duplicated,
    "equal": _equal,
    "flat": _flat,
    "outliers": _outliers,
    "close": _close,
}


def gallery_of(name: str, count: int, dimension: int, seed: int = 1) -> tuple[list[Row], np.ndarray]:
    """Rows of so many references in a third as many subjects, and probes near some of them and near none."""
    random = np.random.default_rng(seed)
    vectors = DATA[name](random, count, dimension)
    numbers = random.permutation(10 * count)[:count]
    rows = [
        Row(f"r{number:07}", f"s{random.integers(max(1, count // 3)):06}", vector)
        for number, vector in zip(numbers, vectors, strict=True)
    ]
    near = unit(vectors[:: max(1, count // 4)] + 0.3 * _random(random, len(vectors[:: max(1, count // 4)]), dimension))
    return rows, np.concatenate([near, _random(random, 2, dimension), vectors[:1]])
