"""Open the house of the data directory that the command line names, as the operating-system user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from countenance.service.asking import Asking

if TYPE_CHECKING:
    from countenance.assembly import House


@contextmanager
def open_house(data: Path | None) -> Iterator[House]:
    """The rooms, held by this process alone until the end of the block."""
    from countenance.assembly import House
    from countenance.settings import read_settings

    with House.open(read_settings(data)) as house:
        yield house


def asking(house: House, purpose: str | None, authority: str | None) -> Asking:
    """What the operating-system user asks on the command line."""
    return house.asking(purpose, authority, client="command line")
