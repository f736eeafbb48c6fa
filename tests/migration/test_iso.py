"""Face records of ISO/IEC 19794-5, bare, in CBEFF and in passports: read past lengths and counts that lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.migration.conftest import whose
from tests.migration.written import portrait
from tests.migration.written_iso import birs, block_39794, passport, record_2005, record_2011

from countenance.migration.code import Code
from countenance.migration.legacy_record import LegacyRecord
from countenance.migration.reader import MappedReader, reader_of
from countenance.terms.errors import BrokenInput, Malformed

PICTURE, SECOND, PNG = portrait(), portrait(seed=1), portrait("PNG")
JP2 = portrait("JPEG2000")


def read(data: bytes, tmp_path: Path, kind: str = "iso-19794-5") -> LegacyRecord:
    file = tmp_path / "one.bin"
    file.write_bytes(data)
    (record,) = reader_of(kind).read(file)
    return record


def codes(record: LegacyRecord) -> set[Code]:
    return {note.code for each in (record, *record.images) for note in each.notes}


@pytest.mark.parametrize("points", [0, 1, 9])
def test_version_010_gives_every_image(points: int, tmp_path: Path) -> None:
    record = read(record_2005(PICTURE, SECOND, points=points), tmp_path)
    assert [(each.native_id, each.data) for each in record.images] == [("1", PICTURE), ("2", SECOND)]
    assert codes(record) == set()
    assert record.images[0].declared == {"width": "120", "height": "160", "codec": "0", "pose": "F"}


@pytest.mark.parametrize("qualities", [0, 1, 3])
def test_version_030_gives_every_image_with_its_day(qualities: int, tmp_path: Path) -> None:
    record = read(record_2011(JP2, JP2, codec=1, qualities=qualities), tmp_path)
    assert [(each.data, each.captured) for each in record.images] == [(JP2, "2019-03-05")] * 2
    assert codes(record) == set()
    assert record.images[0].declared.get("quality") == ("70" if qualities else None)


def test_what_an_image_is_said_to_be_is_only_a_claim(tmp_path: Path) -> None:
    assert codes(read(record_2011(PNG, codec=1), tmp_path)) == {Code.CODEC_DECLARED_WRONG}
    assert codes(read(record_2011(PNG, codec=3, day=(2019, 2, 30)), tmp_path)) == {Code.CAPTURE_DATE_INVALID}
    assert codes(read(record_2011(PNG, codec=3, day=(0, 0, 0)), tmp_path)) == set()
    assert read(record_2005(b"not a picture, by any means"), tmp_path).images[0].verdict is Code.IMAGE_UNDECODABLE


@pytest.mark.parametrize("record", [record_2005, record_2011])
@pytest.mark.parametrize("beyond", [-9, -1, 1, 40, 1 << 30])
def test_a_length_that_lies_is_noted_and_the_picture_is_whole(record: object, beyond: int, tmp_path: Path) -> None:
    assert callable(record)
    found = read(record(PICTURE, beyond=beyond), tmp_path)
    assert [each.data for each in found.images] == [PICTURE]
    assert Code.LEN_MISMATCH in codes(found)


def test_what_follows_the_picture_in_its_container_is_left_out(tmp_path: Path) -> None:
    """The record says where its picture ends, and there it does end."""
    found = read(record_2011(PICTURE) + b"\x55" * 5000, tmp_path)
    assert [each.data for each in found.images] == [PICTURE]
    assert codes(found) == {Code.LEN_MISMATCH}


@pytest.mark.parametrize(("count", "images"), [(0, 1), (1, 1), (3, 2), (60_000, 2)])
def test_a_count_that_lies_is_noted(count: int, images: int, tmp_path: Path) -> None:
    found = read(record_2005(PICTURE, SECOND, count=count), tmp_path)
    assert len(found.images) == images
    assert Code.CNT_MISMATCH in codes(found) or count == 1


def test_other_modalities_and_the_next_standard_are_named(tmp_path: Path) -> None:
    assert read(b"FIR\x00010\x00" + bytes(50), tmp_path).verdict is Code.NOT_FACE_MODALITY
    assert read(block_39794(), tmp_path).verdict is Code.UNSUPPORTED_39794
    assert read(block_39794()[2:], tmp_path).verdict is Code.UNSUPPORTED_39794
    assert read(passport(block_39794(), block=b"\x7f\x2e"), tmp_path, "dg2").verdict is Code.UNSUPPORTED_39794
    assert read(b"FAC\x00040\x00" + bytes(50), tmp_path).verdict is Code.CONTAINER_UNREADABLE
    assert read(b"", tmp_path).verdict is Code.CONTAINER_UNREADABLE


@pytest.mark.parametrize("block", [b"\x5f\x2e", b"\x7f\x2e"])
def test_a_passport_gives_the_images_of_all_its_blocks(block: bytes, tmp_path: Path) -> None:
    found = read(passport(record_2005(JP2, codec=1), record_2011(SECOND), block=block), tmp_path, "dg2")
    assert [(each.native_id, each.data) for each in found.images] == [("1", JP2), ("1#2", SECOND)]
    assert codes(found) == set()


def test_a_passport_whose_lengths_lie_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    found = read(passport(record_2005(PICTURE), beyond=700), tmp_path, "dg2")
    assert [each.data for each in found.images] == [PICTURE]
    assert Code.LEN_MISMATCH in codes(found)
    assert read(passport(b"nothing of ours"), tmp_path, "dg2").verdict is Code.CONTAINER_UNREADABLE


@pytest.mark.parametrize("space", ["http://standards.iso.org/iso-iec/19785/-3/ed-2/", "urn:another"])
def test_cbeff_gives_faces_and_counts_what_is_none(space: str, tmp_path: Path) -> None:
    blocks = [("Finger", b"FIR\x00"), ("Face", record_2011(PICTURE)), ("Face", b"Test"), ("Face", block_39794())]
    found = read(birs(blocks, space), tmp_path, "cbeff")
    assert [(each.native_id, each.verdict) for each in found.images] == [
        ("1", Code.NOT_FACE_MODALITY),
        ("2", None),
        ("3", Code.CONTAINER_UNREADABLE),
        ("4", Code.UNSUPPORTED_39794),
    ]
    assert found.images[1].data == PICTURE
    assert found.images[1].declared["created"] == "2020-02-02T10:00:00Z"
    assert read(b"<a/>", tmp_path, "cbeff").verdict is Code.CONTAINER_UNREADABLE


def test_a_label_is_a_claim_and_the_block_tells(tmp_path: Path) -> None:
    """Fingers that are labelled as a face are found out by their first bytes."""
    found = read(birs([("Face", b"FIR\x00010\x00" + bytes(40))]), tmp_path, "cbeff")
    assert found.images[0].verdict is Code.NOT_FACE_MODALITY


def test_a_table_finds_the_person_in_the_name_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "4711_front.iso").write_bytes(record_2005(PICTURE))
    (tmp_path / "other.iso").write_bytes(record_2005(PICTURE))
    reader = reader_of("iso-19794-5", "person = '^(?P<person>[0-9]+)_'")
    assert [each.person for each in reader.read(tmp_path)] == ["4711", None]
    assert reader.census(tmp_path).persons is None, "somebody is named by nobody"
    (tmp_path / "other.iso").rename(tmp_path / "4711_left.iso")
    (tmp_path / "4712_front.iso").write_bytes(b"no record at all")
    assert reader.census(tmp_path).persons == whose(reader.read(tmp_path)) == 2


@pytest.mark.parametrize(
    "table", ["person = '['", "person = 'x'", "other = 1", "person = '(?P<person>x)'\nmore = 1", "="]
)
def test_a_table_that_is_none_is_refused(table: str) -> None:
    for kind in ("iso-19794-5", "dg2", "cbeff"):
        assert isinstance(reader_of(kind), MappedReader)
        with pytest.raises((Malformed, BrokenInput)):
            reader_of(kind, table)
