"""The legacy record: the one unit that every reader yields and all that comes after understands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from countenance.migration.code import Code


@dataclass(frozen=True, slots=True)
class Note:
    """A deviation that was met and read past. ``detail`` is never personal."""

    code: Code
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """Where the source says the face is: pixels from the upper left corner of the image as it is seen (upright)."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class LegacyImage:
    """An image of a record, or the place where one should be.

    ``native_id`` names it within its record for ever (an IDC, an embedding's id, a relative path). ``data`` is None
    where the source has no bytes (``verdict`` then says why). ``declared`` is what the source claims (width, height,
    codec, pose, quality, ...): reported, never believed. ``captured`` is an ISO 8601 date or None where it is unknown.
    ``verdict``: the reader's own skip or reject; what comes after does not touch such an image any more.
    """

    native_id: str
    data: bytes | None
    box: Box | None = None
    captured: str | None = None
    declared: Mapping[str, str] = field(default_factory=dict)
    offset: int = 0
    length: int = 0
    verdict: Code | None = None
    detail: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class LegacyRecord:
    """One person's record as one source unit holds it.

    ``unit`` names the file, transaction or row (relative to the source, stable between runs); ``offset`` and
    ``length`` are its bytes in the file. ``native_ids`` are pairs (kind, value) such as ("tcn", "…"), the first being
    the one that makes a second run idempotent. ``person`` is the subject's name or number in the source, None where
    the source has none. ``basis``, ``retain_until`` (ISO date) and ``minor`` only where the source itself says so.
    ``verdict`` rejects or skips the record whole; ``tombstone`` is true where the source says that this person was
    removed (then nothing is enrolled, and its ids are kept out from now on).
    """

    source: str
    unit: str
    native_ids: tuple[tuple[str, str], ...]
    person: str | None
    images: tuple[LegacyImage, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)
    basis: str | None = None
    retain_until: str | None = None
    minor: bool | None = None
    offset: int = 0
    length: int = 0
    sha256: str = ""
    verdict: Code | None = None
    detail: str = ""
    tombstone: bool = False
    notes: tuple[Note, ...] = ()
