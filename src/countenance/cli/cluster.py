"""countenance cluster: how many machines a gallery takes, and the processes on them that search it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from countenance.cli.answer import console, emit
from countenance.cli.open_house import open_house
from countenance.cli.options import Json

if TYPE_CHECKING:
    from countenance.gallery.shards.ray_shards import RayShards, Standing
    from countenance.settings import Settings

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


@app.command()
def up(context: typer.Context, as_json: Json = False) -> None:
    """Start the processes on the Ray cluster that search the galleries in parts (setting `shards`)."""
    from countenance.assembly import ROOT_KEY
    from countenance.gallery.shards.shard import Means

    with open_house(context.obj) as house:
        settings = house.settings
        means = Means(
            database=settings.database,
            key_store=settings.key_store or settings.database,
            root_key=settings.root_key or f"file:{settings.data / ROOT_KEY}",
            log_public_key=house.ledger.public_key,
            log_origin=house.ledger.origin,
        )
        _show(_shards(settings).up(means), as_json=as_json)


@app.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """Say where each part is searched; exit code 13 where one does not answer."""
    from countenance.settings import read_settings

    _show(_shards(read_settings(context.obj)).status(), as_json=as_json)


def _shards(settings: Settings) -> RayShards:
    from countenance.gallery.shards.ray_shards import RayShards
    from countenance.terms.errors import Malformed

    if not settings.shards:
        raise Malformed("the galleries of this node are in no parts", remedy="Set shards (docs/nodes.md).")
    return RayShards(*settings.of_shards)


def _show(parts: tuple[Standing, ...], *, as_json: bool) -> None:
    if as_json:
        emit({"parts": [asdict(each) for each in parts]})
    else:
        for each in parts:
            where = f"process {each.pid} on {each.node}" if each.node else "does not answer"
            console().print(f"part {each.part} of {len(parts)}: {where}", markup=False)
    if not all(each.node for each in parts):
        raise typer.Exit(13)


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            break
        size /= 1000
    return f"{size:.3g} {unit}"
