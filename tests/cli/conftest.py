"""What the tests of the command line share: models loaded once, a kept data directory, and an ordinary user's eyes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from countenance import assembly

PROGRAM = Path(sys.executable).with_name("countenance")
"""The installed program, for what must be a process of its own."""
SEARCH = ("--purpose", "missing-person", "--authority", "guardian-request:case-3")
NOBODY = 65534


@pytest.fixture(autouse=True)
def _loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real models, loaded by the first command that needs them and kept for the others of this process."""
    monkeypatch.setattr(assembly, "load_vision", _load)


_real = assembly.load_vision
_loaded: dict[str, Any] = {}


def _load(settings: Any) -> Any:
    key = settings.model_dump_json(include={"models", "recipe", "runtime", "precision", "threads"})
    if key not in _loaded:
        _loaded[key] = _real(settings)
    return _loaded[key]


def program(*words: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the installed program as a process of its own."""
    return subprocess.run(  # noqa: PLW1510 - the exit code is what is looked at
        [PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=120, **options
    )


@pytest.fixture(scope="session")
def lasting(tmp_path_factory: pytest.TempPathFactory, pictures: Mapping[str, Path]) -> Path:
    """A data directory with one subject, for all tests of a run that must leave it as it was."""
    data = tmp_path_factory.mktemp("lasting") / "data"
    for words in (("init",), ("enrol", pictures["obama.jpg"], "-g", "registry", "-s", "Barack Obama", *SEARCH)):
        done = program("--data", data, *words, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
    return data


@pytest.fixture
def unharmed(lasting: Path, countenance: Callable[..., Any]) -> Iterator[Path]:
    """The lasting data directory; after the test its log verifies, and the same subject is enrolled as before."""
    before = countenance("--data", lasting, "subjects", "list", "-g", "registry", "--json").json
    yield lasting
    after = countenance("--data", lasting, "subjects", "list", "-g", "registry", "--json")
    assert after.code == 0, after.err
    assert after.json == before
    verified = countenance("--data", lasting, "log", "verify", "--json")
    assert (verified.code, verified.json["ok"]) == (0, True), verified.out


@contextmanager
def ordinary_user(*mine: Path) -> Iterator[None]:
    """Within this, permissions hold: root becomes nobody, to whom ``mine`` belongs; any other user stays itself."""
    if os.geteuid() != 0:
        yield
        return
    for path in mine:
        for each in (path, *path.rglob("*")):
            os.chown(each, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def told(done: Any, code: int, kind: str | None = None) -> dict[str, Any]:
    """The error that a command ended with: by its documented code, whole, on both streams, without a traceback."""
    assert "Traceback" not in done.err + done.out, done.err
    assert done.code == code, done.out + done.err
    body = json.loads(done.out.splitlines()[-1])
    found: dict[str, Any] = body["failure" if code == 11 else "error"]
    if code == 11:
        assert found["reason"]
        assert found["detail"]
        assert found["advice"]
    else:
        assert set(found) == {"what", "where", "remedy", "kind"}
        assert found["what"]
        assert found["what"] in done.err
        assert kind is None or found["kind"] == kind, found
    return found
