"""Folders and manifests: every file and row is a record, nothing leads out of the dump, nothing of it is run."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.migration.conftest import ADA, BEA, CID, Mover

from countenance.migration.code import Code
from countenance.migration.frames import record_frame
from countenance.migration.intake import Intake, name_of
from countenance.migration.legacy_record import Box, LegacyRecord
from countenance.migration.plan import plan
from countenance.migration.reader import FileReader
from countenance.migration.readers.folder import FolderReader
from countenance.migration.readers.manifest import ManifestReader
from countenance.migration.sandbox import census_in_sandbox, steps_in_sandbox
from countenance.migration.source import Source
from countenance.terms.errors import BrokenInput, Malformed

PNG = b"\x89PNG\r\n\x1a\n"


def rows(tmp_path: Path, text: str, name: str = "m.csv", table: str = "") -> list[LegacyRecord]:
    """What a manifest of this text gives; beside it lies one picture."""
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / name).write_text(text, encoding="utf-8")
    reader = ManifestReader().with_map(table) if table else ManifestReader()
    found = list(reader.read(tmp_path / name))
    assert reader.census(tmp_path / name).images == len(found)
    return found


class Evil:
    """What runs something when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self.mark,)


def test_a_folder_tells_subjects_and_what_it_does_not_take(people: Path) -> None:
    """Folders are subjects, loose pictures their own; everything else is named and left."""
    (people / "Dan.png").write_bytes(PNG)
    (people / "link.jpg").symlink_to(people / ADA / "1.jpg")
    found = {each.unit: each for each in FolderReader().read(people)}
    assert {found[f"{ADA}/1.jpg"].person, found["Dan.png"].person} == {ADA, "Dan"}
    assert found["representations_vgg.pkl"].verdict is Code.PICKLE_REFUSED
    assert found[f"{CID}/notes.txt"].verdict is Code.NOT_A_PICTURE
    assert found["link.jpg"].images[0].verdict is Code.EXTERNAL_IMAGE_MISSING
    census = FolderReader().census(people)
    assert (census.units, census.images, census.persons) == (9, 7, 5), "three folders and two that lie beside them"
    assert census_in_sandbox("folder", people) == census
    assert isinstance(FolderReader(), FileReader), "a file that kills it costs no other, and a resumed run skips"
    assert list(found) == [each.unit for each in FolderReader().read(people)], "the same order at each run"


def test_a_hostile_pickle_does_not_run(mover: Mover, tmp_path: Path) -> None:
    """It is refused by its name, loudly, and its payload stays a file."""
    mark, folder = tmp_path / "ran", tmp_path / "db"
    folder.mkdir()
    (folder / "ds_model_vggface_detector_opencv.pkl").write_bytes(pickle.dumps(Evil(mark)))
    ran = mover.run(folder)
    assert mover.codes(ran) == {"pickle_refused": 1}
    assert not mark.exists()


def test_a_file_name_that_is_no_text_is_no_name(tmp_path: Path) -> None:
    """A name in another character set is noted and not stored as truth."""
    folder = tmp_path / "db"
    (folder / "M\udce9l").mkdir(parents=True)
    (folder / "M\udce9l" / "1.png").write_bytes(PNG)
    (record,) = FolderReader().read(folder)
    assert record.person is None
    assert [each.code for each in record.notes] == [Code.CHARACTER_SET]


def test_a_manifest_says_all_that_a_row_can(tmp_path: Path) -> None:
    """Basis, dates, minor, box and the rest are taken; every other column is metadata."""
    head = "path,person,id,captured,basis,retain_until,minor,consent,pose,box,case"
    (record,) = rows(
        tmp_path, f'{head}\na.png,"Lovelace, Ada",7,2020-02-03,contract,2031-01-01,yes,no,F,1 2 30 40,C-9\n'
    )
    image = record.images[0]
    assert (record.person, record.native_ids, record.minor) == ("Lovelace, Ada", (("id", "7"),), True)
    assert (record.basis, record.retain_until) == ("contract", "2031-01-01")
    assert dict(record.metadata) == {"case": "C-9", "consent": "no"}
    assert (image.box, image.captured, image.declared["pose"]) == (Box(1, 2, 30, 40), "2020-02-03", "F")
    assert image.data == PNG


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../a.png", Code.EXTERNAL_IMAGE_MISSING),
        ("/etc/passwd", Code.EXTERNAL_IMAGE_MISSING),
        ("C:\\a.png", Code.EXTERNAL_IMAGE_MISSING),
        ("away/a.png", Code.EXTERNAL_IMAGE_MISSING),
        ("link.png", Code.EXTERNAL_IMAGE_MISSING),
        ("none.png", Code.EXTERNAL_IMAGE_MISSING),
        ("", Code.TEMPLATE_ONLY_NO_IMAGE),
    ],
)
def test_no_row_leads_out_of_the_folder(tmp_path: Path, path: str, code: Code) -> None:
    """Neither upwards, nor absolute, nor by a link; a row without a picture says that."""
    folder = tmp_path / "dump"
    folder.mkdir()
    (tmp_path / "a.png").write_bytes(PNG)
    (folder / "away").symlink_to(tmp_path)
    (folder / "link.png").symlink_to(tmp_path / "a.png")
    (record,) = rows(folder, f"path,person\n{path},Ada\n")
    assert record.images[0].verdict is code
    assert record.images[0].data is None


def test_a_manifest_is_entered_at_a_row(tmp_path: Path) -> None:
    """Each row is a step; what stands before the first that is asked for is not looked at."""
    found = rows(tmp_path, "path,person\na.png,Ada\na.png,Bea\nnone.png,Cid\na.png,Dan\n")
    assert list(steps_in_sandbox("manifest", tmp_path / "m.csv", start=2)) == list(enumerate(found))[2:]
    assert list(steps_in_sandbox("manifest", tmp_path / "m.csv", start=9)) == []


def test_broken_rows_cost_no_other(tmp_path: Path) -> None:
    """Too many cells, bad dates, no JSON, no object: each its own verdict or note, and the next row is read."""
    found = rows(tmp_path, 'path,person\na.png,Ada,more\n"a.png","two\nlines"\na.png,Bea\n')
    assert [each.images[0].verdict for each in found] == [Code.CONTAINER_UNREADABLE, None, None]
    (dated,) = rows(tmp_path, "path,captured,retain_until\na.png,12/11/2020,soon\n")
    assert [each.code for each in dated.notes] == [Code.CAPTURE_DATE_INVALID] * 2
    assert dated.retain_until is None
    lines = [json.dumps({"path": "a.png", "person": "Ada", "age": 3}), "nonsense", "[1]", json.dumps({"path": "a.png"})]
    found = rows(tmp_path, "\n".join(lines), "m.jsonl")
    assert [each.images[0].verdict for each in found] == [
        None,
        Code.CONTAINER_UNREADABLE,
        Code.CONTAINER_UNREADABLE,
        None,
    ]
    assert dict(found[0].metadata) == {"age": "3"}
    with pytest.raises(BrokenInput, match="columns"):
        rows(tmp_path, "file,name\na.png,Ada\n")


def test_garbled_cells_are_noted_and_not_stored(tmp_path: Path) -> None:
    """A manifest in another character set gives no name that was guessed."""
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "m.csv").write_bytes("path,person,town\na.png,Jürgen,Köln\n".encode("latin-1"))
    (record,) = ManifestReader().read(tmp_path / "m.csv")
    assert (record.person, dict(record.metadata)) == (None, {})
    assert [each.code for each in record.notes] == [Code.CHARACTER_SET]


@settings(max_examples=150, deadline=None)
@given(
    body=st.one_of(
        st.lists(
            st.sampled_from(["a.png,Ada", "b.png,", ",", "a.png,", ",Ada\u0301", ",Ad\u00e1", "a.png,\udce9"])
        ).map(lambda rows: "\n".join(rows).encode("utf-8", "surrogateescape")),
        st.binary(max_size=300),
        st.text('ab",;\n\r \0é{}[]:1', max_size=80).map(str.encode),
        st.lists(st.sampled_from([b"a.png", b'"', b",", b"\n", b"5'10\"", b"\r", b"../x", b'{"path":"a.png"}\n'])).map(
            b"".join
        ),
    ),
    suffix=st.sampled_from(["csv", "jsonl"]),
)
def test_no_made_up_manifest_breaks_a_law(body: bytes, suffix: str) -> None:
    """Whatever is in it: records with an image each, as many as the census counts, or a manifest that is none."""
    with TemporaryDirectory() as place:
        path = Path(place) / f"m.{suffix}"
        path.write_bytes((b"path,person\n" if suffix == "csv" else b"") + body)
        try:
            census = ManifestReader().census(path)
            found = list(ManifestReader().read(path))
        except BrokenInput:
            return
        begun = len(found) // 2
        assert list(ManifestReader().read_rows(path, begun)) == found[begun:], "entered in the middle"
    assert census.images == census.units == len(found) == len({each.unit for each in found})
    assert census.persons == len({normalize("NFC", name_of(each) or "") for each in found})
    for record in found:
        assert len(record.images) == 1
        assert b"".join(record_frame(record))
        (record.person or "").encode("utf-8")


def test_a_map_names_the_columns(tmp_path: Path) -> None:
    """The customer's own columns, by a table; what is no such table is told."""
    (record,) = rows(tmp_path, "photo,no\na.png,7\n", table='[columns]\npath = "photo"\nperson = "no"\n')
    assert record.person == "7"
    for wrong in ("x", "[columns]\nface = 'x'", "columns = 3"):
        with pytest.raises(Malformed):
            ManifestReader().with_map(wrong)


def test_a_manifest_is_migrated_by_its_own_words(mover: Mover, people: Path) -> None:
    """Its basis and date count before the operator's, deleted rows and denied consent stay out, a box chooses."""
    text = (
        "path,person,id,basis,retain_until,deleted,consent,minor\n"
        f"{ADA}/1.jpg,{ADA},1,contract,2030-01-01,,,\n"
        f"{BEA}/1.jpg,{BEA},2,,,yes,,\n"
        f"{CID}/1.jpg,{CID},3,,,,no,\n"
        f"{ADA}/2.jpg,{ADA},4,,,,,yes\n"
    )
    manifest = people / "rows.csv"
    manifest.write_text(text, encoding="utf-8")
    told = plan(Source("manifest", manifest), Intake())
    assert told["agrees"]
    assert told["codes"] == {"source_soft_deleted": 1, "no_legal_basis": 2}
    ran = mover.run(manifest, "manifest")
    assert mover.codes(ran) == {"source_soft_deleted": 1, "consent_missing": 1, "minor_without_basis": 1}
    one = mover.house.galleries.subject(mover.gallery, ADA, None)
    assert (one.basis, one.references) == ("contract", 1)
