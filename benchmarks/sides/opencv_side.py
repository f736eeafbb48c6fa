"""OpenCV's own pipeline with the same weights: python -m sides.opencv_side CORES DETECTOR.onnx RECOGNISER.onnx.

FaceDetectorYN reads the published detector as it is; FaceRecognizerSF takes the prepared recogniser, since it does
not load the published block-quantised file.
"""

from __future__ import annotations

import sys

from sides.loop import one_by_one, pin, serve

CORES = pin(sys.argv[1])

import cv2  # noqa: E402 - after the process is pinned
import numpy as np  # noqa: E402


def main() -> None:
    cv2.setNumThreads(CORES)
    detector = cv2.FaceDetectorYN.create(sys.argv[2], "", (320, 320), 0.7, 0.3, 5000)
    recogniser = cv2.FaceRecognizerSF.create(sys.argv[3], "")

    def step(data: bytes) -> list[float] | None:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        height, width = image.shape[:2]
        detector.setInputSize((width, height))
        _, faces = detector.detect(image)
        if faces is None:
            return None
        away = np.hypot(faces[:, 0] + faces[:, 2] / 2 - width / 2, faces[:, 1] + faces[:, 3] / 2 - height / 2)
        vector = recogniser.feature(recogniser.alignCrop(image, faces[away.argmin()]))[0]
        return [float(x) for x in vector / np.linalg.norm(vector)]

    serve(one_by_one(step), f"OpenCV {cv2.__version__}, FaceDetectorYN and FaceRecognizerSF")


if __name__ == "__main__":
    main()
