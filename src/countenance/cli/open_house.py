"""Open the house of the data directory that the command line names, as the operating-system user.

Where a server holds it, the verb runs in the server (see ``door``): the one place where that is decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from countenance.cli.streams import answered, visitor
from countenance.service.asking import Asking

if TYPE_CHECKING:
    from countenance.assembly import House


@contextmanager
def open_house(data: Path | str | None) -> Iterator[House]:
    """The rooms, held by this process alone until the end of the block; or those of the server, if one holds them.

    A verb that is handed over never enters its block here; it ends with the exit code that it had there.
    """
    who = visitor.get()
    if who is not None:
        yield who.house
        return
    from countenance.assembly import House
    from countenance.cli.hand_over import hand_over
    from countenance.settings import read_settings
    from countenance.terms.errors import InUse

    settings, confirmed = read_settings(data), answered.get()
    code = hand_over(settings.data, confirmed)
    if code is None:
        try:
            house = House.open(settings)
        except InUse:
            # Whoever holds it may be a server that has just begun.
            code = hand_over(settings.data, confirmed)
            if code is None:
                raise
    if code is not None:
        raise typer.Exit(code)
    with house:
        yield house


def confirm(question: str) -> None:
    """Ask before something that cannot be undone; ends the verb unless the answer is yes.

    Every verb that opens a house asks in this way, and by no ``prompt`` of an option: what was answered where the verb
    was typed is not asked again where it runs.
    """
    who = visitor.get()
    if who is not None and who.confirmed > 0:
        who.confirmed -= 1
        return
    typer.confirm(question, abort=True)
    answered.set(answered.get() + 1)


def asking(house: House, purpose: str | None, authority: str | None, *, minor: bool = False) -> Asking:
    """What the operating-system user asks on the command line; ``minor``: a face is declared a minor's."""
    return replace(house.asking(purpose, authority, client="command line"), minor=minor)
