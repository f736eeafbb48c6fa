"""Cursors: where the next page of one listing begins; good for that listing alone."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

from countenance.http.edge.refusals import BadRequest

T = TypeVar("T")
_MARK = 8
"""Bytes of the digest that binds a cursor to its listing. It keeps mistakes apart; rights are asked at every page."""


def cursor_after(listing: str, last: str) -> str:
    """The cursor of the page after the item ``last`` of ``listing``."""
    return base64.urlsafe_b64encode(_mark(listing) + last.encode()).decode("ascii").rstrip("=")


def start_of(listing: str, cursor: str | None) -> str:
    """After which item a page begins; "" for the first one. Raises BadRequest for what is no cursor of ``listing``."""
    if cursor is None:
        return ""
    try:
        said = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        if said[:_MARK] == _mark(listing):
            return said[_MARK:].decode("utf-8")
    except (binascii.Error, ValueError):
        pass
    raise BadRequest("this is no cursor of this listing", remedy="Begin again without one.")


def page_of(
    listing: str, items: Sequence[T], identity: Callable[[T], str], limit: int, cursor: str | None
) -> tuple[Sequence[T], str | None]:
    """A page of items that are in their order already, and the cursor of the next one; raises BadRequest."""
    start = start_of(listing, cursor)
    first = next((place for place, each in enumerate(items, 1) if identity(each) == start), 0)
    if start and not first:
        raise BadRequest("where this page begins is no more", remedy="Begin again without a cursor.")
    page = items[first : first + limit]
    return page, cursor_after(listing, identity(page[-1])) if first + limit < len(items) else None


def _mark(listing: str) -> bytes:
    return hashlib.sha256(listing.encode("utf-8", "surrogatepass")).digest()[:_MARK]
