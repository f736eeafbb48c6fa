"""A mixed load: four clients that do what clients do, some of it wrong, while the server's own measure is taken."""

from __future__ import annotations

import io
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

import httpx
from PIL import Image
from tests.http.conftest import Server

GALLERY = "registry"
CLIENTS = 4
SIDE = 320
BINARY = {"content-type": "application/octet-stream"}
SMALL_PAUSE = 0.02


def small(path: Path) -> bytes:
    """The photograph as a JPEG of few pixels, so that a minute holds many requests."""
    with Image.open(path) as picture:
        picture.thumbnail((SIDE, SIDE))
        made = io.BytesIO()
        picture.convert("RGB").save(made, "JPEG", quality=90)
    return made.getvalue()


@dataclass(frozen=True, slots=True)
class Measure:
    """The server at one time: seconds since the start, resident bytes, descriptors, threads, and ms of an identify."""

    at: float
    resident: int
    descriptors: int
    threads: int
    identify: float


@dataclass
class Mixed:
    """``made`` counts what clients were answered, by kind; ``cancelled`` requests may or may not have been begun."""

    server: Server
    secret: str
    pictures: Mapping[str, bytes]
    seed: int = 1
    made: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, seconds: float, every: float) -> None:
        """Load the server for so long, taking its measure now and then."""
        with self._client() as client:
            for name in ("obama", "biden"):
                self._want(client.post(f"/galleries/{GALLERY}/enrolments", **_form(self.pictures[name], name)), 201)
        threads = [threading.Thread(target=self._ask, args=(Random(self.seed + n),)) for n in range(CLIENTS)]
        for each in threads:
            each.start()
        began = time.monotonic()
        while (now := time.monotonic() - began) < seconds and not self.wrong:
            time.sleep(min(every, seconds - now))
            self._measure(time.monotonic() - began)
        self._over.set()
        for each in threads:
            each.join(60)

    def _client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.secret}"}
        return httpx.Client(base_url=f"{self.server.url}/v1", headers=headers, timeout=60)

    def _ask(self, random: Random) -> None:
        kinds: list[tuple[Callable[[httpx.Client, Random], None], int]] = [
            (self._identify, 8),
            (self._stranger, 3),
            (self._verify, 3),
            (self._detect, 4),
            (self._enrol_and_erase, 2),
            (self._cat, 2),
            (self._refused, 2),
            (self._leave, 1),
        ]
        kind, weight = zip(*kinds, strict=True)
        with self._client() as client:
            while not self._over.is_set():
                try:
                    random.choices(kind, weight)[0](client, random)
                except httpx.HTTPError as error:
                    self.wrong.append(repr(error))
                    return

    def _count(self, what: str) -> None:
        with self._lock:
            self.made[what] += 1

    def _want(self, answer: httpx.Response, status: int) -> httpx.Response:
        if answer.status_code != status:
            self.wrong.append(f"{answer.request.url.path}: {answer.status_code} {answer.text[:300]}")
        return answer

    def _identify(self, client: httpx.Client, _: Random) -> None:
        began = time.perf_counter()
        answer = client.post(f"/galleries/{GALLERY}/identify", content=self.pictures["obama2"], headers=BINARY)
        self.taken.append((time.perf_counter() - began) * 1000)
        if leads(self._want(answer, 200)) != ["obama"]:
            self.wrong.append(answer.text[:300])
        self._count("identify")

    def _stranger(self, client: httpx.Client, _: Random) -> None:
        answer = client.post(f"/galleries/{GALLERY}/identify", content=self.pictures["astronaut"], headers=BINARY)
        if leads(self._want(answer, 200)):
            self.wrong.append(answer.text[:300])
        self._count("identify")

    def _verify(self, client: httpx.Client, _: Random) -> None:
        path = f"/galleries/{GALLERY}/subjects/obama/verify"
        self._want(client.post(path, content=self.pictures["obama3"], headers=BINARY), 200)
        self._count("verify")

    def _detect(self, client: httpx.Client, _: Random) -> None:
        asked = {"recognitionModel": "recognition_04", "faceIdTimeToLive": "60"}
        key = {"Ocp-Apim-Subscription-Key": self.secret, **BINARY}
        url = f"{self.server.url}/face/v1.2/detect"
        self._want(client.post(url, params=asked, content=self.pictures["biden"], headers=key), 200)
        self._count("detect")

    def _enrol_and_erase(self, client: httpx.Client, random: Random) -> None:
        name = f"visitor-{random.getrandbits(64):x}"
        fresh = self.pictures["biden"] + name.encode()  # other bytes after the picture's end: another sample
        self._want(client.post(f"/galleries/{GALLERY}/enrolments", **_form(fresh, name)), 201)
        self._want(client.delete(f"/galleries/{GALLERY}/subjects/{name}"), 200)
        self._count("enrol")

    def _cat(self, client: httpx.Client, _: Random) -> None:
        answer = client.post(f"/galleries/{GALLERY}/identify", content=self.pictures["chelsea"], headers=BINARY)
        self._want(answer, 422)
        self._count("failure")

    def _refused(self, client: httpx.Client, _: Random) -> None:
        headers = {**BINARY, "Countenance-Authority": "consent:nobody"}
        answer = client.post(f"/galleries/{GALLERY}/identify", content=self.pictures["obama2"], headers=headers)
        self._want(answer, 403)
        self._count("refused")

    def _leave(self, _: httpx.Client, random: Random) -> None:
        """Ask, and be gone before the answer."""
        body = self.pictures["obama2"]
        with socket.create_connection(("127.0.0.1", self.server.port)) as asked:
            head = (
                f"POST /v1/galleries/{GALLERY}/identify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.secret}\r\n"
                f"Content-Type: application/octet-stream\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            asked.sendall(head.encode() + body)
            time.sleep(random.random() * SMALL_PAUSE)
        self._count("cancelled")

    def _measure(self, at: float) -> None:
        assert self.server.process is not None
        place = Path("/proc") / str(self.server.process.pid)
        words = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines())
        recent, self.taken = self.taken, []
        self.measures.append(
            Measure(
                at,
                int(words["VmRSS"].split()[0]) * 1024,
                len(os.listdir(place / "fd")),
                int(words["Threads"]),
                median(recent) if recent else 0.0,
            )
        )


def leads(answer: httpx.Response) -> list[str]:
    """The names of the candidates of an identification."""
    return [lead["subject"] for face in answer.json().get("searched", ()) for lead in face["candidates"]]


def _form(picture: bytes, subject: str) -> dict[str, object]:
    return {"files": {"image": ("picture.jpg", picture)}, "data": {"subject": subject}}


def draw(measures: list[Measure], out: Path) -> None:
    """Memory, descriptors and latency over time."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 7), layout="constrained")
    rows = figure.subplots(3, 1, sharex=True)
    at = [each.at / 60 for each in measures]
    for axes, title, values in (
        (rows[0], "resident memory, MiB", [each.resident / 2**20 for each in measures]),
        (rows[1], "descriptors", [each.descriptors for each in measures]),
        (rows[2], "identify, median ms", [each.identify for each in measures]),
    ):
        axes.plot(at, values)
        axes.set_title(title, fontsize=9, loc="left")
        axes.set_ylim(bottom=0)
    rows[2].set_xlabel("minutes")
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out)
