"""How much a score weighs: the file that a measurement leaves behind, and what it says of one score.

It says how many times likelier a score is where two pictures show one person than where they show two, of people like
those that were measured. Never how likely it is that they show one person: that takes a prior, which no camera knows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from countenance.evaluation.wilson import Z
from countenance.terms.errors import Malformed, RecipeMismatch
from countenance.terms.fields import Fields
from countenance.terms.measured_point import write_point
from countenance.terms.recipe import Recipe

SCHEMA = "countenance.evidence/1"
WORDS = (
    (math.log10(2), "no support for either"),
    (1.0, "weak support"),
    (2.0, "moderate support"),
    (3.0, "moderately strong support"),
    (4.0, "strong support"),
    (6.0, "very strong support"),
    (math.inf, "extremely strong support"),
)
"""Below the absolute log10 LR, the word of ENFSI's guideline for evaluative reporting (2015)."""
ONE, TWO = "that both pictures show one person", "that they show two persons"


@dataclass(frozen=True, slots=True)
class Weight:
    """``log10_lr`` with its 95 % interval, all within the bounds; ``bound``: the bound that it lies at, or empty.

    ``beyond``: the score lies outside of all that were seen.
    """

    score: float
    log10_lr: float
    low: float
    high: float
    bound: str
    beyond: bool

    @property
    def words(self) -> tuple[str, str]:
        """In words, of the interval's low end and of its high end: never of the number alone."""
        return in_words(self.low), in_words(self.high)


@dataclass(frozen=True, slots=True)
class Calibration:
    """An evidence file, read: log10 LR = ``slope`` · score + ``intercept``, between ``low`` and ``high``."""

    recipe: str
    recipe_sha256: str
    slope: float
    intercept: float
    covariance: tuple[float, float, float]
    low: float
    high: float
    seen: tuple[float, float]
    cllr: float
    cllr_ci95: tuple[float, float]
    dataset: str
    created: str
    content: Mapping[str, Any] = field(repr=False, compare=False)

    def weigh(self, score: float, recipe_sha256: str) -> Weight:
        """What the score says; raises RecipeMismatch where another recipe made it, Malformed where it is none."""
        if recipe_sha256 != self.recipe_sha256:
            raise RecipeMismatch(
                "this score was not made by the recipe that was measured",
                where=recipe_sha256[:16],
                remedy=f"Measure this recipe: `evaluate verification`. The file is of {self.recipe}.",
            )
        if not -1.001 <= score <= 1.001:
            raise Malformed(f"a score lies between -1 and 1, not {score}")
        value = self.slope * score + self.intercept
        first, both, second = self.covariance
        half = Z * math.sqrt(max(0.0, first * score * score + 2 * both * score + second))
        held, low, high = (min(max(each, self.low), self.high) for each in (value, value - half, value + half))
        bound = "upper" if value >= self.high else "lower" if value <= self.low else ""
        return Weight(score, held, low, high, bound, not self.seen[0] <= score <= self.seen[1])


def in_words(log10_lr: float) -> str:
    """The words for a likelihood ratio, and for which of the two statements it speaks."""
    size = abs(log10_lr)
    said = next(word for end, word in WORDS if size < end)
    return said if size < WORDS[0][0] else f"{said} {ONE if log10_lr > 0 else TWO}"


def evidence_file(report: Mapping[str, Any], recipe: Recipe, *, dataset: str, created: str, seed: int) -> bytes | None:
    """The bytes of ``evidence.json``; None where the data could not carry it."""
    told = report.get("evidence")
    if not told or told["why_not"]:
        return None
    return write_point(
        {
            "schema": SCHEMA,
            "recipe": recipe.line,
            "recipe_sha256": recipe.digest,
            "model": {name: told[name] for name in ("slope", "intercept", "covariance")},
            "bounds": told["bounds"],
            "range": told["range"],
            "calibration": {
                "dataset": dataset,
                "sha256": report["data"]["sha256"],
                **{name: told[name] for name in ("persons", "pairs_of_persons", "mated", "nonmated")},
            },
            "cllr": {"value": told["cllr"]["value"], "ci95": told["cllr"]["ci95"], "minimum": told["cllr_min"]},
            "created": created,
            "expires_when": ["recipe changes", "data set superseded"],
            "seed": seed,
        }
    )


def read_evidence(data: bytes, where: str = "") -> Calibration:
    """Read a file strictly; raises Malformed with the field that is wrong."""
    look = Fields.read(data, SCHEMA, where)
    low, high = look.interval("bounds")
    rows = look.content.get("model", {}).get("covariance") if isinstance(look.content.get("model"), dict) else None
    if not isinstance(rows, list) or len(rows) != 2:
        raise Malformed("model.covariance is two rows", where=where)
    table = Fields({"first": rows[0], "second": rows[1]}, where)
    (first, both), (_, second) = table.interval("first"), table.interval("second")
    made = Calibration(
        look.text("recipe"), look.digest("recipe_sha256"), look.number("model", "slope"),
        look.number("model", "intercept"), (first, both, second), low, high, look.interval("range"),
        look.number("cllr", "value"), look.interval("cllr", "ci95"), look.text("calibration", "dataset"),
        look.text("created"), look.content,
    )  # fmt: skip
    if not (low <= 0 <= high and made.slope > 0 and first >= 0 and second >= 0):
        raise Malformed("bounds hold 0 between them, the slope rises, and no variance is negative", where=where)
    return made
