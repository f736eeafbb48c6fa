"""The limits of the contract, each with the words that Azure's table of error codes has for it."""

from __future__ import annotations

from typing import Any

import pytest

from countenance.http.azure import limits
from countenance.http.azure.attributes import attributes_asked
from countenance.http.azure.faults import Fault
from countenance.http.azure.kinds import FACE_LIST, LARGE_PERSON_GROUP
from countenance.http.azure.models import detection_model, recognition_model
from countenance.terms.face import Box

UUID = "2c8b0c7e-0b1f-4a43-9d3c-9f6d9e6a1f00"


@pytest.mark.parametrize(
    ("check", "said", "status", "code", "message"),
    [
        (lambda v: limits.group_id(LARGE_PERSON_GROUP, v, managing=False), "Upper", 400, "BadArgument",
         "Large person group ID is invalid."),
        (lambda v: limits.group_id(LARGE_PERSON_GROUP, v), "Upper", 404, "LargePersonGroupNotFound",
         "Large person group ID is invalid."),
        (lambda v: limits.group_id(FACE_LIST, v), "a" * 65, 404, "FaceListNotFound", "Face list ID is invalid."),
        (lambda v: limits.group_id(FACE_LIST, v), "../x", 404, "FaceListNotFound", "Face list ID is invalid."),
        (lambda v: limits.group_id(FACE_LIST, v), "a\n", 404, "FaceListNotFound", "Face list ID is invalid."),
        (lambda v: limits.group_id(FACE_LIST, v), "é", 404, "FaceListNotFound", "Face list ID is invalid."),
        (limits.face_id, "nobody", 400, "BadArgument", "Face ID is invalid."),
        (limits.face_id, 7, 400, "BadArgument", "Face ID is invalid."),
        (limits.face_id, "{" + UUID[1:-1] + "}", 400, "BadArgument", "Face ID is invalid."),
        (lambda v: limits.face_ids(v, 1, 10), [], 400, "BadArgument", "The length of faceIds is not in a valid range."),
        (lambda v: limits.face_ids(v, 1, 10), [UUID] * 11, 400, "BadArgument",
         "The length of faceIds is not in a valid range."),
        (limits.name, " ", 400, "BadArgument", "'name' is empty."),
        (limits.name, "n" * 129, 400, "BadArgument", "'name' is too long."),
        (limits.user_data, "é" * 8193, 400, "BadArgument", "'userData' is too long."),
        (lambda v: limits.user_data(v, limits.MAX_FACE_USER_DATA), "u" * 1025, 400, "BadArgument",
         "'userData' is too long."),
        (limits.start, "s" * 65, 400, "BadArgument", "'start' is too long."),
        (limits.top, "0", 400, "BadArgument", "'top' is invalid."),
        (limits.top, "1001", 400, "BadArgument", "'top' is invalid."),
        (limits.top, "ten", 400, "BadArgument", "'top' is invalid."),
        (limits.top, "٣", 400, "BadArgument", "'top' is invalid."),
        (limits.top, "9" * 400, 400, "BadArgument", "'top' is invalid."),
        (limits.life, "59", 400, "BadArgument",
         "'faceIdTimeToLive' is invalid. The valid range is between 60 and 86400 seconds."),
        (lambda v: limits.most_candidates(v, 10, 100), 101, 400, "BadArgument",
         "The argument maxNumOfCandidatesReturned is not valid."),
        (lambda v: limits.flag(v, "returnFaceId", default=True), "yes", 400, "BadArgument",
         "Invalid argument returnFaceId."),
        (limits.target_face, "1,2,3", 400, "BadArgument", "Invalid argument targetFace."),
        (limits.target_face, "1,2,3,x", 400, "BadArgument", "Invalid argument targetFace."),
        (limits.target_face, "1,2,3,0", 400, "BadArgument", "Argument targetFace out of range."),
        (limits.target_face, "-1,2,3,4", 400, "BadArgument", "Argument targetFace out of range."),
        (recognition_model, "recognition_05", 400, "BadArgument", "'recognitionModel' is invalid."),
        (detection_model, "detection_04", 400, "BadArgument", "'detectionModel' is invalid."),
    ],
)  # fmt: skip
def test_beyond_a_limit(check: Any, said: object, status: int, code: str, message: str) -> None:
    with pytest.raises(Fault) as raised:
        check(said)
    assert (raised.value.status, raised.value.code, raised.value.what) == (status, code, message)


def test_within_the_limits() -> None:
    """What the clients send by default, and the largest that the contract allows."""
    assert limits.group_id(FACE_LIST, "a-z_09" + "x" * 58)
    assert limits.face_ids([UUID.upper(), UUID], 1, 10) == (UUID,)
    assert limits.name("n" * 128)
    assert limits.user_data("u" * 16384)
    assert (limits.top(None), limits.top("1"), limits.start(None)) == (1000, 1, "")
    assert (limits.life(None), limits.life("60")) == (86400, 60)
    assert limits.target_face("1, 2,30,40") == Box(1, 2, 30, 40)
    assert limits.flag("True", "returnFaceId", default=False)
    assert (recognition_model(None), detection_model(None)) == ("recognition_01", "detection_01")


@pytest.mark.parametrize("name", ["age", "emotion", "facialHair", "gender", "hair", "makeup", "smile", "Gender"])
def test_guesses_about_people_are_refused_as_azure_refuses_them(name: str) -> None:
    with pytest.raises(Fault) as raised:
        attributes_asked(f"headPose,{name}", "detection_01", "recognition_04")
    assert (raised.value.status, raised.value.code) == (403, "UnsupportedFeature")
    assert "deprecated and are no longer supported" in raised.value.what


@pytest.mark.parametrize(
    ("said", "detection", "recognition"),
    [
        ("headPose", "detection_02", "recognition_04"),
        ("qualityForRecognition", "detection_01", "recognition_02"),
        ("beauty", "detection_01", "recognition_04"),
        ("headPose,,", "detection_01", "recognition_04"),
    ],
)
def test_attributes_that_do_not_go_with_a_model_or_do_not_exist(said: str, detection: str, recognition: str) -> None:
    with pytest.raises(Fault) as raised:
        attributes_asked(said, detection, recognition)
    assert (raised.value.status, raised.value.code) == (400, "BadArgument")


def test_what_is_not_measured_is_left_out() -> None:
    asked = attributes_asked("headPose,mask,qualityForRecognition", "detection_03", "recognition_04")
    assert asked == {"headPose", "qualityForRecognition"}
    assert attributes_asked(None, "detection_02", "recognition_01") == frozenset()
