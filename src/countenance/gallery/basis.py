"""The consent basis: the class of the authority on which a subject is kept."""

from __future__ import annotations

from countenance.terms.errors import Malformed

MAX_BASIS = 64


def check_basis(basis: str) -> None:
    """Raise Malformed unless ``basis`` is printable text of 1 to 64 characters."""
    if not 0 < len(basis) <= MAX_BASIS or not basis.isprintable():
        raise Malformed(f"a consent basis is printable text of 1 to {MAX_BASIS} characters")
