"""OpenVINO: the runtime wherever it has a wheel; it is the fastest on x86-64 and good on ARM."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import openvino.opset13 as ops
from openvino.preprocess import PrePostProcessor

from countenance.vision.models.entry import ModelEntry, ModelInput, Role
from countenance.vision.runtime.session import Batch, Floats, Precision, Session

log = logging.getLogger(__name__)

Size = tuple[int, int]
"""Height and width in pixels."""

_ANY_SIZE: Size = (64, 64)
"""A detector takes any multiples of 32."""
_OFTEN = 100
_MOST_SIZES = 4


class OpenVino:
    """One OpenVINO core. ``cache`` keeps compiled models, so that a second start skips compiling.

    A file in the cache is as much trusted as the prepared model beside it: who can write there can change templates.
    """

    name = "openvino"

    def __init__(self, cache: Path | None = None) -> None:
        self._core = ov.Core()
        if cache is not None:
            try:
                cache.mkdir(parents=True, exist_ok=True)
                self._core.set_property({"CACHE_DIR": str(cache)})
            except OSError as error:
                log.warning("compiled models are not cached: %s", error.strerror)

    def natural_precision(self) -> Precision:
        """bfloat16 where the processor multiplies it natively (AVX512-BF16, AMX), else float32."""
        able = self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        return Precision.BFLOAT16 if "BF16" in able else Precision.FLOAT32

    def open(
        self, entry: ModelEntry, model: Path | bytes, precision: Precision, *, threads: int, streams: int
    ) -> Session:
        """See Runtime. Pictures go in as they are; channel order, subtraction and division are compiled in."""
        graph = self._core.read_model(model)
        if entry.role is Role.RECOGNISER and entry.form == "tflite":
            take_one(graph)
        graph = _with_pictures(graph, entry.input)
        how = {"INFERENCE_PRECISION_HINT": precision.value, "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": streams}

        def compiled(size: Size | None) -> _Session:
            chosen = graph if size is None else graph.clone()
            if size is not None:
                chosen.reshape([1, *size, 3])
            return _Session(self._core.compile_model(chosen, "CPU", how), entry.outputs)

        one_size = entry.role is not Role.DETECTOR
        session = compiled(None) if one_size else _AnySize(compiled)
        # The first call of a process initialises statics inside OpenVINO's binding, which two threads at once can
        # deadlock on (one waits for the static with the interpreter lock, the other for the lock). One call here,
        # before any thread can have the session, rules that out, and compiles the kernels for one picture.
        first = (entry.input.height, entry.input.width) if one_size else _ANY_SIZE
        session.run(np.zeros((1, *first, 3), dtype=np.uint8))
        return session


def take_one(graph: Any) -> None:
    """Make a graph that was written for a certain batch one for a single picture, where shapes inside repeat it too.

    A batch of any size would do as well, but takes half as long again: such a graph is not planned ahead.
    """
    shape = graph.inputs[0].get_partial_shape()
    for node in graph.get_ops():
        if node.get_type_name() != "Reshape" or node.input_value(1).get_node().get_type_name() != "Constant":
            continue
        to = node.input_value(1).get_node().get_data().copy()
        if to[0] == shape[0]:
            to[0] = -1  # whatever is left: the shape is checked here, before the input has its own
            node.input(1).replace_source_output(ops.constant(to).output(0))
    shape[0] = 1
    graph.reshape(shape)


def _with_pictures(graph: Any, form: ModelInput) -> Any:
    """The graph with 8-bit RGB pictures as its input."""
    steps = PrePostProcessor(graph)
    port = steps.input(0)
    port.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    port.model().set_layout(ov.Layout(form.layout.upper()))
    port.preprocess().convert_element_type(ov.Type.f32)
    if form.channels == "bgr":
        port.preprocess().reverse_channels()
    if any(form.subtract):
        port.preprocess().mean(list(form.subtract))
    if form.divide != (1.0, 1.0, 1.0):
        port.preprocess().scale(list(form.divide))
    return steps.build()


class _Session:
    """A compiled model and its idle requests; a call takes one, or makes one where all are busy."""

    def __init__(self, compiled: Any, outputs: tuple[str, ...]) -> None:
        self._compiled = compiled
        names = [port.get_names() for port in compiled.outputs]
        self._outputs = [(name, next(i for i, known in enumerate(names) if name in known)) for name in outputs]
        # list.append and list.pop are atomic, so the stack of idle requests needs no lock.
        self._idle: list[Any] = []

    def run(self, batch: Batch) -> dict[str, Floats]:
        """See Session."""
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        # The request reads the caller's pixels in place, and its results are copied before it is used again.
        request.infer({0: batch}, share_inputs=True, share_outputs=True)
        answer = {name: np.array(request.get_output_tensor(at).data, dtype=np.float32) for name, at in self._outputs}
        self._idle.append(request)
        return answer


class _AnySize:
    """A model that takes pictures of any size, compiled once more for a size that keeps coming.

    The same numbers come out (float32 but for its last digits), a fifth sooner; compiling takes a sixth of a second,
    which is won back within some hundred pictures.
    """

    def __init__(self, compiled: Callable[[Size | None], _Session]) -> None:
        self._compiled = compiled
        self._general = compiled(None)
        self._special: dict[Size, _Session] = {}
        self._seen: Counter[Size] = Counter()
        self._lock = threading.Lock()

    def run(self, batch: Batch) -> dict[str, Floats]:
        """See Session."""
        size = (batch.shape[1], batch.shape[2])
        session = self._special.get(size) or self._met(size)
        return session.run(batch)

    def _met(self, size: Size) -> _Session:
        with self._lock:
            self._seen[size] += 1
            if size in self._special:
                return self._special[size]
            if self._seen[size] < _OFTEN or len(self._special) >= _MOST_SIZES:
                return self._general
            self._special[size] = self._compiled(size)
            return self._special[size]
