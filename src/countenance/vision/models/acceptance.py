"""Accept a restricted licence: who did, when, and exactly what it said."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from countenance.storage.durable import write_durably
from countenance.terms.errors import MissingPart
from countenance.vision.models.entry import Licence, ModelEntry
from countenance.vision.models.intake import reading, writing
from countenance.vision.models.place import Place


@dataclass(frozen=True, slots=True)
class Acceptance:
    """``who`` is the operating system's user, ``when`` Unix seconds; ``licence`` is the digest of what was shown."""

    model: str
    who: str
    when: int
    spdx: str
    text: str
    licence: str


def licence_digest(licence: Licence) -> str:
    """SHA-256 (hex) of ``spdx\\ntext``: another wording needs another acceptance."""
    return hashlib.sha256(f"{licence.spdx}\n{licence.text}".encode()).hexdigest()


def accept(place: Place, entry: ModelEntry, *, who: str, when: int) -> Acceptance:
    """Record that ``who`` accepts the licence as the catalogue states it; durable on return. Raises Unwritable."""
    licence = entry.licence
    acceptance = Acceptance(entry.name, who, when, licence.spdx, licence.text, licence_digest(licence))
    with writing(place.folder):
        place.folder.mkdir(parents=True, exist_ok=True)
    write_durably(place.acceptance, json.dumps(asdict(acceptance), indent=1, ensure_ascii=False).encode())
    return acceptance


def read_acceptance(place: Place, licence: Licence) -> Acceptance | None:
    """The acceptance of this licence in these words, if there is one."""
    try:
        with reading(place.acceptance):
            acceptance = Acceptance(**json.loads(place.acceptance.read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return acceptance if acceptance.licence == licence_digest(licence) else None


def require_acceptance(place: Place, entry: ModelEntry) -> None:
    """Raises MissingPart where the licence is restricted and nobody has accepted it here."""
    if entry.licence.restricted and read_acceptance(place, entry.licence) is None:
        raise MissingPart(
            f"the licence of {entry.name} is restricted and has not been accepted here: "
            f"{entry.licence.spdx}: {entry.licence.text}",
            where=str(place.acceptance),
            remedy=f"If it covers your use: countenance models accept {entry.name} "
            "(who accepted, when, and which words is recorded).",
        )
