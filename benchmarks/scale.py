"""One search against the number of references, from a hundred to ten million: time, memory, filling; also as a picture.

And the time from the opening of the store to the first answer: from the database, and from the cache on the disk. For
that references are enrolled, which takes far longer than filling an index, so only up to ``--restart``.

Each size is a process of its own, and so is each start. At 8,192 references the ladder begins: the curve may bend
there, not jump.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SIZES = (100, 1_000, 4_000, 8_000, 8_192, 16_000, 65_000, 250_000, 1_000_000, 10_000_000)
RESTART = 65_000
STARTED = "import json, sys; from scale import start; print(json.dumps(start(sys.argv[1], int(sys.argv[2]))))"
ALONE = "import json, sys; from scale import one; print(json.dumps(one(int(sys.argv[1]), int(sys.argv[2]))))"


def one(count: int, dimension: int) -> dict[str, Any]:
    """Figures of one size, in this process."""
    import os

    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import time
    from statistics import median

    import numpy as np

    from search import BLOCK, resident
    from sides.search_desk import Desk
    from sides.templates import Faces

    faces, desk = Faces(dimension), Desk(dimension)
    warm = Desk(dimension)
    warm.fill(faces.templates(16_384), np.arange(16_384) // 2)
    warm.close()
    before, filled, start = resident(), 0.0, 0
    for block in faces.blocks(count, most=BLOCK):
        begun = time.perf_counter()
        desk.fill(block, np.arange(start, start + len(block)) // 2, start)
        filled += time.perf_counter() - begun
        start += len(block)
    del block
    memory = resident() - before
    taken = []
    for asked in desk.probes(faces.templates(24, images=1)):
        begun = time.perf_counter()
        found = desk.search(asked, 10)
        taken.append((time.perf_counter() - begun) * 1000)
        assert found.compared == count
    desk.close()
    return {
        "references": count,
        "ms_median": round(median(taken), 3),
        "ms_least": round(min(taken), 3),
        "megabytes": round(memory / 1e6, 1),
        "fill_s": round(filled, 2),
    }


def start(folder: str, dimension: int) -> dict[str, Any]:
    """Open what is enrolled in a folder and ask for one answer, in this process; imports come before."""
    import time

    from search import resident
    from sides.search_desk import Desk
    from sides.templates import Faces

    (template,) = Faces(dimension).templates(1, images=1)
    before, begun = resident(), time.perf_counter()
    desk = Desk(dimension, Path(folder))
    found = desk.search(desk.probes(template[None])[0], 10)
    taken, memory = time.perf_counter() - begun, resident() - before
    desk.close()
    return {"seconds": round(taken, 3), "megabytes": round(memory / 1e6, 1), "compared": found.compared}


def restarts(count: int, dimension: int) -> dict[str, Any]:
    """The first start reads the database, the second one what the first has left on the disk."""
    from sides.search_desk import Desk
    from sides.templates import Faces

    with tempfile.TemporaryDirectory() as folder:
        desk, at = Desk(dimension, Path(folder)), 0
        for block in Faces(dimension).blocks(count, most=4_000):
            desk.enrol(block, at)
            at += len(block)
        desk.close()
        shutil.rmtree(Path(folder) / "cache", ignore_errors=True)
        database, cache = (_alone(STARTED, folder, dimension) for _ in range(2))
    assert database["compared"] == cache["compared"] == count
    return {
        "from_database_s": database["seconds"],
        "from_cache_s": cache["seconds"],
        "megabytes_from_cache": cache["megabytes"],
    }


def _alone(what: str, *said: object) -> dict[str, Any]:
    """The last line of another process, as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", what, *map(str, said)],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def plot(rows: list[dict[str, Any]], to: Path) -> None:
    """Both axes logarithmic."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5))
    axes = figure.add_subplot(xscale="log", yscale="log", xlabel="references", ylabel="milliseconds a search")
    axes.plot([row["references"] for row in rows], [row["ms_median"] for row in rows], marker="o", label="median")
    axes.plot([row["references"] for row in rows], [row["ms_least"] for row in rows], marker=".", label="least")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    figure.savefig(to)


def main() -> None:
    """Print the curve; with ``--json`` as the last line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--dim", type=int, default=128)
    arguments.add_argument("--most", type=int, default=1_000_000)
    arguments.add_argument("--restart", type=int, default=RESTART, help="measure starts up to so many references")
    arguments.add_argument("--plot", type=Path)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    rows = []
    print(
        f"{'references':>12}{'median ms':>12}{'least ms':>12}{'MB':>10}{'filled in s':>13}"
        f"{'start: database s':>19}{'cache s':>9}"
    )
    for size in (each for each in SIZES if each <= asked.most):
        row = _alone(ALONE, size, asked.dim) | (restarts(size, asked.dim) if size <= asked.restart else {})
        rows.append(row)
        line = "{references:>12,}{ms_median:>12.3f}{ms_least:>12.3f}{megabytes:>10.1f}{fill_s:>13.2f}".format(**row)
        if "from_cache_s" in row:
            line += "{from_database_s:>19.2f}{from_cache_s:>9.2f}".format(**row)
        print(line)
    if asked.plot:
        plot(rows, asked.plot)
    if asked.json:
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
