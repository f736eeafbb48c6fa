"""Whose transaction it is, as far as the customer's domain map tells: Type-2 means nothing without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from countenance.migration.code import Code
from countenance.migration.dates import day_of
from countenance.migration.itl.domain_map import Domain
from countenance.migration.itl.fields import Fields
from countenance.migration.legacy_record import Note
from countenance.migration.text import claim, decode

_HEAD = 2
"""Fields of every Type-2 record: its length and its IDC."""
_ADULT = 18


@dataclass(frozen=True, slots=True)
class Person:
    """``name`` as the map's person field says; None without a map, or where records of Type-2 differ about it."""

    name: str | None
    minor: bool | None
    metadata: dict[str, str]
    notes: tuple[Note, ...]


def person_of(records: Sequence[Fields], domain: Domain, charset: str) -> Person:
    """What the records of Type-2 say; fields that the map does not name are counted and left where they are."""
    notes: list[Note] = []

    def text(number: int | None) -> str | None:
        values = {value for each in records if (value := each.item(number))} if number is not None else set()
        if len(values) > 1:
            # Which of them the pictures belong to is not for a machine to say.
            notes.append(Note(Code.IDC_MISMATCH, f"2.{number:03} differs between records of type 2"))
        if len(values) != 1:
            return None
        decoded, note = decode(values.pop(), charset)
        if note is not None:
            notes.append(Note(note.code, f"2.{number:03}: {note.detail}"))
        return decoded or None

    name = text(domain.person)
    metadata = {each: value for each, number in domain.keep.items() if (value := text(number)) is not None}
    named = {domain.person, domain.born, *domain.keep.values()}
    if unnamed := sum(number > _HEAD and number not in named for each in records for number in each.values):
        notes.append(Note(Code.UNKNOWN_FIELD, f"type 2: {unnamed} not kept"))
    born = None if domain.born is None else day_of(claim(next((each.item(domain.born) for each in records), b"")))
    return Person(name, None if born is None else _is_minor(date.fromisoformat(born)), metadata, tuple(notes))


def _is_minor(born: date) -> bool:
    today = datetime.now(UTC).date()
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    return today.year - born.year - (not had_birthday) < _ADULT
