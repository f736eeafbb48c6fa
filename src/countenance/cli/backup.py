"""countenance backup: a whole, verified copy of the data directory, while a server may run on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Json


def backup(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A directory that is not there yet.")],
    as_json: Json = False,
) -> None:
    """Copy everything but the root key, consistently, and verify the copy to its last entry."""
    from countenance.assembly import backup_of
    from countenance.cli.open_house import open_house

    with open_house(context.obj) as house:
        made = backup_of(house, out)
    if as_json:
        log = {"origin": made.origin, "size": made.size, "root": made.root}
        emit({"backup": str(made.place), "made": made.made, "files": len(made.digests), "log": log})
        return
    console().print(
        f"Backed up to {made.place}: {len(made.digests)} files; its log of {made.size} entries was verified.\n"
        "The root key is not in it, and neither is the list of erasures: keep both elsewhere (docs/backup.md).",
        markup=False,
    )
