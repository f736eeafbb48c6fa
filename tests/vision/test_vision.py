"""The door: what acquire answers, and that no template exists before a receipt for the very sample."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.vision.drawn import encoded, face
from tests.vision.granted import Granted

from countenance.terms.acquisition import Acquisition, FaceChoice, FaceNear, FailureReason, FailureToAcquire
from countenance.terms.action import Action
from countenance.terms.errors import ReceiptRefused, Unwritable
from countenance.terms.face import Box, Detection
from countenance.terms.receipt import Receipt
from countenance.terms.sample import Sample, SampleRef
from countenance.vision.models.store import ModelStore
from countenance.vision.runtime.shared import Shared
from countenance.vision.vision import Vision, open_vision

PORTRAIT = Sample(encoded(face(256)), "portrait")
OTHER = Sample(encoded(face(240)), "other")


def couple() -> Sample:
    """A larger face at the left edge and a smaller one in the middle."""
    picture = Image.new("RGB", (640, 320), (120, 140, 160))
    picture.paste(face(280), (0, 20))
    picture.paste(face(200), (230, 60))
    return Sample(encoded(picture), "couple")


def granted(sample: Sample, face: str = "0", action: Action = Action.ACQUIRE) -> Granted:
    return Granted([SampleRef(sample.digest, face)], action)


def detected(vision: Vision, sample: Sample) -> Detection:
    found = vision.detect(sample)
    assert isinstance(found, Detection)
    return found


def acquired(answer: Acquisition | FailureToAcquire) -> Acquisition:
    assert isinstance(answer, Acquisition), answer
    return answer


def test_a_portrait_gives_one_probe_that_names_its_sample_and_recipe(vision: Vision) -> None:
    """A unit vector of the recipe's dimension, read-only; the aligned crop; the sample's digest with face 0."""
    got = acquired(vision.acquire(PORTRAIT, granted(PORTRAIT)))
    template = got.probe.template
    assert (got.sample_digest, got.width, got.height, len(got.probes)) == (PORTRAIT.digest, 256, 256, 1)
    assert template.vector.shape == (vision.recipe.dimension,)
    assert template.vector.dtype == np.float32
    assert np.linalg.norm(template.vector) == pytest.approx(1, abs=1e-5)
    assert not template.vector.flags.writeable
    assert template.recipe == vision.recipe
    assert template.sample == SampleRef(PORTRAIT.digest, "0")
    assert got.probe.crop.shape == (112, 112, 3)
    assert not got.probe.crop.flags.writeable


@pytest.mark.parametrize("action", [Action.DELETE, Action.MANAGE, Action.EXPORT])
def test_a_receipt_for_something_else_makes_no_template(vision: Vision, action: Action) -> None:
    with pytest.raises(ReceiptRefused):
        vision.acquire(PORTRAIT, granted(PORTRAIT, action=action))


@pytest.mark.parametrize(
    "refs", [[SampleRef(OTHER.digest)], [SampleRef(PORTRAIT.digest, "1")], [SampleRef(PORTRAIT.digest), SampleRef("f")]]
)
def test_a_receipt_that_does_not_cover_the_sample_makes_no_template(vision: Vision, refs: list[SampleRef]) -> None:
    """Another sample's, another face's, and a set's that is not given in full."""
    with pytest.raises(ReceiptRefused):
        vision.acquire(PORTRAIT, Granted(refs))


def test_a_set_receipt_covers_its_members_only(vision: Vision) -> None:
    """The whole set must be given as it was promised, and the sample must be in it."""
    refs = [SampleRef(PORTRAIT.digest), SampleRef(OTHER.digest, "*")]
    for sample in (PORTRAIT, OTHER):
        acquired(vision.acquire(sample, Granted(refs), among=refs))
    with pytest.raises(ReceiptRefused):
        vision.acquire(PORTRAIT, Granted(refs), among=refs[:1])
    with pytest.raises(ReceiptRefused):
        vision.acquire(Sample(encoded(face(230))), Granted(refs), among=refs)


def test_nothing_is_embedded_before_the_promise_is_kept(
    model_store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the promise is not kept the detector may run, the recogniser may not; a broken promise ends it."""
    runs: list[tuple[int, ...]] = []
    run = Shared.run

    def spy(self: Shared, batch: np.ndarray) -> object:
        runs.append(batch.shape)
        return run(self, batch)

    monkeypatch.setattr(Shared, "run", spy)
    vision = open_vision(model_store, recipe="default", runtime="auto", precision="f32", threads=1)
    runs.clear()
    reached, kept = threading.Event(), threading.Event()

    class Slow(Granted):
        def result(self) -> Receipt:
            reached.set()
            assert kept.wait(20)
            return super().result()

    answers: list[Acquisition | FailureToAcquire] = []
    slow = Slow([SampleRef(PORTRAIT.digest)])
    thread = threading.Thread(target=lambda: answers.append(vision.acquire(PORTRAIT, slow)))
    thread.start()
    assert reached.wait(20)
    assert runs == [(1, 256, 256, 3)]
    kept.set()
    thread.join(20)
    assert runs == [(1, 256, 256, 3), (1, 112, 112, 3)]
    assert isinstance(answers[0], Acquisition)

    class Broken:
        def result(self) -> Receipt:
            raise Unwritable("the disk is full")

    with pytest.raises(Unwritable):
        vision.acquire(PORTRAIT, Broken())
    assert runs == [(1, 256, 256, 3), (1, 112, 112, 3), (1, 256, 256, 3)]


def test_which_face_is_meant(vision: Vision) -> None:
    """One is ambiguous; the largest, the central and all of two are what they say, by index from the largest."""
    sample = couple()
    one = vision.acquire(sample, granted(sample))
    assert isinstance(one, FailureToAcquire)
    assert (one.reason, one.faces) == (FailureReason.SEVERAL_FACES, 2)
    largest = acquired(vision.acquire(sample, granted(sample), FaceChoice.LARGEST))
    assert largest.probe.face.box.left < 200
    assert largest.probe.template.sample.face == "0"
    central = acquired(vision.acquire(sample, granted(sample, "*"), FaceChoice.CENTRAL))
    assert 230 < central.probe.face.box.centre[0] < 430
    assert central.probe.template.sample.face == "1"
    both = acquired(vision.acquire(sample, granted(sample, "*"), FaceChoice.ALL))
    assert [p.template.sample.face for p in both.probes] == ["0", "1"]
    np.testing.assert_allclose(both.probes[1].template.vector, central.probe.template.vector, atol=1e-3)


@pytest.mark.parametrize("face_at", [0, 1])
def test_the_face_of_a_rectangle(vision: Vision, face_at: int) -> None:
    """A rectangle that is drawn loosely around a face means it; one around nothing is a failure to acquire."""
    sample = couple()
    meant = detected(vision, sample).faces[face_at]
    loose = Box(meant.box.left - 9, meant.box.top + 5, meant.box.width + 7, meant.box.height)
    got = acquired(vision.acquire(sample, granted(sample, "*"), FaceNear(loose)))
    assert [p.template.sample.face for p in got.probes] == [str(face_at)]
    assert got.probe.face.box.centre == pytest.approx(meant.box.centre, abs=8)
    for nowhere in (Box(-50, -50, 20, 20), Box(0, 0, 0, 0)):
        none = vision.acquire(sample, granted(sample, "*"), FaceNear(nowhere))
        assert isinstance(none, FailureToAcquire)
        assert (none.reason, none.faces) == (FailureReason.NO_FACE, 2)


def test_a_face_too_small_to_be_used_does_not_make_a_portrait_ambiguous(vision: Vision) -> None:
    """Nobody could be meant by it; but a passer-by whose face is large enough could, and is never passed over."""
    for side, expected in ((44, Acquisition), (100, FailureToAcquire)):
        picture = Image.new("RGB", (700, 400), (120, 140, 160))
        picture.paste(face(400), (0, 0))
        picture.paste(face(side), (550, 100))
        sample = Sample(encoded(picture))
        assert len(detected(vision, sample).faces) == 2
        assert isinstance(vision.acquire(sample, granted(sample)), expected)


def test_failures_are_values_with_advice(vision: Vision) -> None:
    """No face, too small a face, no picture: a reason from the closed list, and what to do."""
    tiny = Image.new("RGB", (320, 240), (120, 140, 160))
    tiny.paste(face(44), (100, 100))
    cases = {
        FailureReason.NO_FACE: encoded(Image.new("RGB", (300, 200), "green")),
        FailureReason.FACE_TOO_SMALL: encoded(tiny),
        FailureReason.UNSUPPORTED_FORMAT: b"text",
    }
    for reason, data in cases.items():
        sample = Sample(data)
        promise = granted(sample)
        got = vision.acquire(sample, promise)
        assert isinstance(got, FailureToAcquire)
        assert got.reason is reason
        assert got.detail
        assert got.advice
        assert promise.asked == 0


def test_many_samples_come_back_in_order_and_equal_to_one_by_one(vision: Vision) -> None:
    """Sizes, failures and templates; on all cores, under one receipt."""
    samples = [Sample(encoded(face(120 + 8 * i)), str(i)) for i in range(12)] + [Sample(b"x", "bad"), couple()]
    refs = [SampleRef(s.digest) for s in samples]
    answers = list(vision.acquire_many(iter(samples), Granted(refs), among=refs))
    assert [s.name for s, _ in answers] == [s.name for s in samples]
    for sample, answer in answers:
        alone = vision.acquire(sample, Granted(refs), among=refs)
        if isinstance(alone, FailureToAcquire):
            assert answer == alone
        else:
            together = acquired(answer).probe.template.vector
            assert float(together @ alone.probe.template.vector) > 0.9999


def test_each_answers_as_one_by_one_would_under_its_own_receipt(vision: Vision) -> None:
    """Templates as of ``acquire``; a promise is asked only for a sample that shows a face."""
    samples = [PORTRAIT, Sample(b"x", "bad"), OTHER]
    promises = [granted(sample) for sample in samples]
    first, bad, last = vision.acquire_each(samples, promises)
    assert isinstance(bad, FailureToAcquire)
    assert [promise.asked for promise in promises] == [1, 0, 1]
    for sample, answer in ((PORTRAIT, first), (OTHER, last)):
        alone = acquired(vision.acquire(sample, granted(sample))).probe.template
        assert acquired(answer).probe.template.sample == alone.sample
        assert float(acquired(answer).probe.template.vector @ alone.vector) > 0.9999


def test_one_receipt_that_does_not_fit_keeps_all_from_being_embedded(
    vision: Vision, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One fits and one is of another sample: neither becomes a template, and both do where both fit."""
    shapes: list[tuple[int, ...]] = []
    run = Shared.run

    def spy(self: Shared, batch: np.ndarray) -> object:
        shapes.append(batch.shape[1:3])
        return run(self, batch)

    monkeypatch.setattr(Shared, "run", spy)
    with pytest.raises(ReceiptRefused):
        vision.acquire_each([PORTRAIT, OTHER], [granted(PORTRAIT), granted(PORTRAIT)])
    assert (112, 112) not in shapes
    vision.acquire_each([PORTRAIT, OTHER], [granted(PORTRAIT), granted(OTHER)])
    assert shapes.count((112, 112)) == 1


def test_many_draws_its_samples_as_it_goes(vision: Vision) -> None:
    """Ten thousand pictures are not read before the first answer."""
    drawn = 0

    def endless() -> Iterator[Sample]:
        nonlocal drawn
        while True:
            drawn += 1
            yield PORTRAIT

    answers = vision.acquire_many(endless(), granted(PORTRAIT))
    next(answers)
    assert drawn < 50
    answers.close()


def test_threads_get_the_same_templates_as_one_caller(vision: Vision) -> None:
    """Eight threads over four pictures at once: no answer is another's."""
    samples = [Sample(encoded(face(side))) for side in (128, 160, 224, 300)]
    expected = [acquired(vision.acquire(s, granted(s))).probe.template.vector for s in samples]
    wrong: list[object] = []

    def work(start: int) -> None:
        for i in range(6):
            at = (start + i) % 4
            got = vision.acquire(samples[at], granted(samples[at]))
            if not isinstance(got, Acquisition) or float(got.probe.template.vector @ expected[at]) < 0.9999:
                wrong.append(got)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong
    assert not any(thread.is_alive() for thread in threads)


def test_a_reduced_jpeg_gives_the_faces_of_the_whole_picture(vision: Vision) -> None:
    """A picture of 25 megapixels is decoded at a half; boxes and landmarks are still in its own pixels."""
    picture = Image.new("RGB", (6000, 4200), (120, 140, 160))
    picture.paste(face(2000), (3000, 1000))
    sample = Sample(encoded(picture, "JPEG"))
    got = acquired(vision.acquire(sample, granted(sample)))
    assert (got.width, got.height) == (6000, 4200)
    assert got.probe.face.box.width == pytest.approx(2000 * 116 / 256, rel=0.1)
    assert got.probe.face.box.centre[0] == pytest.approx(4000, abs=60)
    alone = acquired(vision.acquire(PORTRAIT, granted(PORTRAIT)))
    assert float(got.probe.template.vector @ alone.probe.template.vector) > 0.8


@pytest.mark.xdist_group("pictures")
def test_photographs_of_one_man_are_nearer_than_those_of_two(vision: Vision, pictures: Mapping[str, Path]) -> None:
    """The demo's figures: about 0.73 between two pictures of one man, about 0.26 to the other's."""
    vectors = {}
    for name in ("obama.jpg", "obama2.jpg", "biden.jpg"):
        sample = Sample(pictures[name].read_bytes(), name)
        vectors[name] = acquired(vision.acquire(sample, granted(sample))).probe.template.vector
    assert float(vectors["obama.jpg"] @ vectors["obama2.jpg"]) == pytest.approx(0.73, abs=0.08)
    assert float(vectors["obama2.jpg"] @ vectors["biden.jpg"]) < 0.36


def test_the_recipe_says_what_computed_it(model_store: ModelStore) -> None:
    """Runtime and precision are named as they are used, never left to the runtime's own choice."""
    plain = open_vision(model_store, recipe="default", runtime="onnxruntime", precision="auto", threads=1)
    assert (plain.recipe.runtime, plain.recipe.precision) == ("onnxruntime", "f32")
    other = open_vision(model_store, recipe="default", runtime="openvino", precision="f32", threads=1)
    assert (other.recipe.runtime, other.recipe.precision) == ("openvino", "f32")
    first = acquired(plain.acquire(PORTRAIT, granted(PORTRAIT))).probe.template.vector
    second = acquired(other.acquire(PORTRAIT, granted(PORTRAIT))).probe.template.vector
    assert float(first @ second) > 0.9999
