"""countenance init: make a data directory, its keys and its log, and adopt the demo charter for a first try."""

from __future__ import annotations

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Json


def init(context: typer.Context, as_json: Json = False) -> None:
    """Make the data directory: keys, store, log, and the demo charter (for one operator alone, to try it out)."""
    from countenance.assembly import House
    from countenance.settings import read_settings

    settings = read_settings(context.obj)
    with House.found(settings) as house:
        shape = {
            "data": str(settings.data),
            "log": house.ledger.origin,
            "log_key": house.ledger.verifier_key,
            "charter": house.charter.digest,
            "root_key": str(settings.data / "root.key"),
        }
    if as_json:
        emit(shape)
        return
    out = console()
    out.print(f"Made [bold]{settings.data}[/].", markup=True)
    out.print(f"  log      {shape['log']}", markup=False)
    out.print(f"  log key  {shape['log_key']}   (give it to whoever is to verify)", markup=False)
    out.print("  charter  demo: one operator alone; write your own with `countenance charter new`", markup=False)
    out.print("  root key beside the data: move it elsewhere before real use (docs/at-rest.md)", markup=False)
    out.print("Next: countenance enrol --gallery staff --purpose access-control --authority consent:form-1 PICTURE")
