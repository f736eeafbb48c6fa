"""What a start refuses: rollback, a copy, a second writer, a fork, damage."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ledger.loghouse import INTENT, ORIGIN, LogHouse, closed, founded, kinds, lived, put_back, refused

from countenance.ledger.anchor import Anchor, read_anchor, write_anchor
from countenance.ledger.checkpoint import Checkpoint
from countenance.ledger.start import note_signer
from countenance.terms.errors import InUse, Malformed, Unwritable

ROOT = Path(__file__).parents[2]


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    """While one process has the log, another is told whose it is; afterwards it may."""
    house, ledger = founded(tmp_path)
    code = (
        "from pathlib import Path; import sys\n"
        "from tests.ledger.loghouse import lived, put_back, refused, LogHouse\n"
        "from countenance.terms.errors import InUse\n"
        "try: LogHouse(Path(sys.argv[1])).open().close()\n"
        "except InUse as error: print(error); sys.exit(9)\n"
    )
    run = [sys.executable, "-c", code, str(tmp_path)]
    second = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)
    assert second.returncode == 9, second.stderr
    assert f"pid {os.getpid()}" in second.stdout
    with pytest.raises(InUse):
        house.open()
    ledger.close()
    assert subprocess.run(run, cwd=ROOT, check=False).returncode == 0


def test_a_copy_is_refused(tmp_path: Path) -> None:
    """Two copies of one log would become two logs of one name."""
    house = lived(tmp_path / "data")
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    house.open().close()
    refused(LogHouse(tmp_path / "copy", now=house.now), "copy")


def test_a_log_may_be_moved(tmp_path: Path) -> None:
    """A rename within the file system is the same log."""
    house = lived(tmp_path / "data")
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    LogHouse(tmp_path / "elsewhere", now=house.now).open().close()


def test_an_old_backup_under_a_newer_publication_is_refused(tmp_path: Path) -> None:
    """The writer's files went back and the published log did not: what is published is not ours any more."""
    house = lived(tmp_path / "data")
    shutil.copytree(tmp_path / "data" / "ledger", tmp_path / "backup")
    with house.open() as ledger:
        house.busy_day(ledger)
        closed(ledger)
    put_back(tmp_path / "backup", tmp_path / "data" / "ledger")
    refused(house, "went backwards")


def test_an_old_backup_of_everything_is_refused_by_its_anchor(tmp_path: Path) -> None:
    """Log and publication went back together; the anchor outside did not. Without one nobody here can see it."""
    anchor = tmp_path / "elsewhere.anchor"
    house = lived(tmp_path / "data", anchor=anchor)
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    with house.open(anchor=anchor) as ledger:
        house.busy_day(ledger)
        closed(ledger)
    put_back(tmp_path / "backup", tmp_path / "data")
    refused(house, "went backwards", anchor=anchor)
    house.open().close()


def test_the_anchor_must_stay_and_lead_to_the_same_tree(tmp_path: Path) -> None:
    """An anchor that is gone, that is of another tree, or that is no anchor is refused; an older true one is fine."""
    anchor = tmp_path / "elsewhere.anchor"
    house, ledger = founded(tmp_path / "data", anchor=anchor)
    house.busy_day(ledger, 140)
    closed(ledger)
    old = anchor.read_bytes()
    house.busy_day(ledger, 5)
    closed(ledger)
    ledger.close()
    anchor.write_bytes(old)
    house.open(anchor=anchor).close()
    known = read_anchor(anchor)
    assert known is not None
    assert known.size > 256
    write_anchor(anchor, Anchor(known.origin, known.size, bytes(32)))
    refused(house, "forked", anchor=anchor)
    write_anchor(anchor, Anchor("another.example", known.size, known.root))
    refused(house, "another log", anchor=anchor)
    anchor.write_text("hello")
    with pytest.raises(Malformed):
        house.open(anchor=anchor)
    anchor.unlink()
    refused(house, "gone", anchor=anchor)


def test_an_anchor_may_be_named_later(tmp_path: Path) -> None:
    """A log that never had one gets its first at the next commit."""
    house = lived(tmp_path / "data")
    anchor = tmp_path / "anchor"
    with house.open(anchor=anchor) as ledger:
        house.busy_day(ledger)
        closed(ledger)
        assert read_anchor(anchor) == Anchor(ORIGIN, ledger.checkpoints()[-1].size, ledger.checkpoints()[-1].root)
        ledger.flush()
    with house.open(anchor=anchor) as ledger:
        assert kinds(ledger)


def test_another_tree_of_a_published_size_is_a_fork(tmp_path: Path) -> None:
    """A checkpoint of our own key over another tree of a size that we signed is refused as what it is."""
    house = lived(tmp_path / "data")
    with house.open() as ledger:
        size = ledger.checkpoints()[-1].size
    note = note_signer(house.signing)(ORIGIN, size, bytes(32))
    (tmp_path / "data" / "log" / "checkpoint").write_text(note, "utf-8")
    refused(house, "forked")


def test_a_published_checkpoint_cannot_be_older_gone_or_garbage(tmp_path: Path) -> None:
    """What the public saw last must be what it sees now."""
    house = lived(tmp_path / "data")
    with house.open() as ledger:
        first = ledger.checkpoints()[0].note
    place = tmp_path / "data" / "log" / "checkpoint"
    newest = place.read_bytes()
    place.write_text(first, "utf-8")
    refused(house, "older")
    place.unlink()
    refused(house, "gone")
    place.write_bytes(b"hello\n")
    refused(house, "does not parse")
    place.write_bytes(newest)
    house.open().close()


def test_two_trees_of_one_size_are_never_signed(tmp_path: Path) -> None:
    """Even a row that was turned back by hand cannot make the log sign another tree of a size that it signed."""
    house = lived(tmp_path / "data", days=1)
    shutil.copytree(tmp_path / "data" / "ledger", tmp_path / "backup")
    with house.open() as ledger:
        house.busy_day(ledger)
        closed(ledger)
        signed = ledger.checkpoints()
    table = sqlite3.connect(tmp_path / "data" / "ledger" / "commit.sqlite")
    rows = table.execute("SELECT * FROM checkpoint").fetchall()
    table.close()
    put_back(tmp_path / "backup", tmp_path / "data" / "ledger")
    table = sqlite3.connect(tmp_path / "data" / "ledger" / "commit.sqlite")
    table.executemany(f"INSERT OR IGNORE INTO checkpoint VALUES ({','.join('?' * len(rows[0]))})", rows)
    table.commit()
    table.close()
    refused(house, "was signed")
    assert len(signed) == 2


@pytest.mark.parametrize("victim", ["log/tile/0/000", "log/tile/entries/000", "log/tile/1/000.p/1"])
def test_damage_at_the_right_edge_is_found_at_the_start(tmp_path: Path, victim: str) -> None:
    """One flipped bit in a file that the next tile is built on, or that the last checkpoint rests on."""
    house = lived(tmp_path / "data", days=1, requests=150)
    place = tmp_path / "data" / victim
    data = bytearray(place.read_bytes())
    data[len(data) // 2] ^= 1
    place.write_bytes(bytes(data))
    refused(house, "tile|bundle|files")


@settings(deadline=None, max_examples=25)
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_anywhere_in_the_public_log_is_found(
    quick_place: Callable[[], Path], where: float, bit: int
) -> None:
    """Whichever file and bit: the verification of the published log fails."""
    house = lived(quick_place(), days=1, requests=3)
    files = sorted(p for p in (house.directory / "log").rglob("*") if p.is_file())
    at = int(where * sum(p.stat().st_size for p in files))
    for path in files:
        if at < path.stat().st_size:
            break
        at -= path.stat().st_size
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    path.write_bytes(bytes(data))
    from countenance.ledger.verifier.failure import Failure

    with pytest.raises(Failure):
        house.check_published()


def test_files_that_belong_together_must_be_there_together(tmp_path: Path) -> None:
    """A published log without its writer's files, or a journal without its tree, is never begun anew."""
    house = lived(tmp_path / "data")
    ledger = tmp_path / "data" / "ledger"
    ledger.rename(tmp_path / "aside")
    refused(house, "published here")
    shutil.rmtree(ledger)
    (tmp_path / "aside").rename(ledger)
    for path in ledger.glob("commit.sqlite*"):
        path.rename(tmp_path / path.name)
    (tmp_path / "data" / "log").rename(tmp_path / "log")
    refused(house, "journal with entries")
    for path in tmp_path.glob("commit.sqlite*"):
        path.replace(ledger / path.name)
    (tmp_path / "log").rename(tmp_path / "data" / "log")
    house.open().close()
    shutil.rmtree(ledger / "journal")
    refused(house, "journal is missing")


def test_another_name_is_refused(tmp_path: Path) -> None:
    """A log has one name for life."""
    house, ledger = founded(tmp_path)
    ledger.close()
    from countenance.ledger.ledger import open_ledger

    with pytest.raises(Malformed, match="named"):
        open_ledger(tmp_path, signing_key=house.signing, origin="other.example", vault_key=house.vault_key)


def test_temporary_files_are_swept(tmp_path: Path) -> None:
    """What a crash left half made is gone after the next start."""
    house = lived(tmp_path / "data")
    left = tmp_path / "data" / "ledger" / "staged" / "x.temporary"
    left.write_bytes(b"half")
    house.open().close()
    assert not left.exists()


def test_private_files_are_private(tmp_path: Path) -> None:
    """Nobody else on the machine can read journal, vault or commit point."""
    lived(tmp_path / "data")
    assert (tmp_path / "data" / "ledger").stat().st_mode & 0o077 == 0
    for path in (tmp_path / "data" / "ledger").rglob("*"):
        if path.is_file() and "staged" not in path.parts:
            assert path.stat().st_mode & 0o077 == 0, path


def limited(house: LogHouse, size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    with house.open() as ledger:
        for _ in range(100_000):
            ledger.intend(INTENT).result()


@pytest.mark.parametrize("size", [4_000, 40_000, 1_200_000])
def test_a_full_disk_is_refused_clearly_and_loses_nothing(quick_place: Callable[[], Path], size: int) -> None:
    """Files cannot grow past a limit: Unwritable, nothing half there, and with room again the log goes on."""
    house, ledger = founded(quick_place())
    receipts = house.busy_day(ledger, 3)
    ledger.close()
    child = os.fork()
    if child == 0:
        try:
            limited(house, size)
        except Unwritable as error:
            os._exit(7 if error.remedy and error.where else 8)
        except BaseException:
            os._exit(9)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    with house.open() as again:
        house.check_receipts(again, receipts)
        house.act(again)
    house.check()


def test_a_read_only_directory_is_refused_clearly(quick_place: Callable[[], Path]) -> None:
    """Permission to write is missing: Unwritable says where. Whoever writes everywhere becomes nobody first."""
    place = quick_place()
    place.parent.chmod(0o755)
    place.mkdir(mode=0o555)
    child = os.fork()
    if child == 0:
        if os.geteuid() == 0:
            os.setuid(65534)
        try:
            LogHouse(place).open()
        except Unwritable as error:
            os._exit(7 if str(place) in str(error) else 8)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_a_checkpoint_of_nothing_is_never_signed_twice(tmp_path: Path) -> None:
    """A log that was founded and left alone is the same log at the next start."""
    house = LogHouse(tmp_path)
    house.open().close()
    house.open().close()
    assert house.check()["size"] == 1
    assert Checkpoint(ORIGIN, 0, bytes(32)).text.startswith(ORIGIN)
