"""Measure migrations: photographs a second beside plain enrolment, memory from few records to many, a resumed run.

Rates: the same photographs are enrolled as the bulk verb does, and migrated from ANSI/NIST transactions, in turns; both
keep the only face of each. Where more are asked for than there are, changed copies under the same person's number make
them up. Memory and skipping: made-up files that the policy rejects, so that nothing but the
pipeline works; each count in a process of its own. ``resumed``: the run was settled to its last file when it ended.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median

from PIL import Image

from countenance.assembly import House
from countenance.migration.book import RunState
from countenance.migration.intake import Intake
from countenance.migration.run import Ran, run
from countenance.migration.source import Source
from countenance.migration.steering import FOLDER, Steering
from countenance.service.asking import Asking
from countenance.service.enrol import EnrolRequest, gallery_for
from countenance.service.enrol_many import Pending, enrol_many
from countenance.settings import read_settings
from countenance.terms.gallery import Gallery
from countenance.terms.sample import Sample
from read_legacy import transaction

DEFAULT = Path(__file__).parents[2] / "shared" / "data" / "lfw" / "images"
INTAKE = Intake("licence", 4_000_000_000)
IN_A_FILE = 100
MAP = '[[domain]]\nperson = "2.014"\n'
Photograph = tuple[int, Path]
"""The number of its person, and where it lies."""


def asking(house: House) -> Asking:
    return house.asking("evaluation", "dataset:lfw")


def gallery(house: House, name: str) -> Gallery:
    place = gallery_for(house.rooms, asking(house), name)
    if not isinstance(place, Gallery):
        sys.exit(place.refusal.sentence)
    return place


def photographs(folder: Path, most: int, place: Path) -> list[Photograph]:
    """One of each person first, then their others, then copies: another size, another quality."""
    folders = sorted({path.parent for path in folder.rglob("*.jpg")})
    ranked = [
        (rank, number, path)
        for number, each in enumerate(folders)
        for rank, path in enumerate(sorted(each.glob("*.jpg")))
    ]
    found = [(number, path) for _, number, path in sorted(ranked)][:most]
    there = len(found)
    place.mkdir()
    for number in range(there, most if found else 0):
        person, path = found[number % there]
        turn = number // there
        copy = place / f"{number:06}.jpg"
        with Image.open(path) as image:
            size = round(image.width * (1 + turn / 20)), round(image.height * (1 + turn / 20))
            image.convert("RGB").resize(size).save(copy, quality=92 - turn)
        found.append((person, copy))
    return found


def enrolled(house: House, name: str, files: Sequence[Photograph]) -> tuple[float, float]:
    """Seconds for the plain way, and of the processor: one picture after the other through the same gate."""
    place, began, used = gallery(house, name), time.perf_counter(), _used()
    pending = (Pending(str(path), f"P{person:08}", partial(_request, path, person)) for person, path in files)
    for _ in enrol_many(house.rooms, asking(house), gallery=place, pending=pending):
        pass
    return time.perf_counter() - began, _used() - used


def _request(path: Path, person: int) -> EnrolRequest:
    return EnrolRequest(Sample.read(path), f"P{person:08}")


def migrated(house: House, name: str, source: Source, intake: Intake = INTAKE) -> tuple[float, Ran]:
    """Seconds for a whole run: census, reading, enrolling, looking for conflicts, account."""
    place, began = gallery(house, name), time.perf_counter()
    steering = Steering(house.settings.data / FOLDER)
    ran = run(
        house.rooms,
        house.migrations,
        asking(house),
        gallery=place,
        source=source,
        intake=intake,
        steering=steering,
    )
    if not isinstance(ran, Ran) or not ran.account.balanced:
        sys.exit("the run did not end as it should")
    return time.perf_counter() - began, ran


def rates(place: Path, files: Sequence[Photograph], rounds: int) -> dict[str, object]:
    """Photographs a second of both ways, and their ratio turn by turn."""
    dump = place / "dump"
    dump.mkdir()
    for start in range(0, len(files), IN_A_FILE):
        some = enumerate(files[start : start + IN_A_FILE], start)
        (dump / f"{start:06}.an2").write_bytes(
            b"".join(transaction(n, path.read_bytes(), who) for n, (who, path) in some)
        )
    taken: dict[str, list[tuple[float, float]]] = {"enrolled": [], "migrated": []}
    with House.found(read_settings(place / "data")) as house:
        enrolled(house, "warm", files[:120])
        for turn in range(rounds):
            taken["enrolled"].append(enrolled(house, f"e{turn}", files))
            used = _used()
            seconds, ran = migrated(house, f"m{turn}", Source("ansi-nist", dump, table=MAP))
            taken["migrated"].append((seconds, _used() - used))
        account = ran.account.shape()
    pairs = list(zip(taken["enrolled"], taken["migrated"], strict=True))
    ratios = [[plain[which] / moved[which] for plain, moved in pairs] for which in (0, 1)]
    return {
        "photographs": len(files),
        **{
            f"{name}_per_second": round(len(files) / median(wall for wall, _ in each), 1)
            for name, each in taken.items()
        },
        "migrated_vs_enrolled": round(median(ratios[0]), 3),
        "migrated_vs_enrolled_processor": round(median(ratios[1]), 3),
        "exits": {
            key: value for key, value in account.items() if isinstance(value, int) and value and key != "balanced"
        },
    }


def pipeline(place: Path, count: int) -> dict[str, object]:
    """The pipeline alone over so many files: first run, again, and resumed; and this process's peak of memory."""
    folder = place / "people"
    folder.mkdir()
    for number in range(count):
        person = folder / f"P{number // 1000:04}"
        person.mkdir(exist_ok=True)
        first = folder / f"P{number // 1000:04}" / "000.jpg"
        if number % 1000 == 0:
            first.write_bytes(os.urandom(4000))
        else:
            os.link(first, person / f"{number % 1000:03}.jpg")
    source = Source("folder", folder)
    with House.found(read_settings(place / "data")) as house:
        figures: dict[str, object] = {"records": count}
        for turn in ("first", "unchanged", "resumed"):
            if turn == "resumed":  # as a kill just before the end would leave it
                last = house.migrations.runs(gallery(house, "g").id)[-1]
                house.migrations.change(last, state=RunState.RUNNING, cursor=count - 1)
            used = _used()
            seconds, _ = migrated(house, "g", source, Intake())
            figures[f"{turn}_per_second"] = round(count / seconds)
            figures[f"{turn}_processor_us"] = round((_used() - used) / count * 1e6, 1)
    return figures | {"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10}


def _used() -> float:
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, whose))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=DEFAULT, help="a folder of photographs per subject")
    parser.add_argument("--most", type=int, default=1000, help="photographs used")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--records", type=int, default=100_000, help="records of the longest run")
    parser.add_argument("--pipeline", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="the figures as the last line")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="countenance-migrate-") as scratch:
        if asked.pipeline:
            print(json.dumps(pipeline(Path(scratch), asked.pipeline)))
            return
        rows = []
        for count in (each for each in (100, 1000, 10_000, 100_000) if each <= asked.records):
            words = [sys.executable, __file__, "--pipeline", str(count)]
            done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
            rows.append(json.loads(done.stdout.splitlines()[-1]))
            print("  ".join(f"{name} {value}" for name, value in rows[-1].items()), flush=True)
        files = photographs(asked.folder, asked.most, Path(scratch) / "copies")
        figures = rates(Path(scratch), files, asked.rounds) if files else {}
    for name, value in figures.items():
        print(f"{name:26}{value!s:>10}")
    if asked.json:
        print(json.dumps({"benchmark": "migrate", **figures, "pipeline": rows}))


if __name__ == "__main__":
    main()
