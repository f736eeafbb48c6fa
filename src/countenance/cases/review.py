"""A review: the candidates of one face, to be judged by so many people before anybody acts on them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Finding(StrEnum):
    """What one reviewer found."""

    CONFIRMED = "confirmed"
    """One candidate shows the same person."""
    NONE = "none"
    """No candidate does."""
    UNSURE = "unsure"


class Result(StrEnum):
    """What all reviewers found together; public in the log."""

    CONFIRMED = "confirmed"
    """All confirmed the same candidate."""
    REJECTED = "rejected"
    """All found none."""
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Lead:
    """A candidate to be looked at: ``subject`` and ``reference`` are ids, ``rank`` counts from 1."""

    rank: int
    subject: str
    reference: str
    score: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """``rank`` is the confirmed candidate's, else None; ``reviewer`` a principal's id, ``at`` Unix seconds."""

    reviewer: str
    finding: Finding
    rank: int | None
    at: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """``id`` is given on opening. ``entry`` is the search in the log, ``closing`` the id of its review entry to come.

    ``sample`` is the SHA-256 (hex) of the picture and ``face`` the place of the face in the answer, from 0. Leads of
    people who were erased meanwhile are gone. ``reviewers`` is how many must judge; Unix seconds.
    """

    id: str
    entry: str
    closing: str
    reviewers: int
    opened: int
    asker: str
    purpose: str
    gallery: str
    sample: str
    face: int
    case: str
    leads: tuple[Lead, ...]
    verdicts: tuple[Verdict, ...] = ()
    decided: int | None = None

    @property
    def result(self) -> Result | None:
        """What came of it; None while somebody has still to judge."""
        if len(self.verdicts) < self.reviewers:
            return None
        said = {(each.finding, each.rank) for each in self.verdicts}
        if len(said) > 1:
            return Result.INCONCLUSIVE
        [(finding, _)] = said
        match finding:
            case Finding.CONFIRMED:
                return Result.CONFIRMED
            case Finding.NONE:
                return Result.REJECTED
            case Finding.UNSURE:
                return Result.INCONCLUSIVE

    def verdict_of(self, who: str) -> Verdict | None:
        """What this principal found, if it has judged."""
        return next((each for each in self.verdicts if each.reviewer == who), None)
