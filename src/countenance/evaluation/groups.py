"""Groups: error rates by the labels that were supplied; a label is never guessed from a face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from countenance.evaluation.acquired import Acquired
from countenance.evaluation.dependence import Cells, crossed_cells, listed_cells
from countenance.evaluation.failures import exact_rate
from countenance.evaluation.pictures import Picture
from countenance.evaluation.rate import LEAST_ERRORS, Rate
from countenance.evaluation.table import rows_of
from countenance.evaluation.trial_set import Crossed, TrialSet
from countenance.terms.errors import Malformed

MOST_GROUPS = 24
PERMUTATIONS = 1000
UNKNOWN = ""


class Seeded(Protocol):
    """Whoever decides the seed."""

    @property
    def seed(self) -> int:
        """Of everything random."""
        ...


@dataclass(frozen=True, slots=True)
class Labels:
    """``of``: by attribute, the group of each person who has one; ``source`` is the file that says so."""

    of: Mapping[str, Mapping[str, str]] = field(repr=False)
    source: str


def read_labels(path: Path) -> Labels:
    """Read ``subject`` and a column for each attribute; an empty field stands for unknown. Raises Malformed."""
    of: dict[str, dict[str, str]] = {}
    for where, row in rows_of(path, ("subject",)):
        subject = row["subject"]
        for attribute, value in row.items():
            if attribute == "subject" or not value:
                continue
            if of.setdefault(attribute, {}).setdefault(subject, value) != value:
                raise Malformed(f"{subject} is in two groups of {attribute}", where=where)
    if not of:
        raise Malformed(
            "there is no label in this file: it needs the column subject and one for each attribute", where=str(path)
        )
    for attribute, members in of.items():
        if len(set(members.values())) > MOST_GROUPS:
            raise Malformed(f"{attribute} has more than {MOST_GROUPS} groups", where=str(path))
    return Labels(of, path.name)


def by_group(
    labels: Labels | None,
    trials: TrialSet,
    names: Sequence[str],
    acquired: Acquired,
    pictures: Mapping[str, Picture],
    threshold: float,
    choices: Seeded,
) -> list[dict[str, Any]]:
    """For each attribute: rates of each group at the one threshold, the heat map, and how unequal they are."""
    if labels is None or threshold < trials.floor:
        return []
    taken = {p.name for p in acquired.pictures}
    return [
        _attribute(attribute, members, labels.source, trials, names, taken, pictures, threshold, choices.seed)
        for attribute, members in labels.of.items()
    ]


def _attribute(
    attribute: str,
    members: Mapping[str, str],
    source: str,
    trials: TrialSet,
    names: Sequence[str],
    taken: set[str],
    pictures: Mapping[str, Picture],
    threshold: float,
    seed: int,
) -> dict[str, Any]:
    group_of = [members.get(name, UNKNOWN) for name in names]
    groups = sorted(set(group_of) - {UNKNOWN})
    code = {name: at for at, name in enumerate(groups)}
    of_person = np.asarray([code.get(g, -1) for g in group_of], dtype=np.int64)
    errors = trials.above(threshold)
    i, j = trials.person[trials.high_a[:errors]], trials.person[trials.high_b[:errors]]
    rows, fmr, fnmr = [], [], []
    for at, name in enumerate(groups):
        inside = trials.of_persons(of_person == at)
        within, missed = inside.fmr(threshold), inside.fnmr(threshold)
        shown = [p for p in pictures.values() if members.get(p.person) == name]
        failed = exact_rate(sum(p.name not in taken for p in shown), len(shown))
        fmr.append(within)
        fnmr.append(missed)
        rows.append(
            {
                "group": name,
                "persons": int(np.sum(of_person == at)),
                "images": len(shown),
                "fmr": within.to_json(),
                "fnmr": missed.to_json(),
                "fta": failed.to_json(),
            }
        )
    return {
        "by": attribute,
        "source": source,
        "rates": ["fmr", "fnmr"],
        "threshold": threshold,
        "unlabelled_persons": int(np.sum(of_person < 0)),
        "empty": sorted(set(members.values()) - set(groups)),
        "groups": rows,
        "heat": [
            [_between(trials, of_person, a, b, i, j).to_json() for b in range(len(groups))] for a in range(len(groups))
        ],
        "fmr_inequality": inequality(fmr) | {"null95": _null(trials, of_person, len(groups), i, j, seed)},
        "fnmr_inequality": inequality(fnmr),
    }


def _between(
    trials: TrialSet, of_person: NDArray[np.int64], a: int, b: int, i: NDArray[np.int64], j: NDArray[np.int64]
) -> Rate:
    """The FMR of comparisons of a person of group ``a`` with one of group ``b``."""
    hit = ((of_person[i] == a) & (of_person[j] == b)) | ((of_person[i] == b) & (of_person[j] == a))
    pairing = trials.pairing
    if isinstance(pairing, Crossed):
        images = pairing.images
        if a == b:
            return crossed_cells(np.where(of_person == a, images, 0), i[hit], j[hit]).rate()
        return _across(images, of_person == a, of_person == b, i[hit], j[hit]).rate()
    who_i, who_j = pairing.i, pairing.j  # type: ignore[attr-defined]  # the other pairing is the listed one
    part = ((of_person[who_i] == a) & (of_person[who_j] == b)) | ((of_person[who_i] == b) & (of_person[who_j] == a))
    return listed_cells(
        np.concatenate([np.zeros(int(part.sum())), np.ones(int(hit.sum()))]),
        np.concatenate([who_i[part], i[hit]]),
        np.concatenate([who_j[part], j[hit]]),
        trials.persons,
        np.concatenate([np.ones(int(part.sum())), np.zeros(int(hit.sum()))]),
    ).rate()


def _across(
    images: NDArray[np.int64], a: NDArray[np.bool_], b: NDArray[np.bool_], i: NDArray[np.int64], j: NDArray[np.int64]
) -> Cells:
    """The cells of all comparisons between two groups that share nobody."""
    persons = len(images)
    own = images.astype(np.float64)
    one, other = float(own[a].sum()), float(own[b].sum())
    keys, counts = np.unique(np.minimum(i, j) * persons + np.maximum(i, j), return_counts=True)
    first, second = keys // persons, keys % persons
    errors = np.bincount(first, counts, persons) + np.bincount(second, counts, persons)
    squares = float(np.sum(own[a] ** 2)) * float(np.sum(own[b] ** 2))
    return Cells(
        float(len(i)),
        round(one * other),
        errors.astype(np.float64),
        np.where(a, own * other, 0) + np.where(b, own * one, 0),
        (float(np.sum(counts.astype(np.float64) ** 2)), float(np.sum(counts * own[first] * own[second])), squares),
        (0.0, 0.0, 0.0),
        float(np.count_nonzero(images[a]) * np.count_nonzero(images[b])),
    )


def inequality(rates: Sequence[Rate]) -> dict[str, Any]:
    """The highest rate over the geometric mean, and Gini's coefficient (Howard et al., arXiv 2203.05051).

    Not resolvable where a group has fewer than 30 errors; half an error is added where there is none, for the ratio
    alone.
    """
    known = [r for r in rates if r.n]
    if len(known) < 2:
        return {
            "max_over_geomean": None,
            "gini": None,
            "note": "not resolvable: fewer than two groups have comparisons",
        }
    values = np.asarray([(r.k + 0.5) / (r.n + 1) if r.k == 0 else r.k / r.n for r in known])
    few = sum(r.k < LEAST_ERRORS for r in known)
    return {
        "max_over_geomean": _ratio(values),
        "gini": _gini(values),
        "note": f"not resolvable: {few} of {len(known)} groups have fewer than {LEAST_ERRORS} errors" if few else "",
    }


def _ratio(values: NDArray[np.float64]) -> float:
    return float(values.max() / np.exp(np.mean(np.log(values))))


def _gini(values: NDArray[np.float64]) -> float:
    many = len(values)
    spread = float(np.abs(values[:, None] - values[None, :]).sum())
    return many / (many - 1) * spread / (2 * many**2 * float(values.mean()))


def _null(
    trials: TrialSet,
    of_person: NDArray[np.int64],
    groups: int,
    i: NDArray[np.int64],
    j: NDArray[np.int64],
    seed: int,
) -> float | None:
    """The 95 % point of max over geometric mean where labels are dealt out anew: what equal groups would show."""
    pairing = trials.pairing
    if groups < 2 or not isinstance(pairing, Crossed) or not len(i):
        return None
    random = np.random.default_rng(seed)
    images = pairing.images.astype(np.float64)
    ratios = []
    for _ in range(PERMUTATIONS):
        dealt = random.permutation(of_person)
        same = dealt[i] == dealt[j]
        within = dealt[i][same & (dealt[i] >= 0)]
        errors = np.bincount(within, minlength=groups)[:groups].astype(np.float64)
        known = dealt >= 0
        total = np.bincount(dealt[known], images[known], groups)
        squares = np.bincount(dealt[known], images[known] ** 2, groups)
        count = (total**2 - squares) / 2
        if np.all(count > 0):
            ratios.append(_ratio(np.where(errors == 0, (errors + 0.5) / (count + 1), errors / count)))
    return float(np.percentile(ratios, 95)) if ratios else None
