"""countenance galleries duplicates: pairs to review, begun, cut off and continued."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

WORDS = ("--purpose", "missing-person", "--authority", "guardian-request:case-3")


@pytest.fixture
def registry(countenance: Any, data: Path, pictures: Mapping[str, Path]) -> Path:
    """One person twice, under two names, and another."""
    for name, picture in (("Barack", "obama.jpg"), ("B. O.", "obama2.jpg"), ("Joe", "biden.jpg")):
        done = countenance("--data", data, "enrol", pictures[picture], "-g", "r", "-s", name, *WORDS, "--json")
        assert done.code == 0, done.out + done.err
    return data


def test_one_person_under_two_names_is_a_pair(countenance: Any, registry: Path, tmp_path: Path) -> None:
    """Each block is one permitted act; what is whole is not compared again, what was cut off is."""
    out = tmp_path / "found.jsonl"
    ask = ("--data", registry, "galleries", "duplicates", "-g", "r", "--out", out, *WORDS)
    done = countenance(*ask, "--json")
    assert done.code == 0, done.out + done.err
    [pair] = done.json["duplicates"]
    assert sorted(pair["subjects"]) == ["B. O.", "Barack"]
    assert pair["score"] > done.json["threshold"]
    assert done.json["compared"] == 3
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    before = out.read_bytes()
    _, block = map(json.loads, before.splitlines())
    again = countenance(*ask)
    assert "1 pairs of subjects" in again.out
    assert out.read_bytes() == before
    head = before[: before.index(b"\n") + 1]
    for torn in (before[:-1], before[: len(head) + 20], head):
        out.write_bytes(torn)
        assert countenance(*ask, "--json").json["duplicates"] == [pair]
        _, made = map(json.loads, out.read_bytes().splitlines())
        assert (made["pairs"], made["last"]) == (block["pairs"], block["last"])
        assert made["entry"] != block["entry"]


def test_a_file_of_something_else_is_left_alone(countenance: Any, registry: Path, tmp_path: Path) -> None:
    """Of another gallery, or no such file at all; and what the charter forbids is refused before anything."""
    for content in ('{"duplicates": "another"}\n', "a shopping list\n", "no line"):
        out = tmp_path / "found.jsonl"
        out.write_text(content)
        ask = ("--data", registry, "galleries", "duplicates", "-g", "r", "--out", out, *WORDS)
        assert countenance(*ask).code == 12
        assert out.read_text() == content
    missing = tmp_path / "no" / "found.jsonl"
    ask = ("--data", registry, "galleries", "duplicates", "-g", "r", "--out", missing)
    assert countenance(*ask, *WORDS).code == 13
    refused = countenance(*ask[:-1], tmp_path / "new.jsonl", "--purpose", "family-separation")
    assert refused.code == 10
