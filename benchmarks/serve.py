"""Serve: what the gate and HTTP add to recognition, and how four clients fare, beside the bare pipeline in turns.

A real ``countenance serve`` on the loopback, with a gallery of drawn references. Bare is ``vision.acquire`` alone, in
this process: decode, detect, align, embed. Everything else that a request takes is overhead: HTTP, the key, the
charter, two durable entries of the log, the search and the answer. The clients share the cores with the server.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles

from countenance.assembly import House, load_vision
from countenance.cli.demo_pictures import demo_pictures
from countenance.settings import read_settings
from countenance.terms.acquisition import FaceChoice
from countenance.terms.sample import Sample, SampleRef
from countenance.vision.vision import Vision
from sides.filled import directions, fill
from sides.measured import Measured

PROGRAM = Path(sys.executable).with_name("countenance")
GALLERY, PURPOSE, AUTHORITY = "registry", "missing-person", "guardian-request:benchmark"
PHOTOGRAPHS = ("obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg", "astronaut.png")
CLIENTS = 4


class Client:
    """One connection that is kept open, as the official clients do."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {key}", "Ocp-Apim-Subscription-Key": key}

    def native(self, sample: Sample) -> None:
        """Identify in one request of the native dialect."""
        self._post(f"/v1/galleries/{GALLERY}/identify?faces=largest", sample.data)

    def azure(self, sample: Sample) -> None:
        """Detect and identify: two requests of the Azure dialect."""
        found = self._post("/face/v1.2/detect?returnFaceId=true&recognitionModel=recognition_04", sample.data)
        asked = {"faceIds": [found[0]["faceId"]], "largePersonGroupId": GALLERY}
        self._post("/face/v1.2/identify", json.dumps(asked).encode(), "application/json")

    def _post(self, path: str, body: bytes, kind: str = "application/octet-stream") -> object:
        self._connection.request("POST", path, body, {**self._headers, "Content-Type": kind})
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            sys.exit(f"{path}: {answer.status} {said[:400].decode(errors='replace')}")
        return json.loads(said)


@contextmanager
def serving(data: Path) -> Iterator[tuple[int, str]]:
    """A server of its own; its port and a key that may search."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = asked.getsockname()[1]
    command = [PROGRAM, "--data", data, "serve", "--port", str(port)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _ready(port):
            if process.poll() is not None:
                sys.exit("the server did not start")
            time.sleep(0.05)
        words = [
            "--data",
            data,
            "keys",
            "create",
            "--name",
            "benchmark",
            "--purpose",
            PURPOSE,
            "--authority",
            AUTHORITY,
        ]
        made = subprocess.run([PROGRAM, *words, "--json"], check=True, capture_output=True, text=True)
        yield port, json.loads(made.stdout.splitlines()[-1])["key"]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def bare(vision: Vision, sample: Sample) -> None:
    """From the picture to the template of its largest face, and nothing more."""
    vision.acquire(sample, Measured([SampleRef(sample.digest, "0")]), FaceChoice.LARGEST)


def timed(work: Callable[[], None]) -> float:
    """Milliseconds of one call."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def alone(ways: dict[str, Callable[[Sample], None]], samples: Sequence[Sample], rounds: int) -> dict[str, list[float]]:
    """One caller: every way in turn for every sample; the median of each sample's rounds, in milliseconds."""
    taken: dict[str, list[list[float]]] = {name: [[] for _ in samples] for name in ways}
    for _ in range(rounds + 1):
        for at, sample in enumerate(samples):
            for name, way in ways.items():
                taken[name][at].append(timed(partial(way, sample)))
    return {name: [median(each[1:]) for each in of_samples] for name, of_samples in taken.items()}


def together(ways: Sequence[Callable[[Sample], None]], samples: Sequence[Sample], seconds: float) -> list[float]:
    """One thread for each way, each with the samples in an order of its own; what every call took, in milliseconds."""
    taken: list[float] = []
    end = time.perf_counter() + seconds

    def run(number: int, way: Callable[[Sample], None]) -> None:
        turn = cycle([*samples[number:], *samples[:number]])
        while time.perf_counter() < end:
            taken.append(timed(partial(way, next(turn))))

    threads = [threading.Thread(target=run, args=each) for each in enumerate(ways)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--references", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="photographs (*.jpg) instead of the demo's")
    parser.add_argument("--most", type=int, default=24, help="photographs used of the folder")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each turn with several clients")
    parser.add_argument("--json", action="store_true", help="the figures as the last line")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as place:
        files = sorted(said.folder.rglob("*.jpg"))[: said.most] if said.folder else photographs()
        samples = [Sample.read(path) for path in files]
        data = Path(place) / "data"
        House.found(read_settings(data)).close()
        vision = load_vision(read_settings(data))
        with House.open(read_settings(data)) as house:
            drawn = directions(said.references, vision.recipe.dimension)
            fill(house, GALLERY, drawn, vision.recipe, PURPOSE, AUTHORITY)
        with serving(data) as (port, key):
            figures = measure(vision, port, key, samples, said.rounds, said.seconds)
    figures = {"references": said.references, "photographs": len(samples), "cores": os.cpu_count(), **figures}
    for name, figure in figures.items():
        print(f"{name:28} {figure}")
    if said.json:
        print(json.dumps(figures))


def photographs() -> list[Path]:
    """The demo's, fetched once and pinned."""
    cache = read_settings(None).models.parent / "demo-pictures"
    cache.mkdir(parents=True, exist_ok=True)
    there = demo_pictures(cache)
    return [there[name] for name in PHOTOGRAPHS]


def measure(
    vision: Vision, port: int, key: str, samples: Sequence[Sample], rounds: int, seconds: float
) -> dict[str, float]:
    """All figures; ``overhead_share`` is what a native identification takes above bare, as a share of bare."""
    client = Client(port, key)
    ways: dict[str, Callable[[Sample], None]] = {
        "bare": lambda sample: bare(vision, sample),
        "native": client.native,
        "azure": client.azure,
    }
    one = alone(ways, samples, rounds)
    share = median((a - b) / b for a, b in zip(one["native"], one["bare"], strict=True))
    azure = median((a - b) / b for a, b in zip(one["azure"], one["bare"], strict=True))
    clients = [Client(port, key) for _ in range(CLIENTS)]
    rates, p50, p99 = [], [], []
    for _ in range(3):
        served = together([each.native for each in clients], samples, seconds)
        alone_rate = len(together([ways["bare"]] * CLIENTS, samples, seconds)) / seconds
        cuts = quantiles(served, n=100)
        rates.append((len(served) / seconds, alone_rate))
        p50.append(cuts[49])
        p99.append(cuts[98])
    figures = {
        "bare_ms": median(one["bare"]),
        "native_ms": median(one["native"]),
        "azure_ms": median(one["azure"]),
        "overhead_ms": median(a - b for a, b in zip(one["native"], one["bare"], strict=True)),
        "overhead_share": share,
        "overhead_share_azure": azure,
        "p50_ms": median(p50),
        "p99_ms": median(p99),
        "p99_vs_p50": median(b / a for a, b in zip(p50, p99, strict=True)),
        "served_per_second": median(a for a, _ in rates),
        "bare_per_second": median(b for _, b in rates),
        "throughput_ratio": median(a / b for a, b in rates),
    }
    return {name: round(figure, 3) for name, figure in figures.items()}


if __name__ == "__main__":
    main()
