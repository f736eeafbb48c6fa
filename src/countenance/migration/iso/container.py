"""The face records in a file: bare (ISO/IEC 19794-5) or in a passport's data group 2 (ICAO Doc 9303-10, 4.7.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from countenance.migration.code import Code
from countenance.migration.iso.face_record import MAGIC, images_of
from countenance.migration.iso.tlv import Element, elements
from countenance.migration.legacy_record import LegacyImage, Note
from countenance.migration.told_apart import told_apart
from countenance.terms.errors import Malformed

_DG2 = 0x75
_WAY = ((_DG2,), (0x7F61,), (0x7F60,), (0x5F2E, 0x7F2E))
"""From the file to the biometric data blocks, which are primitive or constructed."""
_39794 = (0xA1, 0x65)
"""How a block of ISO/IEC 39794-5 begins: its own tag 65, in a passport within A1."""
_OTHERS = {b"FIR\x00": "fingers", b"FMR\x00": "minutiae", b"IIR\x00": "an iris", b"VIR\x00": "veins"}
"""Records of other parts of ISO/IEC 19794, by how they begin."""


@dataclass(frozen=True, slots=True)
class Contents:
    """``verdict`` is of the whole: another modality, or a format that is recognised and not read."""

    images: tuple[LegacyImage, ...] = ()
    notes: tuple[Note, ...] = ()
    verdict: Code | None = None
    detail: str = ""


def contents_of(data: bytes) -> Contents:
    """What a file or a data block holds; raises Malformed where it is none of what is known here."""
    if data[:4] in _OTHERS:
        return Contents(verdict=Code.NOT_FACE_MODALITY, detail=f"a record of {_OTHERS[data[:4]]}")
    if data[:4] == MAGIC:
        images, notes = images_of(data, 0, len(data))
        return Contents(tuple(images), tuple(notes))
    if _is_39794(data):
        return Contents(verdict=Code.UNSUPPORTED_39794, detail="a face block of ISO/IEC 39794-5")
    if data[:1] == bytes([_DG2]):
        return _passport(data)
    raise Malformed("no face record")


def _is_39794(data: bytes) -> bool:
    first = next(elements(data, 0, len(data)), None)
    if first is None or first.tag not in _39794:
        return False
    return first.tag == _39794[1] or data[first.start : first.start + 1] == bytes([_39794[1]])


def _passport(data: bytes) -> Contents:
    images: list[LegacyImage] = []
    notes: list[Note] = []
    for block in _below(data, 0, len(data), _WAY):
        if block.cut:
            notes.append(Note(Code.LEN_MISMATCH, "a length goes beyond the file"))
        if data.startswith(MAGIC, block.start):
            found, remarks = images_of(data, block.start, block.end)
            images += found
            notes += remarks
        elif _is_39794(data[block.start : block.start + 16]):
            return Contents(verdict=Code.UNSUPPORTED_39794, detail="a passport with a face block of ISO/IEC 39794-5")
    if not images:
        raise Malformed("a passport's data group 2 without a face record")
    return Contents(tuple(told_apart(images)), tuple(notes))


def _below(data: bytes, start: int, end: int, way: Sequence[Sequence[int]]) -> Iterator[Element]:
    for each in elements(data, start, end):
        if each.tag in way[0]:
            if len(way) == 1:
                yield each
            else:
                yield from _below(data, each.start, each.end, way[1:])
