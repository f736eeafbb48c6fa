"""Revoked: whom, or what picture, a source takes back that is here. A person decides; nothing is erased by a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from countenance.migration.book import Known
from countenance.migration.code import Code
from countenance.migration.exits import Exit
from countenance.migration.found import Found
from countenance.migration.intake import is_denied, name_of, seconds_of
from countenance.service.rooms import Rooms
from countenance.terms.gallery import Gallery

TAKEN_BACK = frozenset({Code.SUBJECT_REMOVED, Code.SOURCE_SOFT_DELETED, Code.CONSENT_MISSING, Code.RETENTION_EXPIRED})
"""The codes of what is held and is in the gallery as it was: a person lets it stay, or erases it."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """Why, and a reference that is here: the picture's own, or of whoever is removed the first one."""

    code: Code
    reference: str


def find_revoked(
    rooms: Rooms,
    gallery: Gallery,
    found: Sequence[Found],
    known: Mapping[bytes, Known],
    earlier: Mapping[bytes, Known],
    now: int,
) -> dict[bytes, Revoked]:
    """Of a few, by item, those that take back what is here and for which nobody was asked yet.

    ``known`` are the book's by key, ``earlier`` by place.
    """
    asked = [(each, code, known.get(each.marks.key) or earlier.get(each.marks.place)) for each, code in _codes(found)]
    open_ = [
        (each, code, before)
        for each, code, before in asked
        if (before is None or before.exit is not Exit.HELD or before.restated(each.marks))
        and (code is not Code.RETENTION_EXPIRED or (before is not None and _expired(each, before, now)))
    ]
    if not open_:
        return {}
    there = rooms.galleries.references_there(gallery, {b.reference for *_, b in open_ if b and b.reference})
    removed = {name for each, *_ in open_ if each.record.tombstone and (name := name_of(each.record)) is not None}
    subjects = rooms.galleries.subjects_named(gallery, removed, None)
    firsts = rooms.galleries.reference_ids(gallery, {each.id for each in subjects.values()})
    revoked = {}
    for each, code, before in open_:
        own = before.reference if before is not None and before.reference in there else None
        subject = subjects.get(name_of(each.record) or "") if each.record.tombstone else None
        reference = own or (next(iter(firsts.get(subject.id, ())), None) if subject is not None else None)
        if reference is not None:
            revoked[each.marks.item] = Revoked(Code.SUBJECT_REMOVED if subject is not None else code, reference)
    return revoked


def _codes(found: Sequence[Found]) -> Iterator[tuple[Found, Code]]:
    for each in found:
        if each.record.tombstone or (each.image is not None and each.image.verdict is Code.SOURCE_SOFT_DELETED):
            yield each, Code.SOURCE_SOFT_DELETED
        elif is_denied(each.record):
            yield each, Code.CONSENT_MISSING
        elif each.record.retain_until is not None:
            yield each, Code.RETENTION_EXPIRED


def _expired(found: Found, before: Known, now: int) -> bool:
    """Whether the source has moved its date to one that is past; one that has come is the sweep's to see to."""
    return before.restated(found.marks) and (seconds_of(found.record.retain_until) or now + 1) <= now
