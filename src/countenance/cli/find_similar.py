"""countenance find-similar: which of these pictures look most like that one? Keeps nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countenance.cli import shapes
from countenance.cli.answer import console, emit, fail_to_acquire, refuse
from countenance.cli.identify import tell_operating_point
from countenance.cli.options import Authority, Faces, Image, Json, Minor, Purpose
from countenance.cli.progress import bar
from countenance.cli.sample_file import read_sample
from countenance.service.asking import NotAcquired, Refused
from countenance.terms.acquisition import FaceChoice


def find_similar(
    context: typer.Context,
    image: Image,
    among: Annotated[
        list[Path], typer.Argument(metavar="PICTURE...", readable=False, help="The pictures to look among.")
    ],
    purpose: Purpose = None,
    authority: Authority = None,
    most: Annotated[int, typer.Option("--most", "-k", min=1, help="At most so many pictures.")] = 5,
    every: Annotated[bool, typer.Option("--every", help="Also those below the operating point.")] = False,
    faces: Faces = FaceChoice.ONE,
    minor: Minor = False,
    as_json: Json = False,
) -> None:
    """Rank pictures by likeness to one face; nothing is enrolled."""
    from countenance.cli.open_house import asking, open_house
    from countenance.service.find_similar import find_similar as use_case

    sample, others = read_sample(image), [read_sample(path) for path in among]
    with open_house(context.obj) as house, bar("pictures", len(others) + 1) as shown:
        answer = use_case(
            house.rooms,
            asking(house, purpose, authority, minor=minor),
            sample=sample,
            among=others,
            most=most,
            every=every,
            faces=faces,
            step=shown.step,
        )
    match answer:
        case Refused():
            raise refuse(answer, as_json=as_json)
        case NotAcquired():
            raise fail_to_acquire(answer, as_json=as_json, extra={"similar": []})
        case _ if as_json:
            emit(
                {
                    "similar": [{"sample": s.name, "score": round(s.score, 6), "rank": s.rank} for s in answer.similar],
                    "failed": [{"sample": f.name, **shapes.failure(f.failure)} for f in answer.failed],
                    "operating_point": shapes.operating_point(answer.operating_point),
                    "receipt": shapes.receipt(answer.receipt),
                }
            )
        case _:
            from rich.table import Table

            out = console()
            if answer.similar:
                table = Table("rank", "picture", "score")
                for one in answer.similar:
                    table.add_row(str(one.rank), one.name, f"{one.score:.3f}")
                out.print(table)
            else:
                out.print("[bold]none[/] at or above the operating point", markup=True)
            for failed in answer.failed:
                out.print(f"no template of {failed.name}: {failed.failure.detail}", markup=False)
            tell_operating_point(answer)
