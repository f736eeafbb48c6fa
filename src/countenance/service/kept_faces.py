"""Kept faces: detect and keep for a while, then verify, identify, find similar and group by their ids.

A kept face belongs to its owner (a key and a purpose): for anybody else it is not there. Each use-case asks the gate
anew: that a face was permitted to be kept says nothing of what it may be compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from countenance.gallery.faces import LEAST_SECONDS, MOST_SECONDS, StoredFace
from countenance.ledger.outcome import OutcomeResult
from countenance.service.ages import is_minor
from countenance.service.asking import Asking, NotAcquired, Refused
from countenance.service.gate import Passage
from countenance.service.reviews import open_reviews
from countenance.service.rooms import Rooms
from countenance.service.samples import MAX_FACES, ref_of
from countenance.terms.acquisition import Choice, FaceChoice, FailureToAcquire
from countenance.terms.action import Action
from countenance.terms.candidate import Candidate, SearchResult
from countenance.terms.errors import Malformed
from countenance.terms.face import Face
from countenance.terms.gallery import Gallery
from countenance.terms.operating_point import OperatingPoint
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


@dataclass(frozen=True, slots=True)
class FaceUnknown:
    """These ids are not this owner's kept faces, or not any more. Nothing was asked or compared."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FaceVerification:
    """``match``: the score reached the operating point's threshold. ``score`` is None where there was no reference."""

    score: float | None
    match: bool
    operating_point: OperatingPoint
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class FaceSearched:
    """One kept face and what the search for it found; ``case`` is the id of the review that its candidates wait for."""

    id: str
    result: SearchResult
    case: str | None = None


@dataclass(frozen=True, slots=True)
class FaceIdentification:
    """In the order of the ids. Candidates are leads that ``reviewers`` people must look at, never an answer."""

    gallery: Gallery
    searched: tuple[FaceSearched, ...]
    operating_point: OperatingPoint
    receipt: Receipt
    reviewers: int


@dataclass(frozen=True, slots=True)
class SimilarFace:
    """``id`` is a kept face's, or in a gallery a reference's: of each subject the likest one. ``rank`` is from 1."""

    id: str
    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class FaceSimilarity:
    """The likest first, ties by id; ``case`` as in ``FaceSearched``."""

    similar: tuple[SimilarFace, ...]
    operating_point: OperatingPoint
    receipt: Receipt
    case: str | None = None


@dataclass(frozen=True, slots=True)
class FaceGrouping:
    """Ids, the largest group first, and those that are like no other."""

    groups: tuple[tuple[str, ...], ...]
    single: tuple[str, ...]
    operating_point: OperatingPoint
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
    """Find the faces of a sample and keep their templates for ``ttl`` seconds (60 to 86,400); nothing is compared.

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
        ids = rooms.galleries.faces.keep(passage.receipt, probes, owner, expires, label)
        passage.conclude(OutcomeResult.DONE, count=len(ids), recipe=vision.recipe.digest)
        kept = tuple(KeptFace(one, probe.face, expires) for one, probe in zip(ids, probes, strict=True))
        return KeptFaces(kept, acquired.width, acquired.height, vision.recipe, passage.receipt)


def find_faces(rooms: Rooms, owner: str, ids: Sequence[str]) -> tuple[StoredFace, ...] | FaceUnknown:
    """This owner's kept faces of these ids, in their order."""
    found = rooms.galleries.faces.find(owner, ids)
    missing = tuple(dict.fromkeys(each for each in ids if each not in found))
    return FaceUnknown(missing) if missing else tuple(found[each] for each in ids)


def _theirs(
    rooms: Rooms, asking: Asking, action: Action, owner: str, ids: Sequence[str]
) -> tuple[StoredFace, ...] | FaceUnknown | Refused:
    """What ``find_faces`` says; where no purpose is named whose faces they could be, the gate's refusal."""
    answer = None if asking.purposeful else rooms.gate.ask(asking, action, gallery=None, samples=(), bound=0)
    return answer if isinstance(answer, Refused) else find_faces(rooms, owner, ids)


def verify_faces(
    rooms: Rooms, asking: Asking, owner: str, id_a: str, id_b: str
) -> FaceVerification | FaceUnknown | Refused:
    """Do two kept faces show the same subject? One comparison. Raises RecipeMismatch."""
    stored = _theirs(rooms, asking, Action.VERIFY, owner, (id_a, id_b))
    if isinstance(stored, FaceUnknown | Refused):
        return stored
    a, b = (each.template for each in stored)
    passage = rooms.gate.ask(asking, Action.VERIFY, gallery=None, samples=(a.sample, b.sample), bound=1)
    if isinstance(passage, Refused):
        return passage
    with passage:
        if (lapsed := passage.lapsed()) is not None:
            return lapsed
        point = rooms.points.for_verify(a.recipe)
        compared = rooms.galleries.compare(passage.receipt, a, b)
        return _verified(passage, point, compared.score, compared.use, a.recipe)


def verify_face_subject(
    rooms: Rooms, asking: Asking, owner: str, face: str, *, gallery: str, subject: str
) -> FaceVerification | FaceUnknown | Refused:
    """Does a kept face show this subject (by id or name)? Raises UnknownName, RecipeMismatch."""
    stored = _theirs(rooms, asking, Action.VERIFY, owner, (face,))
    if isinstance(stored, FaceUnknown | Refused):
        return stored
    place = rooms.galleries.find(gallery)
    meant = rooms.galleries.subject(place, subject)
    probe = stored[0].template
    passage = rooms.gate.ask(
        asking,
        Action.VERIFY,
        gallery=place,
        samples=(probe.sample,),
        bound=1,
        subjects=(meant.name,),
        minor=is_minor(meant),
    )
    if isinstance(passage, Refused):
        return passage
    with passage:
        if (lapsed := passage.lapsed()) is not None:
            return lapsed
        point = rooms.points.for_verify(probe.recipe)
        if not meant.references:
            passage.conclude(OutcomeResult.NO_MATCH, compared=0)
            return FaceVerification(None, match=False, operating_point=point, receipt=passage.receipt)
        compared = rooms.galleries.verify(passage.receipt, probe, meant.id)
        return _verified(passage, point, compared.score, compared.use, probe.recipe)


def identify_faces(
    rooms: Rooms,
    asking: Asking,
    owner: str,
    ids: Sequence[str],
    *,
    gallery: str,
    most: int,
    threshold: float | None = None,
) -> FaceIdentification | FaceUnknown | Refused:
    """Search a gallery for kept faces; of each at most ``most`` subjects at or above the operating point.

    ``threshold`` (a score) may raise the bar above the operating point, never lower it. Raises UnknownName,
    RecipeMismatch, Malformed.
    """
    stored = _theirs(rooms, asking, Action.SEARCH, owner, ids)
    if isinstance(stored, FaceUnknown | Refused):
        return stored
    place = rooms.galleries.find(gallery)
    probes = _some(stored)
    refs = tuple(each.template.sample for each in probes)
    passage = rooms.gate.ask(asking, Action.SEARCH, gallery=place, samples=refs, bound=len(refs), most=most)
    if isinstance(passage, Refused):
        return passage
    with passage:
        if (lapsed := passage.lapsed()) is not None:
            return lapsed
        recipe = probes[0].template.recipe
        point = rooms.points.for_identify(recipe, place.subjects)
        bar = point.threshold if threshold is None else max(threshold, point.threshold)
        cap = min(most, passage.permit.candidate_cap)
        results = rooms.galleries.search_many(passage.receipt, refs, [each.template for each in probes], cap, bar)
        cases = _searched(rooms, asking, passage, place, probes, results, (bar, point), recipe)
        searched = tuple(
            FaceSearched(each.id, result, case) for each, result, case in zip(probes, results, cases, strict=True)
        )
        return FaceIdentification(place, searched, point, passage.receipt, passage.permit.reviewers)


def find_similar_faces(
    rooms: Rooms,
    asking: Asking,
    owner: str,
    face: str,
    *,
    among: Sequence[str] | None = None,
    gallery: str | None = None,
    most: int,
    every: bool = False,
) -> FaceSimilarity | FaceUnknown | Refused:
    """Rank other kept faces, or the references of a gallery, by likeness to one kept face.

    ``every`` also lists those below the operating point. Raises Malformed unless exactly one of ``among`` and
    ``gallery`` is given, UnknownName, RecipeMismatch.
    """
    if (among is None) == (gallery is None) or most < 1:
        raise Malformed("similar faces are sought among kept faces or in a gallery, and at least one is wanted")
    stored = _theirs(rooms, asking, Action.SEARCH, owner, (face, *(among or ())))
    if isinstance(stored, FaceUnknown | Refused):
        return stored
    if gallery is not None:
        return _similar_in(rooms, asking, stored[0], rooms.galleries.find(gallery), most, every=every)
    probe, others = stored[0].template, list({each.id: each for each in stored[1:]}.values())
    refs = (probe.sample, *(each.template.sample for each in others))
    passage = rooms.gate.ask(asking, Action.SEARCH, gallery=None, samples=refs, bound=len(others), most=most)
    if isinstance(passage, Refused):
        return passage
    with passage:
        if (lapsed := passage.lapsed()) is not None:
            return lapsed
        point = rooms.points.for_verify(probe.recipe)
        scored = rooms.galleries.compare_many(passage.receipt, refs, probe, [each.template for each in others])
        ranked = sorted(zip(scored.scores, others, strict=True), key=lambda pair: (-pair[0], pair[1].id))
        kept = [(score, each.id) for score, each in ranked if every or score >= point.threshold]
        kept = kept[: min(most, passage.permit.candidate_cap)]
        passage.conclude(
            OutcomeResult.CANDIDATES if kept else OutcomeResult.NONE,
            count=len(kept),
            use=scored.use,
            compared=len(others),
            threshold=round(point.threshold, 6),
            operating_point=point.id,
            recipe=probe.recipe.digest,
        )
        similar = tuple(SimilarFace(each, score, rank) for rank, (score, each) in enumerate(kept, 1))
        return FaceSimilarity(similar, point, passage.receipt)


def group_faces(rooms: Rooms, asking: Asking, owner: str, ids: Sequence[str]) -> FaceGrouping | FaceUnknown | Refused:
    """Compare all pairs of kept faces; those at or above the operating point are joined. Raises RecipeMismatch."""
    stored = _theirs(rooms, asking, Action.GROUP, owner, tuple(dict.fromkeys(ids)))
    if isinstance(stored, FaceUnknown | Refused):
        return stored
    faces = _some(stored)
    refs = tuple(each.template.sample for each in faces)
    pairs = len(faces) * (len(faces) - 1) // 2
    passage = rooms.gate.ask(asking, Action.GROUP, gallery=None, samples=refs, bound=pairs)
    if isinstance(passage, Refused):
        return passage
    with passage:
        if (lapsed := passage.lapsed()) is not None:
            return lapsed
        recipe = faces[0].template.recipe
        point = rooms.points.for_verify(recipe)
        templates = [each.template for each in faces]
        found = rooms.galleries.group(passage.receipt, refs, templates, point.threshold)
        passage.conclude(
            OutcomeResult.GROUPED,
            count=len(found.groups),
            use=found.use,
            compared=found.comparisons,
            threshold=round(point.threshold, 6),
            operating_point=point.id,
            recipe=recipe.digest,
        )
        groups = tuple(tuple(faces[i].id for i in group) for group in found.groups)
        return FaceGrouping(groups, tuple(faces[i].id for i in found.single), point, passage.receipt)


def _some(stored: tuple[StoredFace, ...]) -> tuple[StoredFace, ...]:
    if not stored:
        raise Malformed("at least one face is named")
    return stored


def _verified(passage: Passage, point: OperatingPoint, score: float, use: int, recipe: Recipe) -> FaceVerification:
    match = score >= point.threshold
    passage.conclude(
        OutcomeResult.MATCH if match else OutcomeResult.NO_MATCH,
        use=use,
        compared=1,
        threshold=round(point.threshold, 6),
        operating_point=point.id,
        recipe=recipe.digest,
    )
    return FaceVerification(score, match, point, passage.receipt)


def _similar_in(
    rooms: Rooms, asking: Asking, one: StoredFace, place: Gallery, most: int, *, every: bool
) -> FaceSimilarity | Refused:
    probe = one.template
    passage = rooms.gate.ask(asking, Action.SEARCH, gallery=place, samples=(probe.sample,), bound=1, most=most)
    if isinstance(passage, Refused):
        return passage
    with passage:
        if (lapsed := passage.lapsed()) is not None:
            return lapsed
        point = rooms.points.for_identify(probe.recipe, place.subjects)
        bar = None if every else point.threshold
        result = rooms.galleries.search(passage.receipt, probe, min(most, passage.permit.candidate_cap), bar)
        (case,) = _searched(rooms, asking, passage, place, [one], [result], (bar, point), probe.recipe)
        similar = tuple(SimilarFace(each.reference, each.score, each.rank) for each in result.candidates)
        return FaceSimilarity(similar, point, passage.receipt, case)


def _searched(
    rooms: Rooms,
    asking: Asking,
    passage: Passage,
    place: Gallery,
    probes: Sequence[StoredFace],
    results: Sequence[SearchResult],
    bar: tuple[float | None, OperatingPoint],
    recipe: Recipe,
) -> tuple[str | None, ...]:
    """Write the outcome of a search of a gallery, and open its reviews; their ids by face."""
    found: list[Candidate] = [each for result in results for each in result.candidates]
    threshold, point = bar
    passage.conclude(
        OutcomeResult.CANDIDATES if found else OutcomeResult.NONE,
        count=len(found),
        use=results[0].use,
        candidates=[[each.subject, round(each.score, 6)] for each in found],
        compared=sum(each.compared for each in results),
        threshold=None if threshold is None else round(threshold, 6),
        operating_point=point.id,
        recipe=recipe.digest,
    )
    faces = [(each.template.sample, result.candidates) for each, result in zip(probes, results, strict=True)]
    now = int(rooms.clock())
    return open_reviews(rooms.reviews, asking, passage.permit, passage.receipt, place, faces, now)
