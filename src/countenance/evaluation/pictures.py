"""The pictures of a data set: found, hashed, named to the gate by digest, and read again when they are needed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from countenance.terms.acquisition import FaceChoice
from countenance.terms.errors import BrokenInput, Malformed, WrongDigest
from countenance.terms.sample import Sample, SampleRef

ENDINGS = frozenset({".bmp", ".gif", ".jp2", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""What is taken for a picture where a folder is named."""
MAX_BYTES = 64 * 1024 * 1024
"""No more of a file is read; the decoder has its own, lower limit and says so."""


@dataclass(frozen=True, slots=True)
class Picture:
    """``name`` as the list spells it; ``digest``: SHA-256 (hex) of the file; ``person``: whom it is said to show."""

    name: str
    path: Path
    person: str
    digest: str


@dataclass(frozen=True, slots=True)
class Named:
    """A line's picture before its file is looked at; ``where`` names list and line for a complaint."""

    name: str
    person: str
    where: str


def find_pictures(named: Iterable[Named], root: Path) -> dict[str, Picture]:
    """Every picture by its name, with its digest; raises BrokenInput where a file cannot be read.

    Raises Malformed where one name is said to show two persons.
    """
    found: dict[str, Picture] = {}
    for each in named:
        known = found.get(each.name)
        if known is None:
            path = root / each.name
            found[each.name] = Picture(
                each.name, path, each.person, hashlib.sha256(_bytes(path, each.where)).hexdigest()
            )
        elif known.person != each.person:
            raise Malformed(f"{each.name} is said to show {known.person} and {each.person}", where=each.where)
    return found


def twins(pictures: Iterable[Picture]) -> list[tuple[Picture, Picture]]:
    """Pairs of pictures with the same bytes under different names."""
    first: dict[str, Picture] = {}
    return [(first[p.digest], p) for p in pictures if first.setdefault(p.digest, p) is not p]


def want_one_person_each(pictures: Iterable[Picture], where: str) -> None:
    """Raise Malformed where the same bytes are said to show two persons: at least one label is wrong."""
    for one, other in twins(pictures):
        if one.person != other.person:
            raise Malformed(
                f"{one.name} and {other.name} are the same picture, said to show {one.person} and {other.person}",
                where=where,
                remedy="One of the labels is wrong: correct it, or take both out of the list.",
            )


def refs_of(pictures: Iterable[Picture], faces: FaceChoice) -> tuple[SampleRef, ...]:
    """What a receipt names, sorted, each once: the largest face, or whichever face is chosen."""
    face = "0" if faces in (FaceChoice.ONE, FaceChoice.LARGEST) else "*"
    return tuple(sorted({SampleRef(p.digest, face) for p in pictures}))


def read_samples(pictures: Sequence[Picture]) -> Iterator[Sample]:
    """The pictures, one after the other; raises WrongDigest where a file was changed since it was hashed."""
    for picture in pictures:
        sample = Sample(_bytes(picture.path, picture.name), picture.name)
        if sample.digest != picture.digest:
            raise WrongDigest("this picture was changed while it was being measured", where=picture.name)
        yield sample


def manifest_digest(protocol: str, lines: Iterable[Sequence[str]], pictures: Mapping[str, Picture]) -> str:
    """SHA-256 (hex) of the input: the protocol, each line of the list as it was read, each picture with its digest."""
    hashed = hashlib.sha256(f"countenance-dataset/v1\n{protocol}\n".encode())
    for line in lines:
        hashed.update(("\t".join(line) + "\n").encode("utf-8", "surrogateescape"))
    for name in sorted(pictures):
        hashed.update(f"{pictures[name].digest}\t{name}\n".encode("utf-8", "surrogateescape"))
    return hashed.hexdigest()


def _bytes(path: Path, where: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise BrokenInput(
            f"a picture of the list cannot be read: {said}",
            where=f"{where}: {path}",
            remedy="Paths are relative to --root, or where it is not said to the list's own folder.",
        ) from error
