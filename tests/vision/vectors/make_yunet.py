"""Make yunet.json: what OpenCV's own reader of YuNet finds in the drawn faces. Needs opencv-python-headless.

Run from the root of the project: python -m tests.vision.vectors.make_yunet ORIGINAL.onnx
where ORIGINAL.onnx is the published file (countenance models show yunet-2023mar says where it lies).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import numpy as np
from tests.vision.drawn import face, pixels

SIDES = (64, 128, 250, 256, 320)
LEAST = 0.5


def main() -> None:
    found = {}
    for side in SIDES:
        detector = cv2.FaceDetectorYN.create(sys.argv[1], "", (side, side), LEAST, 0.3, 5000)
        _, rows = detector.detect(np.ascontiguousarray(pixels(face(side))[..., ::-1]))
        found[str(side)] = [[round(float(value), 4) for value in row] for row in rows]
    text = json.dumps({"opencv": cv2.__version__, "least": LEAST, "found": found}, indent=1)
    Path(__file__).with_name("yunet.json").write_text(text + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
