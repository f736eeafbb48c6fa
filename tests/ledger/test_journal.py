"""The journal: durable before it is promised, whole or not at all, and damage told from a torn end."""

from __future__ import annotations

import contextlib
import os
import struct
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countenance.ledger.disk import Disk
from countenance.ledger.journal import (
    MAX_GROUP,
    Journal,
    create_segment,
    read_journal,
    segment_paths,
    settle,
)
from countenance.ledger.segment import HEADER_SIZE, MAX_BODY, Record, frame, header, path_of, read_segment
from countenance.terms.errors import LogDamaged, Malformed, Unwritable

OWNER = bytes(range(16))


def record(number: int, size: int = 40) -> Record:
    return Record(f"public {number} ".encode().ljust(size, b"."), f"sealed {number}".encode())


class House:
    """A journal in a directory, with everything that it said was durable."""

    def __init__(self, directory: Path, disk: Disk | None = None) -> None:
        self.directory = directory
        self.durable: list[Record] = []
        if not segment_paths(directory):
            create_segment(Disk(), directory, OWNER, 0)
        self.tail, last = read_journal(directory, OWNER, 0)
        settle(Disk(), last)
        self.journal = Journal(directory, OWNER, last, self._durable, disk or Disk())

    def _durable(self, first: int, records: Sequence[Record]) -> None:
        assert first == len(self.tail) + len(self.durable)
        self.durable.extend(records)


def write_frames(directory: Path, groups: list[list[Record]]) -> Path:
    """A segment with these frames, and zeros after them."""
    directory.mkdir(parents=True, exist_ok=True)
    data, first = header(OWNER, 0), 0
    for group in groups:
        data += frame(OWNER, first, group)
        first += len(group)
    path = path_of(directory, 0)
    path.write_bytes(data + bytes(4096))
    return path


def test_what_was_waited_for_is_read_back(tmp_path: Path) -> None:
    """Every record whose ticket was waited for is there after the journal is opened again, in order."""
    house = House(tmp_path)
    records = [record(i) for i in range(1000)]
    tickets = [house.journal.append([each]) for each in records]
    assert [ticket.wait() for ticket in tickets] == list(range(1000))
    house.journal.close()
    assert read_journal(tmp_path, OWNER, 0)[0] == records
    assert house.durable == records


def test_many_callers_share_a_sync(tmp_path: Path) -> None:
    """While one frame is synced the others queue up: far fewer syncs than entries, and no frame above the limit."""

    class Counting(Disk):
        syncs = 0

        def sync(self, descriptor: int) -> None:
            self.syncs += 1
            super().sync(descriptor)

    disk = Counting()
    house = House(tmp_path, disk)
    for ticket in [house.journal.append([record(i)]) for i in range(2000)]:
        ticket.wait()
    assert 2000 / MAX_GROUP <= disk.syncs < 1000
    house.journal.close()


def test_a_batch_is_one_frame_whatever_its_size(tmp_path: Path) -> None:
    """A batch larger than a group is not split, since it must be there whole or not at all."""
    house = House(tmp_path)
    first = house.journal.append([record(0)])
    batch = house.journal.append([record(i) for i in range(1, MAX_GROUP * 2)])
    assert (first.wait(), batch.wait()) == (0, 1)
    house.journal.close()
    data = segment_paths(tmp_path)[0][1].read_bytes()
    cut_inside = data.rstrip(b"\0")[:-5]
    segment_paths(tmp_path)[0][1].write_bytes(cut_inside)
    assert len(read_journal(tmp_path, OWNER, 0)[0]) in {0, 1}


@settings(deadline=None, max_examples=60)
@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=5), data=st.data())
def test_any_cut_loses_only_whole_frames_from_the_end(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], data: st.DataObject
) -> None:
    """Wherever a file ends, what is read is the frames that lie before that place, and nothing else."""
    directory = tmp_path_factory.mktemp("cut")
    groups = [[record(10 * g + i) for i in range(size)] for g, size in enumerate(sizes)]
    path = write_frames(directory, groups)
    whole = path.read_bytes().rstrip(b"\0")
    ends = [HEADER_SIZE]
    for first, group in zip([sum(sizes[:i]) for i in range(len(sizes))], groups, strict=True):
        ends.append(ends[-1] + len(frame(OWNER, first, group)))
    at = data.draw(st.integers(HEADER_SIZE, len(whole)))
    path.write_bytes(whole[:at] + bytes(data.draw(st.integers(0, 50))))
    found = read_segment(path, OWNER)
    expected = [r for end, group in zip(ends[1:], groups, strict=True) if end <= at for r in group]
    assert list(found.records) == expected
    assert found.torn == bool(whole[found.end : at].strip(b"\0"))


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_a_flipped_bit_before_a_good_frame_is_damage(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """No crash leaves a good frame after a bad one: the start is refused, wherever the bit lies."""
    directory = tmp_path_factory.mktemp("flip")
    path = write_frames(directory, [[record(0), record(1)], [record(2)]])
    whole = bytearray(path.read_bytes())
    last = len(frame(OWNER, 2, [record(2)]))
    end = len(bytes(whole).rstrip(b"\0")) - last
    at = data.draw(st.integers(HEADER_SIZE, end - 1))
    whole[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(bytes(whole))
    with pytest.raises(LogDamaged):
        read_segment(path, OWNER)


@settings(deadline=None, max_examples=150)
@given(rest=st.binary(max_size=300), count=st.integers(0, 9))
def test_whatever_lies_in_a_segment_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, rest: bytes, count: int
) -> None:
    """Random bytes after the header, and whole frames that do not add up, end in a segment or in LogDamaged."""
    path = path_of(tmp_path_factory.mktemp("fuzz"), 0)
    path.write_bytes(header(OWNER, 0) + rest)
    assert read_segment(path, OWNER).records == ()
    check = zlib.crc32(rest, zlib.crc32(OWNER + struct.pack(">QII", 0, count, len(rest))))
    path.write_bytes(header(OWNER, 0) + struct.pack(">4sIIQI", b"CJF1", len(rest), check, 0, count) + rest)
    with contextlib.suppress(LogDamaged):
        assert len(read_segment(path, OWNER).records) == count
    path.write_bytes(rest)
    with pytest.raises(LogDamaged):
        read_segment(path, OWNER)


def test_a_torn_end_is_cut_and_written_over(tmp_path: Path) -> None:
    """After a crash in the middle of a frame the next record follows the last whole one."""
    path = write_frames(tmp_path, [[record(0)], [record(1)]])
    whole = path.read_bytes().rstrip(b"\0")
    path.write_bytes(whole + frame(OWNER, 2, [record(2, 500)])[:-7])
    house = House(tmp_path)
    assert house.tail == [record(0), record(1)]
    house.journal.append([record(3)]).wait()
    house.journal.close()
    assert read_journal(tmp_path, OWNER, 0)[0] == [record(0), record(1), record(3)]


def test_another_logs_segment_is_refused(tmp_path: Path) -> None:
    """A segment is bound to its log: one that was copied here from another is not read."""
    write_frames(tmp_path, [[record(0)]])
    with pytest.raises(LogDamaged, match="another log"):
        read_journal(tmp_path, bytes(16), 0)


@pytest.mark.parametrize("floor", [0, 1, 2, 3])
def test_reading_starts_at_the_floor(tmp_path: Path, floor: int) -> None:
    """What is in the tree already is not read again; an end before the floor is damage."""
    write_frames(tmp_path, [[record(0)], [record(1), record(2)]])
    assert read_journal(tmp_path, OWNER, floor)[0] == [record(i) for i in range(floor, 3)]
    with pytest.raises(LogDamaged, match="ends before"):
        read_journal(tmp_path, OWNER, 4)


def test_a_missing_segment_is_damage(tmp_path: Path) -> None:
    """Segments follow one another without a gap, and there is always one."""
    house = House(tmp_path)
    for turn in range(3):
        house.journal.append([record(turn)]).wait()
        house.journal.rotate()
    house.journal.close()
    (_, first), (_, second), *_ = segment_paths(tmp_path)
    second.unlink()
    with pytest.raises(LogDamaged, match="lacks"):
        read_journal(tmp_path, OWNER, 0)
    first.unlink()
    with pytest.raises(LogDamaged, match="begins at"):
        read_journal(tmp_path, OWNER, 0)
    for _, path in segment_paths(tmp_path):
        path.unlink()
    with pytest.raises(LogDamaged, match="missing"):
        read_journal(tmp_path, OWNER, 0)


def test_dropped_segments_are_overwritten_first(tmp_path: Path) -> None:
    """What is dropped leaves no bytes behind in the file that a reader still holds open."""
    house = House(tmp_path)
    house.journal.append([record(0)]).wait()
    path = segment_paths(tmp_path)[0][1]
    descriptor = os.open(path, os.O_RDONLY)
    assert house.journal.rotate() == 1
    house.journal.drop_before(1)
    assert not path.exists()
    assert not os.read(descriptor, 1 << 21).strip(b"\0")
    os.close(descriptor)
    house.journal.append([record(1)]).wait()
    house.journal.close()
    assert read_journal(tmp_path, OWNER, 1)[0] == [record(1)]


def test_rotation_keeps_the_order_under_load(tmp_path: Path) -> None:
    """Rotating and dropping while many threads append loses nothing and doubles nothing."""
    house = House(tmp_path)
    stop = threading.Event()

    def rotate() -> None:
        while not stop.is_set():
            house.journal.rotate()

    rotating = threading.Thread(target=rotate)
    rotating.start()
    tickets = [house.journal.append([record(i)]) for i in range(1500)]
    assert sorted(t.wait() for t in tickets) == list(range(1500))
    stop.set()
    rotating.join()
    house.journal.close()
    assert read_journal(tmp_path, OWNER, 0)[0] == [record(i) for i in range(1500)]


def test_a_failed_sync_ends_all_promises(tmp_path: Path) -> None:
    """Every waiter is told, and so is everybody after; nothing is tried again in this process."""

    class Failing(Disk):
        healthy = True
        syncs = 0

        def sync(self, descriptor: int) -> None:
            self.syncs += 1
            if not self.healthy:
                raise OSError(5, "Input/output error")
            super().sync(descriptor)

    disk = Failing()
    house = House(tmp_path, disk)
    house.journal.append([record(0)]).wait()
    disk.healthy = False
    tickets = [house.journal.append([record(i)]) for i in range(1, 20)]
    for ticket in tickets[:1]:
        with pytest.raises(Unwritable):
            ticket.wait()
    disk.healthy, syncs = True, disk.syncs
    with pytest.raises(Unwritable):
        house.journal.append([record(99)])
    for ticket in tickets:
        with pytest.raises(Unwritable):
            ticket.wait()
    assert disk.syncs == syncs
    house.journal.close()


def test_groups_are_bounded_in_bytes_too(tmp_path: Path) -> None:
    """Large details share no frame beyond a few megabytes, and one too large to be read back is refused at once."""
    house = House(tmp_path)
    large = Record(b"public", bytes(3 << 20))
    for ticket in [house.journal.append([large]) for _ in range(4)]:
        ticket.wait()
    with pytest.raises(Malformed):
        house.journal.append([Record(b"public", bytes(MAX_BODY))])
    house.journal.close()
    assert read_journal(tmp_path, OWNER, 0)[0] == [large] * 4


def test_a_closed_journal_takes_nothing(tmp_path: Path) -> None:
    """After its end an append is refused, never silently dropped."""
    house = House(tmp_path)
    house.journal.close()
    with pytest.raises(Unwritable):
        house.journal.append([record(0)])
