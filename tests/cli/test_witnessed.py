"""The whole product with a witness: a charter names it, publication waits for it, and the service never does."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.cli.conftest import PROGRAM, SEARCH

from countenance.assembly import GOVERNOR_KEY, _root_key, _signing_key
from countenance.keys.signing import SigningKey
from countenance.policy.adopt import sign_charter
from countenance.policy.folder import load_charter
from countenance.policy.template import DEMO, Answers, charter_files
from countenance.settings import read_settings

CLI = Callable[..., Any]
NAME = "witness.example/university"


@contextmanager
def serving(place: Path, port: int = 0) -> Iterator[str]:
    """A real witness, a process of its own on the loopback; its address. It ends with the block."""
    words = [PROGRAM, "witness", "serve", place, "--port", str(port)]
    with subprocess.Popen([str(w) for w in words], stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.wait(20)


def adopted(data: Path, folder: Path, witness: str, url: str, countenance: CLI) -> None:
    """The demo's rules under two governors and with one witness, whose cosignature publication waits for."""
    governors = {name: SigningKey.generate() for name in ("ann", "ben")}
    keys = {name: key.public for name, key in governors.items()}
    folder.mkdir()
    for name, content in charter_files(Answers(DEMO, "An operator", "a desk", governors=keys)).items():
        (folder / name).write_bytes(content)
    with (folder / "charter.toml").open("a", encoding="utf-8") as charter:
        charter.write(
            f'\n[[witnesses]]\nname = "university"\nkey = "{witness}"\nurl = "{url}"\n\n[witnessing]\nquorum = 1\n'
        )
    settings = read_settings(data)
    founder = _signing_key(data / GOVERNOR_KEY, _root_key(settings))
    words: list[object] = []
    for number, key in enumerate((founder, *governors.values())):
        signature = folder.parent / f"signature {number}"
        signature.write_text(sign_charter(load_charter(folder), key))
        words += ["--signature", signature]
    done = countenance("--data", data, "charter", "adopt", folder, *words, "--json")
    assert done.code == 0, done.out


def test_publication_waits_for_the_witness_and_the_service_does_not(
    countenance: CLI, data: Path, pictures: Mapping[str, Path], tmp_path: Path
) -> None:
    """Cosigned and stated while it answers; while it is down people are identified and nothing more is public."""
    mine = ("--data", data)
    key = countenance(*mine, "log", "key").out.strip()
    place = tmp_path / "witness"
    witness = countenance("witness", "init", place, "--name", NAME, "--json").json["key"]
    with (place / "logs.policy").open("a", encoding="ascii") as logs:
        logs.write(f"log {key}\n")
    policy = tmp_path / "policy"
    policy.write_text(f"log {key}\nwitness w {witness}\nquorum w\n")
    today = f"{datetime.now(UTC):%Y-%m-%d}"

    def identify() -> None:
        found = countenance(*mine, "identify", pictures["obama2.jpg"], "-g", "registry", *SEARCH, "--json")
        assert found.code == 0, found.out
        assert [c["subject"] for c in found.json["candidates"]] == ["Barack Obama"]

    def strangers_view(name: str) -> dict[str, Any]:
        done = countenance(
            "log", "verify", data / "log", "--key", key, "--policy", policy, "--memory", tmp_path / name, "--json"
        )
        assert done.code == 0, done.out
        return json.loads(done.out)

    def stated(name: str) -> Any:
        out = tmp_path / name
        return out, countenance(*mine, "state", "--from", today, "--to", today, "--out", out, "--json")

    with serving(place) as url:
        adopted(data, tmp_path / "charter", witness, url, countenance)
        put = countenance(
            *mine, "enrol", pictures["obama.jpg"], "-g", "registry", "-s", "Barack Obama", *SEARCH, "--json"
        )
        assert put.code == 0, put.out
        identify()
        closed = countenance(*mine, "log", "close-epoch", "--json").json
        assert closed["published"] is True
        assert strangers_view("a")["cosigned"] == [NAME]
        out, said = stated("statement")
        assert said.code == 0, said.out
        assert f"cosigned {NAME}" in out.read_text("utf-8")
        checked = countenance("check", out, data / "log", "--key", key, "--policy", policy, "--no-memory", "--json")
        assert checked.code == 0, checked.out

    before = (data / "log" / "checkpoint").read_bytes()
    identify()
    closed = countenance(*mine, "log", "close-epoch", "--json").json
    assert closed["published"] is False
    identify()
    assert (data / "log" / "checkpoint").read_bytes() == before
    own = countenance(*mine, "log", "verify", "--json").json
    assert own["ok"]
    assert own["published"] < closed["size"] < own["size"]
    _, said = stated("too early")
    assert (said.code, said.json["stated"]) == (13, False)
    assert "waits for its witnesses" in said.json["reason"]

    with serving(place, int(url.rpartition(":")[2])):
        assert countenance(*mine, "log", "close-epoch", "--json").json["published"] is True
        view = strangers_view("a")  # and what was seen before is a beginning of what is there now
        assert view["cosigned"] == [NAME]
        assert view["size"] > closed["size"]
        assert stated("at last")[1].code == 0
