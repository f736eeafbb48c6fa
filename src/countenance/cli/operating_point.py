"""countenance operating-point: list, show, adopt, compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Json
from countenance.terms.errors import BrokenInput

if TYPE_CHECKING:
    from countenance.assembly import House
    from countenance.service.adopted_points import Adoption
    from countenance.terms.measured_point import MeasuredPoint

MAX_BYTES = 1 << 20

app = typer.Typer(no_args_is_help=True, help="Thresholds with their measured error rates: which one is in force.")
Named = Annotated[str, typer.Argument(metavar="POINT", help="A file, or the id of an adopted point.")]


@app.command("list")
def list_points(context: typer.Context, as_json: Json = False) -> None:
    """Every point that was adopted, the newest last, and which are in force."""
    from countenance.cli.open_house import open_house

    with open_house(context.obj) as house:
        adopted = _adopted(house)
        force = {a.entry for task in ("1:1", "1:N") for a in adopted.in_force(task)}
        shapes = [{**shape_of(a), "in_force": a.entry in force} for a in adopted.all]
    if as_json:
        emit({"operating_points": shapes})
        return
    if not shapes:
        console().print("None was adopted; the provisional points of the catalogue hold.", markup=False)
    for shape in shapes:
        low, high = shape["ci95"]
        size = f", {shape['gallery_size']} subjects" if shape["gallery_size"] else ""
        console().print(
            f"{'*' if shape['in_force'] else ' '} {shape['id']}: score ≥ {shape['threshold']:.4f}, {shape['measure']} "
            f"{shape['rate']:.2g} [{low:.2g}, {high:.2g}], at most {shape['target']:g}{size}; {shape['dataset']}",
            markup=False,
        )


@app.command()
def show(context: typer.Context, point: Named, as_json: Json = False) -> None:
    """Everything that a point says of its measurement."""
    found = _found(context.obj, point)
    if as_json:
        emit({"operating_point": about(found), "content": found.content})
        return
    import json

    console().print(json.dumps(found.content, indent=1, sort_keys=True), markup=False)


@app.command()
def adopt(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="operating-point.json of `evaluate`.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stands sealed in the log.")] = "",
    as_json: Json = False,
) -> None:
    """Put a point in force: from now on it decides, and its entry is in the log."""
    from countenance.cli.open_house import asking, open_house

    data = _bytes(file)
    with open_house(context.obj) as house:
        principal = asking(house, None, None).principal.id
        made = _adopted(house).adopt(data, house.rooms.vision().recipe, principal=principal, reason=reason)
    if as_json:
        emit({"adopted": shape_of(made)})
        return
    console().print(
        f"{made.point.id} is in force: score ≥ {made.point.threshold:.4f}; entry {made.entry}.", markup=False
    )


@app.command()
def compare(context: typer.Context, first: Named, second: Named, as_json: Json = False) -> None:
    """Two points beside each other, each a file or the id of an adopted one."""
    points = [_found(context.obj, name) for name in (first, second)]
    one, other = (about(point) for point in points)
    differing = sorted(name for name in one if one[name] != other[name] and name not in {"id", "sha256"})
    if as_json:
        emit({"first": one, "second": other, "differing": differing})
        return
    for name in differing:
        console().print(f"{name}: {one[name]} | {other[name]}", markup=False)
    if not differing:
        console().print("They say the same.", markup=False)


def about(point: MeasuredPoint) -> dict[str, Any]:
    """What a point says, in short."""
    from countenance.terms.measured_point import RATES

    return {
        "id": point.id,
        "sha256": point.sha256,
        "task": point.task,
        "measure": RATES[point.task],
        "target": point.target,
        "threshold": point.threshold,
        "rate": point.rate,
        "ci95": [point.low, point.high],
        "gallery_size": point.gallery_size,
        "recipe": point.recipe,
        "recipe_sha256": point.recipe_sha256,
        "dataset": point.dataset,
        "created": point.created,
    }


def shape_of(adoption: Adoption) -> dict[str, Any]:
    """An adopted point, with the log's entry."""
    return {**about(adoption.point), "entry": adoption.entry, "at": adoption.at}


def _adopted(house: House) -> Any:
    return house.rooms.points.adopted


def _found(data: str | None, name: str) -> MeasuredPoint:
    from countenance.cli.open_house import open_house
    from countenance.terms.measured_point import read_point

    path = Path(name)
    if path.suffix == ".json" or path.is_file():
        return read_point(_bytes(path), str(path))
    with open_house(data) as house:
        found: MeasuredPoint = _adopted(house).find(name).point
        return found


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BrokenInput(f"this file cannot be read: {error.strerror}", where=str(path)) from error
