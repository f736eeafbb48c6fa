"""What deploy/ says of the program is true of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
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


def test_the_container_installs_what_the_makefile_does() -> None:
    """The same locks, with their digests, and then the project alone; from files that were copied before."""
    only_there = {"--no-cache-dir", "--no-compile", "--editable", "\\"}

    def installs(path: Path) -> list[list[str]]:
        lines = re.findall(r"pip\)? install (.+)$", path.read_text(), re.MULTILINE | re.IGNORECASE)
        return [[word for word in line.split() if word not in only_there] for line in lines]

    given = installs(FILES[1])
    assert given == installs(ROOT / "Makefile")[:2]
    assert "--require-hashes" in given[0]
    assert "." in given[1]
    for lock in [word for word in given[0] if word.endswith(".txt")]:
        assert "--hash=sha256:" in (ROOT / lock).read_text()


def test_the_container_builds_of_what_it_copies(tmp_path: Path) -> None:
    """A wheel of the copied files alone has the whole package, and the program that the entry point names."""
    text, build, out = FILES[1].read_text(), tmp_path / "build", tmp_path / "out"
    for sources, target in re.findall(r"^COPY (?!--from)(.+) (\S+)$", text, re.MULTILINE):
        for each in sources.split():
            if (ROOT / each).is_dir():
                shutil.copytree(ROOT / each, build / target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
            else:
                (build / target).mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / each, build / target)
    words = ("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", out, build)
    subprocess.run([sys.executable, "-m", "pip", *words], check=True)
    with zipfile.ZipFile(next(out.glob("*.whl"))) as wheel:
        named = {name for name in wheel.namelist() if name.startswith("countenance/")}
        [entries] = [wheel.read(name).decode() for name in wheel.namelist() if name.endswith("entry_points.txt")]
    package = ROOT / "src" / "countenance"
    there = {f"countenance/{path.relative_to(package)}" for path in package.rglob("*") if path.is_file()}
    assert {name for name in there if "__pycache__" not in name} == named
    [program] = re.findall(r'^ENTRYPOINT \["(.+)"\]$', text, re.MULTILINE)
    assert f"{program} = " in entries


def test_the_container_s_numbers_are_the_program_s() -> None:
    """The port, the Python, and a health check that can be run."""
    text = FILES[1].read_text()
    [port] = re.findall(r"^EXPOSE (\d+)$", text, re.MULTILINE)
    assert int(port) == Settings.model_fields["port"].default
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert {f">={each}" for each in re.findall(r"python:([\d.]+)-slim", text)} == {needed.partition(",")[0]}
    [check] = re.findall(r"^HEALTHCHECK .*CMD (\[.*\])$", text, re.MULTILINE)
    _, _, code = json.loads(check)
    compile(code, "HEALTHCHECK", "exec")
    assert f":{port}/readyz" in code


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """No setting is misspelt."""
    unit = tmp_path / "countenance.service"
    unit.write_text(FILES[0].read_text().replace("/opt/countenance/bin/countenance serve", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert "countenance.service" not in done.stderr, done.stderr
