"""The native dialect told as stories to a real server, whose log counts what was compared."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from tests.http.azure.story import comparing
from tests.http.conftest import SEARCH

from countenance.terms.key_role import KeyRole

from .conftest import Person, person, problem

REGISTRY = "/galleries/registry"
STRANGER, CAT = "biden.jpg", "chelsea.png"


def test_a_missing_person_is_found_and_forgotten(
    lasting_server: Any, tracer: Person, pictures: Mapping[str, Path], tmp_path: Path
) -> None:
    """Enrolled, found in another picture, erased, enrolled again, withdrawn, refused by date; all of it in the log."""
    before = comparing(lasting_server)
    assert tracer.post("/galleries", {"name": "registry"}).status_code == 201
    enrolled = tracer.show(f"{REGISTRY}/enrolments", "obama.jpg", subject="Ada", metadata={"unit": "north"})
    assert enrolled.status_code == 201, enrolled.text
    assert tracer.show(f"{REGISTRY}/enrolments", "obama.jpg", subject="Ada").json()["state"] == "known"

    known = tracer.show(f"{REGISTRY}/identify", "obama2.jpg").json()
    [lead] = known["searched"][0]["candidates"]
    assert lead["subject"] == "Ada"
    assert lead["score"] >= known["operating_point"]["threshold"]
    assert known["reviewers"] == 1
    assert known["searched"][0]["case"]
    assert "lead" in known["honesty"]
    assert tracer.show(f"{REGISTRY}/identify", STRANGER).json()["searched"][0]["candidates"] == []
    nothing = problem(tracer.show(f"{REGISTRY}/identify", CAT), 422, "failure-to-acquire")
    assert nothing["failure"]["reason"] == "no-face"
    assert nothing["remedy"]
    assert nothing["receipt"]["entry"]
    verified = tracer.show(f"{REGISTRY}/subjects/Ada/verify", "obama2.jpg").json()
    assert verified["match"] is True

    forbidden = person(lasting_server, pictures, lasting_server.key(purposes=("family-separation",)))
    refused = problem(forbidden.show(f"{REGISTRY}/identify", "obama2.jpg"), 403, "purpose-denied")
    assert refused["refusal"]["principles"][0]["id"] == "families-stay-together"
    assert refused["receipt"]["entry"]

    erased = tracer.delete(f"{REGISTRY}/subjects/Ada")
    assert erased.json()["erasures"]
    assert erased.json()["withdrawal"] is None
    problem(tracer.get(f"{REGISTRY}/subjects/Ada"), 404, "unknown-name")
    assert tracer.show(f"{REGISTRY}/enrolments", "obama.jpg", subject="Ada").status_code == 201
    gone = tracer.post(f"{REGISTRY}/subjects/Ada/withdrawal").json()
    again = problem(tracer.show(f"{REGISTRY}/enrolments", "obama.jpg", subject="Bea"), 409, "withdrawn")
    assert len(again["since"]) == 10
    assert again["since"] in again["detail"]

    first = tracer.post(f"{REGISTRY}/withdrawals/{gone['withdrawal']['id']}/lift").json()
    second = person(lasting_server, pictures, lasting_server.key()).post(f"{REGISTRY}/withdrawals/Ada/lift").json()
    assert (first["lifted"], second["lifted"]) == (False, True)
    assert tracer.show(f"{REGISTRY}/enrolments", "obama.jpg", subject="Ada").status_code == 201

    entry = known["receipt"]["entry"]
    assert tracer.get(f"/receipts/{entry}").json()["state"] == "pending"
    assert lasting_server.countenance("log", "close-epoch").returncode == 0
    for name in (entry, f"{entry}.outcome", refused["receipt"]["entry"]):
        proven = tracer.get(f"/receipts/{name}").json()
        assert proven["state"] == "proven"
        (tmp_path / "entry.json").write_text(proven["public"])
        (tmp_path / "entry.tlog-proof").write_text(proven["proof"])
        key = tracer.get("/log/key").json()["key"]
        words = ["-m", "countenance.ledger.verifier", str(tmp_path / "entry.tlog-proof"), "--key", key]
        assert subprocess.run([sys.executable, *words], capture_output=True, check=False).returncode == 0
    assert comparing(lasting_server) - before == 4


def test_everybody_may_verify_what_is_published(server: Any, pictures: Mapping[str, Path]) -> None:
    """The log's files are served as C2SP lays them out, without a key; nothing else of the directory is."""
    assert httpx.get(f"{server.url}/log/checkpoint").status_code == 404
    problem(httpx.get(f"{server.url}/v1/log/checkpoint"), 404, "unknown-name")
    person(server, pictures, server.key()).post("/galleries", {"name": "registry"})
    assert server.countenance("log", "close-epoch").returncode == 0
    key = httpx.get(f"{server.url}/v1/log/key").json()
    done = server.countenance("log", "verify", key["published"], "--key", key["key"], "--no-memory", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    shown = httpx.get(f"{server.url}/log/checkpoint")
    assert shown.content == httpx.get(f"{server.url}/v1/log/checkpoint").content
    assert shown.text.startswith(key["origin"])
    for path in ("tile/0/../../../root.key", "../root.key", "%2e%2e/root.key", "checkpoint/", "tile", "", "tile/0/1"):
        assert httpx.get(f"{server.url}/log/{path}").status_code == 404, path


def test_a_batch_is_told_line_by_line(tracer: Person) -> None:
    """Each picture stands for itself; sent again nothing is added twice; a report has what the log says of somebody."""
    tracer.post("/galleries", {"name": "batch"})
    names = ("obama.jpg", "obama2.jpg", CAT)
    items = [
        {"image": "obama.jpg", "subject": "Ada", "metadata": {"unit": "north"}},
        {"image": "obama2.jpg", "subject": "Ada"},
        {"image": CAT, "subject": "Cat"},
        {"image": "obama.jpg", "subject": " blank "},
    ]
    files = [("images", (name, tracer.pictures[name].read_bytes())) for name in names]
    path = "/v1/galleries/batch/enrolments/batch"
    lines = []
    with tracer.client.stream(
        "POST", path, files=files, data={"items": json.dumps(items)}, headers={"accept": "application/x-ndjson"}
    ) as answer:
        assert answer.headers["content-type"].startswith("application/x-ndjson")
        lines = [json.loads(line) for line in answer.iter_lines()]
    *told, last = lines
    assert [each["done"] for each in told] == [1, 2, 3, 4]
    assert {each["index"]: each["state"] for each in told} == {
        0: "enrolled",
        1: "enrolled",
        2: "not-acquired",
        3: "unusable",
    }
    assert last["counts"] == {"enrolled": 2, "not-acquired": 1, "unusable": 1}
    again = tracer.show("/galleries/batch/enrolments/batch", *names, field="images").json()
    assert again["counts"] == {"known": 2, "not-acquired": 1}
    assert tracer.get("/galleries/batch/subjects/Ada").json()["subject"]["references"] == 2
    report = tracer.post("/galleries/batch/subjects/Ada/report", {"recipient": "Ada"}).json()
    assert "summary.txt" in report["papers"]
    assert {each["proof"] for each in report["entries"]} == {None}


def test_a_statement_is_for_who_governs_or_audits(
    lasting_server: Any, tracer: Person, pictures: Mapping[str, Path]
) -> None:
    """Another key is refused; days that the running epoch may still fill are not stated; what was stated is listed."""
    tracer.post("/galleries", {"name": "stated"})
    auditor = person(lasting_server, pictures, lasting_server.key(roles=(KeyRole.AUDITOR,)))
    days = {"first": "2020-01-01", "last": datetime.now(UTC).date().isoformat()}
    problem(tracer.post("/statements", days), 403, "role-required")
    problem(auditor.post("/statements", {**days, "close_epoch": True}), 403, "role-required")
    problem(auditor.post("/statements", {**days, "last": "2100-01-01"}), 409, "not-yet")
    problem(auditor.post("/statements", {**days, "first": "2026-02-30"}), 400, "bad-request")
    problem(auditor.get("/galleries"), 403, "purpose-required")
    assert lasting_server.countenance("log", "close-epoch").returncode == 0
    said = auditor.post("/statements", days)
    assert said.status_code == 201, said.text
    entry = said.json()["entry"]
    assert entry in [each["entry"] for each in tracer.get("/statements").json()["statements"]]
    assert tracer.get(f"/statements/{entry}").text == said.json()["note"]
    governor = person(lasting_server, pictures, lasting_server.key(roles=(KeyRole.GOVERNOR,)))
    denied = problem(governor.post("/statements", {**days, "close_epoch": True}), 403, "role-required")
    assert "key-role:governor" in denied["remedy"]


def test_whoever_leaves_takes_nothing_along(lasting_server: Any, pictures: Mapping[str, Path]) -> None:
    """A search whose caller has gone is recorded to its end, its key's slot is free again, a batch begins no more."""
    left = person(lasting_server, pictures, lasting_server.key(**SEARCH, concurrency=1))
    assert left.post("/galleries", {"name": "left"}).status_code == 201
    picture = pictures["obama.jpg"].read_bytes()
    head = (
        f"POST /v1/galleries/left/identify HTTP/1.1\r\nhost: a\r\nauthorization: {left.client.headers['authorization']}"
        f"\r\ncontent-type: application/octet-stream\r\ncontent-length: {len(picture)}\r\n\r\n"
    ).encode()
    for sent in (head, head + picture[:1000], head + picture, head + picture):
        with socket.create_connection(("127.0.0.1", lasting_server.port), timeout=5) as line:
            line.sendall(sent)
    batch = [("images", (f"{n}.jpg", picture + bytes([n]))) for n in range(30)]
    accept = {"accept": "application/x-ndjson"}

    def begin() -> bool:
        path = "/v1/galleries/left/enrolments/batch"
        with left.client.stream("POST", path, files=batch, headers=accept) as answer:
            return answer.status_code == 200 and next(answer.iter_lines()) != ""

    assert eventually(begin)
    assert eventually(lambda: left.show("/galleries/left/identify", "biden.jpg").status_code == 200)
    there = left.get("/galleries/left").json()["references"]
    assert 0 < there < len(batch)
    time.sleep(0.5)
    assert left.get("/galleries/left").json()["references"] == there
    done = lasting_server.countenance("log", "verify", "--json")
    assert json.loads(done.stdout.splitlines()[-1])["ok"]


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold within half a minute."""
    until = time.monotonic() + 30
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
