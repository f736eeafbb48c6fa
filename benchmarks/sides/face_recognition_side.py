"""face_recognition (dlib), as its README uses it: python -m sides.face_recognition_side CORES.

dlib computes one picture on one core, so the driver gives each core a process. Its scores are distances; the
template is handed over as it is, and the driver compares by distance.
"""

from __future__ import annotations

import io
import sys
from importlib.metadata import version

from sides.loop import one_by_one, pin, serve

pin(sys.argv[1])

import face_recognition  # noqa: E402 - after the process is pinned


def main() -> None:
    def step(data: bytes) -> list[float] | None:
        image = face_recognition.load_image_file(io.BytesIO(data))
        height, width = image.shape[:2]
        found = face_recognition.face_locations(image)
        if not found:
            return None
        middle = min(found, key=lambda f: (f[0] + f[2] - height) ** 2 + (f[1] + f[3] - width) ** 2)
        return [float(x) for x in face_recognition.face_encodings(image, [middle])[0]]

    serve(one_by_one(step), f"face_recognition {version('face_recognition')}, dlib {version('dlib-bin')}")


if __name__ == "__main__":
    main()
