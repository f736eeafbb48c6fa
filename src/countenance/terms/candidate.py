"""A candidate list: leads that people review, never an answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """``subject`` scored ``score`` by its best ``reference``; ``rank`` counts from 1. A score is no probability."""

    subject: str
    reference: str
    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Candidates, best first, ties by subject id; how many references were compared; the gallery's use count."""

    candidates: tuple[Candidate, ...]
    compared: int
    use: int


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """The score of one pair and the gallery's use count."""

    score: float
    use: int


@dataclass(frozen=True, slots=True)
class GroupResult:
    """Groups of sample positions (each sorted, largest group first) and those left alone."""

    groups: tuple[tuple[int, ...], ...]
    single: tuple[int, ...]
    comparisons: int
    use: int
