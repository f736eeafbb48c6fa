"""Named regions in XMP (Metadata Working Group, ``mwg-rs``): digiKam, PhotoPrism, Immich, Lightroom and others."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from countenance.migration.code import Code
from countenance.migration.legacy_record import LegacyImage, LegacyRecord, Note
from countenance.migration.limits import FILE_BYTES, RECORDS
from countenance.migration.reader import Census, total
from countenance.migration.readers.folder import image_in
from countenance.migration.source_files import files_of, is_file, opened
from countenance.migration.text import decode
from countenance.migration.told_apart import told_apart
from countenance.migration.upright import Standing, segments, standing
from countenance.migration.xml_groups import Group, groups
from countenance.service.manifest import ENDINGS
from countenance.terms.errors import Malformed

_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
_AREA = re.compile(rb"<(?:[\w.-]{1,64}:)?Area[\s/>]")
_SIDECAR = ".xmp"


class XmpReader:
    """A record for each region of each photograph: its sidecar's regions, or where that has none its own.

    A region is a rectangle and a name. The same photograph comes once for each of its people.
    """

    kind = "xmp"
    version = "1"

    def census(self, path: Path) -> Census:
        """Files, and the regions of those that are photographs or have none beside them."""
        return total(part for _, part in self.census_files(path))

    def census_files(self, path: Path) -> Iterator[tuple[str, Census]]:
        """The same of each file, by how a region's rectangle is written."""
        for unit, file in files_of(path):
            count = 0 if _is_beside(file) else len(_AREA.findall(_packet(file)[0]))
            yield unit, Census(max(1, count), None, count)

    def read(self, path: Path) -> Iterator[LegacyRecord]:
        """Every file."""
        for unit, file in files_of(path):
            yield from self.read_file(file, unit)

    def read_file(self, file: Path, unit: str) -> Iterator[LegacyRecord]:
        """The regions of one file, or why there are none."""
        suffix, ids = PurePosixPath(unit).suffix.lower(), (("path", unit),)
        if suffix not in ENDINGS | {_SIDECAR} or _is_beside(file):
            detail = "read with its photograph" if suffix == _SIDECAR else suffix[:16]
            yield LegacyRecord(self.kind, unit, ids, None, (), verdict=Code.NOT_A_PICTURE, detail=detail)
            return
        packet, photograph = _packet(file)
        try:
            images = _regions(packet, photograph)
        except Malformed as error:
            lost = LegacyImage("?", None, verdict=Code.CONTAINER_UNREADABLE, detail=error.what)
            images = [(None, lost)] * len(_AREA.findall(packet))
        if not images:
            broken = photograph.verdict if suffix != _SIDECAR else None
            yield LegacyRecord(self.kind, unit, ids, None, (), verdict=broken, detail="no region")
        apart = told_apart(image for _, image in images)
        for number, (person, _) in enumerate(images, start=1):
            name = unit if number == 1 else f"{unit}#{number}"
            notes = apart[number - 1].notes
            yield LegacyRecord(self.kind, name, ids, person, (replace(apart[number - 1], notes=()),), notes=notes)


def _packet(file: Path) -> tuple[bytes, LegacyImage]:
    """The packet that counts, and the photograph; empty where there is none."""
    missing = LegacyImage("", None, verdict=Code.EXTERNAL_IMAGE_MISSING, detail="a sidecar without its photograph")
    if file.suffix.lower() == _SIDECAR:
        return _read(file), missing
    if file.suffix.lower() not in ENDINGS:
        return b"", missing
    photograph = image_in(file, "")
    for name in (file.name, file.stem):
        for ending in (_SIDECAR, _SIDECAR.upper()):
            beside = _read(file.with_name(name + ending))
            if _AREA.search(beside):
                return beside, photograph
    inside = (each for each in segments(photograph.data or b"") if each.startswith(_HEADER))
    return next(inside, b"")[len(_HEADER) :], photograph


def _read(file: Path) -> bytes:
    try:
        with opened(file) as stream:
            return stream.read(FILE_BYTES)
    except OSError:
        return b""


def _is_beside(file: Path) -> bool:
    """Whether this is the sidecar of a photograph: ``a.jpg.xmp`` or ``a.xmp`` beside ``a.jpg``."""
    if file.suffix.lower() != _SIDECAR:
        return False
    own = file.with_suffix("")
    if own.suffix.lower() in ENDINGS and is_file(own):
        return True
    return any(is_file(own.with_name(own.name + each)) for ending in ENDINGS for each in (ending, ending.upper()))


def _regions(packet: bytes, photograph: LegacyImage) -> list[tuple[str | None, LegacyImage]]:
    """Each region's name and picture; raises Malformed where the packet is no XML."""
    count = len(_AREA.findall(packet))
    if count > RECORDS:  # each hands the photograph over once more
        raise Malformed(f"more than {RECORDS} regions")
    if not count:
        return []
    found = list(groups(io.BytesIO(packet.strip(b"\0")), _is_wanted, attributes=True))
    sizes = [_sides(each, "w", "h") for each in found if each.path[-1] == "AppliedToDimensions"]
    applied = next((each for each in sizes if each and min(each) > 0), None)
    regions = [each for each in found if each.path[-1] == "li"]
    stands = standing(photograph.data) if photograph.data else None
    return [_region(each, number, photograph, stands, applied) for number, each in enumerate(regions, start=1)]


def _is_wanted(path: tuple[str, ...]) -> bool:
    return path[-1] == "AppliedToDimensions" or (path[-1] == "li" and path[-3:-2] == ("RegionList",))


def _region(
    region: Group, number: int, photograph: LegacyImage, stands: Standing | None, applied: list[float] | None
) -> tuple[str | None, LegacyImage]:
    kind = region.text("Type")
    name, note = decode(region.text("Name").encode("utf-8", "replace"), "utf-8")
    notes = [] if note is None else [note]
    image = LegacyImage(name or f"?{number}", None, length=photograph.length, notes=tuple(notes))
    if kind and kind.lower() != "face":
        return None, replace(image, verdict=Code.NOT_FACE_MODALITY, detail="a region of another type")
    if not name:
        return None, replace(image, verdict=Code.NO_NATIVE_ID, detail="a face without a name")
    if photograph.data is None:
        return name, replace(image, verdict=photograph.verdict, detail=photograph.detail)
    if stands is None and applied is not None:  # of a format whose headers are not read: as it was when it was named
        stands = Standing(round(applied[0]), round(applied[1]), 1)
    sides = _sides(region, "x", "y", "w", "h", within="Area")
    if stands is None or sides is None:
        detail = "no rectangle" if stands else "a picture whose size is not known"
        return name, replace(image, verdict=Code.CONTAINER_UNREADABLE, detail=detail)
    told = applied or [float(stands.width), float(stands.height)]
    if region.text("Area", "unit").lower() == "pixel":
        sides = [side / told[number % 2] for number, side in enumerate(sides)]
    x, y, width, height = sides
    # The guidelines mean the picture as it is stored; some products mean it as it is seen, and their size tells.
    lies = (told[0] > told[1]) != (stands.width > stands.height)
    frame = (stands.width, stands.height) if not lies else (stands.height, stands.width)
    stored = not (lies and stands.upright == frame)
    box = stands.box(x - width / 2, y - height / 2, width, height, stored=stored)
    if box is None:
        return name, replace(image, verdict=Code.CONTAINER_UNREADABLE, detail="a rectangle outside its picture")
    if abs(told[0] * frame[1] / (told[1] * frame[0]) - 1) > 0.02:
        notes.append(Note(Code.SIZE_DECLARED_WRONG, "the picture has another shape than when its regions were drawn"))
    return name, replace(image, data=photograph.data, box=box, notes=tuple(notes))


def _sides(group: Group, *names: str, within: str = "") -> list[float] | None:
    """Numbers by their names, anywhere below ``within``; None where one is missing or none."""
    found = {each.path[-1]: each.text for each in group.leaves if each.path and (not within or within in each.path)}
    try:
        sides = [float(found[each]) for each in names]
    except (KeyError, ValueError):
        return None
    return sides if all(math.isfinite(each) and abs(each) < 1e6 for each in sides) else None
