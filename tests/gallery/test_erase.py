"""Forgetting: what was erased is in no file, comes back by no way, and is never in an answer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text
from tests.gallery.house import House, probe_of, sample_of, vector_of

from countenance.gallery.enrolment import AlreadyEnrolled, Enrolment
from countenance.gallery.erase import Settled, settle_older_keys
from countenance.gallery.tables import picture, reference, subject
from countenance.terms.action import Action
from countenance.terms.errors import MissingPart, UnknownName
from countenance.terms.gallery import Gallery, Keep, Subject
from countenance.terms.sample import Sample

NAME, CASE = "Ottoline Vermeulen", "case 1809-XVII of the harbour court"
SAMPLE = Sample(b"a photograph of Ottoline " * 900, "ottoline.jpg")


def files(house: House) -> dict[str, bytes]:
    """Everything in the data directory, the key store and the write-ahead logs included."""
    return {str(p.relative_to(house.directory)): p.read_bytes() for p in house.directory.rglob("*") if p.is_file()}


def pieces(data: bytes) -> Iterator[bytes]:
    """Sixteen bytes each: a page that was only partly overwritten would still hold one."""
    yield from (data[i : i + 16] for i in range(0, len(data) - 15, 16))


def found(house: House, secrets: dict[str, bytes]) -> set[str]:
    """Which of ``secrets`` lies, even in part, in any file."""
    everything = b"\0".join(files(house).values())
    return {what for what, data in secrets.items() if any(piece in everything for piece in pieces(data))}


def in_clear(vector: bytes) -> dict[str, bytes]:
    """What must never be in a file, erased or not."""
    return {
        "template": vector,
        "template, big-endian": b"".join(vector[i : i + 4][::-1] for i in range(0, len(vector), 4)),
        "name": NAME.encode(),
        "name in UTF-16": NAME.encode("utf-16-le"),
        "metadata": CASE.encode(),
        "digest": bytes.fromhex(SAMPLE.digest),
        "digest in hex": SAMPLE.digest.encode(),
        "picture": SAMPLE.data,
    }


def sealed(house: House, one: str) -> dict[str, bytes]:
    """What lies in the files for a subject, sealed or wrapped: it must be there before, and gone after."""
    with house.database.read() as connection:
        row = connection.execute(select(subject).where(subject.c.id == one)).one()
        secrets = {"about": row.about, "wrapped key": house.keys.get(row.key) or b""}
        for number, each in enumerate(connection.execute(select(reference).where(reference.c.subject == one))):
            secrets |= {f"template {number}": each.template, f"source {number}": each.source}
            kept = connection.execute(select(picture.c.sealed).where(picture.c.reference == each.id)).scalar()
            if kept is not None:
                secrets[f"picture {number}"] = kept
    return secrets


@pytest.fixture
def stocked(house: House) -> tuple[House, Gallery, Subject]:
    """Ottoline with two pictures among eighty others, some before and some after her."""
    gallery = house.gallery(keep=Keep.IMAGE)
    house.enrol_many(gallery, {f"other {n}": (vector_of(n), sample_of(n)) for n in range(40)})
    house.enrol(gallery, NAME, vector_of(1_000), SAMPLE, metadata={"case": CASE})
    house.enrol_many(gallery, {f"other {n}": (vector_of(n), sample_of(n)) for n in range(40, 80)})
    house.enrol(gallery, NAME, vector_of(1_001), sample_of("second"))
    return house, gallery, house.galleries.subject(gallery, NAME)


def test_nothing_lies_in_clear(stocked: tuple[House, Gallery, Subject]) -> None:
    """Names, metadata, templates, digests and pictures are in no file as they are, with or without the log."""
    house, _, _ = stocked
    clear = in_clear(vector_of(1_000).tobytes())
    assert found(house, clear) == set()
    house.reopen()
    assert found(house, clear) == set()


def test_an_erased_subject_is_in_no_file(stocked: tuple[House, Gallery, Subject]) -> None:
    """Not its rows, sealed as they were, not its wrapped key: in no page, freed page or write-ahead log."""
    house, gallery, ottoline = stocked
    secrets = sealed(house, ottoline.id)
    assert found(house, secrets) == secrets.keys(), "the search finds what is there"
    gone = house.erase(gallery, NAME)
    assert gone == ottoline
    assert found(house, secrets | in_clear(vector_of(1_000).tobytes())) == set()
    house.reopen()
    assert found(house, secrets) == set()
    assert house.galleries.find("staff").references == 80


def test_many_erasures_leave_freed_pages_empty(stocked: tuple[House, Gallery, Subject]) -> None:
    """Pages that the file no longer uses hold nothing of what they held."""
    house, gallery, _ottoline = stocked
    everybody = [s.id for s in house.galleries.subjects(gallery)]
    secrets = {f"{who} {what}": data for who in everybody for what, data in sealed(house, who).items()}
    for who in everybody:
        house.erase(gallery, who)
    with house.database.read() as connection:
        assert connection.execute(text("PRAGMA freelist_count")).scalar_one() > 20
    assert found(house, secrets) == set()


def test_an_erased_gallery_is_in_no_file(stocked: tuple[House, Gallery, Subject]) -> None:
    """Its key, its subjects' keys, its name, its rows."""
    house, gallery, ottoline = stocked
    secrets = sealed(house, ottoline.id) | {"gallery key": house.keys.gallery(gallery.id) or b""}
    house.galleries.delete(house.receipt(Action.DELETE, gallery=gallery), gallery.name)
    assert found(house, secrets) == set()
    assert house.keys.subject_ids() == house.keys.gallery_ids() == ()


def test_an_erased_sample_can_be_enrolled_again(stocked: tuple[House, Gallery, Subject]) -> None:
    """Erasing keeps nobody out: the same name and the same photograph make a new subject with a new key."""
    house, gallery, ottoline = stocked
    house.erase(gallery, NAME)
    again = house.enrol(gallery, NAME, vector_of(1_000), SAMPLE)
    assert isinstance(again, Enrolment)
    assert again.new_subject
    assert house.galleries.subject(gallery, NAME).id != ottoline.id
    house.reopen()
    assert house.galleries.subject(gallery, NAME).references == 1
    assert house.galleries.examine(deep=True).findings == ()


def test_an_erased_subject_is_in_no_answer(stocked: tuple[House, Gallery, Subject]) -> None:
    """Before: the first candidate. After: none, at once, and after a restart."""
    house, gallery, ottoline = stocked
    assert house.search(gallery, vector_of(1_000), threshold=0.99).candidates[0].subject == ottoline.id
    house.erase(gallery, NAME)
    assert house.search(gallery, vector_of(1_000), threshold=0.99).candidates == ()
    house.reopen()
    assert house.search(gallery, vector_of(1_000), threshold=0.99).candidates == ()
    assert house.galleries.examine(deep=True).findings == ()


def test_a_backup_of_the_data_does_not_bring_back_the_erased(
    stocked: tuple[House, Gallery, Subject], tmp_path: Path
) -> None:
    """Data from before the erasure beside today's key store: erased again at the start, before anybody looks."""
    house, gallery, ottoline = stocked
    secrets = sealed(house, ottoline.id)
    house.close()
    backup = shutil.copy(house.database_file, tmp_path / "backup")
    house.open()
    house.erase(gallery, NAME)
    late = house.enrol(gallery, "late", vector_of(500), sample_of(500))
    house.close()
    shutil.copy(backup, house.database_file)
    Path(backup).unlink()
    house.open()
    with pytest.raises(UnknownName):
        house.galleries.subject(gallery, NAME)
    assert found(house, secrets) == set()
    assert isinstance(house.enrol(gallery, NAME, vector_of(1_000), SAMPLE), Enrolment)
    examined = house.galleries.examine(deep=True)
    assert (examined.findings, examined.unused_keys) == ((), 1), "the late one's key opens nothing any more"
    assert late.new_subject


def test_an_older_key_store_is_noticed(stocked: tuple[House, Gallery, Subject], tmp_path: Path) -> None:
    """A copy of the keys from before an erasure is refused, and can be settled: it erases again."""
    house, gallery, _ottoline = stocked
    house.close()
    older = shutil.copy(house.keys_file, tmp_path / "older")
    house.open()
    key = house.keys.subject_ids()
    house.erase(gallery, NAME)
    house.enrol(gallery, "late", vector_of(500), sample_of(500))
    house.erase(gallery, "other 3")
    house.close()
    shutil.copy(older, house.keys_file)
    with pytest.raises(MissingPart):
        house.open()
    assert set(house.keys.subject_ids()) == set(key)
    assert settle_older_keys(house.database, house.keyring()) == Settled(destroyed=2, lost=1)
    house.database.close()
    house.keys.close()
    house.open()
    assert house.galleries.examine(deep=True).findings == ()
    assert isinstance(house.enrol(gallery, "late", vector_of(500), sample_of(500)), Enrolment)
    assert isinstance(house.enrol(gallery, NAME, vector_of(1_000), SAMPLE), Enrolment)
    house.erase(gallery, "other 4")
    house.reopen()
    assert house.galleries.find("staff").subjects == 80


def test_erasing_one_reference_leaves_the_others(stocked: tuple[House, Gallery, Subject]) -> None:
    """The subject stays, under a new key; nothing sealed under the old one is left, and it is destroyed."""
    house, gallery, ottoline = stocked
    first, second = house.galleries.references(gallery, ottoline.id)
    secrets = sealed(house, ottoline.id)
    house.search(gallery, vector_of(1_000))
    receipt = house.receipt(Action.DELETE, gallery=gallery)
    house.galleries.erase_reference(receipt, gallery, first.id)
    assert found(house, secrets) == set()
    for _ in range(2):
        assert house.galleries.references(gallery, ottoline.id) == (second,)
        assert house.galleries.subject(gallery, NAME).metadata == {"case": CASE}
        assert house.search(gallery, vector_of(1_000), threshold=0.99).candidates == ()
        assert house.search(gallery, vector_of(1_001), threshold=0.99).candidates[0].subject == ottoline.id
        assert house.galleries.examine(deep=True).findings == ()
        house.reopen()
    assert isinstance(house.enrol(gallery, NAME, vector_of(1_000), SAMPLE), Enrolment)
    assert isinstance(house.enrol(gallery, NAME, vector_of(1_001), sample_of("second")), AlreadyEnrolled)
    with pytest.raises(UnknownName):
        house.galleries.erase_reference(house.receipt(Action.DELETE, gallery=gallery), gallery, first.id)


def test_a_search_under_way_does_not_answer_with_the_erased(
    stocked: tuple[House, Gallery, Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Erased while a search computes: the search looks again before it answers."""
    from countenance.gallery import kernel

    house, gallery, ottoline = stocked
    compute, erased = kernel.nearest, []

    def slow(*arguments: object) -> object:
        found = compute(*arguments)  # type: ignore[arg-type]  # passed on as they came
        if not erased:
            erased.append(house.erase(gallery, NAME))
        return found

    monkeypatch.setattr(kernel, "nearest", slow)
    assert house.search(gallery, vector_of(1_000), threshold=0.99).candidates == ()
    assert erased == [ottoline]
    probe = probe_of(vector_of(1_000), sample_of("x")).template
    receipt = house.receipt(Action.SEARCH, [probe.sample], gallery=gallery, bound=1)
    assert house.galleries.search(receipt, probe, 1, 0.99).use == 2
