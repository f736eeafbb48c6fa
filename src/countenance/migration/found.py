"""Found: one image of a record, or a record without any, at a step of the source; and the line that it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from countenance.migration.book import Line
from countenance.migration.code import Code
from countenance.migration.digests import Marks
from countenance.migration.exits import Exit, Reached, exit_of
from countenance.migration.legacy_record import LegacyImage, LegacyRecord
from countenance.migration.provenance import where
from countenance.terms.acquisition import FaceNear
from countenance.terms.face import Box


def face_meant(image: LegacyImage) -> FaceNear | None:
    """The face where the source says that it is; None where it does not say."""
    box = image.box
    return None if box is None else FaceNear(Box(box.left, box.top, box.width, box.height))


@dataclass(frozen=True, slots=True)
class Found:
    """``image`` is None for a record that has none."""

    step: int
    record: LegacyRecord
    image: LegacyImage | None
    marks: Marks

    def line(
        self,
        exit_: Exit,
        reached: Reached,
        code: Code | None = None,
        *,
        quality: int | None = None,
        reference: str | None = None,
        detail: str = "",
        noted: tuple[Code, ...] = (),
    ) -> Line:
        """What was decided about it; without a ``reference`` with the way back to it."""
        notes = {each.code for each in chain(self.record.notes, self.image.notes if self.image else ())}
        back = {} if reference is not None else where(self.record, self.image, detail)
        return Line(
            self.marks, self.image is not None, exit_, reached, code,
            tuple(sorted({*notes, *noted})), quality, reference, back,
        )  # fmt: skip

    def without_image(self) -> Line:
        """Of a record that has none: why."""
        record = self.record
        code = record.verdict or (Code.SOURCE_SOFT_DELETED if record.tombstone else Code.NOT_FACE_MODALITY)
        return self.line(exit_of(code), Reached.READ, code, detail=record.detail)

    def barred(self, code: Code, detail: str) -> Line:
        """Of an image that may not come in."""
        read = self.record.verdict is not None or (self.image is not None and self.image.verdict is not None)
        return self.line(exit_of(code), Reached.READ if read else Reached.PARSED, code, detail=detail)
