"""Restore: the open way back from a backup or a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.ledger.loghouse import DAY, ORIGIN, LogHouse, closed, founded, kinds, lived, put_back, refused

from countenance.ledger.entry import parse
from countenance.ledger.forgotten import add_forgotten, list_beside, read_forgotten
from countenance.ledger.ledger import Ledger
from countenance.ledger.restore import forget_again, prepare_restore
from countenance.terms.errors import CountenanceError

ROOT = Path(__file__).parents[2]


def restored(house: LogHouse, **options: object) -> Ledger:
    prepare_restore(
        house.directory,
        signing_key=house.signing,
        vault_key=house.vault_key,
        now=house.now,
        detail={"principal": "os:root", "reason": "the disk broke"},
        **options,  # type: ignore[arg-type]  # the tests' own
    )
    anchor = options.get("anchor")
    return house.open(**({"anchor": anchor} if anchor else {}))


def test_restore_goes_on_openly(tmp_path: Path) -> None:
    """From an old backup: a new origin that cites the newest known tree, a gap, everything acknowledged before kept."""
    anchor = tmp_path / "anchor"
    house = lived(tmp_path / "data", anchor=anchor)
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    with house.open(anchor=anchor) as ledger:
        kept = house.act(ledger)
        for _ in range(3):
            house.busy_day(ledger)
            closed(ledger)
        newest = ledger.checkpoints()[-1]
    shutil.copytree(tmp_path / "data" / "log", tmp_path / "mirror")
    put_back(tmp_path / "backup", tmp_path / "data")
    refused(house, "went backwards", anchor=anchor)
    with restored(house, published=tmp_path / "mirror", anchor=anchor) as ledger:
        assert ledger.shard_origin.startswith(f"{ORIGIN}/2025-")
        entries = [parse(data) for _, data in ledger.entries()]
        first, gap = entries[0].fields, next(e.fields for e in entries if e.kind == "gap")
        assert (first["origin"], first["size"], first["root"]) == (ORIGIN, newest.size, newest.root.hex())
        assert (gap["first"], gap["last"], gap["why"]) == (3, newest.epoch, "restore")
        assert ledger.epoch == newest.epoch + 1
        with pytest.raises(CountenanceError):
            ledger.entry(kept[0].entry)
        house.busy_day(ledger)
        closed(ledger)
    house.check()
    with house.open(anchor=anchor) as ledger:
        house.act(ledger)
    house.check()


def test_restore_of_a_copy_and_of_a_torn_backup(tmp_path: Path) -> None:
    """A copy goes on as another log; a backup whose journal does not fit its tree loses that and says so."""
    house = lived(tmp_path / "data")
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    copy = LogHouse(tmp_path / "copy", now=house.now, uses=house.uses)
    for segment in (tmp_path / "copy" / "ledger" / "journal").glob("*"):
        segment.write_bytes(segment.read_bytes()[:100])
    with restored(copy) as ledger:
        origin = ledger.shard_origin
        copy.busy_day(ledger)
        closed(ledger)
    copy.check()
    with house.open() as ledger:
        assert ledger.shard_origin == ORIGIN != origin
        house.act(ledger)
    house.check()


def test_restore_forgets_again(tmp_path: Path) -> None:
    """What was erased after the backup was made is erased in what came back from it."""
    anchor = tmp_path / "anchor"
    house, ledger = founded(tmp_path / "data", anchor=anchor)
    receipts = house.act(ledger, 3)
    closed(ledger)
    ledger.close()
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    with house.open(anchor=anchor) as ledger:
        ledger.erase([receipts[0].entry], basis="withdrawal", detail={})
        ledger.erase([receipts[1].entry], fields=["case"], basis="order", detail={})
    put_back(tmp_path / "backup", tmp_path / "data")
    with restored(house, anchor=anchor) as ledger:
        assert ledger.detail(receipts[0].entry) is not None, "the backup had it"
        assert forget_again(ledger, list_beside(anchor), {"principal": "os:root"}) == 2
        assert ledger.detail(receipts[0].entry) is None
        detail = ledger.detail(receipts[1].entry)
        assert detail is not None
        assert "case" not in detail
        assert detail["client"] == "command line"
    house.check()


def test_a_restore_that_dies_is_finished_by_the_next_start(tmp_path: Path) -> None:
    """It is only written down by ``prepare_restore``; asking again, or opening, goes on from there."""
    house = lived(tmp_path / "data")
    for _ in range(2):
        origin = prepare_restore(
            house.directory, signing_key=house.signing, vault_key=house.vault_key, now=house.now, detail={}
        )
    with house.open() as ledger:
        assert ledger.shard_origin == origin
        assert kinds(ledger).count("gap") == 2
    with house.open() as ledger:
        assert ledger.shard_origin == origin
        assert kinds(ledger).count("gap") == 2
        house.now += DAY
    house.check()


def test_the_list_of_erasures_reads_back(tmp_path: Path) -> None:
    """Entries, fields and months; a torn last line is one that was not done."""
    path = tmp_path / "list"
    assert read_forgotten(path) == []
    add_forgotten(path, ["b", "a"], [])
    add_forgotten(path, ["c"], ["case", "score"])
    add_forgotten(path, [], [], 24311)
    path.write_bytes(path.read_bytes() + b"half a li")
    assert [(f.entries, f.fields, f.before) for f in read_forgotten(path)] == [
        (("a", "b"), (), None),
        (("c",), ("case", "score"), None),
        ((), (), 24311),
    ]


def test_restore_twice_before_anything_is_published(tmp_path: Path) -> None:
    """What lies in the public place is then the publication of an origin before: it says nothing of this one."""
    house = lived(tmp_path / "data")
    with restored(house) as ledger:
        first = ledger.shard_origin
        kept = house.act(ledger)
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    put_back(tmp_path / "backup", tmp_path / "data")
    with restored(house) as ledger:
        assert ledger.shard_origin != first
        assert all(ledger.has(receipt.entry) for receipt in kept)
        house.busy_day(ledger)
        closed(ledger)
    house.check()
