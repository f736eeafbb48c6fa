"""countenance init: make a data directory, its keys and its log, and adopt the demo charter for a first try."""

from __future__ import annotations

from typing import Annotated

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Json


def init(
    context: typer.Context,
    origin: Annotated[
        str | None,
        typer.Option("--log", metavar="NAME", help="The log's name, best its future address without https://."),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option("--database", metavar="URL", help="The PostgreSQL database that this node shares with others."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make the data directory: keys, store, log, and the demo charter (for one operator alone, to try it out)."""
    from countenance.assembly import House
    from countenance.settings import read_settings

    settings = read_settings(context.obj, **({"database": database} if database else {}))
    with House.found(settings, origin=origin) as house:
        shape = {
            "data": str(settings.data),
            "log": house.ledger.origin,
            "log_key": house.ledger.verifier_key,
            "charter": house.charters.judge().charter.digest,
            "root_key": settings.root_key or f"file:{settings.data / 'root.key'}",
            "database": house.database.place,
        }
    if as_json:
        emit(shape)
        return
    out = console()
    out.print(f"Made [bold]{settings.data}[/].", markup=True)
    out.print(f"  log      {shape['log']}", markup=False)
    out.print(f"  log key  {shape['log_key']}   (give it to whoever is to verify)", markup=False)
    out.print("  charter  demo: one operator alone; write your own with `countenance charter new`", markup=False)
    out.print(f"  root key {shape['root_key']}", markup=False)
    if settings.database:
        out.print(f"  database {shape['database']}   (other nodes: init with the same one and root key)", markup=False)
    if not settings.root_key:
        out.print(
            "           beside the data, for a first try: move it before real use (docs/at-rest.md)", markup=False
        )
    out.print("Next: countenance enrol --gallery staff --purpose access-control --authority consent:form-1 PICTURE")
