"""countenance migrate screen, held, publish, rollback: what becomes of a staged batch; people decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from countenance.cli import shapes
from countenance.cli.answer import console, emit, refuse
from countenance.cli.options import Authority, GalleryName, Json, Purpose
from countenance.service.asking import Refused

if TYPE_CHECKING:
    from countenance.service.batches import Batched

held = typer.Typer(no_args_is_help=True, help="What a person has to decide: list, decide.")


def screen(
    context: typer.Context,
    gallery: GalleryName,
    purpose: Purpose = None,
    authority: Authority = None,
    as_json: Json = False,
) -> None:
    """Look for conflicts in what is staged, where the run's own authority did not reach so far; the odd are held."""
    from countenance.cli.open_house import asking, open_house
    from countenance.migration.screening import screen as look

    held = 0
    with open_house(context.obj) as house:
        place, asks = house.galleries.find(gallery), asking(house, purpose, authority)
        for run in house.migrations.runs(place.id):
            if run.screened:
                continue
            found = look(house.rooms, house.migrations, asks, place, run)
            if found.refused is not None:
                raise refuse(found.refused, as_json=as_json)
            held += found.held
    if as_json:
        emit({"held": held})
    else:
        console().print(f"{held} references are held for a person: countenance migrate held list.")


@held.command("list")
def list_held(context: typer.Context, gallery: GalleryName, as_json: Json = False) -> None:
    """Everything that waits, with the number to decide by."""
    from countenance.cli.open_house import open_house
    from countenance.migration.held import waiting

    with open_house(context.obj) as house:
        found = waiting(house.migrations, house.galleries.find(gallery))
    rows = [
        {
            "number": each.number,
            "code": None if each.line.code is None else each.line.code.value,
            "reference": each.line.reference,
            **each.line.where,
        }
        for each in found
    ]
    if as_json:
        emit({"held": rows})
        return
    from rich.table import Table

    table = Table("number", "why", "reference", "what is known of it")
    for row in rows:
        rest = {key: value for key, value in row.items() if key not in ("number", "code", "reference") and value}
        table.add_row(
            str(row["number"]),
            str(row["code"]),
            str(row["reference"] or "–"),
            ", ".join(f"{key} {value}" for key, value in rest.items()),
        )
    console().print(table)


@held.command("decide")
def decide_held(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As `list` tells it.")],
    gallery: GalleryName,
    enrol: Annotated[bool, typer.Option("--enrol/--drop", help="Let it in as it was meant, or erase it.")],
    purpose: Purpose = None,
    authority: Authority = None,
    as_json: Json = False,
) -> None:
    """Decide about one: it comes in with its batch, or is erased."""
    from countenance.cli.open_house import asking, open_house
    from countenance.migration.held import decide

    with open_house(context.obj) as house:
        answer = decide(
            house.rooms,
            house.migrations,
            asking(house, purpose, authority),
            gallery=house.galleries.find(gallery),
            number=number,
            let_in=enrol,
        )
    if isinstance(answer, Refused):
        raise refuse(answer, as_json=as_json)
    if as_json:
        emit({"number": number, "exit": answer.exit.value, "reference": answer.reference})
    else:
        console().print(f"{number}: {answer.exit}.")


def publish(
    context: typer.Context,
    gallery: GalleryName,
    purpose: Purpose = None,
    authority: Authority = None,
    signed_off_by: Annotated[
        str, typer.Option("--signed-off-by", metavar="NAME", help="Who answers for what the batch leaves open.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Make the staged batch searchable, and what it supersedes no more."""
    from countenance.cli.open_house import asking, open_house
    from countenance.migration.publishing import publish as publish_batch

    with open_house(context.obj) as house:
        place = house.galleries.find(gallery)
        asks = asking(house, purpose, authority)
        answer = publish_batch(house.rooms, house.migrations, asks, gallery=place, reviewer=signed_off_by)
    _tell(answer, as_json=as_json)


def rollback(
    context: typer.Context,
    gallery: GalleryName,
    purpose: Purpose = None,
    authority: Authority = None,
    erase: Annotated[
        bool, typer.Option("--erase", help="Erase for good what a batch brought that is staged or taken back.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Take the published batch back: all is as it was before. With --erase, for good."""
    from countenance.cli.open_house import asking, confirm, open_house
    from countenance.migration.publishing import erase as erase_batch
    from countenance.migration.publishing import roll_back

    if erase and not yes and not as_json:
        confirm("Erase what the batch brought for good?")
    with open_house(context.obj) as house:
        place, asks = house.galleries.find(gallery), asking(house, purpose, authority)
        if not erase:
            _tell(roll_back(house.rooms, asks, gallery=place), as_json=as_json)
            return
        count = erase_batch(house.rooms, house.migrations, asks, gallery=place)
    if isinstance(count, Refused):
        raise refuse(count, as_json=as_json)
    if as_json:
        emit({"erased": count})
    else:
        console().print(f"Erased {count} references.")


def _tell(answer: Batched | Refused, *, as_json: bool) -> None:
    if isinstance(answer, Refused):
        raise refuse(answer, as_json=as_json)
    shape: dict[str, Any] = {"batch": answer.batch.id, "state": answer.batch.state.value}
    if as_json:
        emit(shape | {"receipt": shapes.receipt(answer.receipt)})
    else:
        console().print(f"The batch {answer.batch.id} is {answer.batch.state}.")
