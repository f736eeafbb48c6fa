"""countenance identify: search a gallery for the face of a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from countenance.cli import shapes
from countenance.cli.answer import console, emit, fail_to_acquire, refuse
from countenance.cli.options import Authority, Faces, GalleryName, Image, Json, Minor, Purpose
from countenance.cli.pairs import pairs
from countenance.cli.sample_file import read_sample
from countenance.service.asking import NotAcquired, Refused
from countenance.terms.acquisition import FaceChoice

if TYPE_CHECKING:
    from countenance.service.identify import Identification


def identify(
    context: typer.Context,
    image: Image,
    gallery: GalleryName,
    purpose: Purpose = None,
    authority: Authority = None,
    most: Annotated[int, typer.Option("--most", "-k", min=1, help="At most so many candidates.")] = 5,
    faces: Faces = FaceChoice.ONE,
    where: Annotated[
        list[str] | None, typer.Option("--where", metavar="KEY=VALUE", help="Only subjects with this metadata.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", metavar="SUBJECT", help="Not this subject (id or name).")
    ] = None,
    minor: Minor = False,
    as_json: Json = False,
) -> None:
    """Who may this be? Prints leads for people to review; an empty list is an answer."""
    from countenance.cli.open_house import asking, open_house
    from countenance.service.identify import identify as use_case

    sample = read_sample(image)
    with open_house(context.obj) as house:
        answer = use_case(
            house.rooms,
            asking(house, purpose, authority, minor=minor),
            gallery=gallery,
            sample=sample,
            most=most,
            faces=faces,
            where=pairs(where or (), "--where"),
            exclude=exclude or (),
        )
    match answer:
        case Refused():
            raise refuse(answer, as_json=as_json)
        case NotAcquired():
            raise fail_to_acquire(answer, as_json=as_json, extra={"candidates": []})
        case _ if as_json:
            emit(shape_of(answer))
        case _:
            _tell(answer)


def shape_of(answer: Identification) -> dict[str, Any]:
    """``candidates`` of the first face; every face under ``faces``."""
    faces = [
        {
            "face": shapes.face(s.probe.face),
            "candidates": [shapes.candidate(c, answer.names) for c in s.result.candidates],
            "case": s.case,
        }
        for s in answer.searched
    ]
    return {
        "candidates": faces[0]["candidates"],
        "faces": faces,
        "gallery": answer.gallery.name,
        "operating_point": shapes.operating_point(answer.operating_point),
        "reviewers": answer.reviewers,
        "case": answer.case,
        "receipt": shapes.receipt(answer.receipt),
    }


def _tell(answer: Identification) -> None:
    from rich.table import Table

    out = console()
    for number, searched in enumerate(answer.searched):
        title = f"face {number}: " if len(answer.searched) > 1 else ""
        if not searched.result.candidates:
            out.print(f"{title}[bold]no candidate[/] at or above the operating point", markup=True)
            continue
        table = Table("rank", "subject", "score", title=f"{title}candidates: leads for people to review")
        for one in searched.result.candidates:
            table.add_row(str(one.rank), answer.names[one.subject], f"{one.score:.3f}")
        out.print(table)
        if searched.case:
            people = "1 person" if answer.reviewers == 1 else f"{answer.reviewers} people"
            out.print(f"to be judged by {people}: countenance review show {searched.case}", markup=False)
    tell_operating_point(answer)
    out.print(f"receipt: entry {answer.receipt.entry} in epoch {answer.receipt.epoch}", markup=False)


def tell_operating_point(answer: Any) -> None:
    """The threshold, and honestly what is known of its error rate."""
    point = answer.operating_point
    provisional = "provisional " if point.provisional else ""
    console().print(
        f"{provisional}operating point: score ≥ {point.threshold:.3f} ({point.measure} {point.target:g}"
        f"{'' if point.resolved else '; the error rate is not resolved at this size'}; {point.source})",
        markup=False,
    )
    if point.note and not point.provisional:
        console().print(f"warning: {point.note}", markup=False)
