"""Write oracle.json: inputs, and what other people's libraries say of them. Run once, in an environment of its own.

    python -m venv oracle && oracle/bin/pip install "numpy<2" scipy scikit-learn statsmodels cimat bob.measure
    oracle/bin/python tests/evaluation/vectors/make_oracle.py

cimat 0.1.2 decides a match by ``score > threshold``, here by ``score >= threshold``; no score equals a threshold.
bob.measure 6.1.1 decides as here; its threshold for a rate is the lowest non-mated score that is let in, which is
stricter than need be and lets in the same non-mated ones.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import bob.measure
import cimat
import numpy as np
import scipy
import sklearn
import statsmodels
from scipy.stats import binomtest, fisher_exact
from sklearn.metrics import roc_curve
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

PERSONS, IMAGES, DIMENSION = 24, 3, 8


def main() -> None:
    random = np.random.default_rng(20_261_124)
    middles = random.standard_normal((PERSONS, DIMENSION)) + 0.7
    vectors = middles[:, None, :] + 0.8 * random.standard_normal((PERSONS, IMAGES, DIMENSION))
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    flat = vectors.reshape(-1, DIMENSION)
    scores = np.round(flat @ flat.T, 9)
    person = np.repeat(np.arange(PERSONS), IMAGES)
    row, column = np.triu_indices(len(flat), 1)
    same = person[row] == person[column]
    frame = {i: {k: np.asarray([person[i * IMAGES], i * IMAGES + k]) for k in range(IMAGES)} for i in range(PERSONS)}
    data = cimat.MTData(frame)
    data.generate_similarity_scores(fun=lambda a, b: float(scores[a[1], b[1]]))
    estimator = cimat.UncertaintyEstimator(scores=data.similarity_scores)
    errors = []
    for threshold in (0.2, 0.4, 0.55, 0.7):
        fnmr, fmr, _ = estimator.compute_binerror_metrics(threshold)
        var_fnmr, var_fmr = estimator.compute_variance(threshold)
        low_high_fnmr, _ = estimator.get_binerror_ci(threshold, var_fnmr, var_fmr)
        errors.append(
            {
                "threshold": threshold,
                "fnmr": float(fnmr),
                "fmr": float(fmr),
                "var_fnmr": float(var_fnmr),
                "var_fmr": float(var_fmr),
                "ci_fnmr": [float(each) for each in low_high_fnmr],
            }
        )
    fpr, tpr, thresholds = roc_curve(same, scores[row, column], drop_intermediate=False)
    roc = []
    for target in (0.1, 0.03, 0.01, 0.002):
        at = int(np.flatnonzero(fpr <= target)[-1])
        roc.append(
            {"target": target, "fpr": float(fpr[at]), "tpr": float(tpr[at]), "lowest_let_in": float(thresholds[at])}
        )
    negatives, positives = np.sort(scores[row, column][~same]), np.sort(scores[row, column][same])
    of_bob = []
    for target in (0.1, 0.03, 0.01, 0.002):
        threshold = float(bob.measure.far_threshold(negatives, positives, target, is_sorted=True))
        far, frr = bob.measure.farfrr(negatives, positives, threshold)
        of_bob.append({"target": target, "threshold": threshold, "far": float(far), "frr": float(frr)})
    intervals = []
    for k, n in ((0, 3000), (3, 3000), (30, 3000), (697, 697), (1, 2), (5, 12)):
        test = binomtest(k, n)
        intervals.append(
            {
                "k": k,
                "n": n,
                "wilson": list(test.proportion_ci(method="wilson")),
                "exact": list(test.proportion_ci(method="exact")),
                "statsmodels_wilson": list(map(float, proportion_confint(k, n, method="wilson"))),
                "statsmodels_beta": [0.0 if np.isnan(x) else float(x) for x in proportion_confint(k, n, method="beta")],
            }
        )
    changes = []
    for k1, n1, k2, n2 in ((3, 40, 9, 31), (0, 12, 0, 5), (1, 2000, 9, 700), (5, 5, 0, 5), (700, 5000, 800, 5100)):
        low, high = confint_proportions_2indep(k2, n2, k1, n1, method="newcomb", compare="diff")
        p = fisher_exact([[k1, n1 - k1], [k2, n2 - k2]]).pvalue
        changes.append({"table": [k1, n1, k2, n2], "p": float(p), "difference": [float(low), float(high)]})
    many = [0.04, 0.001, 0.03, 0.9, 0.012]
    corrected = [float(each) for each in multipletests(many, method="holm")[1]]
    made = {
        "made_with": {
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "sklearn": sklearn.__version__,
            "statsmodels": statsmodels.__version__,
            "cimat": "0.1.2",
            "bob.measure": version("bob.measure"),
        },
        "persons": PERSONS,
        "images": IMAGES,
        "scores": [float(each) for each in scores[row, column]],
        "errors": errors,
        "roc": roc,
        "bob": of_bob,
        "intervals": intervals,
        "changes": changes,
        "holm": {"p": many, "corrected": corrected},
    }
    (Path(__file__).parent / "oracle.json").write_text(json.dumps(made) + "\n")


if __name__ == "__main__":
    main()
