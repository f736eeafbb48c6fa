"""The rooms that the use-cases work with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from countenance.cases.reviews import Reviews
from countenance.gallery.galleries import Galleries
from countenance.service.erasures import Erasures
from countenance.service.gate import Gate
from countenance.service.operating_points import OperatingPoints
from countenance.vision.vision import Vision


def unix_now() -> float:
    """Seconds since 1970: the only clock, given to whoever needs one."""
    return time.time()


@dataclass(frozen=True, slots=True)
class Rooms:
    """Built by the assembly. ``vision`` loads the models at its first call and is the same object ever after."""

    gate: Gate
    galleries: Galleries
    vision: Callable[[], Vision]
    points: OperatingPoints
    reviews: Reviews
    clock: Callable[[], float] = unix_now
    erasures: Erasures = field(default_factory=Erasures)
    gone: Callable[[str, str], object] = lambda *_: None
    """Told of each subject that is erased, by the gallery's id and the name, whoever else remembers something."""
