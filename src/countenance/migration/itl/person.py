"""Whose transaction it is, as far as the customer's domain map tells: the text of Type-2 means nothing without it."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

from countenance.migration.code import Code
from countenance.migration.dates import day_of
from countenance.migration.itl.domain_map import Domain
from countenance.migration.legacy_record import Note
from countenance.migration.text import decode

_ADULT = 18


class Text(Protocol):
    """A Type-2 record in either encoding."""

    def others(self, named: Set[str]) -> int:
        """How many fields it has beside these."""

    def value(self, field: str) -> bytes:
        """The first value of a field; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Person:
    """``name`` as the map's person field says; None without a map, or where records of Type-2 differ about it."""

    name: str | None
    minor: bool | None
    metadata: dict[str, str]
    notes: tuple[Note, ...]


def person_of(records: Sequence[Text], domain: Domain, charset: str) -> Person:
    """What the records of Type-2 say; fields that the map does not name are counted and left where they are."""
    notes: list[Note] = []

    def text(field: str) -> str | None:
        values = {value for each in records if (value := each.value(field))} if field else set()
        if len(values) > 1:
            # Which of them the pictures belong to is not for a machine to say.
            notes.append(Note(Code.IDC_MISMATCH, f"{field} differs between records of type 2"))
        if len(values) != 1:
            return None
        decoded, note = decode(values.pop(), charset)
        if note is not None:
            notes.append(Note(note.code, f"{field}: {note.detail}"))
        return decoded or None

    name = text(domain.person)
    metadata = {each: value for each, field in domain.keep.items() if (value := text(field)) is not None}
    born = day_of(text(domain.born) or "")
    named = {domain.person, domain.born, *domain.keep.values()}
    if unnamed := sum(each.others(named) for each in records):
        notes.append(Note(Code.UNKNOWN_FIELD, f"type 2: {unnamed} not kept"))
    return Person(name, None if born is None else _is_minor(date.fromisoformat(born)), metadata, tuple(notes))


def native_ids(origin: str, number: str, digest: str) -> tuple[tuple[str, str], ...]:
    """The control number with the agency that gave it; the transaction's digest where there is none."""
    return (("tcn", f"{origin}/{number}"),) if number else (("sha256", digest),)


def _is_minor(born: date) -> bool:
    today = datetime.now(UTC).date()
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    return today.year - born.year - (not had_birthday) < _ADULT
