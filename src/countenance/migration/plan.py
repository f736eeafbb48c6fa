"""Plan: read all of a source and say what the policy would let in; nothing is decoded, enrolled or kept."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from countenance.migration.exits import Exit, exit_of
from countenance.migration.intake import Barred, Intake, judge
from countenance.migration.source import Source

ADMISSIBLE = "admissible"
"""What the gate and the detector will see; the rest is told by its exit."""


def plan(source: Source, intake: Intake, *, progress: Callable[[int], None] = lambda _: None) -> dict[str, Any]:
    """Counts of images by exit and code, of notes, and the census beside them; raises BrokenInput."""
    census = source.census()
    reader = source.reader()
    now = int(time.time())
    exits: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    units: set[str] = set()
    images = 0
    for _, record in source.steps():
        units.add(record.unit)
        notes.update({note.code.value for note in record.notes})
        for image in record.images:
            images += 1
            notes.update({note.code.value for note in image.notes})
            verdict = judge(intake, record, image, now)
            exits[exit_of(verdict.code).value if isinstance(verdict, Barred) else ADMISSIBLE] += 1
            codes.update([verdict.code.value] if isinstance(verdict, Barred) else [])
        if not record.images and record.verdict is not None:
            codes[record.verdict.value] += 1
        progress(1)
    return {
        "source": {"kind": source.kind, "reader": reader.version, "name": source.called, "manifest": source.manifest()},
        "census": {"units": census.units, "persons": census.persons, "images": census.images},
        "units": len(units),
        "images": images,
        "agrees": len(units) == census.units and census.images in (None, images),
        "exits": {each: exits[each] for each in (ADMISSIBLE, *(e.value for e in Exit)) if exits[each]},
        "codes": dict(codes.most_common()),
        "notes": dict(notes.most_common()),
    }
