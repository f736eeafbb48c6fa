"""countenance cluster: how many machines a gallery takes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Json

app = typer.Typer(no_args_is_help=True, help="Galleries that are larger than a machine.")


@app.command()
def plan(
    references: Annotated[int, typer.Option("--references", metavar="N", help="References in the gallery.")],
    dimension: Annotated[int, typer.Option("--dim", metavar="D", help="Dimensions of a template.")] = 128,
    latency: Annotated[
        float, typer.Option("--latency-ms", metavar="MS", help="What one search may take, without the network to it.")
    ] = 50.0,
    bandwidth: Annotated[
        float,
        typer.Option("--gb-per-second", help="What a machine's memory gives: 25 for a small one, 200 for a server."),
    ] = 25.0,
    memory: Annotated[
        float | None, typer.Option("--memory-gb", help="Memory of a machine for this; without it, as much as it takes.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say how many machines search so many references exactly in so many milliseconds. Arithmetic; needs nothing."""
    from countenance.gallery.shards.plan import plan as planned

    found = planned(references, dimension, latency, bandwidth=bandwidth, memory=memory)
    if as_json:
        emit(asdict(found))
        return
    out = console()
    out.print(
        f"[bold]{found.nodes}[/] {'node' if found.nodes == 1 else 'nodes'}, {found.ms:.1f} ms a search", markup=True
    )
    for what, size in (
        ("read by every search", found.scanned_bytes),
        ("in memory", found.resident_bytes),
        ("of that on each node", found.node_bytes),
        ("on the nodes' disks", found.disk_bytes),
    ):
        out.print(f"  {_size(size):>9}  {what}", markup=False)
    out.print(
        "Twice as many nodes where one may fail without a search noticing. Every reference is compared.", markup=False
    )


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            break
        size /= 1000
    return f"{size:.3g} {unit}"
