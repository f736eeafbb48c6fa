"""The anchor: the log's size and root in a small file outside the data directory, where the operator names a place.

A data directory that comes back from a backup is a valid log as far as it goes; only what lies elsewhere can tell that
it once went further. The anchor tells the operator; witnesses tell everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from countenance.storage.durable import write_durably
from countenance.terms.errors import Malformed

_HEADER = "countenance-anchor/v1"


@dataclass(frozen=True, slots=True)
class Anchor:
    """The tree of log ``origin`` had ``size`` entries and this ``root`` (32 bytes)."""

    origin: str
    size: int
    root: bytes


def write_anchor(path: Path, anchor: Anchor) -> None:
    """Write it durably; raises Unwritable."""
    text = f"{_HEADER}\n{anchor.origin}\n{anchor.size}\n{anchor.root.hex()}\n"
    write_durably(path, text.encode("ascii"))


def read_anchor(path: Path) -> Anchor | None:
    """Read it; None where there is none yet. Raises Malformed, or OSError where the place cannot be reached."""
    try:
        text = path.read_text("ascii")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        text = ""
    match text.split("\n"):
        case [header, origin, size, root, ""] if header == _HEADER and size.isdigit() and len(root) == 64:
            try:
                return Anchor(origin, int(size), bytes.fromhex(root))
            except ValueError:
                pass
    raise Malformed("this is not an anchor of a log", where=str(path))
