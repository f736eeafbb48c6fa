"""The documents are true: settings, verbs, links and decisions are held to the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from countenance.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def test_every_setting_is_documented_with_its_description() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    for name, field in Settings.model_fields.items():
        assert f"| `{name}` |" in text
        assert field.description is not None
        assert field.description in text


def test_the_command_line_reference_is_what_the_verbs_say() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "countenance.cli.reference"], capture_output=True, text=True, check=True
    )
    assert (ROOT / "docs" / "cli.md").read_text() == done.stdout, "run `make docs`"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def test_decisions_are_numbered_once_each() -> None:
    numbers = [p.name[:4] for p in (ROOT / "docs" / "decisions").glob("*.md")]
    assert len(numbers) == len(set(numbers))
    assert all(n.isdigit() for n in numbers)


def test_every_make_target_says_what_it_does() -> None:
    done = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("install", "demo", "test", "check", "bench", "docs", "clean", "soak", "interop", "verifier"):
        assert f"make {target}" in done.stdout


def test_no_file_names_a_package_index() -> None:
    """Where packages come from is the user's own package client's business."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    hosts = ["pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "deb.debian" + ".org"]
    for name in files:
        path = ROOT / name
        if path.is_file() and path.suffix not in {".png", ".ico"}:
            text = path.read_text(errors="replace")
            assert not [host for host in hosts if host in text], name
