"""Read an image file named on the command line."""

from __future__ import annotations

from pathlib import Path

from countenance.terms.errors import BrokenInput
from countenance.terms.sample import Sample

MAX_BYTES = 64 * 1024 * 1024
"""Read no more than this; vision has its own, lower limit and says so in its own words."""


def read_sample(path: Path) -> Sample:
    """The bytes of ``path``; raises BrokenInput with what is wrong with the path."""
    try:
        if path.is_dir():
            raise BrokenInput(
                "this is a directory, not a picture",
                where=shown(path),
                remedy="Name one picture; `enrol` takes a folder.",
            )
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise BrokenInput("there is no such file", where=shown(path), remedy="Check the path.") from error
    except PermissionError as error:
        raise BrokenInput(
            "this file may not be read",
            where=shown(path),
            remedy="Give the user who runs countenance read permission.",
        ) from error
    except OSError as error:
        raise BrokenInput(f"this file cannot be read: {error.strerror}", where=shown(path)) from error
    return Sample(data, shown(path))


def shown(path: Path) -> str:
    """A path as text that can always be printed: bytes that are not UTF-8 become escapes."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
