"""Measure decoding, detection, alignment and embedding of photographs against face_recognition and OpenCV.

Every side gets the same photographs (LFW, folds 1-5: whole pairs, so that its accuracy is measured on them too) in
memory, in a process of its own that is kept to the same cores, and is timed from the first byte decoded to the last
template made. Sides take turns, block by block, so that a noisy neighbour disturbs all of them alike; a side's speed
is the median over its blocks, and a ratio is the median of the ratios within a turn. On several cores each side works
in the way that suits it best: Countenance and OpenCV as one process with its threads, OpenCV and face_recognition as
one process a core; OpenCV's better way counts. The peers live in virtual environments of their own, made at the first
run by the user's package client, in the user's cache directory.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from platformdirs import user_cache_path

from countenance.settings import read_settings
from countenance.vision.models.store import ModelStore

HERE = Path(__file__).parent
DEFAULT_DATA = HERE.parents[1] / "shared" / "data"
PEERS = {
    "opencv": ["opencv-python-headless", "numpy"],
    "face_recognition": [
        "face-recognition==1.3.0",
        "face-recognition-models",
        "dlib-bin",
        "numpy",
        "pillow",
        "click",
        "setuptools<81",  # face_recognition_models imports pkg_resources
    ],
}
Templates = dict[str, list[float] | None]


class Worker:
    """One process of one side."""

    def __init__(self, python: Path, module: str, *words: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(HERE)}
        self._process = subprocess.Popen(
            [python, "-m", f"sides.{module}", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        self.about: str = self.answer()["ready"]

    def ask(self, **what: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"a side ended by itself: {self._process.args}")
        return json.loads(line)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


@dataclass
class Side:
    """A way to do the work: its workers, and the pictures a second of each turn."""

    name: str
    workers: list[Worker]
    speeds: list[float] = field(default_factory=list)
    templates: Templates = field(default_factory=dict)

    def load(self, pictures: dict[str, str]) -> None:
        for worker in self.workers:
            worker.ask(load=pictures)
        for worker in self.workers:
            worker.answer()

    def run(self, names: Sequence[str], *, timed: bool = True) -> None:
        """Each worker takes its share; the slowest one's time counts."""
        for i, worker in enumerate(self.workers):
            worker.ask(run=names[i :: len(self.workers)])
        answers = [worker.answer() for worker in self.workers]
        for answer in answers:
            self.templates.update(answer["templates"])
        if timed:
            self.speeds.append(len(names) / max(answer["seconds"] for answer in answers))


def python_of(peer: str) -> Path:
    """The interpreter of a peer's own environment, made if it is not there."""
    place = user_cache_path("countenance") / "benchmarks" / peer
    python = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    stamp = place / "installed"
    if not stamp.exists():
        print(f"making an environment for {peer} …", file=sys.stderr)
        venv.create(place, with_pip=True, clear=True)
        # Without dependencies: face_recognition asks for "dlib", which must be compiled; dlib-bin carries it built.
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        if subprocess.run([*command, *PEERS[peer]], check=False).returncode:
            sys.exit(f"the packages of {peer} could not be installed: {', '.join(PEERS[peer])}")
        stamp.touch()
    return python


def sides_on(cores: Sequence[int], files: tuple[Path, Path]) -> list[Side]:
    """All sides on these cores."""
    together, here = ",".join(map(str, cores)), Path(sys.executable)
    opencv, other = python_of("opencv"), python_of("face_recognition")
    weights = [str(path) for path in files]
    made = [
        Side("countenance", [Worker(here, "countenance_side", together, "auto")]),
        Side("countenance-f32", [Worker(here, "countenance_side", together, "f32")]),
        Side("opencv", [Worker(opencv, "opencv_side", str(core), *weights) for core in cores]),
        Side("face_recognition", [Worker(other, "face_recognition_side", str(core)) for core in cores]),
    ]
    if len(cores) > 1:
        made.append(Side("opencv-threads", [Worker(opencv, "opencv_side", together, *weights)]))
    return made


def accuracy(pairs: Sequence[tuple[int, bool, str, str]], templates: Templates) -> dict[str, float | int]:
    """Share of pairs judged rightly, each fold at the threshold that is best on the others; a failure is an error."""
    scores = np.full(len(pairs), -np.inf)
    for i, (_, _, a, b) in enumerate(pairs):
        first, second = templates[a], templates[b]
        if first is not None and second is not None:
            scores[i] = -np.linalg.norm(np.subtract(first, second))
    same = np.array([pair[1] for pair in pairs])
    folds = np.array([pair[0] for pair in pairs])
    compared = np.isfinite(scores)
    grid = np.unique(scores[compared])
    right = np.stack([((scores >= t) == same) & compared for t in grid])
    rates = [right[right[:, folds != f].mean(1).argmax(), folds == f].mean() for f in np.unique(folds)]
    failures = sum(template is None for template in templates.values())
    return {"accuracy": float(np.mean(rates)), "failures_to_detect": failures}


def chosen_pairs(data: Path, each: int) -> list[tuple[int, bool, str, str]]:
    """The first ``each`` mated and non-mated pairs of each fold."""
    path = data / "lfw" / "pairs.csv"
    if not path.is_file():
        sys.exit(f"the photographs are not there ({path}): name the folder that holds lfw/ with --data")
    taken: dict[tuple[str, str], int] = {}
    pairs = []
    with path.open() as file:
        for row in csv.DictReader(file):
            kind = (row["fold"], row["same"])
            taken[kind] = taken.get(kind, 0) + 1
            if taken[kind] <= each:
                pairs.append((int(row["fold"]), row["same"] == "1", row["image_a"], row["image_b"]))
    return pairs


def measure(cores: Sequence[int], names: list[str], arguments: argparse.Namespace) -> list[Side]:
    """Let all sides take turns over blocks of the photographs."""
    store = ModelStore(read_settings(None).models)
    detector = store.status("yunet-2023mar").folder / "original.onnx"
    sides = sides_on(cores, (detector, store.prepared("sface-2021dec")))
    pictures = {name: str(arguments.data / name) for name in names}
    for side in sides:
        side.load(pictures)
        side.run(names[: 4 * len(cores)], timed=False)
    size = arguments.block
    blocks = [names[at : at + size] for at in range(0, len(names) - size + 1, size)]
    for turn, block in enumerate(blocks):
        for side in sides if turn % 2 == 0 else reversed(sides):
            side.run(block)
        print(f"{len(cores)} cores: turn {turn + 1} of {len(blocks)}", file=sys.stderr)
    rest = names[len(blocks) * size :]
    for side in sides:
        if rest:
            side.run(rest, timed=False)
        for worker in side.workers:
            worker.close()
    return sides


def ratio(ours: Side, theirs: Sequence[Side]) -> float:
    """How many times as fast, by the median of the turns; the peer's best way counts in each turn."""
    turns = zip(ours.speeds, *(side.speeds for side in theirs), strict=True)
    return round(median(mine / max(others) for mine, *others in turns), 2)


def draw(path: Path, figures: dict[str, Any]) -> None:
    """A bar chart of pictures a second."""
    from matplotlib import pyplot

    cores = list(figures["pictures_per_second"])
    names = ["face_recognition", "opencv", "countenance-f32", "countenance"]
    labels = ["face_recognition\n(dlib)", "OpenCV\nYuNet + SFace", "Countenance\nfloat32", "Countenance\ndefault"]
    figure, axes = pyplot.subplots(figsize=(7.5, 4), layout="constrained")
    for i, count in enumerate(cores):
        heights = [figures["pictures_per_second"][count][name] for name in names]
        bars = axes.bar(np.arange(4) + 0.4 * i, heights, 0.38, label=f"{count} core{'s' if count != '1' else ''}")
        axes.bar_label(bars, fmt="%.0f")
    axes.set_xticks(np.arange(4) + 0.4 * (len(cores) - 1) / 2, labels)
    axes.set_ylabel("photographs a second (250 × 250)")
    axes.set_title("From encoded photograph to template")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="the folder that holds lfw/")
    parser.add_argument("--pairs", type=int, default=20, help="mated and non-mated pairs of each fold")
    parser.add_argument("--block", type=int, default=24, help="photographs a turn")
    parser.add_argument("--cores", default="1,2", help="how many cores to measure with")
    parser.add_argument("--picture", type=Path, help="where to draw the chart (PNG)")
    parser.add_argument("--json", action="store_true", help="the figures as the last line")
    arguments = parser.parse_args()
    pairs = chosen_pairs(arguments.data, arguments.pairs)
    names = sorted({name for pair in pairs for name in pair[2:]})
    np.random.default_rng(1).shuffle(names)
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
    figures: dict[str, Any] = {"photographs": len(names), "pairs": len(pairs), "block": arguments.block}
    figures |= {key: {} for key in ("vs_face_recognition", "vs_opencv", "vs_opencv_f32", "pictures_per_second")}
    sides: dict[str, Side] = {}
    for count in map(int, arguments.cores.split(",")):
        if count > len(usable):
            print(f"this machine has no {count} cores", file=sys.stderr)
            continue
        sides = {side.name: side for side in measure(usable[:count], names, arguments)}
        opencv = [side for name, side in sides.items() if name.startswith("opencv")]
        figures["vs_face_recognition"][str(count)] = ratio(sides["countenance"], [sides["face_recognition"]])
        figures["vs_opencv"][str(count)] = ratio(sides["countenance"], opencv)
        figures["vs_opencv_f32"][str(count)] = ratio(sides["countenance-f32"], opencv)
        speeds = {name: round(median(side.speeds), 1) for name, side in sides.items()}
        speeds["opencv"] = max(speed for name, speed in speeds.items() if name.startswith("opencv"))
        figures["pictures_per_second"][str(count)] = speeds
    figures["sides"] = {name: side.workers[0].about for name, side in sides.items()}
    figures["accuracy"] = {
        name: accuracy(pairs, side.templates) for name, side in sides.items() if name != "opencv-threads"
    }
    report(figures)
    if arguments.picture:
        draw(arguments.picture, figures)
        print(f"drawn: {arguments.picture}")
    if arguments.json:
        print(json.dumps(figures))


def report(figures: dict[str, Any]) -> None:
    """A table for people."""
    counts = list(figures["pictures_per_second"])
    print(f"{figures['photographs']} photographs of 250 × 250 pixels; accuracy on {figures['pairs']} pairs\n")
    heads = "".join(f"{f'{count} core(s), 1/s':>18}" for count in counts)
    print(f"{'side':22}{heads}{'accuracy':>12}{'not detected':>14}")
    for name, right in figures["accuracy"].items():
        speeds = "".join(f"{figures['pictures_per_second'][count][name]:18.1f}" for count in counts)
        print(f"{name:22}{speeds}{right['accuracy']:12.3%}{right['failures_to_detect']:14}")
    print()
    for key in ("vs_face_recognition", "vs_opencv", "vs_opencv_f32"):
        print(f"{key}: " + ", ".join(f"{ratio}× on {count} core(s)" for count, ratio in figures[key].items()))
    for name, about in figures["sides"].items():
        print(f"{name}: {about}")


if __name__ == "__main__":
    main()
