"""The models directory: which models are there, and the prepared files that may be loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from countenance.terms.errors import BrokenTrust, MissingPart, WrongDigest
from countenance.vision.models import acceptance
from countenance.vision.models.catalogue import Catalogue
from countenance.vision.models.entry import ModelEntry
from countenance.vision.models.intake import digest_of, meets, reading
from countenance.vision.models.origin import Pin, Wanted
from countenance.vision.models.place import PREPARATION, Place, PreparedRecord
from countenance.vision.models.progress import SILENT, Progress
from countenance.vision.models.registered import registered_models


class State(StrEnum):
    """How far a model has come."""

    ABSENT = "absent"
    FETCHED = "fetched"
    """The published file is there and is the pinned one; it is prepared at first use."""
    PREPARED = "prepared"
    DAMAGED = "damaged"
    """A file is there that is not what its pin or record says."""


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """``detail`` says in words what is missing or wrong (may be empty); ``accepted`` is None where nobody need."""

    entry: ModelEntry
    state: State
    folder: Path
    detail: str = ""
    accepted: acceptance.Acceptance | None = None


class ModelStore:
    """The models under ``directory``.

    Trusted as far as the operating system guards the directory: each load checks the prepared file against its
    record, and against the catalogue's pin where there is one, so a changed file is never loaded silently; who
    can write here can add a model of their own, but under another digest, which every template carries.
    """

    def __init__(self, directory: Path, catalogue: Catalogue | None = None) -> None:
        self.directory = directory
        self._stated = catalogue or Catalogue.load()
        self.catalogue = self._stated.with_registered(registered_models(directory))

    def fetch(self, names: Sequence[str], progress: Progress = SILENT) -> None:
        """Fetch and prepare these models; what is there and sound costs only its check, what is damaged is renewed.

        Raises UnknownName, MissingPart (no origin reached, or a licence not accepted), WrongDigest, Unwritable.
        """
        from countenance.vision.models.bring import bring  # noqa: PLC0415 - only fetching needs the network's modules

        entries = [self.catalogue.model(name) for name in names]
        for entry in entries:
            acceptance.require_acceptance(self._place(entry), entry)
        wanted = [Wanted(f"the model {e.name}", self._pin(e), e.origins, self._place(e).original) for e in entries]
        bring(wanted, self.directory, progress)
        for entry in entries:
            if self._fault(entry) is not None:
                self._prepare(entry, progress)

    def take(self, name: str, file: Path, progress: Progress = SILENT) -> None:
        """Like ``fetch``, from a file that the user has: the way without a network. It must meet the pin."""
        from countenance.vision.models.bring import take_copy  # noqa: PLC0415 - as in fetch

        entry = self.catalogue.model(name)
        acceptance.require_acceptance(self._place(entry), entry)
        take_copy(file, Wanted(name, self._pin(entry), (), self._place(entry).original), self.directory, progress)
        self._prepare(entry, progress)

    def accept(self, name: str, *, who: str, when: int) -> acceptance.Acceptance:
        """Record that ``who`` accepts the restricted licence of a model at ``when`` (Unix seconds)."""
        entry = self.catalogue.model(name)
        return acceptance.accept(self._place(entry), entry, who=who, when=when)

    def status(self, name: str) -> ModelStatus:
        """What is there of a model, each file hashed; raises UnknownName."""
        entry = self.catalogue.model(name)
        place = self._place(entry)
        accepted = acceptance.read_acceptance(place, entry.licence)
        state, detail = self._state(entry)
        return ModelStatus(entry, state, place.folder, detail, accepted)

    def verify(self, name: str) -> ModelStatus:
        """Check everything of a model: the published file, the prepared one, and what it computes.

        Raises MissingPart where it is not there, WrongDigest where anything is not what it should be.
        """
        from countenance.vision.models.graph_digest import file_digest  # noqa: PLC0415 - protobuf is needed only here

        status = self.status(name)
        match status.state:
            case State.ABSENT:
                raise self._absent(status.entry)
            case State.DAMAGED:
                raise self._damaged(status.entry, status.detail)
            case State.PREPARED:
                record, place = self.record(name), self._place(status.entry)
                if file_digest(place.prepared) != record.graph:
                    raise self._damaged(status.entry, "its prepared file does not compute what its record says")
            case State.FETCHED:
                pass
        return status

    def prepared(self, name: str) -> Path:
        """The prepared file of a model, its digest checked just now; raises MissingPart, WrongDigest."""
        entry = self.catalogue.model(name)
        place = self._place(entry)
        acceptance.require_acceptance(place, entry)
        if self._record(entry) is None:
            if not place.original.exists():
                raise self._absent(entry)
            self._prepare(entry, SILENT)  # a newer version prepares anew what an older one fetched
        fault = self._fault(entry)
        if fault is not None:
            raise self._damaged(entry, fault)
        return place.prepared

    def record(self, name: str) -> PreparedRecord:
        """How a model was prepared; raises MissingPart where it is not prepared by this version."""
        entry = self.catalogue.model(name)
        record = self._record(entry)
        if record is None:
            raise self._absent(entry)
        return record

    def register(self, recipe: Path, model: Path, *, who: str, when: int, progress: Progress = SILENT) -> ModelEntry:
        """Add the user's own ONNX recogniser by a recipe file; see ``registration``. The catalogue then has it."""
        from countenance.vision.models.registration import register  # noqa: PLC0415 - protobuf is needed only here

        entry = register(recipe, model, self.directory, self.catalogue, who=who, when=when, progress=progress)
        self.catalogue = self._stated.with_registered(registered_models(self.directory))
        return entry

    def _place(self, entry: ModelEntry) -> Place:
        return Place.of(self.directory, entry)

    def _pin(self, entry: ModelEntry) -> Pin:
        if entry.pin is None:
            raise MissingPart(
                f"the digest of {entry.name} is not known, so it cannot be fetched",
                where=entry.source,
                remedy="Register your own copy: countenance models add RECIPE.toml FILE.onnx",
            )
        return entry.pin

    def _state(self, entry: ModelEntry) -> tuple[State, str]:
        place = self._place(entry)
        if entry.pin is None:
            return State.ABSENT, "digest not known: register your own copy with `countenance models add`"
        if not place.original.exists():
            return State.ABSENT, ""
        if not meets(place.original, entry.pin):
            return State.DAMAGED, f"{place.original} is not the pinned file"
        if self._record(entry) is None:
            return State.FETCHED, "not prepared yet"
        fault = self._fault(entry)
        return (State.PREPARED, "") if fault is None else (State.DAMAGED, fault)

    def _record(self, entry: ModelEntry) -> PreparedRecord | None:
        """The record of what this version prepares from the pinned file; an older one counts as none."""
        record = self._place(entry).read_record()
        if record is None or entry.pin is None:
            return None
        return record if (record.original, record.preparation) == (entry.pin.sha256, PREPARATION) else None

    def _fault(self, entry: ModelEntry) -> str | None:
        """What is wrong with the prepared file, None where it may be loaded.

        The record alone is believed only where the catalogue pins nothing. Where it does, the bytes must be the
        pinned ones, or compute the pinned graph: another version of the serialiser may write them differently.
        """
        record, path = self._record(entry), self._place(entry).prepared
        if record is None:
            return "it is not prepared"
        try:
            found = digest_of(path)
        except FileNotFoundError:
            return f"{path} is gone"
        if found != record.sha256:
            return f"{path} was changed: expected SHA-256 {record.sha256}, got {found}"
        pinned = entry.prepared
        if pinned is None or (record.graph == pinned.graph and found == pinned.sha256):
            return None
        from countenance.vision.models.graph_digest import file_digest  # noqa: PLC0415 - protobuf is needed only here

        graph = file_digest(path)
        return None if graph == pinned.graph else f"{path} computes another graph: expected {pinned.graph}, got {graph}"

    def _prepare(self, entry: ModelEntry, progress: Progress) -> None:
        from countenance.vision.models.prepare import prepare  # noqa: PLC0415 - protobuf is needed only here
        from countenance.vision.models.workplace import workplace  # noqa: PLC0415

        pin, place = self._pin(entry), self._place(entry)
        with workplace(self.directory, progress) as arriving:
            with reading(place.original):
                original = place.original.read_bytes()
            if hashlib.sha256(original).hexdigest() != pin.sha256:
                raise self._damaged(entry, f"{place.original} is not the pinned file")
            progress.phase(f"preparing {entry.name}", None)
            made = prepare(original, entry)
            if entry.prepared is not None and made.graph != entry.prepared.graph:
                raise WrongDigest(
                    f"preparing {entry.name} gave another graph: expected {entry.prepared.graph}, got {made.graph}",
                    remedy="This installation is damaged or changed; install the locked dependencies anew.",
                )
            sha256 = hashlib.sha256(made.data).hexdigest()
            record = PreparedRecord(pin.sha256, PREPARATION, made.graph, sha256, made.batched)
            place.put_prepared(made.data, record, arriving)

    def _absent(self, entry: ModelEntry) -> MissingPart:
        return MissingPart(
            f"the model {entry.name} is not here",
            where=str(self._place(entry).folder),
            remedy=f"Fetch it: countenance models fetch {entry.name}",
        )

    def _damaged(self, entry: ModelEntry, detail: str) -> BrokenTrust:
        remedy = "Register it again." if entry.registered else f"Fetch it anew: countenance models fetch {entry.name}"
        return WrongDigest(f"the model {entry.name} is damaged: {detail}", remedy=remedy)
