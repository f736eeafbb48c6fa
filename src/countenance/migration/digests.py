"""Digests: how a migration knows a record, an image and a person again without keeping what the source calls them."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from countenance.keys.derive import derive, keyed_digest
from countenance.keys.seal import Seal
from countenance.migration.legacy_record import LegacyImage, LegacyRecord

BYTES = 16
"""Of a digest: enough that two of a billion never meet by chance."""


@dataclass(frozen=True, slots=True)
class Marks:
    """By what an image, or a record without one, is known; see the columns of ``migration_line``."""

    item: bytes
    key: bytes
    place: bytes
    person: bytes | None
    unit: bytes
    said: bytes = b""
    """What the source itself says of basis and retention date; empty in lines of before there was this."""


class Digests:
    """Keyed: who has the database alone can look nothing up in it, and open nothing."""

    def __init__(self, key: bytes) -> None:
        self._digest = derive(key, "migration/digest")
        self._seal = Seal(derive(key, "migration/seal"))

    def source(self, gallery: str, kind: str, name: str) -> bytes:
        """Of one source as it goes into one gallery; whatever folder it lies in."""
        return self._of("source", gallery, kind, name)

    def marks(self, source: bytes, record: LegacyRecord, image: LegacyImage | None, subject: str | None) -> Marks:
        """The marks of an image of a record, or of the record itself."""
        native = record.native_ids[0] if record.native_ids else ("unit", record.unit)
        whose = unicodedata.normalize("NFC", subject) if subject else f"{record.unit}\0{native[1]}"
        scope = source.hex()
        unit, person = self._of("unit", scope, record.unit), self._of("person", scope, whose)
        said = self._of("said", scope, record.basis or "", record.retain_until or "")
        spot = (scope, record.unit, str(record.offset), *native)
        if image is None:
            item = self._of("record", *spot, record.sha256)
            return Marks(item, item, item, person if subject else None, unit, said)
        # Of an image without bytes what was said of it: where it is there one day, it is another one.
        content = (image.verdict or "") if image.data is None else hashlib.sha256(image.data).hexdigest()
        nobody = subject is None and not record.native_ids  # a file that could not be read says of nobody
        return Marks(
            self._of("item", *spot, image.native_id, str(image.offset), content),
            self._of("key", scope, *native, image.native_id, content),
            self._of("place", scope, record.unit, *native, image.native_id),
            None if nobody else person,
            unit,
            said,
        )

    def person(self, source: bytes, name: str) -> bytes:
        """The mark of whoever a source calls by this name."""
        return self._of("person", source.hex(), unicodedata.normalize("NFC", name))

    def close(self, where: Mapping[str, object], run: str) -> bytes:
        """Seal what leads back to a record."""
        return self._seal.close(json.dumps(where).encode("ascii"), f"countenance/migration/v1/{run}".encode())

    def open(self, sealed: bytes, run: str) -> dict[str, str]:
        """The reverse; raises SealBroken."""
        found = json.loads(self._seal.open(sealed, f"countenance/migration/v1/{run}".encode()))
        return {str(key): str(value) for key, value in found.items()}

    def _of(self, *parts: str) -> bytes:
        body = "\0".join(part.replace("\\", "\\\\").replace("\0", "\\0") for part in parts)
        return keyed_digest(self._digest, body.encode("utf-8", "surrogatepass"))[:BYTES]
