"""A source's text, decoded as it says, or not at all: a guess at a name is not stored as one."""

from __future__ import annotations

from countenance.migration.code import Code
from countenance.migration.legacy_record import Note

MOST = 4096
"""Bytes of one text that is kept."""


def decode(value: bytes, charset: str) -> tuple[str | None, Note | None]:
    """The text of ``value`` under ``charset`` (a codec's name), and what was remarkable.

    Bytes that are not ASCII but strict UTF-8 are taken for that, whatever was declared. None where the text would be
    a guess: neither one nor the other, control characters in it, or signs of having been decoded wrongly before.
    """
    if len(value) > MOST:
        return None, Note(Code.CHARACTER_SET, f"longer than {MOST} bytes")
    wide = charset.startswith(("utf-16", "utf-32"))
    tried = (charset,) if wide or value.isascii() else ("utf-8", charset)
    for name in tried:
        try:
            text = value.decode(name).strip()
        except UnicodeDecodeError:
            continue
        if not text.isascii() and _mistaken(text):
            return None, Note(Code.CHARACTER_SET, "text that was decoded wrongly before")
        if not all(each.isprintable() or each in "\t\r\n" for each in text):
            return None, Note(Code.CHARACTER_SET, "control characters")
        note = None if name == charset else Note(Code.CHARACTER_SET, f"{name} where {charset} is declared")
        return text, note
    return None, Note(Code.CHARACTER_SET, f"neither {' nor '.join(dict.fromkeys(tried))}")


def _mistaken(text: str) -> bool:
    """Whether this is UTF-8 that somebody once read as an 8-bit set (``Ã©`` for ``é``), or has lost characters."""
    if "\N{REPLACEMENT CHARACTER}" in text:
        return True
    for charset in ("cp1252", "latin-1"):
        try:
            text.encode(charset).decode("utf-8")
        except UnicodeError:
            continue
        return True
    return False


def claim(value: bytes) -> str:
    """A short technical value for a report; empty where it is none."""
    short = value.strip()
    return short.decode("ascii") if short.isascii() and len(short) <= 80 and short.decode("ascii").isprintable() else ""
