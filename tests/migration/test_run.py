"""A run: every record is accounted for, nothing is found before it is published, and again is as good as once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.migration.conftest import ADA, BEA, CID, INTAKE, Mover

from countenance.assembly import open_house
from countenance.migration.book import Book, RunState
from countenance.migration.exits import Exit
from countenance.migration.importing import Tick
from countenance.migration.intake import Intake
from countenance.migration.publishing import erase, open_ends, publish, roll_back
from countenance.migration.steering import FOLDER, Pace, Steering
from countenance.service.asking import Refused
from countenance.service.batches import Batched
from countenance.service.enrol import Enrolled, EnrolRequest, enrol
from countenance.service.erase import Erased
from countenance.service.erase import erase as erase_subject
from countenance.service.identify import Identification, identify
from countenance.service.withdraw import Withdrew, withdraw
from countenance.terms.errors import BrokenInput, InUse, Malformed, NameTaken
from countenance.terms.sample import Sample

Small = Callable[[str, int], bytes]


def found(mover: Mover, data: bytes) -> list[str]:
    """Whom a search finds."""
    answer = identify(mover.house.rooms, mover.asks, gallery="moved", sample=Sample(data))
    assert isinstance(answer, Identification)
    return [answer.names[each.subject] for each in answer.searched[0].result.candidates]


def names(mover: Mover) -> list[str]:
    return [each.name for each in mover.house.galleries.subjects(mover.gallery)]


def published(mover: Mover, reviewer: str = "") -> None:
    house = mover.house
    answer = publish(house.rooms, house.migrations, mover.asks, gallery=mover.gallery, reviewer=reviewer)
    assert isinstance(answer, Batched)


def taken_back(mover: Mover) -> None:
    assert isinstance(roll_back(mover.house.rooms, mover.asks, gallery=mover.gallery), Batched)


def test_staged_published_taken_back(mover: Mover, people: Path, small: Small) -> None:
    """The account says what became of everything; nobody is found before, all after, nobody after that."""
    ran = mover.run(people)
    assert ran.account.balanced
    assert mover.images(ran) == {"enrolled": 4, "rejected": 1}
    assert mover.codes(ran) == {"no_face": 1, "not_a_picture": 1, "pickle_refused": 1}
    assert (ran.account.units.discovered, ran.account.persons.discovered) == (7, 3)
    assert {each.value: n for each, n in ran.account.persons.exits.items()} == {"enrolled": 3}
    probe = small("obama3.jpg", 90)
    assert names(mover) == []
    assert found(mover, probe) == []
    published(mover)
    assert names(mover) == sorted((ADA, BEA, CID))
    assert found(mover, probe) == [ADA]
    reference = mover.house.galleries.references(mover.gallery, mover.house.galleries.subject(mover.gallery, BEA).id)[0]
    assert reference.metadata["migration.unit"] == f"{BEA}/1.jpg"
    taken_back(mover)
    assert names(mover) == []
    assert found(mover, probe) == []


def test_again_all_is_unchanged(mover: Mover, people: Path) -> None:
    """A second run decides nothing anew, at none of the grains, staged or published; its batch is the first one's."""
    first = mover.run(people)
    for _ in range(2):
        again = mover.run(people)
        for grain in (again.account.images, again.account.units, again.account.persons):
            assert grain.exits == {Exit.UNCHANGED: grain.discovered}
        assert again.account.images.discovered == 5
        if again.run.batch is not None:
            assert again.run.batch == first.run.batch
            published(mover)
    assert len(mover.house.galleries.batches.of(mover.gallery)) == 1


def test_a_newer_picture_supersedes(mover: Mover, people: Path, small: Small) -> None:
    """Another picture at the same place comes in for the old one, which comes back when the batch is taken back."""
    mover.run(people)
    published(mover)
    (people / CID / "1.jpg").write_bytes(small("astronaut.png", 70))
    ran = mover.run(people)
    assert mover.images(ran) == {"unchanged": 4, "updated": 1}

    def digests() -> set[str]:
        one = mover.house.galleries.subject(mover.gallery, CID)
        return {each.sample_digest for each in mover.house.galleries.references(mover.gallery, one.id)}

    old = digests()
    published(mover)
    assert len(digests()) == 1
    assert digests() != old
    taken_back(mover)
    assert digests() == old


def test_without_a_basis_nothing_comes_in(mover: Mover, people: Path) -> None:
    """Basis and retention date are required; under other terms what was rejected is tried again."""
    for intake in (Intake(), Intake("consent"), Intake(None, INTAKE.retain_until)):
        ran = mover.run(people, intake=intake)
        assert mover.codes(ran)["no_legal_basis"] == 5
        assert ran.account.balanced
    assert mover.run(people, intake=Intake("consent", 1)).account.images.exits == {Exit.REJECTED: 5}
    assert mover.images(mover.run(people)) == {"enrolled": 4, "rejected": 1}
    one = mover.house.galleries.subject(mover.gallery, ADA, None)
    assert (one.basis, one.retain_until) == ("consent", INTAKE.retain_until)


def test_two_runs_at_once_are_refused(mover: Mover, people: Path) -> None:
    """Whoever comes second is told, and nothing of theirs is begun."""
    with Steering(mover.house.settings.data / FOLDER).alone(), pytest.raises(InUse):
        mover.try_run(people)
    assert not mover.house.migrations.runs(mover.gallery.id)
    assert mover.run(people).account.balanced


def test_another_source_waits_for_the_batch(mover: Mover, people: Path, tmp_path: Path, small: Small) -> None:
    """Two sources are never staged beside each other; a rolled back one is published again or erased first."""
    mover.run(people)
    other = tmp_path / "other"
    (other / "Dan").mkdir(parents=True)
    (other / "Dan" / "1.jpg").write_bytes(small("obama3.jpg", 80))
    with pytest.raises(NameTaken):
        mover.try_run(other)
    assert isinstance(erase(mover.house.rooms, mover.house.migrations, mover.asks, gallery=mover.gallery), int)
    assert mover.images(mover.run(other)) == {"enrolled": 1}
    assert not mover.house.galleries.batches.references(
        mover.gallery, mover.house.galleries.batches.of(mover.gallery)[0].id
    )


def test_what_was_erased_comes_in_again(mover: Mover, people: Path) -> None:
    """After `rollback --erase` the lines of that batch hold for no later run."""
    first = mover.run(people)
    assert erase(mover.house.rooms, mover.house.migrations, mover.asks, gallery=mover.gallery) == 4
    assert mover.house.migrations.run(mover.gallery.id, first.run.id).state is RunState.ERASED
    assert mover.images(mover.run(people)) == {"enrolled": 4, "rejected": 1}


def test_a_source_that_grows_is_noticed(mover: Mover, people: Path, small: Small) -> None:
    """What comes to be there while it is read makes the run fail loudly; run again, it is whole."""

    def grow(_: Tick) -> None:
        (people / "Dan").mkdir(exist_ok=True)
        (people / "Dan" / "1.jpg").write_bytes(small("obama3.jpg", 80))

    with pytest.raises(BrokenInput, match="written to"):
        mover.try_run(people, progress=grow)
    ran = mover.run(people)
    assert ran.account.balanced
    assert len(mover.house.migrations.runs(mover.gallery.id)) == 1, "it is the same run, gone on with"
    assert ran.account.images.discovered == 6


def test_a_staged_subject_can_be_erased(mover: Mover, people: Path) -> None:
    """Who is not seen is held all the same: erasing reaches them, and publishing does not bring them back."""
    mover.run(people)
    gone = erase_subject(mover.house.rooms, mover.asks, gallery="moved", subject=ADA)
    assert isinstance(gone, Erased)
    published(mover)
    assert names(mover) == sorted((BEA, CID))


def test_who_withdrew_since_is_not_published(mover: Mover, people: Path) -> None:
    """A picture whose subject withdrew while it was staged under another name: erased, and accounted for."""
    ran = mover.run(people)
    data = (people / BEA / "1.jpg").read_bytes()
    made = enrol(mover.house.rooms, mover.asks, gallery=mover.gallery, request=EnrolRequest(Sample(data), "Zoe"))
    assert isinstance(made, Enrolled)
    assert isinstance(withdraw(mover.house.rooms, mover.asks, gallery="moved", subject="Zoe"), Withdrew)
    published(mover)
    assert names(mover) == sorted((ADA, CID))
    told = mover.house.migrations.account(ran.run)
    assert told.balanced
    assert told.images.exits[Exit.TOMBSTONED] == 1


def test_live_traffic_goes_on_beside(mover: Mover, people: Path, small: Small) -> None:
    """The same person enrolled at the counter meanwhile is enrolled as if nothing were staged."""
    mover.run(people)
    data = small("biden.jpg", 90)
    made = enrol(mover.house.rooms, mover.asks, gallery=mover.gallery, request=EnrolRequest(Sample(data), BEA))
    assert isinstance(made, Enrolled)
    assert names(mover) == [BEA]
    assert found(mover, data) == [BEA]
    published(mover)
    assert mover.house.galleries.subject(mover.gallery, BEA).references == 2
    taken_back(mover)
    assert names(mover) == [BEA]


def test_the_charter_can_refuse_it_all(mover: Mover, people: Path) -> None:
    """Where the charter lets nobody enrol, nothing comes in and the run says so."""
    asks = mover.house.asking("family-separation", "consent:1")
    assert isinstance(mover.try_run(people, asks=asks), Refused)
    assert names(mover) == []


class Killed(BaseException):
    """What a test raises where a process could be killed."""


@pytest.mark.parametrize("at", [(1, "before"), (1, "after"), (2, "before"), (2, "after")])
def test_killed_at_any_commit_and_resumed(
    mover: Mover, people: Path, monkeypatch: pytest.MonkeyPatch, at: tuple[int, str]
) -> None:
    """Wherever it ends, the next start goes on: the same account, every picture once, one batch."""
    count, add = 0, Book.add
    monkeypatch.setattr("countenance.migration.importing.FLUSH_LINES", 2)

    def dying(self: Book, *arguments: object, **more: object) -> None:
        nonlocal count
        count += 1
        if (count, "before") == at:
            raise Killed
        add(self, *arguments, **more)  # type: ignore[arg-type]  # passed on as they are
        if (count, "after") == at:
            raise Killed

    monkeypatch.setattr(Book, "add", dying)
    with pytest.raises(Killed):
        mover.try_run(people)
    monkeypatch.setattr(Book, "add", add)
    ran = mover.run(people)
    assert mover.images(ran) == {"enrolled": 4, "rejected": 1}
    assert ran.account.balanced
    assert len(mover.house.migrations.runs(mover.gallery.id)) == 1
    (batch,) = mover.house.galleries.batches.of(mover.gallery)
    assert len(mover.house.galleries.batches.references(mover.gallery, batch.id)) == 4


def test_kill_and_resume(tmp_path: Path, data: Path, small: Small) -> None:
    """SIGKILL of the real process in the middle; the same line again ends with the account of an undisturbed run."""
    folder = tmp_path / "many"
    for number in range(12):
        (folder / f"P{number:02}").mkdir(parents=True)
        name = ("obama.jpg", "biden.jpg", "astronaut.png")[number % 3]
        (folder / f"P{number:02}" / "1.jpg").write_bytes(small(name, 60 + number))
    words = (
        "--data", data, "migrate", "run", "--source", "folder", folder, "--gallery", "g", "--purpose", "missing-person",
        "--authority", "consent:b", "--basis", "consent", "--retain-until", "2031-01-01", "--json",
    )  # fmt: skip
    program = [sys.executable, "-c", "from countenance.cli import main; main()", *map(str, words)]
    status = data / FOLDER / "status.json"
    with subprocess.Popen([*program, "--rate", "5"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        until = time.monotonic() + 60
        while time.monotonic() < until and not (status.exists() and json.loads(status.read_text())["settled"] >= 2):
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    account = json.loads(done.stdout.splitlines()[-1])
    assert account["balanced"]
    assert (account["discovered"], account["enrolled"]) == (12, 12)
    with open_house(data) as house:
        place = house.galleries.find("g")
        (run,) = house.migrations.runs(place.id)
        assert run.batch is not None
        assert len(house.galleries.batches.references(place, run.batch)) == 12
        assert any("conflicts" in each for each in open_ends(house.migrations, place, run.batch))


def test_publishing_waits_for_open_ends(mover: Mover, people: Path) -> None:
    """What nobody looked through is not published unless somebody answers for it by name."""
    asks = mover.house.asking("missing-person", "consent:b")
    ran = mover.run(people, asks=asks)
    assert ran.unscreened is not None
    with pytest.raises(Malformed, match="conflicts"):
        published(mover)
    published(mover, reviewer="R. Hopper")
    assert ADA in names(mover)


def test_pause_and_pace(tmp_path: Path) -> None:
    """A pause holds a run up until it is taken off; a rate is not exceeded."""
    steering = Steering(tmp_path / "m")
    steering.pause(on=True)
    assert steering.paused
    steering.pause(on=False)
    assert steering.wait() < 0.2
    pace, started = Pace(50), time.monotonic()
    for _ in range(6):
        pace.wait()
    assert time.monotonic() - started >= 5 / 50


def test_nothing_that_a_source_calls_them_lies_in_clear(mover: Mover, people: Path) -> None:
    """Neither names nor paths are in the database, whatever became of them."""
    mover.run(people)
    data = b"".join(each.read_bytes() for each in mover.house.settings.data.glob("galleries.db*"))
    for word in ("Lovelace", "Ünal", "cat.jpg", "notes.txt", "representations_vgg"):
        assert word.encode() not in data, word
