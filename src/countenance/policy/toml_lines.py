"""Find on which line of a TOML file each table and key stands; ``tomllib`` does not say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Path = tuple[str, ...]
"""A place in the document: table names, array indices as decimal text, then the key."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def locate(text: str) -> dict[Path, int]:
    """Lines, from 1, of every table header and key of a document that ``tomllib`` has accepted.

    What stands inside an inline table is found at the line of the key that holds it.
    """
    walk = _Walk()
    for number, line in enumerate(text.split("\n"), 1):
        walk.take(number, line)
    return walk.lines


def line_of(lines: dict[Path, int], path: Path) -> int:
    """The line of ``path``, or of the nearest table around it that has one, or 1."""
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return 1


@dataclass(slots=True)
class _Walk:
    lines: dict[Path, int] = field(default_factory=dict)
    table: Path = ()
    counts: dict[Path, int] = field(default_factory=dict)
    quote: str = ""
    depth: int = 0

    def take(self, number: int, line: str) -> None:
        if self.quote or self.depth:
            self._skip_value(line)
            return
        stripped = line.strip()
        if stripped.startswith("[["):
            path = _keys(stripped[2:])[0]
            index = self.counts.get(path, -1) + 1
            self.counts[path] = index
            self.table = (*self._inside(path), str(index))
            self.lines[self.table] = number
        elif stripped.startswith("["):
            self.table = self._inside(_keys(stripped[1:])[0])
            self.lines.setdefault(self.table, number)
        elif stripped and not stripped.startswith("#"):
            path, end = _keys(stripped)
            for depth in range(1, len(path) + 1):
                self.lines.setdefault((*self.table, *path[:depth]), number)
            self._skip_value(stripped[end:].lstrip().removeprefix("="))

    def _inside(self, path: Path) -> Path:
        """A header below an array of tables speaks of its latest element."""
        real: Path = ()
        for end in range(1, len(path) + 1):
            real = (*real, path[end - 1])
            if path[:end] in self.counts and end < len(path):
                real = (*real, str(self.counts[path[:end]]))
        return real

    def _skip_value(self, rest: str) -> None:
        """Follow quotes and brackets, so that a value of many lines is not read as keys."""
        at = 0
        while at < len(rest):
            if self.quote:
                if rest[at] == "\\" and self.quote.startswith('"'):
                    at += 2
                elif rest.startswith(self.quote, at):
                    at += len(self.quote)
                    self.quote = ""
                else:
                    at += 1
                continue
            mark = rest[at]
            if mark == "#":
                break
            if mark in "\"'":
                self.quote = mark * 3 if rest.startswith(mark * 3, at) else mark
                at += len(self.quote)
                continue
            self.depth += (mark in "[{") - (mark in "]}")
            at += 1
        if len(self.quote) == 1:
            self.quote = ""


def _keys(text: str) -> tuple[Path, int]:
    """Read a dotted key at the start of ``text``: its parts and where it ends."""
    parts: list[str] = []
    at = 0
    while at < len(text):
        if text[at] in " \t.":
            at += 1
        elif text[at] in "\"'":
            end = text.find(text[at], at + 1)
            end = len(text) if end < 0 else end
            parts.append(text[at + 1 : end])
            at = end + 1
        elif found := _BARE.match(text, at):
            parts.append(found.group())
            at = found.end()
        else:
            break
    return tuple(parts), at
