"""The character set of a transaction: 1.015 by its number (NIST SP 500-290, table 4)."""

from __future__ import annotations

from countenance.migration.itl.fields import Fields

_BY_NUMBER = {0: "ascii", 1: "latin-1", 2: "utf-16", 3: "utf-8", 4: "utf-32"}


def charset_of(first: Fields, otherwise: str = "ascii") -> str:
    """A codec's name; ``otherwise`` where 1.015 is missing, empty or means nothing here."""
    number = first.item(15)
    return _BY_NUMBER.get(int(number), otherwise) if number.isdigit() and len(number) <= 3 else otherwise
