"""A requirement that a report must meet, for a check that runs by itself: ``fmr<=1e-3``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from countenance.terms.errors import Malformed

_FORM = re.compile(r"([a-z]+)\s*(<=|>=)\s*([0-9.]+(?:e-?[0-9]+)?)\Z")
RATES = ("fmr", "fnmr", "fta", "accuracy", "tmr", "fpir", "fnir", "cllr")


@dataclass(frozen=True, slots=True)
class Requirement:
    """The worse end of the rate's interval is held to ``bound``: what is not shown is not met."""

    rate: str
    at_most: bool
    bound: float
    text: str


def read_requirement(text: str) -> Requirement:
    """Read ``RATE<=NUMBER`` or ``RATE>=NUMBER``; raises Malformed."""
    match = _FORM.match(text.strip().lower())
    if match is None or match[1] not in RATES:
        raise Malformed(
            f"a requirement is RATE<=NUMBER or RATE>=NUMBER, RATE one of {', '.join(RATES)}; got {text[:80]!r}"
        )
    try:
        bound = float(match[3])
    except ValueError as error:
        raise Malformed(f"{match[3]!r} is not a number", where=text[:80]) from error
    return Requirement(match[1], match[2] == "<=", bound, text.strip())


def unmet(requirements: list[Requirement], report: Mapping[str, Any]) -> list[str]:
    """What is not met, in sentences; a rate that was not measured is not met."""
    said = []
    for wanted in requirements:
        found = _interval(wanted.rate, report)
        if found is None:
            said.append(f"{wanted.text}: not measured")
            continue
        worst = found[1] if wanted.at_most else found[0]
        if (worst > wanted.bound) if wanted.at_most else (worst < wanted.bound):
            said.append(f"{wanted.text}: the interval is {found[0]:.3g} to {found[1]:.3g}")
    return said


def _interval(rate: str, report: Mapping[str, Any]) -> list[float] | None:
    """Of the test where there is one, else of the calibration."""
    point = report["operating_point"]
    side = point.get("test") or point.get("calibration") or {}
    places: dict[str, Any] = {
        "fta": report["acquisition"]["fta"],
        "accuracy": (report.get("pairs") or {}).get("accuracy"),
        "tmr": report.get("tmr_at_fmr_1e-3"),
        "cllr": (report.get("evidence") or {}).get("cllr"),
    }
    found = side.get(rate) or places.get(rate)
    if not found or found.get("value") is None:
        return None
    interval: list[float] | None = found["ci95"]
    return interval
