"""Exits: what becomes of an image, how far it came, and which code leads where."""

from __future__ import annotations

from enum import StrEnum

from countenance.migration.code import Code
from countenance.terms.acquisition import FailureReason


class Exit(StrEnum):
    """Every image takes exactly one; in the order in which a person or a unit is told by its images' best."""

    ENROLLED = "enrolled"
    UPDATED = "updated"
    """Enrolled in place of an earlier image of the same place in the source."""
    UNCHANGED = "unchanged"
    """An earlier run decided, and nothing has changed."""
    DUPLICATE = "duplicate"
    HELD = "held"
    """A person decides."""
    TOMBSTONED = "tombstoned"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    FAILED = "failed"
    """Not the source's fault; the next run tries again."""


class Reached(StrEnum):
    """How far it came."""

    READ = "read"
    PARSED = "parsed"
    CHECKED = "checked"
    """The policy let it in."""
    DECODED = "decoded"
    DETECTED = "detected"
    TEMPLATED = "templated"
    STAGED = "staged"


_OTHER = {
    Code.NOT_FACE_MODALITY: Exit.SKIPPED,
    Code.NOT_A_PICTURE: Exit.SKIPPED,
    Code.SOURCE_SOFT_DELETED: Exit.SKIPPED,
    Code.DUPLICATE_IMAGE: Exit.DUPLICATE,
    Code.TOMBSTONED_ID: Exit.TOMBSTONED,
    Code.TOMBSTONED_IMAGE: Exit.TOMBSTONED,
    Code.TOMBSTONED_SIMILAR: Exit.HELD,
    Code.CONFLICT_SAME_FACE_OTHER_SUBJECT: Exit.HELD,
    Code.CONFLICT_SAME_SUBJECT_OTHER_FACE: Exit.HELD,
    Code.SUBJECT_REMOVED: Exit.HELD,
    Code.READER_FAILED: Exit.FAILED,
}

FAILURES = {
    FailureReason.EMPTY: (Code.IMAGE_UNDECODABLE, Reached.CHECKED),
    FailureReason.UNDECODABLE: (Code.IMAGE_UNDECODABLE, Reached.CHECKED),
    FailureReason.TRUNCATED: (Code.IMAGE_TRUNCATED, Reached.CHECKED),
    FailureReason.UNSUPPORTED_FORMAT: (Code.CODEC_UNSUPPORTED, Reached.CHECKED),
    FailureReason.TOO_MANY_BYTES: (Code.IMAGE_TOO_LARGE, Reached.CHECKED),
    FailureReason.TOO_MANY_PIXELS: (Code.IMAGE_TOO_LARGE, Reached.CHECKED),
    FailureReason.NO_FACE: (Code.NO_FACE, Reached.DECODED),
    FailureReason.SEVERAL_FACES: (Code.MANY_FACES, Reached.DETECTED),
    FailureReason.FACE_TOO_SMALL: (Code.FACE_TOO_SMALL, Reached.DETECTED),
    FailureReason.QUALITY_TOO_LOW: (Code.QUALITY_BELOW_GATE, Reached.TEMPLATED),
}
"""What a failure to acquire means here, and how far its picture came."""


def exit_of(code: Code) -> Exit:
    """Where a code leads: what is not skipped, held or the like is rejected."""
    return _OTHER.get(code, Exit.REJECTED)
