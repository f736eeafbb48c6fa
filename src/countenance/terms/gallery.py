"""Galleries, subjects and references."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from countenance.terms.look import Look


class Keep(StrEnum):
    """What a gallery keeps of a sample beside the template."""

    NONE = "none"
    CROP = "crop"
    IMAGE = "image"


class BatchState(StrEnum):
    """Whether what a batch brought is seen: only where it is published."""

    STAGED = "staged"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    """Published once and taken back; it can be published again."""
    HELD = "held"
    """Waits for a person's decision, and is published never: what is decided for moves to a batch that can be."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What came into a gallery together. ``created`` is in Unix seconds."""

    id: str
    gallery: str
    state: BatchState
    created: int


@dataclass(frozen=True, slots=True)
class Gallery:
    """``pseudonym`` is random, given at creation, and all that the public log says of it.

    ``metadata`` is free text by key, sealed at rest.
    """

    id: str
    name: str
    pseudonym: str
    keep: Keep
    created: int
    space: str | None = None
    subjects: int = 0
    references: int = 0
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject of a gallery. ``metadata`` is free text by key, sealed at rest; times are Unix seconds.

    ``former`` are the names it had before: what the log keeps behind its commitments knows it by them.
    """

    id: str
    gallery: str
    name: str
    created: int
    basis: str
    retain_until: int | None
    references: int = 0
    metadata: dict[str, str] = field(default_factory=dict)
    former: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """One enrolled template of a subject, without its numbers. Digests are SHA-256 in hex.

    ``metadata`` is free text by key, sealed at rest. ``look`` is its picture's and ``ids`` are its record's in the
    system that it came from, where it came from one: a withdrawal knows it by them.
    """

    id: str
    subject: str
    recipe: str
    space: str
    sample_digest: str
    face: str
    quality: dict[str, int]
    created: int
    kept: Keep
    metadata: dict[str, str] = field(default_factory=dict)
    look: Look | None = None
    ids: tuple[str, ...] = ()
