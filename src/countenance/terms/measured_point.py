"""An operating point as it was measured: the file that an evaluation writes and a service adopts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from countenance.terms.errors import Malformed
from countenance.terms.fields import Fields
from countenance.terms.fmr_curve import FmrCurve
from countenance.terms.operating_point import OperatingPoint

SCHEMA = "countenance.operating-point/1"
ONE_TO_ONE, ONE_TO_MANY = "1:1", "1:N"
RATES = {ONE_TO_ONE: "FMR", ONE_TO_MANY: "FPIR"}
RULE = "upper95<=target"
OUTGROWN = 2
"""A point measured at N subjects is warned of in a gallery of more than this many times N."""


@dataclass(frozen=True, slots=True)
class MeasuredPoint:
    """``threshold`` was chosen on ``calibration`` so that the upper 95 % bound of the rate is at most ``target``.

    ``recipe_sha256`` is ``Recipe.digest``; ``gallery_size`` how many subjects were searched (1:N), None for 1:1.
    ``rate``, ``low`` and ``high`` are the calibration's. ``curve`` is empty where none was measured (1:N). ``content``
    is the whole file: groups, seed, test.
    """

    task: str
    recipe: str
    recipe_sha256: str
    target: float
    threshold: float
    gallery_size: int | None
    rate: float
    low: float
    high: float
    dataset: str
    created: str
    curve: FmrCurve = field(repr=False, compare=False)
    content: Mapping[str, Any] = field(repr=False, compare=False)
    sha256: str

    @property
    def id(self) -> str:
        """A short name: task, target and the first of the file's digest."""
        kind = "fmr" if self.task == ONE_TO_ONE else f"fpir-n{self.gallery_size}"
        return f"{kind}-{self.target:.0e}-{self.sha256[:8]}"

    def outgrown_by(self, subjects: int) -> bool:
        """Whether a gallery of so many subjects is too large for what was measured."""
        return self.gallery_size is not None and subjects > OUTGROWN * self.gallery_size

    def as_operating_point(self, space: str, subjects: int | None = None) -> OperatingPoint:
        """What an answer shows, for a gallery of ``subjects`` (1:N)."""
        note = ""
        if subjects is not None and self.outgrown_by(subjects):
            note = (
                f"the gallery has {subjects} subjects, the rate was measured with {self.gallery_size}: "
                "strangers are named more often than the rate says; measure anew"
            )
        measured = f"measured {RATES[self.task]} {self.rate:.2g} [{self.low:.2g}, {self.high:.2g}]"
        return OperatingPoint(
            id=self.id,
            threshold=self.threshold,
            measure=RATES[self.task],
            target=self.target,
            resolved=not note,
            gallery_size=self.gallery_size,
            space=space,
            source=f"{self.dataset}: {measured}",
            date=self.created,
            provisional=False,
            note=note,
        )


def write_point(content: Mapping[str, Any]) -> bytes:
    """The bytes of the file: canonical JSON, so that equal content has one digest."""
    return (json.dumps(content, sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def read_point(data: bytes, where: str = "") -> MeasuredPoint:
    """Read a file strictly; raises Malformed with the field that is wrong."""
    look = Fields.read(data, SCHEMA, where)
    task = look.text("task")
    if task not in RATES:
        raise Malformed(f"task is 1:1 or 1:N, not {task!r}", where=where)
    if look.text("target", "rate") != RATES[task] or look.text("target", "rule") != RULE:
        raise Malformed(f"the target of {task} is a {RATES[task]} by the rule {RULE}", where=where)
    target, threshold = look.number("target", "value"), look.number("threshold")
    rate = look.number("calibration", RATES[task].lower())
    low, high = look.interval("calibration", "ci95")
    digest = look.digest("recipe_sha256")
    if not 0 < target < 1 or not -1 <= threshold <= 1:
        raise Malformed("a target lies between 0 and 1, a threshold between -1 and 1", where=where)
    if not 0 <= low <= rate <= high <= target:
        raise Malformed("the rule does not hold: 0 <= lower bound <= rate <= upper bound <= target", where=where)
    size = None
    if task == ONE_TO_MANY:
        size = int(look.number("gallery_size"))
        if size < 1:
            raise Malformed("gallery_size is at least 1", where=where)
    return MeasuredPoint(
        task, look.text("recipe"), digest, target, threshold, size, rate, low, high,
        look.text("calibration", "dataset"), look.text("created"),
        FmrCurve.read(look.content.get("fmr_curve", []), where), look.content, hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
