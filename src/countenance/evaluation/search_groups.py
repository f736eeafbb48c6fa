"""Groups of people who are searched for: who is missed and who is named wrongly, by the labels that were supplied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from countenance.evaluation.failures import exact_rate
from countenance.evaluation.groups import Labels, inequality
from countenance.evaluation.open_set import OpenSet
from countenance.evaluation.rate import Rate


@dataclass(frozen=True, slots=True, eq=False)
class Searches:
    """``mated`` and ``strangers``: the person of each completed search; ``taken``: pictures that gave a template.

    ``fpir``: of chosen strangers' searches; ``fnir``: of chosen mated ones and so many that failed, which are misses.
    """

    open_set: OpenSet
    taken: set[str] = field(repr=False)
    mated: tuple[str, ...] = field(repr=False)
    strangers: tuple[str, ...] = field(repr=False)
    fpir: Callable[[NDArray[np.bool_]], Rate]
    fnir: Callable[[NDArray[np.bool_], int], Rate]


def by_group_of_searches(labels: Labels | None, searches: Searches) -> list[dict[str, Any]]:
    """For each attribute the rates of each group at the one threshold, against the whole gallery."""
    if labels is None:
        return []
    return [_attribute(attribute, members, labels.source, searches) for attribute, members in labels.of.items()]


def _attribute(attribute: str, members: Mapping[str, str], source: str, searches: Searches) -> dict[str, Any]:
    pictures = searches.open_set.pictures
    rows, alarms, misses = [], [], []
    present = {members[p.person] for p in pictures if p.person in members}
    for name in sorted(present):
        found = np.asarray([members.get(who) == name for who in searches.mated], dtype=np.bool_)
        asked = sum(members.get(p.person) == name for p in searches.open_set.by_role["probe-mated"])
        shown = [p for p in pictures if members.get(p.person) == name]
        alarms.append(
            searches.fpir(np.asarray([members.get(who) == name for who in searches.strangers], dtype=np.bool_))
        )
        misses.append(searches.fnir(found, asked - int(found.sum())))
        rows.append(
            {
                "group": name,
                "persons": len({p.person for p in shown}),
                "images": len(shown),
                "fpir": alarms[-1].to_json(),
                "fnir": misses[-1].to_json(),
                "fta": exact_rate(sum(p.name not in searches.taken for p in shown), len(shown)).to_json(),
            }
        )
    return {
        "by": attribute,
        "source": source,
        "rates": ["fpir", "fnir"],
        "unlabelled_persons": len({p.person for p in pictures} - members.keys()),
        "empty": sorted(set(members.values()) - present),
        "groups": rows,
        "fpir_inequality": inequality(alarms),
        "fnir_inequality": inequality(misses),
    }
