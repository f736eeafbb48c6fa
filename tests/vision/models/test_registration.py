"""A user's own recogniser takes a recipe file and no code."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tests.vision.models import tiny

from countenance.terms.errors import Malformed, NameTaken, UnknownName
from countenance.vision.models.catalogue import Catalogue
from countenance.vision.models.entry import Role
from countenance.vision.models.recipe import build_recipe
from countenance.vision.models.store import ModelStore, State

RECIPE = """\
name = "mine"
training_data = "Pictures of ourselves."
source = "Our own training, run 7."
detector = "face"
alignment = "arcface-5"

[licence]
spdx = "LicenseRef-ours"
text = "Ours."

[input]
name = "data"
width = 8
height = 10
layout = "nchw"
channels = "bgr"
subtract = [104.0, 117, 123]
divide = 128

[output]
name = "fc1"
dimension = 5
"""


def good() -> bytes:
    return tiny.recogniser(width=8, height=10, dimension=5)


@pytest.fixture
def store(catalogue: Catalogue, tmp_path: Path) -> ModelStore:
    store = ModelStore(tmp_path / "models", catalogue)
    (tmp_path / "face").write_bytes(tiny.detector())
    store.take("face", tmp_path / "face")
    return store


def add(store: ModelStore, recipe: str = RECIPE, model: bytes | None = None) -> Any:
    folder = store.directory.parent
    (folder / "recipe.toml").write_text(recipe)
    (folder / "model.onnx").write_bytes(good() if model is None else model)
    return store.register(folder / "recipe.toml", folder / "model.onnx", who="os:alice", when=1_800_000_000)


def test_a_registered_model_is_used_like_any_other(store: ModelStore) -> None:
    """By this process and the next: prepared, pinned, with a recipe of its own name."""
    entry = add(store)
    for each in (store, ModelStore(store.directory, store.catalogue)):
        assert each.catalogue.model("mine") == entry
        assert each.verify("mine").state is State.PREPARED
        assert each.prepared("mine").is_file()
        recipe = build_recipe(each, "mine", "openvino", "f32")
        assert (recipe.detector, recipe.recogniser, recipe.dimension) == ("face", "mine", 5)
        assert recipe.alignment == "arcface-5@8x10"
        assert recipe.recogniser_sha256 == hashlib.sha256(good()).hexdigest()
    assert entry.role is Role.RECOGNISER
    assert entry.registered
    assert entry.licence.text == "Ours."
    assert (entry.input.subtract, entry.input.divide) == ((104, 117, 123), (128, 128, 128))


def test_the_registration_says_who_and_when_and_pins_the_file(store: ModelStore) -> None:
    """It lies beside the copy of the model."""
    add(store)
    folder = store.directory / "registered" / "mine"
    assert (folder / "original.onnx").read_bytes() == good()
    kept = json.loads((folder / "registration.json").read_bytes())
    assert kept["registered"] == {"who": "os:alice", "when": 1_800_000_000}
    assert kept["model"]["sha256"] == hashlib.sha256(good()).hexdigest()
    assert kept["model"]["prepared"]["graph"] == store.record("mine").graph


def test_a_layout_of_rows_columns_channels_is_taken(store: ModelStore) -> None:
    """As converters from other frameworks write it."""
    nodes = [helper.make_node("Flatten", ["data"], ["fc1"])]
    inputs = [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["N", 2, 1, 3])]
    outputs = [helper.make_tensor_value_info("fc1", TensorProto.FLOAT, ["N", 6])]
    graph = helper.make_graph(nodes, "flat", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    recipe = RECIPE.replace('"nchw"', '"nhwc"').replace("width = 8", "width = 1").replace("height = 10", "height = 2")
    entry = add(store, recipe.replace("dimension = 5", "dimension = 6"), model.SerializeToString())
    assert entry.input.layout == "nhwc"
    assert store.record("mine").batched


def test_every_mistake_in_a_recipe_file_is_told_at_once_with_its_line(store: ModelStore) -> None:
    """Missing, unknown and wrong fields together."""
    wrong = (
        RECIPE.replace('name = "mine"', 'name = "Mine!"')
        .replace('text = "Ours."\n', "")
        .replace("width = 8", "width = 0")
        .replace('channels = "bgr"', 'channels = "grey"')
        .replace("divide = 128", "divide = [1, 0, 1]")
        .replace("dimension = 5", 'dimension = "five"\nthreshold = 0.4')
    )
    with pytest.raises(Malformed) as error:
        add(store, wrong)
    said = error.value.what.splitlines()[1:]
    numbers = {line.split(" = ")[0]: n for n, line in enumerate(wrong.splitlines(), 1)}
    assert [line.strip() for line in said] == [
        "licence.text is missing",
        "line 1: name must be lower-case letters, digits, dots and hyphens, at most 63",
        f"line {numbers['width']}: input.width must be a whole number from 1 to 1024",
        f"line {numbers['channels']}: input.channels must be one of rgb, bgr",
        f"line {numbers['divide']}: input.divide must be one number or three, none of them 0",
        f"line {numbers['dimension']}: output.dimension must be a whole number from 1 to 8192",
        f"line {numbers['threshold']}: output.threshold is not a field of a recipe file",
    ]
    assert error.value.where.endswith("recipe.toml")
    assert "mine" not in store.catalogue.models


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ("name = ", "not TOML"),
        ("", "name is missing"),
        ("input = 3", "line 1: input is not a field"),
        ("[[input]]\nname = 3", "line 1: input is not a field"),
        ("licence = {spdx = 3}", "line 1: licence.spdx must be text"),
        ("name = true\nname = false", "not TOML"),
    ],
)
def test_any_toml_is_answered_with_what_is_wrong(store: ModelStore, recipe: str, said: str) -> None:
    """Never with a traceback."""
    with pytest.raises(Malformed, match=said):
        add(store, recipe)


def test_a_recipe_file_that_is_no_text_is_refused(store: ModelStore, tmp_path: Path) -> None:
    """Binary, a directory, or nothing at all."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\0")
    (tmp_path / "model.onnx").write_bytes(good())
    for name, said in (("binary", "not UTF-8"), ("none", "no such recipe file")):
        with pytest.raises(Malformed, match=said):
            store.register(tmp_path / name, tmp_path / "model.onnx", who="w", when=1)


def test_the_graph_is_held_to_the_recipe_file(store: ModelStore) -> None:
    """Size, dimension and names, each with the field that states it."""
    with pytest.raises(Malformed) as error:
        add(store, RECIPE.replace("width = 8", "width = 9").replace("dimension = 5", "dimension = 6"))
    assert "input.width, input.height, input.layout: the graph takes 1 x 3 x 10 x 8" in error.value.what
    assert "nchw of 9x10 would be batch x 3 x 10 x 9" in error.value.what
    assert "output.dimension: the graph gives 1 x 5, batch x 6 is needed" in error.value.what
    with pytest.raises(Malformed, match=r"input\.name: the graph's inputs are data; one named picture is needed"):
        add(store, RECIPE.replace('name = "data"', 'name = "picture"'))
    with pytest.raises(Malformed, match=r"output\.name: there is no output fc2; there are fc1"):
        add(store, RECIPE.replace('name = "fc1"', 'name = "fc2"'))


def test_a_model_in_half_precision_is_refused(store: ModelStore) -> None:
    """Pixels are given as float32."""
    model = onnx.load_model_from_string(good())
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT16
    with pytest.raises(Malformed, match="takes float16, float32 is needed"):
        add(store, model=model.SerializeToString())


def test_a_second_input_is_refused(store: ModelStore) -> None:
    """A recogniser sees one picture and nothing else."""
    model = onnx.load_model_from_string(good())
    model.graph.input.append(helper.make_tensor_value_info("phase", TensorProto.FLOAT, [1]))
    model.graph.node.append(helper.make_node("Identity", ["phase"], ["ignored"]))
    with pytest.raises(Malformed, match="inputs are data, phase"):
        add(store, model=model.SerializeToString())


def test_what_is_no_model_is_refused(store: ModelStore, tmp_path: Path) -> None:
    """Text, or no file."""
    with pytest.raises(Malformed, match="not an ONNX file"):
        add(store, model=b"hello")
    with pytest.raises(Malformed, match="no such model file"):
        store.register(tmp_path / "recipe.toml", tmp_path / "none.onnx", who="w", when=1)


@pytest.mark.parametrize("name", ["tiny", "default", "registered", "mine"])
def test_a_name_is_given_once(store: ModelStore, name: str) -> None:
    """Neither a model nor a recipe of the catalogue can be taken over, nor one's own."""
    add(store)
    with pytest.raises(NameTaken):
        add(store, RECIPE.replace('"mine"', f'"{name}"'), tiny.recogniser(width=8, height=10, dimension=5, seed=4))
    assert store.record("mine").original == hashlib.sha256(good()).hexdigest()


def test_an_unknown_detector_is_named(store: ModelStore) -> None:
    """Before anything is written."""
    with pytest.raises(UnknownName, match="'nose'"):
        add(store, RECIPE.replace('"face"', '"nose"'))
    assert not (store.directory / "registered").exists()


def test_a_registration_that_cannot_be_read_leaves_the_others_working(store: ModelStore) -> None:
    """It is left out, and its name is unknown."""
    add(store)
    path = store.directory / "registered" / "mine" / "registration.json"
    for content in ("", "{}", "null", '{"model": {}, "recipe": {}}'):
        path.write_text(content)
        again = ModelStore(store.directory, Catalogue(dict(store.catalogue.models), {}))
        assert again.prepared("face").is_file()
        later = ModelStore(store.directory)
        with pytest.raises(UnknownName):
            later.prepared("mine")


def test_the_prepared_model_computes_what_the_users_model_computes(store: ModelStore) -> None:
    """Registration changes nothing in the numbers."""
    from onnx.reference import ReferenceEvaluator

    add(store)
    faces = np.random.default_rng(1).random((1, 3, 10, 8), dtype=np.float32)
    (given,) = ReferenceEvaluator(onnx.load(store.prepared("mine"))).run(None, {"data": faces})
    from tests.vision.models.test_prepare import expected

    assert np.array_equal(given, expected(good(), faces, 3))
