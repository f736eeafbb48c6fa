"""What is to be enrolled, checked, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from countenance.gallery.fit import want_template
from countenance.gallery.names import check_name
from countenance.terms.acquisition import Probe
from countenance.terms.errors import Malformed
from countenance.terms.gallery import Reference
from countenance.terms.receipt import Receipt
from countenance.terms.sample import Sample, SampleRef

MAX_BASIS = 64
MAX_METADATA_KEYS = 64
MAX_METADATA_BYTES = 16_384


@dataclass(frozen=True, slots=True, eq=False)
class EnrolItem:
    """One face to enrol. ``samples`` is the receipt's whole list where it is a set receipt, else empty.

    ``retain_until`` is in Unix seconds; ``basis`` the class of the authority (``consent``, …). Raises Malformed.
    """

    receipt: Receipt
    subject: str
    probe: Probe
    sample: Sample
    basis: str
    retain_until: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    samples: Sequence[SampleRef] = ()

    def __post_init__(self) -> None:
        check_name(self.subject, "a subject's name")
        want_template(self.probe.template)
        if self.probe.template.sample.digest != self.sample.digest:
            raise Malformed("this template was not made of this sample", where=self.sample.name)
        if not 0 < len(self.basis) <= MAX_BASIS or not self.basis.isprintable():
            raise Malformed(f"a consent basis is printable text of 1 to {MAX_BASIS} characters")
        _check_metadata(self.metadata)


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


@dataclass(frozen=True, slots=True)
class Tombstoned:
    """Nothing was added: the sample belonged to an erased reference, and does not come back by being enrolled again."""

    erased: int
    """When, in Unix seconds."""


EnrolOutcome = Enrolment | AlreadyEnrolled | Tombstoned


def _check_metadata(metadata: Mapping[str, str]) -> None:
    size = 0
    for key, value in metadata.items():
        check_name(key, "a metadata key")
        try:
            size += len(key.encode("utf-8")) + len(value.encode("utf-8"))
        except UnicodeEncodeError:
            raise Malformed(f"the metadata value of {key!r} is not Unicode text") from None
    if len(metadata) > MAX_METADATA_KEYS or size > MAX_METADATA_BYTES:
        raise Malformed(
            f"metadata has at most {MAX_METADATA_KEYS} keys and {MAX_METADATA_BYTES} bytes; "
            f"got {len(metadata)} keys and {size} bytes"
        )
