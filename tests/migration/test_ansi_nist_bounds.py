"""Large, absurd and endless transactions: within bounds, in the same memory, and accounted for."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from tests.migration.written import portrait, written

from countenance.migration.code import Code
from countenance.migration.itl.records import walk
from countenance.migration.itl.transactions import transactions
from countenance.migration.limits import RECORDS
from countenance.migration.readers.ansi_nist import AnsiNistReader

PICTURE = portrait()
SIZE = len(written([PICTURE], number="T-00000"))


def many(count: int) -> bytes:
    return b"\n".join(written([PICTURE], number=f"T-{number:05}") for number in range(count))


@pytest.mark.parametrize("most", [SIZE, SIZE + 1, SIZE + 100, 3 * SIZE, 100 * SIZE])
def test_a_window_of_any_size_gives_the_same_transactions(most: int) -> None:
    """The window moves along the file; where it ends makes no difference to what is found."""
    data = many(9)
    found = list(transactions(io.BytesIO(data), most))
    assert [each.base + each.transaction.start for each in found] == [number * (SIZE + 1) for number in range(9)]
    assert all(len(each.transaction.records) == 3 for each in found)
    assert max(len(each.data) for each in found) <= 2 * most + 2048


def test_a_transaction_beyond_the_window_is_rejected_and_the_next_is_read() -> None:
    huge = written([PICTURE + bytes(40 * SIZE)])
    data = many(2) + huge + many(2)
    found = list(transactions(io.BytesIO(data), 4 * SIZE))
    assert [each.transaction.verdict for each in found] == [None, None, Code.LIMIT_EXCEEDED, None, None]


def test_more_records_than_a_transaction_may_have_are_not_read(tmp_path: Path) -> None:
    data = written() + b"9.001:12\x1d9.2:1\x1c" * (RECORDS + 5)
    (tmp_path / "many.an2").write_bytes(data + written([PICTURE], number="T-2"))
    full, after = AnsiNistReader().read(tmp_path)
    assert full.verdict is Code.LIMIT_EXCEEDED
    assert after.images[0].data == PICTURE


@pytest.mark.parametrize("length", [b"0", b"1", b"99999999999", b"-5", b"1e9", b"00000000000000000000005", b""])
@pytest.mark.parametrize("kind", [b"1", b"2", b"10"])
def test_an_absurd_length_is_no_reason_to_lose_a_picture(kind: bytes, length: bytes, tmp_path: Path) -> None:
    """A length is one digit string among others; only one that says more than there is costs a picture without end."""
    data = written([PICTURE])
    at = data.index(b"\x1c%b.001:" % kind) + 1 if kind != b"1" else 0
    end = data.index(b"\x1d", at)
    (tmp_path / "one.an2").write_bytes(data[:at] + b"%b.001:%b" % (kind, length) + data[end:])
    (record,) = AnsiNistReader().read(tmp_path)
    assert record.images[0].data == PICTURE
    assert Code.LEN_MISMATCH in {each.code for each in record.notes}


def test_records_without_end_take_time_by_their_number_and_no_more() -> None:
    """Every separator could be an end, and a length is always wrong: what is looked at is looked at once."""
    short = written()[:-1] + b"\x1d2.9:" + b"\x1c." * 300_000
    assert walk(short, 0).records
    text = b"1.001:9\x1d1.003:1\x1f1\x1e4\x1f1\x1c" + b"\x00\x00\x00\x01\x1c" * 200_000
    assert walk(text, 0).records


def test_a_file_that_shrinks_while_it_is_read_ends() -> None:
    class Shrinks(io.BytesIO):
        """Says more bytes than it gives."""

        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 3 * SIZE)) if self.tell() < 5 * SIZE else b""

    assert len(list(transactions(Shrinks(many(30)), 4 * SIZE))) < 30
