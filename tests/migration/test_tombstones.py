"""Who was erased or withdrew stays out: of a restored copy, of the same dump again, of the same picture elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from tests.migration.conftest import ADA, BEA, CID, Mover

from countenance.assembly import House, backup_of, open_house, restore_from
from countenance.keys import sealed_stream
from countenance.keys.signing import SigningKey
from countenance.migration.code import Code
from countenance.migration.exits import Exit
from countenance.migration.held import decide, waiting
from countenance.migration.publishing import publish
from countenance.migration.report import collect
from countenance.service.batches import Batched
from countenance.service.enrol import Enrolled, EnrolRequest, Withdrawn, enrol, gallery_for
from countenance.service.erase import Erased, erase
from countenance.service.export_gallery import Exported, export_gallery
from countenance.service.import_gallery import Imported, import_gallery
from countenance.service.withdraw import LiftAnswer, Withdrew, lift_withdrawal, withdraw
from countenance.settings import read_settings
from countenance.terms.errors import Malformed
from countenance.terms.gallery import Gallery
from countenance.terms.sample import Sample
from countenance.vision.vision import Vision

Small = Callable[[str, int], bytes]


def names(mover: Mover) -> set[str]:
    return {each.name for each in mover.house.galleries.subjects(mover.gallery)}


def published(mover: Mover) -> None:
    made = publish(mover.house.rooms, mover.house.migrations, mover.asks, gallery=mover.gallery)
    assert isinstance(made, Batched)


def withdrawn(mover: Mover, name: str) -> None:
    assert isinstance(withdraw(mover.house.rooms, mover.asks, gallery="moved", subject=name), Withdrew)


def erased(mover: Mover, name: str) -> None:
    assert isinstance(erase(mover.house.rooms, mover.asks, gallery="moved", subject=name), Erased)


def manifest(tmp_path: Path, rows: list[tuple[str, str, bytes, str]]) -> Path:
    """Another system's dump: (its number, its name for them, a picture, the file's ending)."""
    folder = tmp_path / f"dump{len(list(tmp_path.iterdir()))}"
    folder.mkdir()
    lines = ["id,person,path"]
    for number, (native, person, data, ending) in enumerate(rows):
        (folder / f"{number}.{ending}").write_bytes(data)
        lines.append(f"{native},{person},{number}.{ending}")
    (folder / "list.csv").write_text("\n".join(lines) + "\n")
    return folder / "list.csv"


def png(data: bytes, tmp_path: Path) -> bytes:
    """The same pixels in another wrapping."""
    came, goes = tmp_path / "came.jpg", tmp_path / "goes.png"
    came.write_bytes(data)
    with Image.open(came) as image:
        image.save(goes)
    return goes.read_bytes()


def test_erase_and_reimport(mover: Mover, people: Path, tmp_path: Path, vision: Vision, small: Small) -> None:
    """Erase, restore the old backup, import the old dump again: the erased stay out, and the report says so.

    Of one who was erased the book knows what it brought; of one who withdrew the tombstone knows name and pictures, in
    a dump of any other kind too.
    """
    mover.run(people)
    published(mover)
    backup_of(mover.house, tmp_path / "backup")
    withdrawn(mover, ADA)
    erased(mover, BEA)
    mover.house.close()
    data = mover.house.settings.data
    restore_from(read_settings(data), tmp_path / "backup")
    with open_house(data) as opened:
        house = replace(opened, rooms=replace(opened.rooms, vision=lambda: vision))
        back = Mover(house, house.galleries.find("moved"))
        assert names(back) == {CID}, "the copy had all three"
        for _ in range(2):
            ran = back.run(people)
            assert ran.account.balanced
            assert back.images(ran) == {"tombstoned": 3, "unchanged": 2}
            assert back.codes(ran)["tombstoned_id"] == 3
            assert names(back) == {CID}
        told = collect(house.rooms, house.migrations, back.gallery, ran.run)
        assert {each["code"]: each["lines"] for each in told["codes"]}["tombstoned_id"] == 3
        assert told["account"]["persons"]["tombstoned"] == 2

        pictures = [png(small("obama.jpg", 90), tmp_path), small("obama2.jpg", 60), small("obama2.jpg", 90)]
        again = back.run(
            manifest(tmp_path, [(f"7{n}", "Zed", one, "png") for n, one in enumerate(pictures)]), "manifest"
        )
        assert back.images(again) == {"tombstoned": 2, "held": 1}
        assert back.codes(again) == {"tombstoned_image": 2, "tombstoned_similar": 1}
        assert names(back) == {CID}


def test_it_does_not_matter_when_the_backup_was_made(
    mover: Mover, people: Path, tmp_path: Path, vision: Vision
) -> None:
    """In a copy from before the import nothing is known of it; who withdrew stays out all the same."""
    backup_of(mover.house, tmp_path / "backup")
    mover.run(people)
    withdrawn(mover, ADA)
    mover.house.close()
    data = mover.house.settings.data
    restore_from(read_settings(data), tmp_path / "backup")
    with open_house(data) as opened:
        house = replace(opened, rooms=replace(opened.rooms, vision=lambda: vision))
        back = Mover(house, house.galleries.find("moved"))
        ran = back.run(people)
        assert back.images(ran) == {"enrolled": 2, "rejected": 1, "tombstoned": 2}
        published(back)
        assert names(back) == {BEA, CID}


def test_another_photograph_of_the_same_record_stays_out(mover: Mover, people: Path, small: Small) -> None:
    """A person of whom everything was erased is not brought back by a new picture; who asks for it is enrolled."""
    mover.run(people)
    published(mover)
    erased(mover, CID)
    (people / CID / "2.jpg").write_bytes(small("obama3.jpg", 90))
    ran = mover.run(people)
    assert mover.codes(ran)["tombstoned_id"] == 3
    made = enrol(
        mover.house.rooms,
        mover.asks,
        gallery=mover.gallery,
        request=EnrolRequest(Sample(small("astronaut.png", 90)), CID),
    )
    assert isinstance(made, Enrolled)
    (people / CID / "3.jpg").write_bytes(small("obama3.jpg", 80))
    ran = mover.run(people)
    assert mover.images(ran)["tombstoned"] == 1, "the very picture that was erased; they themselves are there again"
    assert mover.codes(ran)["tombstoned_image"] == 1


def test_who_let_an_image_drop_erased_nobody(mover: Mover, people: Path, small: Small) -> None:
    """What a person took out while it was held does not keep the next picture of that subject out."""
    (people / "Dan").mkdir()
    (people / "Dan" / "1.jpg").write_bytes(small("obama3.jpg", 90))
    mover.run(people)
    held = waiting(mover.house.migrations, mover.gallery)
    assert held
    for each in held:
        there = mover.house.galleries.reference(mover.gallery, each.line.reference or "", None)
        name = mover.house.galleries.subject_by_id(mover.gallery, there.subject, None).name
        decide(
            mover.house.rooms, mover.house.migrations, mover.asks,
            gallery=mover.gallery, number=each.number, let_in=name != "Dan",
        )  # fmt: skip
    (people / "Dan" / "2.jpg").write_bytes(small("astronaut.png", 60))
    ran = mover.run(people)
    assert "tombstoned" not in mover.images(ran)


def test_a_record_is_known_by_its_number(mover: Mover, tmp_path: Path, small: Small) -> None:
    """The same number in the same source under another name and with another picture; of another source it is not."""
    first = manifest(tmp_path, [("17", "Ottoline", small("biden.jpg", 90), "jpg")])
    mover.run(first, "manifest")
    published(mover)
    withdrawn(mover, "Ottoline")
    (first.parent / "0.jpg").write_bytes(small("astronaut.png", 90))
    first.write_text("id,person,path\n17,Somebody,0.jpg\n")
    ran = mover.run(first, "manifest")
    assert mover.images(ran) == {"tombstoned": 1}
    assert mover.codes(ran) == {"tombstoned_id": 1}
    other = manifest(tmp_path, [("17", "Somebody", small("astronaut.png", 90), "jpg")])
    other = other.rename(other.with_name("other.csv"))
    assert mover.images(mover.run(other, "manifest")) == {"enrolled": 1}


def test_what_resembles_is_held_at_publishing_too(mover: Mover, people: Path, small: Small) -> None:
    """Staged before somebody withdrew: it waits for a person, who can let it in, and then it stays in."""
    (people / CID / "other.jpg").write_bytes(small("biden.jpg", 50))
    mover.run(people)
    for each in waiting(mover.house.migrations, mover.gallery):
        decide(
            mover.house.rooms, mover.house.migrations, mover.asks,
            gallery=mover.gallery, number=each.number, let_in=True,
        )  # fmt: skip
    withdrawn(mover, BEA)
    with pytest.raises(Malformed, match="wait for a person"):
        published(mover)
    (held,) = waiting(mover.house.migrations, mover.gallery)
    assert held.line.code is Code.TOMBSTONED_SIMILAR
    decide(
        mover.house.rooms, mover.house.migrations, mover.asks,
        gallery=mover.gallery, number=held.number, let_in=True,
    )  # fmt: skip
    published(mover)
    assert names(mover) == {ADA, CID}


def test_lifted_it_comes_in(mover: Mover, tmp_path: Path, small: Small) -> None:
    """Two principals lift it; what a tombstone kept out is tried again at the next run."""
    enrolled = enrol(
        mover.house.rooms, mover.asks, gallery=mover.gallery, request=EnrolRequest(Sample(small("biden.jpg", 90)), BEA)
    )
    assert isinstance(enrolled, Enrolled)
    withdrawn(mover, BEA)
    dump = manifest(tmp_path, [("1", BEA, small("biden.jpg", 90), "jpg")])
    for _ in range(2):
        assert mover.images(mover.run(dump, "manifest")) == {"tombstoned": 1}
    for who in ("os:one", "os:two"):
        asks = replace(mover.asks, principal=replace(mover.asks.principal, id=who))
        assert isinstance(lift_withdrawal(mover.house.rooms, asks, gallery="moved", withdrawal=BEA), LiftAnswer)
    assert mover.house.migrations.account(mover.run(dump, "manifest").run).images.exits == {Exit.ENROLLED: 1}


def test_whom_the_source_removed_is_kept_out(mover: Mover, tmp_path: Path, small: Small) -> None:
    """A placeholder in one feed: an older one that still has the photograph brings nobody, until two have lifted it."""
    feed = """<?xml version="1.0"?><pfif xmlns="http://zesty.ca/pfif/1.4"><person>
        <person_record_id>relief.example/9</person_record_id>{}</person></pfif>"""
    removed, old = tmp_path / "removed", tmp_path / "old"
    for folder, text in (
        (removed, "<source_date>2020-01-01T00:00:00Z</source_date><expiry_date>2020-01-02T00:00:00Z</expiry_date>"),
        (old, "<full_name>Ottoline</full_name><photo_url>http://relief.example/9.jpg</photo_url>"),
    ):
        (folder / "photographs").mkdir(parents=True)
        (folder / "feed.xml").write_text(feed.format(text))
        (folder / "photographs" / "9.jpg").write_bytes(small("biden.jpg", 90))
    for _ in range(2):
        assert mover.run(removed, "pfif").account.balanced
    assert mover.images(mover.run(old, "pfif")) == {"tombstoned": 1}
    for who in ("os:one", "os:two"):
        asks = replace(mover.asks, principal=replace(mover.asks.principal, id=who))
        lifted = lift_withdrawal(mover.house.rooms, asks, gallery="moved", withdrawal="relief.example/9")
        assert isinstance(lifted, LiftAnswer)
    assert mover.images(mover.run(old, "pfif")) == {"enrolled": 1}


def test_tombstones_say_nothing_without_the_root_key(mover: Mover, people: Path, small: Small) -> None:
    """Neither the database nor the list of erasures has a name, a record's id or a plain digest of a picture."""
    import hashlib

    mover.run(people)
    published(mover)
    withdrawn(mover, ADA)
    data = mover.house.settings.data
    seen = b"".join(each.read_bytes() for each in (*data.glob("galleries.db*"), *data.glob("erasures*")))
    plain = hashlib.sha256(small("obama.jpg", 90))
    for word in (b"Lovelace", plain.digest(), plain.hexdigest().encode()):
        assert word not in seen


def test_erase_export_and_reimport_elsewhere(
    mover: Mover, people: Path, tmp_path: Path, vision: Vision, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who withdrew stays out of the house that the gallery moves to: of the old dump, of the old picture, twice over.

    By name, by the picture under another name, by its pixels; the report says so. Who withdraws there stays so too.
    """
    monkeypatch.setattr(sealed_stream, "_COST", 2**4)
    mover.run(people)
    published(mover)
    withdrawn(mover, ADA)
    out, secret = tmp_path / "out", "six words that nobody would guess"
    key = SigningKey.generate()
    made = export_gallery(mover.house.rooms, mover.asks, gallery="moved", out=out, passphrase=secret, signing_key=key)
    assert isinstance(made, Exported)
    assert made.withdrawals == 1
    with House.found(read_settings(tmp_path / "next")) as founded:
        house = replace(founded, rooms=replace(founded.rooms, vision=lambda: vision))
        place = gallery_for(house.rooms, mover.asks, "arrived")
        assert isinstance(place, Gallery)
        there = Mover(house, place)
        for known in (1, 0):
            with out.open("rb") as file:
                told = import_gallery(
                    house.rooms, there.asks, gallery="arrived", file=file, passphrase=secret, signer=key.public
                )
            assert isinstance(told, Imported)
            assert told.withdrawals == known
        published(there)
        assert names(there) == {BEA, CID}
        assert isinstance(withdraw(house.rooms, there.asks, gallery="arrived", subject=BEA), Withdrew)
        ran = there.run(people)
        assert there.images(ran) == {"tombstoned": 3, "duplicate": 1, "rejected": 1}
        assert there.codes(ran)["tombstoned_id"] == 3
        told_by = collect(house.rooms, house.migrations, place, ran.run)
        assert {each["code"]: each["lines"] for each in told_by["codes"]}["tombstoned_id"] == 3
        pictures = [small("obama.jpg", 90), png(small("obama.jpg", 90), tmp_path), small("obama2.jpg", 60)]
        dump = manifest(tmp_path, [(f"7{n}", "Zed", one, "png") for n, one in enumerate(pictures)])
        again = there.run(dump, "manifest")
        assert there.images(again) == {"tombstoned": 2, "held": 1}
        assert there.codes(again) == {"tombstoned_image": 2, "tombstoned_similar": 1}
        request = EnrolRequest(Sample(small("obama.jpg", 90)), "Somebody")
        answer = enrol(house.rooms, there.asks, gallery=place, request=request)
        assert isinstance(answer, Withdrawn)
        assert answer.since == mover.house.galleries.withdrawals.find("moved", ADA).since
        assert names(there) == {CID}
