"""Neighbours: who is nearest to a reference among the others, and how near the rest of its own subject is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from countenance.gallery import kernel
from countenance.gallery.admission import Admitted
from countenance.gallery.index.index import Snapshot
from countenance.terms.candidate import Candidate
from countenance.terms.template import Vector


@dataclass(frozen=True, slots=True)
class Neighbours:
    """``other`` is the nearest subject (by id) but its own, with ``score``; ``own`` the best score of its own others.

    Each is None where there is none.
    """

    other: str | None
    score: float | None
    own: float | None


def find_neighbours(
    admitted: Admitted, looked: Sequence[Snapshot], templates: Sequence[tuple[str, Vector]], least: float | None
) -> tuple[Neighbours, ...]:
    """Of each template (with its subject's id), which is itself among what is ``looked`` at.

    Others that score below ``least`` are not told.
    """
    vectors = [vector for _, vector in templates]
    # The two nearest subjects: one of them may be its own.
    lists = zip(*(kernel.nearest(admitted, snapshot, vectors, 2, least) for snapshot in looked), strict=True)
    found: list[Neighbours] = []
    for (subject, vector), candidates in zip(templates, lists, strict=True):
        nearest = next((each for each in merged(candidates, 2) if each.subject != subject), None)
        scores = sorted(score for each in looked for score in kernel.scores_of(admitted, each, vector, subject))
        own = scores[-2] if len(scores) > 1 else None  # the best is itself
        found.append(
            Neighbours(None, None, own) if nearest is None else Neighbours(nearest.subject, nearest.score, own)
        )
    return tuple(found)


def merged(lists: Sequence[Sequence[Candidate]], k: int) -> tuple[Candidate, ...]:
    """The ``k`` best of several lists of the same search, each subject once."""
    best: dict[str, Candidate] = {}
    for each in sorted((c for some in lists for c in some), key=lambda c: (-c.score, c.subject, c.reference)):
        best.setdefault(each.subject, each)
    return tuple(replace(each, rank=rank) for rank, each in enumerate(list(best.values())[:k], start=1))
