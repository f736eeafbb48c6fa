"""countenance witness: init, serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Json

app = typer.Typer(no_args_is_help=True, help="Cosign other people's logs (C2SP tlog-witness); one row a log.")
Place = Annotated[Path, typer.Argument(metavar="DIR", help="The witness's own directory.")]


@app.command()
def init(
    place: Place,
    name: Annotated[str, typer.Option("--name", help="An address without scheme that you control.")],
    as_json: Json = False,
) -> None:
    """Make a witness; print its key, to give to those whose logs it is to cosign."""
    from countenance.ledger.witness.place import make_witness

    key = make_witness(place, name)
    if as_json:
        emit({"witness": str(place), "key": str(key)})
    else:
        console().print(str(key), markup=False)


@app.command()
def serve(
    place: Place,
    host: Annotated[str, typer.Option("--host", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 for any.")] = 7380,
) -> None:
    """Serve until interrupted. It cosigns only what grows out of what it cosigned before."""
    from countenance.ledger.witness.place import open_witness
    from countenance.ledger.witness.server import serve as run

    def ready(address: str) -> None:
        typer.echo(address)

    run(open_witness(place), host, port, ready)
