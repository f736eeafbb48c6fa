"""Download a package's archive with the user's own package client."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from countenance.terms.errors import MissingPart, Unwritable
from countenance.vision.models import stand_in
from countenance.vision.models.intake import writing
from countenance.vision.models.origin import Package, PackageKind
from countenance.vision.models.progress import Progress

_FULL = ("No space left on device", "Disk quota exceeded", "File too large", "Read-only file system")
_LOOK = 0.1
"""Seconds between two looks at how much has come."""


def download(package: Package, place: Path, progress: Progress) -> Path:
    """The archive of ``package``, in the empty directory ``place`` that is ours alone.

    The client is the user's pip or npm with the user's configuration: mirrors, proxies, certificates and air-gapped
    indexes work as they do for any package. It downloads only; nothing is installed and nothing in the package
    runs. Raises MissingPart with the client's own words, or Unwritable.
    """
    archives, temporary = place / "archives", place / "temporary"
    with writing(place):
        archives.mkdir()
        temporary.mkdir()
    environment = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))}
    match package.kind:
        case PackageKind.WHEEL:
            command = _by_pip(package, archives, "--only-binary", ":all:", *_built_for(package))
        case PackageKind.SDIST:
            command = _by_pip(package, archives, "--no-binary", ":all:", "--no-build-isolation")
            environment |= _stand_in(place / "backend", environment)
        case PackageKind.NPM:
            command = _by_npm(package, archives)
    progress.phase(f"downloading {package}", package.about)
    said = _run(command, environment, place, progress)
    found = list(archives.iterdir())
    if len(found) != 1:
        raise MissingPart(f"the package client did not bring {package}: {said}")
    return found[0]


def _by_pip(package: Package, archives: Path, *form: str) -> list[str]:
    options = ["--no-deps", "--no-input", "--disable-pip-version-check", "--progress-bar", "off", *form]
    return [*_pip(), "download", *options, "--dest", str(archives), f"{package.name}=={package.version}"]


def _by_npm(package: Package, archives: Path) -> list[str]:
    """``npm pack`` brings a published package's archive as it is; scripts in it would run at an installation only."""
    npm = shutil.which("npm")
    if npm is None:
        raise MissingPart("there is no npm to download with", remedy="Install npm (it comes with Node.js).")
    options = ["--ignore-scripts", "--no-update-notifier", "--pack-destination", str(archives)]
    return [npm, "pack", *options, f"{package.name}@{package.version}"]


def _built_for(package: Package) -> list[str]:
    if not package.built_for:
        return []
    python, platform = package.built_for.split()
    return ["--python-version", python, "--platform", platform]


def _pip() -> list[str]:
    """The command that runs pip: this environment's, else one that is on the PATH."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    if pip := shutil.which("pip") or shutil.which("pip3"):
        return [pip]
    raise MissingPart(
        "there is no pip to download with",
        remedy=f"Give this environment one: {sys.executable} -m ensurepip --upgrade",
    )


def _stand_in(place: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Put ``stand_in`` in the place of setuptools for that one process, found first on its path."""
    backend = place / "setuptools"
    with writing(backend):
        backend.mkdir(parents=True)
        (backend / "__init__.py").touch()
        shutil.copy(stand_in.__file__, backend / "build_meta.py")
    path = [str(place), environment.get("PYTHONPATH", "")]
    # As a variable, not an option: newer versions of pip know no other way and drop the option.
    legacy = {"PIP_USE_PEP517": "1", "SETUPTOOLS_USE_DISTUTILS": "stdlib"}
    return {"PYTHONPATH": os.pathsep.join(filter(None, path)), **legacy}


def _run(command: list[str], environment: dict[str, str], place: Path, progress: Progress) -> str:
    """Run the client to its end and return its last words; killed with us when we are interrupted."""
    most = 0
    with writing(place), (place / "said").open("w+b") as said:
        with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said) as client:
            try:
                while client.poll() is None:
                    most = max(most, _bytes_in(place))  # what is moved about can seem to shrink
                    progress.done(most)
                    with suppress(subprocess.TimeoutExpired):
                        client.wait(_LOOK)
            except BaseException:  # Ctrl-C as well: the client must not go on without us
                client.kill()
                raise
        said.seek(0)
        text = said.read().decode(errors="replace")
    full = next((each for each in _FULL if each in text), None)
    if full is not None:
        raise Unwritable(
            f"the package client could not write: {full}",
            where=str(place),
            remedy="Free some space or name another models directory (COUNTENANCE_MODELS), then run it again.",
        )
    if client.returncode:
        raise MissingPart(f"the package client failed: {_last_words(text)}")
    return _last_words(text)


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("ERROR:", "npm error"))]
    return " ".join(errors[:2] or lines[-1:]) or "it said nothing"


def _bytes_in(place: Path) -> int:
    total = 0
    for folder, _, names in os.walk(place):
        for name in names:
            try:
                total += os.stat(os.path.join(folder, name)).st_size
            except FileNotFoundError:
                continue  # moved by the client between the two calls
    return total
