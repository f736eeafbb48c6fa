"""PFIF: persons and notes of all versions; what expired stays out, what is said of a person holds for all notes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.migration.conftest import Mover, whose
from tests.migration.test_run import published
from tests.migration.written import portrait
from tests.migration.written_dumps import pfif, pfif_note, pfif_person

from countenance.migration.book import Line
from countenance.migration.code import Code
from countenance.migration.exits import Exit
from countenance.migration.held import decide, waiting
from countenance.migration.intake import Admissible, Barred, Intake, judge
from countenance.migration.legacy_record import LegacyRecord
from countenance.migration.reader import reader_of
from countenance.migration.sandbox import census_in_sandbox, read_in_sandbox

ADA = portrait()
P1, N1 = "example.org/person.1", "example.org/note.1"
URL = "https://example.org/photos/1.jpg?size=2"
PAST, FUTURE = "2012-01-01T00:00:00Z", (datetime.now(UTC) + timedelta(days=30)).isoformat(timespec="seconds")


def read(folder: Path, *pages: bytes, photograph: str = "") -> list[LegacyRecord]:
    """The records, after the census has agreed with them."""
    folder.mkdir(exist_ok=True)
    for number, page in enumerate(pages):
        (folder / f"{number}.xml").write_bytes(page)
    if photograph:
        file = folder / "photographs" / photograph
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(ADA)
    reader = reader_of("pfif")
    found = list(reader.read(folder))
    told = reader.census(folder)
    assert told.units == len({each.unit for each in found}) == len(found)
    assert told.images == sum(len(each.images) for each in found)
    assert told.persons == whose(found)
    return found


@pytest.mark.parametrize(
    ("version", "name", "code"), [("1.1", "first_name", "home_zip"), ("1.4", "given_name", "home_postal_code")]
)
def test_fields_of_any_version_have_their_newest_names(version: str, name: str, code: str, tmp_path: Path) -> None:
    """Fields by their later names; contact data of others stays out; nothing of the address but a file's name."""
    more = {name: "Ada", code: "0815", "author_email": "who@example.org", "photo_url": URL, "home_city": "  X\n "}
    (record,) = read(tmp_path, pfif(pfif_person(P1, **more), version=version), photograph="1.jpg")
    assert (record.person, record.native_ids) == (P1, (("person", P1),))
    assert dict(record.metadata) == {"given_name": "Ada", "home_postal_code": "0815", "home_city": "X"}
    assert record.images[0].data == ADA


def test_an_address_is_never_opened(tmp_path: Path) -> None:
    """Neither over the network nor in the file system, even where it names a file that is there."""
    (tmp_path / "secret.jpg").write_bytes(ADA)
    addresses = [
        URL,
        f"file://{tmp_path}/secret.jpg",
        f"{tmp_path}/secret.jpg",
        "../../secret.jpg",
        "http://[",
        "\\\\h\\x",
    ]
    persons = [pfif_person(f"example.org/{n}", photo_url=each) for n, each in enumerate(addresses)]
    found = read(tmp_path / "feed", pfif(*persons), photograph="another.jpg")
    assert [each.images[0].verdict for each in found] == [Code.EXTERNAL_IMAGE_MISSING] * len(addresses)


def test_notes_are_records_and_are_told_with_their_person(tmp_path: Path) -> None:
    """Within a person, beside it or in another file; the newest status counts; links are kept and nothing is merged."""
    inner = pfif_note("example.org/n.0", "", status="believed_missing", source_date="2011-01-01T00:00:00Z")
    inner = inner.replace("<pfif:person_record_id></pfif:person_record_id>", "")
    person = pfif_person(P1, full_name="Ada").replace("</pfif:person>", f"{inner}</pfif:person>")
    later = {"source_date": "2012-01-01T00:00:00Z", "linked_person_record_id": "example.org/p.9", "photo_url": URL}
    found = read(tmp_path, pfif(person), pfif(pfif_note(N1, P1, **later)), photograph="1.jpg")
    assert [each.native_ids[0][0] for each in found] == ["person", "note", "note"]
    assert {each.person for each in found} == {P1}
    said = {"notes": "2", "status": "believed_alive", "linked_person_record_id": "example.org/p.9"}
    assert dict(found[0].metadata) == {"full_name": "Ada"} | said
    assert [len(each.images) for each in found] == [0, 0, 1]
    assert found[2].images[0].data == ADA


def test_a_placeholder_is_a_tombstone(tmp_path: Path) -> None:
    """Past its date and wiped; then no note's photograph of that person comes in either."""
    wiped = pfif_person(P1, expiry_date=PAST)
    one, note = read(tmp_path, pfif(wiped, pfif_note(N1, P1, photo_url=URL)), photograph="1.jpg")
    assert (one.tombstone, note.tombstone) == (True, True)
    assert judge(Intake("consent", 1_924_992_000), note, note.images[0], 0) == Barred(
        Code.SOURCE_SOFT_DELETED, "the source says that this person was removed"
    )
    for other in (
        pfif_person(P1),
        pfif_person(P1, expiry_date=FUTURE),
        pfif_person(P1, expiry_date=PAST, sex="female"),
    ):
        assert not read(tmp_path, pfif(other))[0].tombstone


def test_an_expiry_date_is_a_retention_date(tmp_path: Path) -> None:
    """A record that expired and was not wiped does not come in, and one that will, goes then."""
    for date, code in ((PAST, Code.RETENTION_EXPIRED), (FUTURE, None)):
        (record,) = read(tmp_path, pfif(pfif_person(P1, expiry_date=date, photo_url=URL)), photograph="1.jpg")
        verdict = judge(Intake("consent", 1_924_992_000), record, record.images[0], int(datetime.now(UTC).timestamp()))
        assert (verdict.code if isinstance(verdict, Barred) else None) == code
        assert isinstance(verdict, Admissible) or code
        assert record.retain_until == date[:10]


@pytest.mark.parametrize(
    ("fields", "minor"),
    [
        ({}, None),
        ({"date_of_birth": "1970"}, False),
        ({"date_of_birth": "1970-01"}, False),
        ({"date_of_birth": f"{datetime.now(UTC).year - 18}"}, datetime.now(UTC).date().isoformat()[5:] < "12-31"),
        ({"date_of_birth": f"{datetime.now(UTC).year - 5}-02-29"}, True),
        ({"date_of_birth": "soon", "age": "35-45"}, False),
        ({"age": "10-15", "source_date": f"{datetime.now(UTC).year}-01-01T00:00:00Z"}, True),
        ({"age": "10-15", "source_date": "2001-01-01T00:00:00Z"}, False),
        ({"date_of_birth": "9999-12-31"}, None),
    ],
)
def test_who_may_be_a_minor_is_one(fields: dict[str, str], minor: bool | None, tmp_path: Path) -> None:
    """By the youngest that is possible; the photograph in a note is of the same person."""
    one, note = read(tmp_path, pfif(pfif_person(P1, **fields), pfif_note(N1, P1)))
    assert one.minor == minor
    assert note.minor == minor


@pytest.mark.parametrize("page", [b"", b"<a/>", b"<a><b/></a>", b"<pfif><person></pfif>", b"\0<person/>"])
def test_what_is_no_pfif_is_accounted_for(page: bytes, tmp_path: Path) -> None:
    (record,) = read(tmp_path, page)
    assert record.verdict is Code.CONTAINER_UNREADABLE
    assert not read(tmp_path, pfif())[0].images


def test_a_record_without_an_id_and_a_bomb(tmp_path: Path) -> None:
    """No id, no subject; a document type ends the reading, and what the page seems to hold is told as lost."""
    (record,) = read(tmp_path, pfif("<pfif:person><pfif:full_name>Ada</pfif:full_name></pfif:person>"))
    assert record.verdict is Code.NO_NATIVE_ID
    bomb = pfif(pfif_person(P1, photo_url=URL, full_name="x"), prologue='<!DOCTYPE p [<!ENTITY a "aaaa">]>')
    (lost,) = read(tmp_path, bomb)
    assert (lost.verdict, lost.images[0].verdict) == (Code.CONTAINER_UNREADABLE, Code.CONTAINER_UNREADABLE)


def test_a_name_that_was_garbled_is_noted_and_not_stored(tmp_path: Path) -> None:
    (record,) = read(tmp_path, pfif(pfif_person(P1, full_name="JÃ¼rgen")))
    assert "full_name" not in record.metadata
    assert [each.code for each in record.notes] == [Code.CHARACTER_SET]


def test_it_is_read_in_the_sandbox(tmp_path: Path) -> None:
    read(tmp_path, pfif(pfif_person(P1, photo_url=URL)), photograph="1.jpg")
    assert census_in_sandbox("pfif", tmp_path).images == 1
    assert [each.images[0].data for each in read_in_sandbox("pfif", tmp_path)] == [ADA]


def test_whom_a_placeholder_removed_stays_out(mover: Mover, small: Callable[[str, int], bytes], tmp_path: Path) -> None:
    """A partner sends last week's file again, under another name: the person stays out, and the account says so."""
    newer, older = tmp_path / "newer", tmp_path / "older"
    read(newer, pfif(pfif_person(P1, expiry_date=PAST)))
    read(older, pfif(pfif_person(P1, full_name="Ada", photo_url=URL), pfif_person("example.org/2", photo_url=URL)))
    (older / "photographs").mkdir()
    (older / "photographs" / "1.jpg").write_bytes(small("astronaut.png", 90))
    assert mover.run(newer, "pfif").account.balanced
    ran = mover.run(older, "pfif")
    assert ran.account.balanced
    assert mover.images(ran) == {"tombstoned": 1, "enrolled": 1}
    assert mover.codes(ran) == {"tombstoned_id": 1}


def test_a_placeholder_of_somebody_who_is_here_waits_for_a_person(
    mover: Mover, small: Callable[[str, int], bytes], tmp_path: Path
) -> None:
    """Published from another feed: held once for all records of theirs; dropped, they are erased and stay out."""
    older, newer = tmp_path / "older", tmp_path / "newer"
    (older / "photographs").mkdir(parents=True)
    (older / "photographs" / "1.jpg").write_bytes(small("astronaut.png", 90))
    (older / "feed.xml").write_bytes(pfif(pfif_person(P1, full_name="Ada", photo_url=URL)))
    mover.run(older, "pfif")
    published(mover)
    newer.mkdir()
    (newer / "feed.xml").write_bytes(pfif(pfif_person(P1, expiry_date=PAST), pfif_note(N1, P1)))
    ran = mover.run(newer, "pfif")
    assert ran.account.balanced
    assert mover.codes(ran) == {"subject_removed": 2}
    assert ran.account.persons.exits == {Exit.HELD: 1}
    one, _ = waiting(mover.house.migrations, mover.gallery)
    assert mover.house.galleries.subject(mover.gallery, P1).references == 1
    gone = decide(
        mover.house.rooms, mover.house.migrations, mover.asks, gallery=mover.gallery, number=one.number, let_in=False
    )
    assert isinstance(gone, Line)
    assert not waiting(mover.house.migrations, mover.gallery)
    assert not mover.house.galleries.subjects(mover.gallery)
    assert mover.house.migrations.account(ran.run).units.exits == {Exit.TOMBSTONED: 2}
    assert mover.images(mover.run(older, "pfif")) == {"tombstoned": 1}
