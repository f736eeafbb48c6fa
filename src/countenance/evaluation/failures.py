"""Failures to acquire: of pictures and of persons, by reason, with exact intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from countenance.evaluation.acquired import Acquired
from countenance.evaluation.clopper_pearson import clopper_pearson
from countenance.evaluation.pictures import Picture
from countenance.evaluation.rate import Rate

METHOD = "clopper-pearson"


def exact_rate(k: int, n: int) -> Rate:
    """``k`` of ``n`` trials that do not depend on one another."""
    low, high = clopper_pearson(k, n)
    return Rate(k, n, k / n if n else None, low, high, n, METHOD)


def failures(pictures: Sequence[Picture], acquired: Acquired) -> dict[str, Any]:
    """FTA: of all pictures; FTE: persons of whom no picture gave a template; reasons; the first few names."""
    enrolled = {p.person for p in acquired.pictures}
    persons = {p.person for p in pictures}
    return {
        "fta": exact_rate(len(acquired.failed), len(pictures)).to_json(),
        "fte": exact_rate(len(persons - enrolled), len(persons)).to_json(),
        "reasons": dict(sorted(Counter(reason.value for _, reason in acquired.failed).items())),
        "failed": [{"image": p.name, "reason": reason.value} for p, reason in acquired.failed[:50]],
    }
