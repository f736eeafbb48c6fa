"""The code of docs/azure.md runs as it stands there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

DOCUMENT = Path(__file__).parents[3] / "docs" / "azure.md"


def test_the_code_of_the_document(
    lasting_server: Any, pictures: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A person is found in another photograph, and the forbidden purpose is refused with its principle."""
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert len(blocks) == 2
    names: dict[str, Any] = {
        "endpoint": lasting_server.url,
        "key": lasting_server.key(),
        "refused_key": lasting_server.key(purposes=("family-separation",), authority="guardian-request:1"),
        "enrolled": pictures["obama.jpg"].read_bytes(),
        "photograph": pictures["obama2.jpg"].read_bytes(),
    }
    for block in blocks:
        exec(compile(block, str(DOCUMENT), "exec"), names)
    found, refused = capsys.readouterr().out.splitlines()
    assert names["person"].person_id in found
    assert refused.startswith("403 PurposeDenied ")
    assert "families-stay-together" in refused
