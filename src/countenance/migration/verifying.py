"""Verifying: are the people findable under their own names? Tried on a random sample, and told with its bound."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from countenance.evaluation.threshold import at_rate
from countenance.evaluation.wilson import Z_ONE_SIDED, wilson
from countenance.gallery.neighbours import Neighbours
from countenance.migration.book import Book, Line, Run
from countenance.migration.digests import Digests
from countenance.migration.exits import Exit
from countenance.migration.intake import name_of
from countenance.migration.look_around import TOGETHER, look_around
from countenance.migration.look_for import look_for
from countenance.migration.source import Source
from countenance.service.asking import Asking, Refused
from countenance.service.rooms import Rooms
from countenance.terms.acquisition import FailureToAcquire
from countenance.terms.gallery import Gallery, Reference
from countenance.terms.sample import Sample

SHRINK, QUALITY = 0.9, 80
"""How a picture is changed before it is looked for: nine tenths of its size, saved again as JPEG."""
SELF = "a changed copy of the very picture that was enrolled: shows that record and name belong together, no accuracy"


@dataclass(frozen=True, slots=True)
class Trials:
    """How many were tried, and the references (by id) that were not found first under their own name."""

    tried: int = 0
    missed: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    """Found first, but below the threshold of a search."""

    def shape(self) -> dict[str, Any]:
        """With the 95 % bound of the rate of misses."""
        return {
            "tried": self.tried,
            "missed": len(self.missed),
            "below_threshold": len(self.weak),
            "bound95": bound(len(self.missed), self.tried),
            "references": list(self.missed[:20]),
        }


@dataclass(frozen=True, slots=True)
class Verified:
    """``others``: looked for by another picture of the same subject; ``selves``: by a changed copy of their own."""

    others: Trials
    selves: Trials
    threshold: float
    nonmates: Sequence[float] = field(repr=False)
    """The best score of each sampled reference with another subject."""

    def shape(self, fpir: float) -> dict[str, Any]:
        """For JSON."""
        zero = f"no miss in {self.others.tried} trials means: at most 3/{self.others.tried} at 95 % confidence"
        return {
            "other_pictures": self.others.shape(),
            "self_match": self.selves.shape() | {"note": SELF},
            "rule_of_three": zero if self.others.tried > 3 and not self.others.missed else None,
            "threshold_in_use": round(self.threshold, 6),
            "threshold_here": threshold_at(self.nonmates, fpir),
        }


def bound(missed: int, tried: int) -> float | None:
    """The upper 95 % bound of a rate: 3/n where nothing was missed, else the one-sided score bound (Wilson 1927)."""
    if not tried:
        return None
    if not missed:
        return min(1.0, 3 / tried)
    return wilson(missed / tried, tried, Z_ONE_SIDED)[1]


def threshold_at(nonmates: Sequence[float], fpir: float) -> dict[str, Any]:
    """The lowest threshold that at most a share ``fpir`` of the probes' best non-mates reach; None where too few."""
    high = np.sort(np.asarray(nonmates, dtype=np.float64))[::-1]
    resolved = len(nonmates) * fpir >= 3  # fewer, and not one error would say so
    value = at_rate(high, len(high), fpir) if resolved and fpir < 1 else None
    return {"fpir": fpir, "probes": len(nonmates), "threshold": value, "resolved": resolved}


def verify(
    rooms: Rooms, book: Book, asking: Asking, *, gallery: Gallery, run: Run, source: Source | None, size: int, seed: int
) -> Verified | Refused:
    """Look for ``size`` references of a run, drawn at random, in the gallery as it is once the run is published.

    Without ``source`` those that are their subject's only one are left out: there is no other picture to try.
    """
    lines = [each for each in book.every(run, Exit.ENROLLED, Exit.UPDATED, Exit.UNCHANGED) if each.reference]
    drawn = random.Random(seed).sample(lines, min(size, len(lines)))  # noqa: S311  a sample, no secret
    recipe, batch = rooms.vision().recipe, run.batch or ""
    bar = rooms.points.for_identify(recipe, gallery.subjects + len(lines)).threshold
    references = rooms.galleries.references_among(gallery, [line.reference or "" for line in drawn], batch)
    around: list[tuple[Reference, Neighbours]] = []
    for start in range(0, len(references), TOGETHER):
        some = references[start : start + TOGETHER]
        answer = look_around(rooms, asking, gallery, some, batch=batch)
        if isinstance(answer, Refused):
            return answer
        around += zip(some, answer, strict=True)
    tried = [(each, found) for each, found in around if found.own is not None]
    others = Trials(
        len(tried),
        tuple(each.id for each, found in tried if (found.own or 0) <= (found.score if found.score is not None else -1)),
        tuple(each.id for each, found in tried if (found.own or 0) < bar),
    )
    single = {each.id for each, found in around if found.own is None}
    selves: Trials | Refused = Trials()
    if source is not None and single:
        wanted = {line.marks.item: line for line in drawn if line.reference in single}
        selves = _selves(rooms, book.digests, asking, gallery, run, source, wanted, bar)
    if isinstance(selves, Refused):
        return selves
    return Verified(others, selves, bar, [found.score for _, found in around if found.score is not None])


def _selves(
    rooms: Rooms,
    digests: Digests,
    asking: Asking,
    gallery: Gallery,
    run: Run,
    source: Source,
    wanted: dict[bytes, Line],
    bar: float,
) -> Trials | Refused:
    """Read the source again for the wanted pictures, change each, and look for whom it finds first."""
    tried, missed, weak = 0, [], []
    for _, record in source.steps():
        for image in record.images:
            line = wanted.get(digests.marks(run.source, record, image, name_of(record)).item)
            if line is None or image.data is None:
                continue
            copy = Sample(changed(image.data), "changed copy")
            found = look_for(rooms, asking, gallery, copy, batch=run.batch or "", most=1)
            if isinstance(found, Refused):
                return found
            tried += 1
            reference = line.reference or ""
            first = None if isinstance(found, FailureToAcquire) else next(iter(found), None)
            if first is None or first.reference != reference:
                missed.append(reference)
            elif first.score < bar:
                weak.append(reference)
    return Trials(tried, tuple(missed), tuple(weak))


def changed(data: bytes) -> bytes:
    """A picture that was decoded before, smaller and saved again; upright, as it was seen then."""
    with Image.open(io.BytesIO(data)) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    picture = picture.resize((max(1, int(picture.width * SHRINK)), max(1, int(picture.height * SHRINK))))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
