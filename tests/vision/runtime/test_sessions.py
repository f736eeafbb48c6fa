"""Sessions: both runtimes compute the same, from many threads, with and without compiled models at hand."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from countenance.terms.errors import MissingPart
from countenance.vision.models.entry import ModelEntry
from countenance.vision.models.store import ModelStore
from countenance.vision.runtime.onnxruntime import OnnxRuntime
from countenance.vision.runtime.openvino import OpenVino
from countenance.vision.runtime.session import Batch, Floats, Precision
from countenance.vision.runtime.shared import Shared

FACES = np.random.default_rng(7).integers(0, 255, (4, 112, 112, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def recogniser(model_store: ModelStore) -> tuple[ModelEntry, Path]:
    return model_store.catalogue.model("sface-2021dec"), model_store.prepared("sface-2021dec")


def unit(answer: dict[str, Floats]) -> Floats:
    (rows,) = answer.values()
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_both_runtimes_and_every_batch_agree(recogniser: tuple[ModelEntry, Path]) -> None:
    """float32 is float32: cosine above 0.99999, one by one or four at once."""
    sessions = [r.open(*recogniser, Precision.FLOAT32, threads=2, streams=1) for r in (OpenVino(), OnnxRuntime())]
    rows = [unit(s.run(FACES)) for s in sessions]
    rows.append(np.concatenate([unit(sessions[0].run(FACES[i : i + 1])) for i in range(4)]))
    for other in rows[1:]:
        assert ((rows[0] * other).sum(axis=1) > 0.99999).all()


@pytest.mark.parametrize("runtime", [OpenVino(), OnnxRuntime()], ids=lambda r: r.name)
def test_subtraction_division_and_channel_order_are_the_entrys(
    runtime: OpenVino | OnnxRuntime, recogniser: tuple[ModelEntry, Path]
) -> None:
    """A model that wants BGR, less something, over something, sees what a plain one sees of that."""
    from dataclasses import replace

    entry, path = recogniser
    form = replace(entry.input, channels="bgr", subtract=(10.0, 20.0, 30.0), divide=(2.0, 2.0, 4.0))
    picky = runtime.open(replace(entry, input=form), path, Precision.FLOAT32, threads=2, streams=1)
    plain = runtime.open(entry, path, Precision.FLOAT32, threads=2, streams=1)
    as_given = FACES // 4 * 4 % 128 + np.array([30, 120, 110], dtype=np.uint8)
    seen = (as_given[..., ::-1] - np.array([10.0, 20.0, 30.0])) / [2, 2, 4]
    exact = seen.astype(np.uint8)
    assert (exact == seen).all()
    assert ((unit(picky.run(as_given)) * unit(plain.run(exact))).sum(axis=1) > 0.9999).all()


def test_onnxruntime_refuses_what_it_does_not_compute(recogniser: tuple[ModelEntry, Path]) -> None:
    with pytest.raises(MissingPart):
        OnnxRuntime().open(*recogniser, Precision.BFLOAT16, threads=1, streams=1)


def test_compiled_models_are_kept_apart_by_precision_and_mended(
    recogniser: tuple[ModelEntry, Path], tmp_path: Path
) -> None:
    """From a warm cache each precision computes what it did from a cold one; a damaged cache is compiled anew."""
    runtime = OpenVino(tmp_path)
    precisions = {Precision.FLOAT32, runtime.natural_precision()}

    def answers() -> list[Floats]:
        opened = (OpenVino(tmp_path).open(*recogniser, p, threads=2, streams=1) for p in sorted(precisions))
        return [session.run(FACES)["fc1"] for session in opened]

    cold = answers()
    blobs = list(tmp_path.glob("*.blob"))
    assert blobs
    assert len(precisions) == 1 or not np.array_equal(*cold)
    for before, after in zip(cold, answers(), strict=True):
        np.testing.assert_array_equal(before, after)
    for blob in blobs:
        blob.write_bytes(blob.read_bytes()[: blob.stat().st_size // 3])
    for before, after in zip(cold, answers(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_the_first_call_may_come_from_several_threads_at_once(recogniser: tuple[ModelEntry, Path]) -> None:
    """OpenVINO's binding can deadlock there by itself; a session that was opened does not. In a fresh process."""
    code = f"""
import threading, numpy as np
from pathlib import Path
from countenance.vision.models.catalogue import Catalogue
from countenance.vision.runtime.openvino import OpenVino
from countenance.vision.runtime.session import Precision
entry = Catalogue.load().model("sface-2021dec")
session = OpenVino().open(entry, Path({str(recogniser[1])!r}), Precision.FLOAT32, threads=2, streams=2)
gate = threading.Barrier(4)
def work():
    gate.wait()
    session.run(np.zeros((1, 112, 112, 3), dtype=np.uint8))
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0


class Counted:
    """A session that says how many calls it has at once."""

    def __init__(self, gate: threading.Barrier | None = None) -> None:
        self.calls = 0
        self._gate = gate

    def run(self, batch: Batch) -> dict[str, Floats]:
        self.calls += 1
        if self._gate is not None:
            self._gate.wait(20)
        return {"out": batch.astype(np.float32)}


def test_a_lone_call_has_all_cores_and_calls_that_meet_have_one_each() -> None:
    """The second session is opened when it is first needed, once."""
    gate = threading.Barrier(3)
    alone, crowd, opened = Counted(gate), Counted(gate), 0

    def open_crowd() -> Counted:
        nonlocal opened
        opened += 1
        return crowd

    shared = Shared(alone, open_crowd)
    threads = [threading.Thread(target=shared.run, args=(FACES,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (alone.calls, crowd.calls, opened) == (1, 2, 1)


def test_within_many_every_call_is_one_of_many() -> None:
    """And afterwards a lone call has all cores again; also where a call raised."""
    alone, crowd = Counted(), Counted()
    shared = Shared(alone, lambda: crowd)
    with shared.many():
        shared.run(FACES)
    assert (alone.calls, crowd.calls) == (0, 1)
    with pytest.raises(AttributeError):
        shared.run(None)  # type: ignore[arg-type]
    shared.run(FACES)
    assert (alone.calls, crowd.calls) == (2, 1)


def test_a_size_that_keeps_coming_gives_the_same_numbers(model_store: ModelStore) -> None:
    """The detector compiles such a size by itself; float32 stays the same to its last digits. From several threads."""
    entry, path = model_store.catalogue.model("yunet-2023mar"), model_store.prepared("yunet-2023mar")
    session = OpenVino().open(entry, path, Precision.FLOAT32, threads=2, streams=2)
    picture = np.random.default_rng(3).integers(0, 255, (1, 96, 64, 3), dtype=np.uint8)
    first = session.run(picture)
    answers: list[dict[str, Floats]] = []
    threads = [
        threading.Thread(target=lambda: answers.extend(session.run(picture) for _ in range(80))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 160
    for name, values in first.items():
        np.testing.assert_allclose(answers[-1][name], values, rtol=1e-4, atol=1e-6)
