"""The reading half of the door: what there is. Nothing here compares, changes, or wants a receipt."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from countenance.gallery.pages import Pages
from countenance.gallery.register import Register
from countenance.gallery.shown import Seen
from countenance.terms.gallery import Gallery, Reference, Subject


def _any(_name: str) -> bool:
    return True


class Reading:
    """Everything is read from the store anew, in one snapshot a call."""

    def __init__(self, register: Register, pages: Pages, now: Callable[[], int]) -> None:
        self._register = register
        self._pages = pages
        self._now = now

    def list(self) -> tuple[Gallery, ...]:
        """All galleries, by name."""
        return self._register.galleries()

    def find(self, name: str) -> Gallery:
        """The gallery of this name; raises UnknownName."""
        return self._register.by_name(name)

    def subjects(self, gallery: Gallery) -> tuple[Subject, ...]:
        """A gallery's subjects, by name."""
        return self._register.subjects(gallery.id)

    def subject(self, gallery: Gallery, id_or_name: str, seen: Seen = "") -> Subject:
        """The subject with this id, or else this name; raises UnknownName. On ``seen`` see ``shown``."""
        return self._register.subject(gallery.id, id_or_name, seen)

    def references(self, gallery: Gallery, subject: str, seen: Seen = "") -> tuple[Reference, ...]:
        """The references of a subject (by id), in the order of enrolment."""
        return self._register.references(gallery.id, subject, seen)

    def subject_by_id(self, gallery: Gallery, subject: str, seen: Seen = "") -> Subject:
        """The subject with this id, whatever others are named; raises UnknownName."""
        return self._register.subject_by_id(gallery.id, subject, seen)

    def names(self, gallery: Gallery, ids: Iterable[str]) -> dict[str, str]:
        """The names of the subjects of these ids, by id; whoever is not there is left out."""
        return self._register.names(gallery.id, ids)

    def subjects_named(self, gallery: Gallery, names: Iterable[str], seen: Seen = "") -> dict[str, Subject]:
        """The subjects of these names, by the name asked for; whoever is not there is left out."""
        return self._register.named(gallery.id, names, seen)

    def references_with(
        self, gallery: Gallery, samples: Iterable[str], seen: Seen = ""
    ) -> Mapping[str, Sequence[Reference]]:
        """By sample (SHA-256, hex) the references made of it, one for each face, in the order of enrolment."""
        return self._register.references_with(gallery.id, samples, seen)

    def overdue(self, gallery: Gallery) -> tuple[Subject, ...]:
        """The subjects whose retention date is reached, those that are not seen yet too."""
        return self._register.overdue(gallery.id, self._now())

    def reference(self, gallery: Gallery, reference: str, seen: Seen = "") -> Reference:
        """The reference of this id; raises UnknownName."""
        return self._register.reference(gallery.id, reference, seen)

    def references_among(self, gallery: Gallery, ids: Collection[str], seen: Seen = "") -> Sequence[Reference]:
        """The references of these ids that are there, in no particular order."""
        return self._register.references_among(gallery.id, ids, seen)

    def references_there(self, gallery: Gallery, ids: Iterable[str]) -> set[str]:
        """Which of these references (by id) there are, seen by all or not; nothing is opened."""
        return self._register.there(gallery.id, ids)

    # -- a part at a time

    def page(self, after: str, limit: int, belongs: Callable[[str], bool] = _any) -> tuple[Gallery, ...]:
        """The first ``limit`` (1 to 1000) galleries by name after ``after`` whose name ``belongs``."""
        return self._pages.galleries(after, limit, belongs)

    def subjects_page(self, gallery: Gallery, after_id: str, limit: int) -> tuple[Subject, ...]:
        """The first ``limit`` (1 to 1000) subjects by id whose id is after ``after_id`` (empty: from the start)."""
        return self._pages.subjects(gallery.id, after_id, limit)

    def subjects_saying(self, gallery: Gallery, words: Mapping[str, str]) -> frozenset[str]:
        """The ids of the subjects whose metadata have all of these values. Reads every subject of the gallery."""
        return self._pages.saying(gallery.id, words)

    def references_page(self, gallery: Gallery, after_id: str, limit: int) -> tuple[Reference, ...]:
        """The first ``limit`` (1 to 1000) references by id whose id is after ``after_id``."""
        return self._pages.references(gallery.id, after_id, limit)

    def reference_ids(self, gallery: Gallery, subjects: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The ids of the references of each of these subjects (by id), in the order of enrolment."""
        return self._pages.reference_ids(gallery.id, subjects)
