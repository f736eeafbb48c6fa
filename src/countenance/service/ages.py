"""Who may be a minor: what is declared of a picture, a subject and a gallery; nothing is guessed from a face."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from countenance.service.asking import Asking
from countenance.terms.action import Action
from countenance.terms.errors import Malformed
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
    """Whoever is enrolled in it is thereby declared a minor."""
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


def declared(asking: Asking, gallery: Gallery, known: Subject | None) -> bool:
    """Whether the subject who is to be enrolled is a minor: said now, said before, or said of the whole gallery."""
    return asking.minor or (known is not None and is_minor(known)) or ages_of(gallery) is Ages.MINORS


def admit(gallery: Gallery, known: Subject | None, *, minor: bool) -> None:
    """Whether such a subject may be enrolled here; raises Malformed where not.

    Nobody who was enrolled as an adult becomes a minor by another picture: what was permitted then was permitted for
    an adult.
    """
    if minor and ages_of(gallery) is Ages.ADULTS:
        raise Malformed(
            f"the gallery {gallery.name} is for adults",
            remedy="Make one for minors, or for both: `countenance galleries create NAME --ages minors`.",
        )
    if minor and known is not None and not is_minor(known):
        raise Malformed(
            "this subject was enrolled as an adult",
            where=known.id,
            remedy="Erase them and enrol them again as a minor.",
        )


def marked(metadata: Mapping[str, str], *, minor: bool) -> dict[str, str]:
    """A subject's metadata with what was declared; raises Malformed where a caller uses a reserved key."""
    refuse_reserved(metadata)
    return {**metadata, **({MINOR: "yes"} if minor else {})}


def refuse_reserved(metadata: Mapping[str, object]) -> None:
    """Raises Malformed where a key is one that only the service sets."""
    for key in metadata:
        if key.startswith(RESERVED):
            raise Malformed(f"metadata keys that begin with {RESERVED} are the service's own", where=key)


def visible(metadata: Mapping[str, str]) -> dict[str, str]:
    """Metadata without the service's own: what a caller set and is shown."""
    return {key: value for key, value in metadata.items() if not key.startswith(RESERVED)}
