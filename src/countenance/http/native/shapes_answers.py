"""Whole answers, one model an operation."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from countenance.http.native.shapes import (
    Candidate,
    Face,
    Failure,
    Fmr,
    Gallery,
    OperatingPoint,
    Principle,
    Quality,
    Receipt,
    Recipe,
    Reference,
    Refusal,
    Score,
    Shape,
    Subject,
    Time,
)

LEAD = "A candidate is a lead that people review, never an answer; a score is a similarity, not a probability."
MATCH = "A match is a score above the threshold of an operating point with an error rate; it is not certainty."
Next = Annotated[str | None, Field(description="The cursor of the next page; null: this is the last one.")]
Said = Annotated[str, Field(description="What this answer does not say.")]


class Galleries(Shape):
    """A page of galleries by name."""

    galleries: list[Gallery]
    next: Next


class GalleryDone(Shape):
    """The gallery as it is now, or as it was before it was deleted."""

    gallery: Gallery
    receipt: Receipt


class Subjects(Shape):
    """A page of subjects by id."""

    subjects: list[Subject]
    next: Next


class References(Shape):
    """All references of a subject, in the order of enrolment."""

    references: list[Reference]


class SubjectShown(Shape):
    """A subject with its references."""

    subject: Subject
    references: list[Reference]


class SubjectDone(Shape):
    """The subject as it is now."""

    subject: Subject
    receipt: Receipt


class ReferenceDone(Shape):
    """The reference as it is now, or as it was before it was erased."""

    reference: Reference
    receipt: Receipt


class Withdrawal(Shape):
    """What keeps somebody out."""

    id: str
    since: Time


class SubjectErased(Shape):
    """Gone: key, references, kept pictures, index. `erasures` are the log's entries that say so.

    `withdrawal` is there where the erasure was one.
    """

    subject: Subject
    erasures: list[str]
    withdrawal: Withdrawal | None = None
    receipt: Receipt


class WithdrawalLifted(Shape):
    """`lifted` is false while a second key must confirm."""

    lifted: bool
    withdrawal: Withdrawal
    entry: str
    receipt: Receipt


class ReportEntry(Shape):
    """One entry of the log about a subject; `proof` is null until its epoch is published."""

    entry: str
    epoch: int
    meaning: str
    proof: str | None


class SubjectReport(Shape):
    """Every entry about a subject. `papers` are the files to hand over, by name; begin with `summary.txt`."""

    subject: str
    log: str
    log_key: str
    entries: list[ReportEntry]
    papers: dict[str, str]
    receipt: Receipt


class DuplicateLeads(Shape):
    """What the search for who else this may be gave: candidates, or why it was not done."""

    candidates: list[Candidate]
    operating_point: OperatingPoint | None = None
    reviewers: int = 0
    case: str | None = None
    refusal: Refusal | None = None
    receipt: Receipt | None = None
    honesty: Said = LEAD


class Enrolled(Shape):
    """`enrolled`, or `known`: the very same face of the same picture is a reference already, and nothing was added."""

    state: Annotated[str, Field(examples=["enrolled", "known"])]
    subject: str
    subject_id: str
    reference: str
    quality: Quality | None = None
    duplicates: DuplicateLeads | None = None
    receipt: Receipt


class BatchLine(Shape):
    """What came of one picture of a batch."""

    index: int
    image: str
    subject: str
    state: Annotated[str, Field(examples=["enrolled", "known", "withdrawn", "not-acquired", "refused", "unusable"])]
    reference: str | None = None
    subject_id: str | None = None
    since: int | None = None
    failure: Failure | None = None
    refusal: Refusal | None = None
    detail: str | None = None
    entry: str | None = None
    done: int
    total: int


class BatchDone(Shape):
    """All of a batch; the last line of a stream has `counts` alone."""

    items: list[BatchLine]
    counts: dict[str, int]


class Detected(Shape):
    """Every face of a picture, largest first; no template was made, so there is no receipt."""

    width: int
    height: int
    faces: list[Face]
    recipe: Recipe


class Verified(Shape):
    """One comparison."""

    match: bool
    score: Score | None
    fmr: Fmr
    operating_point: OperatingPoint
    faces: list[Face]
    honesty: Said = MATCH
    receipt: Receipt


class Searched(Shape):
    """One face of the picture and its leads."""

    face: Face
    candidates: list[Candidate]
    compared: int
    case: Annotated[str | None, Field(description="The review that the candidates wait for.")]


class Identified(Shape):
    """A candidate list; an empty one is an answer."""

    gallery: str
    searched: list[Searched]
    operating_point: OperatingPoint
    reviewers: Annotated[int, Field(description="So many people must look at each candidate.")]
    honesty: Said = LEAD
    receipt: Receipt


class SimilarPicture(Shape):
    """A picture by name, with the score of its likest face."""

    name: str
    score: Score
    fmr: Fmr
    rank: int


class FailedPicture(Shape):
    """A picture that took no part."""

    name: str
    failure: Failure


class Similar(Shape):
    """The likest pictures first."""

    similar: list[SimilarPicture]
    failed: list[FailedPicture]
    operating_point: OperatingPoint
    honesty: Said = LEAD
    receipt: Receipt


class Grouped(Shape):
    """Pictures by name: who looks alike, and who is like nobody."""

    groups: list[list[str]]
    single: list[str]
    failed: list[FailedPicture]
    comparisons: int
    operating_point: OperatingPoint
    honesty: Said = LEAD
    receipt: Receipt


class Proof(Shape):
    """`pending` until the entry's epoch is published, then `proven`, with the exact bytes and the C2SP tlog-proof."""

    entry: str
    state: Annotated[str, Field(examples=["pending", "proven"])]
    epoch: int
    public: Annotated[str | None, Field(description="The entry's exact bytes as text.")] = None
    proof: str | None = None
    detail: str = ""


class Statement(Shape):
    """A signed statement that was made on this data directory."""

    entry: str
    note: Annotated[str, Field(description="The signed text; anybody can count it again.")]


class Statements(Shape):
    """A page of statements by entry."""

    statements: list[Statement]
    next: Next


class LogKey(Shape):
    """The log's verifier key (C2SP signed-note vkey). Compare it with one that you have from elsewhere."""

    key: str
    origin: str
    published: Annotated[str, Field(description="Where the tiles are (C2SP tlog-tiles).")]


class Purpose(Shape):
    """A registered purpose."""

    id: str
    text: str
    legal_basis: str
    actions: list[str]
    authorities: list[str]
    approvals: int
    reviewers: int
    candidate_cap: int
    retention_days: int | None
    minors: list[str]


class Forbidden(Shape):
    """A purpose that no policy can permit."""

    id: str
    text: str
    principle: str


class Charter(Shape):
    """The charter in force, as far as it is for everybody: no principal is named."""

    digest: str
    operator: str
    contact: str
    principles: list[Principle]
    purposes: list[Purpose]
    forbidden: list[Forbidden]
    authorities: dict[str, str]


class OperatingPoints(Shape):
    """The points in force: of one comparison, and of a search among `identify.gallery_size` subjects."""

    recipe: Recipe
    verify: OperatingPoint
    identify: OperatingPoint


class FieldError(Shape):
    """What is wrong with one field, by JSON Pointer."""

    pointer: str
    detail: str


class Problem(Shape):
    """RFC 9457. `type` is one of the list in docs/native.md; the other members are there where they apply."""

    type: str
    title: str
    status: int
    detail: str
    instance: Annotated[str, Field(description="This request's id; the operator finds it in the log of the server.")]
    remedy: str | None = None
    where: str | None = None
    errors: list[FieldError] | None = None
    refusal: Refusal | None = None
    failure: Failure | None = None
    since: Annotated[str | None, Field(description="The day (UTC) of a withdrawal.")] = None
    receipt: Receipt | None = None
