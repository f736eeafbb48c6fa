"""After a busy story the server's log has ids and counts, and nothing of anybody."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import httpx
from tests.http.conftest import Server

SEARCH = ("--purpose", "missing-person", "--authority", "guardian-request:case-4711")


def test_the_log_is_silent_about_people(server: Server, pictures: Mapping[str, Path]) -> None:
    """No name, gallery, case, file, key, face id or template, whatever went well and whatever went wrong."""
    picture = pictures["obama.jpg"].read_bytes()
    secret = server.key(purposes=("missing-person",), authority="guardian-request:case-4711")
    server.countenance("enrol", pictures["obama.jpg"], "-g", "zebra-registry", "-s", "Zebediah Quill", *SEARCH)
    server.countenance("identify", pictures["obama2.jpg"], "-g", "zebra-registry", *SEARCH)
    server.countenance("identify", pictures["obama2.jpg"], "-g", "zebra-registry", "--purpose", "zebra-hunting")
    server.countenance("subjects", "list", "-g", "no-zebra")
    face, person = "", ""
    with httpx.Client(base_url=f"{server.url}/face/v1.2", headers={"Ocp-Apim-Subscription-Key": secret}) as client:
        group = "/largepersongroups/zebra-group"
        client.put(group, json={"name": "Zebra people", "userData": "zebra-data", "recognitionModel": "recognition_04"})
        made = client.post(f"{group}/persons", json={"name": "Zebediah Quill", "userData": "zebra-data"}).json()
        person = made.get("personId", "")
        binary = {"content-type": "application/octet-stream"}
        asked = {"recognitionModel": "recognition_04", "detectionModel": "detection_03"}
        client.post(f"{group}/persons/{person}/persistedfaces", params=asked, content=picture, headers=binary)
        client.post(f"{group}/train")
        found = client.post("/detect", params=asked, content=picture, headers=binary).json()
        face = found[0]["faceId"] if isinstance(found, list) else ""
        client.post("/identify", json={"faceIds": [face], "largePersonGroupId": "zebra-group"})
        client.post("/identify", json={"faceIds": ["zebra"], "largePersonGroupId": "zebra"})
        client.post("/detect", content=b"zebra", headers=binary)
        client.post("/detect?zebra=zebra", content=b'{"zebra": NaN}', headers={"content-type": "application/json"})
        client.get("/zebra/zebra", headers={"Countenance-Purpose": "zebra-hunting"})
        client.get("/largepersongroups/zebra", headers={"Ocp-Apim-Subscription-Key": secret[:-1] + "x"})
        client.delete(group)
    assert person
    assert face
    assert server.stop() == 0
    lines = [line for line in server.said.splitlines() if line.startswith("{")]
    assert len([1 for line in lines if json.loads(line)["logger"] == "countenance.http"]) > 12
    said = "\n".join(lines).lower()
    secrets = ["zebra", "zebediah", "quill", "obama", "4711", "cnt_", face, person, str(server.data).lower()]
    secrets += [base64.b64encode(picture[:60]).decode().lower(), "template", "embedding"]
    assert not [word for word in secrets if word and word in said]
