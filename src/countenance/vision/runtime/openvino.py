"""OpenVINO: the runtime wherever it has a wheel; it is the fastest on x86-64 and good on ARM."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from openvino.preprocess import PrePostProcessor

from countenance.vision.models.entry import ModelEntry, Role
from countenance.vision.runtime.session import Batch, Floats, Precision, Session

log = logging.getLogger(__name__)

_ANY_SIDES = (64, 64)
"""Pixels; a detector takes any multiples of 32."""


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

    def open(self, entry: ModelEntry, model: Path, precision: Precision, *, threads: int, streams: int) -> Session:
        """See Runtime. Pictures go in as they are; channel order, subtraction and division are compiled in."""
        steps = PrePostProcessor(self._core.read_model(model))
        form = entry.input
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
        compiled = self._core.compile_model(
            steps.build(),
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": precision.value,
                "INFERENCE_NUM_THREADS": threads,
                "NUM_STREAMS": streams,
            },
        )
        session = _Session(compiled, entry.outputs)
        # The first call of a process initialises statics inside OpenVINO's binding, which two threads at once can
        # deadlock on (one waits for the static with the interpreter lock, the other for the lock). One call here,
        # before any thread can have the session, rules that out, and compiles the kernels for one picture.
        sides = (form.height, form.width) if entry.role is Role.RECOGNISER else _ANY_SIDES
        session.run(np.zeros((1, *sides, 3), dtype=np.uint8))
        return session


class _Session:
    """A compiled model and its idle requests; a call takes one, or makes one where all are busy."""

    def __init__(self, compiled: Any, outputs: tuple[str, ...]) -> None:
        self._compiled = compiled
        self._outputs = tuple((name, compiled.output(name)) for name in outputs)
        # list.append and list.pop are atomic, so the stack of idle requests needs no lock.
        self._idle: list[Any] = []

    def run(self, batch: Batch) -> dict[str, Floats]:
        """See Session."""
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        # The request reads the caller's pixels in place, and its results are copied before it is used again.
        result = request.infer({0: batch}, share_inputs=True, share_outputs=True)
        answer = {name: np.array(result[port], dtype=np.float32) for name, port in self._outputs}
        self._idle.append(request)
        return answer
