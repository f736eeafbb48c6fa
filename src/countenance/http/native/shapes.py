"""The shapes of answers, and how the house's values are put into them; docs/native.md and the OpenAPI document them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from countenance.service.ages import Ages, ages_of, is_minor, visible
from countenance.terms.acquisition import FailureToAcquire, Probe
from countenance.terms.candidate import Candidate as TermCandidate
from countenance.terms.face import Face as TermFace
from countenance.terms.gallery import Gallery as TermGallery
from countenance.terms.gallery import Keep
from countenance.terms.gallery import Reference as TermReference
from countenance.terms.gallery import Subject as TermSubject
from countenance.terms.operating_point import OperatingPoint as TermPoint
from countenance.terms.permit import Refusal as TermRefusal
from countenance.terms.quality import Quality as TermQuality
from countenance.terms.receipt import Receipt as TermReceipt
from countenance.terms.recipe import Recipe as TermRecipe

Time = Annotated[int, Field(description="Unix seconds.")]
Score = Annotated[float, Field(description="A similarity; higher is nearer. No probability.")]


class Shape(BaseModel):
    """Frozen; what is not declared is not said."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Receipt(Shape):
    """The log's signed promise that the request is an entry; `GET /receipts/{entry}` gives its proof later."""

    log: str
    entry: str
    leaf: str
    epoch: int
    action: str
    gallery: str
    samples: str
    bound: int
    session: str
    signature: str

    @classmethod
    def of(cls, value: TermReceipt) -> Receipt:
        """Field by field."""
        return cls(**value.to_json())


class Rectangle(Shape):
    """Pixels of the upright picture."""

    left: float
    top: float
    width: float
    height: float


class Component(Shape):
    """One measure of ISO/IEC 29794-5: 0 to 100, higher is better; `raw` in `unit`."""

    value: int
    raw: float
    unit: str


class Quality(Shape):
    """Components by name, and advice for the person in front of the camera."""

    components: dict[str, Component]
    advice: list[str]

    @classmethod
    def of(cls, value: TermQuality) -> Quality:
        """All components."""
        components = {c.name: Component(value=c.value, raw=round(c.raw, 4), unit=c.unit) for c in value.components}
        return cls(components=components, advice=list(value.advice))


class Face(Shape):
    """A face that was found; `landmarks` are five points by name, in pixels, left and right as the viewer sees them."""

    box: Rectangle
    landmarks: dict[str, list[float]]
    detection_score: Annotated[float, Field(description="The detector's own, 0 to 1; no probability.")]
    quality: Quality

    @classmethod
    def of(cls, value: TermFace) -> Face:
        """Rounded to a tenth of a pixel."""
        box, marks = value.box, value.landmarks
        return cls(
            box=Rectangle(**{name: round(getattr(box, name), 1) for name in ("left", "top", "width", "height")}),
            landmarks={
                name: [round(each, 1) for each in getattr(marks, name)]
                for name in ("eye_left", "eye_right", "nose", "mouth_left", "mouth_right")
            },
            detection_score=round(value.detection_score, 4),
            quality=Quality.of(value.quality),
        )

    @classmethod
    def of_probe(cls, value: Probe) -> Face:
        """The face that a template was made of."""
        return cls.of(value.face)


class Recipe(Shape):
    """What makes the templates; those of another recipe are never compared."""

    name: str
    digest: str
    space: str
    detector: str
    recogniser: str
    runtime: str
    precision: str

    @classmethod
    def of(cls, value: TermRecipe) -> Recipe:
        """Without the rest."""
        return cls(**{name: getattr(value, name) for name in cls.model_fields})


class OperatingPoint(Shape):
    """The threshold in force, with the error rate that it was measured to have."""

    id: str
    threshold: float
    measure: Annotated[str, Field(description="FMR (1:1) or FPIR (1:N).")]
    target: float
    resolved: Annotated[bool, Field(description="False: the data cannot show that rate.")]
    gallery_size: int | None
    source: str
    date: str
    provisional: Annotated[bool, Field(description="True: not measured on pictures like yours.")]
    note: str

    @classmethod
    def of(cls, value: TermPoint) -> OperatingPoint:
        """The threshold to six places."""
        fields = {name: getattr(value, name) for name in cls.model_fields}
        return cls(**{**fields, "threshold": round(value.threshold, 6)})


class MeasuredRate(Shape):
    """Of comparisons of two people, the measured share that scores as high or higher, with its 95 % interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, point: TermPoint, score: float | None) -> MeasuredRate | None:
        """At a score; None where it was not measured."""
        found = None if score is None else point.curve.at(score)
        return None if found is None else cls(value=found.value, low=found.low, high=found.high)


Fmr = Annotated[
    MeasuredRate | None, Field(description="The false match rate at this score; null where it was not measured.")
]


class Candidate(Shape):
    """A lead for people to look at."""

    subject: Annotated[str, Field(description="Its name.")]
    subject_id: str
    reference: str
    score: Score
    fmr: Fmr
    rank: int

    @classmethod
    def of(cls, value: TermCandidate, name: str, point: TermPoint) -> Candidate:
        """With the subject's name, and the rate of the operating point's curve."""
        return cls(
            subject=name,
            subject_id=value.subject,
            reference=value.reference,
            score=round(value.score, 6),
            fmr=MeasuredRate.of(point, value.score),
            rank=value.rank,
        )


class Failure(Shape):
    """Why a picture gave nothing to compare."""

    reason: str
    detail: str
    advice: str
    faces: int

    @classmethod
    def of(cls, value: FailureToAcquire) -> Failure:
        """Field by field."""
        return cls(reason=value.reason.value, detail=value.detail, advice=value.advice, faces=value.faces)


class Principle(Shape):
    """A sentence of the charter."""

    id: str
    sentence: str


class Refusal(Shape):
    """Why the charter refused: the sentence, the principles it cites, and what would be permitted."""

    reason: str
    sentence: str
    principles: list[Principle]
    policies: list[str]
    remedy: Annotated[str, Field(description="What the nearest permit asks for and this request lacks.")]
    charter: str

    @classmethod
    def of(cls, value: TermRefusal) -> Refusal:
        """In the charter's words."""
        return cls(
            reason=value.reason.value,
            sentence=value.sentence,
            principles=[Principle(id=p.id, sentence=p.sentence) for p in value.principles],
            policies=list(value.policies),
            remedy=value.remedy,
            charter=value.charter,
        )


class Gallery(Shape):
    """A gallery; the public log knows only its pseudonym."""

    name: str
    pseudonym: str
    keep: Keep
    ages: Ages
    created: Time
    subjects: int
    references: int
    space: str | None
    metadata: dict[str, str]

    @classmethod
    def of(cls, value: TermGallery, name: str) -> Gallery:
        """``name`` is what the caller calls it."""
        return cls(
            name=name,
            pseudonym=value.pseudonym,
            keep=value.keep,
            ages=ages_of(value),
            created=value.created,
            subjects=value.subjects,
            references=value.references,
            space=value.space,
            metadata=visible(value.metadata),
        )


class Subject(Shape):
    """Somebody in a gallery."""

    id: str
    name: str
    created: Time
    basis: str
    retain_until: int | None
    references: int
    minor: bool
    metadata: dict[str, str]

    @classmethod
    def of(cls, value: TermSubject) -> Subject:
        """Without its former names."""
        return cls(
            id=value.id,
            name=value.name,
            created=value.created,
            basis=value.basis,
            retain_until=value.retain_until,
            references=value.references,
            minor=is_minor(value),
            metadata=visible(value.metadata),
        )


class Reference(Shape):
    """One enrolled template, without its numbers."""

    id: str
    subject_id: str
    sample_digest: Annotated[str, Field(description="SHA-256 of the picture's bytes.")]
    face: str
    recipe: str
    quality: dict[str, int]
    created: Time
    kept: Keep
    metadata: dict[str, str]

    @classmethod
    def of(cls, value: TermReference) -> Reference:
        """Field by field."""
        return cls(
            id=value.id,
            subject_id=value.subject,
            sample_digest=value.sample_digest,
            face=value.face,
            recipe=value.recipe,
            quality=value.quality,
            created=value.created,
            kept=value.kept,
            metadata=visible(value.metadata),
        )


def dumped(value: BaseModel) -> dict[str, Any]:
    """As JSON values."""
    return value.model_dump(mode="json")
