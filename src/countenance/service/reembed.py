"""Re-embed: give each reference with a kept picture a template by another recipe too, and switch between the two."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from countenance.gallery.other_templates import Kept, Lacking
from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, Refused
from countenance.service.rooms import Rooms
from countenance.terms.acquisition import FaceAt, FailureToAcquire
from countenance.terms.action import Action
from countenance.terms.errors import UnknownName
from countenance.terms.gallery import Gallery, Keep, Reference
from countenance.terms.receipt import Promise, Receipt
from countenance.terms.sample import Sample, SampleRef
from countenance.terms.template import Template
from countenance.vision.vision import Vision

BLOCK = 200
"""References that share a receipt: what a kill costs."""
OPENED = 16
"""Kept pictures that are in memory at once; a photograph may be large."""


class Why(StrEnum):
    """Why a reference has no template by the new recipe."""

    NO_PICTURE = "no-picture"
    """None was kept."""
    OTHER_CROP = "other-crop"
    """Its crop was cut for another canvas than the new recipe's."""
    OTHER_DETECTOR = "other-detector"
    """Another detector may count the faces of its picture in another order."""
    NOT_ACQUIRED = "not-acquired"
    """The new recipe finds no usable face in its picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Reembedded:
    """What came of some references; ``last``: the greatest id among them. ``made`` were given a template, durably."""

    made: int
    failed: Mapping[str, Why]
    references: int
    last: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Switched:
    """The gallery as it is now."""

    gallery: Gallery
    receipt: Receipt


def reembed(
    rooms: Rooms, asking: Asking, *, gallery: str, vision: Vision, after: str = "", most: int = BLOCK
) -> Reembedded | Refused | None:
    """Give the next ``most`` references by id after ``after`` a template by the recipe of ``vision``; None at the end.

    Only those that have none and of which a picture is kept; so whoever begins again goes on where it was left. It is
    an enrolment of each of them, judged and recorded as such, a block under one receipt. Raises UnknownName.
    """
    place = rooms.galleries.find(gallery)
    page = rooms.galleries.other_templates.lacking(place, vision.recipe.space, after, most, pictured=True)
    if not page:
        return None
    refs = {each.id: SampleRef(each.sample_digest, each.face) for each in page}
    samples = tuple(dict.fromkeys(refs.values()))
    people = _names(rooms, place, page)
    passage = rooms.gate.ask(asking, Action.ENROL, gallery=place, samples=samples, bound=0, subjects=people)
    if isinstance(passage, Refused):
        return passage
    with passage:
        others = rooms.galleries.other_templates
        made: dict[str, Template | Why] = {}
        for few in range(0, len(page), OPENED):
            names = [each.id for each in page[few : few + OPENED]]
            kept = others.pictures(passage.receipt, place, samples, names)
            made |= templates_of(vision, passage.promise, samples, refs, kept)
        templates = {name: each for name, each in made.items() if isinstance(each, Template)}
        failed = {name: each for name, each in made.items() if isinstance(each, Why)}
        count = others.keep(passage.receipt, place, samples, templates)
        result = OutcomeResult.ENROLLED if count else OutcomeResult.NONE
        passage.conclude(result, count=count, recipe=vision.recipe.digest)
        return Reembedded(count, failed, len(page), page[-1].id, passage.receipt)


def lacking(rooms: Rooms, *, gallery: str, vision: Vision) -> Iterator[Reference]:
    """All references that have no template by the recipe of ``vision``, by id; raises UnknownName."""
    place, last = rooms.galleries.find(gallery), ""
    while page := rooms.galleries.other_templates.lacking(place, vision.recipe.space, last):
        yield from page
        last = page[-1].id


def switch(
    rooms: Rooms, asking: Asking, *, gallery: str, vision: Vision, without: Collection[str] = ()
) -> Switched | Lacking | Refused:
    """Search this gallery, and enrol into it, by the recipe of ``vision`` from now on; back is a switch as well.

    References that have no template by it are not found then, and must be named in ``without`` (ids); where others
    are, nothing is done. Raises UnknownName.
    """
    place = rooms.galleries.find(gallery)
    passage = rooms.gate.ask(asking, Action.MANAGE, gallery=place, samples=(), bound=0)
    if isinstance(passage, Refused):
        return passage
    with passage:
        now = rooms.galleries.other_templates.switch(passage.receipt, place, vision.recipe, without)
        if isinstance(now, Lacking):
            passage.conclude(OutcomeResult.NONE, recipe=vision.recipe.digest)
            return now
        passage.conclude(OutcomeResult.DONE, recipe=vision.recipe.digest)
        return Switched(now, passage.receipt)


def _names(rooms: Rooms, place: Gallery, page: Sequence[Reference]) -> tuple[str, ...]:
    """The names of the subjects of these references; of who was erased meanwhile nothing is made."""
    names = []
    for subject in dict.fromkeys(each.subject for each in page):
        with suppress(UnknownName):
            names.append(rooms.galleries.subject_by_id(place, subject, None).name)
    return tuple(names)


def templates_of(
    vision: Vision,
    promise: Promise,
    samples: tuple[SampleRef, ...],
    refs: Mapping[str, SampleRef],
    kept: Mapping[str, Kept],
) -> dict[str, Template | Why]:
    """By reference, of what is kept of its picture; the crops are embedded together, whole pictures one by one."""
    made: dict[str, Template | Why] = {}
    crops = {}
    for name, each in kept.items():
        if each.kept is Keep.CROP:
            crop = np.load(io.BytesIO(each.data), allow_pickle=False)
            if vision.fits(crop, each.recipe):
                crops[name] = crop
            else:
                made[name] = Why.OTHER_CROP
        elif each.recipe.detector_sha256 != vision.recipe.detector_sha256:
            made[name] = Why.OTHER_DETECTOR
        else:
            sample, face = Sample(each.data, name), FaceAt(int(refs[name].face))
            acquired = vision.acquire(sample, promise, face, among=samples)
            made[name] = Why.NOT_ACQUIRED if isinstance(acquired, FailureToAcquire) else acquired.probe.template
    templates = vision.embed(list(crops.values()), [refs[name] for name in crops], promise, among=samples)
    return made | dict(zip(crops, templates, strict=True))
