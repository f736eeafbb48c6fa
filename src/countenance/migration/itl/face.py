"""A Type-10 record as a legacy image: what it claims, and what its bytes are (NIST SP 500-290, 8.10)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from countenance.migration.code import Code
from countenance.migration.dates import day_of
from countenance.migration.itl.fields import Fields
from countenance.migration.itl.records import Record
from countenance.migration.legacy_record import Box, LegacyImage, Note
from countenance.migration.picture import Found, picture
from countenance.migration.sniff import Codec
from countenance.migration.text import claim

_CLAIMS = {
    "type": 3,
    "agency": 4,
    "width": 6,
    "height": 7,
    "codec": 11,
    "colour": 12,
    "profile": 13,
    "pose": 20,
    "pose_angle": 21,
    "quality": 24,
}
"""What is reported of the claims: fields of Type-10."""
_KNOWN = frozenset(range(1, 47)) | frozenset({200, 900, 901, 902, 903, 904, 993, 994, 995, 996, 997, 998, 999})
_CODECS = {
    "JPEGB": Codec.JPEG,
    "JPEGL": Codec.JPEG_LOSSLESS,
    "JP2": Codec.JPEG_2000,
    "JP2L": Codec.JPEG_2000,
    "PNG": Codec.PNG,
    "WSQ20": Codec.WSQ,
}
_RAW = ("NONE", "0")


def image_of(data: bytes, record: Record, fields: Fields) -> LegacyImage:
    """Its native id is the IDC, or what the count says where the record has none; offsets are in ``data``."""
    native_id = claim(fields.item(2) or record.idc or b"").lstrip("0") or "0"
    claims = {name: value for name, number in _CLAIMS.items() if (value := claim(fields.item(number)))}
    kind = claims.get("type", "")
    start, end = fields.data or (record.end, record.end)
    image = LegacyImage(native_id, None, declared=claims, offset=start, length=end - start, notes=fields.notes)
    if kind not in ("", "FACE"):
        return replace(image, verdict=Code.NOT_FACE_MODALITY, detail=kind)
    content = data[start:end]
    if not content and fields.item(994):
        return replace(image, verdict=Code.EXTERNAL_IMAGE_MISSING, detail="10.994 names another file")
    captured = day_of(claim(fields.item(5)))
    image = replace(image, captured=captured, notes=(*fields.notes, *_remarks(fields, kind, captured, content)))
    return shown(image, content, [fields.item(14, place) for place in range(4)], short=record.short)


def _remarks(fields: Fields, kind: str, captured: str | None, content: bytes) -> Iterator[Note]:
    if not kind:
        yield Note(Code.LABEL_CONFLICT, "10.003 is missing")
    if captured is None:
        yield Note(Code.CAPTURE_DATE_INVALID, "10.005" if fields.item(5) else "10.005 is missing")
    if unknown := sum(each not in _KNOWN for each in fields.values):
        yield Note(Code.UNKNOWN_FIELD, f"type 10: {unknown}")
    stated = fields.item(996).lower()
    if stated and stated != hashlib.sha256(content).hexdigest().encode("ascii"):
        yield Note(Code.DIGEST_MISMATCH, "10.996")


def shown(image: LegacyImage, content: bytes, sides: Sequence[bytes], *, short: bool = False) -> LegacyImage:
    """The image with what its bytes are, held against what it claims; ``sides`` as for ``_box_between``.

    ``short``: the record ends before its own length does.
    """
    codec = image.declared.get("codec", "")
    found = picture(
        content,
        width=image.declared.get("width", ""),
        height=image.declared.get("height", ""),
        codec=_CODECS.get(codec),
        raw=codec in _RAW,
        short=short,
    )
    return replace(
        image,
        data=found.data,
        box=_box_between(sides, found),
        verdict=found.verdict,
        detail=found.detail,
        notes=(*image.notes, *found.notes),
    )


def _box_between(sides: Sequence[bytes], found: Found) -> Box | None:
    """Left, right, top and bottom in pixels as a box; None where they are none, or the picture is too small for it."""
    if len(sides) < 4 or not all(each.isdigit() and len(each) <= 6 for each in sides):
        return None
    left, right, top, bottom = (int(each) for each in sides)
    inside = left < right <= (found.width or 0) and top < bottom <= (found.height or 0)
    return Box(left, top, right - left, bottom - top) if inside else None
