"""Measure one search of a big gallery: the door with its receipt, the kernel alone, faiss and BLAS, taking turns.

Every fourth answer is held against brute force in float64. With ``--vectors`` and ``--probes`` (.npy files, a template
a row) it answers on given data instead, one reference a subject, ids being row numbers, and writes them to ``--out``.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy; as in the server: its second thread only costs

import argparse
import contextlib
import ctypes
import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from countenance.gallery import kernel
from countenance.gallery.index.compiled import Kind, kinds
from countenance.gallery.index.ladder import climb
from countenance.gallery.index.rerank import rank
from sides.pgvector import PgVector
from sides.pgvector import pgvector as started
from sides.search_desk import Desk
from sides.templates import Faces

BLOCK = 131_072
BATCH = 32
"""Probes that share a pass."""


def given(vectors: Path, probes: Path, k: int, out: Path) -> None:
    """Answer on given data."""
    matrix, asked = _unit(np.load(vectors)), _unit(np.load(probes))
    desk = Desk(matrix.shape[1])
    for start in range(0, len(matrix), BLOCK):
        some = matrix[start : start + BLOCK]
        desk.fill(some, np.arange(start, start + len(some)), start)
    answers = []
    for each in desk.probes(asked):
        found = desk.search(each, k).candidates
        answers.append({"ids": [int(c.subject) for c in found], "scores": [c.score for c in found]})
    desk.close()
    out.write_text(json.dumps(answers) + "\n")
    print(f"{len(answers)} answers from {len(matrix)} references: {out}")


def measure(
    count: int, dimension: int, k: int, threshold: float | None, turns: int, other: PgVector | None = None
) -> dict[str, Any]:
    """All figures of one gallery; ``other`` is filled with it too."""
    faces, desk = Faces(dimension), Desk(dimension)
    flat, usual = faiss.IndexFlatIP(dimension), faiss.omp_get_max_threads()
    matrix = np.empty((count, dimension), dtype=np.float32)
    warm = Desk(dimension)  # compiles, or reads what was compiled: no cost of a reference
    warm.fill(faces.templates(16_384), np.arange(16_384) // 2)
    warm.close()
    filled, before = 0.0, resident()
    start = 0
    for block in faces.blocks(count, most=BLOCK):
        matrix[start : start + len(block)] = block
        begun = time.perf_counter()
        desk.fill(block, np.arange(start, start + len(block)) // 2, start)
        filled += time.perf_counter() - begun
        start += len(block)
    del block
    memory = (resident() - before - matrix.nbytes) / count
    flat.add(matrix)
    if other is not None:
        other.fill(matrix)
    mated = faces.mates(matrix[:: max(1, count // turns)][:turns])
    others = faces.templates(turns, images=1)
    vectors = np.concatenate([mated, others])
    ready = desk.probes(vectors)
    batches = [desk.batch(np.roll(vectors, -n, axis=0)[:BATCH]) for n in range(len(vectors))]
    snapshot, slack = desk.index.snapshot, kernel.margin(dimension)
    ways: dict[str, Callable[[int], object]] = {
        "search": lambda n: desk.search(ready[n], k, threshold),
        "blas": lambda n: np.argpartition(matrix @ vectors[n], -k)[-k:],
        "faiss_flat": lambda n: _flat(flat, vectors[n : n + 1], k, usual),
        "faiss_flat_alone": lambda n: _flat(flat, vectors[n : n + 1], k, 1),
    }
    if snapshot.segments:
        for kind in kinds():
            ways[f"kernel_{kind}"] = lambda n, kind=kind: _kernel(snapshot, vectors[n], k, threshold, slack, kind)
    taken: dict[str, list[float]] = {name: [] for name in ways}
    exact = True
    shared: list[float] = []
    scanned: list[float] = []
    for n in range(len(vectors)):
        if n % 4 == 0:  # as many probes again, so only now and then
            begun = time.perf_counter()
            together = desk.search_many(batches[n], k, threshold)
            shared.append((time.perf_counter() - begun) * 1000 / len(together))
            if other is not None:
                begun = time.perf_counter()
                other.search(vectors[n], k)
                scanned.append((time.perf_counter() - begun) * 1000)
        for name, way in ways.items():
            begun = time.perf_counter()
            answer = way(n)
            taken[name].append((time.perf_counter() - begun) * 1000)
            if name == "search":
                found: Any = answer
        if n % 4 == 0:
            exact &= found.compared == count and _brute(matrix, vectors[n], k, threshold) == [
                (int(c.subject), c.score) for c in found.candidates
            ]
            exact &= together[0].candidates == found.candidates
    desk.close()
    middle = {name: median(times) for name, times in taken.items()}
    quickest = min(middle["faiss_flat"], middle["faiss_flat_alone"])  # with all cores or with one
    for name, times in taken.items():
        half = len(times) // 2
        print(f"{name:18} median {middle[name]:8.3f} ms   least {min(times):8.3f}   mated {median(times[:half]):8.3f}")
    print(f"{len(together)} at once       median {median(shared):8.3f} ms a probe   least {min(shared):8.3f}")
    if scanned:
        print(f"pgvector           median {median(scanned):8.3f} ms   least {min(scanned):8.3f}")
    hot = sum(s.codes.bytes + s.owners.nbytes for s in snapshot.segments) / count
    print(f"filled at {count / filled:,.0f} references/s; codes {hot:.0f} bytes a reference; exact: {exact}")
    return {
        "exact": exact,
        "ms_median": round(middle["search"], 3),
        "vs_faiss_flat": round(quickest / middle["search"], 2),
        "vs_blas": round(middle["blas"] / middle["search"], 2),
        **({"vs_pgvector": round(median(scanned) / middle["search"], 1)} if scanned else {}),
        "ms_of_many": round(median(shared), 3),
        "bytes_per_reference": round(memory),
        "n": count,
        "dim": dimension,
        "k": k,
        "kernel_ms": {name[7:]: round(ms, 3) for name, ms in middle.items() if name.startswith("kernel_")},
        "load": round(os.getloadavg()[0], 2),
    }


def _flat(index: Any, probe: NDArray[np.float32], k: int, threads: int) -> object:
    faiss.omp_set_num_threads(threads)
    return index.search(probe, k)


def _kernel(snapshot: Any, probe: Any, k: int, threshold: float | None, slack: float, kind: Kind) -> object:
    return rank(climb(snapshot, probe[None], k, threshold, slack, kind)[0], probe, k, threshold)


def _brute(matrix: NDArray[np.float32], probe: NDArray[np.float32], k: int, threshold: float | None) -> list[Any]:
    """The k best subjects (two rows each), from float64 scores of all rows."""
    wide = probe.astype(np.float64)
    scores = np.concatenate([matrix[i : i + 65_536].astype(np.float64) @ wide for i in range(0, len(matrix), 65_536)])
    near = np.argsort(-scores)[: 4 * k + 16]
    best: dict[int, float] = {}
    for row in near.tolist():
        (score,) = kernel.exact(matrix[row : row + 1], probe)
        best[row // 2] = max(best.get(row // 2, -2.0), score)
    order = sorted((-score, subject) for subject, score in best.items())
    return [(subject, -minus) for minus, subject in order[:k] if threshold is None or -minus >= threshold]


def _unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    """As they are where they are float32 of length 1; else made so."""
    wide = vectors.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not lengths.all():
        sys.exit("a template is a zero vector or has numbers that are none")
    if vectors.dtype == np.float32 and np.abs(lengths - 1).max() <= kernel.NORM_TOLERANCE:
        return vectors
    return (wide / lengths).astype(np.float32)


def resident() -> int:
    """Bytes in memory, when what was freed is given back to the system."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Print the figures; with ``--json`` as the last line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--n", type=int, default=200_000)
    arguments.add_argument("--dim", type=int, default=128)
    arguments.add_argument("--k", type=int, default=10)
    arguments.add_argument("--threshold", type=float)
    arguments.add_argument("--turns", type=int, default=24, help="mated probes, and as many non-mated ones")
    arguments.add_argument("--vectors", type=Path)
    arguments.add_argument("--probes", type=Path)
    arguments.add_argument("--out", type=Path)
    arguments.add_argument("--pgvector", action="store_true", help="start a PostgreSQL server and ask it too")
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    if asked.vectors or asked.probes or asked.out:
        if not (asked.vectors and asked.probes and asked.out):
            arguments.error("--vectors, --probes and --out go together")
        given(asked.vectors, asked.probes, asked.k, asked.out)
        return
    with contextlib.ExitStack() as stack:
        other = stack.enter_context(started(asked.dim)) if asked.pgvector else None
        figures = measure(asked.n, asked.dim, asked.k, asked.threshold, asked.turns, other)
    if asked.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
