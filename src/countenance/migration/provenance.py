"""Provenance: what a reference keeps of where it comes from, and what leads a person back to a record."""

from __future__ import annotations

from collections.abc import Mapping

from countenance.migration.legacy_record import LegacyImage, LegacyRecord

ITEM = "migration.item"
"""The key of a reference's metadata by which a crash does not make it a stranger."""
IDS = 8
"""Of a record's ids that are kept."""
_PLACES = frozenset({"path", "row", "unit"})
_OWN = frozenset({"id"})
KEYS = 48
"""Of a record's metadata; a reference keeps 64, some of which are ours."""


def provenance(record: LegacyRecord, image: LegacyImage, item: str) -> dict[str, str]:
    """The metadata of a reference, sealed with it and erased with it."""
    kept: dict[str, str | None] = {
        ITEM: item,
        "migration.source": record.source,
        "migration.unit": record.unit,
        "migration.image": image.native_id,
        "migration.offset": str(record.offset + image.offset) if image.offset else None,
        "migration.file-sha256": record.sha256 or None,
        "captured": image.captured,
        **{f"migration.id.{kind}": value for kind, value in record.native_ids[:IDS]},
        **dict(list(_trimmed(record.metadata).items())[:KEYS]),
    }
    return {key: value for key, value in kept.items() if value}


def ids_of(record: LegacyRecord, source: str) -> tuple[str, ...]:
    """By what a withdrawal knows the record again; ``source`` is what the source is called.

    Where a record lies is none of it, and a number that the source gave itself is its own alone.
    """
    told = [
        f"{kind}:{source}/{value}" if kind in _OWN else f"{kind}:{value}"
        for kind, value in record.native_ids
        if value and kind not in _PLACES
    ]
    return tuple(each.replace("\0", "") for each in told[:IDS])


def where(record: LegacyRecord, image: LegacyImage | None, detail: str) -> dict[str, object]:
    """Where the record of something that did not come in lies in its source; to be sealed."""
    return {
        "unit": record.unit,
        "ids": " ".join(f"{kind}:{value}" for kind, value in record.native_ids[:4]),
        "image": "" if image is None else image.native_id,
        "offset": record.offset,
        "detail": detail[:200],
    }


def _trimmed(metadata: Mapping[str, str]) -> dict[str, str]:
    return {key: value[:1024] for key, value in metadata.items() if not key.startswith(("migration.", "countenance."))}
