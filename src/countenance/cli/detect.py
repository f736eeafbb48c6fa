"""countenance detect: find the faces of a picture; makes no template and needs no receipt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countenance.cli import shapes
from countenance.cli.answer import NOT_ACQUIRED, console, emit
from countenance.cli.options import Image, Json
from countenance.cli.sample_file import read_sample
from countenance.terms.acquisition import FailureToAcquire


def detect(
    context: typer.Context,
    image: Image,
    draw: Annotated[
        Path | None, typer.Option("--draw", metavar="OUT.png", help="Draw boxes, landmarks and quality.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Find the faces of a picture, with landmarks and quality. Compares nothing."""
    from countenance.assembly import load_vision
    from countenance.cli.drawing import worst_of
    from countenance.settings import read_settings

    sample = read_sample(image)
    vision = load_vision(read_settings(context.obj))
    found = vision.detect(sample)
    if isinstance(found, FailureToAcquire):
        if as_json:
            emit({"faces": [], "failure": shapes.failure(found), "recipe": shapes.recipe(vision.recipe)})
        else:
            console().print(
                f"[bold yellow]Failure to acquire[/] ({found.reason.value}): {found.detail}\n{found.advice}"
            )
        raise typer.Exit(NOT_ACQUIRED)
    if draw is not None:
        from countenance.cli.drawing import draw_detection

        draw_detection(sample, found, draw)
    if as_json:
        emit(
            {
                "width": found.width,
                "height": found.height,
                "faces": [shapes.face(f) for f in found.faces],
                "recipe": shapes.recipe(vision.recipe),
            }
        )
        return
    from rich.table import Table

    table = Table(
        "face",
        "box",
        "score",
        "eyes apart",
        "lowest quality",
        "advice",
        title=f"{image.name}: {found.width}×{found.height}",
    )
    for number, face in enumerate(found.faces):
        worst = worst_of(face.quality)
        eyes = next((f"{c.raw:.0f} {c.unit}" for c in face.quality.components if c.name == "InterEyeDistance"), "")
        table.add_row(
            str(number),
            f"{face.box.left:.0f},{face.box.top:.0f} {face.box.width:.0f}×{face.box.height:.0f}",
            f"{face.detection_score:.2f}",
            eyes,
            f"{worst.name} {worst.value}",
            " ".join(face.quality.advice),
        )
    console().print(table)
    if draw is not None:
        console().print(f"drawn: {draw}")
