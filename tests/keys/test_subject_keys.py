"""The key store: keeps wrapped keys, forgets them for good, and counts what it forgot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from countenance.keys.keyring import Keyring
from countenance.keys.root import RootKey
from countenance.keys.seal import new_key
from countenance.keys.subject_keys import Destroyed, KeyKind, SubjectKeys
from countenance.storage.database import open_database
from countenance.terms.errors import Malformed, SealBroken, UnknownName

ROOT = RootKey(bytes(range(32)))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SubjectKeys]:
    """An empty key store."""
    made = SubjectKeys.open(tmp_path / "keys.db", ROOT)
    yield made
    made.close()


def everything(directory: Path) -> bytes:
    return b"\0".join(p.read_bytes() for p in directory.iterdir())


def test_what_is_kept_is_there_after_a_restart(store: SubjectKeys, tmp_path: Path) -> None:
    """Keys, destructions and the pairing."""
    store.add_gallery("g", b"wrapped g")
    store.create("g", {"a": b"wrapped a", "b": b"wrapped b"})
    store.destroy("b")
    again = SubjectKeys.open(tmp_path / "keys.db", ROOT)
    assert (again.gallery("g"), again.get("a"), again.get("b")) == (b"wrapped g", b"wrapped a", None)
    assert again.all_of("g") == {"a": b"wrapped a"}
    assert again.pairing == store.pairing
    assert again.destructions() == 1
    again.close()


def test_destructions_are_numbered_without_gaps(store: SubjectKeys) -> None:
    """Once each, whatever is destroyed twice or was never there; a gallery takes its subjects along."""
    store.add_gallery("g", b"g")
    store.create("g", {"a": b"a", "b": b"b"})
    store.create("other", {"c": b"c"})
    for key in ("a", "nowhere", "a"):
        store.destroy(key)
    store.destroy_gallery("g")
    store.destroy_gallery("g")
    assert store.destroyed_after(0) == (
        Destroyed(1, "a", KeyKind.SUBJECT),
        Destroyed(2, "nowhere", KeyKind.SUBJECT),
        Destroyed(3, "g", KeyKind.GALLERY),
    )
    assert store.destroyed_after(2) == store.destroyed_after(0)[2:]
    assert (store.subject_ids(), store.gallery_ids()) == (("c",), ())
    assert store.not_destroyed(["a", "b", "g"]) == {"b"}


def test_a_destroyed_key_is_in_no_file(store: SubjectKeys, tmp_path: Path) -> None:
    """Not in the pages, the freed pages or the write-ahead log, though a hundred others stay."""
    wrapped = {f"key {n}": new_key() + new_key() for n in range(101)}
    store.create("g", wrapped)
    before = everything(tmp_path)
    assert all(w in before for w in wrapped.values())
    store.destroy("key 50")
    after = everything(tmp_path)
    assert wrapped["key 50"][:16] not in after
    assert wrapped["key 50"][-16:] not in after
    assert wrapped["key 51"] in after


def test_another_root_key_is_not_taken(store: SubjectKeys, tmp_path: Path) -> None:
    """At the door, before anything is sealed under a key that nobody will have next time."""
    with pytest.raises(SealBroken):
        SubjectKeys.open(tmp_path / "keys.db", RootKey(new_key()))


def test_a_newer_store_is_left_alone(store: SubjectKeys, tmp_path: Path) -> None:
    """An older program says so."""
    from sqlalchemy import text

    database = open_database(tmp_path / "keys.db")
    with database.write() as connection:
        connection.execute(text("UPDATE store SET version = 2"))
    database.close()
    with pytest.raises(Malformed):
        SubjectKeys.open(tmp_path / "keys.db", ROOT)


def test_each_key_opens_the_next(store: SubjectKeys) -> None:
    """Root, gallery, subject; another keyring over the same store opens what the first one made."""
    keyring = Keyring(ROOT, store)
    keyring.create_gallery("g")
    made = keyring.create_subjects("g", ["a", "b"])
    sealed = made["a"].close(b"plain", b"here")
    again = Keyring(ROOT, store)
    assert again.seal_of("g", "a").open(sealed, b"here") == b"plain"
    assert again.subjects("g")["a"].open(sealed, b"here") == b"plain"
    with pytest.raises(SealBroken):
        again.seal_of("g", "b").open(sealed, b"here")
    assert again.gallery("g").digest_of_name("Ada") == keyring.gallery("g").digest_of_name("Ada")
    assert again.gallery("g").digest_of_name("00") != keyring.gallery("g").digest_of_sample("00")
    assert again.digest_of_gallery_name("Ada") != again.gallery("g").digest_of_name("Ada")


def test_keys_cannot_change_places(store: SubjectKeys) -> None:
    """A wrapped key opens under its own id only, and under its own gallery's key only."""
    keyring = Keyring(ROOT, store)
    keyring.create_gallery("g")
    keyring.create_gallery("h")
    keyring.create_subjects("g", ["a"])
    wrapped = store.get("a")
    assert wrapped is not None
    for gallery, key in (("g", "b"), ("h", "a")):
        with pytest.raises(SealBroken):
            keyring.gallery(gallery).unwrap(key, wrapped)


def test_destroyed_is_not_lost(store: SubjectKeys) -> None:
    """What was destroyed on purpose is unknown; what is simply not there is broken trust."""
    keyring = Keyring(ROOT, store)
    keyring.create_gallery("g")
    keyring.create_subjects("g", ["a"])
    store.destroy("a")
    assert keyring.subject("g", "a") is None
    with pytest.raises(UnknownName):
        keyring.seal_of("g", "a")
    with pytest.raises(SealBroken):
        keyring.subject("g", "never was")
    keyring.destroy_gallery("g")
    with pytest.raises(UnknownName):
        keyring.gallery("g")
    with pytest.raises(SealBroken):
        keyring.gallery("never was")
