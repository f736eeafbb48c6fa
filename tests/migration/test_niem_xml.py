"""Transactions in the XML encoding: read within bounds, without entities, and whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.migration.written import HEIGHT, TCN, WIDTH, portrait, written_xml

from countenance.migration.code import Code
from countenance.migration.legacy_record import LegacyRecord
from countenance.migration.readers.niem_xml import NiemXmlReader
from countenance.migration.sandbox import read_in_sandbox
from countenance.migration.xml_groups import DEPTH, TEXT
from countenance.terms.errors import Malformed

PICTURE = portrait()
MAP = '[[domain]]\nperson = "Detail/Key"\n[domain.keep]\nname = "Name"\n'


def read(data: bytes, tmp_path: Path, table: str = "") -> LegacyRecord:
    file = tmp_path / "one.xml"
    file.write_bytes(data)
    reader = NiemXmlReader().with_map(table) if table else NiemXmlReader()
    (record,) = reader.read(file)
    census = reader.census(file)
    assert (census.units, census.images) == (1, len(record.images))
    return record


def test_a_transaction_gives_its_faces_and_what_the_map_names(tmp_path: Path) -> None:
    record = read(written_xml(PICTURE, portrait("PNG"), text="Zoë"), tmp_path, MAP)
    assert (record.person, record.metadata["name"], record.notes) == ("P-77", "Zoë", ())
    assert record.native_ids == (("tcn", f"AGENCY1/{TCN}"),)
    assert [(each.native_id, each.data, each.captured) for each in record.images] == [
        ("1", PICTURE, "2019-03-05"),
        ("2", portrait("PNG"), "2019-03-05"),
    ]
    assert [[note.code for note in each.notes] for each in record.images] == [[], [Code.CODEC_DECLARED_WRONG]]
    assert (record.images[0].declared["width"], record.images[0].declared["height"]) == (str(WIDTH), str(HEIGHT))


def test_nothing_of_the_text_is_kept_without_a_map(tmp_path: Path) -> None:
    record = read(written_xml(PICTURE, text="Zoë"), tmp_path)
    assert record.person is None
    assert "Zoë" not in repr(record)
    assert [(each.code, each.detail) for each in record.notes] == [(Code.UNKNOWN_FIELD, "type 2: 2 not kept")]


def test_a_tattoo_is_skipped_and_a_wrong_count_is_told(tmp_path: Path) -> None:
    record = read(written_xml(PICTURE, kind="TATTOO", quantity=7), tmp_path)
    assert (record.images[0].verdict, record.images[0].data) == (Code.NOT_FACE_MODALITY, None)
    assert Code.CNT_MISMATCH in {each.code for each in record.notes}


@pytest.mark.parametrize("cut", [60, 400, 2000, -300, -2])
def test_a_truncated_file_gives_no_picture_and_is_accounted_for(cut: int, tmp_path: Path) -> None:
    record = read(written_xml(PICTURE)[:cut], tmp_path)
    assert record.verdict is Code.CONTAINER_UNREADABLE
    assert all(each.data is None and each.verdict is Code.CONTAINER_UNREADABLE for each in record.images)


LAUGHS = '<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'


@pytest.mark.parametrize(
    ("prologue", "text", "why"),
    [
        (LAUGHS, "&c;", "a document type is declared"),
        ('<!DOCTYPE b [<!ENTITY f SYSTEM "file:///etc/hostname">]>', "&f;", "a document type is declared"),
        ('<!DOCTYPE b SYSTEM "http://127.0.0.1/b.dtd">', "", "a document type is declared"),
        ("", "&c;", "undefined entity"),
        ("", "<n>" * DEPTH + "</n>" * DEPTH, "elements within one another"),
        ("", "\x01", "no XML"),
    ],
    ids=["laughs", "file", "network", "undefined", "deep", "control"],
)
def test_entities_and_deep_nesting_are_refused(prologue: str, text: str, why: str, tmp_path: Path) -> None:
    record = read(written_xml(PICTURE, prologue=prologue, text=text), tmp_path)
    assert record.verdict is Code.CONTAINER_UNREADABLE
    assert why in record.detail
    assert len(record.images) == 1


def test_a_base64_bomb_is_refused_before_it_is_unwrapped(tmp_path: Path) -> None:
    bomb = written_xml(b"?").replace(b"Pw==", b"A" * (TEXT + 1))
    (tmp_path / "bomb.xml").write_bytes(bomb)
    (record,) = read_in_sandbox("niem-xml", tmp_path / "bomb.xml")
    assert record.verdict is Code.CONTAINER_UNREADABLE
    assert "characters" in record.detail


@pytest.mark.parametrize("text", ["not base64!", "====", "QUJD*"])
def test_what_is_no_base64_is_no_picture(text: str, tmp_path: Path) -> None:
    data = written_xml(b"?")
    record = read(data.replace(b"Pw==", text.encode()), tmp_path)
    assert record.images[0].verdict is Code.IMAGE_UNDECODABLE


def test_a_map_of_the_other_encoding_is_refused() -> None:
    with pytest.raises(Malformed, match="no field"):
        NiemXmlReader().with_map('[[domain]]\nperson = "2.014 "\n')
