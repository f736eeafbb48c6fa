"""One model and one recipe, as the catalogue states them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from countenance.vision.models.origin import Origin, Pin


class Role(StrEnum):
    """What a model does."""

    DETECTOR = "detector"
    RECOGNISER = "recogniser"
    LANDMARKS = "landmarks"
    """Many points of a found face; optional, and part of no template."""


@dataclass(frozen=True, slots=True)
class Licence:
    """``spdx`` is an SPDX expression, ``text`` one sentence for people.

    ``restricted``: the weights may not be used for everything; they are fetched only after an acceptance.
    """

    spdx: str
    text: str
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class ModelInput:
    """The one input tensor, float32, batch first; a pixel value v in 0–255 enters as (v − subtract) / divide.

    ``subtract`` and ``divide`` are by channel, in the order of ``channels``. ``width`` and ``height`` are pixels;
    for a detector they are only the size of the file as published.
    """

    name: str
    width: int
    height: int
    layout: Literal["nchw", "nhwc"]
    channels: Literal["rgb", "bgr"]
    subtract: tuple[float, float, float]
    divide: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What preparation makes of the file: ``graph`` is the digest of what is computed, ``sha256`` of the bytes."""

    graph: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """``pin`` is None where no digest is known from the publisher: such a model can only be added by its owner.

    ``dimension`` is the length of a recogniser's template, None for a detector. ``prepared`` is None where
    nobody has prepared the model before the catalogue was written: its first preparation is then recorded.
    ``rename``: the file's only input and only output, whatever they are called, take the names stated here.
    """

    name: str
    role: Role
    title: str
    licence: Licence
    training_data: str
    source: str
    pin: Pin | None
    origins: tuple[Origin, ...]
    input: ModelInput
    outputs: tuple[str, ...]
    dimension: int | None
    prepared: Prepared | None
    rename: bool = False
    registered: bool = False
    form: Literal["onnx", "tflite"] = "onnx"
    """What the file is. TensorFlow Lite is loaded as it was published, by OpenVINO alone."""


@dataclass(frozen=True, slots=True)
class Interchange:
    """Runtimes and precisions whose templates were measured to be comparable, with the measurement."""

    computed: frozenset[tuple[str, str]]
    """Pairs of runtime and precision."""
    source: str


@dataclass(frozen=True, slots=True)
class MeasuredPoint:
    """One line of a recipe's table of operating points, before it is bound to a recipe's space."""

    id: str
    measure: str
    target: float
    threshold: float
    resolved: bool
    pairs: int
    source: str
    date: str
    note: str


@dataclass(frozen=True, slots=True)
class Second:
    """A second recogniser, whose template is put beside the first one's.

    ``weight`` is the length of its part where that of the first is 1, so a score is (s₁ + weight²·s₂) / (1 + weight²).
    ``mirrored``: it is shown the mirror image of the crop.
    """

    model: str
    weight: float
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class RecipeEntry:
    """A named recipe: detector, alignment, recogniser; perhaps a second recogniser.

    ``steady``: the landmarks of a face that is embedded come from two closer looks (vision/steady.py).

    ``alignment`` names a canvas of five points drawn for 112×112 pixels. For another input size the canvas is
    scaled by height/112 and centred across the width: x′ = (x − 56)·height/112 + width/2, y′ = y·height/112.
    """

    name: str
    detector: str
    alignment: str
    recogniser: str
    interchange: Interchange | None
    points: tuple[MeasuredPoint, ...]
    second: Second | None = None
    steady: bool = False

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models that it takes."""
        return (self.detector, self.recogniser, *([self.second.model] if self.second else []))
