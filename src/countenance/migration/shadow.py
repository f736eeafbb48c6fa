"""Shadow: the same probes here and in the old system. Who agrees, whom only one of them finds, and why."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from countenance.migration.look_for import look_for
from countenance.migration.readers.folder import image_in
from countenance.migration.verifying import threshold_at
from countenance.service.asking import Asking, Refused
from countenance.service.rooms import Rooms
from countenance.terms.acquisition import FailureToAcquire
from countenance.terms.errors import BrokenInput, Malformed
from countenance.terms.gallery import Gallery
from countenance.terms.sample import Sample

MOST = 20
"""Candidates that are looked at of either side."""


@dataclass(frozen=True, slots=True)
class Legacy:
    """What the old system answered for a probe (a path beside the file): names, best first."""

    probe: str
    ranked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shadowed:
    """What became of one probe. ``here`` are names and scores, best first; ``why`` a lost mate was lost."""

    legacy: Legacy
    here: tuple[tuple[str, float], ...]
    why: str = ""


def read_results(path: Path) -> list[Legacy]:
    """CSV with the columns ``probe,subject[,rank][,score]``, a line for each candidate, or JSON Lines.

    A line of JSON: ``{"probe": …, "candidates": [name or {"subject": …}, …]}``. A probe without a subject found nobody.
    Raises BrokenInput, Malformed.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = list(_csv(file) if path.suffix.lower() == ".csv" else _json(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BrokenInput(f"these results cannot be read: {error}", where=str(path)) from error
    if not found:
        raise Malformed("there are no results in it", where=str(path))
    return found


def _csv(file: Any) -> Iterator[Legacy]:
    reader = csv.DictReader(file)
    if not {"probe", "subject"} <= set(reader.fieldnames or ()):
        raise Malformed("the first line must name the columns probe and subject")
    ranked: dict[str, list[tuple[float, str]]] = {}
    for row in reader:
        some = ranked.setdefault(row["probe"], [])
        if row["subject"]:
            some.append((_rank(row, len(some)), row["subject"]))
    for probe, candidates in ranked.items():
        yield Legacy(probe, tuple(name for _, name in sorted(candidates, key=lambda each: each[0])))


def _rank(row: dict[str, str], line: int) -> float:
    try:
        return float(row["rank"]) if row.get("rank") else -float(row["score"]) if row.get("score") else line
    except ValueError as error:
        raise Malformed("a rank or score is no number", where=row["probe"]) from error


def _json(file: Any) -> Iterator[Legacy]:
    for number, line in enumerate(file, start=1):
        try:
            row = json.loads(line)
            names = [each if isinstance(each, str) else str(each["subject"]) for each in row["candidates"]]
            yield Legacy(str(row["probe"]), tuple(names))
        except (ValueError, KeyError, TypeError) as error:
            raise Malformed("a line is an object with probe and candidates", where=f"line {number}") from error


def shadow(
    rooms: Rooms, asking: Asking, *, gallery: Gallery, batch: str, results: Path, folder: Path
) -> list[Shadowed] | Refused:
    """Search for each probe as the old system did, in the gallery as it is once ``batch`` is published."""
    found = []
    for legacy in read_results(results):
        image = image_in(folder / legacy.probe, legacy.probe)
        if image.data is None:
            found.append(Shadowed(legacy, (), "the probe cannot be read"))
            continue
        answer = look_for(rooms, asking, gallery, Sample(image.data, legacy.probe), batch=batch, most=MOST)
        match answer:
            case Refused():
                return answer
            case FailureToAcquire(reason=reason):
                found.append(Shadowed(legacy, (), f"no face here: {reason.value}"))
            case _:
                here = tuple(
                    (rooms.galleries.subject_by_id(gallery, each.subject, batch).name, each.score) for each in answer
                )
                found.append(Shadowed(legacy, here, _why(rooms, gallery, batch, legacy, here)))
    return found


def _why(rooms: Rooms, gallery: Gallery, batch: str, legacy: Legacy, here: Sequence[tuple[str, float]]) -> str:
    """Why the old system's first is not first here; empty where it is, or there was none."""
    if not legacy.ranked or (here and here[0][0] == legacy.ranked[0]):
        return ""
    names = [name for name, _ in here]
    if legacy.ranked[0] in names:
        return f"at rank {names.index(legacy.ranked[0]) + 1}"
    there = rooms.galleries.subjects_named(gallery, [legacy.ranked[0]], batch)
    return f"below rank {len(here)}" if there else "not enrolled here: see the report"


def shape(found: Sequence[Shadowed], threshold: float, fpir: float) -> dict[str, Any]:
    """For JSON: agreement at rank 1, lost and new mates at the threshold, and the threshold of these very probes."""
    with_mate = [each for each in found if each.legacy.ranked]
    agree = [each for each in with_mate if each.here and each.here[0][0] == each.legacy.ranked[0]]
    lost = [
        {"probe": each.legacy.probe, "why": each.why or f"score {each.here[0][1]:.4f} is below the threshold"}
        for each in with_mate
        if not any(name == each.legacy.ranked[0] and score >= threshold for name, score in each.here)
    ]
    new = [
        {"probe": each.legacy.probe, "score": round(each.here[0][1], 4)}
        for each in found
        if not each.legacy.ranked and each.here and each.here[0][1] >= threshold
    ]
    nonmates = [
        score
        for each in found
        for score in [next((s for name, s in each.here if name not in each.legacy.ranked[:1]), None)]
        if score is not None
    ]
    return {
        "probes": len(found),
        "with_legacy_mate": len(with_mate),
        "rank1_agreement": len(agree) / len(with_mate) if with_mate else None,
        "lost": lost,
        "new": new,
        "threshold_in_use": round(threshold, 6),
        "threshold_here": threshold_at(nonmates, fpir),
    }
