"""The code of docs/native.md runs as it stands there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

DOCUMENT = Path(__file__).parents[3] / "docs" / "native.md"


def test_the_code_of_the_document(
    lasting_server: Any, pictures: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody is found, with what the answer does not say; the receipt waits; a cat is no face."""
    [block] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    names: dict[str, Any] = {
        "url": lasting_server.url,
        "key": lasting_server.key(),
        "ada": pictures["obama.jpg"],
        "photograph": pictures["obama2.jpg"],
        "cat": pictures["chelsea.png"],
    }
    exec(compile(block, str(DOCUMENT), "exec"), names)
    found, state, failed = capsys.readouterr().out.splitlines()
    assert found.startswith("[('Ada', 0.")
    assert "lead" in found
    assert state == "pending"
    assert failed.startswith("failure-to-acquire Use a picture")
