"""Folders of deepface and face_recognition: pictures are read, and what would run when it is loaded is not loaded."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.migration.written import portrait

from countenance.migration.code import Code
from countenance.migration.legacy_record import LegacyRecord
from countenance.migration.sandbox import census_in_sandbox, read_in_sandbox

REFUSED = (
    "representations_vgg_face.pkl",
    "ds_model_arcface_detector_retinaface_aligned_normalization_base_expand_0.pkl",
    "trained_knn_model.clf",
    "faces_db.npz",
    "encodings.NPY",
    "faces.faiss",
    "faces.index",
    "svm.joblib",
    "people/Ada/encodings.pickle",
)


class Hostile:
    """What touches a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self.mark,)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Two people, one picture beside them, and everything that these programs write, each of it hostile."""
    folder = tmp_path / "db"
    (folder / "people" / "Ada").mkdir(parents=True)
    (folder / "people" / "Ada" / "1.jpg").write_bytes(portrait())
    (folder / "people" / "Ada" / "2.png").write_bytes(portrait("PNG"))
    (folder / "Béa Ünal.jpg").write_bytes(portrait(seed=1))
    payload = pickle.dumps([Hostile(tmp_path / "ran"), {"identity": "people/Ada/1.jpg", "embedding": [0.5]}])
    for name in REFUSED:
        (folder / name).write_bytes(payload)
    np.save(folder / "objects.npy", np.array([Hostile(tmp_path / "ran")], dtype=object), allow_pickle=True)
    (folder / "face.jpeg").write_bytes(payload)
    return folder


@pytest.mark.parametrize("kind", ["deepface", "face_recognition"])
def test_pictures_are_read_and_pickles_are_refused(kind: str, database: Path, tmp_path: Path) -> None:
    """One record for each, loudly; no payload runs, not even one that is named like a picture."""
    found: dict[str, LegacyRecord] = {each.unit: each for each in read_in_sandbox(kind, database)}
    people = {unit: each.person for unit, each in found.items() if each.images}
    assert people == {
        "people/Ada/1.jpg": "Ada",
        "people/Ada/2.png": "Ada",
        "Béa Ünal.jpg": "Béa Ünal",
        "face.jpeg": "face",
    }
    refused = {unit for unit, each in found.items() if each.verdict is Code.PICKLE_REFUSED}
    assert refused == {*REFUSED, "objects.npy"}
    assert all("never loaded" in found[each].detail for each in refused)
    assert {each.source for each in found.values()} == {kind}
    told = census_in_sandbox(kind, database)
    assert (told.units, told.images) == (len(found), len(people))
    assert not (tmp_path / "ran").exists()
    pickle.loads((database / "faces.index").read_bytes())
    assert (tmp_path / "ran").exists()
