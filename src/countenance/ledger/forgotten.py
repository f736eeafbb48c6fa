"""The list of what was forgotten, kept beside the anchor, so that a backup that comes back forgets it again.

A backup of the vault is older than the erasures since. They are in the log, but which entries they were is sealed in
the vault that was lost. The list holds ids of entries alone: random words, which say nothing of anybody.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from countenance.storage.lines import append_line, read_lines


@dataclass(frozen=True, slots=True)
class Forgotten:
    """One erasure: of ``entries`` (all their detail where ``fields`` is empty), or of all months before ``before``."""

    entries: tuple[str, ...]
    fields: tuple[str, ...] = ()
    before: int | None = None


def list_beside(anchor: Path) -> Path:
    """Where the list of this anchor's log lies."""
    return anchor.with_name(anchor.name + ".forgotten")


def add_forgotten(path: Path, entries: Collection[str], fields: Collection[str], before: int | None = None) -> None:
    """Append one erasure durably; raises Unwritable. Entries are written before their detail is destroyed."""
    words = [f"before={before}"] if before is not None else []
    append_line(path, " ".join([*words, *(f"field={name}" for name in sorted(fields)), *sorted(entries)]))


def read_forgotten(path: Path) -> list[Forgotten]:
    """Every erasure, oldest first; empty where there is no list. A torn last line is one that was not done."""
    found = []
    for line in read_lines(path):
        named = [word for word in line.split(" ") if word]
        before = [int(w.removeprefix("before=")) for w in named if w.startswith("before=")]
        fields = tuple(w.removeprefix("field=") for w in named if w.startswith("field="))
        found.append(Forgotten(tuple(w for w in named if "=" not in w), fields, before[0] if before else None))
    return found
