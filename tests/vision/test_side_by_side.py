"""Two recognisers side by side: one template of unit length, and a score that weighs both."""

from __future__ import annotations

import numpy as np
import openvino as ov
import openvino.opset13 as ops
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.vision.drawn import encoded, face
from tests.vision.granted import Granted
from tests.vision.models import tiny

from countenance.evaluation.card import card
from countenance.terms.acquisition import Acquisition
from countenance.terms.sample import Sample, SampleRef
from countenance.vision.embed import Recogniser, side_by_side
from countenance.vision.models.store import ModelStore
from countenance.vision.runtime.openvino import OpenVino, take_one
from countenance.vision.runtime.session import Precision
from countenance.vision.vision import Vision, open_vision

RANDOM = np.random.default_rng(3)
FACES = RANDOM.integers(0, 256, (9, tiny.SIDE, tiny.SIDE, 3), np.uint8)


def recogniser(seed: int, dimension: int, *, mirrored: bool = False) -> Recogniser:
    data = tiny.recogniser(seed=seed, dimension=dimension, block=48)
    session = OpenVino().open(tiny.entry(data, dimension=dimension), data, Precision.FLOAT32, threads=1, streams=1)
    return Recogniser(session, "fc1", batched=False, mirrored=mirrored)


ONE, OTHER, TURNED = recogniser(1, 6), recogniser(2, 10), recogniser(2, 10, mirrored=True)


@given(st.floats(0.1, 2.0))
def test_the_score_is_the_weighted_mean_of_both_scores(weight: float) -> None:
    """(s₁ + w²·s₂) / (1 + w²), of templates of unit length."""
    parts = [each.part(FACES) for each in side_by_side(ONE, OTHER, weight)]
    whole = np.hstack(parts)
    first, second = (each.part(FACES) for each in (ONE, OTHER))
    assert np.linalg.norm(whole, axis=1) == pytest.approx(1, abs=1e-6)
    mean = (first @ first.T + weight**2 * (second @ second.T)) / (1 + weight**2)
    assert whole @ whole.T == pytest.approx(mean, abs=1e-5)


def test_the_mirrored_one_is_shown_the_mirror_image() -> None:
    """Of every face of the batch."""
    mirrored = np.ascontiguousarray(FACES[:, :, ::-1])
    assert np.array_equal(TURNED.part(FACES), OTHER.part(mirrored))
    assert not np.allclose(TURNED.part(FACES), OTHER.part(FACES))


def test_a_graph_that_was_written_for_two_faces_takes_one() -> None:
    """A face gets the numbers that it gets in the graph as it was written."""
    asked = ops.parameter([2, 4, 4, 3], np.float32, name="faces")
    flat = ops.reshape(asked, ops.constant(np.array([2, 48], np.int64)), special_zero=False)
    weights = ops.constant(np.random.default_rng(5).random((48, 7), np.float32))
    graph = ov.Model([ops.matmul(flat, weights, transpose_a=False, transpose_b=False)], [asked])
    pictures = RANDOM.random((2, 4, 4, 3), np.float32)
    as_written = ov.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(pictures)[0]
    take_one(graph)
    compiled = ov.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for at in (0, 1):
        assert compiled(pictures[at : at + 1])[0] == pytest.approx(as_written[at : at + 1], rel=1e-5)


@pytest.fixture(scope="module")
def accurate(model_store: ModelStore) -> Vision:
    """The recipe with two recognisers, on the real models."""
    model_store.fetch(model_store.catalogue.recipe("accurate").models)
    return open_vision(model_store, recipe="accurate", runtime="openvino", precision="f32", threads=1)


def test_the_recipe_is_frozen(accurate: Vision) -> None:
    """Templates made by one version can be compared with those of the next."""
    recipe = accurate.recipe
    assert recipe.alignment == "arcface-5@112x112 steady-1"
    assert recipe.recogniser == "sface-2021dec + 0.6 mobilefacenet-192 mirrored"
    assert recipe.dimension == 320
    assert recipe.interchangeable
    assert recipe.space == "f82c464a1142cec21704c12f25c1091b60fae5b1c7ef0f3e78e97fdb6567b894"


def test_the_card_has_every_model_with_the_digest_that_ran(accurate: Vision, model_store: ModelStore) -> None:
    """A detector and both recognisers."""
    told = card(model_store.catalogue, accurate.recipe)
    assert [each["model"] for each in told] == ["yunet-2023mar", "sface-2021dec", "mobilefacenet-192"]
    assert [each["sha256"] for each in told] == [model_store.record(each["model"]).original for each in told]


def test_a_face_has_the_same_template_alone_and_among_others(accurate: Vision) -> None:
    """And one of unit length, whose two parts are those of the two recognisers."""
    samples = [Sample(encoded(face(size)), str(size)) for size in (200, 230, 256)]
    refs = tuple(SampleRef.of(each.digest, 0) for each in samples)
    many = [answer for _, answer in accurate.acquire_many(samples, Granted(refs), among=refs)]
    for sample, among, ref in zip(samples, many, refs, strict=True):
        alone = accurate.acquire(sample, Granted([ref]))
        assert isinstance(alone, Acquisition)
        assert isinstance(among, Acquisition)
        vector = alone.probe.template.vector
        assert vector @ among.probe.template.vector == pytest.approx(1, abs=1e-4)
        assert np.sum(vector**2) == pytest.approx(1, abs=1e-5)
        assert np.sum(vector[:128] ** 2) == pytest.approx(1 / (1 + 0.36), abs=1e-5)
