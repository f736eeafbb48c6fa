"""Detect: where faces are; with faceIds also their templates, kept for a while, which is an act of the gate."""

from __future__ import annotations

from typing import Any

from fastapi.responses import Response

from countenance.http.azure import limits
from countenance.http.azure.answer import answer_list, present
from countenance.http.azure.attributes import attributes_asked, attributes_of
from countenance.http.azure.call import Call
from countenance.http.azure.faults import bad_argument, fault_of, not_acquired
from countenance.http.azure.landmarks import landmarks_of
from countenance.http.azure.models import BARE_DETECTION_MODEL, detection_model, recognition_model
from countenance.http.azure.picture import picture_of
from countenance.service.asking import NotAcquired
from countenance.service.keep_faces import KeptFaces, keep_faces
from countenance.terms.acquisition import FailureReason, FailureToAcquire
from countenance.terms.face import Box
from countenance.terms.receipt import Receipt

MOST_FACES = 100
NOBODY = frozenset({FailureReason.NO_FACE, FailureReason.FACE_TOO_SMALL})
"""Not an error here: an empty array."""


async def detect(call: Call) -> Response:
    """POST /detect: the faces, largest first; an empty array where there is none."""
    detection = detection_model(call.query("detectionModel"))
    recognition = recognition_model(call.query("recognitionModel"))
    with_ids = call.flag("returnFaceId", default=True)
    landmarks = call.flag("returnFaceLandmarks")
    says_model = call.flag("returnRecognitionModel") and with_ids
    asked = attributes_asked(call.query("returnFaceAttributes"), detection, recognition)
    life = limits.life(call.query("faceIdTimeToLive"))
    if landmarks and detection == BARE_DETECTION_MODEL:
        raise bad_argument("'returnLandmarks' is not supported by detection_02.")
    sample = await picture_of(call)
    receipt: Receipt | None = None
    ids: list[str] = []
    if with_ids:
        kept = await call.ask(keep_faces, sample=sample, owner=call.owner, ttl=life, label=recognition)
        receipt = kept.receipt
        if isinstance(kept, NotAcquired) and kept.failure.reason in NOBODY:
            return answer_list([], receipt)
        if not isinstance(kept, KeptFaces):
            raise fault_of(kept)
        faces, ids = [one.face for one in kept.faces], [one.id for one in kept.faces]
        width, height = kept.width, kept.height
    else:
        call.may_acquire()
        found = await call.read(lambda: call.house.rooms.vision().detect(sample))
        if isinstance(found, FailureToAcquire):
            raise not_acquired(found)
        faces, width, height = list(found.faces[:MOST_FACES]), found.width, found.height
    meshes = await call.read(lambda: call.house.rooms.vision().mesh(sample, faces)) if landmarks else ()
    fill = call.house.settings.landmarks
    items = [
        present(
            faceId=ids[row] if with_ids else None,
            recognitionModel=recognition if says_model else None,
            faceRectangle=_rectangle(face.box, width, height),
            faceLandmarks=landmarks_of(face.landmarks, meshes[row], fill) if landmarks else None,
            faceAttributes=attributes_of(face.quality, asked) if asked else None,
        )
        for row, face in enumerate(faces)
    ]
    items.sort(key=_area, reverse=True)
    return answer_list(items, receipt)


def _area(item: dict[str, Any]) -> int:
    """By the rectangle as it is told: whole pixels, which may change the order of two that are nearly equal."""
    rectangle: dict[str, int] = item["faceRectangle"]
    return rectangle["width"] * rectangle["height"]


def _rectangle(box: Box, width: int, height: int) -> dict[str, int]:
    """Whole pixels, within the picture: it may be sent back as a targetFace."""
    left, top = max(round(box.left), 0), max(round(box.top), 0)
    right, bottom = min(round(box.left + box.width), width), min(round(box.top + box.height), height)
    return {"top": top, "left": left, "width": max(right - left, 1), "height": max(bottom - top, 1)}
