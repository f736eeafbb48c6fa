"""How a template was made: the models, their preparation, the runtime and its precision."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that a template's numbers depend on.

    ``digest`` names all of it. ``space`` leaves out runtime and precision where the catalogue lists them as
    measured interchangeable (``interchangeable`` is then true): templates of one space may be compared.
    """

    name: str
    detector: str
    detector_sha256: str
    alignment: str
    recogniser: str
    recogniser_sha256: str
    preparation: str
    dimension: int
    runtime: str
    precision: str
    interchangeable: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the canonical JSON of every field."""
        return _digest(self, part=False)

    @property
    def space(self) -> str:
        """SHA-256 (hex) of what templates must share to be comparable."""
        return _digest(self, part=self.interchangeable)

    @property
    def line(self) -> str:
        """The recipe in one line, for people."""
        return f"{self.name}: {self.detector} > {self.alignment} > {self.recogniser} ({self.runtime}, {self.precision})"


@lru_cache(maxsize=64)  # every search asks several times, and a process has few recipes
def _digest(recipe: Recipe, *, part: bool) -> str:
    fields = asdict(recipe)
    if part:
        del fields["runtime"], fields["precision"]
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
