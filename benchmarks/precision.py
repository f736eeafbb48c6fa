"""Compare the templates of every runtime and precision of this machine on LFW folds 1-5: error rates within and across.

All images of the folds are acquired once in each way (the face nearest the middle), and all pairs of images are
compared: both of one way, and one of each of two ways, as a gallery made on one machine meets a probe made on
another. Ways are interchangeable where the thresholds of one hold for the other: the false match rate at the same
threshold differs by less than its own resolution, and the true match rate by less than a tenth of a percent.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

import numpy as np

from countenance.settings import read_settings
from countenance.terms.acquisition import FaceChoice, FailureToAcquire
from countenance.terms.errors import MissingPart
from countenance.terms.sample import Sample, SampleRef
from countenance.vision.models.store import ModelStore
from countenance.vision.vision import open_vision
from sides.measured import Measured

DEFAULT_DATA = Path(__file__).parents[2] / "shared" / "data"
WAYS = (("openvino", "f32"), ("openvino", "bf16"), ("onnxruntime", "f32"))
RATES = (1e-2, 1e-3, 1e-4, 1e-5)
FAULTS = {"Carlos_Beltran", "Bart_Hendricks"}
"""Two of the set's label faults: an image that stands under two names."""


def templates(data: Path, names: list[str], recipe: str, runtime: str, precision: str) -> np.ndarray | None:
    """One row an image; None where this machine has no such way."""
    store = ModelStore(read_settings(None).models)
    try:
        vision = open_vision(store, recipe=recipe, runtime=runtime, precision=precision, threads=0)
    except MissingPart as error:
        print(f"left out: {error.what}", file=sys.stderr)
        return None
    samples = [Sample((data / name).read_bytes(), name) for name in names]
    refs = [SampleRef.of(sample.digest, "*") for sample in samples]
    rows = []
    for sample, answer in vision.acquire_many(samples, Measured(refs), FaceChoice.CENTRAL, among=refs):
        if isinstance(answer, FailureToAcquire):
            sys.exit(f"{sample.name}: {answer.detail}")
        rows.append(answer.probe.template.vector)
    print(f"{runtime} {precision}: {len(rows)} templates", file=sys.stderr)
    return np.stack(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="the folder that holds lfw/")
    parser.add_argument("--json", action="store_true", help="the figures as the last line")
    parser.add_argument("--recipe", default="default", help="of the catalogue")
    arguments = parser.parse_args()
    path = arguments.data / "lfw" / "pairs.csv"
    if not path.is_file():
        sys.exit(f"{path} is not there: name the folder that holds lfw/ with --data")
    with path.open() as file:
        names = sorted({row[k] for row in csv.DictReader(file) for k in ("image_a", "image_b")})
    names = [name for name in names if Path(name).parent.name not in FAULTS]
    people = np.unique([Path(name).parent.name for name in names], return_inverse=True)[1]
    upper = np.triu(np.ones((len(names), len(names)), dtype=bool), 1)
    same = upper & (people[:, None] == people[None, :])
    other = upper & ~same
    made = {way: rows for way in WAYS if (rows := templates(arguments.data, names, arguments.recipe, *way)) is not None}
    first = next(iter(made.values()))
    impostors = np.sort((first @ first.T)[other])[::-1]
    thresholds = {rate: float(np.nextafter(impostors[int(rate * len(impostors))], np.float32(2))) for rate in RATES}
    print(f"{len(names)} images, {int(other.sum())} non-mated and {int(same.sum())} mated comparisons")
    print("thresholds of the first way: " + ", ".join(f"{r:.0e} {t:.4f}" for r, t in thresholds.items()))
    figures = []
    for one, rows in made.items():
        for two, columns in made.items():
            if one > two:
                continue
            scores = rows @ columns.T
            mated, strange = (same, other) if one == two else (same | same.T, other | other.T)
            line: dict[str, str | float] = {"a": " ".join(one), "b": " ".join(two)}
            for rate, threshold in thresholds.items():
                line[f"fmr@{rate:.0e}"] = float((scores[strange] >= threshold).mean())
                line[f"tmr@{rate:.0e}"] = float((scores[mated] >= threshold).mean())
            if one != two:
                own = (rows * columns).sum(axis=1)
                line |= {"cosine_median": float(np.median(own)), "cosine_least": float(own.min())}
            figures.append(line)
            print(json.dumps(line))
    if arguments.json:
        print(json.dumps({"images": len(names), "thresholds": thresholds, "ways": figures}))


if __name__ == "__main__":
    main()
