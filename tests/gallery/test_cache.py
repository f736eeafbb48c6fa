"""The cache on the disk: a start begins with it, it is believed only where it fits, and nobody comes back by it."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import event
from tests.gallery.house import MEMORY, ORIGIN, House, probe_of, sample_of, vector_of
from tests.gallery.oracle import brute_force
from tests.storage.server import Server

from countenance.gallery.galleries import Galleries
from countenance.gallery.index import image
from countenance.gallery.index.index import Index
from countenance.gallery.index.records import Records
from countenance.gallery.index.segment import Segment
from countenance.gallery.load import load
from countenance.keys.root import read_root_key
from countenance.terms.action import Action
from countenance.terms.errors import SealBroken
from countenance.terms.gallery import Gallery

COUNT = 100
ROW = 16 * 4 + 36 + 36 + 16
"""Bytes of a record: a template, two ids, a tag."""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of 40 references, and a tail of 16."""
    monkeypatch.setitem(Index.__init__.__kwdefaults__, "tail", 16)
    monkeypatch.setitem(Index.__init__.__kwdefaults__, "segment", 40)


def fill(house: House, gallery: Gallery, numbers: range) -> None:
    """A subject for every number, sixteen at a time."""
    for start in range(numbers.start, numbers.stop, 16):
        some = range(start, min(start + 16, numbers.stop))
        house.enrol_many(gallery, {f"s{n}": (vector_of(n), sample_of(n)) for n in some})


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a gallery of a hundred that was closed in order; copied, not used."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(Index.__init__.__kwdefaults__, "tail", 16)
        patch.setitem(Index.__init__.__kwdefaults__, "segment", 40)
        directory = tmp_path_factory.mktemp("cached")
        house = House(directory, cached=True)
        gallery = house.gallery()
        fill(house, gallery, range(COUNT))
        house.search(gallery, vector_of(1))
        house.close()
    return directory


@pytest.fixture
def place(first: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(first, tmp_path / "here"))


def files(place: Path) -> list[Path]:
    """What lies in the cache."""
    return sorted((place / "cache").iterdir()) if (place / "cache").is_dir() else []


def right(house: House, *numbers: int) -> None:
    """Searches answer as brute force over the database, and what is in memory is what the store has."""
    gallery = house.galleries.find("staff")
    rows = list(load(house.database, house.galleries._keyring, gallery.id).rows())
    for number in (*numbers, 3, 50, 5_000):
        found = house.search(gallery, vector_of(number), k=7, label=f"probe {number}")
        assert (found.candidates, found.compared) == (brute_force(rows, vector_of(number), 7, None), len(rows))
    assert house.galleries.examine(deep=True).findings == ()


def from_disk(house: House) -> bool:
    """Whether the gallery's segments were read from the cache and not made; it is opened by that."""
    with pytest.MonkeyPatch.context() as patch:
        made: list[object] = []
        of = Segment.of
        patch.setattr(Segment, "of", lambda *a: made.append(a) or of(*a))
        house.search(house.galleries.find("staff"), vector_of(1), label="first")
    return not made


def test_a_start_begins_with_what_lies_on_the_disk(place: Path) -> None:
    """And with what came and went since the process before was killed, without having kept it."""
    house = House(place, cached=True)
    gallery = house.galleries.find("staff")
    assert from_disk(house)
    right(house)
    house.enrol(gallery, "new", vector_of(777), sample_of(777))
    house.galleries._memory._saving._ended.set()  # no orderly end
    house.database.close()
    house.open()
    assert from_disk(house)
    right(house, 777)
    house.close()


def test_nothing_lies_in_clear(place: Path) -> None:
    """No template, no code, no id; and only its owner may look."""
    house = House(place, cached=True)
    gallery = house.galleries.find("staff")
    house.search(gallery, vector_of(1))
    segments = house.galleries._memory.open(gallery.pseudonym).index.snapshot.segments
    assert len(segments) == len(files(place)) >= 2
    for path in files(place):
        assert path.stat().st_mode & 0o077 == 0
        data = path.read_bytes()
        for segment in segments:
            cold = segment.cold.take(np.arange(len(segment)))
            secrets = [cold.vectors[5].tobytes()[:8], cold.references[5], cold.subjects[5]]
            secrets += [segment.codes.records[5].tobytes()[:12], segment.codes.grid.middle.tobytes()[:8]]
            assert not any(secret in data for secret in secrets)
    house.close()


def test_who_is_erased_is_in_no_file_that_opens(place: Path) -> None:
    """When the erasure is answered no file opens; afterwards they do without this one, the untouched ones as before."""
    house = House(place, cached=True)
    gallery = house.galleries.find("staff")
    house.search(gallery, vector_of(1))
    memory, store = house.galleries._memory, house.keys
    segments = memory.open(gallery.pseudonym).index.snapshot.segments
    keys = {segment.cold.records.name: segment.cold.records.key for segment in segments}
    assert store.segments(gallery.id).keys() == keys.keys() == {path.stem for path in files(place)}
    gone = house.erase(gallery, "s20")
    assert store.segments(gallery.id) == {}
    shutil.copytree(place, place.with_name("killed"))
    memory._save()
    after = {path.stem for path in files(place)}
    assert len(after) == len(keys) == len(after & keys.keys()) + 1
    assert store.segments(gallery.id).keys() == after
    (old,) = keys.keys() - after
    size = next(segment.cold for segment in segments if segment.cold.records.name == old).records
    assert not (place / "cache" / f"{old}.temporary").exists()
    (row,) = size.wiped
    assert not any(size.read([row])), "also who has the file open reads zeros"
    right(house, 20)
    house.close()
    for where in (place, place.with_name("killed")):
        house = House(where, house.desk, cached=True)
        assert from_disk(house) == (where == place)
        right(house, 20)
        assert gone.id not in {c.subject for c in house.search(gallery, vector_of(20), k=200).candidates}
        house.close()


def test_an_erased_gallery_leaves_nothing(place: Path) -> None:
    """Its files are gone, and their keys with its own."""
    house = House(place, cached=True)
    gallery = house.galleries.find("staff")
    house.search(gallery, vector_of(1))
    house.galleries.delete(house.receipt(Action.DELETE, gallery=gallery), "staff")
    assert (files(place), house.keys.segment_ids()) == ([], ())
    house.close()


def test_nothing_stays_where_it_is_turned_off(place: Path) -> None:
    """What was kept before is gone with its keys."""
    house = House(place, cached=True)
    house.galleries.close()
    assert files(place)
    root, key = read_root_key(f"file:{house.root_file}"), house.desk.key.public
    house.galleries = Galleries(house.database, root, house.keys, key, ORIGIN, clock=house.clock, spool=place)
    assert not from_disk(house)
    house.galleries._memory._save()
    right(house)
    house.close()
    assert (files(place), house.keys.segment_ids()) == ([], ())


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 5)


def _flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def _swap(path: Path) -> None:
    other = next(each for each in files(path.parents[1]) if each != path)
    kept = path.read_bytes()
    path.write_bytes(other.read_bytes())
    other.write_bytes(kept)


BROKEN: dict[str, Callable[[Path], object]] = {
    "cut short": _cut,
    "a bit of the codes": lambda path: _flip(path, path.stat().st_size - 40),
    "a bit of the head": lambda path: _flip(path, 40 * ROW + 3),
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "another's": _swap,
    "a directory": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_does_not_fit_is_made_anew(place: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Said once, answered rightly, and the next start begins with it again."""
    BROKEN[name](max(files(place), key=lambda path: path.stat().st_size))
    house = House(place, cached=True)
    right(house)
    assert caplog.text.count("made anew from the database") == 1
    if name == "a directory":
        next(path for path in files(place) if path.is_dir()).rmdir()
    house.reopen()
    assert from_disk(house)
    right(house)
    house.close()


def test_a_changed_template_is_found_by_the_search_that_reads_it(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Templates are not read at the start, so each is sealed by itself."""
    for path in files(place):
        for row in range(15):
            _flip(path, row * ROW + 9)
    house = House(place, cached=True)
    assert from_disk(house) is False
    right(house)
    assert caplog.text.count("is read from the database again") == 1
    house.reopen()
    assert from_disk(house)
    house.close()


def test_a_changed_template_keeps_nobody_from_being_erased_or_verified(place: Path) -> None:
    """Nor does it change what is answered."""
    house = House(place, cached=True)
    gallery = house.galleries.find("staff")
    house.search(gallery, vector_of(1))

    def change() -> None:
        opened = house.galleries._memory.open(gallery.pseudonym)
        for segment in opened.index.snapshot.segments:
            for row in range(len(segment)):
                os.pwrite(segment.cold.records._file.fileno(), b"changed", row * ROW + 20)

    change()
    house.erase(gallery, "s20")
    right(house, 20)
    change()
    probe = probe_of(vector_of(30), sample_of("probe")).template
    receipt = house.receipt(Action.VERIFY, [probe.sample], gallery=gallery, bound=1)
    subject = house.galleries.subject(gallery, "s30").id
    assert house.galleries.verify(receipt, probe, subject).score == pytest.approx(1.0)
    right(house, 20)
    house.close()


def test_another_version_s_layout_is_not_read(
    place: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its arrays are called."""
    monkeypatch.setattr(image, "layout", lambda: "another")
    house = House(place, cached=True)
    assert not from_disk(house)
    assert caplog.text.count("of another version") == 1
    right(house)
    house.close()


def test_older_data_under_newer_files(place: Path) -> None:
    """Where the database came back from a copy, what lies on the disk is of another course of events."""
    shutil.copy(place / "countenance.db", place / "older.db")
    house = House(place, cached=True)
    fill(house, house.galleries.find("staff"), range(200, 264))
    house.search(house.galleries.find("staff"), vector_of(1))
    house.reopen()
    assert from_disk(house)
    house.close()
    shutil.move(place / "older.db", place / "countenance.db")
    house.open()
    fill(house, house.galleries.find("staff"), range(300, 380))
    assert house.search(house.galleries.find("staff"), vector_of(210), threshold=0.999).candidates == ()
    right(house, 210, 310)
    house.close()


def test_files_that_no_row_names_are_swept_away(place: Path) -> None:
    """What a killed process left, or somebody put there."""
    (place / "cache" / "0c8cf83e-2a43-4c33-9a4d-6c1f3f4a8f0b.temporary").write_bytes(b"left")
    before = len(files(place))
    house = House(place, cached=True)
    assert len(files(place)) == before - 1
    assert from_disk(house)
    house.close()


def test_a_disk_that_takes_nothing_costs_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Searches and enrolments go on; said once, and not tried again."""
    house = House(tmp_path, cached=True)
    gallery = house.gallery()
    fill(house, gallery, range(40))
    house.search(gallery, vector_of(1))

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    for _ in range(3):
        house.galleries._memory._save()
    right(house)
    house.close()
    assert caplog.text.count("galleries are not cached") == 1
    assert files(tmp_path) == []


def test_searches_go_on_while_it_is_written(place: Path) -> None:
    """Who reads a segment whose file is replaced reads the old one to its end."""
    house = House(place, cached=True)
    gallery = house.galleries.find("staff")
    house.search(gallery, vector_of(1))
    opened = house.galleries._memory.open(gallery.pseudonym)
    house.erase(gallery, "s21")
    old = opened.index.snapshot
    house.galleries._memory._save()
    assert opened.index.snapshot.segments is not old.segments
    assert sum(len(part.references) for segment in old.segments for part in segment.parts()) + len(old.owner) == 99
    right(house)
    house.close()


def _enrol(house: House, gallery: Gallery) -> None:
    fill(house, gallery, range(400, 416))


def _erase(house: House, gallery: Gallery) -> None:
    house.erase(gallery, "s20")


def _erase_reference(house: House, gallery: Gallery) -> None:
    subject = house.galleries.subject(gallery, "s50")
    (only,) = house.galleries.references(gallery, subject.id)
    house.galleries.erase_reference(house.receipt(Action.DELETE, gallery=gallery), gallery, only.id)


ACTS = {"enrol": _enrol, "erase": _erase, "erase a reference": _erase_reference}


def dies(place: Path, act: Callable[[House, Gallery], None], at: int) -> bool:
    """Whether a process that does this, and keeps it, was killed at its ``at``-th write: of whichever file."""
    child = os.fork()
    if child == 0:
        try:
            house = House(place, cached=True)
            gallery = house.galleries.find("staff")
            house.search(gallery, vector_of(1))
            left = at

            def count(*_: object) -> None:
                nonlocal left
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

            def counted(real: Any) -> Any:
                def call(*args: Any, **more: Any) -> Any:
                    count()
                    return real(*args, **more)

                return call

            for name in ("link", "fsync", "unlink"):
                setattr(os, name, counted(getattr(os, name)))
            Path.unlink = counted(Path.unlink)
            Records._write = counted(Records._write)
            for database in (house.database, house.keys._database):
                event.listen(database.engine, "commit", count)
            act(house, gallery)
            house.galleries._memory._save()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("name", ACTS)
def test_death_at_every_write(first: Path, name: str) -> None:
    """Killed before each write of a file, a key, a row, a name, or after the last: the next start answers rightly."""
    deaths = 0
    for at in range(1, 200):
        place = Path(shutil.copytree(first, tempfile.mkdtemp(dir=MEMORY), dirs_exist_ok=True))
        died = dies(place, ACTS[name], at)
        house = House(place, cached=True)
        right(house, 20, 50, 400)
        erased = not house.search(house.galleries.find("staff"), vector_of(20), threshold=0.999, label="x").candidates
        house.galleries._memory._save()
        named = set(house.keys.segment_ids())
        assert named == {path.stem for path in files(place)}, "nothing is left over, nothing is missing"
        assert not erased or name == "erase"
        house.close()
        shutil.rmtree(place)
        if not died:
            break
        deaths += 1
    assert deaths >= 6


def test_a_record_that_was_moved_does_not_open(tmp_path: Path) -> None:
    """Nor one of another file, nor one that was cut off."""
    made = Records.new(tmp_path, bytes(32), 20)
    rows = np.random.default_rng(1).integers(256, size=(9, 20), dtype=np.uint8)
    made.append(rows)
    made.append(rows[:3])
    assert made.read([8, 0, 11]) == rows[[8, 0, 2]].tobytes()
    file = made._file.fileno()
    os.pwrite(file, os.pread(file, 36, 0), 36)
    with pytest.raises(SealBroken):
        made.read([1])
    os.ftruncate(file, 11 * 36 + 35)
    with pytest.raises(SealBroken):
        made.read([10, 11])
    assert made.read([10]) == rows[1].tobytes()


@pytest.mark.xdist_group("postgresql")
def test_what_another_node_erases_opens_here_no_more(postgresql: Server, tmp_path: Path) -> None:
    """Two nodes over one database: the keys of this one's files go with the subject, whoever erases."""
    url = postgresql.make(postgresql.migrated())
    (tmp_path / "a").mkdir()
    house = House(tmp_path / "a", url=url, cached=True)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    other = House(tmp_path / "b", house.desk, url=url)
    gallery = house.gallery()
    fill(house, gallery, range(60))
    right(house)
    house.reopen()
    assert from_disk(house)
    assert len(house.keys.segment_ids()) == len(files(tmp_path / "a"))
    other.erase(gallery, "s20")
    assert house.keys.segment_ids() == ()
    right(house, 20)
    house.reopen()
    assert from_disk(house)
    right(house, 20)
    other.close()
    house.close()
