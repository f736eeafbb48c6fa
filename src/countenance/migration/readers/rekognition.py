"""Amazon Rekognition: pages of ListFaces, joined with the customer's photographs. Rekognition keeps no images."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from countenance.migration.code import Code
from countenance.migration.legacy_record import Box, LegacyImage, LegacyRecord, Note
from countenance.migration.listing import Join, Listing, Page, Photographs, json_of, looked_at, text_in
from countenance.migration.upright import standing
from countenance.terms.errors import Malformed

_FACE = re.compile(rb'(?<!\\)"FaceId"\s*:')
_SIDES = ("Left", "Top", "Width", "Height")


class RekognitionReader(Listing):
    """A record for each face of each page, found in its photograph by the listing's own rectangle."""

    kind = "rekognition"
    version = "1"

    def __init__(self, join: Join | None = None) -> None:
        super().__init__(join)
        self._faces: Counter[str] = Counter()

    def counted(self, pages: Sequence[tuple[str, Path]]) -> list[Page]:
        """By how the id of a face is written."""
        found = [(name, file, len(_FACE.findall(looked_at(file)))) for name, file in pages]
        return [Page(name, file, max(1, count), count) for name, file, count in found]

    def entries(self, data: bytes) -> list[Any]:
        """The faces of one answer to ListFaces."""
        found = json_of(data)
        faces = found.get("Faces") if isinstance(found, dict) else None
        if not isinstance(faces, list) or not all(isinstance(each, dict) and "FaceId" in each for each in faces):
            raise Malformed("no answer to ListFaces")
        return faces

    def prepare(self, pages: Iterable[list[Any]]) -> None:
        """How many faces each photograph has: of several, none is whom the photograph is called after."""
        self._faces = Counter(text_in(face, "ImageId") for faces in pages for face in faces)

    def records(self, page: Page, entries: list[Any], photographs: Photographs) -> Iterator[LegacyRecord]:
        """Every face. Its person is who the user is, or whom its photograph names where that shows nobody else."""
        for number, face in enumerate(entries, start=1):
            ids = {name: text_in(face, name) for name in ("FaceId", "ImageId", "ExternalImageId", "UserId")}
            found = photographs.find(ids["FaceId"], (ids["FaceId"], ids["ImageId"], ids["ExternalImageId"]))
            alone = self._faces[ids["ImageId"]] == 1 or found.key == ids["FaceId"]
            person = ids["UserId"] or (alone and (found.named or ids["ExternalImageId"])) or None
            notes = () if person else (Note(Code.LABEL_CONFLICT, "several faces of a photograph have one name"),)
            native = [("face", "FaceId"), ("image", "ImageId"), ("external", "ExternalImageId")]
            yield LegacyRecord(
                self.kind,
                f"{page.name}:{number}",
                tuple((kind, ids[name]) for kind, name in native if ids[name]),
                person,
                (_placed(found.image, found.box, face.get("BoundingBox")),),
                metadata=found.metadata,
                notes=notes if ids["ExternalImageId"] else (),
            )


def _placed(image: LegacyImage, box: Box | None, claimed: Any) -> LegacyImage:
    """With the rectangle of the join, or the listing's: fractions of the photograph as it is seen."""
    if image.data is None or box is not None:
        return replace(image, box=box)
    stands = standing(image.data)
    sides = [claimed.get(each) for each in _SIDES] if isinstance(claimed, Mapping) else []
    numbers = [float(each) for each in sides if isinstance(each, int | float) and abs(each) < 10]
    return replace(image, box=stands.box(*numbers)) if stands is not None and len(numbers) == 4 else image
