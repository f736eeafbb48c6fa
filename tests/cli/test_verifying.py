"""What the verifier remembers and is shown, through the verbs that pass it on."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def published(countenance: Any, data: Path) -> Path:
    """A log with one published epoch."""
    assert countenance("--data", data, "log", "close-epoch", "--json").code == 0
    return data / "log"


def test_a_checkpoint_seen_elsewhere_must_be_continued(
    countenance: Any, data: Path, published: Path, tmp_path: Path
) -> None:
    """``--seen`` reaches the verifier from both verbs: an older publication lacks what was seen."""
    shutil.copytree(published, tmp_path / "older")
    made = countenance("--data", data, "galleries", "create", "g", "-p", "access-control", "-a", "consent:1")
    assert made.code == 0
    today, statement = f"{datetime.now(UTC):%Y-%m-%d}", tmp_path / "statement"
    said = countenance(
        "--data", data, "state", "--from", today, "--to", today, "--close-epoch", "--out", statement, "--json"
    )
    assert said.code == 0, said.out
    key = countenance("--data", data, "log", "key").out.strip()
    last = ("--key", key, "--seen", published / "checkpoint", "--no-memory", "--json")
    assert countenance("log", "verify", published, *last).code == 0
    older = countenance("log", "verify", tmp_path / "older", *last)
    assert older.code == 4, older.out
    assert "seen" in older.out
    assert countenance("check", statement, published, *last).code == 0
    nothing = tmp_path / "nothing"
    unread = countenance("check", statement, published, "--key", key, "--seen", nothing, "--no-memory", "--json")
    assert (unread.code, unread.json["where"]) == (4, str(nothing))


def test_it_remembers_where_it_is_told_to(
    countenance: Any, published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--memory`` names the place; ``--no-memory`` leaves none, not even in the user's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert countenance("log", "verify", published, "--memory", tmp_path / "mine", "--json").code == 0
    assert len(list((tmp_path / "mine").iterdir())) == 1
    assert countenance("log", "verify", published, "--no-memory", "--json").code == 0
    assert not (tmp_path / "state").exists()
    assert countenance("log", "verify", published, "--json").code == 0
    assert len(list((tmp_path / "state").rglob("*.checkpoint"))) == 1


def test_ones_own_log_takes_no_strangers_options(countenance: Any, data: Path) -> None:
    """Without LOG it is one's own, read whole; what is meant for a published one is not passed over in silence."""
    done = countenance("--data", data, "log", "verify", "--no-memory", "--json")
    assert (done.code, done.json["error"]["kind"]) == (12, "BrokenInput")


def test_days_to_come_are_not_stated(countenance: Any, data: Path, tmp_path: Path) -> None:
    """A statement asked for into the future ends with the epoch that it closed, and says so; without closing, none."""
    made = countenance("--data", data, "galleries", "create", "g", "-p", "access-control", "-a", "consent:1")
    assert made.code == 0
    words = ("--data", data, "state", "--from", "2020-01-01", "--to", "2999-12-31", "--out", tmp_path / "statement")
    refused = countenance(*words)
    assert refused.code == 13
    assert "--close-epoch" in refused.err
    stated = countenance(*words, "--close-epoch")
    assert stated.code == 0, stated.err
    assert f"The days after {datetime.now(UTC):%Y-%m-%d} are still to come" in " ".join(stated.out.split())
