"""The measured false match rate by score, as far as it was measured."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from countenance.terms.errors import Malformed

MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class MeasuredRate:
    """A share of the comparisons of two people, with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FmrCurve:
    """``rates[i]`` is how often two people scored ``scores[i]`` or more; scores rise strictly, rates never do.

    Between two scores the logarithm of the rate is a straight line. Beyond the first and the last nothing was measured.
    """

    scores: tuple[float, ...] = ()
    rates: tuple[MeasuredRate, ...] = ()

    @classmethod
    def read(cls, rows: Any, where: str = "") -> FmrCurve:
        """Of ``[score, rate, low, high]`` by score, as an evaluation writes them; raises Malformed."""
        scores, rates = list[float](), list[MeasuredRate]()
        if not isinstance(rows, list) or len(rows) > MOST_ROWS:
            raise Malformed(f"fmr_curve is a list of at most {MOST_ROWS} rows", where=where)
        for row in rows:
            if not isinstance(row, list) or len(row) != 4 or not all(map(_is_number, row)):
                raise Malformed("a row of fmr_curve is four numbers: score, rate, low, high", where=where)
            score, value, low, high = map(float, row)
            if scores and (score < scores[-1] or value > rates[-1].value):
                raise Malformed("the scores of fmr_curve rise, and its rates fall", where=where)
            if not -1 <= score <= 1.001 or not 0 <= low <= value <= high <= 1 or not value:
                raise Malformed("fmr_curve has cosines, and rates above 0 within their bounds", where=where)
            if not scores or score > scores[-1]:  # equal scores are one row
                scores.append(score)
                rates.append(MeasuredRate(value, low, high))
        return cls(tuple(scores), tuple(rates))

    def at(self, score: float) -> MeasuredRate | None:
        """The rate at a score, with the widest bounds of the two rows around it; None where it was not measured."""
        if not self.scores or not self.scores[0] <= score <= self.scores[-1]:
            return None
        place = bisect_right(self.scores, score) - 1
        above = self.rates[min(place + (score > self.scores[place]), len(self.rates) - 1)]
        return MeasuredRate(math.exp(self.log_at(score)), above.low, self.rates[place].high)

    def log_at(self, score: float) -> float:
        """The natural logarithm of the rate; flat where the data end. Never rises with the score."""
        place = bisect_right(self.scores, score) - 1
        if place < 0:
            return math.log(self.rates[0].value)
        here = math.log(self.rates[place].value)
        if place + 1 == len(self.scores):
            return here
        after = math.log(self.rates[place + 1].value)
        part = (score - self.scores[place]) / (self.scores[place + 1] - self.scores[place])
        return max(here + part * (after - here), after)

    def score_of(self, log_rate: float) -> float | None:
        """The lowest score from which on the rate is at most this one; None where no such rate was measured."""
        logs = [math.log(rate.value) for rate in self.rates]
        place = next((n for n, each in enumerate(logs) if each <= log_rate), None)
        if place is None:
            return None
        if place == 0:
            return self.scores[0]
        part = (logs[place - 1] - log_rate) / (logs[place - 1] - logs[place])
        return self.scores[place - 1] + part * (self.scores[place] - self.scores[place - 1])

    def reaches_beyond(self, score: float) -> bool:
        """Whether it was measured at this score, and a lower rate above it."""
        measured = bool(self.scores) and self.scores[0] <= score
        return measured and self.log_at(score) > math.log(self.rates[-1].value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
