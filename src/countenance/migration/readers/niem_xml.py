"""ANSI/NIST-ITL in the XML encoding (NIEM): a file or a folder of them, each one transaction."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import IO, Self

from countenance.migration.by_file import ByFile, whole
from countenance.migration.code import Code
from countenance.migration.itl.domain_map import ELEMENTS, NOTHING, Domain, read_domain_map
from countenance.migration.itl.person import native_ids, person_of
from countenance.migration.itl.xml_face import image_of
from countenance.migration.legacy_record import LegacyRecord, Note
from countenance.migration.occurrences import occurrences
from countenance.migration.text import claim
from countenance.migration.told_apart import told_apart
from countenance.migration.xml_groups import Group, groups
from countenance.terms.errors import Malformed

_ROOT = "NISTBiometricInformationExchangePackage"
_HEAD, _TEXT, _FACE = "PackageInformationRecord", "PackageDescriptiveTextRecord", "PackageFacialAndSMTImageRecord"
_FACES = re.compile(rb"<(?:[\w.-]{1,64}:)?PackageFacialAndSMTImageRecord[\s/>]")
_PROVENANCE = {
    "version": ("TransactionMajorVersionValue",),
    "kind": ("TransactionCategoryCode",),
    "date": ("TransactionDate", "Date"),
    "destination": ("TransactionDestinationOrganization", "OrganizationIdentification", "IdentificationID"),
    "origin": ("TransactionOriginatingOrganization", "OrganizationIdentification", "IdentificationID"),
    "number": ("TransactionControlIdentification", "IdentificationID"),
    "domain": ("TransactionDomainName",),
}
"""What is kept of the header."""


class NiemXmlReader(ByFile):
    """A record for each file. A file that is not well-formed to its end is rejected whole."""

    kind = "niem-xml"
    version = "1"

    def __init__(self, domains: Sequence[Domain] = ()) -> None:
        self._domains = (*domains, NOTHING)

    def with_map(self, text: str) -> Self:
        """With a domain map; raises Malformed."""
        return type(self)(read_domain_map(text, ELEMENTS))

    def count(self, file: IO[bytes]) -> tuple[int, int]:
        """One transaction, and the Type-10 records by their element's name."""
        return 1, occurrences(file, _FACES)

    def records(self, file: IO[bytes], unit: str) -> Iterator[LegacyRecord]:
        """The transaction."""
        data = whole(file)
        found = list(groups(io.BytesIO(data), lambda path: len(path) == 2))
        if not found or found[0].path[0] != _ROOT:
            raise Malformed(f"no {_ROOT}")
        yield self._record(found, unit, hashlib.sha256(data).hexdigest(), len(data))

    def _record(self, found: Sequence[Group], unit: str, digest: str, length: int) -> LegacyRecord:
        head = next((each for each in found if each.path[1] == _HEAD), Group((), 0))
        kept = {name: value for name, ends in _PROVENANCE.items() if (value := claim(head.text(*ends).encode()))}
        domain = next(each for each in self._domains if each.fits(kept.get("domain", ""), kept.get("origin", "")))
        person = person_of([_Text(each) for each in found if each.path[1] == _TEXT], domain, "utf-8")
        notes = list(person.notes)
        told = head.text("ContentRecordQuantity")
        if told.isdigit() and int(told[:9]) != len(found) - 1:
            notes.append(Note(Code.CNT_MISMATCH, f"{told[:9]} records declared, {len(found) - 1} found"))
        return LegacyRecord(
            self.kind,
            unit,
            native_ids(kept.get("origin", ""), kept.get("number", ""), digest),
            person.name,
            tuple(told_apart(image_of(each) for each in found if each.path[1] == _FACE)),
            metadata=kept | person.metadata,
            minor=person.minor,
            length=length,
            sha256=digest,
            notes=tuple(notes),
        )


@dataclass(frozen=True, slots=True)
class _Text:
    """A Type-2 record by the paths of its elements."""

    own: Group

    def others(self, named: Set[str]) -> int:
        """How many elements have a text and none of these ends."""
        ends = tuple(f"/{each}" for each in named if each)
        return sum(not f"/{'/'.join(each.path)}".endswith(ends) for each in self.own.leaves if each.text.strip())

    def value(self, field: str) -> bytes:
        """The first text with this end."""
        return self.own.text(*field.split("/")).encode()
