"""Whatever a file is cut down to, no half picture of it is enrolled: the reader says so, or the decoder does."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from tests.migration.written import written, written_xml
from tests.migration.written_iso import birs, passport, record_2005, record_2011
from tests.vision.drawn import encoded

from countenance.migration.by_file import ByFile
from countenance.migration.legacy_record import LegacyRecord
from countenance.migration.reader import reader_of
from countenance.vision.decode import Picture, decode


def small(kind: str) -> bytes:
    """A picture of a few hundred bytes, so that every cut of it can be tried."""
    grain = np.random.default_rng(5).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    return encoded(Image.fromarray(grain), kind)


def sources() -> list[tuple[str, str, bytes, bytes]]:
    made = []
    for picture in (small("JPEG"), small("PNG"), small("JPEG2000")):
        form = {b"\xff": "jpeg", b"\x89": "png", b"\x00": "jp2"}[picture[:1]]
        made += [
            ("ansi-nist", form, written([picture], codec="JPEGB"), picture),
            ("iso-19794-5", f"{form}-2005", record_2005(picture), picture),
            ("iso-19794-5", f"{form}-2011", record_2011(picture), picture),
            ("dg2", form, passport(record_2005(picture)), picture),
        ]
    picture = small("JPEG")
    made += [
        ("niem-xml", "jpeg", written_xml(picture), picture),
        ("cbeff", "jpeg", birs([("Face", record_2005(picture))]), picture),
    ]
    return made


SOURCES = sources()


@pytest.mark.parametrize(
    ("kind", "data", "picture"),
    [(kind, data, picture) for kind, _, data, picture in SOURCES],
    ids=[f"{kind}-{form}" for kind, form, *_ in SOURCES],
)
def test_a_cut_at_any_byte_gives_the_whole_picture_or_none(kind: str, data: bytes, picture: bytes) -> None:
    reader = reader_of(kind)
    assert isinstance(reader, ByFile)
    (whole,) = reader.records(io.BytesIO(data), "whole")
    assert [each.data for each in whole.images] == [picture]
    expected = decode(picture)
    assert isinstance(expected, Picture)
    for cut in range(len(data)):
        for image in _cut(reader, data[:cut]):
            if image != picture:
                found = decode(image)
                same = isinstance(found, Picture) and np.array_equal(found.pixels, expected.pixels)
                assert same or not isinstance(found, Picture), cut


def _cut(reader: ByFile, data: bytes) -> list[bytes]:
    """The pictures that a cut file is said to hold; it is a record in any case."""
    records: list[LegacyRecord] = list(reader.read_stream(io.BytesIO(data), "cut"))
    assert records
    return [each.data for record in records for each in record.images if each.data is not None]
