"""Who may be a minor: what is declared of a picture, a subject and a gallery; nothing is guessed from a face."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from countenance.service.asking import Asking
from countenance.terms.action import Action
from countenance.terms.errors import BrokenInput
from countenance.terms.gallery import Gallery, Subject

RESERVED = "countenance."
"""Metadata keys that begin so are the service's own; nobody else sets them."""
AGES = f"{RESERVED}ages"
"""Of a gallery: its ``Ages``."""
MINOR = f"{RESERVED}minor"
"""Of a subject: ``yes`` where it was declared a minor; else the key is not there."""

RIGHTS = frozenset({Action.DELETE, Action.EXPORT, Action.MANAGE})
"""What is done for a person or to a gallery, not with a face: no declared age stands against it."""


class Ages(StrEnum):
    """Whose faces a gallery holds, as it was declared when it was made."""

    ADULTS = "adults"
    """Nobody in it is declared a minor; a declared minor cannot be enrolled."""
    MINORS = "minors"
    """Everybody in it is declared a minor."""
    MIXED = "mixed"
    """Both: whoever is searched for in it may be a minor."""


def ages_of(gallery: Gallery) -> Ages:
    """What was declared of a gallery; adults where nothing was."""
    return Ages(gallery.metadata.get(AGES, Ages.ADULTS))


def is_minor(subject: Subject) -> bool:
    """Whether this subject was declared a minor."""
    return subject.metadata.get(MINOR) == "yes"


def may_be_minor(asking: Asking, action: Action, gallery: Gallery | None, named: bool | None) -> bool:
    """Whether anybody whose face takes part may be a minor.

    ``named``: whether the named subjects are declared minors, None where that was not looked up: then everybody in
    the gallery may take part.
    """
    if action in RIGHTS:
        return False
    if named is None:
        named = gallery is not None and ages_of(gallery) is not Ages.ADULTS
    return asking.minor or named


def admit(gallery: Gallery, known: Subject | None, *, minor: bool) -> bool:
    """Whether the subject to be enrolled is a minor: declared now, or before.

    Raises BrokenInput where the gallery is not for such subjects, or the subject was enrolled as an adult.
    """
    if known is not None and minor and not is_minor(known):
        raise BrokenInput(
            "this subject was enrolled as an adult",
            where=known.id,
            remedy="Erase them and enrol them again as a minor; what was permitted for an adult is not for a child.",
        )
    minor = minor or (known is not None and is_minor(known))
    ages = ages_of(gallery)
    if minor and ages is Ages.ADULTS:
        raise BrokenInput(
            f"the gallery {gallery.name} is for adults",
            remedy="Make one for minors, or for both: `countenance galleries create NAME --ages minors`.",
        )
    if not minor and ages is Ages.MINORS:
        raise BrokenInput(
            f"the gallery {gallery.name} is for minors only", remedy="Enrol with --minor, or in another gallery."
        )
    return minor


def marked(metadata: Mapping[str, str], *, minor: bool) -> dict[str, str]:
    """A subject's metadata with what was declared; raises BrokenInput where a caller uses a reserved key."""
    refuse_reserved(metadata)
    return {**metadata, **({MINOR: "yes"} if minor else {})}


def refuse_reserved(metadata: Mapping[str, object]) -> None:
    """Raises BrokenInput where a key is one that only the service sets."""
    for key in metadata:
        if key.startswith(RESERVED):
            raise BrokenInput(f"metadata keys that begin with {RESERVED} are the service's own", where=key)
