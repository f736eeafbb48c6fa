"""A reader in the sandbox gives what it gives outside; what stops it is a record, and the next file is read."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from tests.migration.written import portrait, written

from countenance.migration.code import Code
from countenance.migration.frames import Kind, frame, next_frame, record_frame
from countenance.migration.legacy_record import Box, LegacyImage, LegacyRecord, Note
from countenance.migration.limits import LIMITS, MIB, Limits
from countenance.migration.readers.ansi_nist import AnsiNistReader
from countenance.migration.sandbox import census_in_sandbox, read_in_sandbox, steps_in_sandbox
from countenance.terms.errors import BrokenInput, Malformed, UnknownName


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three transactions in a folder, one of them deeper, and something else."""
    (tmp_path / "dump" / "deeper").mkdir(parents=True)
    for number, name in enumerate(("a.an2", "b.an2", "deeper/c.an2")):
        (tmp_path / "dump" / name).write_bytes(written([portrait(seed=number)], number=f"T-{number}"))
    (tmp_path / "dump" / "README").write_text("not a transaction")
    return tmp_path / "dump"


def many() -> bytes:
    """A file that a pipe cannot hold, by far."""
    picture = portrait()
    return b"".join(written([picture], number=f"N-{number}") for number in range((8 * MIB) // len(picture)))


def test_records_and_census_are_the_same_as_outside(folder: Path) -> None:
    table = '[[domain]]\nperson = "2.014"\n'
    inside = list(read_in_sandbox("ansi-nist", folder, table=table))
    assert inside == list(AnsiNistReader().with_map(table).read(folder))
    assert [each.unit for each in inside] == ["README", "a.an2", "b.an2", "deeper/c.an2"]
    assert [each.person for each in inside] == [None, "P-77", "P-77", "P-77"]
    assert census_in_sandbox("ansi-nist", folder) == AnsiNistReader().census(folder)


def test_errors_of_the_reader_are_raised_here(folder: Path) -> None:
    with pytest.raises(UnknownName):
        next(read_in_sandbox("no-such-kind", folder))
    with pytest.raises(BrokenInput, match="nothing here"):
        next(read_in_sandbox("ansi-nist", folder / "missing"))
    with pytest.raises(Malformed):
        next(read_in_sandbox("ansi-nist", folder, table="[[domain]]\nsomething = 1"))


def test_reading_is_entered_at_a_file(folder: Path) -> None:
    """Files before it are not opened; the numbers stay those of all files."""
    going_on = list(steps_in_sandbox("ansi-nist", folder, start=2))
    assert going_on == list(enumerate(AnsiNistReader().read(folder)))[2:]
    assert list(steps_in_sandbox("ansi-nist", folder, start=4)) == []


@pytest.mark.parametrize(
    ("limits", "detail"),
    [
        (replace(LIMITS, memory=80 * MIB), "the reader took more than 80 MiB of memory"),
        (replace(LIMITS, image=6_000), "the reader handed over more than it may"),
    ],
)
def test_a_file_that_breaks_a_limit_is_a_record_and_the_next_is_read(folder: Path, limits: Limits, detail: str) -> None:
    """The second of the files is much larger than the others, and so is one of its pictures."""
    (folder / "b.an2").write_bytes(written([portrait() + bytes(9000), bytes(60 * MIB)]))
    records = list(read_in_sandbox("ansi-nist", folder, limits))
    assert [each.unit for each in records] == ["README", "a.an2", "b.an2", "deeper/c.an2"]
    assert (records[2].verdict, records[2].detail, records[2].images) == (Code.LIMIT_EXCEEDED, detail, ())
    assert [len(each.images) for each in records] == [0, 1, 0, 1]


def test_a_reader_that_is_killed_costs_the_file_that_it_read(folder: Path) -> None:
    """As the kernel does when memory runs out: no word of the reader's own."""
    (folder / "a.an2").write_bytes(many())
    records = []
    for record in read_in_sandbox("ansi-nist", folder):
        records.append(record)
        if record.unit == "a.an2":
            (child,) = children()
            os.kill(child, signal.SIGKILL)
    assert records[-3].unit == "a.an2#unread"
    assert (records[-3].verdict, records[-3].detail) == (Code.READER_FAILED, "the reader's process ended with -9")
    assert [each.unit for each in records[-2:]] == ["b.an2", "deeper/c.an2"]


def test_a_reader_that_is_silent_is_stopped(folder: Path) -> None:
    """It is silent from the beginning here, as long as its interpreter takes to start."""
    (record,) = read_in_sandbox("ansi-nist", folder, replace(LIMITS, seconds=0.001))
    assert (record.unit, record.verdict) == ("", Code.LIMIT_EXCEEDED)
    assert children() == []


def test_a_listener_that_goes_leaves_no_reader_behind(folder: Path) -> None:
    (folder / "a.an2").write_bytes(many())
    records = read_in_sandbox("ansi-nist", folder)
    next(records)
    assert len(children()) == 1
    records.close()  # type: ignore[attr-defined]  # a generator
    assert children() == []


def test_folders_deeper_than_calls_are_walked(tmp_path: Path) -> None:
    """Eleven hundred folders within one another are more than the interpreter's calls, and than a path may be long."""
    (tmp_path / "source").mkdir()
    here = os.open(tmp_path / "source", os.O_RDONLY)
    for _ in range(1100):
        os.mkdir("deep", dir_fd=here)
        there = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = there
    os.close(here)
    try:
        (record,) = read_in_sandbox("ansi-nist", tmp_path / "source")
        assert (record.verdict, record.detail) == (Code.CONTAINER_UNREADABLE, "OSError")
        assert census_in_sandbox("ansi-nist", tmp_path / "source").units == 1
    finally:
        # Python's own way to remove folders calls itself for each of them.
        subprocess.run(["rm", "-rf", os.fspath(tmp_path / "source")], check=True)


def test_links_pipes_and_what_may_not_be_read_are_records_too(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.an2").write_bytes(written([portrait()]))
    (folder / "a.an2").unlink()
    (folder / "a.an2").symlink_to(tmp_path / "outside.an2")
    os.mkfifo(folder / "pipe")
    records = {each.unit: each for each in read_in_sandbox("ansi-nist", folder)}
    assert records["a.an2"].verdict is records["pipe"].verdict is Code.CONTAINER_UNREADABLE
    assert len(records) == census_in_sandbox("ansi-nist", folder).units == 5


EVERYTHING = LegacyRecord(
    source="kind",
    unit="unit",
    native_ids=(("a", "1"), ("b", "2")),
    person="Zoë \udcff",
    images=(
        LegacyImage("1", b"bytes", Box(1, 2, 3, 4), "2019-03-05", {"a": "b"}, 5, 6, None, "d", (Note(Code.BAD_TAG),)),
        LegacyImage("2", b""),
        LegacyImage("3", None, verdict=Code.NO_FACE),
    ),
    metadata={"k": "v"},
    basis="consent",
    retain_until="2031-01-01",
    minor=True,
    offset=7,
    length=8,
    sha256="00",
    verdict=Code.REFUSED,
    detail="why",
    tombstone=True,
    notes=(Note(Code.BAD_TAG, "x"),),
)


class Taker:
    """Gives bytes from the front."""

    def __init__(self, data: bytes) -> None:
        self.left = data

    def __call__(self, length: int) -> bytes:
        if length > len(self.left):
            raise ValueError("nothing more")
        taken, self.left = self.left[:length], self.left[length:]
        return taken


def test_every_part_of_a_record_crosses_the_pipe() -> None:
    take = Taker(b"".join(record_frame(EVERYTHING)))
    assert next_frame(take, LIMITS).record == EVERYTHING
    assert take.left == b""


def test_a_frame_that_was_tampered_with_is_refused_or_read_and_nothing_else() -> None:
    """Whoever took over the reader's process writes what he likes; the answer is a record or ValueError."""
    whole = b"".join(record_frame(EVERYTHING))
    refused = 0
    for at in range(len(whole)):
        for byte in (0x00, 0x22, 0x39, 0x7D, 0xFF):
            try:
                next_frame(Taker(whole[:at] + bytes([byte]) + whole[at + 1 :]), LIMITS)
            except ValueError:
                refused += 1
    assert refused > len(whole)
    with pytest.raises(ValueError, match="too long"):
        next_frame(Taker(frame(Kind.UNIT, name="x" * 99)), replace(LIMITS, header=50))


def children() -> list[int]:
    """Reader processes of this one that live."""
    mine = {int(each) for task in Path("/proc/self/task").iterdir() for each in (task / "children").read_text().split()}
    return [each for each in mine if b"migration.worker" in Path(f"/proc/{each}/cmdline").read_bytes()]
