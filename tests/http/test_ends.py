"""How a server ends: in order when it is asked to, and with nothing lost when it is killed."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from tests.http.conftest import Server

ASKED = {"recognitionModel": "recognition_04", "detectionModel": "detection_03"}
BINARY = {"content-type": "application/octet-stream"}


@dataclass
class Load:
    """Threads that have faces found, without end; each answer's receipt is kept."""

    server: Server
    picture: bytes
    secret: str
    entries: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    broken: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def run(self, threads: int = 4) -> list[threading.Thread]:
        made = [threading.Thread(target=self._ask) for _ in range(threads)]
        for each in made:
            each.start()
        return made

    def _ask(self) -> None:
        headers = {"Ocp-Apim-Subscription-Key": self.secret, **BINARY}
        with httpx.Client(base_url=f"{self.server.url}/face/v1.2", headers=headers, timeout=30) as client:
            while not self.over.is_set():
                try:
                    answer = client.post("/detect", params=ASKED, content=self.picture)
                except httpx.HTTPError:
                    self.broken += 1
                    return
                self.statuses.append(answer.status_code)
                if answer.status_code == 200:
                    self.entries.append(json.loads(answer.headers["countenance-receipt"])["entry"])

    def wait(self, answers: int) -> None:
        until = time.monotonic() + 60
        while len(self.entries) < answers:
            assert time.monotonic() < until, (self.statuses, self.server.said)
            time.sleep(0.01)


def log_of(server: Server) -> dict[str, str | None]:
    """Every permitted intent of the log, each with its outcome's result; the log verifies."""
    from countenance.assembly import House
    from countenance.settings import read_settings

    verified = server.countenance("log", "verify", "--json")
    assert json.loads(verified.stdout.splitlines()[-1])["ok"], verified.stdout
    with House.open(read_settings(server.data)) as house:
        entries: list[dict[str, Any]] = [json.loads(public) for _, public in house.ledger.entries()]
    results = {e["of"]: e["res"] for e in entries if e["k"] == "outcome"}
    return {e["id"]: results.get(e["id"]) for e in entries if e["k"] == "intent" and e["act"] == "acquire"}


def test_told_to_end_it_answers_what_is_under_way_and_takes_nothing_new(
    server: Server, pictures: Mapping[str, Path]
) -> None:
    """SIGTERM under load: every answer is whole, every intent has its outcome, and the exit code is 0."""
    load = Load(server, pictures["obama.jpg"].read_bytes(), server.key())
    threads = load.run()
    load.wait(8)
    assert server.stop(signal.SIGTERM) == 0, server.said
    for each in threads:
        each.join(30)
    assert set(load.statuses) == {200}
    assert load.broken == len(threads), "each was refused a new connection"
    known = log_of(server)
    assert set(load.entries) <= set(known)
    assert None not in known.values()


def test_killed_under_load_it_loses_nothing_that_was_answered(server: Server, pictures: Mapping[str, Path]) -> None:
    """kill -9, start again: the log verifies, and every answer that a client had is in it with its outcome."""
    load = Load(server, pictures["obama.jpg"].read_bytes(), server.key())
    threads = load.run()
    load.wait(8)
    server.stop(signal.SIGKILL)
    for each in threads:
        each.join(30)
    server.start()
    again = server.countenance("galleries", "list", "--json")
    assert again.returncode == 0, again.stderr
    assert server.stop() == 0
    known = log_of(server)
    assert {entry for entry in load.entries if known.get(entry) is None} == set()
