"""A Type-10 record of the XML encoding as a legacy image (NIEM biometrics 1.0)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from countenance.migration.base64_text import unwrapped
from countenance.migration.code import Code
from countenance.migration.dates import day_of
from countenance.migration.itl.face import shown
from countenance.migration.legacy_record import LegacyImage, Note
from countenance.migration.text import claim
from countenance.migration.xml_groups import Group

_CLAIMS = {
    "type": ("ImageCategoryCode",),
    "agency": ("CaptureOrganization", "OrganizationIdentification", "IdentificationID"),
    "width": ("ImageHorizontalLineLengthPixelQuantity",),
    "height": ("ImageVerticalLineLengthPixelQuantity",),
    "codec": ("ImageCompressionAlgorithmText",),
    "colour": ("ImageColorSpaceCode",),
    "profile": ("FaceImageAcquisitionProfileCode",),
    "pose": ("FaceImageSubjectPoseCode",),
    "quality": ("QualityValue",),
}
_SIDES = ("LeftHorizontal", "RightHorizontal", "TopVertical", "BottomVertical")


def image_of(record: Group) -> LegacyImage:
    """Its native id is the IDC; the offset is of the element that holds the picture."""
    claims = {name: value for name, ends in _CLAIMS.items() if (value := claim(record.text(*ends).encode()))}
    kind = claims.get("type", "")
    held = record.leaf("BinaryBase64Object")
    image = LegacyImage(
        claim(record.text("ImageReferenceIdentification", "IdentificationID").encode()).lstrip("0") or "0",
        None,
        declared=claims,
        offset=record.offset if held is None else held.offset,
        length=0 if held is None else len(held.text),
    )
    if kind not in ("", "FACE") or (
        not kind and "PhysicalFeatureImage" in {part for x in record.leaves for part in x.path}
    ):
        return replace(image, verdict=Code.NOT_FACE_MODALITY, detail=kind)
    content = b"" if held is None else unwrapped(held.text)
    if content is None:
        return replace(image, verdict=Code.IMAGE_UNDECODABLE, detail="no Base64")
    day = record.text("CaptureDate", "Date")
    captured = day_of(day)
    sides = [record.text("FaceImageBoundingSquare", f"Segment{side}CoordinateValue").encode() for side in _SIDES]
    image = replace(image, captured=captured, notes=tuple(_remarks(record, kind, day, captured, content)))
    return shown(image, content, sides)


def _remarks(record: Group, kind: str, day: str, captured: str | None, content: bytes) -> Iterator[Note]:
    if not kind:
        yield Note(Code.LABEL_CONFLICT, "the image's category is missing")
    if captured is None:
        yield Note(Code.CAPTURE_DATE_INVALID, "CaptureDate" if day else "CaptureDate is missing")
    stated = record.text("ImageHashValue").lower()
    if stated and stated != hashlib.sha256(content).hexdigest():
        yield Note(Code.DIGEST_MISMATCH, "ImageHashValue")
