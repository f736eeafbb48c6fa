"""The demo's pictures are pinned and come out of packages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import countenance.cli.demo_pictures as module
from countenance.vision.models.catalogue import origin_of
from countenance.vision.models.origin import Carried


def test_each_picture_is_pinned_and_carried_by_a_package() -> None:
    """No picture is part of the project or comes from an unpinned place."""
    pins = tomllib.loads(Path(module.__file__).with_suffix(".toml").read_text())
    assert {"biden.jpg", "obama.jpg", "obama2.jpg", "astronaut.png", "chelsea.png", "t1.jpg"} <= set(pins)
    for name, table in pins.items():
        assert re.fullmatch(r"[0-9a-f]{64}", table["sha256"]), name
        assert table["size"] > 0
        for each in table["origins"]:
            origin = origin_of(each)
            assert isinstance(origin, Carried)
            assert origin.member.endswith(name)
