"""countenance galleries reembed, switch: another recipe for a gallery that is there, without new photographs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from countenance.cli.answer import console, emit, refuse
from countenance.cli.options import Authority, GalleryName, Json, Purpose
from countenance.cli.progress import bar
from countenance.cli.shapes import gallery as gallery_shape
from countenance.cli.shapes import receipt as receipt_shape
from countenance.service.asking import Refused

if TYPE_CHECKING:
    from countenance.assembly import House
    from countenance.vision.vision import Vision

RecipeName = Annotated[str, typer.Option("--recipe", metavar="NAME", help="The recipe, as models list names it.")]


def reembed(
    context: typer.Context,
    gallery: GalleryName,
    recipe: RecipeName,
    purpose: Purpose = None,
    authority: Authority = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the ids of those that have none here.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a template by another recipe of every kept picture; goes on where it was interrupted, changes no search."""
    from countenance.cli.open_house import asking, open_house
    from countenance.service.reembed import Why, lacking
    from countenance.service.reembed import reembed as use_case
    from countenance.storage.durable import write_durably

    with open_house(context.obj) as house:
        said, vision = asking(house, purpose, authority), _vision(house, recipe)
        place = house.galleries.find(gallery)
        made, last, failed = 0, "", dict[str, Why]()
        with bar("references", house.galleries.other_templates.count_lacking(place, vision.recipe.space)) as shown:
            while (block := use_case(house.rooms, said, gallery=gallery, vision=vision, after=last)) is not None:
                if isinstance(block, Refused):
                    raise refuse(block, as_json=as_json)
                made, last = made + block.made, block.last
                failed |= block.failed
                shown.step(block.references)
        without = {
            each.id: (each.subject, failed.get(each.id, Why.NO_PICTURE))
            for each in lacking(house.rooms, gallery=gallery, vision=vision)
        }
        if out is not None:
            write_durably(out, "".join(f"{each}\n" for each in without).encode(), mode=0o600)
    if as_json:
        rows = [{"reference": each, "subject_id": who, "why": why.value} for each, (who, why) in without.items()]
        emit({"made": made, "lacking": rows, "recipe": recipe, "space": vision.recipe.space})
        return
    for each, (who, why) in without.items():
        console().print(f"{each}  of subject {who}: {why.value}", markup=False)
    console().print(
        f"{made} templates by {recipe} made; {len(without)} references have none. Searches are as before: "
        f"countenance galleries switch changes them.",
        markup=False,
    )


def switch(
    context: typer.Context,
    gallery: GalleryName,
    recipe: RecipeName,
    purpose: Purpose = None,
    authority: Authority = None,
    without: Annotated[
        Path | None,
        typer.Option("--without", metavar="FILE", help="Ids of references, one a line, that need not be found by it."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Search a gallery, and enrol into it, by this recipe from now on; the same verb goes back."""
    from countenance.cli.open_house import asking, open_house
    from countenance.gallery.other_templates import Lacking
    from countenance.service.reembed import switch as use_case

    named = _ids(without) if without is not None else frozenset()
    with open_house(context.obj) as house:
        vision = _vision(house, recipe)
        said = asking(house, purpose, authority)
        answer = use_case(house.rooms, said, gallery=gallery, vision=vision, without=named)
        ours = house.settings.recipe
    match answer:
        case Refused():
            raise refuse(answer, as_json=as_json)
        case Lacking():
            _tell_lacking(answer.references, as_json=as_json)
        case _ if as_json:
            emit({"gallery": gallery_shape(answer.gallery), "receipt": receipt_shape(answer.receipt)})
        case _:
            console().print(f"{answer.gallery.name} is searched by {recipe} from now on.", markup=False)
            if ours != recipe:
                console().print(
                    f'This house makes its templates by {ours}: until that is changed (recipe = "{recipe}" in '
                    f"countenance.toml) and it is started anew, searches of this gallery are refused.",
                    markup=False,
                )


def _tell_lacking(references: tuple[str, ...], *, as_json: bool) -> Any:
    from countenance.terms.errors import Malformed

    if not as_json:
        for each in references:
            console().print(each, markup=False)
    raise Malformed(
        f"{len(references)} references have no template by this recipe; nothing was changed",
        where=references[0],
        remedy="Make them (countenance galleries reembed), or name those that need not be found: its --out FILE "
        "lists them, and --without FILE leaves them out.",
    )


def _vision(house: House, recipe: str) -> Vision:
    """The house's own where it is of this recipe, or another one beside it."""
    from countenance.assembly import load_vision

    if recipe == house.settings.recipe:
        return house.rooms.vision()
    return load_vision(house.settings.model_copy(update={"recipe": recipe}))


def _ids(path: Path) -> frozenset[str]:
    from countenance.terms.errors import Malformed

    try:
        return frozenset(path.read_text(encoding="utf-8").split())
    except (OSError, ValueError) as error:
        raise Malformed("the list of references cannot be read", where=str(path)) from error
