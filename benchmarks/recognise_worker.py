"""One engine over photographs named on standard input, on given cores; run by recognise.py in each engine's Python."""

import json
import os
import sys
import time
from pathlib import Path

WARM = 5


def countenance(data, models):
    os.environ["COUNTENANCE_MODELS"] = str(models)
    from countenance.assembly import load_vision
    from countenance.settings import read_settings
    from countenance.terms.acquisition import FaceChoice, FailureToAcquire
    from countenance.terms.action import Action
    from countenance.terms.receipt import Receipt
    from countenance.terms.sample import Sample, SampleRef, digest_of_samples

    vision = load_vision(read_settings(None))

    class Granted:
        def __init__(self, refs):
            self.receipt = Receipt("", "", "", 0, Action.ACQUIRE, "", digest_of_samples(refs), 0, "")

        def result(self):
            return self.receipt

    def every(names):
        samples = [Sample((data / n).read_bytes(), n) for n in names]
        refs = [SampleRef.of(s.digest, "*") for s in samples]
        for sample, got in vision.acquire_many(samples, Granted(refs), FaceChoice.CENTRAL, among=refs):
            yield sample.name, None if isinstance(got, FailureToAcquire) else got.probe.template.vector.tolist()

    return every


def face_recognition(data, models):
    import face_recognition as engine

    def every(names):
        for name in names:
            picture = engine.load_image_file(str(data / name))
            boxes = engine.face_locations(picture)
            middle = (picture.shape[0] / 2, picture.shape[1] / 2)
            boxes.sort(key=lambda b: abs((b[0] + b[2]) / 2 - middle[0]) + abs((b[1] + b[3]) / 2 - middle[1]))
            vectors = engine.face_encodings(picture, boxes[:1]) if boxes else []
            yield name, vectors[0].tolist() if vectors else None

    return every


def opencv(data, models):
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    detector = cv2.FaceDetectorYN.create(str(models / "yunet-2023mar" / "original.onnx"), "", (250, 250), 0.7)
    recogniser = cv2.FaceRecognizerSF.create(str(models / "sface-2021dec" / "prepared.onnx"), "")

    def every(names):
        for name in names:
            picture = cv2.imdecode(np.frombuffer((data / name).read_bytes(), np.uint8), cv2.IMREAD_COLOR)
            detector.setInputSize((picture.shape[1], picture.shape[0]))
            _, faces = detector.detect(picture)
            if faces is None:
                yield name, None
                continue
            middle = np.array([picture.shape[1] / 2, picture.shape[0] / 2])
            face = min(faces, key=lambda f: float(np.abs(f[:2] + f[2:4] / 2 - middle).sum()))
            vector = recogniser.feature(recogniser.alignCrop(picture, face))[0]
            yield name, (vector / np.linalg.norm(vector)).tolist()

    return every


def main():
    engine, data, models, cores = sys.argv[1:5]
    cpus = {int(c) for c in cores.split(",")}
    os.sched_setaffinity(0, cpus)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(len(cpus))
    names = sys.stdin.read().split("\n")
    every = {"countenance": countenance, "face_recognition": face_recognition, "opencv": opencv}[engine](
        Path(data), Path(models)
    )
    list(every(names[:WARM]))
    started = time.perf_counter()
    vectors = dict(every(names))
    print(json.dumps({"seconds": time.perf_counter() - started, "vectors": vectors}))


if __name__ == "__main__":
    main()
