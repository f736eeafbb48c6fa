"""Every deviation that is met in real transactions is read past or rejected, and told; never is it silent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nistitl
import pytest
from tests.migration.written import HEIGHT, TCN, WIDTH, portrait, written

from countenance.migration.code import Code
from countenance.migration.legacy_record import LegacyRecord
from countenance.migration.readers.ansi_nist import AnsiNistReader

PICTURE = portrait()
CLEAN = written([PICTURE])
MAP = '[[domain]]\nname = "NORAM"\nperson = "2.014"\nborn = "2.022"\n[domain.keep]\nname = "2.018"\n'
ALWAYS = {(Code.UNKNOWN_FIELD, "type 2: 3 not kept")}
WSQ = bytes.fromhex("ffa0ffa20011000000a00078000000000000000000000000") + b"\x07" * 400

Change = Callable[[bytes], bytes]


def read(data: bytes, tmp_path: Path, reader: AnsiNistReader | None = None) -> list[LegacyRecord]:
    """Read as a file; the census, which counts another way, is to agree."""
    file = tmp_path / "one.an2"
    file.write_bytes(data)
    reader = reader or AnsiNistReader()
    records = list(reader.read(file))
    census = reader.census(file)
    assert (census.units, census.images) == (len(records), sum(len(each.images) for each in records))
    return records


def length(data: bytes, kind: int) -> int:
    found = re.search(rb"(?:\A|\x1c)%d\.001:(\d+)" % kind, data)
    assert found
    return int(found[1])


def told(data: bytes, kind: int, new: bytes) -> bytes:
    """Another text in the place of ``T.001:LEN``."""
    return data.replace(b"%d.001:%d" % (kind, length(data, kind)), new, 1)


def grown(data: bytes, kind: int, by: int) -> bytes:
    """Put right the length of a record that was made longer; the length keeps its number of digits here."""
    return told(data, kind, b"%d.001:%d" % (kind, length(data, kind) + by))


def swap(kind: int, old: bytes, new: bytes) -> Change:
    """Change a record's text, and its length with it."""

    def change(data: bytes) -> bytes:
        assert data.count(old) == 1, old
        return grown(data.replace(old, new), kind, len(new) - len(old))

    return change


def unpadded(data: bytes) -> bytes:
    changed = re.sub(rb"(?<=[\x1c\x1d])10\.0+([1-9])", rb"10.\1", data)
    return re.sub(rb"10\.1:\d+", b"10.1:%d" % (length(data, 10) - (len(data) - len(changed))), changed)


def out_of_order(data: bytes) -> bytes:
    return data.replace(b"\x1d10.003:FACE\x1d10.004:AGENCY1", b"\x1d10.004:AGENCY1\x1d10.003:FACE")


def without_count(data: bytes) -> bytes:
    changed = re.sub(rb"\x1d1\.003:[^\x1d]*", b"", data)
    return grown(changed, 1, len(changed) - len(data))


@dataclass(frozen=True)
class Deviation:
    """What is done to a clean transaction, and what is expected to be told of it."""

    name: str
    change: Change
    code: Code | None = None
    rejected: Code | None = None


def deviations() -> Iterator[Deviation]:
    def of(data: bytes, **about: object) -> Change:
        """Another transaction altogether."""
        return lambda _: written([data], **about)  # type: ignore[arg-type]  # the test's own words

    n = length(CLEAN, 10)
    yield Deviation("none", lambda data: data)
    yield Deviation("len-one-more", lambda data: grown(data, 10, 1), Code.LEN_MISMATCH)
    yield Deviation("len-seven-less", lambda data: grown(data, 10, -7), Code.LEN_MISMATCH)
    yield Deviation(
        "len-missing", lambda data: told(data, 10, b"").replace(b"\x1c\x1d10", b"\x1c10"), Code.LEN_MISMATCH
    )
    yield Deviation("len-zero-padded", lambda data: told(data, 10, b"10.001:%09d" % (n + 9 - len(str(n)))))
    yield Deviation("len-of-type-2", lambda data: grown(data, 2, 5), Code.LEN_MISMATCH)
    yield Deviation("tags-unpadded", unpadded)
    yield Deviation("tag-unknown", swap(10, b"\x1d10.012:", b"\x1d10.777:x\x1d10.012:"), Code.UNKNOWN_FIELD)
    yield Deviation("field-empty", swap(10, b"10.004:AGENCY1", b"10.004:"))
    yield Deviation("fields-out-of-order", out_of_order)
    yield Deviation("type-1-tags-padded", lambda data: b"0" + grown(data, 1, 1))
    yield Deviation("type-1-len-wrong", lambda data: grown(data, 1, 3), Code.LEN_MISMATCH)
    yield Deviation("type-1-len-missing", lambda data: told(data, 1, b"")[1:], Code.LEN_MISMATCH)
    yield Deviation("count-says-more", swap(1, b"\x1e10\x1f1", b"\x1e10\x1f1\x1e14\x1f2"), Code.CNT_MISMATCH)
    yield Deviation("count-says-less", swap(1, b"\x1e10\x1f1", b""), Code.CNT_MISMATCH)
    yield Deviation("count-says-another-type", swap(1, b"\x1e10\x1f1", b"\x1e14\x1f1"), Code.CNT_MISMATCH)
    yield Deviation("count-missing", without_count, Code.CNT_MISMATCH)
    yield Deviation("count-is-words", swap(1, b"1.003:1\x1f2\x1e2\x1f0\x1e10\x1f1", b"1.003:two"), Code.CNT_MISMATCH)
    yield Deviation("idc-mismatch", swap(10, b"10.002:1\x1d", b"10.002:7\x1d"), Code.IDC_MISMATCH)
    yield Deviation("idc-missing", swap(10, b"10.002:1\x1d", b""), Code.IDC_MISMATCH)
    yield Deviation("tag-twice", swap(10, b"\x1d10.012:", b"\x1d10.003:SCAR\x1d10.012:"), Code.DUPLICATE_TAG)
    yield Deviation("tag-of-another-record", swap(1, b"\x1d1.013:", b"\x1d0.013:"), Code.BAD_TAG)
    yield Deviation("line-end-behind", lambda data: data + b"\r\n", Code.TRAILING_BYTES)
    yield Deviation("zeros-behind", lambda data: data + bytes(1000), Code.TRAILING_BYTES)
    yield Deviation(
        "line-end-between", lambda data: data.replace(b"\x1c10.001", b"\x1c\r\n10.001"), Code.TRAILING_BYTES
    )
    yield Deviation("byte-order-mark", lambda data: b"\xef\xbb\xbf" + data, Code.TRAILING_BYTES)
    yield Deviation("letters-before", lambda data: b"From: a mail\n\n" + data, Code.STRAY_BYTES)
    yield Deviation("last-separator-missing", lambda data: data[:-1], Code.SEPARATOR_MISSING)
    yield Deviation("last-separator-never-was", lambda data: grown(data, 10, -1)[:-1], Code.SEPARATOR_MISSING)
    yield Deviation("truncated", lambda data: data[:-300], Code.LEN_MISMATCH, Code.RECORD_TRUNCATED)
    yield Deviation("stray-byte-behind", lambda data: data + b"x", None, Code.CONTAINER_UNREADABLE)
    yield Deviation("no-record-between", lambda data: data.replace(b"\x1c10.001", b"\x1c??\x1c10.001"), None,
                    Code.CONTAINER_UNREADABLE)  # fmt: skip
    yield Deviation("size-wrong", of(PICTURE, size=(99, 98)), Code.SIZE_DECLARED_WRONG)
    yield Deviation("size-swapped", of(PICTURE, size=(HEIGHT, WIDTH)), Code.SIZE_DECLARED_WRONG)
    yield Deviation("codec-says-lossless", of(PICTURE, codec="JPEGL"), Code.CODEC_DECLARED_WRONG)
    yield Deviation("codec-is-wsq", of(WSQ), None, Code.CODEC_UNSUPPORTED)
    yield Deviation("codec-is-lossless", of(PICTURE.replace(b"\xff\xc0", b"\xff\xc3", 1)), None, Code.CODEC_UNSUPPORTED)
    yield Deviation("digits-for-a-picture", of(b"0123456789" * 50), None, Code.IMAGE_UNDECODABLE)
    yield Deviation("no-picture", of(b""), None, Code.IMAGE_UNDECODABLE)
    yield Deviation("picture-elsewhere", of(b"", extra=[(994, "a.jpg")]), None, Code.EXTERNAL_IMAGE_MISSING)
    yield Deviation("stray-byte-in-front", of(b"\x05" + PICTURE), Code.STRAY_BYTES)
    yield Deviation("label-missing", swap(10, b"\x1d10.003:FACE", b""), Code.LABEL_CONFLICT)
    yield Deviation("label-is-a-tattoo", of(PICTURE, label="TATTOO"), None, Code.NOT_FACE_MODALITY)
    yield Deviation("digest-wrong", of(PICTURE, extra=[(996, "00" * 32)]), Code.DIGEST_MISMATCH)
    for day in ("7-12-2012", "07302012", "20120730000000Z", "20000101", "19000101", "20120230", "29990101"):
        yield Deviation(f"captured-{day}", of(PICTURE, captured=day), Code.CAPTURE_DATE_INVALID)


@pytest.mark.parametrize("deviation", list(deviations()), ids=lambda each: each.name)
def test_a_deviation_is_read_past_and_noted_or_rejected(deviation: Deviation, tmp_path: Path) -> None:
    changed = deviation.change(CLEAN)
    assert (changed == CLEAN) == (deviation.name == "none")
    (record,) = read(changed, tmp_path)
    (image,) = record.images
    notes = {(each.code, each.detail) for each in (*record.notes, *image.notes)} - ALWAYS
    assert {code for code, _ in notes} == ({deviation.code} if deviation.code else set()), notes
    assert image.verdict is deviation.rejected
    assert (image.data == PICTURE) == (deviation.rejected is None)
    assert record.native_ids == (("tcn", f"AGENCY1/{TCN}"),)
    undated = deviation.rejected in (Code.NOT_FACE_MODALITY, Code.EXTERNAL_IMAGE_MISSING)
    dated = not deviation.name.startswith("captured-") and not undated
    assert image.captured == ("2019-03-05" if dated else None)


def test_what_an_independent_reader_takes_for_clean_is_clean_here(tmp_path: Path) -> None:
    """The oracle reads the same values, and none of the changed transactions silently differs in its picture."""
    data = written([PICTURE, portrait(seed=1)], finger=True)
    message = nistitl.Message()
    message.parse(data)
    (record,) = read(data, tmp_path)
    assert [each.data for each in record.images] == [message[(10, str(n))]["DATA"].value for n in (1, 2)]
    assert [each.declared["width"] for each in record.images] == [message[(10, "1")]["HLL"].value] * 2
    assert set(record.notes) == {each for each in record.notes if each.code is Code.UNKNOWN_FIELD}


def test_binary_records_are_walked_over_also_behind_a_wrong_length(tmp_path: Path) -> None:
    """A Type-4 between the text and the faces has no tags, and its bytes look like some."""
    data = written([PICTURE], finger=True)
    (record,) = read(data, tmp_path)
    assert [each.data for each in record.images] == [PICTURE]
    (wrong,) = read(grown(data, 2, 4), tmp_path)
    assert [each.data for each in wrong.images] == [PICTURE]
    assert Code.LEN_MISMATCH in {each.code for each in wrong.notes}


def test_transactions_in_one_file_are_records_of_their_own(tmp_path: Path) -> None:
    data = b"\r\n".join(written([portrait(seed=n)], number=f"T-{n}") for n in range(3))
    records = read(data, tmp_path)
    assert [each.unit for each in records] == ["one.an2", "one.an2#2", "one.an2#3"]
    assert [dict(each.native_ids)["tcn"] for each in records] == ["AGENCY1/T-0", "AGENCY1/T-1", "AGENCY1/T-2"]
    assert [each.images[0].data for each in records] == [portrait(seed=n) for n in range(3)]
    for each in records:
        assert data[each.offset :].startswith(b"1.001:")
        begins = each.images[0].offset
        assert data[begins : begins + each.images[0].length] == each.images[0].data


def test_a_truncated_transaction_does_not_swallow_the_next(tmp_path: Path) -> None:
    data = written([portrait(seed=1)], number="T-1")[:-500] + written([portrait(seed=2)], number="T-2")
    cut, whole = read(data, tmp_path)
    assert cut.images[0].verdict is Code.RECORD_TRUNCATED
    assert whole.images[0].data == portrait(seed=2)


def test_the_domain_map_names_the_person_and_nothing_is_kept_without_it(tmp_path: Path) -> None:
    (bare,) = read(CLEAN, tmp_path)
    assert (bare.person, bare.minor) == (None, None)
    assert "DOE" not in repr(bare.metadata)
    (mapped,) = read(CLEAN, tmp_path, AnsiNistReader().with_map(MAP))
    assert (mapped.person, mapped.minor, mapped.metadata["name"]) == ("P-77", False, "DOE, JANE")
    (elsewhere,) = read(CLEAN, tmp_path, AnsiNistReader().with_map(MAP.replace("NORAM", "OTHER")))
    assert elsewhere.person is None


@pytest.mark.parametrize(
    ("raw", "charset", "stored", "noted"),
    [
        ("JOSÉ".encode(), "ascii", "JOSÉ", "utf-8 where ascii is declared"),
        ("JOSÉ".encode("latin-1"), "ascii", None, "neither utf-8 nor ascii"),
        ("JOSÉ".encode("latin-1"), "latin-1", "JOSÉ", None),
        ("JOSÉ".encode().decode("latin-1").encode(), "ascii", None, "text that was decoded wrongly before"),
        (b"JO\x00SE", "ascii", None, "control characters"),
    ],
)
def test_a_text_is_stored_as_declared_or_proved_and_never_as_guessed(
    raw: bytes, charset: str, stored: str | None, noted: str | None, tmp_path: Path
) -> None:
    changed = swap(2, b"DOE, JANE", raw)(CLEAN)
    reader = AnsiNistReader().with_map(MAP.replace("[domain.keep]", f'charset = "{charset}"\n[domain.keep]'))
    (record,) = read(changed, tmp_path, reader)
    assert record.metadata.get("name") == stored
    assert [each.detail for each in record.notes if each.code is Code.CHARACTER_SET] == (
        [f"2.018: {noted}"] if noted else []
    )


def test_two_texts_that_name_different_persons_name_nobody(tmp_path: Path) -> None:
    message = nistitl.Message()
    message.parse(CLEAN)
    other = nistitl.AsciiRecord(2)
    other.IDC = 5
    other += nistitl.Field(2, 14, "P-78")
    message += other
    (record,) = read(message.NIST, tmp_path, AnsiNistReader().with_map(MAP))
    assert record.person is None
    assert Code.IDC_MISMATCH in {each.code for each in record.notes}


def test_a_text_that_ends_early_is_no_name(tmp_path: Path) -> None:
    """Half a name, of a record that is cut off, is nobody's."""
    cut = written()[:-4].replace(b"DOE, JANE", b"DOE")
    (record,) = read(cut, tmp_path, AnsiNistReader().with_map(MAP))
    assert (record.person, record.metadata.get("name")) == (None, None)
    assert Code.RECORD_TRUNCATED in {each.code for each in record.notes}
