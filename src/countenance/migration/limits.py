"""What reading a source may take: bounds on its process and on what it hands over."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """``memory`` is the reader's address space in bytes; ``seconds`` how long it may be silent while it is waited for.

    ``files`` are its open files. ``header`` and ``image`` bound the bytes of one record without its images, and of one
    image: a reader that hands over more is stopped.
    """

    memory: int = 1024 * MIB
    seconds: float = 60.0
    files: int = 64
    header: int = 8 * MIB
    image: int = 64 * MIB


LIMITS = Limits()

FILE_BYTES = 64 * MIB
"""The most of one file that a reader holds at once."""
IMAGE_BYTES = 20 * MIB
"""The most that is one picture; larger ones are rejected."""
IMAGE_PIXELS = 50_000_000
"""The most pixels that a picture's header may claim."""
RECORDS = 1000
"""The most records of one transaction."""
