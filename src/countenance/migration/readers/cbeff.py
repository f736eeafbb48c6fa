"""CBEFF in XML (patron formats of ISO/IEC 19785-3 and of OASIS BIAS): a file or a folder of them, a person in each."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import IO

from countenance.migration.base64_text import unwrapped
from countenance.migration.by_file import whole
from countenance.migration.code import Code
from countenance.migration.iso.container import contents_of
from countenance.migration.legacy_record import LegacyImage, LegacyRecord, Note
from countenance.migration.sole_record import SoleRecord
from countenance.migration.text import claim
from countenance.migration.told_apart import told_apart
from countenance.migration.xml_groups import Group, Leaf, groups
from countenance.terms.errors import Malformed

_FACE = ("", "face", "facial features")
"""Modalities that are looked into; in lower case. The data block itself says what it is."""


class CbeffReader(SoleRecord):
    """A record for each file, an image for each data block; one of another modality is skipped and counted."""

    kind = "cbeff"
    version = "1"

    def records(self, file: IO[bytes], unit: str) -> Iterator[LegacyRecord]:
        """The record."""
        data = whole(file)
        found = list(groups(io.BytesIO(data), lambda path: path[-1] == "BIR"))
        if not found:
            raise Malformed("no BIR")
        images: list[LegacyImage] = []
        notes: list[Note] = []
        for number, bir in enumerate((each for each in found if each.leaf("BDB")), start=1):
            inside, remarks = _images(bir, str(number))
            images += inside
            notes += remarks
        yield replace(self.record(unit, data), images=tuple(told_apart(images)), notes=tuple(notes))


def _images(bir: Group, number: str) -> tuple[list[LegacyImage], tuple[Note, ...]]:
    """The images of a BIR, by its own index where it has one; their offset is of the element with the data block."""
    block = bir.leaf("BDB") or Leaf((), "", bir.offset)
    name = claim(bir.text("BDBInfo", "Index").encode()) or number
    image = LegacyImage(name, None, offset=block.offset, length=len(block.text))
    kind = bir.text("BDBInfo", "Type")
    if kind.lower() not in _FACE:
        return [replace(image, verdict=Code.NOT_FACE_MODALITY, detail=claim(kind.encode()))], ()
    data = unwrapped(block.text)
    if data is None:
        return [replace(image, verdict=Code.CONTAINER_UNREADABLE, detail="no Base64")], ()
    try:
        found = contents_of(data)
    except Malformed as error:
        return [replace(image, verdict=Code.CONTAINER_UNREADABLE, detail=error.what)], ()
    if found.verdict is not None:
        return [replace(image, verdict=found.verdict, detail=found.detail)], found.notes
    created = claim(bir.text("BDBInfo", "CreationDate").encode())
    kept = {"created": created} if created else {}
    return [
        replace(each, native_id=name, offset=image.offset, length=image.length, declared={**each.declared, **kept})
        for each in found.images
    ], found.notes
