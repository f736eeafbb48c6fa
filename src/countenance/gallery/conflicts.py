"""Conflicts: what is odd about references that came together. A person decides; nothing is merged here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from countenance.gallery import kernel
from countenance.gallery.admission import Admitted
from countenance.gallery.index.index import Snapshot
from countenance.terms.candidate import Candidate
from countenance.terms.template import Vector


@dataclass(frozen=True, slots=True)
class Conflict:
    """``other``: the nearest subject (by id) but its own, where that scored at or above the bar, and the ``score``.

    Else the face is unlike all other faces of its own subject, and ``score`` is the best with one of those.
    """

    other: str | None
    score: float


def find_conflicts(
    admitted: Admitted,
    looked: Sequence[Snapshot],
    templates: Sequence[tuple[str, Vector]],
    *,
    other: float,
    own: float,
) -> tuple[Conflict | None, ...]:
    """Of each template (with its subject's id): whether another subject scores at or above ``other``.

    Or, if not, whether there are other references of its subject and all score below ``own``. The template itself is
    among what is ``looked`` at.
    """
    vectors = [vector for _, vector in templates]
    # The two nearest subjects: one of them may be its own.
    lists = zip(*(kernel.nearest(admitted, snapshot, vectors, 2, other) for snapshot in looked), strict=True)
    found: list[Conflict | None] = []
    for (subject, vector), candidates in zip(templates, lists, strict=True):
        nearest = [each for each in merged(candidates, 2) if each.subject != subject]
        if nearest:
            found.append(Conflict(nearest[0].subject, nearest[0].score))
            continue
        scores = [score for each in looked for score in kernel.scores_of(admitted, each, vector, subject)]
        rest = sorted(scores)[:-1]  # the best is itself
        found.append(Conflict(None, rest[-1]) if rest and rest[-1] < own else None)
    return tuple(found)


def merged(lists: Sequence[Sequence[Candidate]], k: int) -> tuple[Candidate, ...]:
    """The ``k`` best of several lists of the same search, each subject once."""
    best: dict[str, Candidate] = {}
    for each in sorted((c for some in lists for c in some), key=lambda c: (-c.score, c.subject, c.reference)):
        best.setdefault(each.subject, each)
    return tuple(replace(each, rank=rank) for rank, each in enumerate(list(best.values())[:k], start=1))
