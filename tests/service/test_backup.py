"""Backups: whole and verified while people work; restored, they bring nobody back who was erased or withdrew."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from countenance.assembly import House, backup_of, open_house, restore_from
from countenance.gallery.uses import Uses, at_least
from countenance.ledger.entry import parse
from countenance.service.backup import MANIFEST, read_backup
from countenance.service.enrol import EnrolRequest, Withdrawn, enrol
from countenance.service.erase import erase
from countenance.service.manage import create_gallery
from countenance.service.restore import NOTE
from countenance.service.withdraw import Withdrew, withdraw
from countenance.settings import read_settings
from countenance.terms.errors import InUse, MissingPart, NameTaken, WrongDigest
from countenance.vision.vision import Vision

from .registry import BIDEN, OBAMA, Registry, asking, filled, look, put, sample_of

registry = pytest.fixture(filled)
DYING = [sys.executable, str(Path(__file__).with_name("dying.py"))]


def names(house: House) -> set[str]:
    return {s.name for s in house.galleries.subjects(house.galleries.find("r"))}


def kinds(house: House) -> list[tuple[str, Mapping[str, Any]]]:
    return [(said.kind, said.fields) for _, data in house.ledger.entries() if (said := parse(data))]


def sound(data: Path, countenance: Any) -> None:
    """The log verifies to its last entry, and the galleries' doctor finds nothing wrong."""
    verified = countenance("--data", data, "log", "verify", "--json")
    assert (verified.code, verified.json["ok"]) == (0, True), verified.out
    with open_house(data) as house:
        assert house.galleries.examine(deep=True).findings == ()


def erased_since(registry: Registry, out: Path) -> None:
    """A backup; after it one subject withdraws and the other is erased."""
    with registry.opened() as house:
        backup_of(house, out)
        assert isinstance(withdraw(house.rooms, asking(house), gallery="r", subject=OBAMA), Withdrew)
        erase(house.rooms, asking(house), gallery="r", subject=BIDEN)


def stays_out(data: Path, vision: Vision, pictures: Mapping[str, Path], countenance: Any) -> None:
    """What must hold of a directory restored over ``erased_since``: in the gallery, in the vault, and for enrolment."""
    sound(data, countenance)
    with open_house(data) as house:
        assert names(house) == set()
        details = json.dumps([dict(house.ledger.detail(e) or {}) for e in house.ledger.ids()])
        assert OBAMA not in details
        assert BIDEN not in details
        assert "gap" in {kind for kind, _ in kinds(house)}
        place, who = house.galleries.find("r"), asking(house)
        barred = enrol(
            house.rooms, who, gallery=place, request=EnrolRequest(sample_of(pictures["obama.jpg"]), "Somebody")
        )
        assert isinstance(barred, Withdrawn)
        with with_vision(house, vision) as seeing:
            put(seeing, place, BIDEN, pictures["biden.jpg"])


@contextmanager
def with_vision(house: House, vision: Vision) -> Iterator[House]:
    from dataclasses import replace

    yield replace(house, rooms=replace(house.rooms, vision=lambda: vision))


def test_a_backup_holds_everything_but_the_root_key(registry: Registry, tmp_path: Path, countenance: Any) -> None:
    """Every file is listed with its digest; no root key, no list of erasures, no lock; and it may not lie over one."""
    out = tmp_path / "backup"
    made = countenance("--data", registry.data, "backup", out, "--json")
    assert (made.code, made.json["backup"]) == (0, str(out))
    backup = read_backup(out)
    there = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    assert there == {MANIFEST, *backup.digests}
    assert {"galleries.db", "subject-keys.db", "countenance.toml", "log.key", "ledger/commit.sqlite"} <= there
    assert not {name for name in there if "root" in name or "erasures" in name or "lock" in name}
    root_key = (registry.data / "root.key").read_bytes()
    assert not [name for name in there if root_key.strip()[-64:] in (out / name).read_bytes()]
    again = countenance("--data", registry.data, "backup", out, "--json")
    assert (again.code, again.json["error"]["kind"]) == (12, "NameTaken")


def test_one_changed_byte_is_found_before_anything_is_touched(registry: Registry, tmp_path: Path) -> None:
    """Whichever file of the backup it is in."""
    out = tmp_path / "backup"
    with registry.opened() as house:
        backup_of(house, out)
    for name in ("galleries.db", "ledger/vault.sqlite", "countenance.toml"):
        whole = (out / name).read_bytes()
        (out / name).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(WrongDigest):
            restore_from(read_settings(registry.data), out)
        (out / name).write_bytes(whole)
    assert not list(tmp_path.glob("*.restoring"))
    with registry.opened() as house:
        assert names(house) == {OBAMA, BIDEN}


def test_it_is_consistent_while_people_work(
    registry: Registry, tmp_path: Path, pictures: Any, countenance: Any
) -> None:
    """Copied thrice while two threads enrol and erase: each restores sound, with an entry for all that it holds."""
    stop = threading.Event()
    with registry.opened() as house:
        place = house.galleries.find("r")

        def work(picture: str) -> None:
            turn = 0
            while not stop.is_set():
                turn += 1
                create_gallery(house.rooms, asking(house), name=f"{picture} {turn}")
                put(house, place, picture, pictures[picture])
                erase(house.rooms, asking(house), gallery="r", subject=picture)

        with ThreadPoolExecutor(2) as pool:
            working = [pool.submit(work, picture) for picture in ("obama3.jpg", "astronaut.png")]
            try:
                backups = [backup_of(house, tmp_path / f"backup {number}") for number in range(3)]
            finally:
                stop.set()
            for one in working:
                one.result()
    assert backups[0].size < backups[-1].size
    for number, backup in enumerate(backups):
        data = tmp_path / f"new {number}"
        data.mkdir()
        for name in ("root.key", "erasures.erased"):
            shutil.copy(registry.data / name, data / name)
        restore_from(read_settings(data), backup.place)
        sound(data, countenance)
        with open_house(data) as house:
            asked = {name for entry in house.ledger.ids() for name in said_samples(house, entry)}
            for gallery in house.galleries.list():
                for one in house.galleries.subjects(gallery):
                    assert {r.sample_digest for r in house.galleries.references(gallery, one.id)} <= asked
            assert {OBAMA, BIDEN} <= names(house) <= {OBAMA, BIDEN, "obama3.jpg", "astronaut.png"}


def said_samples(house: House, entry: str) -> list[str]:
    """The digests of the samples that an entry's sealed detail names."""
    detail: Mapping[str, Any] = house.ledger.detail(entry) or {}
    return [digest for digest, _ in detail.get("samples") or ()]


def test_no_use_is_counted_twice_after_the_data_came_back(registry: Registry) -> None:
    """Where the log knows of more uses than the data do, the next number follows the log's."""
    with registry.opened() as house:
        at_least(house.database, lambda _: 900)
        pseudonym = house.galleries.find("r").pseudonym
        assert [Uses(house.database).take(each) for each in ("", pseudonym)] == [901, 901]
        at_least(house.database, lambda _: 5)
        assert Uses(house.database).take("") > 901


def test_a_restored_backup_brings_nobody_back(
    registry: Registry, tmp_path: Path, pictures: Any, vision: Vision, countenance: Any
) -> None:
    """Over an erasure and over a withdrawal: erased again, kept out again, forgotten again in the vault, and a gap."""
    erased_since(registry, tmp_path / "backup")
    done = countenance("--data", registry.data, "restore", tmp_path / "backup", "--reason", "the disk broke", "--json")
    assert done.code == 0, done.out
    assert done.json["subjects"] == 0
    assert Path(done.json["aside"]).is_dir()
    stays_out(registry.data, vision, pictures, countenance)
    assert not (registry.data / NOTE).exists()
    with registry.opened() as house:
        gaps = [house.ledger.detail(f["id"]) or {} for kind, f in kinds(house) if kind == "gap"]
        assert {d["reason"] for d in gaps} >= {"the disk broke"}
        bases = {f["basis"] for kind, f in kinds(house) if kind == "erasure"}
        assert bases == {"restore"}


def test_on_a_new_machine_the_list_beside_the_anchor_tells(
    tmp_path: Path, pictures: Any, vision: Vision, countenance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory is lost; root key and anchor lie elsewhere. Without the list it stops, unless told to go on."""
    safe = tmp_path / "safe"
    safe.mkdir()
    monkeypatch.setenv("COUNTENANCE_ANCHOR", str(safe / "anchor"))
    data = tmp_path / "data"
    assert countenance("--data", data, "init", "--json").code == 0
    (data / "root.key").rename(safe / "root.key")
    monkeypatch.setenv("COUNTENANCE_ROOT_KEY", f"file:{safe / 'root.key'}")
    with open_house(data) as house, with_vision(house, vision) as seeing:
        made = create_gallery(seeing.rooms, asking(seeing), name="r")
        place = made.gallery  # type: ignore[union-attr]  # permitted by the demo's charter
        put(seeing, place, OBAMA, pictures["obama.jpg"])
        put(seeing, place, BIDEN, pictures["biden.jpg"])
        look(seeing, seeing.galleries.find("r"), pictures["obama2.jpg"])
    erased_since(Registry(data, lambda: open_house(data), {}, ""), tmp_path / "backup")
    shutil.rmtree(data)
    lists = {path: path.read_bytes() for path in safe.glob("anchor.*")}
    assert len(lists) == 2
    for path in lists:
        path.unlink()
    with pytest.raises(MissingPart, match="who was erased"):
        restore_from(read_settings(data), tmp_path / "backup")
    assert not data.exists()
    for path, content in lists.items():
        path.write_bytes(content)
    restore_from(read_settings(data), tmp_path / "backup")
    stays_out(data, vision, pictures, countenance)
    with open_house(data) as house:
        counted = [f["ctr"] for kind, f in kinds(house) if kind == "gallery" and f["ev"] == "carried"]
        assert 1 in counted
    shutil.rmtree(data)
    for path in lists:
        path.unlink()
    done = countenance("--data", data, "restore", tmp_path / "backup", "--erasures-unknown", "--json")
    assert (done.code, done.json["subjects"], done.json["aside"]) == (0, 2, None)


def test_a_directory_at_work_is_not_replaced(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held by a process: refused, untouched. No data directory at all: refused."""
    monkeypatch.setenv("COUNTENANCE_WAIT", "0")
    with registry.opened() as house:
        backup_of(house, tmp_path / "backup")
        with pytest.raises(InUse):
            restore_from(read_settings(registry.data), tmp_path / "backup")
    other = tmp_path / "other"
    other.mkdir()
    (other / "letters.txt").write_text("not ours")
    with pytest.raises(NameTaken):
        restore_from(read_settings(other), tmp_path / "backup")


def acts(verb: str, data: Path, place: Path) -> int:
    done = subprocess.run([*DYING, verb, str(data), str(place), "0"], capture_output=True, text=True, check=True)
    return int(done.stdout)


def died(verb: str, data: Path, place: Path, last: int) -> None:
    done = subprocess.run([*DYING, verb, str(data), str(place), str(last)], capture_output=True, check=False)
    assert done.returncode == -9, done.stderr.decode()


def test_killed_in_the_middle_of_a_backup(registry: Registry, tmp_path: Path) -> None:
    """At seeded moments: nothing under its name is half a backup, and running it again makes a whole one."""
    total = acts("backup", registry.data, tmp_path / "first")
    dice = random.Random(1809)
    out = tmp_path / "backup"
    for _ in range(3):
        died("backup", registry.data, out, dice.randint(1, total - 2))
        assert not out.exists()
    with registry.opened() as house:
        assert backup_of(house, out) == read_backup(out)
        assert names(house) == {OBAMA, BIDEN}
    assert not list(tmp_path.glob("*.making"))


@pytest.mark.parametrize("seed", range(3))
def test_killed_in_the_middle_of_restoring(
    registry: Registry, tmp_path: Path, pictures: Any, vision: Vision, countenance: Any, seed: int
) -> None:
    """At a seeded moment, twice: run again it completes, and whoever was erased since stays out at every start."""
    erased_since(registry, tmp_path / "backup")
    for path in (registry.data, tmp_path / "backup"):
        shutil.copytree(path, tmp_path / "measured" / path.name)
    # A copied log is refused at its ordinary start, and restoring is what that refusal asks for.
    total = acts("restore", tmp_path / "measured" / registry.data.name, tmp_path / "measured" / "backup")
    dice = random.Random(seed)
    for _ in range(2):
        try:
            died("restore", registry.data, tmp_path / "backup", dice.randint(1, total - 1))
        except AssertionError:
            break  # the second run had less left to do than that, and completed
    restore_from(read_settings(registry.data), tmp_path / "backup")
    stays_out(registry.data, vision, pictures, countenance)
