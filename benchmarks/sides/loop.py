"""The loop that every side runs: pictures in, seconds and templates out. Standard library only, besides the side's own.

Lines of JSON on stdin, one answer a line on stdout. ``{"load": {name: path}}`` reads files into memory;
``{"run": [name, …]}`` answers ``{"seconds": s, "templates": {name: [numbers] or null}}``, timed from the first byte
decoded to the last template made.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

Many = Callable[[Sequence[bytes]], list[list[float] | None]]


def one_by_one(step: Callable[[bytes], list[float] | None]) -> Many:
    """A side that takes pictures one at a time."""
    return lambda pictures: [step(data) for data in pictures]


def pin(cores: str) -> int:
    """Keep this process to the cores in ``0,1,…``; how many they are. Must come before any library starts threads."""
    chosen = {int(core) for core in cores.split(",")}
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, chosen)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(len(chosen))
    return len(chosen)


def serve(many: Many, about: str) -> None:
    """Answer until stdin ends. Libraries that print do it on stderr, so that the answers stay readable."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    pictures: dict[str, bytes] = {}
    print(json.dumps({"ready": about}), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if "load" in asked:
            pictures = {name: Path(path).read_bytes() for name, path in asked["load"].items()}
            print("{}", file=answers, flush=True)
            continue
        names = asked["run"]
        batch = [pictures[name] for name in names]
        started = time.perf_counter()
        templates = many(batch)
        seconds = time.perf_counter() - started
        answer = {"seconds": seconds, "templates": dict(zip(names, templates, strict=True))}
        print(json.dumps(answer), file=answers, flush=True)
