"""ANSI/NIST-ITL in the traditional encoding (with EBTS and EFT): a file or a folder of them, each with transactions."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from countenance.migration.code import Code
from countenance.migration.itl.census import Count, count
from countenance.migration.itl.character_set import charset_of
from countenance.migration.itl.domain_map import NOTHING, Domain, read_domain_map
from countenance.migration.itl.face import image_of
from countenance.migration.itl.fields import Fields, fields_of
from countenance.migration.itl.person import person_of
from countenance.migration.itl.records import Record
from countenance.migration.itl.transactions import Found, transactions
from countenance.migration.legacy_record import LegacyImage, LegacyRecord, Note
from countenance.migration.reader import Census
from countenance.migration.source_files import files_of, opened
from countenance.migration.text import claim

_TEXT, _FACE = 2, 10
_PROVENANCE = {"version": 2, "kind": 4, "date": 5, "destination": 7, "origin": 8, "number": 9, "domain": 13}
"""What is kept of Type-1."""


class AnsiNistReader:
    """A record for each transaction; its unit is the file's name, with ``#2`` and so on behind the first of a file.

    The census knows transactions by how they begin, the reading walks from one to the next.
    """

    kind = "ansi-nist"
    version = "1"

    def __init__(self, domains: Sequence[Domain] = ()) -> None:
        self._domains = (*domains, NOTHING)

    def with_map(self, text: str) -> Self:
        """With a domain map; raises Malformed."""
        return type(self)(read_domain_map(text))

    def census(self, path: Path) -> Census:
        """Transactions and Type-10 records; a file without a transaction is a unit too."""
        units = images = 0
        for _, file in files_of(path):
            found = _count(file)
            units += max(1, found.transactions)
            images += found.images
        return Census(units, None, images)

    def read(self, path: Path) -> Iterator[LegacyRecord]:
        """Every transaction of every file."""
        for unit, file in files_of(path):
            yield from self.read_file(file, unit)

    def read_file(self, file: Path, unit: str) -> Iterator[LegacyRecord]:
        """Every transaction of one file, or a record that says why there is none."""
        number, why = 0, "no transaction"
        try:
            with opened(file) as stream:
                for number, found in enumerate(transactions(stream), start=1):
                    yield self._record(found, unit if number == 1 else f"{unit}#{number}")
        except OSError as error:
            number, why = 0, type(error).__name__
        if number == 0:
            yield LegacyRecord(self.kind, unit, (), None, (), verdict=Code.CONTAINER_UNREADABLE, detail=why)

    def _record(self, found: Found, unit: str) -> LegacyRecord:
        data, transaction = found.data, found.transaction
        head = fields_of(data, transaction.records[0])
        texts = [(each, fields_of(data, each)) for each in transaction.records if each.type == _TEXT]
        faces = [(each, fields_of(data, each)) for each in transaction.records if each.type == _FACE]
        domain = next(each for each in self._domains if each.fits(claim(head.item(13)), claim(head.item(8))))
        person = person_of([fields for _, fields in texts], domain, charset_of(head, domain.charset))
        kept = {name: value for name, number in _PROVENANCE.items() if (value := claim(head.item(number)))}
        digest = hashlib.sha256(memoryview(data)[transaction.start : transaction.end]).hexdigest()
        notes = [*transaction.notes, *head.notes, *(note for _, fields in texts for note in fields.notes)]
        notes += [*_idc_notes([*texts, *faces]), *person.notes]
        if "#" in unit[-8:] and found.base + transaction.start:
            notes.append(Note(Code.MANY_TRANSACTIONS))
        images = _named([image_of(data, record, fields) for record, fields in faces])
        if transaction.verdict is not None:
            images = [replace(each, data=None, verdict=each.verdict or transaction.verdict) for each in images]
        return LegacyRecord(
            self.kind,
            unit,
            _native_ids(head, digest),
            person.name,
            tuple(replace(each, offset=found.base + each.offset) for each in images),
            metadata=kept | person.metadata,
            minor=person.minor,
            offset=found.base + transaction.start,
            length=transaction.end - transaction.start,
            sha256=digest,
            verdict=transaction.verdict,
            detail=transaction.detail,
            notes=tuple(notes),
        )


def _count(file: Path) -> Count:
    try:
        with opened(file) as stream:
            return count(stream)
    except OSError:
        return Count()


def _native_ids(head: Fields, digest: str) -> tuple[tuple[str, str], ...]:
    """The control number with the agency that gave it; the transaction's digest where there is none."""
    number = claim(head.item(9))
    return (("tcn", f"{claim(head.item(8))}/{number}"),) if number else (("sha256", digest),)


def _idc_notes(records: Sequence[tuple[Record, Fields]]) -> Iterator[Note]:
    """A wrong IDC is how a photograph gets another person's name."""
    for record, fields in records:
        own = fields.item(2)
        if not own.isdigit():
            yield Note(Code.IDC_MISMATCH, f"{record.type}.002 is missing")
        elif record.idc is not None and own.lstrip(b"0") != record.idc.lstrip(b"0"):
            yield Note(Code.IDC_MISMATCH, f"{record.type}.002 is not what 1.003 says")


def _named(images: Sequence[LegacyImage]) -> list[LegacyImage]:
    """With names that are different where two have the same IDC, or none."""
    seen: Counter[str] = Counter()
    named = []
    for each in images:
        seen[each.native_id] += 1
        again = seen[each.native_id]
        named.append(each if again == 1 else replace(each, native_id=f"{each.native_id}#{again}"))
    return named
