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
from pathlib import Path

import numpy as np

from countenance.assembly import load_vision
from countenance.settings import read_settings
from countenance.terms.acquisition import FaceChoice, FailureToAcquire
from countenance.terms.action import Action
from countenance.terms.receipt import Receipt
from countenance.terms.sample import Sample, SampleRef, digest_of_samples

FAULTS = {"Carlos_Beltran", "Bart_Hendricks"}
TARGETS = (1e-1, 3e-2, 1e-2, 5e-3, 3e-3, 1e-3, 5e-4, 3e-4, 1e-4, 5e-5, 3e-5, 1e-5, 3e-6, 1e-6)
LEAST = 30


class Measured:
    """A promise for measurements outside any gallery: templates are made, and nothing is compared by the product."""

    def __init__(self, refs: list[SampleRef]) -> None:
        self._receipt = Receipt("", "", "", 0, Action.ACQUIRE, "", digest_of_samples(refs), 0, "")

    def result(self) -> Receipt:
        return self._receipt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--date", required=True, help="of the measurement, YYYY-MM-DD")
    arguments = parser.parse_args()
    with (arguments.data / "lfw" / "pairs.csv").open() as file:
        names = sorted({row[k] for row in csv.DictReader(file) for k in ("image_a", "image_b")})
    names = [n for n in names if Path(n).parent.name not in FAULTS]
    samples = [Sample((arguments.data / n).read_bytes(), n) for n in names]
    refs = [SampleRef.of(s.digest, "*") for s in samples]
    vision = load_vision(read_settings(None))
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
    matrix, person = np.stack(vectors), np.unique(people, return_inverse=True)[1]
    scores = matrix @ matrix.T
    upper = np.triu(person[:, None] != person[None, :], 1)
    rows, columns = np.nonzero(upper & (scores > 0.25))
    total = int(upper.sum())
    high = scores[rows, columns]
    order = np.argsort(-high)
    high, pairs = high[order], np.sort(np.stack([person[rows], person[columns]], 1)[order], axis=1)
    every = np.sort(scores[upper])[::-1]
    print(f"# {len(people)} images of {person.max() + 1} people, {failed} failures to acquire, {total} impostor pairs")
    print(f"# {vision.recipe.line}")
    for target in TARGETS:
        count = int(target * total)
        resolved = count >= LEAST and len({tuple(p) for p in pairs[:count].tolist()}) >= LEAST
        if count < 1:
            break
        # The smallest threshold, on a grid of 0.001 upwards, with at most `target` of the pairs at or above it.
        threshold = np.ceil(float(every[count]) * 1000 + 1e-6) / 1000
        print(
            f'  {{ id = "lfw15-fmr-{target:.0e}", measure = "FMR", target = {target:g}, threshold = {threshold:.3f}, '
            f'resolved = {str(resolved).lower()}, source = SOURCE, date = "{arguments.date}" }},'
        )


if __name__ == "__main__":
    main()
