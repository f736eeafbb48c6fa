"""Quality of a face sample, in the component names of ISO/IEC 29794-5."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QualityComponent:
    """One measure: ``value`` is 0–100 (higher is better), ``raw`` is the native measurement in ``unit``."""

    name: str
    value: int
    raw: float
    unit: str


@dataclass(frozen=True, slots=True)
class Quality:
    """Components in a fixed order, and plain advice for the person in front of the camera (may be empty)."""

    components: tuple[QualityComponent, ...]
    advice: tuple[str, ...] = ()

    def value(self, name: str) -> int:
        """The 0–100 value of the component ``name``; raises KeyError where it was not measured."""
        for component in self.components:
            if component.name == name:
                return component.value
        raise KeyError(name)
