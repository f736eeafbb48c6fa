"""The layer contract holds, and is seen to fail when a room imports upward."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).with_name("lint-imports")


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(root / "src"), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    return subprocess.run(
        [str(LINT), "--no-cache", "--config", str(root / "pyproject.toml")],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_house_as_it_stands_keeps_every_contract(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("terms/upward.py", "from countenance.gallery import galleries"),
        ("gallery/sideways.py", "from countenance.ledger import ledger"),
        ("storage/upward.py", "import countenance.service"),
        ("cellar/__init__.py", '"""A room that nobody gave a place."""'),
    ],
)
def test_an_upward_import_or_an_unplaced_room_fails(copy: Path, file: str, line: str) -> None:
    path = copy / "src" / "countenance" / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(line + "\n")
    done = lint(copy)
    assert done.returncode != 0, done.stdout
    assert path.parent.name in done.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("gallery/shortcut.py", "from countenance.gallery.kernel import best"),
        ("gallery/pages.py", "from countenance.gallery import kernel"),
        ("service/shortcut.py", "from countenance.gallery import kernel"),
        ("service/shortcut.py", "from countenance.gallery.index.index import Index"),
        ("http/shortcut.py", "from countenance.gallery.memory import Memory"),
        ("cli/shortcut.py", "import countenance.gallery.load"),
    ],
)
def test_nobody_reaches_templates_past_the_receipt(copy: Path, file: str, line: str) -> None:
    """The kernel has one caller, which asks for the receipt; what lies open in memory stays in its room."""
    path = copy / "src" / "countenance" / file
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as source:
        source.write(f"\n\n{line}\n")
    done = lint(copy)
    assert done.returncode != 0, done.stdout
    assert f"{path.parent.name}.{path.stem}" in done.stdout
    assert "BROKEN" in done.stdout


def test_files_stay_small_enough_to_read_in_one_sitting() -> None:
    """Median under 150 lines, none over 400 without a reason given here."""
    reasons: dict[str, str] = {}
    lengths = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in (ROOT / "src").rglob("*.py")}
    swollen = {name: n for name, n in lengths.items() if n > 400 and name not in reasons}
    assert not swollen
    assert sorted(lengths.values())[len(lengths) // 2] < 150


def test_nothing_is_called_after_a_mechanism() -> None:
    silent = {"utils", "util", "common", "helpers", "helper", "misc", "core", "base", "manager"}
    assert not [p for p in (ROOT / "src").rglob("*") if p.stem in silent]


def test_what_starts_a_cluster_lies_where_it_is_looked_for() -> None:
    """The check of a fresh clone collects the tests with this mark in one folder."""
    marked = [path for path in (ROOT / "tests").rglob("test_*.py") if "pytest.mark." + "cluster" in path.read_text()]
    assert marked
    assert {path.parent.name for path in marked} == {"cluster"}
    assert "-m cluster tests/cluster" in (ROOT / ".ci" / "run").read_text()
