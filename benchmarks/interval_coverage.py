"""Do nominal 95 % intervals hold the truth 95 times in 100? Simulated persons, the same measurement many times over.

Persons have a middle each, a quality of their own and a direction that all share; images scatter around the middle.
The truth is the rate among very many persons of the same kind. Wanted: 90 to 99 % of the intervals hold it. The naive
Wilson interval, which takes every comparison for an independent one, is shown beside ours.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np

from countenance.evaluation.bootstrap import draws, taking_part, tmr_at
from countenance.evaluation.trial_set import TrialSet, crossed_trials
from countenance.evaluation.wilson import wilson
from countenance.gallery.trials import Block

IMAGES, DIMENSION = 4, 32
TARGETS = (1e-2, 1e-3)
LEAST, MOST = 0.90, 0.99


def drawn(persons: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Templates (float32, unit length) and their persons."""
    middles = random.standard_normal((persons, 1, DIMENSION))
    middles[:, :, 0] += 1.2
    noise = 0.75 * np.exp(0.25 * random.standard_normal((persons, 1, 1)))
    made = middles + noise * random.standard_normal((persons, IMAGES, DIMENSION))
    made /= np.linalg.norm(made, axis=2, keepdims=True)
    return made.reshape(-1, DIMENSION).astype(np.float32), np.repeat(np.arange(persons), IMAGES)


def measured(persons: int, random: np.random.Generator) -> TrialSet:
    matrix, person = drawn(persons, random)
    step = max(1, (1 << 21) // len(matrix))
    blocks = (Block(at, at, matrix[at : at + step] @ matrix[at:].T) for at in range(0, len(matrix), step))
    return crossed_trials(blocks, person, persons)


def truth(seed: int) -> tuple[dict[float, float], dict[float, float], dict[float, float]]:
    """Thresholds at the targets, and FMR and FNMR there, of very many persons."""
    sets = [measured(1500, np.random.default_rng([seed, part])) for part in range(4)]
    thresholds = {}
    for target in TARGETS:
        high = np.sort(np.concatenate([s.high[: int(2 * target * s.pairing.count)] for s in sets]))[::-1]
        thresholds[target] = float(high[int(target * sum(s.pairing.count for s in sets))])
    fmr = {t: sum(s.above(at) for s in sets) / sum(s.pairing.count for s in sets) for t, at in thresholds.items()}
    mated = np.concatenate([s.mated for s in sets])
    return thresholds, fmr, {t: float(np.mean(mated < at)) for t, at in thresholds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=300)
    parser.add_argument("--bootstrap", type=int, default=200, help="resamples of each bootstrap interval")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one line of JSON last")
    asked = parser.parse_args()
    started = time.monotonic()
    thresholds, fmr, fnmr = truth(asked.seed)
    rows: list[dict[str, Any]] = []
    for persons in (60, 200):
        held: dict[str, list[bool]] = {}
        for replication in range(asked.replications):
            trials = measured(persons, np.random.default_rng([asked.seed, 99, persons, replication]))
            for target, at in thresholds.items():
                one, other = trials.fmr(at), trials.fnmr(at)
                naive = wilson(one.value or 0, one.n)
                naive_missed = wilson(other.value or 0, other.n)
                found = {
                    f"FMR {target:g}": (one.low, one.high, fmr[target]),
                    f"FNMR at {target:g}": (other.low, other.high, fnmr[target]),
                    f"naive FMR {target:g}": (*naive, fmr[target]),
                    f"naive FNMR at {target:g}": (*naive_missed, fnmr[target]),
                }
                if target == TARGETS[0]:
                    of = tmr_at(trials, target)
                    who = taking_part(trials)
                    seen = [of(w) for w in draws(who, persons, replication, asked.bootstrap)]
                    low, high = np.percentile([each for each in seen if each is not None], [2.5, 97.5])
                    found[f"TMR at FMR {target:g}, bootstrap"] = (float(low), float(high), 1 - fnmr[target])
                for name, (low_end, high_end, true) in found.items():
                    held.setdefault(name, []).append(low_end <= true <= high_end)
        for name, each in held.items():
            rows.append({"interval": name, "persons": persons, "coverage": round(float(np.mean(each)), 4)})
            print(f"{persons:4d} persons  {name:32s} {np.mean(each):.3f}", flush=True)
    ours = [row["coverage"] for row in rows if not row["interval"].startswith("naive")]
    told = {
        "nominal": 0.95,
        "wanted": [LEAST, MOST],
        "replications": asked.replications,
        "seed": asked.seed,
        "coverages": rows,
        "lowest": min(ours),
        "highest": max(ours),
        "all_within": all(LEAST <= each <= MOST for each in ours),
        "seconds": round(time.monotonic() - started, 1),
    }
    print(json.dumps(told) if asked.json else f"ours: {min(ours):.3f} to {max(ours):.3f}")


if __name__ == "__main__":
    main()
