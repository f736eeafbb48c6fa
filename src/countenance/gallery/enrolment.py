"""What is to be enrolled, checked, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from countenance.gallery.basis import check_basis
from countenance.gallery.fit import want_template
from countenance.gallery.metadata import check_metadata
from countenance.gallery.names import check_name
from countenance.terms.acquisition import Probe
from countenance.terms.errors import Malformed, RecipeMismatch, UnknownName
from countenance.terms.gallery import Reference
from countenance.terms.look import Look
from countenance.terms.receipt import Receipt
from countenance.terms.sample import Sample, SampleRef


@dataclass(frozen=True, slots=True, eq=False)
class EnrolItem:
    """One face to enrol. ``samples`` is the receipt's whole list where it is a set receipt, else empty.

    ``retain_until`` is in Unix seconds; ``basis`` the class of the authority (``consent``, …). ``subject`` is a name,
    or with ``by_id`` the id of a subject who is there. ``metadata`` are the subject's, ``about`` the reference's.
    With ``batch`` (an id) nobody sees the reference before that is published, nor from then on those (by id) that it
    ``supersedes``; a subject who was there keeps basis, date and metadata as they are. ``look`` and ``ids``
    are as in Reference. Not ``pictured``: nothing is kept of the picture, for it is not there. Raises Malformed.
    """

    receipt: Receipt
    subject: str
    probe: Probe
    sample: Sample
    basis: str
    retain_until: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    samples: Sequence[SampleRef] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    by_id: bool = False
    batch: str = ""
    supersedes: Sequence[str] = ()
    look: Look | None = None
    ids: tuple[str, ...] = ()
    pictured: bool = True

    def __post_init__(self) -> None:
        check_name(self.subject, "a subject's name")
        want_template(self.probe.template)
        if self.probe.template.sample.digest != self.sample.digest:
            raise Malformed("this template was not made of this sample", where=self.sample.name)
        check_basis(self.basis)
        check_metadata(self.metadata)
        check_metadata(self.about)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The new reference, durable; ``new_subject`` where its subject was made with it."""

    reference: Reference
    new_subject: bool


@dataclass(frozen=True, slots=True)
class AlreadyEnrolled:
    """Nothing was added: the same face of the same sample is a reference of the subject with this id and name."""

    subject: str
    name: str
    reference: str


class By(StrEnum):
    """By what somebody is known again."""

    NAME = "name"
    RECORD = "record"
    SAMPLE = "sample"
    PIXELS = "pixels"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Tombstoned:
    """Nothing was added: the subject of this name, record or picture withdrew and is not to come back."""

    since: int
    """When they withdrew, in Unix seconds."""
    by: By = By.NAME


EnrolOutcome = Enrolment | AlreadyEnrolled | Tombstoned
NotEnrolled = RecipeMismatch | UnknownName
"""What is wrong with one item of a batch and keeps no other out."""
