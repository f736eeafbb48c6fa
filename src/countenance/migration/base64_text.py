"""Base64 in an XML file: either alphabet, white space anywhere, and nothing else."""

from __future__ import annotations

import base64
import binascii

_OTHER_ALPHABET = str.maketrans("-_", "+/")


def unwrapped(text: str) -> bytes | None:
    """The bytes; None where the text is no Base64 (RFC 4648, 4 and 5; padding may be missing)."""
    packed = "".join(text.split()).translate(_OTHER_ALPHABET).rstrip("=")
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
