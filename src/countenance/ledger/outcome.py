"""An outcome: what came of a permitted intent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from countenance.ledger.sealed_detail import Json


class OutcomeResult(StrEnum):
    """What is said in public of how it ended: the words of ``entry.RESULTS``."""

    NONE = "none"
    """It ran and gave nothing: no candidate, nothing to enrol."""
    CANDIDATES = "candidates"
    MATCH = "match"
    NO_MATCH = "no-match"
    GROUPED = "grouped"
    ENROLLED = "enrolled"
    ERASED = "erased"
    DONE = "done"
    FAILURE = "failure"
    """Failure to acquire: nothing was compared."""
    ERROR = "error"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Outcome:
    """``count`` is public as a band, ``use`` (the gallery's use counter, None where nothing was compared) as it is.

    ``detail`` is sealed; its names are ``detail.OUTCOME_DETAIL``, and what is left out is null.
    """

    result: OutcomeResult
    count: int | None = None
    use: int | None = None
    detail: Mapping[str, Json] = field(default_factory=dict, repr=False)
