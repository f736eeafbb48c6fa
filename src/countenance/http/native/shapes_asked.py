"""What requests say beside their pictures: one model an operation; the same fields by JSON, form or query."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from countenance.cases.review import Finding
from countenance.service.ages import Ages
from countenance.terms.acquisition import FaceChoice
from countenance.terms.action import Action
from countenance.terms.face import Box as TermBox
from countenance.terms.gallery import Keep
from countenance.terms.key_role import DEFAULT, KeyRole

MOST_PAGE, MOST_CANDIDATES, MOST_ITEMS, MOST_SAMPLES = 1000, 1000, 2000, 200
MOST_CASE, MOST_REASON = 600, 2000
Name = Annotated[str, Field(min_length=1, max_length=256, description="Printable, without blanks at its ends.")]
Metadata = Annotated[
    dict[str, str], Field(description="Free text by key, sealed at rest; at most 64 keys.", max_length=64)
]
Changes = Annotated[
    dict[str, str | None],
    Field(description="Keys to set; null takes a key out, what is not named stays (RFC 7396).", max_length=64),
]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="A day in UTC, YYYY-MM-DD.")]
Retain = Annotated[
    int | None,
    Field(ge=1, le=253_402_300_799, description="Unix seconds; the charter's retention where it is left out."),
]
Until = Annotated[int, Field(ge=1, le=253_402_300_799, description="Unix seconds.")]
Names = Annotated[list[Name], Field(max_length=1000)]
Basis = Annotated[
    str | None, Field(max_length=200, description="The legal basis; the authority's class where it is left out.")
]


class Asked(BaseModel):
    """What every request may say of itself. It narrows what the key is bound to and never widens it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    purpose: Annotated[str | None, Field(max_length=600, description="One of the key's purposes.")] = None
    authority: Annotated[str | None, Field(max_length=600, description="CLASS:REFERENCE.")] = None
    case: Annotated[str, Field(max_length=MOST_CASE, description="A case number; sealed in the log.")] = ""
    reason: Annotated[str, Field(max_length=MOST_REASON, description="Why; sealed in the log.")] = ""
    minor: Annotated[bool, Field(description="A face in the pictures is declared a minor's.")] = False


class Paged(Asked):
    """One page of a listing."""

    limit: Annotated[int, Field(ge=1, le=MOST_PAGE, description="Items of a page.")] = 100
    cursor: Annotated[str | None, Field(max_length=2048, description="`next` of the page before.")] = None


class Box(BaseModel):
    """A rectangle in pixels of the upright picture."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    left: Annotated[float, Field(ge=-1e6, le=1e6)]
    top: Annotated[float, Field(ge=-1e6, le=1e6)]
    width: Annotated[float, Field(gt=0, le=1e6)]
    height: Annotated[float, Field(gt=0, le=1e6)]

    @property
    def term(self) -> TermBox:
        """As the rooms know it."""
        return TermBox(self.left, self.top, self.width, self.height)


class NewGallery(Asked):
    """A gallery to be made."""

    name: Annotated[Name, Field(pattern=r"^[^/]+$", examples=["registry"])]
    keep: Annotated[Keep, Field(description="What is kept of a picture beside the template.")] = Keep.NONE
    ages: Annotated[Ages, Field(description="Whose faces it holds; said once and for good.")] = Ages.ADULTS
    metadata: Metadata = Field(default_factory=dict)


class GalleryChange(Asked):
    """What changes of a gallery."""

    metadata: Changes


class NewSubject(Asked):
    """A subject without a face yet."""

    name: Annotated[Name | None, Field(description="Its id where it is left out.")] = None
    metadata: Metadata = Field(default_factory=dict)
    basis: Basis = None
    retain_until: Retain = None


class SubjectChange(Asked):
    """What changes of a subject."""

    name: Name | None = None
    metadata: Changes = Field(default_factory=dict)


class ReferenceChange(Asked):
    """What changes of a reference."""

    metadata: Changes


class ReportFor(Asked):
    """To whom a report is given."""

    recipient: Annotated[str, Field(max_length=600, description="Sealed in the log.")] = ""


class OneFace(Asked):
    """Which face of the picture is meant."""

    faces: Annotated[
        Literal[FaceChoice.ONE, FaceChoice.LARGEST, FaceChoice.CENTRAL],
        Field(description="`one`: several faces are a failure to acquire."),
    ] = FaceChoice.ONE
    near: Annotated[Box | None, Field(description="The face that this rectangle shows; `faces` is passed over.")] = None


class NewReference(OneFace):
    """A picture to enrol of a subject who is there."""

    basis: Basis = None
    retain_until: Retain = None
    metadata: Metadata = Field(default_factory=dict)


class NewEnrolment(OneFace):
    """A picture to enrol, of a subject who is made where there is none of this name."""

    subject: Annotated[Name, Field(examples=["Ada"])]
    metadata: Metadata = Field(default_factory=dict)
    basis: Basis = None
    retain_until: Retain = None
    duplicates: Annotated[
        bool, Field(description="Search first for who else this may be: an act of its own, with its own receipt.")
    ] = False


class BatchItem(BaseModel):
    """One picture of a batch, by its file name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: Annotated[str, Field(min_length=1, max_length=1000, description="The file name of a part `images`.")]
    subject: Name
    metadata: Metadata = Field(default_factory=dict)
    basis: Basis = None
    retain_until: Retain = None


class Batch(Asked):
    """Many pictures at once."""

    faces: Literal[FaceChoice.ONE, FaceChoice.LARGEST, FaceChoice.CENTRAL] = FaceChoice.ONE
    items: Annotated[
        list[BatchItem] | None,
        Field(
            max_length=MOST_ITEMS,
            description="JSON. Where it is left out, each picture is of a subject named like its file.",
        ),
    ] = None


class Detecting(Asked):
    """Nothing beside the picture."""


class Verifying(Asked):
    """Two pictures."""

    faces: Literal[FaceChoice.ONE, FaceChoice.LARGEST, FaceChoice.CENTRAL] = FaceChoice.ONE


class Identifying(Asked):
    """A search of a gallery."""

    most: Annotated[int, Field(ge=1, le=MOST_CANDIDATES, description="The charter may allow fewer.")] = 5
    faces: FaceChoice = FaceChoice.ONE
    where: Annotated[
        dict[str, str], Field(description="Only among subjects with all of these metadata.", max_length=64)
    ] = Field(default_factory=dict)
    exclude: Annotated[Names, Field(description="Not among these subjects, by id or name.")] = Field(
        default_factory=list
    )


class FindingSimilar(Asked):
    """A ranking of other pictures."""

    most: Annotated[int, Field(ge=1, le=MOST_CANDIDATES)] = 20
    every: Annotated[bool, Field(description="Also those below the operating point.")] = False
    faces: FaceChoice = FaceChoice.ONE


class Grouping(Asked):
    """Many pictures, sorted by who looks alike."""

    faces: Literal[FaceChoice.ONE, FaceChoice.LARGEST, FaceChoice.CENTRAL] = FaceChoice.ONE


class Points(Asked):
    """Of which gallery's size."""

    gallery: Annotated[Name | None, Field(description="The point of a search depends on the gallery's size.")] = None


class NewStatement(Asked):
    """Which days are stated."""

    first: Day
    last: Day
    close_epoch: Annotated[
        bool, Field(description="Close the running epoch first: a governor's act, told for ever where it is early.")
    ] = False


class ReviewsAsked(Paged):
    """Which reviews are listed."""

    every: Annotated[bool, Field(description="Also those that are decided.")] = False


class NewVerdict(Asked):
    """What one person found; `reason` is sealed and has at most 512 characters."""

    finding: Finding
    rank: Annotated[int | None, Field(ge=1, le=MOST_CANDIDATES, description="Of the candidate that is confirmed.")] = (
        None
    )


class NewApproval(Asked):
    """The request of somebody else that is approved: for `purpose`, on `authority`."""

    act: Literal[Action.SEARCH, Action.GROUP, Action.WATCH] = Action.SEARCH
    gallery: Annotated[Name | None, Field(description="In which gallery.")] = None
    sample: Annotated[
        str,
        Field(pattern=r"^([0-9a-f]{64})?$", description="SHA-256 of the one picture that it holds for; empty: any."),
    ] = ""
    expires: Annotated[Until | None, Field(description="Unix seconds; after a day where it is left out.")] = None


class NewAuthority(Asked):
    """An authority to put on file; the names of a scope that is left out are no limit."""

    authority: Annotated[str, Field(max_length=600, description="CLASS:REFERENCE, by which requests name it.")]
    issuer: Annotated[str, Field(min_length=1, max_length=512, description="Who issued it.")]
    document: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$", description="SHA-256 of the document.")] = ""
    issued: Annotated[Until | None, Field(description="Unix seconds; now where it is left out.")] = None
    expires: Until | None = None
    bound_to: Annotated[
        str | None,
        Field(max_length=512, description="Makes it standing, for one principal: `key:…`, `oidc:…`, `os:…`."),
    ] = None
    purposes: Names = Field(default_factory=list)
    galleries: Names = Field(default_factory=list)
    subjects: Names = Field(default_factory=list)
    comparisons: Annotated[int | None, Field(ge=1, le=2**53, description="Only so many acts that compare.")] = None


class NewKey(Asked):
    """A key of the asking key's own tenant; docs/access.md says what each field does."""

    name: Annotated[Name, Field(description="Whose it is or what for; sealed at rest.")]
    roles: Annotated[list[KeyRole], Field(min_length=1, max_length=len(KeyRole))] = sorted(DEFAULT)
    purposes: Names = Field(default_factory=list)
    galleries: Names = Field(default_factory=list)
    acts_on: Annotated[
        str | None, Field(max_length=600, description="CLASS:REFERENCE, which stands where a caller names none.")
    ] = None
    standing: Annotated[bool, Field(description="Only a standing authority on file for this key counts.")] = False
    expires: Until | None = None
    rate: Annotated[float | None, Field(gt=0, le=1e6, description="Requests a second.")] = None
    concurrency: Annotated[int | None, Field(ge=1, le=1_000_000, description="Requests at once.")] = None
    minors: Annotated[bool, Field(description="Whoever it sends is declared to be a minor.")] = False
    deletes_withdraw: Annotated[bool, Field(description="What it erases cannot be enrolled again.")] = False


class Rotation(Asked):
    """How long the old secret is good beside the new one."""

    overlap: Annotated[int, Field(ge=0, le=90 * 86_400, description="Seconds.")] = 86_400
