"""The log: durable intents beside the disk's own speed, and what append, proof, verify and start cost as it grows."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from countenance.keys.signing import SigningKey
from countenance.ledger.draft import draft_intent, draft_outcome, new_id
from countenance.ledger.entry import charter_message, entry_id
from countenance.ledger.intent import Intent
from countenance.ledger.ledger import Ledger, open_ledger
from countenance.ledger.outcome import Outcome, OutcomeResult
from countenance.terms.action import Action
from countenance.terms.permit import AuthorityKind
from countenance.terms.sample import SampleRef

DIGEST = "a" * 64
FRAME = 1400
"""Bytes of one intent in the journal, with its sealed detail: what a sync of one caller writes."""
CALLERS = (1, 8, 64)
SIZES = (1_000, 10_000, 100_000, 1_000_000)
FULL = 10_000_000
INTENT = Intent(
    action=Action.SEARCH,
    purpose="missing-person",
    authority_class="guardian-request",
    authority_kind=AuthorityKind.SELF_DECLARED,
    gallery="k2J9xQ_a",
    references=13_000,
    cap=5,
    allowed=True,
    policies=("permit-search",),
    charter=DIGEST,
    samples=(SampleRef("b" * 64),),
    bound=1,
    session="s" * 32,
    detail={
        "principal": "os:alice",
        "roles": ["operator"],
        "case": "case-4711",
        "authority_reference": "case-4711",
        "authority_text": "guardian-request:case-4711",
        "purpose_text": "missing-person",
        "client": "command line",
        "approvals": 0,
        "minor": False,
        "references": 13_000,
        "cap": 5,
    },
)


class Bench:
    """A log in a directory of its own on the disk that is measured."""

    def __init__(self, place: Path) -> None:
        self.directory = place / "data"
        self.key = SigningKey.generate()
        self.vault_key = os.urandom(32)
        self.ledger = self.open()
        self._adopt()

    def open(self) -> Ledger:
        return open_ledger(
            self.directory, signing_key=self.key, origin="bench.example/log", vault_key=self.vault_key, minimum=1
        )

    def _adopt(self) -> None:
        governor, charter = SigningKey.generate(), new_id()
        public, signature = governor.public, governor.sign(charter_message(DIGEST))
        said = {"id": charter, "digest": DIGEST, "from": self.ledger.epoch, "min": 1, "n": 1}
        self.ledger.record_many(
            [
                ("charter", {**said, "gov": [entry_id(public)], "sig": [entry_id(signature)]}, {}),
                ("purpose", {"of": charter, "pur": "missing-person", "forbidden": False, "text": "Find."}, {}),
            ]
        )

    def grow(self, size: int, ids: list[str]) -> float:
        """Append intents and their outcomes until the log has ``size`` entries; microseconds an entry, tree and all."""
        missing = size - self.ledger.flush().size
        intent, outcome = (
            draft_intent(INTENT, time.time()),
            draft_outcome("", Outcome(OutcomeResult.NONE, 0), time.time()),
        )
        begun = time.perf_counter()
        for first in range(0, missing, 256):
            names = [new_id() for _ in range(min(128, -(-(missing - first) // 2)))]
            ids.append(names[0])
            asked = [replace(intent, name=name, said={**intent.said, "id": name}) for name in names]
            done = [replace(outcome, name=f"{n}.outcome", said={**outcome.said, "of": n}) for n in names]
            self.ledger._sequencer.append(asked).ticket.wait()
            self.ledger._sequencer.append(done).ticket.wait()
        self.ledger.flush()
        return (time.perf_counter() - begun) / max(missing, 1) * 1e6


def timed(act: Callable[[], object], times: int) -> list[float]:
    """Seconds of each of ``times`` runs."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        taken.append(time.perf_counter() - begun)
    return taken


def raw_sync(place: Path, times: int) -> list[float]:
    """Seconds of each write and fdatasync of one intent's bytes into a file with its room reserved."""
    path, data = place / "raw", b"x" * FRAME
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.posix_fallocate(descriptor, 0, FRAME * times)
    os.fsync(descriptor)
    offsets = iter(range(0, FRAME * times, FRAME))

    def write() -> None:
        os.pwrite(descriptor, data, next(offsets))
        os.fdatasync(descriptor)

    taken = timed(write, times)
    os.close(descriptor)
    path.unlink()
    return taken


def concurrent(ledger: Ledger, callers: int, each: int) -> float:
    """Durable intents a second."""

    def ask() -> None:
        for _ in range(each):
            ledger.intend(INTENT).result()

    threads = [threading.Thread(target=ask) for _ in range(callers)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return callers * each / (time.perf_counter() - begun)


def rates(place: Path, rounds: int) -> dict[str, Any]:
    """Throughput and latency beside the disk's, taken in turns so that both meet the same other load."""
    bench = Bench(place)
    syncs, single = list[float](), list[float]()
    found: dict[int, list[float]] = {callers: [] for callers in CALLERS}
    for _ in range(rounds):
        syncs += raw_sync(place, 150)
        single += timed(lambda: bench.ledger.intend(INTENT).result(), 150)
        for callers in CALLERS:
            found[callers].append(concurrent(bench.ledger, callers, max(40, 2000 // callers)))
    cpu = time.thread_time()
    promises = [bench.ledger.intend(INTENT) for _ in range(2000)]
    cpu = (time.thread_time() - cpu) / len(promises) * 1e6
    promises[-1].result()
    bench.ledger.close()
    return {
        "sync_ms": round(median(syncs) * 1e3, 3),
        "intent_ms": round(median(single) * 1e3, 3),
        "syncs_per_intent": round(median(single) / median(syncs), 2),
        "intend_cpu_us": round(cpu, 1),
        **{f"intents_per_s_{callers}": round(median(found[callers])) for callers in CALLERS},
        **{f"best_intents_per_s_{callers}": round(max(found[callers])) for callers in CALLERS},
    }


def verify(log: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of the verifier in a process of its own: every entry hashed, parsed and counted."""
    code = (
        "import re, sys, time; from pathlib import Path; from countenance.ledger.verifier.__main__ import main;"
        "begun = time.perf_counter();"
        "code = main([sys.argv[1], '--json', '--no-memory']);"
        "peak = re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text()).group(1);"
        "print(time.perf_counter() - begun, int(peak) / 1024); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(log)], capture_output=True, text=True, check=True)
    seconds, peak = done.stdout.splitlines()[-1].split()
    return float(seconds), float(peak)


def curve(place: Path, sizes: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    """At each size: append, proof, verify and start."""
    bench, chance, ids = Bench(place), Random(1), list[str]()
    for size in sizes:
        built = bench.grow(size, ids)
        bench.ledger.close_epoch()
        append = timed(lambda: bench.ledger.intend(INTENT).result(), 200)
        proof = timed(lambda: bench.ledger.proof(chance.choice(ids)), 50)
        starts = []
        for _ in range(5):
            bench.ledger.close()
            begun = time.perf_counter()
            bench.ledger = bench.open()
            starts.append(time.perf_counter() - begun)
        seconds, peak = verify(bench.directory / "log")
        yield {
            "entries": size,
            "append_ms": round(median(append) * 1e3, 3),
            "build_us_per_entry": round(built, 1),
            "proof_ms": round(median(proof) * 1e3, 3),
            "start_ms": round(median(starts) * 1e3, 2),
            "verify_s": round(seconds, 2),
            "verify_entries_per_s": round(size / seconds),
            "verify_peak_mb": round(peak),
        }
    bench.ledger.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON on the last line")
    parser.add_argument("--full", action="store_true", help="the curve up to ten million entries")
    parser.add_argument("--quick", action="store_true", help="the curve up to a hundred thousand entries")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--directory", type=Path, default=Path.cwd(), help="where on the disk that is to be measured")
    call = parser.parse_args()
    sizes = (*SIZES, FULL) if call.full else SIZES[:3] if call.quick else SIZES
    place = Path(tempfile.mkdtemp(prefix=".bench-ledger-", dir=call.directory))
    try:
        (place / "rates").mkdir()
        (place / "curve").mkdir()
        figures: dict[str, Any] = rates(place / "rates", call.rounds)
        for name, value in figures.items():
            print(f"{name:<24} {value}", flush=True)
        rows = []
        for row in curve(place / "curve", sizes):
            rows.append(row)
            print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    finally:
        shutil.rmtree(place)
    if call.json:
        print(json.dumps({**figures, "curve": rows}))


if __name__ == "__main__":
    main()
