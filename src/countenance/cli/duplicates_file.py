"""The file of duplicates: what was found so far, a line a block, and how far that is."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from countenance.service.duplicates import Block, Pair
from countenance.storage.faults import unwritable
from countenance.terms.errors import Malformed


@dataclass(slots=True)
class DuplicatesFile:
    """JSON lines: a head with the gallery, then a block each, durable before the next one is begun.

    Of a block whose writing was cut off nothing is kept: it is compared again.
    """

    path: Path
    gallery: str
    last: str = ""
    references: int = 0
    threshold: float | None = None
    pairs: list[Pair] = field(default_factory=list)

    @classmethod
    def open(cls, path: Path, gallery: str) -> DuplicatesFile:
        """New, or to be continued; raises Malformed where it is of another gallery or something else, Unwritable."""
        made, head = cls(path, gallery), {"duplicates": gallery}
        try:
            text = path.read_bytes() if path.exists() else b""
            whole = text[: text.rfind(b"\n") + 1]
            try:
                said = [json.loads(line) for line in whole.splitlines()]
                if said[:1] not in ([], [head]) or (text and not said):
                    raise Malformed("this file is of something else", where=str(path), remedy="Name another --out.")
                for block in said[1:]:
                    made._take(block)
            except (ValueError, TypeError, KeyError) as error:
                raise Malformed("this file does not hold duplicates", where=str(path)) from error
            if len(whole) < len(text):
                os.truncate(path, len(whole))
            if not text:
                made._append(head)
        except OSError as error:
            raise unwritable(error, path) from error
        return made

    def add(self, block: Block) -> None:
        """Write a block; durable on return. Raises Malformed where the operating point is another than before."""
        threshold = round(block.operating_point.threshold, 6)
        if self.threshold not in (None, threshold):
            raise Malformed(
                "the operating point is another than when this was begun",
                where=str(self.path),
                remedy="Begin anew with another --out.",
            )
        said = {
            "last": block.last,
            "references": block.references,
            "threshold": threshold,
            "entry": block.receipt.entry,
            "pairs": [asdict(pair) for pair in block.pairs],
        }
        try:
            self._append(said)
        except OSError as error:
            raise unwritable(error, self.path) from error
        self._take(said)

    def best(self) -> list[Pair]:
        """Of each two subjects the pair with the highest score, highest first."""
        found: dict[tuple[str, str], Pair] = {}
        for pair in self.pairs:
            known = found.get((pair.first, pair.second))
            if known is None or pair.score > known.score:
                found[pair.first, pair.second] = pair
        return sorted(found.values(), key=lambda pair: (-pair.score, pair.first, pair.second))

    def _take(self, block: dict[str, Any]) -> None:
        self.last, self.threshold = block["last"], block["threshold"]
        self.references += block["references"]
        self.pairs += [Pair(**pair) for pair in block["pairs"]]

    def _append(self, said: dict[str, Any]) -> None:
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(json.dumps(said, sort_keys=True).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
