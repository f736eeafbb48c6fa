"""Enrol, search and erase without end, saying what was acknowledged: run by the tests, which kill it."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from tests.gallery.house import House, sample_of, vector_of


def say(*words: object) -> None:
    """One line, at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def main(directory: Path, seed: int) -> None:
    """Say a line before each act and one after it; what is between the two may have happened or not."""
    house = House(directory)
    dice = random.Random(seed)
    gallery = house.galleries.find("staff")
    known: list[int] = []
    number = seed * 1_000_000
    say("ready")
    while True:
        match dice.choice(["enrol", "enrol", "batch", "erase", "search"]):
            case "enrol":
                number += 1
                say("enrolling", number)
                house.enrol(gallery, f"s{number}", vector_of(number), sample_of(number))
                say("enrolled", number)
                known.append(number)
            case "batch":
                several = range(number + 1, number + 9)
                number += 8
                say("enrolling", *several)
                house.enrol_many(gallery, {f"s{n}": (vector_of(n), sample_of(n)) for n in several})
                say("enrolled", *several)
                known += several
            case "erase" if known:
                gone = known.pop(dice.randrange(len(known)))
                say("erasing", gone)
                house.erase(gallery, f"s{gone}")
                say("erased", gone)
            case "search":
                say("used", house.search(gallery, vector_of(number)).use)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
