"""Write evidence.json: scores, and what lir, scikit-learn and plain loops over the formulas say of them. Run once.

python -m venv oracle && oracle/bin/pip install lir scikit-learn
oracle/bin/python tests/evaluation/vectors/make_evidence.py
"""

from __future__ import annotations

import json
import math
from importlib.metadata import version
from pathlib import Path

import numpy as np
from lir.algorithms.bayeserror import elub
from lir.data.models import LLRData
from lir.metrics import cllr, cllr_min
from sklearn.linear_model import LogisticRegression


def main() -> None:
    random = np.random.default_rng(7)
    mated = np.round(np.clip(random.normal(0.55, 0.16, 300), -1, 1), 6)
    others = np.round(np.clip(random.normal(0.05, 0.13, 4000), -1, 1), 6)
    scores = np.concatenate([mated, others])
    labels = np.concatenate([np.ones(len(mated), dtype=int), np.zeros(len(others), dtype=int)])
    line = LogisticRegression(C=np.inf, class_weight="balanced", tol=1e-12, max_iter=10_000)
    line.fit(scores.reshape(-1, 1), labels)
    slope, intercept = float(line.coef_[0, 0]), float(line.intercept_[0])
    llr = (slope * scores + intercept) / math.log(10)
    data = LLRData(features=llr.reshape(-1, 1), labels=labels)
    own, strange = llr[: len(mated)].tolist(), llr[len(mated) :].tolist()
    loops = 0.0
    for x in own:
        loops += math.log2(1 + 10**-x) / len(own)
    for x in strange:
        loops += math.log2(1 + 10**x) / len(strange)
    entropies = []
    for prior in (-2.0, -0.5, 0.0, 1.0, 3.0):
        odds = 10**prior
        p = odds / (1 + odds)
        value = p * sum(math.log2(1 + 1 / (10**x * odds)) for x in own) / len(own)
        value += (1 - p) * sum(math.log2(1 + 10**x * odds) for x in strange) / len(strange)
        entropies.append([prior, value])
    made = {
        "made_with": {name: version(name) for name in ("lir", "scikit-learn", "numpy")},
        "mated": mated.tolist(),
        "nonmated": others.tolist(),
        "slope": slope,
        "intercept": intercept,
        "cllr": float(cllr(data)),
        "cllr_by_loops": loops / 2,
        "cllr_min": float(cllr_min(data)),
        "elub": [float(each) for each in elub(llr.copy(), labels)],
        "cross_entropy": entropies,
    }
    (Path(__file__).parent / "evidence.json").write_text(json.dumps(made) + "\n")


if __name__ == "__main__":
    main()
