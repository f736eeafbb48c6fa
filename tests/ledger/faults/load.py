"""A process to be killed: several threads that ask, conclude, erase and close epochs, and say so only when it is so.

Run as ``python -m tests.ledger.faults.load DIRECTORY CLOCK``; each line on its standard output is an acknowledgement.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from tests.ledger.loghouse import DAY, INTENT, REFUSED, LogHouse

from countenance.ledger.outcome import Outcome, OutcomeResult

THREADS = 8


def main(directory: Path, now: float) -> None:
    house = LogHouse(directory, now=now)
    ledger = house.open(wait=10.0)
    if ledger.charter is None:
        house.adopt(ledger)
    say(f"open {ledger.epoch}")

    def ask() -> None:
        while True:
            receipt = ledger.intend(INTENT).result()
            say(f"intent {receipt.entry} {receipt.leaf}")
            ledger.conclude(receipt, Outcome(OutcomeResult.NONE, 0, None))
            say(f"outcome {receipt.entry}")

    def refuse() -> None:
        while True:
            receipt = ledger.refuse(REFUSED)
            say(f"intent {receipt.entry} {receipt.leaf}")

    def batch() -> None:
        while True:
            made = ledger.record_many([("build", {"ver": "1.0", "digest": "c" * 64}, {}) for _ in range(3)])
            say(f"batch {' '.join(made)}")

    def close() -> None:
        while True:
            house.now += DAY
            closed = ledger.close_epoch(early=True)
            say(f"closed {getattr(closed, 'epoch', 0)} {getattr(closed, 'size', 0)}")

    def erase() -> None:
        while True:
            receipt = ledger.intend(INTENT).result()
            ledger.erase([receipt.entry], basis="withdrawal", detail={})
            say(f"erased {receipt.entry} {receipt.leaf}")

    work = [ask] * (THREADS - 4) + [refuse, batch, close, erase]
    for each in work:
        threading.Thread(target=each, daemon=True).start()
    threading.Event().wait()


_turn = threading.Lock()


def say(line: str) -> None:
    with _turn:
        os.write(1, (line + "\n").encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
