"""Listings of Rekognition and Azure Face: no picture is in them, and each face finds its photograph or says why not."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageOps
from tests.migration.conftest import whose
from tests.migration.written import portrait
from tests.migration.written_dumps import azure_faces, azure_persons, face_listed, rekognition
from tests.vision.drawn import encoded

from countenance.migration.code import Code
from countenance.migration.legacy_record import Box, LegacyRecord
from countenance.migration.reader import MappedReader, reader_of
from countenance.migration.sandbox import census_in_sandbox, read_in_sandbox
from countenance.migration.upright import standing
from countenance.terms.errors import BrokenInput, Malformed

ADA, BEA = portrait(), portrait(seed=1)


def read(folder: Path, kind: str, table: str = "") -> list[LegacyRecord]:
    """The records, after the census has agreed with them."""
    reader = reader_of(kind, table)
    found = list(reader.read(folder))
    told = reader.census(folder)
    assert told.units == len({each.unit for each in found}) == len(found)
    assert told.images == sum(len(each.images) for each in found)
    assert told.persons in (None, whose(found))
    assert (told.persons is None) == (kind == "rekognition" or bool(table)), "else who is whom is not to be seen"
    return found


def put(folder: Path, **files: bytes) -> Path:
    """Files by name, ``__`` for a folder and ``_`` before the ending; photographs lie in ``photographs``."""
    for name, data in files.items():
        path = folder / name.replace("__", "/")
        path = path.with_name(".".join(path.name.rsplit("_", 1)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def test_rekognition_faces_find_their_photographs(tmp_path: Path) -> None:
    """By the external id, with or without the file's ending; the rectangle is of the listing, in pixels."""
    pages = rekognition(face_listed("f1", "i1", "ada", (0.25, 0.125, 0.5, 0.5)), token="t")
    more = rekognition(face_listed("f2", "i2", "bea.jpg", user="U-7"), face_listed("f3", "i3", "cid"))
    put(tmp_path, a_json=pages, b_json=more, photographs__ada_jpg=ADA, photographs__2020__bea_jpg=BEA)
    one, two, three = read(tmp_path, "rekognition")
    assert (one.person, one.images[0].data, one.images[0].box) == ("ada", ADA, Box(30, 20, 60, 80))
    assert one.native_ids == (("face", "f1"), ("image", "i1"), ("external", "ada"))
    assert (two.person, two.images[0].data) == ("U-7", BEA)
    assert (three.person, three.images[0].verdict) == ("cid", Code.EXTERNAL_IMAGE_MISSING)


def test_several_faces_of_a_photograph_are_told_apart(tmp_path: Path) -> None:
    """By their rectangles; nobody of them is called as the photograph, unless the join says so of that very face."""
    listed = [face_listed(f"f{n}", "i1", "party", (n / 4, 0, 0.25, 1)) for n in range(3)]
    put(tmp_path, l_json=rekognition(*listed), j_csv=b"key,path,person\nf2,party.jpg,Bea\nparty,party.jpg,Who\n")
    put(tmp_path, photographs__party_jpg=ADA)
    found = read(tmp_path, "rekognition", 'join = "j.csv"')
    assert [(each.person, each.images[0].box) for each in found] == [
        (None, Box(0, 0, 30, 160)),
        (None, Box(30, 0, 30, 160)),
        ("Bea", Box(60, 0, 30, 160)),
    ]
    assert [[note.code for note in each.notes] for each in found] == [[Code.LABEL_CONFLICT]] * 2 + [[]]


def test_a_join_table_names_paths_persons_and_more(tmp_path: Path) -> None:
    """An expression finds the person in a key; other columns are metadata; no path leads out of the folder."""
    (tmp_path / "secret.jpg").write_bytes(ADA)
    folder = tmp_path / "listing"
    rows = b"key,path,box,case\nada_1,x/ada.jpg,1 2 30 40,C-9\nbea_1,../secret.jpg,,\ncid_1,,,\n"
    listed = [face_listed(f"f{n}", f"i{n}", f"{name}_1") for n, name in enumerate(("ada", "bea", "cid"))]
    put(folder, l_json=rekognition(*listed), j_csv=rows.replace(b"../", b"../../"), photographs__x__ada_jpg=ADA)
    table = 'join = "j.csv"\nperson = "^(?P<person>[a-z]+)_"'
    one, two, three = read(folder, "rekognition", table)
    assert (one.person, one.images[0].box, dict(one.metadata)) == ("ada", Box(1, 2, 30, 40), {"case": "C-9"})
    assert [each.images[0].verdict for each in (two, three)] == [Code.EXTERNAL_IMAGE_MISSING] * 2
    put(folder, j_csv=b"a,b\n1,2\n")
    with pytest.raises(BrokenInput, match="key and path"):
        read(folder, "rekognition", table)


def test_a_name_that_two_photographs_have_leads_to_none(tmp_path: Path) -> None:
    """Which of them was indexed is not for a machine to guess."""
    put(tmp_path, l_json=rekognition(face_listed("f1", "i1", "ada")))
    put(tmp_path, photographs__a__ada_jpg=ADA, photographs__b__ada_jpg=BEA)
    assert read(tmp_path, "rekognition")[0].images[0].verdict is Code.EXTERNAL_IMAGE_MISSING


@pytest.mark.parametrize("kind", ["rekognition", "azure-face"])
@pytest.mark.parametrize(
    "data", [b"", b"[" * 99_999, b'{"Faces": 3}', b"[]", b'{"Faces": [{"FaceId": "a"}, 3]}', b"null"]
)
def test_a_page_that_is_none_is_accounted_for(kind: str, data: bytes, tmp_path: Path) -> None:
    put(tmp_path, l_json=data, photographs__ada_jpg=ADA)
    (record,) = read(tmp_path, kind)
    assert record.verdict is Code.CONTAINER_UNREADABLE or not record.images
    (tmp_path / "l.json").unlink()
    (tmp_path / "l.json").symlink_to(tmp_path / "photographs" / "ada.jpg")
    assert read(tmp_path, kind)[0].verdict is Code.CONTAINER_UNREADABLE


def test_azure_persons_find_the_photographs_of_their_faces(tmp_path: Path) -> None:
    """By what the customer wrote to the face, or to a person with one; persons keep their ids, and names beside."""
    persons = azure_persons(
        ("p1", "Ada", "", ["f1", "f2"]),
        ("p2", "Ada", "bea.jpg", ["f3"]),
        ("p3", "Cid", "c", []),
        ("p4", "D", "", ["f4"]),
    )
    put(tmp_path, a_json=persons, b_json=azure_faces(("f1", "ada.jpg"), ("f2", "gone"), ("f3", "")))
    put(tmp_path, photographs__ada_jpg=ADA, photographs__bea_jpg=BEA)
    one, two, three, four, five = read(tmp_path, "azure-face")
    assert (one.person, one.native_ids) == ("p1", (("face", "f1"), ("person", "p1")))
    assert (dict(one.metadata), one.images[0].data) == ({"name": "Ada"}, ADA)
    assert two.images[0].verdict is Code.EXTERNAL_IMAGE_MISSING
    assert (three.person, three.images[0].data) == ("p2", BEA)
    assert (four.person, four.verdict, four.images) == ("p3", Code.TEMPLATE_ONLY_NO_IMAGE, ())
    assert five.images[0].verdict is Code.EXTERNAL_IMAGE_MISSING


def test_each_face_of_an_azure_face_list_is_a_subject(tmp_path: Path) -> None:
    faces = azure_faces(("f1", "ada.jpg"), ("f2", "bea.jpg"))
    for page in (faces, b'{"faceListId": "l", "name": "n", "persistedFaces": ' + faces + b"}"):
        put(tmp_path, l_json=page, photographs__ada_jpg=ADA)
        found = [(each.person, each.images[0].data) for each in read(tmp_path, "azure-face")]
        assert found == [("f1", ADA), ("f2", None)]


def test_both_are_read_in_the_sandbox(tmp_path: Path) -> None:
    """Photographs and tables are read there too; the map reaches it."""
    put(tmp_path, l_json=rekognition(face_listed("f1", "i1", "ada")), seen__ada_jpg=ADA)
    table = 'photographs = "seen"'
    assert census_in_sandbox("rekognition", tmp_path, table=table).images == 1
    (record,) = read_in_sandbox("rekognition", tmp_path, table=table)
    assert record.images[0].data == ADA


@pytest.mark.parametrize(
    "table", ["=", "x = 1", "person = '['", "person = 'x'", "photographs = '../x'", "join = '/x'", "photographs = 3"]
)
def test_a_map_that_is_none_is_refused(table: str) -> None:
    assert isinstance(reader_of("azure-face"), MappedReader)
    with pytest.raises(Malformed):
        reader_of("azure-face", table)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_rectangles_follow_a_picture_that_is_turned(orientation: int) -> None:
    """What is marked as stored is where it is seen: checked against what Pillow turns."""
    marked = Image.new("RGB", (80, 40))
    marked.paste((255, 255, 255), (8, 4, 24, 14))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(marked, "JPEG", exif=exif, quality=98)
    stands = standing(data)
    assert stands is not None
    assert (stands.width, stands.height, stands.orientation) == (80, 40, orientation)
    box = stands.box(0.1, 0.1, 0.2, 0.25, stored=True)
    assert box is not None
    with Image.open(io.BytesIO(data)) as opened:
        seen = ImageOps.exif_transpose(opened).convert("L").point(lambda value: 255 * (value > 127))
    assert seen.size == stands.upright
    left, top, right, bottom = seen.getbbox() or (0, 0, 0, 0)
    assert (box.left, box.top, box.width, box.height) == (left, top, right - left, bottom - top)


@pytest.mark.parametrize("length", [300, 5000, 40_000])
def test_a_key_that_is_no_name_of_a_file_leads_nowhere(length: int, tmp_path: Path) -> None:
    """People write anything into these fields; what is too long for a name is no reason to stop."""
    long = "x" * length
    persons = azure_persons(("p1", "Ada", f"{long}/{long}", ["f1"]), ("p2", "Bea", "", ["f2"]))
    put(tmp_path, a_json=persons, b_json=azure_faces(("f2", "bea.jpg")), photographs__bea_jpg=BEA)
    one, two = read(tmp_path, "azure-face")
    assert (one.images[0].verdict, two.images[0].data) == (Code.EXTERNAL_IMAGE_MISSING, BEA)
    (tmp_path / "m.csv").write_text(f"path,person\n{long}/{long},Ada\n")
    (row,) = reader_of("manifest").read(tmp_path / "m.csv")
    assert row.images[0].verdict is Code.EXTERNAL_IMAGE_MISSING
