"""Plan: read all of a source and say what the policy and the quality gate would let in; nothing is kept."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from countenance.migration.code import Code
from countenance.migration.exits import Exit, exit_of
from countenance.migration.intake import Barred, Intake, judge
from countenance.migration.legacy_record import LegacyImage
from countenance.migration.looking import Looked, look
from countenance.migration.report import bucket_of, buckets
from countenance.migration.source import Source
from countenance.vision.vision import Vision

ADMISSIBLE = "admissible"
"""What would come in, or without looking be decoded; the rest is told by its exit."""


@dataclass(slots=True)
class _Counts:
    units: set[str] = field(default_factory=set)
    images: int = 0
    exits: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    quality: Counter[int] = field(default_factory=Counter)

    def tell(self, exit_: Exit | None, code: Code | None) -> None:
        self.exits[ADMISSIBLE if exit_ is None else exit_.value] += 1
        self.codes.update([] if code is None else [code.value])


def plan(
    source: Source,
    intake: Intake,
    *,
    vision: Vision | None = None,
    threads: int = 0,
    progress: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Counts of images by exit and code, of notes, of quality, and the census beside them; raises BrokenInput.

    Without ``vision`` nothing is decoded. Whose face is there already only a run can tell: it makes templates.
    """
    census = source.census()
    reader = source.reader()
    counts = _Counts()
    admissible = _read(source, intake, counts, progress)
    for each in look(vision, intake.gate, admissible, threads) if vision else (Looked() for _ in admissible):
        counts.tell(each.exit, each.code)
        if each.quality is not None:
            counts.quality[bucket_of(each.quality)] += 1
    exits, images = counts.exits, counts.images
    return {
        "source": {"kind": source.kind, "reader": reader.version, "name": source.called, "manifest": source.manifest()},
        "census": {"units": census.units, "persons": census.persons, "images": census.images},
        "units": len(counts.units),
        "images": images,
        "agrees": len(counts.units) == census.units and census.images in (None, images),
        "looked": vision is not None,
        "exits": {each: exits[each] for each in (ADMISSIBLE, *(e.value for e in Exit)) if exits[each]},
        "codes": dict(counts.codes.most_common()),
        "notes": dict(counts.notes.most_common()),
        "quality": buckets(counts.quality),
    }


def _read(source: Source, intake: Intake, counts: _Counts, progress: Callable[[int], None]) -> Iterator[LegacyImage]:
    """Count what is barred, and yield what may come in."""
    now = int(time.time())
    for _, record in source.steps():
        counts.units.add(record.unit)
        counts.notes.update({note.code.value for note in record.notes})
        for image in record.images:
            counts.images += 1
            counts.notes.update({note.code.value for note in image.notes})
            verdict = judge(intake, record, image, now)
            if isinstance(verdict, Barred):
                counts.tell(exit_of(verdict.code), verdict.code)
            else:
                yield image
        if not record.images and record.verdict is not None:
            counts.codes[record.verdict.value] += 1
        progress(1)
