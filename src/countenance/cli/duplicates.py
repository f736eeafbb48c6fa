"""countenance galleries duplicates: which subjects of a gallery look alike?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countenance.cli.answer import console, emit, refuse
from countenance.cli.duplicates_file import DuplicatesFile
from countenance.cli.options import Authority, GalleryName, Json, Purpose
from countenance.cli.progress import bar
from countenance.service.asking import Refused


def duplicates(
    context: typer.Context,
    gallery: GalleryName,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="What is found, block by block; begun before: continued.")
    ],
    purpose: Purpose = None,
    authority: Authority = None,
    as_json: Json = False,
) -> None:
    """Compare all references with all others; prints pairs of subjects for people to review, and merges nobody."""
    from countenance.cli.open_house import asking, open_house
    from countenance.service.duplicates import duplicates as use_case
    from countenance.terms.errors import UnknownName

    with open_house(context.obj) as house:
        place = house.galleries.find(gallery)
        file = DuplicatesFile.open(out, place.pseudonym)
        said = asking(house, purpose, authority)
        with bar("references", place.references) as shown:
            shown.step(file.references)
            while (block := use_case(house.rooms, said, gallery=gallery, after=file.last)) is not None:
                if isinstance(block, Refused):
                    raise refuse(block, as_json=as_json)
                file.add(block)
                shown.step(block.references)
        found, names = [], dict[str, str]()
        for pair in file.best():
            try:
                names |= {each: house.galleries.subject_by_id(place, each).name for each in (pair.first, pair.second)}
            except UnknownName:  # erased since
                continue
            found.append(pair)
    if as_json:
        rows = [
            {
                "subjects": [names[each.first], names[each.second]],
                "subject_ids": [each.first, each.second],
                "references": [each.first_reference, each.second_reference],
                "score": round(each.score, 6),
            }
            for each in found
        ]
        emit({"duplicates": rows, "compared": file.references, "threshold": file.threshold, "out": str(out)})
        return
    for each in found:
        console().print(f"{each.score:.3f}  {names[each.first]}  {names[each.second]}", markup=False)
    console().print(
        f"{len(found)} pairs of subjects for people to review, among {file.references} references", markup=False
    )
