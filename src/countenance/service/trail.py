"""The trail of a subject: which entries of the log keep something about them behind their commitments.

The log records what was said when it was asked, so a subject is found by name or by id, whichever an entry has, and
only in entries about the subject's own gallery: two galleries may know two people by one name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from countenance.gallery.names import normal_form
from countenance.ledger.entry import parse
from countenance.ledger.ledger import Ledger
from countenance.terms.action import Action
from countenance.terms.gallery import Gallery, Subject


class Concern(StrEnum):
    """What an entry has to do with the subject."""

    ENROLMENT = "enrolment"
    """Theirs alone: the request to enrol them, and what came of it."""
    ACT = "act"
    """Another act that names them: an erasure, a report, a refused request."""
    CANDIDATE = "candidate"
    """Somebody's search that listed them; the rest of it is about somebody else."""
    AUTHORITY = "authority"
    """An authority that is limited to them and others."""
    ERASURE = "erasure"
    """What was kept about them was destroyed."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One entry by its id; ``fields`` are those of its detail that speak of the subject, all of it where empty."""

    entry: str
    concern: Concern
    fields: tuple[str, ...] = ()


def trail(ledger: Ledger, gallery: Gallery, subject: Subject | None, *, start: int = 0) -> Iterator[Trace]:
    """Every trace from the sequence number ``start`` on; without ``subject``, of the whole gallery.

    In the log's order, but a report's outcome follows its intent. Costs what is found; a gallery's, all of the vault.
    Entries whose detail was erased say nothing any more and are not found.
    """
    words = None if subject is None else {subject.id, *map(normal_form, (subject.name, *subject.former))}
    for entry in ledger.ids(words, start):
        detail = ledger.detail(entry)
        found = None if detail is None else _trace(ledger, gallery, entry, detail, words)
        if found is not None:
            yield found
            if found.concern is Concern.ACT and (told := _recipient(ledger, entry)) is not None:
                yield told


def trail_of_sample(ledger: Ledger, gallery: Gallery, digest: str) -> Iterator[Trace]:
    """The enrolments in this gallery that name this sample (SHA-256, hex), by the field that does."""
    for entry in ledger.ids((digest,)):
        detail = ledger.detail(entry)
        if detail is not None and any(sample[0] == digest for sample in detail.get("samples") or ()):
            kind, said = parse(ledger.entry(entry))
            if kind == "intent" and said["gal"] == gallery.pseudonym and said["act"] == Action.ENROL:
                yield Trace(entry, Concern.ENROLMENT, ("samples",))


def erasures_of(ledger: Ledger, subject: str) -> Iterator[Trace]:
    """The erasures of the subject of this id, who has no name any more."""
    for entry in ledger.ids((subject,)):
        detail = ledger.detail(entry)
        if detail is not None and "entries" in detail and detail.get("subject") == subject:
            yield Trace(entry, Concern.ERASURE)


def _trace(
    ledger: Ledger, gallery: Gallery, entry: str, detail: Mapping[str, Any], words: set[str] | None
) -> Trace | None:
    named = _named(detail.get("subject"))
    listed = [row[0] for row in detail.get("candidates") or ()]
    scope = detail.get("subjects") or detail.get("excluded") or []
    if not any(_meets(each, words) for each in (named, listed, scope)):
        return None
    kind, said = parse(ledger.entry(entry))
    match kind:
        case "authority":
            elsewhere = detail.get("galleries") and gallery.name not in detail["galleries"]
            return None if elsewhere or not _meets(scope, words) else Trace(entry, Concern.AUTHORITY, ("subjects",))
        case "erasure" if _meets(named, words) and words is not None:
            return Trace(entry, Concern.ERASURE, ("subject",))
        case "intent" if said["gal"] == gallery.pseudonym:
            act = said["act"]
        case "outcome" if (asked := parse(ledger.entry(said["of"])).fields)["gal"] == gallery.pseudonym:
            act = asked["act"]
        case _:
            return None
    if _meets(listed, words):
        return Trace(entry, Concern.CANDIDATE, ("candidates",))
    if act != Action.ENROL:
        return Trace(entry, Concern.ACT, _speaking(detail, words) or ("subject",))
    return Trace(entry, Concern.ENROLMENT, () if len(named) == 1 else ("samples", "subject"))


def _recipient(ledger: Ledger, intent: str) -> Trace | None:
    """A report's outcome names its recipient, who may be the subject."""
    outcome = f"{intent}.outcome"
    detail = ledger.detail(outcome) if ledger.has(outcome) else None
    return Trace(outcome, Concern.ACT, ("recipient",)) if detail and detail.get("recipient") else None


def _named(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _meets(said: list[str], words: set[str] | None) -> bool:
    return bool(said) and (words is None or not words.isdisjoint(map(normal_form, said)))


def _speaking(detail: Mapping[str, Any], words: set[str] | None) -> tuple[str, ...]:
    """The fields in which the subject's name or id stands, free text too."""
    return tuple(
        sorted(name for name, value in detail.items() if any(_json(word)[1:-1] in _json(value) for word in words or ()))
    )


def _json(value: Any) -> str:
    return normal_form(json.dumps(value, ensure_ascii=False))
