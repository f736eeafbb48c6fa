"""Measure the catalogue's provisional operating points on Labeled Faces in the Wild, folds 1-5, and print their table.

Every image of the folds is acquired (the face nearest the middle), and every pair of images of *different* people is
compared: that gives the false match rate. Two label faults of the set (an image that stands under two names) are left
out. A rate is called resolved where at least 30 false matches, of at least 30 different pairs of people, lie at or
above its threshold (the rule of 30: with 30 errors the true rate is within 30 % of the measured one, 90 times in 100).
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from countenance.assembly import load_vision
from countenance.evaluation.trial_set import crossed_trials
from countenance.gallery.trials import Block
from countenance.settings import read_settings
from countenance.terms.acquisition import FaceChoice, FailureToAcquire
from countenance.terms.sample import Sample, SampleRef
from sides.measured import Measured

FAULTS = {"Carlos_Beltran", "Bart_Hendricks"}
TARGETS = (1e-1, 3e-2, 1e-2, 5e-3, 3e-3, 1e-3, 5e-4, 3e-4, 1e-4, 5e-5, 3e-5, 1e-5, 3e-6, 1e-6)
LEAST = 30
SET = "Labeled Faces in the Wild, View 2 folds 1-5"


def lines(matrix: np.ndarray, names: list[str], date: str) -> Iterator[str]:
    """The table, from a template and a person's name for each image (rows of ``matrix``, unit length)."""
    person = np.unique(names, return_inverse=True)[1].astype(np.int64)
    people = int(person.max()) + 1
    trials = crossed_trials([Block(0, 0, matrix @ matrix.T)], person, people)
    total = trials.pairing.count
    source = f"{SET}, {len(names)} images of {people} people, all comparisons of different people"
    for target in TARGETS:
        count = int(target * total)
        if count < 1:
            break
        # The smallest threshold, on a grid of 0.001 upwards, with at most `target` of the pairs at or above it.
        threshold = np.ceil(float(trials.high[count]) * 1000 + 1e-6) / 1000
        wrong = int(np.searchsorted(-trials.high, -threshold, side="right"))
        one, other = person[trials.high_a[:wrong]], person[trials.high_b[:wrong]]
        resolved = len({(min(p), max(p)) for p in zip(one.tolist(), other.tolist(), strict=True)}) >= LEAST
        rate = trials.pairing.cells(one, other).rate()
        note = f"measured FMR {rate.value:.2g}, 95 % interval {rate.low:.2g} to {rate.high:.2g}, by person"
        yield (
            f'  {{ id = "lfw15-fmr-{target:.0e}", measure = "FMR", target = {target:g}, threshold = {threshold:.3f}, '
            f'resolved = {str(resolved).lower()}, pairs = {total}, date = "{date}", source = "{source}", '
            f'note = "{note}" }},'
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--date", required=True, help="of the measurement, YYYY-MM-DD")
    parser.add_argument("--recipe", default="default", help="of the catalogue")
    arguments = parser.parse_args()
    with (arguments.data / "lfw" / "pairs.csv").open() as file:
        names = sorted({row[k] for row in csv.DictReader(file) for k in ("image_a", "image_b")})
    names = [n for n in names if Path(n).parent.name not in FAULTS]
    samples = [Sample((arguments.data / n).read_bytes(), n) for n in names]
    refs = [SampleRef.of(s.digest, "*") for s in samples]
    vision = load_vision(read_settings(None).model_copy(update={"recipe": arguments.recipe}))
    vectors, people, failed = [], [], 0
    for done, (sample, acquired) in enumerate(
        vision.acquire_many(samples, Measured(refs), FaceChoice.CENTRAL, among=refs), 1
    ):
        if isinstance(acquired, FailureToAcquire):
            failed += 1
            continue
        vectors.append(acquired.probe.template.vector)
        people.append(Path(sample.name).parent.name)
        if done % 500 == 0:
            print(f"{done} of {len(samples)}", file=sys.stderr)
    print(f"# {vision.recipe.line}; {failed} failures to acquire")
    for line in lines(np.stack(vectors), people, arguments.date):
        print(line)


if __name__ == "__main__":
    main()
