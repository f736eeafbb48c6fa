"""Quality judged by what it is for: the FNMR that is left when the worst samples go, and whose samples those are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from countenance.evaluation.groups import Labels
from countenance.evaluation.trial_set import TrialSet

SHARES = tuple(round(0.02 * step, 2) for step in range(11))
"""Of the mated comparisons that are discarded, 0 to 20 %."""
REJECTED = 0.05
"""Rejection by group is told for a gate that would send this share of all samples away."""


def discards(
    quality: Mapping[str, NDArray[np.float64]],
    trials: TrialSet,
    threshold: float,
    labels: Labels | None,
    names: Sequence[str],
) -> list[dict[str, Any]]:
    """For each component the error-versus-discard curve (ISO/IEC 29794-1): FNMR over the share discarded.

    A comparison has the quality of its worse sample. ``partial_area`` is the mean FNMR over 0 to 20 %, as a multiple
    of the FNMR without discarding: below 1 the component finds samples that fail.
    """
    if not len(trials.mated):
        return []
    missed = trials.mated < threshold
    told = []
    for name, values in quality.items():
        if len(values) <= int(max(trials.mated_a.max(), trials.mated_b.max())):
            continue
        worse = np.minimum(values[trials.mated_a], values[trials.mated_b])
        order = np.argsort(worse, kind="stable")
        left = np.cumsum(missed[order][::-1])[::-1]
        fnmr = []
        for share in SHARES:
            gone = int(share * len(order))
            fnmr.append(float(left[gone]) / (len(order) - gone))
        told.append(
            {
                "component": name,
                "discarded": list(SHARES),
                "fnmr": fnmr,
                "partial_area": float(np.mean(fnmr) / fnmr[0]) if fnmr[0] else None,
                "errors": int(missed.sum()),
                "rejected_by_group": _rejected(values, labels, names),
            }
        )
    return told


def _rejected(values: NDArray[np.float64], labels: Labels | None, names: Sequence[str]) -> list[dict[str, Any]]:
    if labels is None or not len(values):
        return []
    bar = float(np.quantile(values, REJECTED))
    told = []
    for attribute, members in labels.of.items():
        for group in sorted(set(members.values())):
            inside = [at for at, name in enumerate(names) if members.get(PurePosixPath(name).parent.name) == group]
            if inside:
                told.append(
                    {
                        "by": attribute,
                        "group": group,
                        "images": len(inside),
                        "rejected": float(np.mean(values[inside] < bar)),
                    }
                )
    return told
