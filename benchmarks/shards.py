"""A search by the actors of a Ray cluster beside the same one in this process, over one store in PostgreSQL.

The answers must be the same. What the actors take longer is what asking them costs: on one machine they share its
cores, so this says nothing about how fast many machines are.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import ray

sys.path.append(str(Path(__file__).parents[1]))  # the tests' server, and their store with a door
from tests.gallery.house import ORIGIN, House, sample_of
from tests.storage.server import running_server

from countenance.gallery.shards.ray_shards import RayShards
from countenance.gallery.shards.shard import Means
from sides.templates import Faces

STEP = 5_000


def measure(folder: Path, url: str, count: int, dimension: int, parts: int, turns: int) -> dict[str, Any]:
    """Enrol so many references, then let both search in turn."""
    ray.init(num_cpus=parts, include_dashboard=False, log_to_driver=False, object_store_memory=300 * 2**20)
    faces, whole = Faces(dimension), House(folder, url=url)
    gallery = whole.gallery("benchmark")
    vectors = faces.templates(count)
    begun = time.perf_counter()
    for start in range(0, len(vectors), STEP):
        some = range(start, min(start + STEP, len(vectors)))
        whole.enrol_many(gallery, {f"s{n}": (vectors[n], sample_of(n)) for n in some})
    enrolled = time.perf_counter() - begun
    shards = RayShards("auto", ORIGIN, parts, 60.0)
    shards.up(Means(url, url, f"file:{whole.root_file}", whole.desk.key.public, ORIGIN))
    directory = folder / "split"
    directory.mkdir()
    shutil.copy(whole.root_file, directory / "root.key")
    split = House(directory, url=url, desk=whole.desk)
    split.galleries._shards = shards
    taken: dict[str, list[float]] = {"whole": [], "split": []}
    same = True
    for turn, probe in enumerate(faces.templates(turns + 3, images=1)):
        answers = []
        for name, house in (("whole", whole), ("split", split)):
            begun = time.perf_counter()
            answers.append(house.search(gallery, probe, 10))
            if turn >= 3:  # before that, galleries are loaded
                taken[name].append((time.perf_counter() - begun) * 1000)
        same &= answers[0].candidates == answers[1].candidates and answers[0].compared == answers[1].compared
    shards.down()
    ray.shutdown()
    whole.close()
    split.close()
    middle = {name: median(times) for name, times in taken.items()}
    return {
        "same": same,
        "ms_whole": round(middle["whole"], 2),
        "ms_shards": round(middle["split"], 2),
        "ms_overhead": round(middle["split"] - middle["whole"], 2),
        "enrolled_per_s": round(len(vectors) / enrolled),
        "n": len(vectors),
        "dim": dimension,
        "parts": parts,
    }


def main() -> None:
    """Print the figures; with ``--json`` as the last line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--n", type=int, default=50_000)
    arguments.add_argument("--dim", type=int, default=128)
    arguments.add_argument("--parts", type=int, default=4)
    arguments.add_argument("--turns", type=int, default=60)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    with running_server() as server, tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), server.make(server.migrated()), asked.n, asked.dim, asked.parts, asked.turns)
    if asked.json:
        print(json.dumps(figures))
    else:
        for name, figure in figures.items():
            print(f"{name:16} {figure}")


if __name__ == "__main__":
    main()
