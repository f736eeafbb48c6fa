"""The one door of the room: from an encoded sample to faces, and under a receipt to templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from countenance.terms.acquisition import Acquisition, Choice, FaceChoice, FailureToAcquire, Probe
from countenance.terms.face import Detection, Face, Point
from countenance.terms.look import Look
from countenance.terms.receipt import Promise
from countenance.terms.recipe import Recipe
from countenance.terms.sample import Sample, SampleRef
from countenance.terms.template import Template
from countenance.vision.choice import choose
from countenance.vision.decode import LIMITS, Limits, Picture, decode
from countenance.vision.detect import Detector
from countenance.vision.embed import Embedder, Recogniser, side_by_side
from countenance.vision.faces import ASSESSED, Canvas, face_of
from countenance.vision.found import Found
from countenance.vision.in_order import in_order
from countenance.vision.look import look_of
from countenance.vision.mesh import Mesh
from countenance.vision.models.entry import ModelEntry
from countenance.vision.models.recipe import build_recipe
from countenance.vision.models.store import ModelStore
from countenance.vision.runtime.choose import choose_precision, choose_runtime, usable_cores
from countenance.vision.runtime.session import Precision, Session
from countenance.vision.runtime.shared import Shared

Pixels = NDArray[np.uint8]

COMPILED = "compiled"
"""The folder beside the models in which the runtime keeps what it compiled."""


_TOGETHER = 4
"""Samples that a worker of acquire_many takes at once: embedding them together reads the weights once."""


@dataclass(frozen=True, slots=True, eq=False)
class _Aligned:
    """A sample brought as far as it may come without a receipt: faces and crops, no template."""

    digest: str
    width: int
    height: int
    refs: tuple[SampleRef, ...]
    faces: tuple[Face, ...]
    crops: tuple[Pixels, ...] = field(repr=False)
    look: Look | None

    def acquired(self, templates: Iterator[Template]) -> Acquisition:
        """With one template for each face, taken from ``templates``."""
        probes = [Probe(face, next(templates), crop) for face, crop in zip(self.faces, self.crops, strict=True)]
        return Acquisition(self.digest, self.width, self.height, tuple(probes), self.look)


class Vision:
    """Pixels to template. Safe to use from several threads; one is enough for a process.

    It trusts the model files that the store has verified, and nothing of a sample: whatever its bytes are, the
    answer is a value. Made by ``open_vision``.
    """

    def __init__(
        self,
        recipe: Recipe,
        detector: Detector,
        embedder: Embedder,
        canvas: Canvas,
        limits: Limits,
        many: Many,
        mesh: Mesh | None = None,
    ) -> None:
        self.recipe = recipe
        self._detector = detector
        self._embedder = embedder
        self._canvas = canvas
        self._limits = limits
        self._many = many
        self._mesh = mesh

    def detect(self, sample: Sample) -> Detection | FailureToAcquire:
        """The faces of a sample, largest first, none being an answer too. Makes no template, needs no receipt."""
        picture = decode(sample.data, self._limits)
        if isinstance(picture, FailureToAcquire):
            return picture
        found = self._detector.find(picture.pixels)
        crops = [ASSESSED.cut(picture, points) for points in found.points.astype(np.float64)]
        faces = tuple(face_of(picture, found, row, crop) for row, crop in enumerate(crops))
        return Detection(picture.width, picture.height, faces)

    def faces(self, sample: Sample, choice: Choice = FaceChoice.ONE) -> tuple[Face, ...] | FailureToAcquire:
        """The chosen faces as ``acquire`` would find and assess them. Makes no template, needs no receipt."""
        aligned = self._align(sample, choice, looks=False)
        return aligned if isinstance(aligned, FailureToAcquire) else aligned.faces

    def mesh(self, sample: Sample, faces: Sequence[Face]) -> tuple[tuple[Point, ...] | None, ...]:
        """468 points of each of these faces, which were found in this sample, in pixels of the upright picture.

        None where the landmark model is not there, or sees no face. Makes no template, needs no receipt.
        """
        picture = decode(sample.data, self._limits) if self._mesh is not None else None
        if self._mesh is None or not isinstance(picture, Picture):
            return (None,) * len(faces)
        return tuple(self._mesh.points(picture, face) for face in faces)

    def acquire(
        self,
        sample: Sample,
        promise: Promise,
        choice: Choice = FaceChoice.ONE,
        *,
        among: Sequence[SampleRef] = (),
    ) -> Acquisition | FailureToAcquire:
        """Templates of the chosen faces of a sample.

        Decoding, detection and alignment run while the intent goes to the disk; nothing is embedded before
        ``promise`` gave a receipt that covers the sample. ``among`` are all samples that the receipt names, where
        it names several. Raises ReceiptRefused, and whatever ``promise`` raises.
        """
        return self._acquire([sample], [promise], choice, among)[0]

    def acquire_each(
        self,
        samples: Sequence[Sample],
        promises: Sequence[Promise],
        choice: Choice = FaceChoice.ONE,
        *,
        looks: bool = False,
    ) -> list[Acquisition | FailureToAcquire]:
        """``acquire`` for each sample under a promise of its own; the faces of all are embedded together.

        Nothing is embedded before every sample that shows a face has its receipt. ``looks``: each with its look.
        """
        return self._acquire(samples, promises, choice, (), looks=looks)

    def acquire_many(
        self,
        samples: Iterable[Sample],
        promise: Promise,
        choice: Choice = FaceChoice.ONE,
        *,
        among: Sequence[SampleRef] = (),
    ) -> Iterator[tuple[Sample, Acquisition | FailureToAcquire]]:
        """``acquire`` for each sample, all under one receipt, in the order given, on all cores.

        Samples are drawn from the iterable only a few ahead of what was yielded.
        """
        with self._many():
            for few in in_order(
                lambda few: list(zip(few, self._acquire(few, [promise] * len(few), choice, among), strict=True)),
                _chunks(samples, _TOGETHER),
                self._many.workers,
            ):
                yield from few

    def embed(
        self, crops: Sequence[Pixels], refs: Sequence[SampleRef], promise: Promise, *, among: Sequence[SampleRef]
    ) -> list[Template]:
        """Templates of aligned faces that were kept, of which ``refs`` says whose they are; ``among`` as in acquire.

        Each crop is as this recipe's canvas cuts it (see ``fits``). Raises ReceiptRefused.
        """
        return self._embedder.templates([promise.result()] * len(refs), crops, refs, among) if crops else []

    def fits(self, crop: Pixels, made_by: Recipe) -> bool:
        """Whether a crop of that recipe is cut on this one's canvas; how its landmarks were found may differ."""
        same = made_by.alignment.split()[0] == self.recipe.alignment.split()[0]
        return same and crop.dtype == np.uint8 and crop.shape == (self._canvas.height, self._canvas.width, 3)

    def many(self) -> AbstractContextManager[None]:
        """Within this, many calls are coming from threads of the caller: each then keeps to one core."""
        return self._many()

    def _acquire(
        self,
        samples: Sequence[Sample],
        promises: Sequence[Promise],
        choice: Choice,
        among: Sequence[SampleRef],
        *,
        looks: bool = False,
    ) -> list[Acquisition | FailureToAcquire]:
        """One answer for each sample; a promise is asked only where there is something to embed."""
        aligned = [self._align(sample, choice, looks=looks) for sample in samples]
        paired = zip(aligned, promises, strict=True)
        good = [(each, promise) for each, promise in paired if isinstance(each, _Aligned)]
        crops = [crop for each, _ in good for crop in each.crops]
        refs = [ref for each, _ in good for ref in each.refs]
        receipts = [receipt for each, promise in good for receipt in [promise.result()] * len(each.refs)]
        templates = iter(self._embedder.templates(receipts, crops, refs, among) if good else ())
        return [each if isinstance(each, FailureToAcquire) else each.acquired(templates) for each in aligned]

    def _align(self, sample: Sample, choice: Choice, *, looks: bool) -> _Aligned | FailureToAcquire:
        picture = decode(sample.data, self._limits)
        if isinstance(picture, FailureToAcquire):
            return picture
        found = self._detector.find(picture.pixels)
        rows = choose(picture, found, choice)
        if isinstance(rows, FailureToAcquire):
            return rows
        found = self._detector.look_again(picture.pixels, found, rows)
        crops = tuple(self._canvas.cut(picture, found.points[row].astype(np.float64)) for row in rows)
        faces = tuple(self._face(picture, found, row, crop) for row, crop in zip(rows, crops, strict=True))
        refs = tuple(SampleRef.of(sample.digest, row) for row in rows)
        look = look_of(picture.pixels) if looks else None
        return _Aligned(sample.digest, picture.width, picture.height, refs, faces, crops, look)

    def _face(self, picture: Picture, found: Found, row: int, crop: Pixels) -> Face:
        if not self._canvas.is_assessed:
            crop = ASSESSED.cut(picture, found.points[row].astype(np.float64))
        return face_of(picture, found, row, crop)


def _chunks(samples: Iterable[Sample], size: int) -> Iterator[list[Sample]]:
    """``size`` samples at a time; the last few may be fewer."""
    drawn = iter(samples)
    while few := list(islice(drawn, size)):
        yield few


class Many:
    """Tells the models that many calls are coming, so that each call keeps to one core; and how many to make."""

    def __init__(self, sessions: Sequence[Shared], workers: int) -> None:
        self._sessions = sessions
        self.workers = workers

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Within this, calls are many."""
        with ExitStack() as stack:
            for session in self._sessions:
                stack.enter_context(session.many())
            yield


def open_vision(
    store: ModelStore, *, recipe: str, runtime: str, precision: str, threads: int, limits: Limits = LIMITS
) -> Vision:
    """Load the models of ``recipe``; ``threads`` 0 stands for every core that this process may use.

    The detector always computes in float32, so that which faces are found, and where, does not depend on the
    processor; ``precision`` is the recogniser's. Raises UnknownName, MissingPart, WrongDigest.
    """
    stated = store.catalogue.recipe(recipe)
    detector, *recognisers = (store.catalogue.model(name) for name in stated.models)
    files = {name: store.prepared(name) for name in stated.models}
    engine = choose_runtime(runtime, store.directory / COMPILED)
    computed = choose_precision(precision, engine)
    cores = threads or usable_cores()

    def load(entry: ModelEntry, arithmetic: Precision) -> Shared:
        def opened(streams: int) -> Session:
            return engine.open(entry, files[entry.name], arithmetic, threads=cores, streams=streams)

        return Shared(opened(1), lambda: opened(cores))

    finder, *embedding = load(detector, Precision.FLOAT32), *(load(each, computed) for each in recognisers)
    parts = [
        Recogniser(session, entry.outputs[0], store.record(entry.name).batched)
        for session, entry in zip(embedding, recognisers, strict=True)
    ]
    if stated.second is not None:
        first, other = parts
        parts = list(side_by_side(first, replace(other, mirrored=stated.second.mirrored), stated.second.weight))
    made = build_recipe(store, recipe, engine.name, computed.value)
    form = recognisers[0].input
    return Vision(
        made,
        Detector(finder, steady=stated.steady),
        Embedder(parts, made),
        Canvas.named(stated.alignment, form.width, form.height),
        limits,
        Many((finder, *embedding), cores),
        Mesh.found(store, engine, cores),
    )
