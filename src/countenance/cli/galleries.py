"""countenance galleries: list, create, show, delete, duplicates, reembed, switch, export, import."""

from __future__ import annotations

from typing import Annotated

import typer

from countenance.cli import shapes
from countenance.cli.answer import console, emit, refuse
from countenance.cli.days import day
from countenance.cli.duplicates import duplicates
from countenance.cli.galleries_file import export, import_
from countenance.cli.options import Authority, Json, Purpose
from countenance.cli.reembed import reembed, switch
from countenance.service.ages import Ages
from countenance.service.asking import Refused
from countenance.terms.gallery import Keep

app = typer.Typer(no_args_is_help=True, help="Galleries: list, create, show, delete, duplicates, reembed, export, …")
app.command()(duplicates)
app.command()(reembed)
app.command()(switch)
app.command()(export)
app.command("import")(import_)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The gallery's name.")]


@app.command("list")
def list_galleries(context: typer.Context, as_json: Json = False) -> None:
    """All galleries with their sizes."""
    from countenance.cli.open_house import open_house

    with open_house(context.obj) as house:
        found = house.galleries.list()
    if as_json:
        emit({"galleries": [shapes.gallery(g) for g in found]})
        return
    from rich.table import Table

    table = Table("gallery", "subjects", "references", "keeps", "created", "pseudonym in the log")
    for one in found:
        table.add_row(one.name, str(one.subjects), str(one.references), one.keep.value, day(one.created), one.pseudonym)
    console().print(table)


@app.command()
def create(
    context: typer.Context,
    name: Name,
    purpose: Purpose = None,
    authority: Authority = None,
    keep: Annotated[Keep, typer.Option("--keep", help="What is kept of a picture beside the template.")] = Keep.NONE,
    ages: Annotated[Ages, typer.Option("--ages", help="Whom it is for, for good; see docs/review.md.")] = Ages.ADULTS,
    as_json: Json = False,
) -> None:
    """Make an empty gallery."""
    from countenance.cli.open_house import asking, open_house
    from countenance.service.manage import create_gallery

    with open_house(context.obj) as house:
        answer = create_gallery(house.rooms, asking(house, purpose, authority), name=name, keep=keep, ages=ages)
    match answer:
        case Refused():
            raise refuse(answer, as_json=as_json)
        case _ if as_json:
            emit({"gallery": shapes.gallery(answer.gallery), "receipt": shapes.receipt(answer.receipt)})
        case _:
            console().print(
                f"Made {answer.gallery.name}; the log knows it as {answer.gallery.pseudonym}.", markup=False
            )


@app.command()
def show(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """One gallery."""
    from countenance.cli.open_house import open_house

    with open_house(context.obj) as house:
        one = house.galleries.find(name)
    if as_json:
        emit({"gallery": shapes.gallery(one)})
        return
    for key, value in shapes.gallery(one).items():
        console().print(f"{key:<12}{value}", markup=False)


@app.command()
def delete(
    context: typer.Context,
    name: Name,
    purpose: Purpose = None,
    authority: Authority = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Erase a gallery and every subject in it; it cannot be undone."""
    from countenance.cli.open_house import asking, confirm, open_house
    from countenance.service.manage import delete_gallery

    if not yes and not as_json:
        confirm(f"Erase gallery {name} and everybody in it for good?")
    with open_house(context.obj) as house:
        answer = delete_gallery(house.rooms, asking(house, purpose, authority), name=name)
    match answer:
        case Refused():
            raise refuse(answer, as_json=as_json)
        case _ if as_json:
            emit({"deleted": shapes.gallery(answer.gallery), "receipt": shapes.receipt(answer.receipt)})
        case _:
            console().print(f"Erased {answer.gallery.name} with {answer.gallery.subjects} subjects.", markup=False)
