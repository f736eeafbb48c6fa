"""The JSON shapes of the answers, version 1; docs/json.md describes each and a test holds the two together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from countenance.service.ages import ages_of, is_minor, visible
from countenance.service.asking import NotAcquired, Refused
from countenance.terms.acquisition import FailureToAcquire
from countenance.terms.candidate import Candidate
from countenance.terms.face import Face
from countenance.terms.gallery import Gallery, Subject
from countenance.terms.operating_point import OperatingPoint
from countenance.terms.quality import Quality
from countenance.terms.receipt import Receipt
from countenance.terms.recipe import Recipe

VERSION = 1
Shape = dict[str, Any]


def recipe(value: Recipe) -> Shape:
    """What made the templates."""
    return {
        "name": value.name,
        "digest": value.digest,
        "space": value.space,
        "detector": value.detector,
        "recogniser": value.recogniser,
        "runtime": value.runtime,
        "precision": value.precision,
    }


def quality(value: Quality) -> Shape:
    """Components by their ISO/IEC 29794-5 names, and advice."""
    return {
        "components": {c.name: {"value": c.value, "raw": round(c.raw, 4), "unit": c.unit} for c in value.components},
        "advice": list(value.advice),
    }


def face(value: Face) -> Shape:
    """Box and landmarks in pixels of the upright picture."""
    box, marks = value.box, value.landmarks
    return {
        "box": {
            "left": round(box.left, 1),
            "top": round(box.top, 1),
            "width": round(box.width, 1),
            "height": round(box.height, 1),
        },
        "landmarks": {
            name: {"x": round(getattr(marks, name)[0], 1), "y": round(getattr(marks, name)[1], 1)}
            for name in ("eye_left", "eye_right", "nose", "mouth_left", "mouth_right")
        },
        "detection_score": round(value.detection_score, 4),
        "quality": quality(value.quality),
    }


def candidate(value: Candidate, names: Mapping[str, str]) -> Shape:
    """One lead; ``score`` is a similarity, never a probability."""
    return {
        "subject": names[value.subject],
        "score": round(value.score, 6),
        "rank": value.rank,
        "subject_id": value.subject,
        "reference": value.reference,
    }


def operating_point(value: OperatingPoint) -> Shape:
    """The threshold in force, with the error rate that it was measured to have."""
    return {
        "id": value.id,
        "threshold": round(value.threshold, 6),
        "measure": value.measure,
        "target": value.target,
        "resolved": value.resolved,
        "gallery_size": value.gallery_size,
        "source": value.source,
        "date": value.date,
        "provisional": value.provisional,
        "note": value.note,
    }


def receipt(value: Receipt) -> Shape:
    """The log's signed promise."""
    return value.to_json()


def failure(value: FailureToAcquire) -> Shape:
    """Why a picture gave nothing."""
    return {"reason": value.reason.value, "detail": value.detail, "advice": value.advice, "faces": value.faces}


def refused(value: Refused) -> Shape:
    """Which sentence a refusal rests on."""
    refusal = value.refusal
    return {
        "refusal": {
            "reason": refusal.reason.value,
            "sentence": refusal.sentence,
            "principles": [{"id": p.id, "sentence": p.sentence} for p in refusal.principles],
            "policies": list(refusal.policies),
            "remedy": refusal.remedy,
            "charter": refusal.charter,
        },
        "receipt": receipt(value.receipt),
    }


def not_acquired(value: NotAcquired) -> Shape:
    """Permitted and recorded, but nothing to compare."""
    return {"failure": failure(value.failure), "receipt": receipt(value.receipt)}


def gallery(value: Gallery) -> Shape:
    """A gallery; the public log knows only its pseudonym."""
    return {
        "name": value.name,
        "pseudonym": value.pseudonym,
        "keep": value.keep.value,
        "created": value.created,
        "subjects": value.subjects,
        "references": value.references,
        "space": value.space,
        "ages": ages_of(value).value,
    }


def subject(value: Subject) -> Shape:
    """A subject; times are Unix seconds."""
    return {
        "id": value.id,
        "subject": value.name,
        "created": value.created,
        "basis": value.basis,
        "retain_until": value.retain_until,
        "references": value.references,
        "minor": is_minor(value),
        "metadata": visible(value.metadata),
    }
