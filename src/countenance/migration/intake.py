"""Intake: what may come in. A record without a basis and a date, of a minor or out of pose is let in by policy only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from countenance.gallery.basis import check_basis
from countenance.gallery.names import check_name
from countenance.migration.code import Code
from countenance.migration.legacy_record import LegacyImage, LegacyRecord
from countenance.migration.quality_gate import OFF, QualityGate
from countenance.migration.reader import Reader
from countenance.terms.errors import Malformed

FRONTAL = frozenset({"", "f", "frontal", "full frontal", "front", "0", "1", "2", "basic", "full-frontal", "token"})
"""How sources say that a face looks at the camera, or do not say (ANSI/NIST-ITL 10.020, ISO/IEC 19794-5 face type)."""
_DENIED = frozenset({"no", "false", "0", "denied", "withdrawn", "refused"})


@dataclass(frozen=True, slots=True)
class Intake:
    """What the operator says of a whole source. There is no default basis and no default date.

    ``basis`` and ``retain_until`` (Unix seconds) hold for records that have none of their own; ``minors`` and
    ``poses`` let in what is kept out otherwise; ``gate`` is for what is measured of a face.
    """

    basis: str | None = None
    retain_until: int | None = None
    minors: bool = False
    poses: bool = False
    gate: QualityGate = OFF

    def digest(self, reader: Reader, table: str) -> str:
        """What was rejected under the same terms need not be tried again."""
        said = [
            self.basis,
            self.retain_until,
            self.minors,
            self.poses,
            reader.kind,
            reader.version,
            table,
            self.gate.said(),
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Admissible:
    """An image that may come in: whose, on which basis, until when (Unix seconds)."""

    subject: str
    basis: str
    retain_until: int
    minor: bool


@dataclass(frozen=True, slots=True)
class Barred:
    """One that may not; ``detail`` is never personal."""

    code: Code
    detail: str = ""


def judge(intake: Intake, record: LegacyRecord, image: LegacyImage, now: int) -> Admissible | Barred:
    """Decide about an image of a record by what is said of it; nothing is decoded."""
    for verdict, detail in ((record.verdict, record.detail), (image.verdict, image.detail)):
        if verdict is not None:
            return Barred(verdict, detail)
    if record.tombstone:
        return Barred(Code.SOURCE_SOFT_DELETED, "the source says that this person was removed")
    if image.data is None:
        return Barred(Code.TEMPLATE_ONLY_NO_IMAGE)
    subject = name_of(record)
    if subject is None:
        return Barred(Code.NO_NATIVE_ID)
    basis, until = record.basis or intake.basis, seconds_of(record.retain_until) or intake.retain_until
    if basis is None or until is None:
        return Barred(Code.NO_LEGAL_BASIS, "no basis" if basis is None else "no retention date")
    if until <= now:
        return Barred(Code.RETENTION_EXPIRED)
    if is_denied(record):
        return Barred(Code.CONSENT_MISSING)
    if record.minor and not intake.minors:
        return Barred(Code.MINOR_WITHOUT_BASIS)
    if not intake.poses and not is_frontal(image.declared):
        return Barred(Code.POSE_OUT_OF_POLICY, f"declared {image.declared['pose'][:20]!r}")
    try:
        check_name(subject, "a subject's name")
        check_basis(basis)
    except Malformed as error:
        return Barred(Code.UNACCEPTABLE, error.what)
    return Admissible(subject, basis, until, bool(record.minor))


def name_of(record: LegacyRecord) -> str | None:
    """The subject's name: the source's own, or the first of the record's ids with its kind; None without either."""
    if record.person:
        return record.person
    return ":".join(record.native_ids[0]) if record.native_ids and record.native_ids[0][1] else None


def is_denied(record: LegacyRecord) -> bool:
    """Whether the source says that there is no consent."""
    return record.metadata.get("consent", "").lower() in _DENIED


def is_frontal(declared: Mapping[str, str]) -> bool:
    """Whether the source says so, or nothing."""
    return declared.get("pose", "").strip().lower() in FRONTAL


def seconds_of(day: str | None) -> int | None:
    """The first second of an ISO date in UTC; None where it is none."""
    try:
        return None if day is None else int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None
