"""ANSI/NIST-ITL in the traditional encoding (with EBTS and EFT): a file or a folder of them, each with transactions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import IO, Self

from countenance.migration.by_file import ByFile
from countenance.migration.code import Code
from countenance.migration.itl.census import count
from countenance.migration.itl.character_set import charset_of
from countenance.migration.itl.domain_map import NOTHING, TYPE_2, Domain, read_domain_map
from countenance.migration.itl.face import image_of
from countenance.migration.itl.fields import Fields, Type2, fields_of
from countenance.migration.itl.person import native_ids, person_of
from countenance.migration.itl.records import Record
from countenance.migration.itl.transactions import Found, transactions
from countenance.migration.legacy_record import LegacyRecord, Note
from countenance.migration.text import claim
from countenance.migration.told_apart import told_apart
from countenance.terms.errors import Malformed

_TEXT, _FACE = 2, 10
_PROVENANCE = {"version": 2, "kind": 4, "date": 5, "destination": 7, "origin": 8, "number": 9, "domain": 13}
"""What is kept of Type-1."""


class AnsiNistReader(ByFile):
    """A record for each transaction; its unit is the file's name, with ``#2`` and so on behind the first of a file.

    The census knows transactions and Type-10 records by how they begin, the reading walks from one to the next.
    """

    kind = "ansi-nist"
    version = "1"

    def __init__(self, domains: Sequence[Domain] = ()) -> None:
        self._domains = (*domains, NOTHING)

    def with_map(self, text: str) -> Self:
        """With a domain map; raises Malformed."""
        return type(self)(read_domain_map(text, TYPE_2))

    def count(self, file: IO[bytes]) -> tuple[int, int]:
        """Transactions and Type-10 records."""
        found = count(file)
        return found.transactions, found.images

    def records(self, file: IO[bytes], unit: str) -> Iterator[LegacyRecord]:
        """Every transaction of one file."""
        number = 0
        for number, found in enumerate(transactions(file), start=1):
            yield self._record(found, unit if number == 1 else f"{unit}#{number}", number)
        if number == 0:
            raise Malformed("no transaction")

    def _record(self, found: Found, unit: str, number: int) -> LegacyRecord:
        data, transaction = found.data, found.transaction
        head = fields_of(data, transaction.records[0])
        texts = [(each, fields_of(data, each)) for each in transaction.records if each.type == _TEXT]
        faces = [(each, fields_of(data, each)) for each in transaction.records if each.type == _FACE]
        domain = next(each for each in self._domains if each.fits(claim(head.item(13)), claim(head.item(8))))
        named = [Type2(fields) for each, fields in texts if not each.short]
        person = person_of(named, domain, charset_of(head, domain.charset))
        kept = {name: value for name, number in _PROVENANCE.items() if (value := claim(head.item(number)))}
        digest = hashlib.sha256(memoryview(data)[transaction.start : transaction.end]).hexdigest()
        notes = [*transaction.notes, *head.notes, *(note for _, fields in texts for note in fields.notes)]
        notes += [*_idc_notes([*texts, *faces]), *person.notes]
        if len(named) < len(texts):
            notes.append(Note(Code.RECORD_TRUNCATED, "type 2 ends early: nothing of it is kept"))
        if number > 1:
            notes.append(Note(Code.MANY_TRANSACTIONS, f"number {number} of its file"))
        images = told_apart(image_of(data, record, fields) for record, fields in faces)
        if transaction.verdict is not None:
            images = [replace(each, data=None, verdict=each.verdict or transaction.verdict) for each in images]
        return LegacyRecord(
            self.kind,
            unit,
            native_ids(claim(head.item(8)), claim(head.item(9)), digest),
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


def _idc_notes(records: Sequence[tuple[Record, Fields]]) -> Iterator[Note]:
    """A wrong IDC is how a photograph gets another person's name."""
    for record, fields in records:
        own = fields.item(2)
        if not own.isdigit():
            yield Note(Code.IDC_MISMATCH, f"{record.type}.002 is missing")
        elif record.idc is not None and own.lstrip(b"0") != record.idc.lstrip(b"0"):
            yield Note(Code.IDC_MISMATCH, f"{record.type}.002 is not what 1.003 says")
