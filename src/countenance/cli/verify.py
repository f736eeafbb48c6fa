"""countenance verify: do two pictures show the same subject?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countenance.cli import shapes
from countenance.cli.answer import console, emit, fail_to_acquire, refuse
from countenance.cli.identify import tell_operating_point
from countenance.cli.options import Authority, Faces, Image, Json, Minor, Purpose
from countenance.cli.sample_file import read_sample
from countenance.service.asking import NotAcquired, Refused
from countenance.terms.acquisition import FaceChoice


def verify(
    context: typer.Context,
    image: Image,
    other: Annotated[Path, typer.Argument(metavar="OTHER", readable=False, help="The picture to compare with.")],
    purpose: Purpose = None,
    authority: Authority = None,
    faces: Faces = FaceChoice.ONE,
    minor: Minor = False,
    as_json: Json = False,
) -> None:
    """Compare two pictures, one face each: match or non-match at an operating point."""
    from countenance.cli.open_house import asking, open_house
    from countenance.service.verify import verify as use_case

    if faces is FaceChoice.ALL:
        raise typer.BadParameter("verify compares one face with one: one, largest or central", param_hint="--faces")
    first, second = read_sample(image), read_sample(other)
    with open_house(context.obj) as house:
        answer = use_case(
            house.rooms, asking(house, purpose, authority, minor=minor), first=first, second=second, faces=faces
        )
    match answer:
        case Refused():
            raise refuse(answer, as_json=as_json)
        case NotAcquired():
            raise fail_to_acquire(answer, as_json=as_json, extra={"sample": answer.sample})
        case _ if as_json:
            emit(
                {
                    "match": answer.match,
                    "score": round(answer.score, 6),
                    "operating_point": shapes.operating_point(answer.operating_point),
                    "faces": [shapes.face(p.face) for p in answer.probes],
                    "receipt": shapes.receipt(answer.receipt),
                }
            )
        case _:
            verdict = "[bold green]match[/]" if answer.match else "[bold]non-match[/]"
            console().print(f"{verdict}: score {answer.score:.3f}", markup=True)
            tell_operating_point(answer)
            console().print(f"receipt: entry {answer.receipt.entry} in epoch {answer.receipt.epoch}", markup=False)
