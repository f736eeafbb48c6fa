"""A biometric sample: an encoded image exactly as it came, and the name of its digest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

FaceIndex = int | Literal["*"]
"""Which face of a sample: 0 is the largest; ``"*"`` stands for whichever faces are found."""


@dataclass(frozen=True, slots=True)
class Sample:
    """An encoded image. ``digest`` is the SHA-256 (hex) of ``data``, known before anything is decoded."""

    data: bytes = field(repr=False)
    name: str = ""
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hashlib.sha256(self.data).hexdigest())

    @classmethod
    def gone(cls, digest: str, name: str = "") -> Sample:
        """One whose bytes nobody kept: its digest is all that there is, and ``data`` is empty."""
        known = cls(b"", name)
        object.__setattr__(known, "digest", digest)
        return known

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Sample:
        """The bytes of a file, as they are; raises OSError."""
        with open(path, "rb") as file:
            return cls(file.read(), os.fspath(path))


@dataclass(frozen=True, slots=True, order=True)
class SampleRef:
    """One face of one sample, by digest: what a receipt names."""

    digest: str
    face: str = "0"

    @classmethod
    def of(cls, digest: str, face: FaceIndex = 0) -> SampleRef:
        """The reference for face ``face`` of the sample with this digest."""
        return cls(digest, str(face))


def digest_of_samples(samples: Iterable[SampleRef]) -> str:
    """SHA-256 (hex) of the sorted lines ``digest:face\\n``: what a receipt for one or many samples names."""
    lines = "".join(f"{s.digest}:{s.face}\n" for s in sorted(samples))
    return hashlib.sha256(lines.encode("ascii")).hexdigest()
