"""Names that people give: which ones can be used, and when two are the same."""

from __future__ import annotations

import unicodedata

from countenance.terms.errors import Malformed

MAX_NAME = 256


def check_name(name: str, what: str) -> None:
    """Raise Malformed unless ``name`` is 1 to 256 printable characters without blanks at its ends.

    A file name that is not UTF-8 reaches Python with lone surrogates (PEP 383); they are not printable.
    """
    if not name or name != name.strip() or not name.isprintable():
        raise Malformed(
            f"{what} is printable text without blanks at its ends; got {name[:80]!a}",
            remedy="Where a file's name is not UTF-8, name the subject in another way, for example in a CSV.",
        )
    if len(name) > MAX_NAME:
        raise Malformed(f"{what} has at most {MAX_NAME} characters, this one {len(name)}")


def normal_form(name: str) -> str:
    """Names that look the same are the same (Unicode NFC)."""
    return unicodedata.normalize("NFC", name)
