"""The default models are the pinned ones, and their prepared files run on both runtimes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnxruntime
import openvino
import pytest

from countenance.vision.models.catalogue import Catalogue
from countenance.vision.models.prepare import prepare
from countenance.vision.models.recipe import build_recipe
from countenance.vision.models.store import ModelStore, State

DEFAULT = Catalogue.load().recipe("default")
NAMES = (DEFAULT.detector, DEFAULT.recogniser)


@pytest.fixture(scope="module")
def store(real_models: Path) -> ModelStore:
    return ModelStore(real_models)


@pytest.mark.parametrize("name", NAMES)
def test_the_fetched_files_verify_to_the_last_weight(store: ModelStore, name: str) -> None:
    """Original, prepared bytes, and the graph that they compute."""
    assert store.verify(name).state is State.PREPARED


@pytest.mark.parametrize("name", NAMES)
def test_preparing_here_gives_the_pinned_graph_and_the_pinned_bytes(store: ModelStore, name: str) -> None:
    """If this fails after an update of protobuf, the graph must still hold; only then may the bytes be new."""
    entry = store.catalogue.model(name)
    original = store.status(name).folder / "original.onnx"
    made = prepare(original.read_bytes(), entry)
    assert entry.prepared is not None
    assert made.graph == entry.prepared.graph
    assert hashlib.sha256(made.data).hexdigest() == store.record(name).sha256 == entry.prepared.sha256


def test_the_default_recipe_is_frozen(store: ModelStore) -> None:
    """Templates made by one version can be compared with those of the next."""
    recipe = build_recipe(store, "default", "openvino", "f32")
    assert recipe.detector_sha256[:8] == "49f000ec"
    assert recipe.recogniser_sha256[:8] == "fb143eea"
    assert recipe.preparation == (
        "fold-1:ec338cd18e7380a4f2d7dc035961fe2845f79730816ca49b0e7b6b081ff98f65"
        ":1b722758c2dedf3ec5f1bab0bd616537432004e3d9cb97be7b6b04d36653909f"
    )
    assert (recipe.alignment, recipe.dimension) == ("arcface-5@112x112", 128)


def test_the_recogniser_gives_the_same_templates_on_both_runtimes_and_in_any_batch(store: ModelStore) -> None:
    """To float32's rounding: the preparation is plain ONNX, with a free batch."""
    path = store.prepared(DEFAULT.recogniser)
    faces = np.random.default_rng(1).uniform(0, 255, (3, 3, 112, 112)).astype(np.float32)
    compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    one = compiled(faces)[0]
    session = onnxruntime.InferenceSession(path)
    (other,) = session.run(["fc1"], {"data": faces})
    alone = np.concatenate([session.run(["fc1"], {"data": face[None]})[0] for face in faces])
    assert one.shape == (3, 128)
    assert np.abs(one - other).max() < 1e-4
    assert np.abs(alone - other).max() < 1e-4


def test_the_detector_takes_pictures_of_any_multiple_of_32(store: ModelStore) -> None:
    """On both runtimes, with one row of outputs for each cell of the three strides."""
    entry, path = store.catalogue.model(DEFAULT.detector), store.prepared(DEFAULT.detector)
    session = onnxruntime.InferenceSession(path)
    compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for height, width in ((64, 96), (256, 320)):
        picture = np.random.default_rng(2).uniform(0, 255, (1, 3, height, width)).astype(np.float32)
        answers = session.run(list(entry.outputs), {"input": picture})
        result = compiled(picture)
        for name, answer in zip(entry.outputs, answers, strict=True):
            stride = int(name.rpartition("_")[2])
            assert answer.shape[1] == (height // stride) * (width // stride)
            assert np.abs(result[name] - answer).max() < 1e-3
