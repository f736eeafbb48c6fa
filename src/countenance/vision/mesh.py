"""Many points of a found face, where a landmark model is there; no template depends on them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Self

import numpy as np

from countenance.terms.errors import MissingPart
from countenance.terms.face import Face, Point
from countenance.vision.align import CANVASES, Similarity, fit, warp
from countenance.vision.decode import Picture
from countenance.vision.models.entry import ModelEntry
from countenance.vision.models.store import ModelStore
from countenance.vision.runtime.session import Precision, Runtime, Session

MODEL = "face-mesh-468"
POINTS = 468

_MIDDLE = np.array((56.0, 70.0))
_SHARE = 2 / 3
"""The model wants the face to fill two thirds of its square. On the canvas "arcface-5" (112 pixels) a face reaches
from 15 to 125 down, which gives the middle and the scale."""
_HEIGHT = 110.0
_LEAST = 0.0
"""The logit of the model's own score that there is a face, from which on its points are told."""


class Mesh:
    """Safe to use from several threads; the model is loaded at the first call."""

    def __init__(self, entry: ModelEntry, load: Callable[[], Session]) -> None:
        self._entry = entry
        self._load = load
        self._lock = threading.Lock()
        self._session: Session | None = None
        scale = entry.input.height * _SHARE / _HEIGHT
        middle = np.array((entry.input.width, entry.input.height)) / 2
        self._canvas = (np.array(CANVASES["arcface-5"]) - _MIDDLE) * scale + middle

    @classmethod
    def found(cls, store: ModelStore, engine: Runtime, threads: int) -> Self | None:
        """The mesh, or None where its model was not fetched or this runtime does not read it."""
        entry = store.catalogue.models.get(MODEL)
        if entry is None or engine.name != "openvino":
            return None
        try:
            store.record(MODEL)
        except MissingPart:
            return None
        model = entry

        def load() -> Session:
            return engine.open(model, store.prepared(MODEL), Precision.FLOAT32, threads=threads, streams=1)

        return cls(entry, load)

    def points(self, picture: Picture, face: Face) -> tuple[Point, ...] | None:
        """468 points in pixels of the whole upright picture; None where the model sees no face there.

        Their order is MediaPipe's canonical face model. Raises WrongDigest where the model is damaged.
        """
        form = self._entry.input
        seen = np.array(face.landmarks.points) * picture.scale
        placed = fit(seen, self._canvas)
        crop = np.ascontiguousarray(warp(picture.pixels, placed, form.width, form.height))
        answer = self._opened().run(crop[None])
        where, score = (answer[name].ravel() for name in self._entry.outputs)
        if score[0] < _LEAST:
            return None
        back = Similarity(1 / placed.turn, -placed.shift / placed.turn)
        points = back.apply(where.reshape(POINTS, 3)[:, :2].astype(np.float64)) / picture.scale
        return tuple((float(x), float(y)) for x, y in points)

    def _opened(self) -> Session:
        with self._lock:
            if self._session is None:
                self._session = self._load()
            return self._session
