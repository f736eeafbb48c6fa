"""What deploy/ says of the program is true of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from countenance.cli.app import app
from countenance.settings import Settings

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "deploy" / "countenance.service", ROOT / "deploy" / "Containerfile"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_variable_is_a_setting(path: Path) -> None:
    """An unknown one would be ignored in silence."""
    named = {name.lower() for name in re.findall(r"\bCOUNTENANCE_([A-Z_]+)", path.read_text())}
    assert named
    assert named <= set(Settings.model_fields)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_verb_is_one(path: Path) -> None:
    """The commands in the comments can be typed."""
    verbs = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    typed = re.findall(r"countenance (?:--data \S+ )?([a-z]+)", re.sub(r"-[a-z] \S+|Countenance", "", path.read_text()))
    assert {"init"} <= set(typed) & verbs


def test_what_the_container_copies_is_there() -> None:
    """Each source of a COPY is in the project."""
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", FILES[1].read_text(), re.MULTILINE):
        assert all((ROOT / each).exists() for each in sources.split()), sources


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """No setting is misspelt."""
    unit = tmp_path / "countenance.service"
    unit.write_text(FILES[0].read_text().replace("/opt/countenance/bin/countenance serve", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert "countenance.service" not in done.stderr, done.stderr
