"""Measure the instrument: 10^8 comparisons in blocks with flat memory, an interval, and (with --data) a whole report.

The comparisons are those of the gallery's kernel, under a receipt of a desk of this benchmark's own; drawn templates.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from countenance.evaluation.trial_set import crossed_trials
from countenance.gallery import trials as door
from countenance.gallery.admission import Admission
from countenance.gallery.trials import Crossing
from countenance.keys.signing import SigningKey
from countenance.terms.action import Action
from countenance.terms.receipt import Receipt
from countenance.terms.recipe import Recipe
from countenance.terms.sample import SampleRef, digest_of_samples
from countenance.terms.template import Template

DIMENSION, IMAGES = 128, 4
RECIPE = Recipe("drawn", "none", "0", "none", "drawn", "1", "none", DIMENSION, "numpy", "f32")
ORIGIN = "benchmark.example/log"


class Uses:
    """Counts the uses of this run."""

    def __init__(self) -> None:
        self.taken = 0

    def take(self, gallery: str) -> int:
        self.taken += 1
        return self.taken


def compared(comparisons: int) -> dict[str, object]:
    """All pairs of as many drawn templates as give about so many comparisons."""
    many = round((2 * comparisons) ** 0.5) // IMAGES * IMAGES
    person = np.repeat(np.arange(many // IMAGES), IMAGES)
    random = np.random.default_rng(1)
    middles = random.standard_normal((many // IMAGES, DIMENSION), dtype=np.float32)
    matrix = middles[person] + 0.7 * random.standard_normal((many, DIMENSION), dtype=np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    refs = tuple(SampleRef(f"{at:064x}", "0") for at in range(many))
    templates = [Template(vector, RECIPE, ref) for vector, ref in zip(matrix, refs, strict=True)]
    crossing = Crossing(np.arange(many, dtype=np.int64))
    key = SigningKey.generate()
    admission = Admission(key.public, ORIGIN, Uses())  # type: ignore[arg-type]  # a counter without a disk
    receipt = Receipt(
        ORIGIN, "e", "0" * 64, 0, Action.GROUP, "", digest_of_samples(refs), crossing.comparisons, admission.session
    )
    signed = Receipt(
        **{**receipt.to_json(), "action": Action.GROUP, "signature": key.sign(receipt.signed_bytes()).hex()}
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    scored = door.score_trials(admission, signed, refs, templates, np.empty((0, 2), dtype=np.int64), crossing)
    asked = time.perf_counter() - started
    found = crossed_trials(scored.blocks, person, many // IMAGES)
    seconds = time.perf_counter() - started
    began = time.perf_counter()
    rate = found.fmr_of(int(1e-3 * found.pairing.count))
    interval = time.perf_counter() - began
    return {
        "comparisons": crossing.comparisons,
        "templates": many,
        "seconds": round(seconds, 2),
        "seconds_to_check_the_receipt": round(asked, 2),
        "comparisons_per_second": round(crossing.comparisons / seconds),
        "memory_grown_mb": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024),
        "interval_ms": round(interval * 1000, 2),
        "fmr": [rate.low, rate.value, rate.high],
    }


def reported(data: Path) -> dict[str, object]:
    """From detection to HTML on folds 1-5 of Labeled Faces in the Wild."""
    with tempfile.TemporaryDirectory() as place:
        countenance = [str(Path(sys.executable).with_name("countenance")), "--data", f"{place}/data"]
        subprocess.run([*countenance, "init"], check=True, capture_output=True)
        pairs = data / "lfw" / "pairs.csv"
        words = [
            "evaluate",
            "verification",
            "--pairs",
            str(pairs),
            "--root",
            str(data),
            "--out",
            f"{place}/out",
            "--json",
        ]
        started = time.perf_counter()
        done = subprocess.run([*countenance, *words], check=True, capture_output=True, text=True)
        said = json.loads(done.stdout.splitlines()[-1])
        return {
            "report_seconds": round(time.perf_counter() - started, 1),
            "accuracy": said["accuracy"],
            "tmr_at_fmr_1e-3": said["tmr_at_fmr_1e-3"],
            "intervals": said["intervals"],
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--comparisons", type=float, default=1e8)
    parser.add_argument("--data", type=Path, help="the folder with lfw/pairs.csv; without it no report is timed")
    parser.add_argument("--json", action="store_true", help="print one line of JSON last")
    asked = parser.parse_args()
    told = compared(round(asked.comparisons)) | (reported(asked.data) if asked.data else {})
    for name, value in told.items():
        print(f"{name}: {value}")
    if asked.json:
        print(json.dumps(told))


if __name__ == "__main__":
    main()
