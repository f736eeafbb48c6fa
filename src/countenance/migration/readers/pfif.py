"""PFIF 1.1 to 1.4 (People Finder Interchange Format, zesty.ca/pfif): persons and notes, joined with photographs."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from countenance.migration.code import Code
from countenance.migration.legacy_record import LegacyRecord, Note
from countenance.migration.listing import Join, Listing, Page, Photographs, looked_at
from countenance.migration.text import decode
from countenance.migration.xml_groups import Group, groups
from countenance.terms.errors import Malformed

_RECORD = re.compile(rb"<(?:[\w.-]{1,64}:)?(?:person|note)[\s/>]")
_PHOTOGRAPH = re.compile(rb"<(?:[\w.-]{1,64}:)?photo_url\s*>\s*[^\s<]")
_ID = re.compile(rb"<(?:[\w.-]{1,64}:)?person_record_id\s*>([^<]*)<")
_LATER = {
    "first_name": "given_name",
    "last_name": "family_name",
    "found": "author_made_contact",
    "other": "description",
    "home_zip": "home_postal_code",
}
"""What fields of 1.1 to 1.3 are called in 1.4."""
_PERSON = frozenset(
    [
        "source_name", "source_url", "full_name", "given_name", "family_name", "alternate_names", "description", "sex",
        "date_of_birth", "age", "home_street", "home_neighborhood", "home_city", "home_state", "home_postal_code",
        "home_country", "profile_urls",
    ]
)  # fmt: skip
_NOTE = frozenset(["author_made_contact", "status", "last_known_location", "text", "linked_person_record_id"])
"""What is kept of a person and of a note; contact data of authors and finders stays where it is."""
_LINKS = 16
_LEFT = frozenset({"person_record_id", "source_date", "entry_date", "expiry_date"})
"""What a placeholder has left when the rest was wiped (PFIF 1.4, "Expiry and deletion")."""
_ADULT = 18


@dataclass(frozen=True, slots=True)
class _Entry:
    """A person or a note: its fields by their names of 1.4, and whom it is about."""

    is_note: bool
    person: str
    fields: dict[str, str]
    garbled: tuple[Note, ...]


@dataclass(slots=True)
class _Known:
    """What all pages together say of a person."""

    minor: bool | None = None
    until: str | None = None
    removed: bool = False
    notes: int = 0
    status: tuple[str, str] = ("", "")
    linked: set[str] = field(default_factory=set)


class PfifReader(Listing):
    """A record for each person and each note. A photograph's address is never opened: it only names a file."""

    kind = "pfif"
    version = "1"

    def __init__(self, join: Join | None = None) -> None:
        super().__init__(join)
        self._known: dict[str, _Known] = {}

    def counted(self, pages: Sequence[tuple[str, Path]]) -> list[Page]:
        """By how persons, notes and photographs begin."""
        made = []
        for name, file in pages:
            data = looked_at(file).replace(b"\0", b"")
            made.append(Page(name, file, max(1, len(_RECORD.findall(data))), len(_PHOTOGRAPH.findall(data))))
        return made

    def persons(self, pages: Iterable[bytes]) -> int:
        """By the ids that persons and notes have."""
        found = (each for data in pages for each in _ID.findall(data.replace(b"\0", b"")))
        return len({" ".join(unescape(each.decode("utf-8", "replace")).split()) for each in found} - {""})

    def entries(self, data: bytes) -> list[Any]:
        """Persons and notes in their order; a note within a person is about that one."""
        found = list(groups(io.BytesIO(data), lambda path: len(path) == 1 or path[-1] in ("person", "note")))
        if not found or (len(found) == 1 and found[0].path != ("pfif",)):
            raise Malformed("no PFIF")
        made: list[tuple[int, _Entry]] = []
        within: list[Group] = []
        for group in found[:-1] if len(found[-1].path) == 1 else found:
            if group.path[-1] == "note" and "person" in group.path[:-1]:
                within.append(group)
                continue
            entry = _entry(group, "")
            made.append((group.offset, entry))
            if not entry.is_note:
                made += [(each.offset, _entry(each, entry.person)) for each in within]
                within = []
        return [entry for _, entry in sorted(made, key=lambda each: each[0])]

    def prepare(self, pages: Iterable[list[Any]]) -> None:
        """What is true of a person is true of the photographs in its notes."""
        for entry in (entry for page in pages for entry in page):
            known = self._known.setdefault(entry.person, _Known())
            if entry.is_note:
                known.notes += 1
                known.status = max(known.status, (entry.fields.get("source_date", ""), entry.fields.get("status", "")))
                known.linked.update(filter(None, [entry.fields.get("linked_person_record_id")]))
                continue
            until = _moment(entry.fields.get("expiry_date", ""))
            past = until is not None and until <= datetime.now(UTC)
            known.minor = known.minor or _is_minor(entry.fields)
            known.until = until.date().isoformat() if until else known.until
            known.removed |= past and set(entry.fields) <= _LEFT

    def records(self, page: Page, entries: list[Any], photographs: Photographs) -> Iterator[LegacyRecord]:
        """Every person and note; the subject's name is the person's record id, which is one in all the world."""
        for number, entry in enumerate(entries, start=1):
            yield self._record(f"{page.name}:{number}", entry, photographs)

    def _record(self, unit: str, entry: _Entry, photographs: Photographs) -> LegacyRecord:
        known, fields = self._known[entry.person], entry.fields
        own = fields.get("note_record_id", "") if entry.is_note else entry.person
        ids = [("note" if entry.is_note else "person", own)] + ([("person", entry.person)] if entry.is_note else [])
        address = fields.get("photo_url", "")
        found = photographs.find("photo", (own, address, _name_in(address))) if address else None
        verdict = None if entry.person else Code.NO_NATIVE_ID
        image = found and (replace(found.image, data=None, verdict=verdict) if verdict else found.image)
        kept = {name: fields[name] for name in sorted((_NOTE if entry.is_note else _PERSON) & fields.keys())}
        more = {
            "notes": str(known.notes or ""),
            "status": known.status[1],
            "linked_person_record_id": " ".join(sorted(known.linked)[:_LINKS]),
        }
        return LegacyRecord(
            self.kind,
            unit,
            tuple((kind, value) for kind, value in ids if value),
            entry.person or None,
            (image,) if image else (),
            metadata={name: value for name, value in ({} if entry.is_note else more).items() if value}
            | kept
            | dict(found.metadata if found else {}),
            retain_until=known.until,
            minor=known.minor,
            verdict=verdict,
            detail="" if address else "no photograph",
            tombstone=known.removed and bool(entry.person),
            notes=entry.garbled,
        )


def _entry(group: Group, person: str) -> _Entry:
    fields: dict[str, str] = {}
    garbled = []
    for leaf in group.leaves:
        text, note = decode(leaf.text.encode("utf-8", "replace"), "utf-8") if leaf.text.strip() else (None, None)
        name = leaf.path[-1] if len(leaf.path) == 1 else ""
        if note is not None:
            garbled.append(note)
        if text and name:
            fields.setdefault(_LATER.get(name, name), text)
    return _Entry(group.path[-1] == "note", fields.get("person_record_id", person), fields, tuple(garbled))


def _name_in(address: str) -> str:
    """The file's name in an address; what hosts, queries and the rest say is not looked at."""
    try:
        return PurePosixPath(unquote(urlsplit(address).path)).name
    except ValueError:
        return ""


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _is_minor(fields: dict[str, str]) -> bool | None:
    """By the youngest that the date of birth (perhaps without a day) or the age (perhaps a range) allows."""
    today = datetime.now(UTC).date()
    born = re.match(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?\Z", fields.get("date_of_birth", ""), re.ASCII)
    try:
        if born is not None:
            month = date(int(born[1]) + _ADULT, int(born[2] or 12), 1)
            return month + timedelta(days=int(born[3] or 31) - 1) > today
        least = re.match(r"\d{1,3}", fields.get("age", ""), re.ASCII)
        told = _moment(fields.get("source_date", ""))
        return None if least is None else int(least[0]) + (today.year - told.year if told else 0) < _ADULT
    except ValueError:
        return None
