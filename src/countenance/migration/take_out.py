"""Take out: erase a reference, and whom a batch brought with it where nothing else of them is left."""

from __future__ import annotations

from countenance.service.asking import Asking, Refused
from countenance.service.erase import erase as erase_subject
from countenance.service.manage_subjects import erase_reference
from countenance.service.rooms import Rooms
from countenance.terms.gallery import Gallery


def take_out(rooms: Rooms, asking: Asking, gallery: Gallery, reference: str) -> Refused | None:
    """Erase a reference (by id) that is there; raises UnknownName."""
    gone = erase_reference(rooms, asking, gallery=gallery.name, reference=reference)
    if isinstance(gone, Refused):
        return gone
    subject = gone.reference.subject
    if rooms.galleries.references(gallery, subject, None):
        return None
    if any(rooms.galleries.batches.brought(gallery, each.id, subject) for each in rooms.galleries.batches.of(gallery)):
        erased = erase_subject(rooms, asking, gallery=gallery.name, subject=subject)
        return erased if isinstance(erased, Refused) else None
    return None
