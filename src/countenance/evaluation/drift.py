"""Drift in operation: what the log says in public of outcomes and reviews, by purpose and epoch; no face is looked at.

A rate of the epochs since some epoch is held against that of the epochs before, by Fisher's exact test, with Newcombe's
interval of the difference (method 10 of Statistics in Medicine 17, 1998), and Holm's correction for the number of
rates that are tested (Scandinavian Journal of Statistics 6, 1979).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from countenance.evaluation.rate import LEAST_ERRORS, Rate
from countenance.evaluation.wilson import wilson
from countenance.ledger.entry import Entry
from countenance.terms.errors import Malformed

SCHEMA = "countenance.drift/1"
SEARCHING = frozenset({"search", "watch"})
LEVEL = 0.05
LIMITS = [
    "A rate that moves says that something changed: pictures, people, gallery, threshold or reviewers; not which.",
    "A rate that stays may hide two changes.",
    "Nobody here knows who was there: a candidate whom nobody confirms is no false one, a confirmed lead may be wrong.",
    "Every request counts as one trial; many about one person make the intervals too narrow.",
    "The test is corrected for the number of rates, and not for how often it is looked at.",
    "Who looks at the end of every epoch finds a change that is none sooner or later: decide before when you look.",
    "Searches that wait for their review are in no rate of reviews; where what waits differs, so do the rates.",
]


@dataclass(frozen=True, slots=True)
class Told:
    """One rate: of the trials of kind ``of``, those that ended in ``counted``."""

    name: str
    counted: str
    of: tuple[str, ...]


RATES = (
    Told("searches with candidates", "search candidates", ("search candidates", "search none")),
    Told("leads confirmed", "review confirmed", ("review confirmed", "review rejected", "review inconclusive")),
    Told("leads rejected", "review rejected", ("review confirmed", "review rejected", "review inconclusive")),
    Told("verifications that match", "verify match", ("verify match", "verify no-match")),
    Told("failures to acquire", "failure", ("failure", "acquired")),
)


@dataclass(slots=True)
class Epoch:
    """A closed epoch: its days, what changed in it, and how often each kind of thing happened by purpose."""

    number: int
    start: str = ""
    end: str = ""
    changes: list[str] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=dict)


def read_epochs(entries: Iterable[Entry]) -> list[Epoch]:
    """The closed epochs of a log's public entries, in order; a review counts where its search was asked for."""
    epochs: dict[int, Epoch] = {}
    asked: dict[str, tuple[int, str, str]] = {}

    def of(number: int) -> Epoch:
        return epochs.setdefault(number, Epoch(number))

    def count(entry: str, happened: Iterable[str]) -> None:
        if entry in asked:
            number, purpose, _ = asked[entry]
            of(number).counts.setdefault(purpose, Counter()).update(happened)

    for kind, said in entries:
        match kind:
            case "intent" if said["dec"] == "allow":
                act = "search" if said["act"] in SEARCHING else said["act"]
                asked[said["id"]] = said["ep"], said["pur"], act
            case "outcome" if said["of"] in asked:
                act = asked[said["of"]][2]
                result = said["res"]
                if result == "failure":
                    count(said["of"], ["failure"])
                elif result not in {"error", "aborted"} and act in {"search", "verify", "enrol"}:
                    count(said["of"], ["acquired", f"{act} {result}"])
            case "review":
                count(said["of"], [f"review {said['res']}"])
            case "point":
                of(said["ep"]).changes.append(f"operating point adopted ({said['of']})")
            case "charter":
                of(said["ep"]).changes.append(f"charter adopted (from epoch {said['from']})")
            case "build":
                of(said["ep"]).changes.append(f"version {said['ver']}")
            case "epoch":
                of(said["ep"]).start, of(said["ep"]).end = said["start"], said["end"]
            case _:
                pass
    return sorted((each for each in epochs.values() if each.end), key=lambda each: each.number)


def measure_drift(epochs: Sequence[Epoch], since: int | None = None) -> dict[str, Any]:
    """Each rate by epoch, and those since epoch ``since`` (the newest) against those before it.

    Raises Malformed where no epoch is closed yet or none lies on one of the two sides.
    """
    if not epochs:
        raise Malformed("no epoch is closed yet", remedy="An epoch closes by the clock: see docs/log.md.")
    first = epochs[-1].number if since is None else since
    if since is not None and not epochs[0].number < first <= epochs[-1].number:
        raise Malformed(f"--since names an epoch after {epochs[0].number} and not after {epochs[-1].number}")
    purposes = sorted({purpose for each in epochs for purpose in each.counts})
    rows = [row for purpose in purposes for told in RATES if (row := _row(epochs, first, purpose, told))]
    for row, p in zip(rows, holm([row["p"] for row in rows]), strict=True):
        row["p_corrected"] = p
        row["changed"] = p is not None and p < LEVEL
    return {
        "schema": SCHEMA,
        "since": first,
        "epochs": [
            {"epoch": each.number, "start": each.start, "end": each.end, "changes": each.changes} for each in epochs
        ],
        "rates": rows,
        "level": LEVEL,
        "limits": LIMITS,
    }


def fisher(k1: int, n1: int, k2: int, n2: int) -> float:
    """The two-sided p of Fisher's exact test: of all tables with these margins, those no likelier than this one."""
    total = k1 + k2
    low, high = max(0, total - n2), min(n1, total)
    logs = [_choose(n1, k) + _choose(n2, total - k) for k in range(low, high + 1)]
    here, top = logs[k1 - low], max(logs)
    every = [math.exp(each - top) for each in logs]
    unlikely = [e for e, each in zip(every, logs, strict=True) if each <= here + 1e-7]
    return min(1.0, math.fsum(unlikely) / math.fsum(every))


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Each p corrected for how many there are; what was not tested stays None."""
    known = sorted((p, at) for at, p in enumerate(values) if p is not None)
    corrected: list[float | None] = [None] * len(values)
    worst = 0.0
    for place, (p, at) in enumerate(known):
        worst = max(worst, min(1.0, p * (len(known) - place)))
        corrected[at] = worst
    return corrected


def difference(before: Rate, after: Rate) -> tuple[float, float] | None:
    """The 95 % interval of ``after`` - ``before`` (Newcombe's method 10, from the two Wilson intervals)."""
    if before.value is None or after.value is None:
        return None
    moved = after.value - before.value
    low = math.hypot(after.value - after.low, before.high - before.value)
    high = math.hypot(after.high - after.value, before.value - before.low)
    return moved - low, moved + high


def _row(epochs: Sequence[Epoch], first: int, purpose: str, told: Told) -> dict[str, Any] | None:
    """None where nothing of the kind ever happened."""
    by_epoch = [(each.number, *_counted(each.counts.get(purpose, Counter()), told)) for each in epochs]
    sides = [
        (
            sum(k for ep, k, _ in by_epoch if (ep >= first) == late),
            sum(n for ep, _, n in by_epoch if (ep >= first) == late),
        )
        for late in (False, True)
    ]
    if not any(n for _, n in sides):
        return None
    before, after = (_rate(*side) for side in sides)
    both = before.n and after.n
    moved = difference(before, after)
    return {
        "purpose": purpose,
        "rate": told.name,
        "epochs": [{"epoch": number, **_rate(k, n).to_json()} for number, k, n in by_epoch],
        "before": before.to_json(),
        "after": after.to_json(),
        "difference": moved and {"value": (after.value or 0) - (before.value or 0), "ci95": list(moved)},
        "p": fisher(int(before.k), before.n, int(after.k), after.n) if both else None,
        "note": "" if both else "not resolvable: one side has no trial",
        "few": min(before.n, after.n) < LEAST_ERRORS,
    }


def _counted(counts: Mapping[str, int], told: Told) -> tuple[int, int]:
    return counts[told.counted], sum(counts[kind] for kind in told.of)


def _rate(k: int, n: int) -> Rate:
    value = k / n if n else None
    return Rate(k, n, value, *wilson(value or 0.0, n), n, "wilson")


def _choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
