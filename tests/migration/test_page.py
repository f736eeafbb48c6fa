"""The page for people: what it says of every code, and that a browser prints it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from countenance.migration.account import ORDER
from countenance.migration.code import Code
from countenance.migration.meanings import MEANINGS
from countenance.migration.page import page

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-headless-shell", "google-chrome"))), None)
CODES = list(MEANINGS)


def told(codes: list[Code]) -> dict[str, Any]:
    """A report in which every one of these codes has come up."""
    grain = {"discovered": 9, **{each.value: 1 for each in ORDER}, "balanced": True}
    trials = {"tried": 300, "missed": 0, "below_threshold": 2, "bound95": 0.01, "references": []}
    return {
        "run": "r", "gallery": "g", "made": "now", "begun": "then", "ended": None, "seconds": 7, "screened": True,
        "state": "done", "batch": {"id": "b", "state": "staged"}, "open": ["<one thing>"],
        "source": {
            "kind": "ansi-nist", "reader": "1", "manifest_sha256": "0" * 64,
            "census": {"units": 9, "persons": None, "images": 9},
        },
        "account": grain | {"units": grain, "persons": grain},
        "codes": [{"code": each.value, "lines": 3, "examples": [f"{n:032x}" for n in range(5)]} for each in codes],
        "reached": {"staged": 9}, "notes": {"len_mismatch": 2}, "quality": {str(n): n for n in range(0, 100, 10)},
        "verified": {
            "other_pictures": trials, "self_match": trials, "rule_of_three": "at most 3/300",
            "threshold_in_use": 0.36,
            "threshold_here": {"fpir": 0.01, "probes": 300, "threshold": 0.41, "resolved": True},
        },
    }  # fmt: skip


def test_every_code_that_keeps_something_out_has_words_for_people() -> None:
    """A note keeps nothing out, and comes behind all that do."""
    codes = list(Code)
    assert set(CODES) == set(codes[: codes.index(Code.LEN_MISMATCH)])
    text = page(told(CODES), "key")
    assert all(words in text for words in MEANINGS.values())
    assert "persons: by the reading alone" in text
    assert "&lt;one thing&gt;" in text


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_a_browser_prints_it(tmp_path: Path) -> None:
    """On A4, a long list of reasons over several pages, and asking nobody for anything."""
    (tmp_path / "report.html").write_text(page(told(CODES * 2), "key"), encoding="utf-8")
    out = tmp_path / "report.pdf"
    asked = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}",
        "--no-pdf-header-footer", f"--print-to-pdf={out}", (tmp_path / "report.html").as_uri(),
    ]  # fmt: skip
    subprocess.run(asked, check=True, capture_output=True, timeout=120)
    printed = out.read_bytes()
    assert printed.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", printed)) > 3
    boxes = [tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox \[([^\]]*)\]", printed)]
    assert boxes
    assert all(box == pytest.approx((0, 0, 595, 842), abs=1) for box in boxes)
