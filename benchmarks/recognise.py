"""Decode, detect, align and embed photographs: Countenance against face_recognition (dlib) and OpenCV's own pipeline.

The three run in turn, round by round, each in processes pinned to the same cores, over the same photographs (the
pairs of LFW's first folds); the ratio is taken in each round, the median is told. face_recognition runs in a virtual
environment of its own (dlib from its wheel), OpenCV in another, with the very weights that Countenance uses. Accuracy
is the share of the pairs that each decides rightly at the threshold that its own makers give (Countenance: its
provisional operating point at FMR 10^-3).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".cache" / "peers"
WORKER = Path(__file__).with_name("recognise_worker.py")
PACKAGES = {
    "face_recognition": [
        "face_recognition==1.3.0", "face-recognition-models==0.3.0", "dlib-bin", "numpy", "pillow", "setuptools<81",
        "click",
    ],
    "opencv": ["opencv-python-headless", "numpy"],
}  # fmt: skip


def environment(peer: str) -> Path:
    """The peer's own Python, made once."""
    place = PEERS / peer
    python = place / "bin" / "python"
    if not (place / ".done").exists():
        print(f"making an environment for {peer} …", file=sys.stderr)
        venv.create(place, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--no-deps", *PACKAGES[peer]], check=True)
        (place / ".done").touch()
    return python


def photographs(data: Path, pairs: int) -> list[dict[str, str]]:
    """As many mated as non-mated pairs, in the order of the list."""
    path = data / "lfw" / "pairs.csv"
    if not path.is_file():
        sys.exit(f"{path} is not there: name the folder that holds lfw/ with --data")
    with path.open() as file:
        rows = list(csv.DictReader(file))
    same = [r for r in rows if r["same"] == "1"][: pairs // 2]
    other = [r for r in rows if r["same"] == "0"][: pairs // 2]
    return same + other


def run(python: Path, engine: str, cores: int, names: list[str], data: Path, models: Path) -> dict[str, object]:
    """Photographs per second, and each photograph's vector; peers get a process for each core, each with its share."""
    shares = [names] if engine == "countenance" else [names[i::cores] for i in range(cores)]
    started = [
        subprocess.Popen(
            [str(python), str(WORKER), engine, str(data), str(models), ",".join(map(str, cpus))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for cpus in ([list(range(cores))] if engine == "countenance" else [[i] for i in range(cores)])
    ]  # fmt: skip
    for process, share in zip(started, shares, strict=True):
        assert process.stdin is not None
        process.stdin.write("\n".join(share))
        process.stdin.close()
    rate, vectors = 0.0, {}
    for process, share in zip(started, shares, strict=True):
        assert process.stdout is not None
        told = json.loads(process.stdout.read().splitlines()[-1])
        process.wait()
        rate += len(share) / told["seconds"]
        vectors |= told["vectors"]
    return {"rate": rate, "vectors": vectors}


def accuracy(
    engine: str, rows: list[dict[str, str]], vectors: dict[str, list[float] | None], threshold: float
) -> float:
    """Share of the pairs decided rightly; a photograph without a face makes its pair wrong."""
    right = 0
    for row in rows:
        a, b = vectors[row["image_a"]], vectors[row["image_b"]]
        if a is None or b is None:
            continue
        if engine == "face_recognition":
            match = sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5 <= threshold
        else:
            match = sum(x * y for x, y in zip(a, b, strict=True)) >= threshold
        right += match == (row["same"] == "1")
    return right / len(rows)


def draw(figures: dict[str, dict[str, float]], out: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    plot, axes = plt.subplots(figsize=(7, 3))
    for i, (engine, rates) in enumerate(figures.items()):
        bars = axes.barh([c + (1 - i) * 0.27 for c in range(len(rates))], list(rates.values()), 0.25, label=engine)
        axes.bar_label(bars, fmt="%.0f", padding=3)
    axes.set_yticks(range(len(rates)), [f"{c} core{'s' if c != '1' else ''}" for c in rates])
    axes.set_xlabel("photographs a second (250×250; decode, detect, align, embed)")
    axes.legend()
    plot.tight_layout()
    plot.savefig(out, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--pairs", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--picture", type=Path, help="draw the rates into this PNG")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()

    from countenance.assembly import load_vision
    from countenance.service.operating_points import OperatingPoints
    from countenance.settings import read_settings
    from countenance.vision.models.store import ModelStore

    settings = read_settings(None)
    recipe = load_vision(settings).recipe
    threshold = OperatingPoints(ModelStore(settings.models).catalogue).for_verify(recipe).threshold
    thresholds = {"countenance": threshold, "face_recognition": 0.6, "opencv": 0.363}
    pythons = {"countenance": Path(sys.executable)} | {peer: environment(peer) for peer in PACKAGES}
    rows = photographs(arguments.data, arguments.pairs)
    names = sorted({r[k] for r in rows for k in ("image_a", "image_b")})
    rates: dict[str, dict[str, list[float]]] = {e: {} for e in pythons}
    right: dict[str, float] = {}
    for cores in range(1, min(2, os.cpu_count() or 1) + 1):
        for _ in range(arguments.rounds):
            for engine, python in pythons.items():
                told = run(python, engine, cores, names, arguments.data, settings.models)
                rates[engine].setdefault(str(cores), []).append(told["rate"])
                right[engine] = accuracy(engine, rows, told["vectors"], thresholds[engine])

    def against(peer: str) -> dict[str, float]:
        return {
            cores: round(statistics.median(a / b for a, b in zip(ours, theirs, strict=True)), 2)
            for cores, theirs in rates[peer].items()
            for ours in [rates["countenance"][cores]]
        }  # fmt: skip

    medians = {e: {c: round(statistics.median(r), 1) for c, r in by.items()} for e, by in rates.items()}
    figures = {
        "photographs": len(names),
        "recipe": recipe.line,
        "per_second": medians,
        "vs_face_recognition": against("face_recognition"),
        "vs_opencv": against("opencv"),
        "accuracy": {e: round(a, 4) for e, a in right.items()},
        "pairs": len(rows),
    }
    if not arguments.json:
        print(
            f"{'photographs a second':<22}"
            + "".join(f"{c + ' core(s)':>12}" for c in medians["countenance"])
            + f"{'accuracy':>12}"
        )
        for engine, by in medians.items():
            print(f"{engine:<22}" + "".join(f"{r:>12}" for r in by.values()) + f"{right[engine]:>12.4f}")
    if arguments.picture:
        draw(medians, arguments.picture)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
