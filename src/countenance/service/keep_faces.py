"""Keep faces: detect them and keep their templates for a while; nothing is compared."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.gallery.faces import LEAST_SECONDS, MOST_SECONDS
from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, NotAcquired, Refused
from countenance.service.rooms import Rooms
from countenance.service.samples import MAX_FACES, ref_of
from countenance.terms.acquisition import Choice, FaceChoice, FailureToAcquire
from countenance.terms.action import Action
from countenance.terms.errors import Malformed
from countenance.terms.face import Face
from countenance.terms.receipt import Receipt
from countenance.terms.recipe import Recipe
from countenance.terms.sample import Sample


@dataclass(frozen=True, slots=True)
class KeptFace:
    """One face that was found, and the id under which its template is kept until ``expires`` (Unix seconds)."""

    id: str
    face: Face
    expires: int


@dataclass(frozen=True, slots=True)
class KeptFaces:
    """Largest face first, at most 100; ``width`` and ``height`` are of the upright picture in pixels."""

    faces: tuple[KeptFace, ...]
    width: int
    height: int
    recipe: Recipe
    receipt: Receipt


def keep_faces(
    rooms: Rooms,
    asking: Asking,
    *,
    sample: Sample,
    owner: str,
    ttl: int,
    faces: Choice = FaceChoice.ALL,
    label: str = "",
) -> KeptFaces | NotAcquired | Refused:
    """Find the faces of a sample and keep their templates for ``ttl`` seconds (60 to 86,400).

    ``label`` is the owner's own word, found again with each. Raises Malformed.
    """
    if not LEAST_SECONDS <= ttl <= MOST_SECONDS:
        raise Malformed(f"a face is kept for {LEAST_SECONDS} to {MOST_SECONDS} seconds, not {ttl}")
    passage = rooms.gate.ask(asking, Action.ACQUIRE, gallery=None, samples=(ref_of(sample, faces),), bound=0)
    if isinstance(passage, Refused):
        return passage
    with passage:
        vision = rooms.vision()
        acquired = vision.acquire(sample, passage.promise, faces)
        if isinstance(acquired, FailureToAcquire):
            passage.conclude(OutcomeResult.FAILURE, failure=acquired.reason.value)
            return NotAcquired(acquired, passage.receipt, sample.name)
        probes = acquired.probes[:MAX_FACES]
        expires = int(rooms.clock()) + ttl
        ids = rooms.galleries.faces.keep(passage.receipt, probes, owner, expires, label, minor=asking.minor)
        passage.conclude(OutcomeResult.DONE, count=len(ids), recipe=vision.recipe.digest)
        kept = tuple(KeptFace(one, probe.face, expires) for one, probe in zip(ids, probes, strict=True))
        return KeptFaces(kept, acquired.width, acquired.height, vision.recipe, passage.receipt)
