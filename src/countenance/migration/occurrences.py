"""Count what is found in a file, piece by piece: a census's way of looking."""

from __future__ import annotations

import re
from typing import IO

_PIECE = 1 << 20
_LONGEST = 512
"""More bytes than anything that is counted has."""


def occurrences(file: IO[bytes], pattern: re.Pattern[bytes]) -> int:
    """How often the pattern is found; zeros are left out, so that ASCII in UTF-16 is found too."""
    held, found, more = b"", 0, True
    while more:
        piece = file.read(_PIECE)
        more = bool(piece)
        held += piece.replace(b"\x00", b"")
        until = len(held) - _LONGEST if more else len(held)
        found += sum(each.start() < until for each in pattern.finditer(held))
        held = held[max(0, until) :]
    return found
