"""Erased: what a run brought in and was erased since. The book remembers it, and no later run brings it back.

Nothing is kept for it but the book's lines: keyed digests of records and persons beside the random ids of references.
Whoever is enrolled because somebody asks for it comes in as ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from countenance.gallery.enrolment import By
from countenance.migration.book import Book, Known, Run
from countenance.migration.code import Code
from countenance.migration.digests import Marks
from countenance.service.rooms import Rooms
from countenance.terms.gallery import Gallery


@dataclass(frozen=True, slots=True)
class Erased:
    """``persons`` of whom nothing is left, ``keys`` of images whose references are gone."""

    persons: frozenset[bytes]
    keys: frozenset[bytes]

    def of(self, marks: Marks) -> Code | None:
        """What keeps an image out: its person is erased, or it is and the person has stayed."""
        if marks.person in self.persons:
            return Code.TOMBSTONED_ID
        return Code.TOMBSTONED_IMAGE if marks.key in self.keys else None


def find_erased(
    rooms: Rooms,
    book: Book,
    gallery: Gallery,
    run: Run,
    found: Sequence[tuple[Marks, str | None]],
    known: Mapping[bytes, Known],
) -> Erased:
    """Of a few images, each with its subject's name, those that were erased; ``known`` are the book's by key.

    A person is erased when of all that was brought of them nothing is left, and no subject has the name.
    """
    brought = {key: each.reference for key, each in known.items() if each.reference is not None}
    there = rooms.galleries.references_there(gallery, brought.values())
    keys = frozenset(key for key, reference in brought.items() if reference not in there)
    names = {
        marks.person: name
        for marks, name in found
        if marks.person is not None and name is not None and brought.get(marks.key) not in there
    }
    theirs = book.brought(run, names)
    left = rooms.galleries.references_there(gallery, {each for some in theirs.values() for each in some})
    gone = {person: names[person] for person, some in theirs.items() if not some & left}
    named = rooms.galleries.subjects_named(gallery, gone.values(), None) if gone else {}
    return Erased(frozenset(person for person, name in gone.items() if name not in named), keys)


def code_of(by: By) -> Code:
    """What a line says of a picture that a withdrawal keeps out."""
    return Code.TOMBSTONED_ID if by in (By.NAME, By.RECORD) else Code.TOMBSTONED_IMAGE
