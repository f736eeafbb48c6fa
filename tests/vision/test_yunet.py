"""YuNet's outputs are read as OpenCV's own reader reads them, to a twentieth of a pixel."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.vision.drawn import face, pixels

from countenance.vision.models.store import ModelStore
from countenance.vision.runtime.choose import choose_runtime
from countenance.vision.runtime.session import Precision, Session
from countenance.vision.yunet import read_outputs

VECTOR = json.loads(Path(__file__).with_name("vectors").joinpath("yunet.json").read_text())


@pytest.fixture(scope="module", params=["openvino", "onnxruntime"])
def session(request: pytest.FixtureRequest, model_store: ModelStore) -> Session:
    entry = model_store.catalogue.model("yunet-2023mar")
    runtime = choose_runtime(request.param)
    return runtime.open(entry, model_store.prepared(entry.name), Precision.FLOAT32, threads=2, streams=1)


@pytest.mark.parametrize("side", sorted(map(int, VECTOR["found"])))
def test_the_best_box_is_opencvs(session: Session, side: int) -> None:
    """Box, the five landmarks in our order, and the score; on both runtimes."""
    padded = np.zeros((1, -(-side // 32) * 32, -(-side // 32) * 32, 3), dtype=np.uint8)
    padded[0, :side, :side] = pixels(face(side))
    found = read_outputs(session.run(padded), padded.shape[2], VECTOR["least"])
    (row,) = VECTOR["found"][str(side)]
    best = int(np.argmax(found.scores))
    np.testing.assert_allclose(found.boxes[best], row[:4], atol=0.05)
    np.testing.assert_allclose(found.points[best].ravel(), row[4:14], atol=0.05)
    assert found.scores[best] == pytest.approx(row[14], abs=1e-3)


def test_numbers_that_are_none_are_dropped() -> None:
    """A box that is infinite, empty or not a number leads to no face."""
    outputs = {}
    for stride, cells in ((8, 16), (16, 4), (32, 1)):
        outputs[f"cls_{stride}"] = outputs[f"obj_{stride}"] = np.ones((1, cells, 1), dtype=np.float32)
        outputs[f"bbox_{stride}"] = np.zeros((1, cells, 4), dtype=np.float32)
        outputs[f"kps_{stride}"] = np.zeros((1, cells, 10), dtype=np.float32)
    assert len(read_outputs(outputs, 32, 0.5)) == 21
    outputs["bbox_8"][0, 0, 2] = np.inf
    outputs["bbox_8"][0, 1, 3] = -np.inf
    outputs["bbox_16"][0, 0, 0] = np.nan
    outputs["kps_32"][0, 0, 3] = np.nan
    assert len(read_outputs(outputs, 32, 0.5)) == 17


def test_scores_are_held_between_nothing_and_one() -> None:
    """√(cls · obj) of values that stray past the bounds."""
    outputs = {}
    for stride, cells in ((8, 16), (16, 4), (32, 1)):
        outputs[f"cls_{stride}"] = np.full((1, cells, 1), 1.5, dtype=np.float32)
        outputs[f"obj_{stride}"] = np.full((1, cells, 1), 0.49, dtype=np.float32)
        outputs[f"bbox_{stride}"] = np.zeros((1, cells, 4), dtype=np.float32)
        outputs[f"kps_{stride}"] = np.zeros((1, cells, 10), dtype=np.float32)
    np.testing.assert_allclose(read_outputs(outputs, 32, 0.5).scores, 0.7, rtol=1e-6)
