"""Export a gallery: all that there is of it, for another house, in one file that is sealed and signed."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from countenance.gallery.carrying import Carried
from countenance.gallery.sealing import ProofElsewhere
from countenance.keys.erasure_list import Withdrawn
from countenance.keys.sealed_stream import write_stream
from countenance.keys.signing import SigningKey
from countenance.ledger.ledger import NotYet
from countenance.ledger.outcome import OutcomeResult
from countenance.service.ages import ages_of, is_minor, visible
from countenance.service.asking import Asking, Refused
from countenance.service.proofs_elsewhere import admissions, proof_of
from countenance.service.rooms import Rooms
from countenance.storage.durable import sync_directory
from countenance.storage.faults import unwritable
from countenance.terms.action import Action
from countenance.terms.errors import NameTaken
from countenance.terms.gallery import Gallery, Subject
from countenance.terms.receipt import Receipt

VERSION = "1"
"""Of the records in it; docs/migrate.md names their fields."""

MANY = 1024
"""Proofs that are remembered while the file is made: an entry may have admitted hundreds."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What is in the file; ``digest`` (SHA-256, hex) is what was signed: all of it but the signature."""

    gallery: Gallery
    digest: str
    subjects: int
    references: int
    withdrawals: int
    proved: int
    """References with the proof of the entry that admitted them here."""
    waiting: int
    """Those whose entry's epoch is not published yet; what the log says nothing of any more is neither."""
    receipt: Receipt


def export_gallery(
    rooms: Rooms,
    asking: Asking,
    *,
    gallery: str,
    out: Path,
    passphrase: str,
    signing_key: SigningKey,
    recipient: str = "",
) -> Exported | Refused:
    """Write the gallery of this name to the new file ``out``, of mode 0600; durable when it returns.

    It is two acts: who takes a whole gallery out must be permitted to manage it, which reaches who is kept out of it,
    and to export. The file has its name only once the log has the outcome. Raises UnknownName, NameTaken, Malformed,
    Unwritable, SealBroken.
    """
    place = rooms.galleries.find(gallery)
    if out.exists():
        raise NameTaken("there is a file here already", where=str(out), remedy="Name one that is not there yet.")
    kept_out = rooms.gate.manage(asking, place, lambda receipt: rooms.galleries.withdrawals.out(receipt, place))
    if isinstance(kept_out, Refused):
        return kept_out
    left, _ = kept_out
    passage = rooms.gate.ask(asking, Action.EXPORT, gallery=place, samples=(), bound=0)
    if isinstance(passage, Refused):
        return passage
    making = out.with_name(f".{out.name}.making")
    with passage:
        records = _Records(rooms, place, passage.receipt, left)
        said = {"version": VERSION, "origin": passage.receipt.log}
        try:
            making.unlink(missing_ok=True)
            with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                digest = write_stream(file, said, records.lines(), passphrase, signing_key)
                file.flush()
                os.fsync(file.fileno())
            told = f"{recipient or 'whoever has the passphrase'}: SHA-256 {digest}"
            passage.conclude(OutcomeResult.DONE, count=records.references, recipient=told)
            making.rename(out)
            sync_directory(out.parent)
        except OSError as error:
            raise unwritable(error, out) from error
        finally:
            making.unlink(missing_ok=True)
        return Exported(
            place,
            digest,
            records.subjects,
            records.references,
            len(left[1]),
            records.proved,
            records.waiting,
            passage.receipt,
        )


class _Records:
    """The lines of the file, made one after the other, and how many they were."""

    def __init__(
        self, rooms: Rooms, gallery: Gallery, receipt: Receipt, left: tuple[list[bytes], list[Withdrawn]]
    ) -> None:
        self._rooms, self._gallery, self._receipt, self._left = rooms, gallery, receipt, left
        self.subjects = self.references = self.proved = self.waiting = 0
        self._proof_of = lru_cache(MANY)(partial(proof_of, rooms.gate.ledger))

    def lines(self) -> Iterator[bytes]:
        """Each one JSON object, its kind under ``record``; a recipe comes before the first template by it."""
        for record in self._all():
            yield json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n"

    def _all(self) -> Iterator[dict[str, Any]]:
        ledger, place = self._rooms.gate.ledger, self._gallery
        yield {
            "record": "gallery",
            "name": place.name,
            "keep": place.keep.value,
            "ages": ages_of(place).value,
            "metadata": visible(place.metadata),
            "space": place.space,
            "created": place.created,
            "exported": int(self._rooms.clock()),
            "receipt": self._receipt.to_json(),
        }
        keys, withdrawals = self._left
        yield from ({"record": "withdrawal_key", "key": each.hex()} for each in keys)
        for one in withdrawals:
            digests = [each.hex() for each in one.digests]
            yield {"record": "withdrawal", "id": one.id, "since": one.at, "digests": digests}
        told = set[str]()
        for person, theirs in self._rooms.galleries.carrying.out(self._receipt, place):
            self.subjects += 1
            yield _subject(person)
            admitted = admissions(ledger, place, person) if theirs else {}
            for each in theirs:
                for recipe in each.templates:
                    if recipe.digest not in told:
                        told.add(recipe.digest)
                        yield {"record": "recipe", "digest": recipe.digest, "recipe": asdict(recipe)}
                self.references += 1
                yield _reference(each, self._proofs(each, admitted.get(each.reference.sample_digest)))
        proof = ledger.proof(self._receipt.entry)
        yield {
            "record": "end",
            "subjects": self.subjects,
            "references": self.references,
            "proof": proof if isinstance(proof, str) else None,
        }

    def _proofs(self, one: Carried, entry: str | None) -> list[dict[str, str]]:
        """The old ones, and this log's."""
        proofs, own = list(one.proofs), None if entry is None else self._proof_of(entry)
        if isinstance(own, ProofElsewhere):
            self.proved += 1
            proofs.append(own)
        self.waiting += isinstance(own, NotYet)
        return [each._asdict() for each in proofs]


def _subject(person: Subject) -> dict[str, Any]:
    return {
        "record": "subject",
        "id": person.id,
        "name": person.name,
        "former": list(person.former),
        "metadata": visible(person.metadata),
        "minor": is_minor(person),
        "basis": person.basis,
        "retain_until": person.retain_until,
        "created": person.created,
    }


def _reference(one: Carried, proofs: list[dict[str, str]]) -> dict[str, Any]:
    about, look = one.reference, one.reference.look
    return {
        "record": "reference",
        "id": about.id,
        "sample": about.sample_digest,
        "face": about.face,
        "recipe": about.recipe,
        "quality": about.quality,
        "created": about.created,
        "metadata": about.metadata,
        "ids": list(about.ids),
        "look": None if look is None else [look.pixels, f"{look.form:x}"],
        "kept": about.kept.value,
        "picture": None if one.picture is None else _text(one.picture),
        "templates": {of.digest: _text(each.astype("<f4").tobytes()) for of, each in one.templates.items()},
        "proofs": proofs,
    }


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
