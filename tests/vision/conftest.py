"""The real models, a promise for measurements, and the pictures that tests draw for themselves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from platformdirs import user_data_path
from tests.vision.granted import Granted

from countenance.terms.sample import Sample, SampleRef
from countenance.vision.models.store import ModelStore
from countenance.vision.vision import Vision, open_vision


@pytest.fixture(scope="session")
def model_store() -> ModelStore:
    """The models that `make test` fetched before the tests."""
    named = os.environ.get("COUNTENANCE_TEST_MODELS")
    return ModelStore(Path(named) if named else user_data_path("countenance") / "models")


@pytest.fixture(scope="session")
def vision(model_store: ModelStore) -> Vision:
    return open_vision(model_store, recipe="default", runtime="auto", precision="auto", threads=0)


def granted(sample: Sample, face: str = "0") -> Granted:
    """A promise that is kept at once, of a receipt for one sample."""
    return Granted([SampleRef(sample.digest, face)])
