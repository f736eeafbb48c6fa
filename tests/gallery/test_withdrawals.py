"""Withdrawals: nobody comes back by name or photograph, whatever is restored, until two have lifted it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.gallery.house import House, probe_of, sample_of, vector_of

from countenance.gallery.enrolment import By, EnrolItem, Enrolment, EnrolOutcome, NotEnrolled, Tombstoned
from countenance.gallery.withdrawals import Lifted, Proposed
from countenance.keys.erasure_list import ErasureList, list_beside
from countenance.terms.action import Action
from countenance.terms.errors import Malformed, NameTaken, ReceiptRefused, UnknownName, Unwritable
from countenance.terms.gallery import Gallery
from countenance.terms.look import Look

NAME = "Ottoline Vermeulen"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A data directory whose list of erasures lies outside it."""
    (tmp_path / "data").mkdir()
    made = House(tmp_path / "data", erasures=ErasureList(list_beside(tmp_path / "anchor")))
    yield made
    made.close()


@pytest.fixture
def gallery(house: House) -> Gallery:
    """Ottoline with two pictures, and a neighbour."""
    made = house.gallery()
    house.enrol(made, NAME, vector_of(1), sample_of(1))
    house.enrol(made, NAME, vector_of(2), sample_of(2))
    house.enrol(made, "Ada", vector_of(3), sample_of(3))
    return made


def barred(house: House, gallery: Gallery, name: str, picture: int, face: str = "0") -> bool:
    """Whether an enrolment meets the tombstone, which names the date."""
    outcome = house.enrol(gallery, name, vector_of(picture), sample_of(picture), face=face)
    assert isinstance(outcome, Enrolment | Tombstoned)
    assert isinstance(outcome, Enrolment) or outcome.since == int(house.clock())
    return isinstance(outcome, Tombstoned)


def lift(house: House, gallery: Gallery, principal: str, told: list[str] | None = None) -> Lifted | Proposed:
    which = house.galleries.withdrawals.find(gallery.name, NAME)
    receipt = house.receipt(Action.MANAGE, gallery=gallery)

    def record(event: str) -> str:
        (told if told is not None else []).append(event)
        return "entry"

    return house.galleries.withdrawals.lift(receipt, gallery, which, principal, 1_700_000_001, record=record)


def test_a_withdrawn_subject_does_not_come_back(house: House, gallery: Gallery) -> None:
    """Neither by name nor by a photograph of theirs, for any face, after a restart too; others come as before."""
    house.erase(gallery, NAME, withdraw=True)
    for _ in range(2):
        assert barred(house, gallery, NAME, 50)
        assert barred(house, gallery, "Somebody", 1)
        assert barred(house, gallery, "Somebody", 2, face="1")
        house.reopen()
    assert not barred(house, gallery, "Somebody", 51)
    assert [s.name for s in house.galleries.subjects(gallery)] == ["Ada", "Somebody"]
    assert house.galleries.withdrawals.find("staff", NAME).since == int(house.clock())


def put(house: House, gallery: Gallery, name: str, picture: int, look: Look, *ids: str) -> EnrolOutcome | NotEnrolled:
    """Enrol a picture with its look and its record's ids."""
    probe = probe_of(vector_of(picture), sample_of(picture))
    receipt = house.receipt(Action.ENROL, [probe.template.sample], gallery=gallery)
    item = EnrolItem(receipt, name, probe, sample_of(picture), "consent", look=look, ids=ids)
    return house.galleries.enrol_many(gallery, [item])[0]


def test_records_and_pixels_are_known_again(house: House, gallery: Gallery) -> None:
    """Also when the subject's other pictures were sealed anew in between; a form alone keeps nobody out."""
    mine, later, other = (
        Look(sha256(each).hexdigest(), int(sha256(each).hexdigest()[:32], 16)) for each in (b"a", b"b", b"c")
    )
    put(house, gallery, NAME, 80, mine, "tcn:A/1", "Zoë\ud800")
    put(house, gallery, NAME, 81, later)
    subject = house.galleries.subject(gallery, NAME)
    first, *_, last = house.galleries.references(gallery, subject.id)[2:]
    assert (first.look, first.ids) == (mine, ("tcn:A/1", "Zoë\ud800"))
    assert (last.look, last.ids) == (later, ())
    house.galleries.erase_reference(house.receipt(Action.DELETE, gallery=gallery), gallery, last.id)
    house.erase(gallery, NAME, withdraw=True)
    house.reopen()
    now = int(house.clock())
    assert put(house, gallery, "Eve", 90, mine) == Tombstoned(now, By.PIXELS)
    assert put(house, gallery, "Eve", 90, other, "tcn:A/1") == Tombstoned(now, By.RECORD)
    assert put(house, gallery, "Eve", 90, other, "Zoë\ud800") == Tombstoned(now, By.RECORD)
    near, far = (
        Look("dd" * 32, mine.form ^ 0b1001),
        Look("dd" * 32, mine.form ^ sum(1 << 16 * band for band in range(7))),
    )
    assert house.galleries.withdrawals.resembling("staff", [near, None, far, other, later]) == [
        True, False, False, False, False,
    ]  # fmt: skip
    assert house.galleries.withdrawals.resembling("other", [near]) == [False]
    assert isinstance(put(house, gallery, "Eve", 90, near, "tcn:A/2"), Enrolment)


def test_it_outlives_its_gallery_and_stays_within_its_name(house: House, gallery: Gallery) -> None:
    """Deleted and made anew under the same name, the gallery keeps them out; another gallery never knew."""
    house.erase(gallery, NAME, withdraw=True)
    house.galleries.delete(house.receipt(Action.DELETE, gallery=gallery), "staff")
    again, other = house.gallery("staff"), house.gallery("other")
    assert barred(house, again, NAME, 60)
    assert not barred(house, other, NAME, 1)


def test_lifting_takes_two(house: House, gallery: Gallery) -> None:
    """The first proposes, and may not confirm; the second lifts; each event is on record before it takes effect."""
    house.erase(gallery, NAME, withdraw=True)
    told: list[str] = []
    assert isinstance(lift(house, gallery, "key:a", told), Proposed)
    assert barred(house, gallery, NAME, 1)
    house.reopen()
    with pytest.raises(NameTaken, match="already"):
        lift(house, gallery, "key:a", told)
    assert isinstance(lift(house, gallery, "os:ada", told), Lifted)
    assert told == ["proposed", "lifted"]
    with pytest.raises(UnknownName):
        lift(house, gallery, "os:ada")
    house.reopen()
    assert not barred(house, gallery, NAME, 1)


def test_a_backup_of_both_files_brings_nobody_back(house: House, gallery: Gallery, tmp_path: Path) -> None:
    """Data and keys from before an erasure and a withdrawal: the list makes the start erase again and keep out."""
    house.enrol(gallery, "Grace", vector_of(4), sample_of(4))
    house.close()
    for file in (house.database_file, house.keys_file):
        shutil.copy(file, tmp_path / file.name)
    house.open()
    house.erase(gallery, NAME, withdraw=True)
    house.erase(gallery, "Grace")
    house.close()
    for file in (house.database_file, house.keys_file):
        shutil.copy(tmp_path / file.name, file)
    house.open()
    assert [s.name for s in house.galleries.subjects(gallery)] == ["Ada"]
    assert barred(house, gallery, NAME, 70)
    assert barred(house, gallery, "Somebody", 1)
    assert not barred(house, gallery, "Grace", 4), "she was erased and did not withdraw"
    assert house.galleries.examine(deep=True).findings == ()
    # And what was lifted since the backup stays lifted.
    for principal in ("os:ada", "os:bob"):
        lift(house, gallery, principal)
    house.close()
    for file in (house.database_file, house.keys_file):
        shutil.copy(tmp_path / file.name, file)
    house.open()
    assert [s.name for s in house.galleries.subjects(gallery)] == ["Ada"]
    assert not barred(house, gallery, NAME, 1)


def test_what_is_on_the_list_is_completed_by_the_next_start(
    house: House, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies after the line was written: the next one erases and keeps out."""

    def dies(*_: object) -> None:
        raise Unwritable("power")

    with monkeypatch.context() as broken:
        broken.setattr("countenance.gallery.withdrawals._keep", dies)
        with pytest.raises(Unwritable):
            house.erase(gallery, NAME, withdraw=True)
    assert house.galleries.subject(gallery, NAME).references == 2
    house.reopen()
    assert [s.name for s in house.galleries.subjects(gallery)] == ["Ada"]
    assert barred(house, gallery, NAME, 1)


def test_a_list_that_is_named_later_is_filled(house: House, gallery: Gallery) -> None:
    """Everything that was destroyed and withdrawn before is on it after the next start."""
    house.erase(gallery, NAME, withdraw=True)
    assert house.erasures is not None
    before = house.erasures.read()
    house.erasures.path.unlink()
    house.reopen()
    after = house.erasures.read()
    assert (after.keys, after.lifted) == (before.keys, before.lifted)
    assert {(w.id, w.at, frozenset(w.digests)) for w in after.withdrawals.values()} == {
        (w.id, w.at, frozenset(w.digests)) for w in before.withdrawals.values()
    }
    house.reopen()
    assert house.erasures.read() == after


def test_a_list_of_something_else_is_refused(house: House, gallery: Gallery) -> None:
    """A line that is not ours may hide an erasure; a torn last line is an act that was not done, and is cut off."""
    house.erase(gallery, "Ada")
    assert house.erasures is not None
    path, whole = house.erasures.path, house.erasures.path.read_bytes()
    path.write_bytes(whole + b"withdr")
    house.reopen()
    house.erase(gallery, NAME, withdraw=True)
    assert path.read_bytes().startswith(whole + b"withdrawn ")
    good = path.read_bytes()
    path.write_bytes(good + b"erased nobody x\n")
    house.close()
    with pytest.raises(Malformed, match="list of erasures"):
        house.open()
    path.write_bytes(good)
    house.open()


def test_a_tombstone_says_nothing_without_the_key(house: House, gallery: Gallery) -> None:
    """Neither the database nor the list holds the name, the sample's digest, or one digest in two galleries."""
    other = house.gallery("other")
    house.enrol(other, NAME, vector_of(1), sample_of(1))
    house.erase(gallery, NAME, withdraw=True)
    house.erase(other, NAME, withdraw=True)
    with house.database.read() as connection:
        stones = [row.digest for row in connection.execute(text("SELECT * FROM tombstone"))]
    assert len(stones) == len(set(stones)) == (1 + 3) + (1 + 2), "each also has the mark of its gallery"
    assert house.erasures is not None
    said = house.erasures.path.read_text("ascii")
    assert sample_of(1).digest not in said
    assert NAME not in said
    assert bytes.fromhex(sample_of(1).digest) not in stones


def test_former_names_and_new_subjects_are_kept_out_too(house: House, gallery: Gallery) -> None:
    """A subject is known by the names they had; neither a subject without a face nor a renamed one takes them."""
    ottoline = house.galleries.subject(gallery, NAME)
    manage = house.receipt(Action.MANAGE, gallery=gallery)
    house.galleries.change_subject(manage, gallery, ottoline.id, name="Ottoline Bakker")
    house.erase(gallery, "Ottoline Bakker", withdraw=True)
    ada = house.galleries.subject(gallery, "Ada")
    for name in (NAME, "Ottoline Bakker"):
        assert barred(house, gallery, name, 80)
        manage = house.receipt(Action.MANAGE, gallery=gallery)
        with pytest.raises(NameTaken, match="withdrew on 2023-11-14"):
            house.galleries.add_subject(manage, gallery, name, basis="consent")
        with pytest.raises(NameTaken, match="withdrew"):
            house.galleries.change_subject(manage, gallery, ada.id, name=name)


def another(directory: Path) -> House:
    """A house under other keys, years later."""
    directory.mkdir()
    return House(directory, clock=lambda: 1_800_000_000.0, erasures=ErasureList(directory / "erased"))


def moved(house: House, gallery: Gallery, to: House, there: Gallery) -> int:
    """What one house keeps out goes on to another; how many are new there."""
    keys, left = house.galleries.withdrawals.out(house.receipt(Action.MANAGE, gallery=gallery), gallery)
    return to.galleries.withdrawals.take_in(to.receipt(Action.MANAGE, gallery=there), there, keys, left)


def test_another_house_keeps_them_out_too(house: House, gallery: Gallery, tmp_path: Path) -> None:
    """By name, record, file, pixels; a form makes a person look. Twice is once; that house's own stay as they are.

    Through it they go on to a third one, after a restart, and of a copy of that one from before its list knows them.
    """
    mine, far = (Look(sha256(each).hexdigest(), int(sha256(each).hexdigest()[:32], 16)) for each in (b"a", b"b"))
    put(house, gallery, NAME, 80, mine, "tcn:A/1")
    house.erase(gallery, NAME, withdraw=True)
    second, third = (another(tmp_path / name) for name in ("second", "third"))
    there, onwards = second.gallery("brought"), third.gallery("on")
    second.enrol(there, "Eve", vector_of(5), sample_of(5))
    second.erase(there, "Eve", withdraw=True)
    third.close()
    shutil.copy(third.database_file, tmp_path / "before")
    third.open()
    assert moved(house, gallery, second, there) == 1
    assert moved(house, gallery, second, there) == 0
    second.reopen()
    assert moved(second, there, third, onwards) == 2
    third.close()
    shutil.copy(tmp_path / "before", third.database_file)
    third.open()
    since = int(house.clock())
    for place, gone in ((second, there), (third, onwards)):
        assert put(place, gone, NAME, 90, far) == Tombstoned(since, By.NAME)
        assert put(place, gone, "Ann", 90, far, "tcn:A/1") == Tombstoned(since, By.RECORD)
        assert put(place, gone, "Ann", 80, far) == Tombstoned(since, By.SAMPLE)
        assert put(place, gone, "Ann", 90, mine) == Tombstoned(since, By.PIXELS)
        assert put(place, gone, "Eve", 90, far) == Tombstoned(1_800_000_000, By.NAME)
        assert place.galleries.withdrawals.resembling(gone.name, [Look("dd" * 32, mine.form ^ 1), far]) == [True, False]
        assert isinstance(put(place, gone, "Ann", 90, far, "tcn:A/2"), Enrolment)
        assert place.galleries.examine(deep=True).findings == ()
    second.close()
    third.close()


def test_of_another_gallery_nothing_goes_along(house: House, gallery: Gallery, tmp_path: Path) -> None:
    """Neither tombstones nor the key; what two lifted does not go, and what was lifted there does not come back."""
    other, second = house.gallery("other"), another(tmp_path / "second")
    there = second.gallery("staff")
    assert house.galleries.withdrawals.out(house.receipt(Action.MANAGE, gallery=gallery), gallery) == ([], [])
    house.enrol(other, "Eve", vector_of(6), sample_of(6))
    house.erase(other, "Eve", withdraw=True)
    house.erase(gallery, NAME, withdraw=True)
    keys, (left,) = house.galleries.withdrawals.out(house.receipt(Action.MANAGE, gallery=gallery), gallery)
    assert (len(keys), left.id) == (1, house.galleries.withdrawals.find("staff", NAME).id)
    assert moved(house, gallery, second, there) == 1
    assert not barred(second, there, "Eve", 6)
    assert second.galleries.withdrawals.find("staff", NAME).since == int(house.clock())
    for principal in ("os:ada", "os:bob"):
        lift(second, there, principal)
    assert moved(house, gallery, second, there) == 0
    assert not barred(second, there, NAME, 1)
    for principal in ("os:ada", "os:bob"):
        lift(house, gallery, principal)
    assert house.galleries.withdrawals.out(house.receipt(Action.MANAGE, gallery=gallery), gallery) == ([], [])
    second.close()


def test_what_keeps_out_is_not_read_or_added_without_a_receipt(house: House, gallery: Gallery) -> None:
    """To manage this very gallery."""
    withdrawals = house.galleries.withdrawals
    for receipt in (house.receipt(Action.EXPORT, gallery=gallery), house.receipt(Action.MANAGE)):
        with pytest.raises(ReceiptRefused):
            withdrawals.out(receipt, gallery)
        with pytest.raises(ReceiptRefused):
            withdrawals.take_in(receipt, gallery, [], [])
