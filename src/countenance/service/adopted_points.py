"""The operating points that this house has adopted: files under their digest, a sealed list, an entry in the log each.

Order: the file, the log's entry, the list. A crash in between leaves a file or an entry that is not in force; whoever
adopts again completes it. The list carries a keyed digest, so nobody without the root key puts a threshold in force.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from countenance.ledger.ledger import Ledger
from countenance.storage.durable import write_durably
from countenance.storage.faults import unwritable
from countenance.terms.errors import Malformed, MissingPart, RecipeMismatch, SealBroken, UnknownName, WrongDigest
from countenance.terms.measured_point import ONE_TO_MANY, RATES, MeasuredPoint, read_point
from countenance.terms.recipe import Recipe

LIST = "adopted.json"
MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Adoption:
    """A measured point with the log's entry that says it is in force, and since when (Unix seconds)."""

    point: MeasuredPoint
    entry: str
    at: int


@dataclass(frozen=True, slots=True)
class _Line:
    sha256: str
    entry: str
    at: int


class AdoptedPoints:
    """Read when the house opens; ``adopt`` adds one. Threads may share it."""

    def __init__(self, directory: Path, key: bytes, ledger: Ledger, clock: Callable[[], float]) -> None:
        """Raises SealBroken where the list was changed, WrongDigest where a file was, MissingPart where one is gone."""
        self._directory = directory
        self._key = key
        self._ledger = ledger
        self._clock = clock
        self._lock = threading.Lock()
        self._adoptions = tuple(Adoption(self._read(line.sha256), line.entry, line.at) for line in self._lines())

    @property
    def all(self) -> tuple[Adoption, ...]:
        """Every adoption, the oldest first."""
        return self._adoptions

    def in_force(self, task: str) -> tuple[Adoption, ...]:
        """The newest adoption for each recipe (and for 1:N each size of gallery) of a task."""
        newest = {(a.point.recipe_sha256, a.point.gallery_size): a for a in self._adoptions if a.point.task == task}
        return tuple(newest.values())

    def for_recipe(self, task: str, recipe: Recipe, subjects: int | None = None) -> Adoption | None:
        """The one in force for this recipe; of several sizes the smallest that holds ``subjects``, else the largest.

        None where nothing was adopted for the task. Raises MissingPart where something was, but for other recipes:
        a threshold of another recipe says nothing of these scores.
        """
        known = self.in_force(task)
        fitting = [a for a in known if a.point.recipe_sha256 == recipe.digest]
        if not fitting:
            if not known:
                return None
            raise MissingPart(
                f"the adopted operating point ({RATES[task]}) was measured with another recipe",
                where=f"running {recipe.line}, measured {known[-1].point.recipe}",
                remedy="Measure this recipe (countenance evaluate) and adopt what it gives, or run the measured one.",
            )
        if task != ONE_TO_MANY or subjects is None:
            return fitting[-1]
        by_size = sorted(fitting, key=lambda a: a.point.gallery_size or 0)
        return next((a for a in by_size if (a.point.gallery_size or 0) >= subjects), by_size[-1])

    def find(self, name: str) -> Adoption:
        """The newest adoption of this id, or of a digest that begins so; raises UnknownName."""
        for adoption in reversed(self._adoptions):
            if name == adoption.point.id or (len(name) >= 8 and adoption.point.sha256.startswith(name)):
                return adoption
        raise UnknownName("no such operating point was adopted", where=name[:80])

    def adopt(self, data: bytes, recipe: Recipe, *, principal: str, reason: str = "") -> Adoption:
        """Put a measured point in force, durably and with an entry in the log.

        Raises Malformed where it is no operating point or its rule does not hold, RecipeMismatch unless it was
        measured with ``recipe``, the running one.
        """
        if len(data) > MAX_BYTES:
            raise Malformed("this file is too large for an operating point")
        point = read_point(data)
        if point.recipe_sha256 != recipe.digest:
            raise RecipeMismatch(
                "this operating point was measured with another recipe than the one that runs here",
                where=f"running {recipe.line}, measured {point.recipe}",
                remedy="Measure the running recipe: countenance evaluate.",
            )
        with self._lock:
            at = int(self._clock())
            self._write(f"{point.sha256}.json", data)
            entry = self._ledger.record(
                "point",
                {"ev": "adopted", "of": RATES[point.task].lower(), "sha": point.sha256},
                {"at": at, "principal": principal, "reason": reason or None},
            )
            made = Adoption(point, entry, at)
            self._write(LIST, self._sealed((*self._adoptions, made)))
            self._adoptions = (*self._adoptions, made)
        return made

    def _write(self, name: str, data: bytes) -> None:
        try:
            self._directory.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise unwritable(error, self._directory) from error
        write_durably(self._directory / name, data, mode=0o600)

    def _sealed(self, adoptions: tuple[Adoption, ...]) -> bytes:
        lines = [asdict(_Line(a.point.sha256, a.entry, a.at)) for a in adoptions]
        return (json.dumps({"adopted": lines, "mac": self._mac(lines)}, sort_keys=True, indent=1) + "\n").encode()

    def _mac(self, lines: list[dict[str, Any]]) -> str:
        said = json.dumps(lines, sort_keys=True, separators=(",", ":")).encode()
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()

    def _lines(self) -> list[_Line]:
        path = self._directory / LIST
        try:
            held = json.loads(path.read_bytes())
            lines = held["adopted"]
            whole = hmac.compare_digest(self._mac(lines), str(held["mac"]))
            read = [_Line(**line) for line in lines]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise unwritable(error, path) from error
        except (ValueError, KeyError, TypeError):
            whole, read = False, []
        if not whole:
            raise SealBroken(
                "the list of adopted operating points was changed by somebody else",
                where=str(path),
                remedy="Restore it from a backup; or move it away, and adopt again.",
            )
        return read

    def _read(self, sha256: str) -> MeasuredPoint:
        path = self._directory / f"{sha256}.json"
        try:
            data = path.read_bytes()
        except OSError as error:
            raise MissingPart(
                "an adopted operating point is gone", where=str(path), remedy="Restore it from a backup."
            ) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise WrongDigest("an adopted operating point was changed", where=str(path), remedy="Restore it.")
        return read_point(data, str(path))
