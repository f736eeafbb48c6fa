"""A threshold with the error rates that it was measured to have."""

from __future__ import annotations

from dataclasses import dataclass, field

from countenance.terms.fmr_curve import FmrCurve


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A threshold belongs to a recipe space and a measurement; there is no default threshold.

    ``rate`` is the measured value of ``measure`` (``FMR`` or ``FPIR``) that the threshold aims at.
    ``resolved`` is false where the data cannot show that rate: the lowest resolved threshold then holds. ``curve`` is
    the false match rate of one comparison by score, empty where the recipe has none that was adopted.
    """

    id: str
    threshold: float
    measure: str
    target: float
    resolved: bool
    gallery_size: int | None
    space: str
    source: str
    date: str
    provisional: bool
    note: str = ""
    curve: FmrCurve = field(default=FmrCurve(), repr=False, compare=False)
