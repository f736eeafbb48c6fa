"""Where one model lies in the models directory."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from countenance.storage.durable import write_durably
from countenance.vision.models.entry import ModelEntry
from countenance.vision.models.intake import reading
from countenance.vision.models.workplace import land

PREPARATION = "fold-1"
"""Name and version of what ``prepare`` does; a change that alters any prepared graph takes the next number."""
REGISTERED = "registered"
"""The folder of the models that the user added; a model of the catalogue cannot have this name."""


@dataclass(frozen=True, slots=True)
class PreparedRecord:
    """What stands beside a prepared file: the SHA-256 of the original that it was made from, how, and what came out.

    ``graph`` is the digest of what it computes, ``sha256`` of its bytes; ``batched``: it takes any number of
    faces at once, otherwise one.
    """

    original: str
    preparation: str
    graph: str
    sha256: str
    batched: bool


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one model: the file as published, the prepared one with its record, the acceptance."""

    folder: Path
    form: str = "onnx"

    @classmethod
    def of(cls, directory: Path, entry: ModelEntry) -> Place:
        """The place of ``entry`` in the models directory ``directory``."""
        return cls(directory / REGISTERED / entry.name if entry.registered else directory / entry.name, entry.form)

    @property
    def original(self) -> Path:
        """The file as published, byte for byte."""
        return self.folder / f"original.{self.form}"

    @property
    def prepared(self) -> Path:
        """The file that the runtimes load."""
        return self.folder / f"prepared.{self.form}"

    @property
    def registration(self) -> Path:
        """What the user said of a model of their own."""
        return self.folder / "registration.json"

    @property
    def acceptance(self) -> Path:
        """Who accepted a restricted licence."""
        return self.folder / "acceptance.json"

    @property
    def record(self) -> Path:
        """How the prepared file came about."""
        return self.folder / "prepared.json"

    def read_record(self) -> PreparedRecord | None:
        """The record of the prepared file; None where there is none, or none that can be read as one."""
        try:
            with reading(self.record):
                return PreparedRecord(**json.loads(self.record.read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def put_prepared(self, data: bytes, record: PreparedRecord, arriving: Path) -> None:
        """Land the prepared file, then its record, through the workplace ``arriving``; raises Unwritable.

        A crash between the two leaves a file that its record does not name: it counts as damaged, not as good.
        """
        write_durably(arriving / "prepared", data)
        land(arriving / "prepared", self.prepared)
        write_durably(arriving / "record", json.dumps(asdict(record), indent=1).encode())
        land(arriving / "record", self.record)
