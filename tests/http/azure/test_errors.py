"""Every code that the contract documents, provoked once, in every version's shape; and our own two."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

UNKNOWN = "0d2f6a3e-93c1-4a41-9d6e-2f4a4b6f0b11"
BYTES = {"content-type": "application/octet-stream"}
V = "/face/v1.2-preview.1"
LPG, PG, LFL, FL = f"{V}/largepersongroups", f"{V}/persongroups", f"{V}/largefacelists", f"{V}/facelists"


@dataclass
class World:
    """A service with a few people in it. ``words`` fill the braces of a row's path and body."""

    client: httpx.Client
    pictures: Mapping[str, Path]
    words: dict[str, str] = field(default_factory=dict)

    def ask(self, verb: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        for name, value in self.words.items():
            path = path.replace("{" + name + "}", value)
        if isinstance(body, str) and body in self.pictures:
            body = self.pictures[body].read_bytes()
        if isinstance(body, bytes):
            return self.client.request(verb, path, content=body, headers={**BYTES, **headers})
        if body is None:
            return self.client.request(verb, path, headers=headers)
        said = json.dumps(body)
        for name, value in self.words.items():
            said = said.replace(f"<{name}>", value)
        kind = {"content-type": "application/json"}
        return self.client.request(verb, path, content=said, headers={**kind, **headers})

    def done(self, verb: str, path: str, body: Any = None) -> Any:
        answer = self.ask(verb, path, body)
        assert answer.status_code in (200, 202), answer.text
        return answer.json() if answer.content else None


@pytest.fixture(scope="module")
def world(lasting_server: Any, pictures: Mapping[str, Path]) -> Iterator[World]:
    key = lasting_server.key()
    with httpx.Client(base_url=lasting_server.url, timeout=60, headers={"Ocp-Apim-Subscription-Key": key}) as client:
        made = World(client, pictures)
        new = {"name": "n", "recognitionModel": "recognition_04"}
        for path in (f"{LPG}/g", f"{LPG}/untrained", f"{PG}/untrained-pg", f"{LFL}/untrained-l", f"{FL}/empty"):
            made.done("PUT", path, new)
        made.done("PUT", f"{LPG}/older", {"name": "n"})
        made.done("PUT", f"{LFL}/older-l", {"name": "n"})
        for path in (f"{LPG}/g", f"{LPG}/older", f"{LFL}/older-l"):
            made.done("POST", f"{path}/train")
        made.words["person"] = made.done("POST", f"{LPG}/g/persons", {"name": "a"})["personId"]
        made.words["faceless"] = made.done("POST", f"{LPG}/g/persons", {"name": "b"})["personId"]
        detect = f"{V}/detect?recognitionModel=recognition_04"
        made.done("POST", f"{LPG}/g/persons/{made.words['person']}/persistedfaces", "obama.jpg")
        made.words["face"] = made.done("POST", detect, "obama2.jpg")[0]["faceId"]
        made.words["old-face"] = made.done("POST", f"{V}/detect", "obama2.jpg")[0]["faceId"]
        yield made


FACE = f"{LPG}/g/persons/{{person}}/persistedfaces"
IDENTIFY = {"faceIds": ["<face>"], "largePersonGroupId": "g"}
SIMILAR = {"faceId": "<face>", "faceIds": ["<face>"]}
VERIFY = {"faceId": "<face>", "personId": "<person>", "largePersonGroupId": "g"}

# verb, path, body (a picture's name, bytes or JSON), status, code, the message's beginning
ROWS: tuple[tuple[str, str, Any, int, str, str], ...] = (
    # common
    ("POST", f"{V}/identify", [], 400, "BadArgument", "JSON parsing error."),
    ("POST", f"{V}/identify", {"faceIds": "x"}, 400, "BadArgument", "Request body is invalid."),
    ("POST", f"{V}/detect?recognitionModel=r", "obama.jpg", 400, "BadArgument", "'recognitionModel' is invalid."),
    ("POST", f"{V}/detect?detectionModel=d", "obama.jpg", 400, "BadArgument", "'detectionModel' is invalid."),
    ("PUT", f"{LPG}/new", {"name": ""}, 400, "BadArgument", "'name' is empty."),
    ("PUT", f"{LPG}/new", {"name": "n" * 129}, 400, "BadArgument", "'name' is too long."),
    ("PUT", f"{LPG}/new", {"name": "n", "userData": "u" * 16385}, 400, "BadArgument", "'userData' is too long."),
    ("GET", f"{LPG}?start={'s' * 65}", None, 400, "BadArgument", "'start' is too long."),
    ("GET", f"{LPG}?top=0", None, 400, "BadArgument", "'top' is invalid."),
    ("POST", f"{FACE}?targetFace=0,0,0,0", "t1.jpg", 400, "BadArgument", "Argument targetFace out of range."),
    ("POST", f"{FACE}?targetFace=left", "t1.jpg", 400, "BadArgument", "Invalid argument targetFace."),
    ("POST", FACE, {"url": "https://pictures.example/a.jpg"}, 400, "InvalidURL", "Invalid image URL"),
    ("POST", FACE, b"x" * 2000, 400, "InvalidImage", "Decoding error, image format unsupported."),
    ("POST", FACE, "chelsea.png", 400, "InvalidImage", "No face detected in the image."),
    ("POST", FACE, "t1.jpg", 400, "InvalidImage", "There is more than 1 face in the image."),
    ("POST", f"{FACE}?targetFace=0,0,5,5", "t1.jpg", 400, "InvalidImage", "No face detected in the image."),
    ("POST", FACE, b"\xff\xd8\xff", 400, "InvalidImageSize", "Image size is too small."),
    ("POST", FACE, b"\xff\xd8\xff" + b"x" * 6 * 1024 * 1024, 400, "InvalidImageSize", "Image size is too big."),
    ("GET", f"{V}/nothing", None, 404, "404", "Resource not found"),
    ("GET", f"{LPG}/", None, 404, "404", "Resource not found"),
    ("DELETE", f"{V}/detect", None, 404, "404", "Resource not found"),
    ("GET", "/face/v1.3/largepersongroups", None, 404, "404", "Resource not found"),
    # detect
    ("POST", f"{V}/detect?returnFaceAttributes=beauty", "obama.jpg", 400, "BadArgument",
     "Invalid argument returnFaceAttributes."),
    ("POST", f"{V}/detect?detectionModel=detection_02&returnFaceAttributes=blur", "obama.jpg", 400, "BadArgument",
     "'returnFaceAttributes' is not supported by detection_02."),
    ("POST", f"{V}/detect?detectionModel=detection_02&returnFaceLandmarks=true", "obama.jpg", 400, "BadArgument",
     "'returnLandmarks' is not supported by detection_02."),
    ("POST", f"{V}/detect?returnFaceAttributes=gender", "obama.jpg", 403, "UnsupportedFeature",
     "Return Attributes (emotion, gender, age, smile, facial hair, hair and makeup) have been deprecated"),
    ("POST", f"{V}/detect?faceIdTimeToLive=5", "obama.jpg", 400, "BadArgument", "'faceIdTimeToLive' is invalid."),
    ("POST", f"{V}/detect", {"sessionImageId": UNKNOWN}, 403, "UnsupportedFeature", "Liveness"),
    ("POST", f"{V}/detect", {"url": None}, 400, "BadArgument", "Request body is invalid."),
    # identify
    ("POST", f"{V}/identify", IDENTIFY | {"largePersonGroupId": "older"}, 400, "BadArgument",
     "'recognitionModel' is incompatible."),
    ("POST", f"{V}/identify", IDENTIFY | {"largePersonGroupId": "A"}, 400, "BadArgument",
     "Large person group ID is invalid."),
    ("POST", f"{V}/identify", {"faceIds": ["<face>"], "personGroupId": ""}, 400, "BadArgument",
     "Person group ID is invalid."),
    ("POST", f"{V}/identify", IDENTIFY | {"maxNumOfCandidatesReturned": 101}, 400, "BadArgument",
     "The argument maxNumOfCandidatesReturned is not valid."),
    ("POST", f"{V}/identify", IDENTIFY | {"confidenceThreshold": 1.5}, 400, "BadArgument",
     "The argument confidenceThreshold is not valid."),
    ("POST", f"{V}/identify", IDENTIFY | {"faceIds": []}, 400, "BadArgument",
     "The length of faceIds is not in a valid range."),
    ("POST", f"{V}/identify", IDENTIFY | {"faceIds": [UNKNOWN]}, 400, "FaceNotFound", "Face is not found."),
    ("POST", f"{V}/identify", {"faceIds": ["<face>"], "personGroupId": "g"}, 400, "PersonGroupNotFound",
     "Person group is not found."),
    ("POST", f"{V}/identify", IDENTIFY | {"largePersonGroupId": "no"}, 400, "LargePersonGroupNotFound",
     "Large person group is not found."),
    ("POST", f"{V}/identify", {"faceIds": ["<face>"], "personGroupId": "untrained-pg"}, 400, "PersonGroupNotTrained",
     "Person group not trained."),
    ("POST", f"{V}/identify", IDENTIFY | {"largePersonGroupId": "untrained"}, 400, "LargePersonGroupNotTrained",
     "Large person group not trained."),
    ("POST", f"{V}/identify", IDENTIFY | {"personGroupId": "untrained-pg"}, 400,
     "PersonGroupIdAndLargePersonGroupIdBothNotNull", "Large person group ID and person group ID are both not null."),
    ("POST", f"{V}/identify", {"faceIds": ["<face>"]}, 400, "MissingIdentificationScopeParameters",
     "No identification scope parameter is present in the request."),
    ("POST", f"{V}/identify", IDENTIFY | {"personIds": [UNKNOWN]}, 400,
     "IncompatibleIdentificationScopeParametersCombination", "Incompatible identification scope parameters"),
    ("POST", f"{V}/identify", {"faceIds": ["<face>"], "personIds": [UNKNOWN]}, 403, "UnsupportedFeature",
     "The person directory"),
    # verify
    ("POST", f"{V}/verify", {"faceId1": "<face>", "faceId2": "<old-face>"}, 400, "BadArgument",
     "'recognitionModel' is incompatible."),
    ("POST", f"{V}/verify", {"faceId1": "x", "faceId2": "<face>"}, 400, "BadArgument", "Face ID is invalid."),
    ("POST", f"{V}/verify", {}, 400, "BadArgument", "Face ID is invalid."),
    ("POST", f"{V}/verify", VERIFY | {"personId": "x"}, 400, "BadArgument", "Person ID is invalid."),
    ("POST", f"{V}/verify", VERIFY | {"largePersonGroupId": "A"}, 400, "BadArgument",
     "Large person group ID is invalid."),
    ("POST", f"{V}/verify", VERIFY | {"largePersonGroupId": "no"}, 400, "LargePersonGroupNotFound",
     "Large person group is not found."),
    ("POST", f"{V}/verify", {"faceId1": UNKNOWN, "faceId2": "<face>"}, 404, "FaceNotFound", "Face is not found."),
    ("POST", f"{V}/verify", VERIFY | {"personId": UNKNOWN}, 404, "PersonNotFound", f"Person {UNKNOWN} is not found."),
    ("POST", f"{V}/verify", VERIFY | {"personId": "<faceless>"}, 404, "PersistedFaceNotFound",
     "No persisted face of the person is found."),
    # find similar
    ("POST", f"{V}/findsimilars", SIMILAR | {"mode": "matchTwin"}, 400, "BadArgument", "Mode is invalid."),
    ("POST", f"{V}/findsimilars", {"faceId": "<face>", "faceListId": "A"}, 400, "BadArgument",
     "Face list ID is invalid."),
    ("POST", f"{V}/findsimilars", {"faceId": "<face>", "largeFaceListId": "A"}, 400, "BadArgument",
     "Large face list ID is invalid."),
    ("POST", f"{V}/findsimilars", {"faceId": "<face>"}, 400, "BadArgument",
     "LargeFaceListId, faceListId and faceIds are all null."),
    ("POST", f"{V}/findsimilars", SIMILAR | {"faceListId": "empty"}, 400, "BadArgument",
     "2 or more of largeFaceListId, faceListId and faceIds are not null."),
    ("POST", f"{V}/findsimilars", SIMILAR | {"maxNumOfCandidatesReturned": 0}, 400, "BadArgument",
     "The argument maxNumOfCandidatesReturned is not valid."),
    ("POST", f"{V}/findsimilars", SIMILAR | {"faceIds": []}, 400, "BadArgument",
     "The length of faceIds is not in a valid range."),
    ("POST", f"{V}/findsimilars", SIMILAR | {"faceId": UNKNOWN}, 400, "FaceNotFound", "Face is not found."),
    ("POST", f"{V}/findsimilars", SIMILAR | {"faceIds": ["<old-face>"]}, 400, "BadArgument",
     "'recognitionModel' is incompatible."),
    ("POST", f"{V}/findsimilars", {"faceId": "<face>", "faceListId": "no"}, 400, "FaceListNotFound",
     "Face list is not found."),
    ("POST", f"{V}/findsimilars", {"faceId": "<face>", "largeFaceListId": "no"}, 400, "LargeFaceListNotFound",
     "Large face list is not found."),
    ("POST", f"{V}/findsimilars", {"faceId": "<face>", "largeFaceListId": "untrained-l"}, 400,
     "LargeFaceListNotTrained", "Large face list is not trained."),
    ("POST", f"{V}/findsimilars", {"faceId": "<face>", "faceListId": "empty"}, 400, "FaceListNotReady",
     "Face list is empty."),
    # group
    ("POST", f"{V}/group", {"faceIds": ["<face>"]}, 400, "BadArgument",
     "The length of faceIds is not in a valid range."),
    ("POST", f"{V}/group", {"faceIds": ["<face>", UNKNOWN]}, 400, "FaceNotFound", "Face is not found."),
    ("POST", f"{V}/group", {"faceIds": ["<face>", "<old-face>"]}, 400, "BadArgument",
     "'recognitionModel' is incompatible."),
    # groups
    ("PUT", f"{LPG}/Upper", {"name": "n"}, 400, "BadArgument", "Large person group ID is invalid."),
    ("PUT", f"{PG}/{'p' * 65}", {"name": "n"}, 400, "BadArgument", "Person group ID is invalid."),
    ("GET", f"{LPG}/Upper", None, 404, "LargePersonGroupNotFound", "Large person group ID is invalid."),
    ("GET", f"{LPG}/..%2Fg", None, 404, "404", "Resource not found"),
    ("GET", f"{PG}/g", None, 404, "PersonGroupNotFound", "Person group is not found."),
    ("DELETE", f"{LPG}/no", None, 404, "LargePersonGroupNotFound", "Large person group is not found."),
    ("PUT", f"{LPG}/g", {"name": "n"}, 409, "LargePersonGroupExists", "Large person group already exists."),
    ("PUT", f"{PG}/g", {"name": "n"}, 409, "PersonGroupExists", "Person group already exists."),
    ("PATCH", f"{LPG}/g", {}, 400, "BadArgument", "Both 'name' and 'userData' are empty."),
    ("GET", f"{LPG}/untrained/training", None, 404, "LargePersonGroupNotTrained", "Large person group not trained."),
    ("GET", f"{PG}/untrained-pg/training", None, 404, "PersonGroupNotTrained", "Person group not trained."),
    ("GET", f"{LPG}/g/persons/{UNKNOWN}", None, 404, "PersonNotFound", f"Person {UNKNOWN} is not found."),
    ("GET", f"{LPG}/g/persons/x", None, 404, "PersonNotFound", "Person ID is invalid."),
    ("PATCH", f"{LPG}/g/persons/{{person}}", {}, 400, "BadArgument", "Both 'name' and 'userData' are empty."),
    ("GET", f"{FACE}/{UNKNOWN}", None, 404, "PersistedFaceNotFound", f"Persisted face {UNKNOWN} is not found."),
    ("GET", f"{FACE}/x", None, 404, "PersistedFaceNotFound", "Persisted face ID is invalid."),
    ("POST", f"{FACE}?userData={'u' * 1025}", "obama.jpg", 400, "BadArgument", "'userData' is too long."),
    ("POST", f"{LPG}/g/persons/{{faceless}}/persistedfaces", "obama.jpg", 409, "PersistedFaceExists", "This very"),
    # lists
    ("PUT", f"{FL}/Upper", {"name": "n"}, 400, "BadArgument", "Face list ID is invalid."),
    ("GET", f"{FL}/Upper", None, 404, "FaceListNotFound", "Face list ID is invalid."),
    ("GET", f"{FL}/no", None, 404, "FaceListNotFound", "Face list is not found."),
    ("PUT", f"{FL}/empty", {"name": "n"}, 409, "FaceListExists", "Face list already exists."),
    ("PUT", f"{LFL}/untrained-l", {"name": "n"}, 409, "LargeFaceListExists", "Large face list already exists."),
    ("GET", f"{LFL}/no", None, 404, "LargeFaceListNotFound", "Large face list is not found."),
    ("GET", f"{LFL}/untrained-l/training", None, 404, "LargeFaceListNotTrained", "Large face list not trained."),
    ("GET", f"{LFL}/older-l/persistedfaces/{UNKNOWN}", None, 404, "PersistedFaceNotFound", "Large Face List Face"),
    ("DELETE", f"{FL}/empty/persistedfaces/x", None, 404, "PersistedFaceNotFound", "Persisted face ID is invalid."),
    # liveness
    ("POST", f"{V}/detectLiveness/singleModal/sessions", {}, 403, "UnsupportedFeature", "Liveness"),
    ("GET", f"{V}/detectLiveness/singleModal/sessions/{UNKNOWN}/audit", None, 403, "UnsupportedFeature", "Liveness"),
    ("GET", f"{V}/session/sessionImages/{UNKNOWN}", None, 403, "UnsupportedFeature", "Liveness"),
    ("DELETE", f"/face/v1.2/detectLivenessWithVerify-sessions/{UNKNOWN}", None, 403, "UnsupportedFeature", "Liveness"),
    ("POST", "/face/v1.0/detectLiveness-sessions", {}, 404, "404", "Resource not found"),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[f"{r[4]}-{i}" for i, r in enumerate(ROWS)])
def test_every_documented_code(world: World, row: tuple[str, str, Any, int, str, str]) -> None:
    verb, path, body, status, code, message = row
    answer = world.ask(verb, path, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    assert answer.json()["error"]["message"].startswith(message)
    assert answer.headers["x-ms-error-code"] == code


@pytest.mark.parametrize(
    "headers", [{"Ocp-Apim-Subscription-Key": ""}, {"Ocp-Apim-Subscription-Key": "cnt_0123456789abcdef_" + "0" * 64}]
)
def test_a_wrong_key_is_code_401_in_digits(world: World, headers: dict[str, str]) -> None:
    answer = world.ask("GET", LPG, **headers)
    assert (answer.status_code, answer.json()["error"]["code"], answer.headers["x-ms-error-code"]) == (
        401,
        "401",
        "401",
    )


def test_version_1_0_nests_what_is_not_supported(world: World) -> None:
    said = world.ask("POST", "/face/v1.0/detect?returnFaceAttributes=age", "obama.jpg").json()["error"]
    assert (said["code"], said["innererror"]["code"]) == ("InvalidRequest", "UnsupportedFeature")
