"""Metadata: free text by key, of a gallery, a subject or a reference."""

from __future__ import annotations

from collections.abc import Mapping

from countenance.gallery.names import check_name
from countenance.terms.errors import Malformed

MAX_METADATA_KEYS = 64
MAX_METADATA_BYTES = 81_920
"""Keys and values together in UTF-8: 16 Ki characters of the longest kind, and 16 KiB for all else."""


def check_metadata(metadata: Mapping[str, str]) -> None:
    """Raise Malformed where it is too much, or not text."""
    size = 0
    for key, value in metadata.items():
        check_name(key, "a metadata key")
        try:
            size += len(key.encode("utf-8")) + len(value.encode("utf-8"))
        except UnicodeEncodeError:
            raise Malformed(f"the metadata value of {key!r} is not Unicode text") from None
    if len(metadata) > MAX_METADATA_KEYS or size > MAX_METADATA_BYTES:
        raise Malformed(
            f"metadata has at most {MAX_METADATA_KEYS} keys and {MAX_METADATA_BYTES} bytes; "
            f"got {len(metadata)} keys and {size} bytes"
        )


def merged(known: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """``known`` with the given keys set, and those that are None taken out; raises Malformed."""
    made = {**known, **changes}
    kept = {key: value for key, value in made.items() if value is not None}
    check_metadata(kept)
    return kept
