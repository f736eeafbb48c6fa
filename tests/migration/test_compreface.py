"""CompreFace's plain dump: pictures with their subjects, what has none is told, and the account is another pass's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.migration.conftest import Mover
from tests.migration.written import portrait
from tests.migration.written_dumps import END, KEY, OTHER_KEY, compreface

from countenance.migration.code import Code
from countenance.migration.compreface.copy_blocks import unescaped
from countenance.migration.legacy_record import LegacyRecord
from countenance.migration.reader import FileReader, reader_of
from countenance.migration.sandbox import census_in_sandbox, read_in_sandbox
from countenance.terms.errors import BrokenInput

ADA, BEA = portrait(), portrait(seed=1)


def read(data: bytes, tmp_path: Path) -> list[LegacyRecord]:
    """The records, after the census has agreed with them at all three grains."""
    file = tmp_path / "dump.sql"
    file.write_bytes(data)
    reader = reader_of("compreface")
    assert isinstance(reader, FileReader)
    found = list(reader.read(file))
    told = reader.census(file)
    assert told.units == len({each.unit for each in found}) == len(found)
    assert told.images == sum(len(each.images) for each in found)
    named = {each.person for each in found if each.person}
    assert told.persons == len(named) + sum(not each.person and bool(each.images) for each in found)
    assert KEY not in repr(found), "a credential"
    return found


def test_pictures_come_with_their_subjects(tmp_path: Path) -> None:
    """The first id is what the live interface calls the picture; of two templates of one picture the least."""
    data = compreface(
        [("i1", ADA), ("i2", BEA)],
        [("s1", KEY, "Ada\tLovelace"), ("s2", KEY, "Béa \\ Ünal")],
        [("e3", "s1", "i1"), ("e2", "s1", "i1"), ("e1", "s2", "i2")],
    )
    one, two = read(data, tmp_path)
    assert (one.person, one.images[0].data) == ("Ada\tLovelace", ADA)
    assert one.native_ids == (("embedding", "e2"), ("embedding", "e3"), ("img", "i1"), ("subject", "s1"))
    assert (two.person, two.images[0].data) == ("Béa \\ Ünal", BEA)
    assert dict(two.metadata) == {"calculator": "facenet.Calculator"}
    assert data[two.offset : two.offset + 2] == b"i2"


def test_what_has_no_picture_or_no_subject_is_told(tmp_path: Path) -> None:
    """A template alone, a subject alone, a picture of nobody, of two, without bytes, and bytes that are none."""
    data = compreface(
        [("i1", ADA), ("i2", ADA), ("i3", None), ("i4", b"no picture at all, but some bytes"), ("i5", BEA)],
        [("s1", KEY, "Ada"), ("s2", KEY, "Bea"), ("s3", KEY, "Cid")],
        [
            ("e1", "s1", None), ("e2", "s1", "gone"), ("e3", "nobody", None), ("e4", "s1", "i3"), ("e5", "s1", "i4"),
            ("e6", "s1", "i2"), ("e7", "s2", "i2"), ("e8", "nobody", "i5"),
        ],
    )  # fmt: skip
    found = {each.unit.partition(":")[2]: each for each in read(data, tmp_path)}
    assert {name: each.images[0].verdict for name, each in found.items() if each.images} == {
        "img/i1": Code.NO_NATIVE_ID,
        "img/i2": Code.NO_NATIVE_ID,
        "img/i3": Code.TEMPLATE_ONLY_NO_IMAGE,
        "img/i4": Code.IMAGE_UNDECODABLE,
        "img/i5": Code.NO_NATIVE_ID,
        "embedding/e1": Code.TEMPLATE_ONLY_NO_IMAGE,
        "embedding/e2": Code.TEMPLATE_ONLY_NO_IMAGE,
        "embedding/e3": Code.TEMPLATE_ONLY_NO_IMAGE,
    }
    alone = [(each.person, each.verdict) for each in found.values() if not each.images]
    assert alone == [("Bea", Code.TEMPLATE_ONLY_NO_IMAGE), ("Cid", Code.TEMPLATE_ONLY_NO_IMAGE)]


def test_subjects_of_two_services_keep_apart(tmp_path: Path) -> None:
    """Services may name alike; where there are several their names stand before, and no key does."""
    subjects = [("s1", KEY, "Ada"), ("s2", OTHER_KEY, "Ada")]
    data = compreface([("i1", ADA), ("i2", BEA)], subjects, [("e1", "s1", "i1"), ("e2", "s2", "i2")])
    assert [each.person for each in read(data, tmp_path)] == ["door/Ada", "till/Ada"]


def test_a_dump_that_ends_early_says_so(tmp_path: Path) -> None:
    """What was whole is read; the row that is cut and the end are rejected, and the account holds."""
    whole = compreface([("i1", ADA), ("i2", BEA)], templates=[("e1", "s1", "i1"), ("e2", "s1", "i2")])
    cut = whole[: whole.index(BEA.hex().encode()) + 900]
    one, two, end = read(cut, tmp_path)
    assert [each.images[0].verdict for each in (one, two)] == [Code.NO_NATIVE_ID, Code.RECORD_TRUNCATED]
    assert end.verdict is Code.RECORD_TRUNCATED
    (*_, end) = read(whole.replace(END.encode(), b""), tmp_path)
    assert end.verdict is Code.RECORD_TRUNCATED


def test_a_name_in_another_character_set_is_as_the_dump_declares(tmp_path: Path) -> None:
    def person(charset: str, data: bytes) -> str | None:
        return read(data, tmp_path)[0].person

    made = compreface([("i1", ADA)], [("s1", KEY, "Jürgen")], [("e1", "s1", "i1")], charset="LATIN1")
    assert person("LATIN1", made) == "Jürgen"
    assert person("UTF8", made.replace(b"LATIN1", b"UTF8")) == "subject s1", "no guess"
    assert unescaped(rb"a\tb\\c\x41\101\N") == b"a\tb\\cAAN"


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"PGDMP\x01\x0e", "custom"), (b"\x1f\x8b\x08", "compressed"), (b"--\nINSERT INTO public.img VALUES", "INSERT")],
)
def test_other_formats_are_named_with_advice(data: bytes, why: str, tmp_path: Path) -> None:
    """Before anything is begun, from the process that read it, and by the record where it lies among others."""
    file = tmp_path / "dump"
    file.write_bytes(data)
    with pytest.raises(BrokenInput, match=why) as told:
        census_in_sandbox("compreface", file)
    assert "pg_dump -Fp" in told.value.remedy
    (record,) = read_in_sandbox("compreface", file)
    assert record.verdict is Code.CONTAINER_UNREADABLE
    file.write_bytes(b"some text\n")
    assert census_in_sandbox("compreface", file).units == 1


def test_a_dump_moves_in(mover: Mover, small: Callable[[str, int], bytes], tmp_path: Path) -> None:
    """All grains balance, what has no picture is named, and a dump of later on brings what is new alone."""
    ada, bea = small("obama.jpg", 90), small("astronaut.png", 90)
    subjects = [("s1", KEY, "Ada"), ("s2", KEY, "Bea"), ("s3", KEY, "Cid")]
    templates = [("e1", "s1", "i1"), ("e2", "s3", None)]
    (tmp_path / "dump.sql").write_bytes(compreface([("i1", ada)], subjects, templates))
    ran = mover.run(tmp_path / "dump.sql", "compreface")
    assert ran.account.balanced
    assert mover.images(ran) == {"enrolled": 1, "rejected": 1}
    assert mover.codes(ran) == {"template_only_no_image": 2}, "a template, and a subject without any"
    later = compreface([("i0", bea), ("i1", ada)], subjects, [("e0", "s2", "i0"), *templates])
    (tmp_path / "dump.sql").write_bytes(later)
    assert mover.images(mover.run(tmp_path / "dump.sql", "compreface")) == {"enrolled": 1, "unchanged": 2}
