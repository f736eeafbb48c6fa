"""Measure bulk enrolment of photographs: in process, by the verb, and bare (from photograph to template, nothing kept).

The three take turns, so that a noisy neighbour disturbs all alike. Beside the rate stands the processor time of a
face, which says what this machine's cores could do if nobody else used them. The verb's rate counts its start and end.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from countenance.assembly import House, load_vision
from countenance.service.asking import Refused
from countenance.service.enrol import EnrolRequest, gallery_for
from countenance.service.enrol_many import Pending, enrol_many
from countenance.settings import read_settings
from countenance.terms.acquisition import FaceChoice
from countenance.terms.sample import Sample, SampleRef
from countenance.vision.runtime.choose import usable_cores
from countenance.vision.vision import Vision
from sides.measured import Measured

DEFAULT = Path(__file__).parents[2] / "shared" / "data" / "lfw" / "images"
PURPOSE, AUTHORITY = "evaluation", "dataset:lfw"
SOURCE = "import sys; from countenance.cli import main; sys.exit(main())"


def bare(vision: Vision, files: Sequence[Path]) -> None:
    """Templates of all files, under receipts for two dozen at a time."""
    for at in range(0, len(files), 24):
        samples = [Sample.read(path) for path in files[at : at + 24]]
        refs = [SampleRef(sample.digest, "*") for sample in samples]
        for _ in vision.acquire_many(samples, Measured(refs), FaceChoice.CENTRAL, among=refs):
            pass


def in_process(house: House, gallery: str, files: Sequence[Path]) -> None:
    """Enrol all files into a new gallery of an open house."""
    asking = house.asking(PURPOSE, AUTHORITY)
    place = gallery_for(house.rooms, asking, gallery)
    if isinstance(place, Refused):
        sys.exit(place.refusal.sentence)
    pending = (Pending(str(path), path.parent.name, partial(_request, path)) for path in files)
    for _ in enrol_many(house.rooms, asking, gallery=place, pending=pending, faces=FaceChoice.CENTRAL):
        pass


def _request(path: Path) -> EnrolRequest:
    return EnrolRequest(Sample.read(path), path.parent.name)


def by_verb(data: Path, gallery: str, folder: Path) -> None:
    """``countenance enrol FOLDER`` from start to end."""
    words = ["enrol", folder, "-g", gallery, "--purpose", PURPOSE, "--authority", AUTHORITY, "--faces", "central"]
    command = [sys.executable, "-c", SOURCE, "--data", data, *words, "--json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def measured(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds of the clock, and of the processor in this process and its children."""
    began, used = time.perf_counter(), _used()
    work()
    return time.perf_counter() - began, _used() - used


def _used() -> float:
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, whose))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=DEFAULT, help="a folder of photographs per subject")
    parser.add_argument("--most", type=int, default=1000, help="photographs used")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="the figures as the last line")
    arguments = parser.parse_args()
    files = sorted(arguments.folder.rglob("*.jpg"))[: arguments.most]
    if not files:
        sys.exit(f"no photographs in {arguments.folder}: name a folder with --folder")
    times: dict[str, list[tuple[float, float]]] = {"bare": [], "in_process": [], "verb": []}
    with tempfile.TemporaryDirectory(prefix="countenance-enrol-") as scratch:
        place = Path(scratch)
        for path in files:
            link = place / "people" / path.parent.name / path.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path.resolve())
        settings = read_settings(place / "data")
        vision = load_vision(settings)
        bare(vision, files[:120])  # warms up; the models compile themselves for a size that keeps coming
        with House.found(read_settings(place / "verb")):
            pass
        with House.found(settings) as house:
            in_process(house, "warm", files[:120])
            for turn in range(arguments.rounds):
                times["bare"].append(measured(partial(bare, vision, files)))
                times["in_process"].append(measured(partial(in_process, house, f"g{turn}", files)))
                times["verb"].append(measured(partial(by_verb, place / "verb", f"g{turn}", place / "people")))
    cores = usable_cores()
    figures: dict[str, float | int] = {"photographs": len(files), "cores": cores}
    for name, taken in times.items():
        per_face = median(used for _, used in taken) / len(files)
        figures[f"{name}_per_second"] = round(len(files) / median(seconds for seconds, _ in taken), 1)
        figures[f"{name}_processor_ms"] = round(per_face * 1000, 2)
        figures[f"{name}_bound"] = round(cores / per_face, 1)
    for name in ("in_process", "verb"):
        ratios = [base[0] / taken[0] for base, taken in zip(times["bare"], times[name], strict=True)]
        figures[f"{name}_vs_bare"] = round(median(ratios), 3)
    for name, value in figures.items():
        print(f"{name:26}{value:>10}")
    if arguments.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
