"""Whole houses over one PostgreSQL database, by the command line: founded, joined, used, looked at, backed up."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest
from tests.conftest import Countenance
from tests.storage.server import Server

from countenance.settings import Settings, data_and_database

pytestmark = pytest.mark.xdist_group("postgresql")


def test_a_second_node_joins_with_the_first_one_s_root_key(
    tmp_path: Path, postgresql: Server, countenance: Countenance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named by the database alone or by a directory; without the root key it is kept out; both see one gallery."""
    monkeypatch.setenv("COUNTENANCE_MODELS", str(Settings().models))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    url, second = postgresql.make(), tmp_path / "second"
    made = countenance("--data", url, "init", "--json")
    assert made.code == 0, made.err
    first = Path(made.json["data"])
    assert first == data_and_database(url)[0]
    assert first.is_relative_to(tmp_path / "home")
    assert unquote(made.json["database"]).endswith(url.removeprefix("postgresql"))

    kept_out = countenance("--data", second, "init", "--database", url)
    assert kept_out.code == 13
    assert "root key" in kept_out.err
    monkeypatch.setenv("COUNTENANCE_ROOT_KEY", f"file:{first / 'root.key'}")
    joined = countenance("--data", second, "init", "--database", url, "--json")
    assert joined.code == 0, joined.err
    assert joined.json["log"] != made.json["log"]

    for node in (url, second):
        looked = countenance("--data", node, "doctor", "--deep", "--json")
        assert not [each for each in looked.json["findings"] if each["level"] == "wrong"]
    asked = ("--purpose", "missing-person", "--authority", "guardian-request:case-3")
    created = countenance("--data", url, "galleries", "create", "staff", *asked, "--json")
    assert created.code == 0, created.err
    assert [
        each["name"] for each in countenance("--data", second, "galleries", "list", "--json").json["galleries"]
    ] == ["staff"]
    checked = countenance("--data", second, "doctor", "--cross-check", "staff", *asked, "--json")
    assert "pgvector gives 0 of 0 answers" in checked.json["findings"][-1]["what"]
    refused = countenance("--data", second, "doctor", "--cross-check", "staff", "--json")
    assert refused.code == 13
    assert "refused" in refused.json["findings"][-1]["what"]
    backup = countenance("--data", second, "backup", tmp_path / "backup", "--json")
    assert backup.code == 0, backup.err
    assert not list((tmp_path / "backup").glob("*.db"))
    json.loads((tmp_path / "backup" / "backup.json").read_text())


def test_a_password_is_written_nowhere(tmp_path: Path, postgresql: Server, countenance: Countenance) -> None:
    """Neither into the settings nor into what the verb says."""
    url = postgresql.make().replace("countenance@", "countenance:secret@")
    made = countenance("--data", tmp_path / "node", "init", "--database", url, "--json")
    assert made.code == 0, made.err
    assert "secret" not in made.out
    assert "secret" not in (tmp_path / "node" / "countenance.toml").read_text()
    again = countenance("--data", tmp_path / "node", "galleries", "list", "--json")
    assert again.code == 0, again.err
