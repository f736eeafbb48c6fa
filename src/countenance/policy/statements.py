"""Cut a Cedar file into its policies, each with its line, so that every one can be judged by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PIECE = re.compile(r'//[^\n]*|"(?:\\.|[^"\\])*"|;|\s+|[^\s";/]+|[\s\S]')


@dataclass(frozen=True, slots=True)
class Statement:
    """The text of one policy with its closing semicolon (if it has one) and the line on which it begins, from 1."""

    line: int
    text: str


def statements_of(text: str) -> tuple[Statement, ...]:
    """Every statement of a file, comments and blank space around it left out; a last one may be unfinished."""
    found: list[Statement] = []
    pieces: list[str] = []
    line = start = 1
    for piece in _PIECE.findall(text):
        empty = piece.isspace() or piece.startswith("//")
        if not pieces and not empty:
            start = line
        if pieces or not empty:
            pieces.append(piece)
        if piece == ";":
            found.append(Statement(start, "".join(pieces)))
            pieces = []
        line += piece.count("\n")
    if pieces:
        found.append(Statement(start, "".join(pieces).rstrip()))
    return tuple(found)


def nesting_of(text: str) -> int:
    """How deep the brackets of a policy stand inside one another, those in texts and comments left out."""
    depth = deepest = 0
    for piece in _PIECE.findall(text):
        if not piece.startswith(('"', "//")):
            for mark in piece:
                depth += (mark in "([{") - (mark in ")]}")
                deepest = max(deepest, depth)
    return deepest
