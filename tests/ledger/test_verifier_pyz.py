"""The one file: built the same every time, made of standard Python alone, and run outside of everything."""

from __future__ import annotations

import ast
import hashlib
import io
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from tests.ledger.keyring import TestKey
from tests.ledger.minilog import LOG, ORIGIN, Story, busy_story, write_log

from countenance.ledger.recount import Count
from countenance.ledger.verifier.build import READING_ORDER, build


def outside(pyz: Path, *words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run it with the machine's own Python, isolated from this project's environment."""
    python = Path(sysconfig.get_config_var("BINDIR")) / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "LANG": "C.UTF-8"}
    return subprocess.run(
        [str(python), "-I", str(pyz), *map(str, words)],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pyz") / "verify.pyz"
    path.write_bytes(build())
    return path


def test_it_is_built_the_same_every_time() -> None:
    """No time, no order of a disk, no compressor goes into it."""
    first = build()
    assert hashlib.sha256(first).digest() == hashlib.sha256(build()).digest()
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {i.compress_type for i in archive.infolist()} == {zipfile.ZIP_STORED}


def test_it_needs_standard_python_alone() -> None:
    """Every import of every file in it is of the standard library or of another file in it; also by Python 3.9."""
    with zipfile.ZipFile(io.BytesIO(build())) as archive:
        inside = {name[:-3].replace("/", ".").removesuffix(".__init__") for name in archive.namelist()}
        for name in archive.namelist():
            if not name.endswith(".py"):
                continue
            tree = ast.parse(archive.read(name), name, feature_version=(3, 9))
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and node.module:
                    modules = [node.module]
                    if node.module.startswith("countenance"):
                        modules = [
                            module if (module := f"{node.module}.{alias.name}") in inside else node.module
                            for alias in node.names
                        ]
                elif isinstance(node, ast.Import):
                    modules = [alias.name for alias in node.names]
                else:
                    continue
                for module in modules:
                    assert module in inside or module.partition(".")[0] in sys.stdlib_module_names, (name, module)


def test_a_reader_can_read_all_of_it() -> None:
    """It says in which order, and stays a text that a person can get through."""
    with zipfile.ZipFile(io.BytesIO(build())) as archive:
        order = archive.read("countenance/ledger/ORDER").decode().split()
        assert order == [f"{name}.py" for name in READING_ORDER]
        code = 0
        for name in order:
            tree = ast.parse(archive.read(f"countenance/ledger/{name}"))
            lines = {n.lineno for n in ast.walk(tree) if isinstance(n, (ast.stmt, ast.expr))}
            code += len(lines)
    assert code < 2_250


def test_must_show(pyz: Path, tmp_path: Path) -> None:
    """Outside the environment: 0 for the truth, 1 for a count changed and signed again, 2 for another key."""
    story = busy_story()
    size = len(story.entries)
    write_log(tmp_path / "log", story.entries)
    said = story.statement(0, 3)
    paper = tmp_path / "S"
    paper.write_bytes(story.sign(said))
    words = (paper, tmp_path / "log", "--key", LOG.key)
    done = outside(pyz, *words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert f"size {size}" in done.stdout
    assert "protest-monitoring: 0 permitted, 3 refused" in done.stdout
    again = outside(pyz, *words, cwd=tmp_path)
    assert f"with the checkpoint of size {size} seen the last time" in again.stdout
    line = said.lines["missing-person"]
    lie = said._replace(lines={**said.lines, "missing-person": line._replace(counted=Count(15, 0, 0, 15))})
    paper.write_bytes(story.sign(lie))
    assert outside(pyz, *words, cwd=tmp_path).returncode == 1
    forger = TestKey(ORIGIN, 99)
    forged = Story(log=forger, minimum=0)
    forged.ask()
    forged.close()
    write_log(tmp_path / "log", forged.entries, log=forger)
    paper.write_bytes(forged.sign(forged.statement(0, 0)))
    done = outside(pyz, *words, cwd=tmp_path)
    assert done.returncode == 2
    assert "did not sign" in done.stdout
    assert outside(pyz, cwd=tmp_path).returncode == 64
