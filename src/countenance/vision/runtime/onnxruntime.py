"""ONNX Runtime: the runtime wherever OpenVINO has no wheel; the same templates, slower on x86-64."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from countenance.terms.errors import MissingPart
from countenance.vision.models.entry import ModelEntry
from countenance.vision.runtime.session import Batch, Floats, Precision, Session


class OnnxRuntime:
    """ONNX Runtime's CPU provider. It computes in float32 only."""

    name = "onnxruntime"

    def natural_precision(self) -> Precision:
        """float32: the CPU provider has no bfloat16 convolutions."""
        return Precision.FLOAT32

    def open(
        self, entry: ModelEntry, model: Path | bytes, precision: Precision, *, threads: int, streams: int
    ) -> Session:
        """See Runtime. Raises MissingPart for any precision but float32, and any file but ONNX."""
        if precision is not Precision.FLOAT32:
            raise MissingPart(f"{self.name} does not compute {precision.value}", remedy="Set the precision to f32.")
        if entry.form != "onnx":
            raise MissingPart(f"{self.name} does not read {entry.name}", remedy="Install openvino.")
        options = ort.SessionOptions()
        options.intra_op_num_threads = max(1, threads // streams)
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        return _Session(session, entry)


class _Session:
    def __init__(self, session: Any, entry: ModelEntry) -> None:
        self._session = session
        self._entry = entry

    def run(self, batch: Batch) -> dict[str, Floats]:
        """See Session."""
        form = self._entry.input
        values = (batch[..., ::-1] if form.channels == "bgr" else batch).astype(np.float32)
        if any(form.subtract):
            values -= np.array(form.subtract, dtype=np.float32)
        if form.divide != (1.0, 1.0, 1.0):
            values /= np.array(form.divide, dtype=np.float32)
        if form.layout == "nchw":
            values = values.transpose(0, 3, 1, 2)
        tensor = np.ascontiguousarray(values)
        results = self._session.run(list(self._entry.outputs), {form.name: tensor})
        return dict(zip(self._entry.outputs, results, strict=True))
