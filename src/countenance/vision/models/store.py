"""The models directory: which models are there, and the prepared files that may be loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from countenance.terms.errors import MissingPart, WrongDigest
from countenance.vision.models.bring import bring, workplace
from countenance.vision.models.catalogue import Catalogue
from countenance.vision.models.entry import ModelEntry
from countenance.vision.models.intake import digest_of, meets
from countenance.vision.models.landing import land_bytes
from countenance.vision.models.origin import Pin, Wanted
from countenance.vision.models.progress import SILENT, Progress

PREPARATION = "fold-1"


@dataclass(frozen=True, slots=True)
class PreparedRecord:
    """What stands beside a prepared file: from which original it was made, how, and its digests."""

    original: str
    preparation: str
    graph: str
    sha256: str
    batched: bool


class ModelStore:
    """Model files under ``directory``. Trusted after the check of each file's digest at every load."""

    def __init__(self, directory: Path, catalogue: Catalogue | None = None) -> None:
        self.directory = directory
        self.catalogue = catalogue or Catalogue.load()

    def fetch(self, names: Sequence[str], progress: Progress = SILENT) -> None:
        """Fetch and prepare these models; those that are there already cost nothing."""
        entries = [self.catalogue.model(name) for name in names]
        wanted = [Wanted(e.title, self._pin(e), e.origins, self._original(e)) for e in entries]
        bring(wanted, self.directory, progress)
        for entry in entries:
            if self._record(entry) is None:
                self._prepare(entry, progress)

    def prepared(self, name: str) -> Path:
        """The prepared file of a model, its digest checked just now; raises MissingPart, WrongDigest."""
        entry = self.catalogue.model(name)
        record = self._record(entry)
        if record is None:
            if not self._original(entry).exists():
                raise self._absent(entry)
            record = self._prepare(entry, SILENT)
        path = self._place(entry) / "prepared.onnx"
        found = digest_of(path)
        if found != record.sha256:
            raise WrongDigest(
                f"the prepared file of {name} was changed: expected SHA-256 {record.sha256}, got {found}",
                where=str(path),
                remedy=f"Make it anew: countenance models fetch {name}",
            )
        return path

    def record(self, name: str) -> PreparedRecord:
        """How a model was prepared; raises MissingPart where it is not prepared."""
        entry = self.catalogue.model(name)
        record = self._record(entry)
        if record is None:
            raise self._absent(entry)
        return record

    def _absent(self, entry: ModelEntry) -> MissingPart:
        return MissingPart(
            f"the model {entry.name} is not here",
            where=str(self._place(entry)),
            remedy=f"Fetch it: countenance models fetch {entry.name}",
        )

    def _place(self, entry: ModelEntry) -> Path:
        return self.directory / entry.name

    def _original(self, entry: ModelEntry) -> Path:
        return self._place(entry) / "original.onnx"

    def _pin(self, entry: ModelEntry) -> Pin:
        if entry.pin is None:
            raise MissingPart(f"{entry.name}: hash not known", remedy="Register your own copy: countenance models add")
        return entry.pin

    def _record(self, entry: ModelEntry) -> PreparedRecord | None:
        try:
            record = PreparedRecord(**json.loads((self._place(entry) / "prepared.json").read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        current = record.original == self._pin(entry).sha256 and record.preparation == PREPARATION
        return record if current else None

    def _prepare(self, entry: ModelEntry, progress: Progress) -> PreparedRecord:
        from countenance.vision.models.prepare import PREPARATION, prepare  # noqa: PLC0415 - onnx is slow to import

        pin, original = self._pin(entry), self._original(entry)
        if not meets(original, pin):
            raise WrongDigest(f"{entry.name} is not the pinned file", where=str(original))
        progress.phase(f"preparing {entry.name}", None)
        made = prepare(original.read_bytes(), entry)
        record = PreparedRecord(
            pin.sha256, PREPARATION, made.graph, hashlib.sha256(made.data).hexdigest(), made.batched
        )
        with workplace(self.directory, progress) as place:
            land_bytes(made.data, place / "prepared", self._place(entry) / "prepared.onnx")
            land_bytes(
                json.dumps(asdict(record), indent=1).encode(), place / "record", self._place(entry) / "prepared.json"
            )
        return record
