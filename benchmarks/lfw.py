"""Measure recognition on Labeled Faces in the Wild, folds 1-5, the detector included; prints protocol and rates.

One to one: View 2 pairs. Accuracy is the mean over the folds, each at the threshold that is best on the other folds.
TMR at FMR 10⁻³ is over all pairs of the folds; with 1,500 impostor pairs that FMR is barely resolved.
One to many: the open-set protocol; for N = 10, 100, 1,000 subjects (847 are there at most) FPIR and FNIR of the mated
probes at the provisional operating point for N, each over random galleries with a fixed seed. The face nearest the
middle of an image is the one that is meant.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

import numpy as np

from countenance.assembly import load_vision
from countenance.service.operating_points import OperatingPoints
from countenance.settings import read_settings
from countenance.terms.acquisition import FaceChoice, FailureToAcquire
from countenance.terms.action import Action
from countenance.terms.receipt import Receipt
from countenance.terms.sample import Sample, SampleRef, digest_of_samples
from countenance.vision.models.store import ModelStore
from countenance.vision.vision import Vision

DEFAULT_DATA = Path(__file__).parents[2] / "shared" / "data"
SEED = 20261124


class Measured:
    """A promise for measurements outside any gallery: templates are made, and the product compares nothing."""

    def __init__(self, refs: list[SampleRef]) -> None:
        self._receipt = Receipt("", "", "", 0, Action.ACQUIRE, "", digest_of_samples(refs), 0, "")

    def result(self) -> Receipt:
        return self._receipt


def templates(vision: Vision, data: Path, names: list[str]) -> dict[str, np.ndarray]:
    """The template of each image, by name; those that failed are left out."""
    samples = [Sample((data / n).read_bytes(), n) for n in names]
    refs = [SampleRef.of(s.digest, "*") for s in samples]
    found: dict[str, np.ndarray] = {}
    for done, (sample, acquired) in enumerate(
        vision.acquire_many(samples, Measured(refs), FaceChoice.CENTRAL, among=refs), 1
    ):
        if not isinstance(acquired, FailureToAcquire):
            found[sample.name] = acquired.probe.template.vector
        if done % 500 == 0:
            print(f"{done} of {len(samples)} images", file=sys.stderr)
    return found


def rows_of(data: Path, name: str) -> list[dict[str, str]]:
    path = data / "lfw" / name
    if not path.is_file():
        sys.exit(f"{path} is not there: name the folder that holds lfw/ with --data")
    with path.open() as file:
        return list(csv.DictReader(file))


def accuracy(folds: np.ndarray, same: np.ndarray, scores: np.ndarray) -> float:
    """Mean over the folds at the threshold that is best on the others."""
    grid = np.unique(np.round(scores, 3))
    right = np.stack([((scores >= t) == same) for t in grid])
    rates = []
    for fold in np.unique(folds):
        best = right[:, folds != fold].mean(1).argmax()
        rates.append(right[best, folds == fold].mean())
    return float(np.mean(rates))


def open_set(
    found: dict[str, np.ndarray], rows: list[dict[str, str]], points: OperatingPoints, vision: Vision, size: int
) -> dict[str, float | int | bool]:
    """FPIR and FNIR at the provisional operating point for a gallery of ``size`` subjects."""
    by_role: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        if row["image"] in found:
            by_role.setdefault(row["role"], []).append(row)
    gallery = by_role["gallery"]
    size = min(size, len(gallery))
    point = points.for_identify(vision.recipe, size)
    random = np.random.default_rng(SEED)
    strangers = np.stack([found[r["image"]] for r in by_role["probe-nonmated"]])
    false, missed, mated = 0, 0, 0
    draws = max(1, 2000 // size)
    for _ in range(draws):
        chosen = [gallery[i] for i in random.choice(len(gallery), size, replace=False)]
        matrix = np.stack([found[r["image"]] for r in chosen])
        names = {r["subject"]: i for i, r in enumerate(chosen)}
        false += int((strangers @ matrix.T).max(1).__ge__(point.threshold).sum())
        for row in by_role["probe-mated"]:
            if row["subject"] in names:
                scores = matrix @ found[row["image"]]
                mated += 1
                own = names[row["subject"]]
                missed += int(scores[own] < point.threshold or scores.argmax() != own)
    return {
        "subjects": size,
        "threshold": point.threshold,
        "resolved": point.resolved,
        "fpir": false / (draws * len(strangers)),
        "fnir_rank1": missed / max(mated, 1),
        "nonmated_searches": draws * len(strangers),
        "mated_searches": mated,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--precision", choices=["auto", "f32", "bf16"], default="auto")
    parser.add_argument("--recipe", default="default", help="of the catalogue")
    arguments = parser.parse_args()
    pairs, openset = rows_of(arguments.data, "pairs.csv"), rows_of(arguments.data, "openset.csv")
    settings = read_settings(None).model_copy(update={"precision": arguments.precision, "recipe": arguments.recipe})
    vision = load_vision(settings)
    points = OperatingPoints(ModelStore(settings.models).catalogue)
    names = sorted({r[k] for r in pairs for k in ("image_a", "image_b")} | {r["image"] for r in openset})
    found = templates(vision, arguments.data, names)
    used = [r for r in pairs if r["image_a"] in found and r["image_b"] in found]
    folds = np.array([int(r["fold"]) for r in used])
    same = np.array([r["same"] == "1" for r in used])
    scores = np.array([float(found[r["image_a"]] @ found[r["image_b"]]) for r in used])
    impostors = np.sort(scores[~same])[::-1]
    allowed = int(0.001 * len(impostors))
    threshold = float(np.nextafter(impostors[allowed], 2))
    figures = {
        "protocol": "LFW View 2 folds 1-5 and the open-set split; detector included; the face nearest the middle",
        "recipe": vision.recipe.line,
        "images": len(names),
        "failures_to_acquire": len(names) - len(found),
        "failure_rate": (len(names) - len(found)) / len(names),
        "pairs": len(used),
        "accuracy": accuracy(folds, same, scores),
        "tmr_at_fmr_1e-3": float((scores[same] >= threshold).mean()),
        "threshold_at_fmr_1e-3": threshold,
        "open_set": {str(n): open_set(found, openset, points, vision, n) for n in (10, 100, 1000)},
    }
    if not arguments.json:
        print(json.dumps(figures, indent=2))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
