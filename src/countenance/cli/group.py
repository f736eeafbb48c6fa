"""countenance group: which of these pictures look alike?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countenance.cli import shapes
from countenance.cli.answer import console, emit, refuse
from countenance.cli.identify import tell_operating_point
from countenance.cli.options import Authority, Faces, Json, Minor, Purpose
from countenance.cli.progress import bar
from countenance.cli.sample_file import read_sample
from countenance.service.asking import Refused
from countenance.terms.acquisition import FaceChoice


def group(
    context: typer.Context,
    images: Annotated[
        list[Path], typer.Argument(metavar="PICTURE...", readable=False, help="Pictures, or folders of pictures.")
    ],
    purpose: Purpose = None,
    authority: Authority = None,
    faces: Faces = FaceChoice.ONE,
    minor: Minor = False,
    as_json: Json = False,
) -> None:
    """Compare all pairs of pictures and put those that look alike together; keeps nothing."""
    from countenance.cli.open_house import asking, open_house
    from countenance.service.group import group as use_case
    from countenance.service.manifest import lines_of

    if faces is FaceChoice.ALL:
        raise typer.BadParameter("a grouping takes one face a picture: one, largest or central", param_hint="--faces")
    paths = [line.path for image in images for line in (lines_of(image, None) if image.is_dir() else ())]
    samples = [read_sample(path) for path in (paths or []) + [i for i in images if not i.is_dir()]]
    with open_house(context.obj) as house, bar("pictures", len(samples)) as shown:
        answer = use_case(
            house.rooms, asking(house, purpose, authority, minor=minor), samples=samples, faces=faces, step=shown.step
        )
    match answer:
        case Refused():
            raise refuse(answer, as_json=as_json)
        case _ if as_json:
            emit(
                {
                    "groups": [list(g) for g in answer.groups],
                    "single": list(answer.single),
                    "failed": [{"sample": f.name, **shapes.failure(f.failure)} for f in answer.failed],
                    "comparisons": answer.comparisons,
                    "operating_point": shapes.operating_point(answer.operating_point),
                    "receipt": shapes.receipt(answer.receipt),
                }
            )
        case _:
            out = console()
            for number, names in enumerate(answer.groups, 1):
                out.print(f"group {number}: {', '.join(names)}", markup=False)
            out.print(f"alone: {', '.join(answer.single) or 'none'}", markup=False)
            for failed in answer.failed:
                out.print(f"no template of {failed.name}: {failed.failure.detail}", markup=False)
            tell_operating_point(answer)
