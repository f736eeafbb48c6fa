"""Other people's code: where it is, and a line for each of its verdicts."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from countenance.ledger.verifier.__main__ import main

GO_SOURCES = "/usr/share/gocode"
X_MOD = Path(GO_SOURCES, "src/golang.org/x/mod/sumdb/tlog")
Verdict = Callable[[str, str], None]


@pytest.fixture
def verdict() -> Verdict:
    """Says who found what; seen with `make interop`."""

    def say(who: str, what: str) -> None:
        sys.stdout.write(f"\n{who:<14} {what}")

    return say


@pytest.fixture(scope="session")
def go(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, compiled against Debian's golang.org/x/mod."""
    if shutil.which("go") is None or not X_MOD.is_dir():
        reason = "needs Go and x/mod: apt-get install golang-go golang-golang-x-mod-dev"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    place = tmp_path_factory.mktemp("go")
    program = place / "interop"
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": GO_SOURCES,
        "GOCACHE": str(place / "cache"),
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    source = Path(__file__).parent / "go" / "main.go"
    done = subprocess.run(
        ["go", "build", "-o", str(program), str(source)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return program


def ours(*words: object) -> int:
    """The exit code of our verifier, without its lines."""
    with contextlib.redirect_stdout(io.StringIO()):
        return main([*map(str, words), "--no-memory"])


def go_says(program: Path, *words: object) -> tuple[bool, str]:
    """Whether the Go program is content, and its words."""
    done = subprocess.run([str(program), *map(str, words)], capture_output=True, text=True, check=False)
    return done.returncode == 0, (done.stdout + done.stderr).strip()
