"""Where the newest key store is lost, `doctor --settle` makes an older copy fit; nobody who was erased comes back."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

WORDS = ("--purpose", "missing-person", "--authority", "guardian-request:case-3", "--json")


@pytest.mark.parametrize("listed", [True, False], ids=["with the list of erasures", "without it"])
def test_an_older_key_store_is_made_to_fit(
    data: Path, pictures: Mapping[str, Path], countenance: Any, tmp_path: Path, listed: bool
) -> None:
    """The erased stay erased, those enrolled since are lost and can be enrolled again, the others are as before.

    Where the list is there, the next start has destroyed the keys of the erased by itself.
    """

    def enrol(picture: str, name: str) -> int:
        code: int = countenance("--data", data, "enrol", pictures[picture], "-g", "g", "-s", name, *WORDS).code
        return code

    def names() -> list[str]:
        listed = countenance("--data", data, "subjects", "list", "-g", "g", "--json")
        assert listed.code == 0, listed.err
        return sorted(each["subject"] for each in listed.json["subjects"])

    assert (enrol("obama.jpg", "Obama"), enrol("biden.jpg", "Biden")) == (0, 0)
    shutil.copy(data / "subject-keys.db", tmp_path / "older.db")
    erased = countenance("--data", data, "subjects", "erase", "Obama", "-g", "g", "--yes", *WORDS)
    assert erased.code == 0, erased.err
    assert enrol("obama2.jpg", "Barack") == 0
    (data / "subject-keys.db").unlink()
    shutil.copy(tmp_path / "older.db", data / "subject-keys.db")
    for each in () if listed else data.glob("erasures*"):
        each.unlink()

    refused = countenance("--data", data, "subjects", "list", "-g", "g")
    assert refused.code != 0
    assert ("not in the key store" if listed else "older than the data") in refused.err
    settled = countenance("--data", data, "doctor", "--settle", "--deep", "--json")
    assert settled.code == 0, settled.out
    assert f"{0 if listed else 1} keys destroyed again, 1 subjects lost" in settled.json["findings"][0]["what"]
    assert names() == ["Biden"]
    assert enrol("obama2.jpg", "Barack") == 0
    assert names() == ["Barack", "Biden"]
    again = countenance("--data", data, "doctor", "--settle", "--json")
    assert "0 keys destroyed again, 0 subjects lost" in again.json["findings"][0]["what"]


def test_a_held_directory_is_not_settled(data: Path, countenance: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where nobody else works in it."""
    from countenance.storage.lock import DirectoryLock

    monkeypatch.setenv("COUNTENANCE_WAIT", "0")
    with DirectoryLock(data / "ledger"):
        assert countenance("--data", data, "doctor", "--settle").code != 0
